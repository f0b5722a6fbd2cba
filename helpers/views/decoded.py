"""A decoded reply: its lines, what each digit says, and what follows from it."""

from __future__ import annotations

from typing import Final

from helpers.views.glyphs import CLASSES
from helpers.views.markup import clipped, escaped
from helpers.wire.decoded import FOR_PEOPLE, Decoded, DecodedLine, DecodedReply

#: Beside the one stylesheet: these four columns are short, so they stay a table on a narrow page, too.
_STYLE: Final = (
    "@media (max-width:760px){.smtp.smtp .digits{display:table}.smtp.smtp .digits thead{display:table-header-group}"
    ".smtp.smtp .digits tbody{display:table-row-group}.smtp.smtp .digits tr{display:table-row}"
    ".smtp.smtp .digits td{display:table-cell;overflow-wrap:anywhere}.smtp.smtp .digits :is(td,th){padding:2px 5px}}"
)


def decoded_html(decoded: Decoded) -> str:
    """Every reply as its lines and a table of its digits; lines that belong to none after them."""
    bodies = [f'<div class="body">{_reply(reply)}</div>' for reply in decoded.replies]
    if decoded.strays:
        items = "".join(map(_line, decoded.strays))
        bodies.append(f'<div class="body"><ol class="talk" aria-label="Lines of no reply">{items}</ol></div>')
    return "".join(bodies)


def _reply(reply: DecodedReply) -> str:
    mark = CLASSES[reply.kind]
    lines = "".join(_line(line, alone=len(reply.lines) == 1) for line in reply.lines)
    rows = "".join(
        f'<tr><th scope="row"><code style="white-space:nowrap">{escaped(part.seen)}</code></th>'
        f"<td>{escaped(part.name)}</td><td>{escaped(part.says)}</td><td><small>{escaped(part.rfc)}</small></td></tr>"
        for part in reply.parts
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("digits", "place", "what it says", "source"))
    return (
        f'<ol class="talk" aria-label="Lines of the reply">{lines}</ol>'
        f'<style>{_STYLE}</style><table class="digits" aria-label="Digit by digit">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f'<p><b class="{mark.accent}">{mark}</b> <b>A server that sends a message on:</b> {escaped(reply.sender)}</p>'
        + "".join(map(_odd, reply.odd))
        + f'<p class="soft">{FOR_PEOPLE}</p>'
    )


def _line(line: DecodedLine, alone: bool = False) -> str:
    text = escaped(clipped(line.text))
    if line.code is not None:
        text = f"<b>{text[:3]}</b>{text[3:]}"
    tag = f'<span class="tag soft">{escaped(line.role)}</span>' if line.role and not alone else ""
    return f'<li class="S"><div class="row"><code>{text}</code>{tag}</div>{"".join(map(_odd, line.odd))}</li>'


def _odd(text: str) -> str:
    return f'<p class="note">? {escaped(text)}</p>'
