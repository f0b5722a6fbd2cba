"""The octets of a conversation: line ends, stuffed dots, base64, NUL and 8-bit octets made visible.

Offsets count from the start of each turn, so that they tell nothing about masked credentials.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from helpers.protocol.reply import decode
from helpers.views.conversation import NOTHING
from helpers.views.glyphs import CLEAR_AUTH, TLS
from helpers.views.markup import clipped, count, escaped, visible
from helpers.views.newest import newest
from helpers.views.secrets import MASK, SentLine, from_base64, in_clear_text, sent_lines
from helpers.wire.transcript import Exchange, ExchangeKind, Transcript

_LINE_ENDS: Final = {b"\r\n": ("␍␊", "CR LF"), b"\n": ("␊", "bare LF"), b"": ("", "no line end")}
_LONGEST = 60  # lines of one turn that are shown
_HEAD, _TAIL = 45, 10
_OCTETS = 96  # octets of one line that are shown


class _Row(NamedTuple):
    """One line of octets."""

    side: str
    offset: int
    octets: bytes  #: without the line end; empty for what is masked
    masked: bool
    end: bytes
    remarks: tuple[str, ...]


def bytes_text(transcript: Transcript, secrets: bool = False) -> str:
    """The octets as plain text: offset, line with its end, and the same in hexadecimal below."""
    lines = []
    for row in _rows(transcript, secrets):
        if isinstance(row, str):
            lines.append(f"# {visible(row)}")
            continue
        text = "".join(part for part, _ in _pieces(row)) + _LINE_ENDS[row.end][0]
        remarks = f"   # {'; '.join(map(visible, row.remarks))}" if row.remarks else ""
        lines.append(f"{row.side} {row.offset:>6}  {text}{remarks}")
        pairs = _hex(row).split()
        lines += [f"{'':10}{' '.join(pairs[n : n + 16])}" for n in range(0, len(pairs), 16)]
    return "\n".join(lines) or NOTHING


def bytes_html(transcript: Transcript, secrets: bool = False) -> str:
    """The octets as a table, a row a line of the wire."""
    rows = []
    for row in _rows(transcript, secrets):
        if isinstance(row, str):
            rows.append(f'<tr class="R"><td colspan="5"># {escaped(row)}</td></tr>')
            continue
        text = "".join(f'<i class="odd">{escaped(part)}</i>' if odd else escaped(part) for part, odd in _pieces(row))
        end = f' <i class="end">{_LINE_ENDS[row.end][1]}</i>' if row.end else ""
        remarks = "<br>".join(escaped(remark) for remark in row.remarks)
        rows.append(
            f'<tr class="{row.side}"><th scope="row">{row.side}</th><td class="at">{row.offset}</td>'
            f'<td><code>{text}{end}</code></td><td><code class="hex">{_hex(row)}</code></td><td>{remarks}</td></tr>'
        )
    if not rows:
        return f"<p>{NOTHING}</p>"
    head = "".join(f'<th scope="col">{name}</th>' for name in ("side", "offset", "octets", "hexadecimal", "remark"))
    return (
        '<table class="bytes"><caption>Octets. C: from the client, S: from the server; '
        "offsets count from the start of each turn.</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _rows(transcript: Transcript, secrets: bool) -> Iterator[_Row | str]:
    """The rows in order; a text is a remark between them."""
    since, left_out = newest(transcript)
    if since:
        yield left_out
    for connection in transcript.connections:
        exchanges = [exchange for exchange in connection.exchanges if exchange.number >= since]
        if since and not exchanges:
            continue
        if len(transcript.connections) > 1:
            yield f"connection {connection.number}"
        notes: dict[int, list[str]] = {}
        for after, text in connection.notes:
            notes.setdefault(after, []).append(text)
        yield from notes.get(0, ())
        for exchange in exchanges:
            yield from _left_out(_client_rows(exchange, secrets))
            yield from _left_out(_server_rows(exchange))
            yield from exchange.notes
            yield from notes.get(exchange.number, ())


def _client_rows(exchange: Exchange, secrets: bool) -> list[_Row]:
    rows = []
    offset = 0
    for n, line in enumerate(sent_lines(exchange)):
        masked = bool(line.secret) and not secrets
        remarks = tuple(_client_remarks(exchange, line, secrets, n == 0))
        octets = line.public if masked else line.public + line.secret
        rows.append(_Row("C", offset, octets, masked, line.end, remarks))
        offset += len(line.public) + len(line.secret) + len(line.end)
    return rows


def _client_remarks(exchange: Exchange, line: SentLine, secrets: bool, first: bool) -> Iterator[str]:
    if first and exchange.tls:
        yield str(TLS)
    if first and in_clear_text(exchange):
        yield str(CLEAR_AUTH)
    if line.secret and secrets:
        decoded = from_base64(line.secret.strip())
        yield "not base64" if decoded is None else f"base64 for “{clipped(visible(decode(decoded)), 300)}”"
    elif line.secret:
        yield "credentials, masked"
    if exchange.kind is ExchangeKind.MESSAGE and line.public.startswith(b"."):
        yield "the end of the message" if line.public == b"." else "stuffed: the first dot is not in the message"
    yield from _odd_remarks(line.public + line.secret, line.end)


def _server_rows(exchange: Exchange) -> list[_Row]:
    if exchange.reply is None:
        return []
    raw = exchange.reply.raw or b"".join(line.encode() + b"\r\n" for line in exchange.reply.wire_lines())
    rows: list[_Row] = []
    offset = 0
    for line in _split(raw):
        octets = line.removesuffix(b"\n").removesuffix(b"\r")
        end = line[len(octets) :]
        remarks = [str(TLS)] if exchange.tls and not rows else []
        if exchange.code == 334 and (decoded := from_base64(octets[4:].strip())):
            remarks.append(f"base64 for “{clipped(visible(decode(decoded)), 300)}”")
        rows.append(_Row("S", offset, octets, False, end, (*remarks, *_odd_remarks(octets, end))))
        offset += len(line)
    return rows


def _split(raw: bytes) -> list[bytes]:
    lines = raw.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _odd_remarks(octets: bytes, end: bytes) -> Iterator[str]:
    if end != b"\r\n":
        yield f"{_LINE_ENDS[end][1]}: a line ends in CR LF (RFC 5321 2.3.8)"
    if b"\r" in octets:
        yield "a bare CR inside the line (RFC 5321 2.3.8)"
    if b"\0" in octets:
        yield "NUL"
    if not octets.isascii():
        yield "8-bit octets"
    if len(octets) > _OCTETS:
        yield f"{count(len(octets) - _OCTETS, 'octet')} more in this line, not shown"


def _left_out(rows: list[_Row]) -> Iterator[_Row | str]:
    if len(rows) <= _LONGEST:
        yield from rows
        return
    yield from rows[:_HEAD]
    yield f"… {count(len(rows) - _HEAD - _TAIL, 'line')} left out here …"
    yield from rows[-_TAIL:]


def _pieces(row: _Row) -> Iterator[tuple[str, bool]]:
    """The line in pieces: printable ASCII as it is, runs of other octets as ``\\xNN`` (True)."""
    run = ""
    odd = False
    for octet in row.octets[:_OCTETS]:
        is_odd = not 0x20 <= octet < 0x7F
        if run and is_odd is not odd:
            yield run, odd
            run = ""
        run += f"\\x{octet:02x}" if is_odd else chr(octet)
        odd = is_odd
    if run:
        yield run, odd
    if len(row.octets) > _OCTETS:
        yield "…", True
    if row.masked:
        yield MASK, False


def _hex(row: _Row) -> str:
    shown = row.octets[:_OCTETS].hex(" ") + (" …" if len(row.octets) > _OCTETS else "")
    return " ".join(filter(None, [shown, "••" if row.masked else "", row.end.hex(" ")]))
