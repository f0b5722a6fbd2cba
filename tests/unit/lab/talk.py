"""Small tools of the lab's tests: longer ways into a conversation, and raw ways around it."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

from helpers.lab import Lab
from helpers.protocol.reply import Reply
from helpers.session import Pipe, Session

EHLO = "EHLO laptop.example"
MAIL = "MAIL FROM:<alice@lab.example>"
RCPT = "RCPT TO:<bob@lab.example>"
BODY = b"Subject: Hi\r\n\r\nHello Bob\r\n"
TRANSACTION = (EHLO, MAIL, RCPT)


def b64(octets: bytes | str) -> str:
    return base64.b64encode(octets.encode() if isinstance(octets, str) else octets).decode()


PLAIN_ALICE = "AUTH PLAIN " + b64("\0alice\0wonderland")


def say(session: Session, *lines: str) -> Reply:
    """Send lines, each after the reply to the one before; the last reply."""
    for line in lines[:-1]:
        session.send(line)
    return session.send(lines[-1])


def deliver(session: Session, body: bytes = BODY) -> Reply:
    say(session, *TRANSACTION, "DATA")
    return session.send_data(body)


def raw_pipe(lab: Lab) -> Pipe:
    """A connection without a Session: nothing has been read."""
    return lab._transport.connect()


def half_close(session: Session) -> None:
    """Close the client's sending side only."""
    pipe = session._pipe
    if hasattr(pipe, "_socket"):
        import socket

        pipe._socket.shutdown(socket.SHUT_WR)
    else:
        pipe._engine.eof_received()


def read_all(pipe: Pipe) -> bytes:
    """Everything up to the end of the connection."""
    octets = b""
    while more := pipe.read():
        octets += more
    return octets


def eventually(condition: Callable[[], bool], seconds: float = 3.0) -> bool:
    """Whether the condition comes true in this time: for what another thread does on its own."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True
