"""Undo: what was said on a connection is said again on a fresh one, and every reply is the same."""

from __future__ import annotations

import base64
import hmac

import pytest

from helpers.lab import Lab
from helpers.session import Session
from helpers.wire.transcript import Exchange
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import BODY, EHLO, MAIL, PLAIN_ALICE, RCPT, b64, deliver, say


def said(lab: Lab, session: Session) -> tuple[Exchange, ...]:
    return lab.transcript().connection(session.connection).exchanges


def replies(lab: Lab, session: Session) -> list[str]:
    return [str(exchange.reply) for exchange in said(lab, session)]


def again(lab: Lab, session: Session) -> Session:
    replayed = lab.replay(said(lab, session))
    assert replies(lab, replayed) == replies(lab, session)
    assert all(exchange.replayed for exchange in said(lab, replayed)[1:])
    [connection] = lab.transcript().connection(replayed.connection).connections
    assert connection.replay
    return replayed


def test_a_replay_is_marked_and_delivers_nothing_twice(lab: Lab) -> None:
    session = lab.connect()
    deliver(session)
    deliver(session, b"Subject: 2\r\n\r\n")
    replayed = again(lab, session)
    assert len(lab.mailbox("bob@lab.example")) == 2
    assert "LAB0003" in deliver(replayed).text
    assert not said(lab, replayed)[-1].replayed
    assert len(lab.mailbox("bob@lab.example")) == 3


def test_a_replay_of_a_replay(lab: Lab) -> None:
    session = lab.connect()
    deliver(session)
    again(lab, again(lab, session))
    assert len(lab.mailbox("bob@lab.example")) == 1


def test_the_rest_goes_on_where_the_replay_ends(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, MAIL, "RCPT TO:<alice@lab.example>")
    undone = lab.replay(said(lab, session)[:-1])
    say(undone, RCPT, "DATA")
    undone.send_data(BODY)
    [message] = lab.mailbox("bob@lab.example")
    assert message.recipients == ("bob@lab.example",)
    assert message.connection == undone.connection


@pytest.mark.parametrize("name", ["open", "submission", "submissions"])
def test_tls_and_auth(start: Start, name: str) -> None:
    lab = start(name)
    session = lab.connect()
    session.send(EHLO)
    if name != "submissions":
        say(session, "STARTTLS", EHLO)
    say(session, PLAIN_ALICE, MAIL, "RCPT TO:<x@other.example>", "DATA")
    session.send_data(BODY)
    replayed = again(lab, session)
    assert replayed.tls
    assert len(lab.queue) == 1
    assert deliver(replayed).code == 250


def cram(session: Session, password: str) -> int:
    challenge = base64.b64decode(session.send("AUTH CRAM-MD5").text)
    digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
    return session.send(b64(f"alice {digest}")).code


@pytest.mark.parametrize("minutes", [0, 4])
def test_challenges_are_the_same_also_later(lab: Lab, minutes: int) -> None:
    session = lab.connect()
    session.send(EHLO)
    assert cram(session, "wrong") == 535
    assert cram(session, "wonderland") == 235
    lab.clock.advance(minutes=minutes)
    replayed = again(lab, session)
    assert lab.transcript().connection(replayed.connection).state.authenticated == "CRAM-MD5"
    again(lab, replayed)


def test_faults_are_repeated_and_not_used_up(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, MAIL)
    lab.fault("RCPT", "450 4.2.0 Busy", times=2)
    session.send(RCPT)
    lab.fault("NOOP", "451 4.3.0 Never again", times=1)
    session.send("NOOP")
    session.send("NOOP")
    replayed = again(lab, session)
    assert [replayed.send(RCPT).code for _ in range(2)] == [450, 250]  # one was left


def test_a_fault_ordered_later_does_not_change_the_past(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, MAIL, RCPT)
    lab.fault("RCPT", "450 4.2.0 Busy", times=1)
    assert again(lab, session).send(RCPT).code == 450


def test_greylisting_is_repeated_as_it_was(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, MAIL, "RCPT TO:<grey@lab.example>")
    lab.clock.advance(minutes=4)
    session.send("RSET")
    lab.clock.advance(minutes=2)
    replayed = again(lab, session)
    assert say(replayed, MAIL, "RCPT TO:<grey@lab.example>").code == 250


def test_chunks_cancelled_auth_and_errors(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, "AUTH LOGIN", "*", "FOO", MAIL, RCPT)
    session.send_raw(b"BDAT 4\r\nNOOPBDAT 6 LAST\r\nQUIT\r\n")
    session.send_raw(f"{MAIL}\r\n{RCPT}\r\nDATA\r\n".encode())
    replayed = again(lab, session)
    assert replayed.send(".").code == 250


def test_a_replay_of_nothing(lab: Lab) -> None:
    assert lab.replay([]).send("NOOP").code == 250
    assert lab.transcript().connections[-1].replay


@pytest.mark.parametrize("end", ["QUIT", "drop", "421"])
def test_a_session_that_ended_ends_again(lab: Lab, end: str) -> None:
    session = lab.connect()
    session.send(EHLO)
    if end != "QUIT":
        lab.fault("NOOP", "421 4.3.0 Bye", times=1) if end == "421" else lab.fault("NOOP", drop=True, times=1)
    session.send_raw(b"NOOP\r\nNOOP\r\n" if end != "QUIT" else b"QUIT\r\n")
    replayed = lab.replay(said(lab, session))
    assert replies(lab, replayed)[:3] == replies(lab, session)[:3]
    assert replayed.closed
    assert session.closed
