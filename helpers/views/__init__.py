"""Views: data in, plain text or HTML out. No I/O, no state, no widgets.

The functions return fragments; :func:`card` puts one into a region with the stylesheet. Each module is loaded
when a view of it is first shown.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.views.code import as_session as as_session
    from helpers.views.code import as_smtplib as as_smtplib
    from helpers.views.code import as_swaks as as_swaks
    from helpers.views.code import as_terminal as as_terminal
    from helpers.views.compare import compare_html as compare_html
    from helpers.views.compare import compare_text as compare_text
    from helpers.views.conversation import conversation_html as conversation_html
    from helpers.views.conversation import conversation_text as conversation_text
    from helpers.views.conversation import exchange_html as exchange_html
    from helpers.views.flow import flow_html as flow_html
    from helpers.views.flow import flow_text as flow_text
    from helpers.views.login import login_html as login_html
    from helpers.views.login import login_text as login_text
    from helpers.views.lookup import lookup_html as lookup_html
    from helpers.views.lookup import lookup_text as lookup_text
    from helpers.views.mailbox import mailbox_html as mailbox_html
    from helpers.views.mailbox import mailbox_text as mailbox_text
    from helpers.views.newest import SHOWN as SHOWN
    from helpers.views.octets import bytes_html as bytes_html
    from helpers.views.octets import bytes_text as bytes_text
    from helpers.views.overheard import overheard_html as overheard_html
    from helpers.views.queue import queue_html as queue_html
    from helpers.views.reply import reply_html as reply_html
    from helpers.views.reply import reply_text as reply_text
    from helpers.views.rich import to_html as to_html
    from helpers.views.rich import to_text as to_text
    from helpers.views.sequence import sequence_html as sequence_html
    from helpers.views.sequence import sequence_mermaid as sequence_mermaid
    from helpers.views.sequence import sequence_text as sequence_text
    from helpers.views.state_map import state_map_html as state_map_html
    from helpers.views.state_map import state_map_text as state_map_text
    from helpers.views.style import STYLE as STYLE
    from helpers.views.style import card as card
    from helpers.views.verdict import hints_html as hints_html
    from helpers.views.verdict import hints_text as hints_text
    from helpers.views.verdict import solution_html as solution_html
    from helpers.views.verdict import verdict_html as verdict_html

_NAMES = {
    "code": ("as_session", "as_smtplib", "as_swaks", "as_terminal"),
    "compare": ("compare_html", "compare_text"),
    "conversation": ("conversation_html", "conversation_text", "exchange_html"),
    "flow": ("flow_html", "flow_text"),
    "login": ("login_html", "login_text"),
    "lookup": ("lookup_html", "lookup_text"),
    "mailbox": ("mailbox_html", "mailbox_text"),
    "octets": ("bytes_html", "bytes_text"),
    "overheard": ("overheard_html",),
    "queue": ("queue_html",),
    "reply": ("reply_html", "reply_text"),
    "newest": ("SHOWN",),
    "rich": ("to_html", "to_text"),
    "sequence": ("sequence_html", "sequence_mermaid", "sequence_text"),
    "state_map": ("state_map_html", "state_map_text"),
    "style": ("STYLE", "card"),
    "verdict": ("hints_html", "hints_text", "solution_html", "verdict_html"),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'helpers.views' has no attribute {name!r}")
    return getattr(import_module(f"helpers.views.{home}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
