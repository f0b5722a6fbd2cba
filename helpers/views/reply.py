"""One reply by itself."""

from __future__ import annotations

from helpers.protocol.reply import Reply
from helpers.protocol.state import SessionState
from helpers.views.conversation import server_html
from helpers.views.explain import explain_reply
from helpers.views.glyphs import CLASSES, of_reply
from helpers.views.markup import clipped, escaped, visible
from helpers.wire.transcript import Exchange, ExchangeKind


def reply_text(reply: Reply) -> str:
    """The reply's lines, and what its code says."""
    lines = [clipped(visible(line)) for line in reply.wire_lines()]
    return "\n".join([*lines, f"{of_reply(reply)}. {explain_reply(reply)}"])


def reply_html(reply: Reply) -> str:
    """The reply's lines as a list, and what its code says, folded.

    Where the command is known, every line is explained as the answer to it.
    """
    if reply.command is not None:
        octets = reply.command.encode("utf-8", "surrogateescape") + b"\r\n"
        nowhere = SessionState()
        return server_html(Exchange(1, 1, ExchangeKind.COMMAND, octets, reply, nowhere, nowhere))
    mark = of_reply(reply)
    accent = CLASSES[reply.kind].accent
    items = []
    last = len(reply.lines) - 1
    for n, line in enumerate(reply.wire_lines()):
        text = escaped(clipped(line))
        body = f'<b>S:</b> <code><b class="{accent}">{text[:3]}</b>{text[3:]}</code>'
        if n == last:
            body = (
                f'<details><summary class="row">{body} <span class="tag {mark.accent}">{mark}</span></summary>'
                f'<p class="note">{escaped(explain_reply(reply))}</p></details>'
            )
        else:
            body = f'<div class="row">{body}</div>'
        items.append(f'<li class="S">{body}</li>')
    return f'<ol class="talk" aria-label="Reply of the server">{"".join(items)}</ol>'
