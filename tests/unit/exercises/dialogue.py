"""Written conversations as the wire log of a lab, for checks that need no server."""

from __future__ import annotations

from helpers.exercises.records import LabRecord, Records
from helpers.wire.events import EventKind, WireEvent, WireLog
from helpers.wire.transcript import Transcript

GREETING = "S: 220 mail.lab.example ESMTP ready\n"
EHLO = "C: EHLO laptop.example\nS: 250-mail.lab.example greets laptop.example\nS: 250-SIZE 10485760\nS: 250 HELP\n"
MAIL = "C: MAIL FROM:<alice@lab.example>\nS: 250 2.1.0 Sender ok\n"
NOOP = "C: NOOP\nS: 250 2.0.0 Ok\n"
QUIT = "C: QUIT\nS: 221 2.0.0 Bye\n"


def events_of(*conversations: str) -> list[WireEvent]:
    """The events of some connections. ``(replay)`` and ``(live)`` bracket what an undo sent again."""
    log = WireLog()
    for text in conversations:
        connection = log.next_connection()
        log.add(EventKind.OPENED, connection, b"replay" if text.startswith("(replay)") else b"")
        reply, consumed = b"", 0
        for line in text.splitlines():
            if line == "(live)":
                log.add(EventKind.REPLAYED, connection)
            elif line.startswith("C: "):
                octets = line[3:].encode() + b"\r\n"
                consumed += len(octets)
                log.add(EventKind.CLIENT, connection, octets)
            elif line.startswith("S: "):
                reply += line[3:].encode() + b"\r\n"
                if line[6:7] != "-":
                    log.add(EventKind.SERVER, connection, reply, consumed=consumed)
                    reply = b""
    return log.events


def lab_record(*conversations: str, profile: str = "open", name: str = "") -> LabRecord:
    return LabRecord(name or profile, profile, Transcript.from_events(events_of(*conversations)))


def said(*conversations: str, profile: str = "open", name: str = "") -> Records:
    """One lab to which this was said, a string a connection. The greeting is put before each."""
    whole = [c if c.startswith("(replay)") else GREETING + c for c in conversations]
    return Records((lab_record(*whole, profile=profile, name=name),))
