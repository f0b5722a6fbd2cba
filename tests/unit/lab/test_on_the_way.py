"""The server is not called silent while octets are on their way between the two sockets.

A system that is short of room keeps them back for a while (the window of RFC 9293 3.8.6), so that neither end sees
anything waiting; only the counts of both ends tell.
"""

from __future__ import annotations

import pytest

from helpers.lab import Lab
from helpers.lab.sockets import SocketPipe, SocketTransport


def counted(pipe: SocketPipe, more_sent: int = 0, less_received: int = 0) -> str | None:
    transport = pipe._transport
    assert isinstance(transport, SocketTransport)
    return transport.why_silent(pipe._port, pipe._sent + more_sent, pipe._received - less_received)


@pytest.mark.parametrize("profile", ["open", "submissions"])
def test_both_counts_agree_when_all_has_come(profile: str) -> None:
    """In clear text, below STARTTLS and below implicit TLS."""
    with Lab(profile, name="counted", transport="sockets") as lab, lab.connect() as session:
        session.send("EHLO laptop.example")
        if profile == "open":
            session.send("STARTTLS")
            session.send("EHLO laptop.example")
        session.send_raw(b"NOOP\r\n" * 1000)
        pipe = session._pipe if isinstance(session._pipe, SocketPipe) else session._pipe._inner  # type: ignore[attr-defined]
        assert counted(pipe) == "a command"
        assert counted(pipe, more_sent=1) is None, "an octet of the client has not come yet"
        assert counted(pipe, less_received=1) is None, "an octet of the server has not come yet"
