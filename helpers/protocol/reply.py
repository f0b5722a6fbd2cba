"""An SMTP reply: one code, one or more lines of text (RFC 5321 4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from helpers.protocol.text import decode as decode

ENHANCED: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")
_LINE: Final = re.compile(rb"(\d{3})([ -]?)(.*)", re.DOTALL)


class ReplyClass(StrEnum):
    """What the first digit says (RFC 5321 4.2.1)."""

    SUCCESS = "success"
    INTERMEDIATE = "intermediate"
    TEMPORARY = "temporary failure"
    PERMANENT = "permanent failure"
    UNKNOWN = "unknown"


_CLASSES: Final = {
    2: ReplyClass.SUCCESS,
    3: ReplyClass.INTERMEDIATE,
    4: ReplyClass.TEMPORARY,
    5: ReplyClass.PERMANENT,
}


class MalformedReply(ValueError):
    """What came is not an SMTP reply; the message quotes it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete reply. ``lines`` are the texts without code and separator.

    Source: RFC 5321 4.2 (replies), 4.2.1 (classes); RFC 2034 and 3463 (enhanced codes).
    """

    code: int
    lines: tuple[str, ...]
    raw: bytes = field(default=b"", repr=False, compare=False)  #: the octets, CR LF included
    command: str | None = field(default=None, repr=False, compare=False)  #: the line it answers, where that is known

    @property
    def text(self) -> str:
        """The texts of all lines, joined by a line feed."""
        return "\n".join(self.lines)

    @property
    def enhanced(self) -> str | None:
        """The enhanced status code at the start of the text ("5.1.1"), or None."""
        match = ENHANCED.match(self.lines[0]) if self.lines else None
        return match[1] if match else None

    @property
    def kind(self) -> ReplyClass:
        return _CLASSES.get(self.code // 100, ReplyClass.UNKNOWN)

    @property
    def ok(self) -> bool:
        """True for 2xx and 3xx: the conversation may go on."""
        return self.kind in (ReplyClass.SUCCESS, ReplyClass.INTERMEDIATE)

    def wire_lines(self) -> list[str]:
        """The reply as it stands on the wire, a string a line, without CR LF."""
        last = len(self.lines) - 1
        return [f"{self.code}{' ' if n == last else '-'}{text}" for n, text in enumerate(self.lines)]

    def __str__(self) -> str:
        return "\n".join(self.wire_lines())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from helpers.protocol.display import bundle

        return bundle(self, str(self))


def is_last_line(line: bytes) -> bool:
    """Whether this line ends a reply: its fourth octet is not a hyphen (RFC 5321 4.2.1)."""
    return line[3:4] != b"-"


def parse_reply(raw: bytes) -> Reply:
    """Read one complete reply from its octets.

    Raises:
        MalformedReply: no three digits at the start of a line, or the codes of the lines differ.
    """
    code: int | None = None
    texts: list[str] = []
    for line in raw.removesuffix(b"\n").split(b"\n"):
        match = _LINE.fullmatch(line.removesuffix(b"\r"))
        if match is None:
            raise MalformedReply(f"not a reply line (three digits, then a space or a hyphen): {decode(line)!r}")
        if code is not None and int(match[1]) != code:
            raise MalformedReply(f"the code changes inside one reply: {code}, then {decode(match[1])}")
        code = int(match[1])
        texts.append(decode(match[3]))
    assert code is not None
    return Reply(code, tuple(texts), raw)
