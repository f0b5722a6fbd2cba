"""What somebody on the path has of a connection."""

from __future__ import annotations

from typing import Final

from helpers.views.glyphs import TLS
from helpers.views.markup import clipped, count, escaped
from helpers.wire.overheard import HeardKind, Overheard

_LINES: Final = 200
LEGEND: Final = "On the path. C: from the client, S: from the server"


def overheard_html(eve: Overheard) -> str:
    """The lines that can be read, and of everything else what TLS leaves readable, as a list."""
    lines = eve.lines()
    items = [_item(side, text, kind) for side, text, kind in lines[:_LINES]]
    if len(lines) > _LINES:
        items.append(_item("#", f"… {count(len(lines) - _LINES, 'line')} more", HeardKind.CLEAR))
    readable = sum(len(piece.octets) for piece in eve.heard if piece.kind is HeardKind.CLEAR)
    total = len(eve.octets)
    caption = f"{LEGEND}. {'Every octet' if readable == total else 'Not every octet'} can be read."
    return f'<p class="cap">{escaped(caption)}</p><ol class="talk" aria-label="{LEGEND}">{"".join(items)}</ol>'


def _item(side: str, text: str, kind: HeardKind) -> str:
    sealed = f' <span class="tag tls">{TLS}</span>' if kind is not HeardKind.CLEAR else ""
    name = "" if side == "#" else f"<b>{side}:</b> "
    body = f'<div class="row">{name}<code>{escaped(clipped(text))}</code>{sealed}</div>'
    return f'<li class="{"R" if side == "#" else side}">{body}</li>'
