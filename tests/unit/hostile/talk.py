"""A client without manners, on both transports: what it sends need not be lines."""

from __future__ import annotations

from contextlib import suppress

from helpers.lab import Lab
from helpers.protocol.reply import Reply, is_last_line, parse_reply
from helpers.session import ConnectionClosed, Session
from tests.unit.lab.talk import BODY, EHLO, MAIL, PLAIN_ALICE, RCPT, raw_pipe

BOB, ALICE = "bob@lab.example", "alice@lab.example"


class Rude:
    """Octets out, octets in. ``ended`` is true once the server has closed the connection."""

    def __init__(self, lab: Lab) -> None:
        self.pipe = raw_pipe(lab)
        self.got = b""
        self.ended = False

    def send(self, octets: bytes) -> bytes:
        """Send these octets; what came back once the server has nothing left to do."""
        before = len(self.got)
        with suppress(ConnectionClosed):
            self.pipe.write(octets)
        while (more := self.pipe.read_ready()) is not None:
            if not more:
                self.ended = True
                break
            self.got += more
        return self.got[before:]

    def replies(self) -> list[Reply]:
        """All replies so far. Raises MalformedReply for anything that is none."""
        assert self.got.endswith(b"\r\n") or not self.got, self.got[-80:]
        return replies_in(self.got)

    def close(self) -> None:
        self.pipe.close()


def replies_in(octets: bytes) -> list[Reply]:
    """The replies in what a server sent; each line has its CR LF, and the codes of a reply agree."""
    replies: list[Reply] = []
    begun = b""
    for line in octets.split(b"\n")[:-1]:
        assert line.endswith(b"\r"), line
        begun += line + b"\n"
        if is_last_line(line):
            replies.append(parse_reply(begun))
            begun = b""
    assert not begun
    return replies


def ready(lab: Lab) -> Session:
    """A session from which MAIL may be sent, whatever the profile asks for first."""
    policy = lab.policy
    session = lab.connect()
    hello = EHLO if policy.esmtp else "HELO laptop.example"
    session.send(hello)
    if policy.require_tls:
        session.send("STARTTLS")
        session.send(hello)
    if policy.require_auth:
        assert session.send(PLAIN_ALICE).code == 235
    return session


def still_works(lab: Lab) -> None:
    """The next session gets its greeting, sends a message and finds it in the mailbox."""
    before = len(lab.mailbox(BOB))
    with ready(lab) as session:
        for line, code in ((MAIL, 250), (RCPT, 250), ("DATA", 354)):
            assert session.send(line).code == code
        assert session.send_data(BODY).code == 250
        assert session.send("QUIT").code == 221
    assert len(lab.mailbox(BOB)) == before + 1
    assert lab.mailbox(BOB)[-1].raw == BODY
