"""What somebody on the path has of a connection: the octets as they crossed it.

In clear text these are the lines themselves. Inside TLS they are records of which only the header can be read:
a type, a version and a length (RFC 8446 5.1); so Eve still knows who talks to whom, when, and how much.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from helpers.protocol.text import decode, visible
from helpers.wire.events import EventKind, WireEvent

CHANGE_CIPHER_SPEC: Final = 20
ALERT: Final = 21
HANDSHAKE: Final = 22
APPLICATION_DATA: Final = 23
HEADER: Final = 5  # octets
_SIDES: Final = {
    EventKind.CLIENT: "C",
    EventKind.CLIENT_TLS: "C",
    EventKind.SERVER: "S",
    EventKind.SERVER_TLS: "S",
}


class HeardKind(StrEnum):
    """What a piece is for somebody who has no key."""

    CLEAR = "clear"  #: lines that can be read
    HANDSHAKE = "handshake"  #: TLS records of the handshake
    RECORD = "record"  #: a TLS record with content that cannot be read


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece of what crossed the path; ``side`` is "C" or "S"."""

    side: str
    kind: HeardKind
    octets: bytes

    def texts(self) -> list[str]:
        """What can be made of it: lines that can be read, or a record's header and the size of the rest."""
        if self.kind is HeardKind.CLEAR:
            return [visible(decode(line.removesuffix(b"\r"))) for line in self.octets.removesuffix(b"\n").split(b"\n")]
        header, rest = self.octets[:HEADER], self.octets[HEADER:]
        return [f"{header.hex(' ')} … {len(rest)} octets that cannot be read"]


@dataclass(frozen=True, slots=True)
class Overheard:
    """Everything that crossed the path of one connection, in order."""

    connection: int
    heard: tuple[Heard, ...]

    @property
    def octets(self) -> bytes:
        """All octets of both sides, as they crossed."""
        return b"".join(piece.octets for piece in self.heard)

    @property
    def server_name(self) -> str | None:
        """The server's name that the client sent, readable, in its handshake (RFC 6066 3); None: it sent none."""
        hello = b"".join(p.octets[HEADER:] for p in self.heard if p.side == "C" and p.kind is HeardKind.HANDSHAKE)
        return server_name_in(hello)

    def lines(self) -> list[tuple[str, str, HeardKind]]:
        """Side, text and kind, line by line; the handshake of both sides is one remark ("#")."""
        lines: list[tuple[str, str, HeardKind]] = []
        shaken = False
        for piece in self.heard:
            if piece.kind is not HeardKind.HANDSHAKE:
                lines += [(piece.side, text, piece.kind) for text in piece.texts()]
            elif not shaken:
                name = f". Readable in it: the server's name, {visible(self.server_name)}" if self.server_name else ""
                lines.append(("#", f"TLS handshake{name}", piece.kind))
                shaken = True
        return lines

    def __str__(self) -> str:
        return "\n".join(f"{side}{'' if side == '#' else ':'} {text}".rstrip() for side, text, _ in self.lines())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from helpers.protocol.display import bundle

        return bundle(self, str(self))


def overheard(events: Iterable[WireEvent], connection: int) -> Overheard:
    """Read out of a wire log what crossed the path of one connection."""
    heard: list[Heard] = []
    rest = {"C": b"", "S": b""}  # of each side, a record that is not complete yet
    ciphers_changed = {"C": False, "S": False}
    talking = {"C": False, "S": False}  # this side's handshake is over
    for event in events:
        side = _SIDES.get(event.kind, "")
        if event.connection != connection or not side:
            continue
        if event.kind in (EventKind.CLIENT, EventKind.SERVER):
            if event.tls:
                talking[side] = True
            else:
                heard.append(Heard(side, HeardKind.CLEAR, event.data))
            continue
        records, rest[side] = records_in(rest[side] + event.data)
        for record in records:
            kind = HeardKind.RECORD if talking[side] else HeardKind.HANDSHAKE
            heard.append(Heard(side, kind, record))
            # what follows the client's change of ciphers is its last word in the handshake (RFC 8446 D.4); the server
            # sends tickets after it, so there only its first reply tells
            talking[side] |= side == "C" and ciphers_changed[side]
            ciphers_changed[side] |= record[0] == CHANGE_CIPHER_SPEC
        if rest[side] and not _begins_record(rest[side]):
            heard.append(Heard(side, HeardKind.CLEAR, rest[side]))
            rest[side] = b""
    heard += [Heard(side, HeardKind.RECORD, octets) for side, octets in rest.items() if octets]
    return Overheard(connection, tuple(heard))


def records_in(octets: bytes) -> tuple[list[bytes], bytes]:
    """The complete TLS records at the start of ``octets``, headers included, and what is left (RFC 8446 5.1)."""
    records = []
    place = 0
    while _begins_record(octets[place : place + HEADER]) and len(octets) >= place + HEADER:
        end = place + HEADER + int.from_bytes(octets[place + 3 : place + 5])
        if len(octets) < end:
            break
        records.append(octets[place:end])
        place = end
    return records, octets[place:]


def _begins_record(octets: bytes) -> bool:
    return CHANGE_CIPHER_SPEC <= octets[0] <= APPLICATION_DATA and octets[1:2] in (b"", b"\x03") if octets else False


def server_name_in(hello: bytes) -> str | None:
    """The server name of a ClientHello, without record header (RFC 8446 4.1.2, RFC 6066 3); None: there is none."""
    place = 4 + 2 + 32  # type and length of the message, version, random
    for size in (1, 2, 1):  # session id, cipher suites, compression methods
        place += size + int.from_bytes(hello[place : place + size])
    end = min(place + 2 + int.from_bytes(hello[place : place + 2]), len(hello))
    place += 2
    while hello[:1] == b"\x01" and place + 4 <= end:
        kind, size = int.from_bytes(hello[place : place + 2]), int.from_bytes(hello[place + 2 : place + 4])
        if kind == 0:  # server_name: length of the list, type of the name, length of the name
            name = hello[place + 9 : place + 4 + size]
            return decode(name[: int.from_bytes(hello[place + 7 : place + 9])]) or None
        place += 4 + size
    return None
