"""What the lab's transcript must make of a client's session, in a form that reads like a dialogue."""

from __future__ import annotations

import time
from itertools import groupby

from helpers.lab import Lab
from helpers.protocol.state import Phase
from helpers.wire.transcript import Connection, Exchange, Outcome

# dots at the start of lines, an empty line, a line that is only a dot: what stuffing is for (RFC 5321 4.5.2)
MESSAGE = (
    b"Date: Mon, 05 Jan 2026 09:00:00 +0000\n"
    b"Message-ID: <1@laptop.example>\n"
    b"From: Alice Arden <alice@lab.example>\n"
    b"To: Bob Brook <bob@lab.example>\n"
    b"Subject: Dots\n"
    b"\n"
    b".\n"
    b".one dot\n"
    b"..two dots\n"
    b"\n"
    b"the last line\n"
)
ON_THE_WIRE = MESSAGE.replace(b"\n", b"\r\n")  # what must lie in the mailbox

SENT = ["MAIL 250", "RCPT 250", "DATA 354", "message 250"]
PLAIN = ["greeting 220", "EHLO 250", *SENT, "QUIT 221"]
UPGRADED = ["greeting 220", "EHLO 250", "STARTTLS 220", "EHLO 250"]


def connections(lab: Lab, number: int = 1) -> list[Connection]:
    """The lab's connections once there are ``number`` and all have ended."""
    deadline = time.monotonic() + 10
    while True:
        found = list(lab.transcript().connections)
        if len(found) >= number and all(c.closed for c in found):
            assert len(found) == number
            return found
        assert time.monotonic() < deadline, f"not {number} ended connections after 10 seconds:\n{lab.transcript()}"
        time.sleep(0.005)


def only_connection(lab: Lab) -> Connection:
    return connections(lab)[0]


def steps(connection: Connection) -> list[str]:
    """What was said and answered: the verb, or what else the client sent, and the code."""
    return [f"{e.verb or e.kind.value} {e.code}" for e in connection.exchanges]


def clear_and_encrypted(connection: Connection) -> tuple[list[str], list[str]]:
    """The verbs outside and inside TLS."""
    said: dict[bool, list[str]] = {False: [], True: []}
    for exchange in connection.exchanges:
        said[exchange.tls].append(exchange.verb or exchange.kind.value)
    return said[False], said[True]


def groups(connection: Connection) -> list[list[str]]:
    """What went together, without waiting for a reply in between."""

    def of(exchange: Exchange) -> int:
        return exchange.group

    return [[e.verb or e.kind.value for e in together] for _, together in groupby(connection.exchanges, of)]


def assert_delivered(lab: Lab, connection: Connection, raw: bytes = ON_THE_WIRE) -> None:
    """One message from Alice to Bob: in the mailbox octet for octet, and in the transcript as a transaction."""
    (message,) = lab.mailbox("bob@lab.example")
    assert message.raw == raw
    assert (message.sender, message.recipients) == ("alice@lab.example", ("bob@lab.example",))
    assert message.connection == connection.number
    (transaction,) = connection.transactions
    assert transaction.outcome is Outcome.ACCEPTED
    assert (transaction.sender, transaction.recipients) == ("alice@lab.example", ("bob@lab.example",))
    assert transaction.content == raw
    assert connection.closed == "server"  # after QUIT the server closes (RFC 5321 4.1.1.10)
    assert connection.state.phase is Phase.ENDED


def assert_states(connection: Connection) -> None:
    """The phases of a session that sends one message, each state following from the one before."""
    phases: list[Phase] = []
    for exchange in connection.exchanges:
        if not phases or phases[-1] is not exchange.after.phase:
            phases.append(exchange.after.phase)
    assert phases == [
        Phase.CONNECTED,
        Phase.GREETED,
        Phase.SENDER,
        Phase.RECIPIENTS,
        Phase.MESSAGE,
        Phase.GREETED,
        Phase.ENDED,
    ]
