"""The wire log is complete to the octet, however the octets are cut, with and without TLS."""

from __future__ import annotations

import random
import socket
import threading
import time
from typing import Any

import pytest

from helpers.lab import Lab
from helpers.lab.stream import HIGH_WATER
from helpers.session import Session
from helpers.wire.events import EventKind
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import BODY, EHLO, MAIL, PLAIN_ALICE, RCPT, half_close, say

DIALOGUE = (
    f"{EHLO}\r\n{PLAIN_ALICE}\r\n{MAIL} SIZE=30\r\n{RCPT}\r\nDATA\r\n..\r\nSubject: é\r\n\r\n.\r\n"
    f"FOO\r\nVRFY Smith\r\n{MAIL}\r\n{RCPT}\r\nBDAT 5 LAST\r\nNOOP\nEXPN staff\r\n\r\nAUTH LOGIN\r\n*\r\nNOOP\n"
    "NOOP\r\nQUIT\r\n"
).encode()
CODES = [250, 235, 250, 250, 354, 250, 500, 553, 250, 250, 250, 250, 500, 503, 500, 500, 250, 221]


class Recorder:
    """A pipe that keeps what went over it."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self.connection = pipe.connection
        self.sent = self.got = b""

    def write(self, octets: bytes) -> None:
        self._pipe.write(octets)
        self.sent += octets

    def read(self) -> bytes:
        octets: bytes = self._pipe.read()
        self.got += octets
        return octets

    def read_ready(self) -> bytes | None:
        octets: bytes | None = self._pipe.read_ready()
        self.got += octets or b""
        return octets

    def close(self) -> None:
        self._pipe.close()


def logged(lab: Lab, kind: EventKind, tls: bool) -> bytes:
    return b"".join(e.data for e in lab.log.events if e.kind is kind and e.tls == tls)


@pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
@pytest.mark.parametrize("seed", range(6))
def test_every_octet_is_logged_whatever_the_chunks(lab: Lab, seed: int, tls: bool) -> None:
    session = lab.connect()
    if tls:
        say(session, EHLO, "STARTTLS")
    session._pipe = recorder = Recorder(session._pipe)
    dice = random.Random(seed)
    rest, replies = DIALOGUE, []
    while rest:
        size = dice.choice((1, 2, 3, 7, 40, 400)) if seed else len(rest)
        replies += session.send_raw(rest[:size])
        rest = rest[size:]
    assert [reply.code for reply in replies] == CODES
    assert recorder.sent == DIALOGUE == logged(lab, EventKind.CLIENT, tls)
    server = logged(lab, EventKind.SERVER, tls)
    assert server.removeprefix(b"" if tls else session.greeting.raw) == recorder.got
    assert [e.code for e in lab.transcript()][3 if tls else 1 :] == CODES
    assert b"".join(e.octets for e in lab.transcript())[-len(DIALOGUE) :] == DIALOGUE


@pytest.mark.parametrize("size", [1, len(DIALOGUE)])
def test_pipelining(lab: Lab, size: int) -> None:
    """RFC 2920: one packet or an octet a packet, the replies are the same and in order."""
    session = lab.connect()
    replies = [r for n in range(0, len(DIALOGUE), size) for r in session.send_raw(DIALOGUE[n : n + size])]
    assert [reply.code for reply in replies] == CODES
    assert len(lab.mailbox("bob@lab.example")) == 2


def test_a_pipelined_group_is_one_group_in_the_transcript(lab: Lab) -> None:
    session = lab.connect()
    session.send(EHLO)
    session.send_raw(f"{MAIL}\r\n{RCPT}\r\nDATA\r\n".encode())
    groups = [e.group for e in lab.transcript()]
    assert groups[-1] == groups[-2] == groups[-3] != groups[-4]


def test_half_close_everything_sent_is_answered(lab: Lab) -> None:
    """A client that sends all and shuts down its side, as ``nc`` at the end of its input does."""
    session = lab.connect()
    pipe: Any = session._pipe
    if lab.transport == "sockets":
        pipe._socket.sendall(DIALOGUE.replace(b"QUIT\r\n", b""))
    else:
        pipe._link.feed(DIALOGUE.replace(b"QUIT\r\n", b""))
    half_close(session)
    octets = b""
    while more := pipe.read():
        octets += more
    assert octets == logged(lab, EventKind.SERVER, False).removeprefix(session.greeting.raw)
    assert [e.code for e in lab.transcript()][1:] == CODES[:-1]
    assert len(lab.mailbox("bob@lab.example")) == 2


def test_half_close_replies_that_take_their_time_still_come() -> None:
    with Lab("open", transport="sockets") as lab:
        lab.fault("NOOP", delay=0.1, times=1)
        with socket.create_connection((lab.host, lab.port), 5) as client, client.makefile("rb") as octets:
            client.sendall(b"NOOP\r\nQUIT\r\n")
            client.shutdown(socket.SHUT_WR)
            assert [line[:3] for line in octets] == [b"220", b"250", b"221"]


def test_a_client_that_reads_late_gets_everything(lab: Lab) -> None:
    """More replies than any buffer holds: the server waits for the reader, and nothing is lost."""
    count = 20_000
    session = lab.connect()
    if lab.transport == "sockets":
        pipe: Any = session._pipe
        writer = threading.Thread(target=pipe._socket.sendall, args=(b"HELP\r\n" * count,))
        writer.start()
        got = 0
        while got < count:
            got += session._read_reply().code == 214
        writer.join()
    else:
        assert len(session.send_raw(b"HELP\r\n" * count)) == count
    assert session.send("NOOP").code == 250


def test_the_server_holds_a_fast_client_back() -> None:
    """While the server is busy, no more than the high-water mark and one read waits in memory."""
    with Lab("open", transport="sockets") as lab:
        lab.fault("NOOP", delay=0.4, times=1)
        with socket.create_connection((lab.host, lab.port), 5) as client:
            client.setblocking(False)
            sent = 0
            payload = b"NOOP\r\n" + b"x" * 400 + b"\r\n"
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                try:
                    sent += client.send(payload * 500)
                except BlockingIOError:
                    time.sleep(0.005)
            [engine] = lab._live
            assert len(engine.stream.buffer) <= HIGH_WATER + 256 * 1024


def test_the_log_is_in_order_and_times_do_not_go_back(lab: Lab, start: Start) -> None:
    sessions: list[Session] = [lab.connect() for _ in range(3)]
    for session in sessions:
        say(session, EHLO, MAIL, RCPT, "DATA")
    for session in reversed(sessions):
        session.send_data(BODY)
    times = [event.time for event in lab.log.events]
    assert times == sorted(times)
    assert [c.number for c in lab.transcript().connections] == [1, 2, 3]
