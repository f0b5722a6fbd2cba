"""Plain types that views show: a stored message, a verdict with the line of the wire behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from email.message import EmailMessage


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as the server took it: the envelope, and the content that the client sent."""

    sender: str  #: the reverse-path; "" is the null reverse-path
    recipients: tuple[str, ...]  #: the accepted forward-paths
    raw: bytes = field(repr=False)  #: what the client sent, with the dots unstuffed
    trace: tuple[str, ...] = ()  #: the header lines that the lab adds: Return-Path, Received
    connection: int = 0  #: the connection of the wire log that brought it
    identifier: str = ""  #: the queue identifier in the reply
    parameters: tuple[str, ...] = ()  #: the ESMTP parameters of MAIL
    recipient_parameters: tuple[tuple[str, ...], ...] = ()  #: those of each RCPT, in the order of the recipients

    @property
    def headers(self) -> EmailMessage:
        """The message read as ``email.message`` reads it: ``.headers["Subject"]``."""
        from email import message_from_bytes, policy  # costs more than all the rest of this module

        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def body(self) -> bytes:
        """The octets after the first empty line."""
        head, separator, rest = self.raw.partition(b"\r\n\r\n")
        return rest if separator else (b"" if b":" in head else head)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from helpers.protocol.display import bundle

        return bundle(self, repr(self))


class Messages(Sequence[StoredMessage]):
    """Stored messages, oldest first, with the name of what keeps them; equal to a list of the same messages.

    It is no list, since IPython prints every list in its own way.
    """

    def __init__(self, title: str, messages: Iterable[StoredMessage] = ()) -> None:
        self.title = title
        self._messages = list(messages)

    @overload
    def __getitem__(self, index: int) -> StoredMessage: ...
    @overload
    def __getitem__(self, index: slice) -> Messages: ...
    def __getitem__(self, index: int | slice) -> StoredMessage | Messages:
        if isinstance(index, slice):
            return Messages(self.title, self._messages[index])
        return self._messages[index]

    def __len__(self) -> int:
        return len(self._messages)

    def __eq__(self, other: object) -> bool:
        return self._messages == list(other) if isinstance(other, Messages | list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._messages)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from helpers.protocol.display import bundle

        return bundle(self, repr(self))


class Status(StrEnum):
    """The three verdicts of an exercise."""

    DONE = "done"
    NOT_ATTEMPTED = "not attempted"
    NOT_YET = "not yet"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line of a transcript that shows why a verdict is what it is."""

    number: int  #: the line's number in its connection; the greeting is line 1
    text: str  #: "C: DATA"
    remark: str  #: "you finished the first transaction here, after one RCPT"
    lab: str = ""  #: the lab's name, where more than one is running
    connection: int = 0  #: the connection's number, where the lab has had more than one

    @property
    def where(self) -> str:
        """The line by its number, as it can be counted on the page."""
        return f"line {self.number}" + (f" of connection {self.connection}" if self.connection else "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says of an exercise."""

    exercise: str  #: "01.a"
    title: str
    status: Status
    message: str
    evidence: tuple[Evidence, ...] = ()
    mistake: str | None = None  #: the name of the known mistake, for tests
    next_step: str = ""

    @property
    def done(self) -> bool:
        return self.status is Status.DONE

    def __str__(self) -> str:
        glyph = {Status.DONE: "✓", Status.NOT_ATTEMPTED: "○", Status.NOT_YET: "✕"}[self.status]
        lines = [f"{glyph} {self.status.value.capitalize()} — {self.title} ({self.exercise})", self.message]
        lines += [f"  {e.where} | {e.text} | ← {e.remark}" for e in self.evidence]
        if self.next_step:
            lines.append(f"Next: {self.next_step}")
        return "\n".join(line for line in lines if line)

    __repr__ = __str__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from helpers.protocol.display import bundle

        return bundle(self, str(self))
