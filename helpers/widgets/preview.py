"""What is about to be sent, exactly: the line (or the message) with every line end."""

from __future__ import annotations

from helpers.protocol.state import SessionState
from helpers.views.markup import clipped, count, escaped
from helpers.views.secrets import SentLine, sent_lines
from helpers.wire.transcript import Exchange, ExchangeKind

#: Lines of a message that are shown before it is sent; of a longer one the middle is left out.
MOST_LINES = 8


def unsent(octets: bytes, kind: ExchangeKind, state: SessionState) -> Exchange:
    """The exchange that these octets would begin."""
    return Exchange(0, 0, kind, octets, None, state, state)


def preview_html(exchange: Exchange, wire: str = "", secrets: bool = False) -> str:
    """The client's lines of an unsent exchange, with ``wire``, the command's own words, made to stand out.

    Credentials are masked unless ``secrets`` are asked for.
    """
    lines = sent_lines(exchange)
    if len(lines) <= MOST_LINES:
        rows = [_row(line, secrets) for line in lines]
    else:
        head, tail = lines[: MOST_LINES - 3], lines[-2:]
        left_out = f'<span class="soft">… {count(len(lines) - len(head) - len(tail), "more line")} …</span>'
        rows = [*(_row(line, secrets) for line in head), left_out, *(_row(line, secrets) for line in tail)]
    if wire and rows[0].startswith(escaped(wire)):
        rows[0] = f'<b class="client">{escaped(wire)}</b>{rows[0][len(escaped(wire)) :]}'
    return f'<pre class="smtp-line" role="group" aria-label="What will be sent">{"<br>".join(rows)}</pre>'


def _row(line: SentLine, secrets: bool) -> str:
    end = {b"\r\n": "CR LF", b"\n": "LF"}.get(line.end)
    mark = f' <span class="end">{end}</span>' if end else ""
    return f"{escaped(clipped(line.text(secrets)))}{mark}"
