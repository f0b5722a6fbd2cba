"""How a session ends, as lesson 05 shows it: the same on both transports, and at once.

RFC 5321 3.8, 4.1.1.5, 4.1.1.10, 4.5.3.2.7.
"""

from __future__ import annotations

import pytest

from helpers.lab import Lab
from helpers.session import ConnectionClosed
from helpers.wire.transcript import Outcome
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import BODY, EHLO, TRANSACTION, deliver, say

BOB = "bob@lab.example"


def outcome(lab: Lab) -> Outcome:
    return lab.transcript().transactions[-1].outcome


def test_whoever_has_read_a_reply_may_move_the_clock_at_once(start: Start) -> None:
    """The silence is counted from the reply, however busy the server's thread is."""
    for _ in range(10):
        lab = start("open")
        session = lab.connect()
        for _ in range(3):
            lab.clock.advance(minutes=4)
            assert session.send("NOOP").code == 250
        lab.clock.advance(minutes=5)
        assert session.send("NOOP").code == 421


def test_the_silence_is_counted_from_the_announcement_of_a_chunk(lab: Lab) -> None:
    session = lab.connect()
    say(session, *TRANSACTION)
    lab.clock.advance(minutes=4)
    assert session.send_raw(b"BDAT %d LAST\r\n" % len(BODY)) == []
    lab.clock.advance(minutes=4)
    assert [reply.code for reply in session.send_raw(BODY)] == [250]


def test_a_closed_connection_is_in_the_log_when_close_returns(start: Start) -> None:
    for _ in range(10):
        lab = start("open")
        session = lab.connect()
        say(session, *TRANSACTION)
        session.close()
        (connection,) = lab.transcript().connections
        assert connection.closed == "client"
        assert outcome(lab) is Outcome.DROPPED
        assert lab.mailboxes == {}


def test_closing_inside_tls_is_as_quick(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, "STARTTLS")
    session.close()
    assert lab.transcript().connections[0].closed == "client"


def test_quit_drops_an_open_transaction(lab: Lab) -> None:
    session = lab.connect()
    assert say(session, *TRANSACTION, "QUIT").code == 221
    assert (outcome(lab), lab.mailboxes) == (Outcome.DROPPED, {})
    assert lab.transcript().connections[0].closed == "server"


def test_a_line_that_drops_before_the_last_reply_delivers_nothing_here(lab: Lab) -> None:
    lab.fault("END-OF-DATA", drop=True, times=1)
    session = lab.connect()
    with pytest.raises(ConnectionClosed):
        deliver(session)
    assert (outcome(lab), lab.mailboxes) == (Outcome.DROPPED, {})


def test_a_line_that_drops_after_the_last_reply_undoes_nothing(lab: Lab) -> None:
    session = lab.connect()
    assert deliver(session).code == 250
    session.close()
    assert outcome(lab) is Outcome.ACCEPTED
    assert len(lab.mailbox(BOB)) == 1


@pytest.mark.parametrize("steps", range(4))
def test_rset_goes_back_to_the_greeting_and_no_further(lab: Lab, steps: int) -> None:
    session = lab.connect()
    for line in TRANSACTION[:steps]:
        session.send(line)
    assert session.send("RSET").code == 250
    state = lab.transcript().state
    assert (state.hello, state.in_transaction) == (None if steps == 0 else "EHLO", False)
    assert session.send("MAIL FROM:<carol@lab.example>").code == (503 if steps == 0 else 250)


def test_rset_in_a_message_is_a_line_of_it(lab: Lab) -> None:
    session = lab.connect()
    say(session, *TRANSACTION, "DATA")
    assert session.send_raw(b"RSET\r\n") == []
    assert session.send(".").code == 250
    assert lab.mailbox(BOB)[0].raw == b"RSET\r\n"
