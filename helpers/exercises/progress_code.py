"""Progress as a short code that can be pasted into a chat or a message.

Version 1, in base32 (capitals, no padding): one octet with the version, the entries, two octets CRC-16.
An entry is a lesson: its number (one octet; the highest bit says that a letter follows, for "07b"), then
three bit sets, for exercises (bit 0 is "a"), questions and predictions (bit 0 is number 1), each as a
little-endian base-128 number. The bits stand for ids, not for places in a list of this version of the
course: a code stays readable when exercises are added or moved, and ids that are not known here are kept.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Final

VERSION: Final = 1
#: Before each code, so that one recognises what it is.
PREFIX: Final = "SMTP"

_ID: Final = re.compile(r"([0-9]{2})([a-z]?)\.(?:([qp])([1-9][0-9]?)|([a-z]))")
_KINDS: Final = ("", "q", "p")
_GROUP: Final = 5  # characters between two hyphens
_MOST_BITS: Final = 99
_LIKE: Final = str.maketrans("01", "OI")  # how base32 reads digits that are none of its own (RFC 4648 6)


class BadCode(ValueError):
    """This is no progress code, or it was mistyped; the message says what to do."""


def encode(ids: Iterable[str]) -> str:
    """The code of a set of ids; the same set always has the same code.

    Raises:
        ValueError: something in it is no id of an exercise, question or prediction.
    """
    lessons: dict[tuple[int, str], list[int]] = {}
    for identifier in ids:
        match = _ID.fullmatch(identifier)
        if match is None:
            raise ValueError(f"no id of the course: {identifier!r}")
        number, suffix, kind, place, letter = match.groups()
        bits = lessons.setdefault((int(number), suffix), [0, 0, 0])
        bits[_KINDS.index(kind or "")] |= 1 << (ord(letter) - ord("a") if letter else int(place) - 1)
    body = bytearray([VERSION])
    for (lesson, suffix), sets in sorted(lessons.items()):
        body += bytes([lesson | 0x80, ord(suffix)]) if suffix else bytes([lesson])
        for bit_set in sets:
            body += _varint(bit_set)
    return _text(bytes(body))


def decode(code: str) -> set[str]:
    """The ids in a code. Small letters, spaces and hyphens do not matter.

    Raises:
        BadCode: it was mistyped, cut off, is something else, or comes from a newer version of the course.
    """
    text = re.sub(r"[\s-]", "", code).upper().removeprefix(PREFIX)
    try:
        octets = base64.b32decode(text + "=" * (-len(text) % 8), map01="I")
    except (binascii.Error, ValueError):
        raise BadCode(_mistyped(code)) from None
    body = octets[:-2]
    # written anew it must be the same: that compares the checksum, and the last character's unused bits
    if not body or _strip(_text(body)) != PREFIX + text.translate(_LIKE):
        raise BadCode(_mistyped(code))
    if body[0] != VERSION:
        raise BadCode("This code was made by a newer version of the course. Update the course, then load it again.")
    try:
        ids = set(_ids(iter(body[1:])))
    except RuntimeError:  # the octets end inside an entry
        ids = {""}
    if not all(_ID.fullmatch(identifier) for identifier in ids):
        raise BadCode(_mistyped(code))
    return ids


def _ids(octets: Iterator[int]) -> Iterator[str]:
    for first in octets:
        lesson = f"{first & 0x7F:02}" + (chr(next(octets)) if first & 0x80 else "")
        for kind in _KINDS:
            bits = _number(octets)
            for place in range(min(bits.bit_length(), _MOST_BITS)):
                if bits >> place & 1:
                    yield f"{lesson}.{kind}{place + 1}" if kind else f"{lesson}.{chr(ord('a') + place)}"


def _varint(number: int) -> bytes:
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*octets, number])


def _number(octets: Iterator[int]) -> int:
    number = shift = 0
    while True:
        octet = next(octets)
        number |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:
            return number


def _text(body: bytes) -> str:
    letters = base64.b32encode(body + _crc(body)).decode("ascii").rstrip("=")
    groups = (letters[n : n + _GROUP] for n in range(0, len(letters), _GROUP))
    return "-".join([PREFIX, *groups])


def _strip(code: str) -> str:
    return code.replace("-", "")


def _crc(body: bytes) -> bytes:
    return binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")


def _mistyped(code: str) -> str:
    shown = code.strip()
    if not shown:
        return f"There is no code. A progress code looks like {_text(bytes([VERSION]))}; progress.export() makes one."
    return (
        f"This is not a whole progress code: {shown[:60]!r}. A character is wrong or missing: "
        f"copy the line that progress.export() gives, from {PREFIX} to its end."
    )
