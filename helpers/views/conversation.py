"""The conversation: who said what, how each reply is meant, and an explanation under every line.

The lines are numbered as ``Transcript.lines()`` numbers them, so that a verdict's "line 9" is found here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import fill
from typing import Final

from helpers.views import glyphs
from helpers.views.explain import explain
from helpers.views.glyphs import Mark
from helpers.views.markup import clipped, count, escaped, visible
from helpers.views.secrets import in_clear_text, sent_lines
from helpers.wire.transcript import Connection, Exchange, Transcript

NOTHING: Final = "Nothing has been said yet."
LEGEND: Final = "Conversation. C: what the client says, S: what the server says."
LONGEST: Final = 40  #: lines of one message that are shown; of a longer one, the middle is left out
_HEAD, _TAIL = 25, 10
_TAG_COLUMN = 62
_CLASSES = {"C": "C", "S": "S", "#": "R"}


@dataclass(frozen=True, slots=True)
class _Row:
    """A line as it is shown."""

    number: int  #: in the transcript
    side: str  #: "C", "S" or "#"
    text: str
    marks: tuple[Mark, ...] = ()
    note: str = ""  #: the explanation
    remarks: tuple[Mark, ...] = ()  #: what must be seen without unfolding anything
    accent: str = ""  #: of the reply code at the start of the text


def conversation_text(transcript: Transcript, secrets: bool = False, explained: bool = False, since: int = 0) -> str:
    """The conversation as plain text, a glyph and a word behind each reply.

    Args:
        secrets: show the credentials of AUTH instead of a mask.
        explained: put the explanation of each line under it.
        since: begin with the exchange of this number.
    """
    return "\n".join(_as_text(row) for row in _rows(transcript, secrets, explained, since)) or NOTHING


def conversation_html(
    transcript: Transcript, secrets: bool = False, open_line: int | None = None, since: int = 0
) -> str:
    """The conversation as an ordered list; under each line its explanation, folded.

    Args:
        secrets: show the credentials of AUTH instead of a mask.
        open_line: the number of the line whose explanation is unfolded.
        since: begin with the exchange of this number.
    """
    return _list(_rows(transcript, secrets, True, since), open_line) if transcript else f"<p>{NOTHING}</p>"


def exchange_html(exchange: Exchange, secrets: bool = False, opened: bool = False) -> str:
    """One exchange as a list of its own; ``opened`` unfolds the explanation of its last line."""
    rows = list(_exchange_rows(exchange, 1, "", secrets, True))
    return _list(rows, rows[-1].number if opened and rows else None)


def server_html(exchange: Exchange) -> str:
    """Only what the server said in this exchange, with the explanations."""
    return _list([row for row in _exchange_rows(exchange, 0, "", False, True) if row.side != "C"], None)


def _rows(transcript: Transcript, secrets: bool, explained: bool, since: int) -> Iterator[_Row]:
    number = 1
    several = len(transcript.connections) > 1
    for connection in transcript.connections:
        if several:
            yield _Row(number, "#", f"connection {connection.number}")
            number += 1
        for row in _connection_rows(connection, number, secrets, explained, since):
            number = row.number + 1
            yield row


def _connection_rows(connection: Connection, number: int, secrets: bool, explained: bool, since: int) -> Iterator[_Row]:
    sizes = Counter(exchange.group for exchange in connection.exchanges if exchange.octets)
    places: Counter[int] = Counter()
    remarks: dict[int, list[str]] = {}
    for after, text in connection.notes:
        remarks.setdefault(after, []).append(text)
    for text in remarks.get(0, ()):
        yield _Row(number, "#", text)
        number += 1
    for exchange in connection.exchanges:
        if exchange.octets:
            places[exchange.group] += 1
        below = remarks.get(exchange.number, [])
        if exchange.number < since:
            number += len(exchange.client_lines()) + len(exchange.server_lines()) + len(below)
            continue
        size = sizes[exchange.group]
        together = f"{places[exchange.group]} of {size}" if size > 1 and exchange.octets else ""
        for row in _exchange_rows(exchange, number, together, secrets, explained):
            number = row.number + 1
            yield row
        for text in below:
            yield _Row(number, "#", text)
            number += 1


def _exchange_rows(exchange: Exchange, number: int, together: str, secrets: bool, explained: bool) -> Iterator[_Row]:
    """The rows of one exchange, the first with this number."""
    notes = {(note.side, note.index): note.text for note in explain(exchange)} if explained else {}
    sent = [line.text(secrets) for line in sent_lines(exchange)]
    for index, text in _middle_left_out(sent):
        if text is None:
            yield _Row(number + index, "#", _left_out(sent, "client"))
        else:
            marks = tuple(_client_marks(exchange, together)) if index == 0 else ()
            remarks = (glyphs.CLEAR_AUTH,) if index == 0 and in_clear_text(exchange) else ()
            yield _Row(number + index, "C", clipped(text), marks, notes.get(("C", index), ""), remarks)
    number += len(sent)
    said = exchange.server_lines()
    accent = glyphs.CLASSES[exchange.reply.kind].accent if exchange.reply else ""
    for index, text in _middle_left_out(said):
        if text is None:
            yield _Row(number + index, "#", _left_out(said, "server"))
        else:
            mark = glyphs.of_reply_line(exchange, index)
            last = index == len(said) - 1
            below = tuple(glyphs.REMARK._replace(word=note) for note in exchange.notes) if last else ()
            marks = (mark,) if mark else ()
            yield _Row(number + index, "S", clipped(text), marks, notes.get(("S", index), ""), below, accent)


def _client_marks(exchange: Exchange, together: str) -> Iterator[Mark]:
    if exchange.replayed:
        yield glyphs.REPLAYED
    if together:
        yield glyphs.TOGETHER._replace(word=f"{glyphs.TOGETHER.word}, {together}")
    if exchange.tls:
        yield glyphs.TLS
    if exchange.reply is None:
        yield glyphs.NO_REPLY


def _middle_left_out(lines: list[str]) -> Iterator[tuple[int, str | None]]:
    """The lines with their indices; None, with the index of the last line left out, for the middle."""
    if len(lines) <= LONGEST:
        yield from enumerate(lines)
        return
    yield from enumerate(lines[:_HEAD])
    yield len(lines) - _TAIL - 1, None
    yield from enumerate(lines[-_TAIL:], len(lines) - _TAIL)


def _left_out(lines: list[str], whose: str) -> str:
    return f"… {count(len(lines) - _HEAD - _TAIL, 'line')} of the {whose} left out here …"


def _as_text(row: _Row) -> str:
    line = f"{row.side}{'' if row.side == '#' else ':'} {visible(row.text)}"
    if row.marks:
        line = f"{line:<{_TAG_COLUMN}}  {'  '.join(map(str, row.marks))}"
    below = [f"# {visible(str(remark))}" for remark in row.remarks]
    if row.note:
        below.append(fill(visible(row.note), 88, initial_indent="     ", subsequent_indent="     "))
    return "\n".join([line.rstrip(), *below])


def _list(rows: Iterable[_Row], open_line: int | None) -> str:
    parts = [f'<ol class="talk" aria-label="{LEGEND}">']
    expected = 1
    for row in rows:
        value = "" if row.number == expected else f' value="{row.number}"'
        expected = row.number + 1
        parts.append(f'<li class="{_CLASSES[row.side]}"{value}>{_item(row, row.number == open_line)}</li>')
    return "".join([*parts, "</ol>"])


def _item(row: _Row, opened: bool) -> str:
    if row.side == "#":
        return f'<div class="row">{escaped(row.text)}</div>'
    text = escaped(row.text)
    if row.accent:
        text = f'<b class="{row.accent}">{text[:3]}</b>{text[3:]}'
    marks = "".join(f' <span class="tag {mark.accent}">{mark}</span>' for mark in row.marks)
    line = f"<b>{row.side}:</b> <code>{text}</code>{marks}"
    below = "".join(f'<div class="row R {r.accent}">{escaped(str(r))}</div>' for r in row.remarks)
    if not row.note:
        return f'<div class="row">{line}</div>{below}'
    return (
        f'<details{" open" if opened else ""}><summary class="row">{line}</summary>'
        f'<p class="note">{escaped(row.note)}</p></details>{below}'
    )
