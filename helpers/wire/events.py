"""The wire log: every cleartext octet of every connection, both ways, in the order in which it went.

Inside TLS it also has the encrypted octets that went over the wire instead. Whatever the course shows or judges is a
function of these events.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from time import perf_counter


class EventKind(StrEnum):
    """What one event of the log records."""

    OPENED = "opened"  #: a client connected; data: b"replay" when it replays an earlier connection
    CLIENT = "client"  #: octets from the client
    SERVER = "server"  #: one reply from the server
    CLIENT_TLS = "client tls"  #: octets from the client below TLS, as anybody on the path sees them
    SERVER_TLS = "server tls"  #: the same from the server
    TLS = "tls"  #: the TLS handshake is complete; data: b"kept" when octets from before it still count
    REPLAYED = "replayed"  #: the replay of an earlier connection ends here
    NOTE = "note"  #: a remark of the lab for the reader (UTF-8), such as a fault or an error in the server
    CLOSED = "closed"  #: data: b"client", b"server" or b"dropped" (by a fault, without a word)


@dataclass(frozen=True, slots=True)
class WireEvent:
    """One event. ``time`` is in seconds since the log began.

    ``consumed``, on a SERVER event: how many octets of the client's stream (counted from the start of
    the connection, or of TLS) the server had read when it answered. So a reply belongs to exactly the
    octets that caused it, also when commands were sent in one packet.
    """

    kind: EventKind
    connection: int
    data: bytes = b""
    tls: bool = False
    time: float = 0.0
    consumed: int | None = None


class WireLog:
    """An append-only list of events. ``list.append`` is atomic, so no lock is needed."""

    def __init__(self) -> None:
        self.events: list[WireEvent] = []
        self._began = perf_counter()
        self._connections = 0

    def next_connection(self) -> int:
        """The number of a new connection: 1, 2, 3 …"""
        self._connections += 1
        return self._connections

    def add(
        self, kind: EventKind, connection: int, data: bytes = b"", tls: bool = False, consumed: int | None = None
    ) -> None:
        self.events.append(WireEvent(kind, connection, data, tls, perf_counter() - self._began, consumed))

    def __len__(self) -> int:
        return len(self.events)
