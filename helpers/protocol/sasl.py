"""The messages of SASL mechanisms, read into the parts that the reference names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from helpers import reference

if TYPE_CHECKING:
    from helpers.reference.model import Mechanism, MessageField, SaslMessage

_SEPARATORS: Final = {b"\0": "NUL", b"\x01": "^A", b"\x01\x01": "^A ^A, the end", b" ": "a space", b",": "a comma"}
_LONGEST_NAME: Final = 20  # characters of a mechanism's name (RFC 4422 3.1)


@dataclass(frozen=True, slots=True)
class Part:
    """Some octets of a message: a field, or what stands between two fields."""

    octets: bytes
    name: str  #: "user"; of what stands between fields, what it is: "NUL"
    note: str = ""
    is_field: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A message with all its octets named."""

    title: str  #: "PLAIN: your name and your password"
    parts: tuple[Part, ...]
    rfc: str
    problem: str = ""  #: what is wrong with it; empty where nothing is


def find_mechanism(name: str) -> Mechanism | None:
    """The mechanism of this name; None where the reference has none."""
    try:
        return reference.mechanism(name[:_LONGEST_NAME])
    except reference.UnknownEntry:
        return None


def read_message(octets: bytes, sender: str = "", mechanism: str = "", turn: int | None = None) -> Reading | None:
    """What a message says, or None where it has no known form.

    Args:
        octets: the message, decoded from base64.
        sender: "C" or "S"; empty where that is not known.
        mechanism: the one that is going on. Without it the form of the message has to tell it.
        turn: how many messages its sender has sent before in this exchange.
    """
    for message in _candidates(sender, mechanism, turn):
        if match := re.fullmatch(message.pattern.encode(), octets, re.DOTALL):
            return Reading(message.title, tuple(_parts(match, message.fields)), message.rfc, message.problem)
    return None


def _candidates(sender: str, mechanism: str, turn: int | None) -> list[SaslMessage]:
    """The messages that may come, the likeliest first, forms with something wrong in them last."""
    known = find_mechanism(mechanism)
    if known is not None and known.messages_of:
        known = reference.mechanism(known.messages_of)
    messages = [m for one in ([known] if known else reference.mechanisms()) for m in one.messages]
    if known is None or turn is None:
        messages = [message for message in messages if message.telling]
    mine = [message for message in messages if sender in ("", message.sender)]
    good = [message for message in mine if not message.problem]
    expected = good[turn : turn + 1] if turn is not None else []
    return [*expected, *good, *(message for message in mine if message.problem)]


def _parts(match: re.Match[bytes], fields: Sequence[MessageField]) -> Iterator[Part]:
    """The fields of a message, and the octets between them."""
    octets, at = match[0], 0
    for number, field in enumerate(fields, 1):
        start, end = match.span(number)
        if start < 0:
            continue  # an optional field that is not there
        if start > at:
            yield _between(octets[at:start])
        yield Part(octets[start:end], field.name, field.note)
        at = end
    if at < len(octets):
        yield _between(octets[at:])


def _between(octets: bytes) -> Part:
    return Part(octets, _SEPARATORS.get(octets, "between the fields"), is_field=False)
