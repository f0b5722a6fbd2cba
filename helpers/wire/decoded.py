"""Any reply, read digit by digit and line by line: also pasted ones, unknown codes, and texts that are no reply.

What a digit or a code means is an entry of the reference; here stand only the rules of the form: RFC 5321 4.2 and
4.2.1 (codes, lines), RFC 2034 4 and RFC 3463 2 (enhanced codes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from helpers import reference
from helpers.protocol.reply import Reply, ReplyClass
from helpers.protocol.text import decode as text_of
from helpers.protocol.text import visible

READ: Final = 8000  #: characters of a paste that are read
LINES: Final = 100  #: lines of a paste that are read

_MARK = r"\s*(?:(?:S:|Server:|<\*\*|<~\*|<--?|<~|<<<|<|\*\*\*)\s*)?"
_LINE: Final = re.compile(rf"{_MARK}(\d{{3}})(?![\w.])(.?)(.*)", re.DOTALL | re.ASCII)
_EXCEPTION: Final = re.compile(r"\(\s*(\d{3}),\s*b?(['\"])(.*?)\2\s*\)", re.DOTALL | re.ASCII)
_INSIDE: Final = re.compile(r"(?<![\w.:@-])[2-5]\d\d[ -](?=#?[245]\.\d{1,3}\.\d{1,3}\b|[A-Za-z<])", re.ASCII)
_ENHANCED: Final = re.compile(r"\s*#?(\d{1,3}\.\d{1,3}\.\d{1,3})(?![\d.]*\d)", re.ASCII)
_ENHANCED_INSIDE: Final = re.compile(r"(?<![\d.\w])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """One digit or number, and what it says."""

    seen: str  #: "5··", "·5·", "550", "5.·.·", "·.1.·", "5.1.1"
    name: str  #: "first digit"
    says: str
    rfc: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.says}" + (f" ({self.rfc})" if self.rfc else "")


@dataclass(frozen=True, slots=True)
class DecodedLine:
    """One line of what was given."""

    text: str
    code: int | None = None  #: None: no line of a reply
    enhanced: str | None = None
    role: str = ""  #: what its form says: "more lines follow", "the last line"
    odd: tuple[str, ...] = ()  #: what is wrong with it


@dataclass(frozen=True, slots=True)
class DecodedReply:
    """One reply."""

    code: int
    enhanced: str | None
    lines: tuple[DecodedLine, ...]
    parts: tuple[Part, ...]
    sender: str  #: what a server does that gets it while it sends a message on
    odd: tuple[str, ...] = ()  #: what is wrong with it as a whole

    @property
    def kind(self) -> ReplyClass:
        return Reply(self.code, ()).kind


@dataclass(frozen=True, slots=True)
class Decoded:
    """Everything that a text has of replies. ``str()`` tells it."""

    replies: tuple[DecodedReply, ...]
    strays: tuple[DecodedLine, ...] = ()  #: lines that belong to no reply

    def __str__(self) -> str:
        rows: list[str] = []
        for reply in self.replies:
            rows += [*_told(reply), ""]
        rows += [f"{line.text}\n    ? {' '.join(line.odd)}" for line in self.strays]
        return "\n".join(rows).rstrip("\n")

    __repr__ = __str__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from helpers.protocol.display import bundle

        return bundle(self, str(self))


NOTHING: Final = (
    "No reply here: a reply begins with three digits, such as 550, and then a space or a hyphen (RFC 5321 4.2)."
)
_NO_LINE: Final = "It does not begin with three digits: no line of a reply, or the rest of one that was broken in two."
FOR_PEOPLE: Final = "The text after the codes is for people; programs go by the digits (RFC 5321 4.2)."


def decode(reply: Reply | str | bytes) -> Decoded:
    """Read any reply: one that came (a Reply), or a pasted text. Never fails; what is odd is said.

    Several replies are read one after the other. Also read are replies inside a bounce, a log line or an exception.
    """
    text = str(reply) if isinstance(reply, Reply) else text_of(reply) if isinstance(reply, bytes) else reply
    if isinstance(reply, Reply):
        lines = text.split("\n")
    else:
        lines = [line.removesuffix("\r") for line in _unwrapped(text[:READ]).strip().split("\n")]
    return _read([line for line in lines[:LINES] if line.strip()])


def _unwrapped(text: str) -> str:
    """The reply as it went over the wire, where it stands inside something else."""
    if any(_LINE.fullmatch(line.removesuffix("\r")) for line in text.split("\n")):
        return text
    if found := _EXCEPTION.search(text):
        parts = re.split(r"\\r\\n|\\n|\n", found[3])
        return "\n".join(f"{found[1]}{'-' if n < len(parts) else ' '}{part}" for n, part in enumerate(parts, 1))
    if found := _INSIDE.search(text):
        return text[found.start() :]
    return text


def _read(lines: list[str]) -> Decoded:
    replies: list[DecodedReply] = []
    strays: list[DecodedLine] = []
    current: list[DecodedLine] = []
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            (current if current else strays).append(DecodedLine(visible(line), odd=(_NO_LINE,)))
            continue
        current.append(_line(found, current))
        if found[2] != "-":
            replies.append(_reply(current))
            current = []
    if any(line.code is not None for line in current):
        replies.append(_reply(current, cut_off=True))
    if not replies:
        strays = [DecodedLine(line.text, odd=(NOTHING,)) for line in strays[:1]] or [DecodedLine("", odd=(NOTHING,))]
    return Decoded(tuple(replies), tuple(strays))


def _line(found: re.Match[str], before: list[DecodedLine]) -> DecodedLine:
    code, separator, rest = int(found[1]), found[2], found[3]
    odd = []
    if separator not in ("-", " ", ""):
        odd.append(f"After the code stands {visible(separator)!r} instead of a space or a hyphen (RFC 5321 4.2).")
    if rest.lstrip().startswith("#"):
        odd.append("A # is no part of an enhanced code: programs that are strict find none here (RFC 2034 4).")
    first = next((line for line in before if line.code is not None), None)
    if first is not None and first.code != code:
        odd.append(
            f"The code changes from {first.code} to {code} inside one reply; it must not (RFC 5321 4.2.1). Some "
            f"programs go by the first line, some by the last. Below is what {first.code} says."
        )
    enhanced = _ENHANCED.match(rest)
    if first is not None and first.code == code and (enhanced[1] if enhanced else None) != first.enhanced:
        odd.append("The lines of one reply carry the same enhanced code, or none (RFC 2034 4).")
    role = "a hyphen after the code: more lines follow" if separator == "-" else "the last line: no hyphen"
    text = found[0][found.start(1) - found.start(0) :]
    return DecodedLine(visible(text), code, enhanced[1] if enhanced else None, role, tuple(odd))


def _reply(lines: list[DecodedLine], cut_off: bool = False) -> DecodedReply:
    first = next(line for line in lines if line.code is not None)
    assert first.code is not None
    code, enhanced = first.code, first.enhanced
    odd = []
    if cut_off:
        odd.append("The last line has a hyphen, so the reply is not complete: the line with a space is missing.")
    if enhanced is None and (inside := _ENHANCED_INSIDE.search(first.text[4:])):
        odd.append(
            f"{inside[1]} stands inside the text. Only right after the code it is an enhanced code for programs "
            "(RFC 2034 4); people may read it as one."
        )
    elif enhanced is not None:
        odd += _disagreement(code, enhanced)
    parts = (*_digits(code), *(_numbers(enhanced) if enhanced else ()))
    return DecodedReply(code, enhanced, tuple(lines), parts, _sender(code), tuple(odd))


def _disagreement(code: int, enhanced: str) -> Iterator[str]:
    first, second = str(code)[0], enhanced.partition(".")[0]
    if first == "3":
        yield "A reply that begins with 3 carries no enhanced code (RFC 2034 4)."
    elif first != second:
        yield (
            f"The two disagree: {code} begins with {first}, {enhanced} with {second}; they must not (RFC 2034 4). "
            f"What a sending server does goes by the reply code, {code} (RFC 5321 4.3.2)."
        )


def _digits(code: int) -> Iterator[Part]:
    first, second = f"{code:03}"[:1], f"{code:03}"[1:2]
    says, rfc = _digit(f"{first}yz", "outside SMTP: only 2, 3, 4 and 5 are used", "RFC 5321 4.2")
    yield Part(f"{first}··", "first digit", says, rfc)
    says, rfc = _digit(f"x{second}z", "no category has this number: only 0 to 5 are used", "RFC 5321 4.2")
    yield Part(f"·{second}·", "second digit", says, rfc)
    try:
        known = reference.reply_code(code)
    except reference.UnknownEntry:
        says = "not in the reference"
        if first in "2345":
            says += ": a program that does not know a code goes by its first digit alone"
        yield Part(f"{code:03}", "the whole code", says, "RFC 5321 4.2, 4.3.2")
    else:
        yield Part(f"{code:03}", "the whole code", f"{known.title}. {known.meaning.removesuffix('.')}", known.rfc)


def _numbers(enhanced: str) -> Iterator[Part]:
    first, subject = enhanced.split(".")[:2]
    says, rfc = _digit(f"{first}.X.X", "no class: only 2, 4 and 5 are used", "RFC 3463 2")
    yield Part(f"{first}.·.·", "class", says, rfc)
    says, rfc = _digit(f"X.{subject}.X", "not in the registry of enhanced codes", "RFC 5248")
    yield Part(f"·.{subject}.·", "subject", says, rfc)
    try:
        known = reference.enhanced_code(enhanced)
    except reference.UnknownEntry:
        says = "not in the reference: what counts is the subject, and where that is unknown too, the class"
        yield Part(enhanced, "detail", says, "RFC 3463 2")
    else:
        yield Part(enhanced, "detail", known.meaning.removesuffix("."), known.rfc)


def _digit(place: str, otherwise: str, rfc: str) -> tuple[str, str]:
    try:
        known = reference.digit(place)
    except reference.UnknownEntry:
        return otherwise, rfc
    return f"{known.title} – {known.meaning}", known.rfc


def _sender(code: int) -> str:
    try:
        known = reference.digit(f"{code // 100}yz")
    except reference.UnknownEntry:
        return "It ends the transaction, as after a fatal error (RFC 5321 4.2)."
    return f"{known.sender.removesuffix('.')} ({known.rfc})."


def _told(reply: DecodedReply) -> Iterator[str]:
    for line in reply.lines:
        yield line.text
        if line.role and len(reply.lines) > 1:
            yield f"    {line.role}"
        yield from (f"    ? {odd}" for odd in line.odd)
    yield ""
    yield from (f"{part.seen:<6}  {part}" for part in reply.parts)
    yield f"A server that sends a message on: {reply.sender}"
    yield from (f"? {odd}" for odd in reply.odd)
    yield FOR_PEOPLE
