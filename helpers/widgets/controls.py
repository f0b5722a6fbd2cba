"""The controls that are better with anywidget, and their stand-ins where it is not installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ipywidgets as widgets

    from helpers.widgets import live, plain


def entry(on_submit: Callable[[str], None]) -> live.Entry | plain.Entry:
    """A place to type lines, or a message; ``on_submit`` gets what was typed."""
    try:
        from helpers.widgets.live import Entry
    except ImportError:
        from helpers.widgets.plain import Entry as PlainEntry

        return PlainEntry(on_submit)
    return Entry(on_submit)


def send_button(on_send: Callable[[], None]) -> live.SendButton | plain.SendButton:
    """A button that sends a form."""
    try:
        from helpers.widgets.live import SendButton
    except ImportError:
        from helpers.widgets.plain import SendButton as PlainButton

        return PlainButton(on_send)
    return SendButton(on_send)


def keyboard() -> widgets.Widget:
    """What somebody at the keyboard needs in a widget; an empty box where that cannot be had."""
    try:
        from helpers.widgets.live import Keyboard
    except ImportError:
        import ipywidgets

        return ipywidgets.Box()
    return Keyboard()
