"""A small hand for writing wire logs in tests."""

from __future__ import annotations

from helpers.wire.events import EventKind, WireEvent
from helpers.wire.transcript import Transcript


class Script:
    """Writes the events that a server's recorder would write.

    ``s`` says how many of the client's octets the server had read: all so far, unless told.
    """

    def __init__(self, connection: int = 1, data: bytes = b"", tls: bool = False) -> None:
        self.connection = connection
        self.tls = tls
        self.events: list[WireEvent] = []
        self.sent = 0
        self.add(EventKind.OPENED, data)

    def add(self, kind: EventKind, data: bytes = b"", consumed: int | None = None) -> Script:
        time = len(self.events) / 10
        self.events.append(WireEvent(kind, self.connection, data, self.tls, time, consumed))
        return self

    def c(self, *lines: str | bytes) -> Script:
        octets = b"".join(line if isinstance(line, bytes) else line.encode() + b"\r\n" for line in lines)
        self.sent += len(octets)
        return self.add(EventKind.CLIENT, octets)

    def s(self, *lines: str, consumed: int | None = None) -> Script:
        octets = b"".join(line.encode() + b"\r\n" for line in lines)
        return self.add(EventKind.SERVER, octets, self.sent if consumed is None else consumed)

    def start_tls(self) -> Script:
        self.tls = True
        self.sent = 0
        return self.add(EventKind.TLS)

    def transcript(self) -> Transcript:
        return Transcript.from_events(self.events)


def greeted() -> Script:
    script = Script().s("220 mail.lab.example ESMTP ready")
    return script.c("EHLO laptop.example").s("250-mail.lab.example", "250-PIPELINING", "250 SIZE 1000")
