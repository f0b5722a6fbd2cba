"""Two conversations, or two replies, side by side: what is the same, what changed, what only one of them has.

Exchanges are paired by their command, the lines of a reply by their keyword, so that a line more on one side
does not make everything after it look different.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Final, TypeVar

from helpers.protocol.reply import ENHANCED, Reply
from helpers.views.conversation import NOTHING
from helpers.views.glyphs import CHANGED, ONLY_LEFT, ONLY_RIGHT, SAME, TLS, Mark
from helpers.views.markup import clipped, count, escaped, visible
from helpers.views.secrets import sent_lines
from helpers.wire.transcript import Exchange, ExchangeKind, Transcript

Said = Transcript | Exchange | Reply
Names = tuple[str, str]
T = TypeVar("T")

_EXCHANGES: Final = 200  # of each side; pairing takes time with the square of their number
_LINES: Final = 60  # of one message or reply
_WORD_COLUMN: Final = 62
_DECISIVE: Final = frozenset({"AUTH", "STARTTLS"})  # what a client may do next hangs on these keywords
_FEW: Final = 2  # rows of keywords from which on they are put together
#: Beside the one stylesheet, which every stored output carries: only a comparison needs these.
_STYLE: Final = (
    ".smtp .diff{padding:10px 14px}.smtp .diff table{width:100%}.smtp .diff td{width:44%}"
    ".smtp .diff small{display:none}"
    "@media (max-width:760px){.smtp .diff .again,.smtp .diff thead{display:none}"
    ".smtp .diff small{display:block;color:var(--soft)}.smtp.smtp .diff tr{padding:0}"
    ".smtp.smtp .diff td{width:auto;flex:1 1 17em}}"
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of one side. ``same`` is what must agree for it to count as the same, ``head`` what pairs it."""

    side: str  #: "C", "S", or "#" for a remark
    text: str
    same: str
    head: str
    tls: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    left: _Line | None
    right: _Line | None

    @property
    def mark(self) -> Mark:
        if self.left is None or self.right is None:
            return ONLY_RIGHT if self.left is None else ONLY_LEFT
        return SAME if self.left.same == self.right.same else CHANGED


def compare_text(left: Said, right: Said, names: Names = ("before", "after"), *, brief: bool = False) -> str:
    """The lines of both with their differences marked, as plain text; ``brief``: EHLO's keywords share a line.

    Raises:
        TypeError: a reply and something that is none.
    """
    rows = _rows(left, right, brief)
    if not rows:
        return NOTHING
    lines = [_summary(rows, names)]
    for row in rows:
        word = _word(row.mark, names)
        if row.mark is CHANGED:
            lines += [
                _as_text(CHANGED.glyph, row.left, f"{word}: {visible(names[0])}"),
                _as_text(" ", row.right, f"{word}: {visible(names[1])}"),
            ]
        else:
            lines.append(_as_text(row.mark.glyph, row.left or row.right, "" if row.mark is SAME else word, row, names))
    return "\n".join(lines)


def compare_html(left: Said, right: Said, names: Names = ("before", "after"), *, brief: bool = False) -> str:
    """The same as a table: the mark, then a column for each. Where it is narrow, the columns stand one below the other.

    Raises:
        TypeError: a reply and something that is none.
    """
    rows = _rows(left, right, brief)
    if not rows:
        return f"<p>{NOTHING}</p>"
    head = "".join(f'<th scope="col">{escaped(name)}</th>' for name in ("difference", *names))
    body = "".join(_as_html(row, names) for row in rows)
    return (
        f'<div class="diff"><style>{_STYLE}</style><table><caption>{escaped(_summary(rows, names))}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


# --- pairing ----------------------------------------------------------------------------------------------------


def _rows(left: Said, right: Said, brief: bool) -> list[_Row]:
    if isinstance(left, Reply) and isinstance(right, Reply):
        return list(_line_rows(_reply_lines(left, False), _reply_lines(right, False)))
    if isinstance(left, Reply) or isinstance(right, Reply):
        raise TypeError("Compare two replies, or two transcripts: here are one of each.")
    rows: list[_Row] = []
    ours, theirs = _exchanges(left), _exchanges(right)
    for one, other in _paired(ours[:_EXCHANGES], theirs[:_EXCHANGES], lambda e: (e.kind, e.verb)):
        rows += _line_rows(_client_lines(one), _client_lines(other))
        replies = _line_rows(*(_reply_lines(e.reply, e.tls) if e and e.reply else [] for e in (one, other)))
        announced = brief and "EHLO" in (e.verb for e in (one, other) if e)
        rows += _keywords_together(replies) if announced else replies
    more = [_remark(len(side) - _EXCHANGES, "exchange") for side in (ours, theirs)]
    return rows if more == [None, None] else [*rows, _Row(*more)]


def _exchanges(said: Transcript | Exchange) -> Sequence[Exchange]:
    return (said,) if isinstance(said, Exchange) else said.exchanges


def _paired(left: Sequence[T], right: Sequence[T], head: Callable[[T], object]) -> Iterator[tuple[T | None, T | None]]:
    """Both in order; what has the same head stands together where the order allows it."""
    matcher = SequenceMatcher(None, [head(x) for x in left], [head(y) for y in right], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield from zip(left[a:b], right[c:d], strict=True)
        else:
            yield from ((x, None) for x in left[a:b])
            yield from ((None, y) for y in right[c:d])


def _line_rows(left: list[_Line], right: list[_Line]) -> Iterator[_Row]:
    yield from (_Row(one, other) for one, other in _paired(left[:_LINES], right[:_LINES], lambda line: line.head))
    more = [_remark(len(side) - _LINES, "line") for side in (left, right)]
    if more != [None, None]:
        yield _Row(*more)


def _keywords_together(rows: Iterable[_Row]) -> Iterator[_Row]:
    """Keywords that follow each other and differ in the same way share a row; a decisive one stands alone."""

    def kind(row: _Row) -> object:
        line = row.left or row.right
        assert line is not None
        alone = not line.head or line.head in _DECISIVE or row.mark is CHANGED
        return object() if alone else (row.mark, row.left and row.left.tls, row.right and row.right.tls)

    for _, group in groupby(rows, kind):
        run = list(group)
        if len(run) < _FEW:
            yield from run
        else:
            yield _Row(_together([row.left for row in run]), _together([row.right for row in run]))


def _together(lines: Iterable[_Line | None]) -> _Line | None:
    there = [line for line in lines if line is not None]
    if not there:
        return None
    text = "offers " + ", ".join(line.text[4:] for line in there)  # without the code
    return _Line("#", text, text, "", there[0].tls)


def _client_lines(exchange: Exchange | None) -> list[_Line]:
    if exchange is None:
        return []
    texts = [line.text() for line in sent_lines(exchange)]
    # a command is paired with a command; of what follows, as in a message, every line stands for itself
    lone = exchange.kind is not ExchangeKind.MESSAGE
    return [_Line("C", text, text, "" if lone and n == 0 else f"={text}", exchange.tls) for n, text in enumerate(texts)]


def _reply_lines(reply: Reply, tls: bool) -> list[_Line]:
    lines = []
    for n, (wire, text) in enumerate(zip(reply.wire_lines(), reply.lines, strict=True)):
        words = ENHANCED.sub("", text, count=1).split()
        head = words[0].upper() if n and words else ""
        # whether a hyphen or a space follows the code only says which line is the last
        lines.append(_Line("S", visible(wire), f"{reply.code} {text}", head, tls))
    return lines


def _remark(left_out: int, noun: str) -> _Line | None:
    text = f"… {count(left_out, noun)} more, not compared"
    return _Line("#", text, text, "") if left_out > 0 else None


# --- showing ----------------------------------------------------------------------------------------------------


def _word(mark: Mark, names: Names) -> str:
    name = {ONLY_LEFT: names[0], ONLY_RIGHT: names[1]}.get(mark, "")
    return visible(f"{mark.word} {name}").strip()


def _summary(rows: list[_Row], names: Names) -> str:
    marks = Counter(row.mark for row in rows)
    if set(marks) == {SAME}:
        return f"{visible(names[0])} and {visible(names[1])}: {count(len(rows), 'line')}, no difference"
    told = [f"{marks[mark]} {_word(mark, names)}" for mark in (SAME, CHANGED, ONLY_LEFT, ONLY_RIGHT) if marks[mark]]
    return f"{visible(names[0])} and {visible(names[1])}: {', '.join(told)}"


def _as_text(glyph: str, line: _Line | None, word: str, row: _Row | None = None, names: Names = ("", "")) -> str:
    assert line is not None
    text = f"{glyph} {line.side}{'' if line.side == '#' else ':'} {clipped(line.text)}"
    words = [word] if word else []
    if row is None or row.mark is not SAME:
        words += [str(TLS)] if line.tls else []
    else:
        inside = [visible(name) for name, side in zip(names, (row.left, row.right), strict=True) if side and side.tls]
        words += [f"{TLS}: {', '.join(inside)}"] if inside else []
    return f"{text:<{_WORD_COLUMN}}  {'  '.join(words)}".rstrip()


def _as_html(row: _Row, names: Names) -> str:
    mark = row.mark
    cells = []
    both = row.left is not None and row.right is not None
    twins = mark is SAME and row.left is not None and row.right is not None and row.left.tls == row.right.tls
    for line, name in ((row.left, names[0]), (row.right, names[1])):
        if line is None:
            cells.append('<td class="again"></td>')
            continue
        # where the columns stand one below the other, each says whose it is, and what is the same stands once
        again = " again" if twins and line is row.right else ""
        who = f"<small>{escaped(name)}</small>" if both and not twins else ""
        tls = f' <span class="tag tls">{TLS}</span>' if line.tls else ""
        side = "" if line.side == "#" else f"<b>{line.side}:</b> "
        cells.append(
            f'<td class="{"R" if line.side == "#" else line.side}{again}">{who}'
            f'<div class="row">{side}<code>{escaped(clipped(line.text))}</code>{tls}</div></td>'
        )
    word = escaped(f"{mark.glyph} {_word(mark, names)}")
    return f'<tr><th scope="row"><span class="{mark.accent}">{word}</span></th>{"".join(cells)}</tr>'
