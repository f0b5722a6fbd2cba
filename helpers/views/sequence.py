"""The conversation as a sequence diagram: who speaks to whom, in the order of the wire.

Commands that were sent together stand together, with the replies after them, as they travelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from helpers.views.conversation import NOTHING
from helpers.views.glyphs import TLS, of_reply
from helpers.views.markup import clipped, count, escaped, visible
from helpers.views.newest import newest
from helpers.views.secrets import sent_lines
from helpers.wire.transcript import Exchange, ExchangeKind, Transcript

_WIDTH = 70  # characters between the two lifelines of the plain text
_LABEL = 200


class _Step(NamedTuple):
    """An arrow with its label, or (side "#") a remark across the diagram."""

    side: str
    label: str
    tls: bool = False


def sequence_text(transcript: Transcript, secrets: bool = False) -> str:
    """The diagram as plain text, the client's lifeline on the left."""
    lines = [f"{'client':<{_WIDTH + 2}} server"]
    for step in _steps(transcript, secrets):
        label = f" {_shortened(visible(step.label))} "
        if step.side == "#":
            lines.append(f"   |{label:·^{_WIDTH}}|")
        else:
            arrow = f"{label:-^{_WIDTH - 1}}"
            lines.append(f"   |{arrow}>|" if step.side == "C" else f"   |<{arrow}|")
    return "\n".join(lines) if transcript else NOTHING


def _shortened(text: str) -> str:
    return text if len(text) <= _WIDTH - 5 else f"{text[: _WIDTH - 6]}…"


def sequence_html(transcript: Transcript, secrets: bool = False) -> str:
    """The diagram as a table: what the client says on the left, what the server says on the right."""
    if not transcript:
        return f"<p>{NOTHING}</p>"
    rows = []
    for step in _steps(transcript, secrets):
        text = escaped(step.label)
        lock = f' <span class="tls">{TLS.glyph} TLS</span>' if step.tls else ""
        if step.side == "#":
            rows.append(f'<tr class="R"><td colspan="3"># {text}</td></tr>')
        elif step.side == "C":
            rows.append(
                f'<tr class="C"><td><code class="client">{text}</code></td><td class="at">→{lock}</td><td></td></tr>'
            )
        else:
            rows.append(f'<tr class="S"><td></td><td class="at">←{lock}</td><td><code>{text}</code></td></tr>')
    head = '<th scope="col">client</th><th scope="col">direction</th><th scope="col">server</th>'
    return (
        '<table class="sequence"><caption>Sequence: time runs downwards</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def sequence_mermaid(transcript: Transcript, secrets: bool = False) -> str:
    """The diagram in Mermaid's language, with a title and a description for screen readers."""
    steps = list(_steps(transcript, secrets))
    said = sum(step.side != "#" for step in steps)
    lines = [
        "sequenceDiagram",
        "    accTitle: SMTP session",
        f"    accDescr: {count(said, 'message')} between an SMTP client and a server, in their order",
        "    participant C as client",
        "    participant S as server",
    ]
    arrows = {"C": "C->>S", "S": "S-->>C", "#": "Note over C,S"}
    lines += [f"    {arrows[step.side]}: {_mermaid(step.label)}" for step in steps]
    return "\n".join(lines)


def _mermaid(text: str) -> str:
    """Text for Mermaid: every character that it could read as its own language as a numbered entity."""
    return "".join(c if c.isalnum() or c in " .,@+*/=•→←✓↻✕…" else f"#{ord(c)};" for c in visible(text)) or "#32;"


def _steps(transcript: Transcript, secrets: bool) -> Iterator[_Step]:
    since, left_out = newest(transcript)
    if since:
        yield _Step("#", left_out)
    for connection in transcript.connections:
        exchanges = [exchange for exchange in connection.exchanges if exchange.number >= since]
        if since and not exchanges:
            continue
        if len(transcript.connections) > 1:
            yield _Step("#", f"connection {connection.number}")
        notes: dict[int, list[str]] = {}
        for after, text in connection.notes:
            notes.setdefault(after, []).append(text)
        yield from (_Step("#", text) for text in notes.get(0, ()))
        for _, together in groupby(exchanges, key=lambda exchange: exchange.group):
            group = list(together)
            yield from (_Step("C", _sent(exchange, secrets), exchange.tls) for exchange in group if exchange.octets)
            for exchange in group:
                if exchange.reply is not None:
                    yield _Step("S", _answer(exchange), exchange.tls)
                yield from (_Step("#", text) for text in (*exchange.notes, *notes.get(exchange.number, ())))


def _sent(exchange: Exchange, secrets: bool) -> str:
    lines = sent_lines(exchange)
    if exchange.kind is ExchangeKind.MESSAGE:
        return f"message, {count(len(lines), 'line')}, {count(len(exchange.octets), 'octet')} on the wire"
    more = f" … {count(len(lines) - 1, 'line')} more" if len(lines) > 1 else ""
    return f"{clipped(lines[0].text(secrets), _LABEL)}{more}"


def _answer(exchange: Exchange) -> str:
    assert exchange.reply is not None
    lines = exchange.server_lines()
    more = f" … {count(len(lines) - 1, 'line')} more" if len(lines) > 1 else ""
    return f"{clipped(lines[0], _LABEL)}{more}  {of_reply(exchange.reply)}"
