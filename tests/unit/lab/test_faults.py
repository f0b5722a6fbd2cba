"""Trouble on order, waits that cannot end, and the lab's clock."""

from __future__ import annotations

import smtplib
import time

import pytest

from helpers.lab import Lab
from helpers.lab.clock import START
from helpers.lab.engine import Engine
from helpers.session import ConnectionClosed, NothingToWaitFor, TLSFailed
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import BODY, EHLO, MAIL, PLAIN_ALICE, RCPT, TRANSACTION, deliver, eventually, raw_pipe, say

BUSY = "450 4.2.0 Try again"


def test_a_reply_so_often_and_then_no_more(lab: Lab) -> None:
    lab.fault("RCPT", BUSY, times=2)
    session = lab.connect()
    assert [say(session, EHLO, MAIL, RCPT).code, *[session.send(RCPT).code for _ in range(2)]] == [450, 450, 250]
    assert str(lab.transcript()).count("# fault on RCPT") == 2


def test_a_fault_stays_until_it_is_cleared(lab: Lab) -> None:
    lab.fault("noop", BUSY)
    session = lab.connect()
    assert {session.send("NOOP").code for _ in range(5)} == {450}
    assert session.send("nOOp x").code == 450
    lab.clear_faults()
    assert session.send("NOOP").code == 250


@pytest.mark.parametrize(
    "where", ["EHLO", "HELO", "MAIL", "MAIL FROM", "rcpt to:", "DATA", "RSET", "VRFY", "AUTH", "QUIT"]
)
def test_every_command_can_fail(lab: Lab, where: str) -> None:
    lab.fault(where, BUSY, times=1)
    session = lab.connect()
    verb = where.upper().replace(" ", ":").split(":")[0]
    session.send("HELO laptop.example") if verb != "HELO" else None
    assert session.send(f"{verb} x").code == 450
    assert session.send("NOOP").code == 250


@pytest.mark.parametrize("how", ["data", "bdat"])
def test_the_end_of_data_can_fail(lab: Lab, how: str) -> None:
    lab.fault("END-OF-DATA", "452 4.3.1 Disk full", times=1)
    session = lab.connect()
    say(session, *TRANSACTION)
    if how == "data":
        session.send("DATA")
        assert session.send_data(BODY).code == 452
    else:
        assert session.send_raw(b"BDAT 2\r\n\r\n")[0].code == 250
        assert session.send_raw(b"BDAT 2 LAST\r\n\r\n")[0].code == 452
    assert lab.mailboxes == {}
    assert session.send("DATA").code == 503  # RFC 5321 4.1.1.4: the transaction is over
    assert deliver(session).code == 250


def test_a_fault_on_bdat_reads_its_octets(lab: Lab) -> None:
    lab.fault("BDAT", "451 4.3.0 Not now", times=1)
    session = lab.connect()
    say(session, *TRANSACTION)
    assert [r.code for r in session.send_raw(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")] == [451, 250]
    assert lab.transcript().state.in_transaction is False
    assert session.send("DATA").code == 503
    assert session.send(MAIL).code == 250


def test_connect_can_fail(lab: Lab) -> None:
    lab.fault("CONNECT", "554 No service", times=1)
    refused = lab.connect()
    assert refused.greeting.code == 554
    with pytest.raises(ConnectionClosed, match="554 No service"):
        refused.send("NOOP")
    lab.fault("CONNECT", "220 another.example", times=1)
    assert lab.connect().greeting.text == "another.example"
    assert lab.connect().greeting.text == "mail.lab.example ESMTP ready"


@pytest.mark.parametrize("where", ["CONNECT", "EHLO", "MAIL", "DATA", "END-OF-DATA", "QUIT"])
@pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
def test_a_dropped_connection(start: Start, where: str, tls: bool) -> None:
    lab = start("submissions", require_auth=False) if tls else start("open")
    began = time.monotonic()
    for _ in range(3):
        lab.fault(where, drop=True, times=1)
        with pytest.raises((ConnectionClosed, TLSFailed)):
            deliver(lab.connect())
            lab.connect().send("QUIT")
    assert time.monotonic() - began < 5
    assert eventually(lambda: [c.closed for c in lab.transcript().connections].count("dropped") == 3)
    assert "dropped without a word" in str(lab.transcript())
    assert deliver(lab.connect()).code == 250


def test_a_delay_moves_the_clock_for_a_session(lab: Lab) -> None:
    lab.fault("NOOP", delay=120, times=1)
    began = time.monotonic()
    assert lab.connect().send("NOOP").code == 250
    assert time.monotonic() - began < 2
    assert (lab.clock.now - START).total_seconds() == 120


def test_a_delay_and_a_reply(lab: Lab) -> None:
    lab.fault("NOOP", BUSY, delay=2.5, times=1)
    assert lab.connect().send("NOOP").code == 450
    assert "after 2.5 seconds" in str(lab.transcript())


def test_smtplib_waits_for_a_delay_in_real_time() -> None:
    with Lab("open", transport="sockets") as lab, lab.smtplib() as client:
        lab.fault("NOOP", delay=0.3, times=1)
        began = time.monotonic()
        assert client.noop()[0] == 250
        assert time.monotonic() - began >= 0.3
        assert lab.clock.now == START


def test_faults_meet_smtplib(lab: Lab) -> None:
    with lab.smtplib() as client:
        lab.fault("RCPT", BUSY, times=1)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("a@x.example", ["bob@lab.example"], b"\r\n")
        assert refused.value.recipients["bob@lab.example"][0] == 450
        lab.fault("END-OF-DATA", "554 5.6.0 No", times=1)
        with pytest.raises(smtplib.SMTPDataError):
            client.sendmail("a@x.example", ["bob@lab.example"], b"\r\n")
        client.sendmail("a@x.example", ["bob@lab.example"], b"\r\n")
    client = lab.smtplib()
    lab.fault("MAIL", drop=True, times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.sendmail("a@x.example", ["bob@lab.example"], b"\r\n")
    lab.fault("CONNECT", "421 4.3.2 Closed", times=1)
    with pytest.raises(smtplib.SMTPConnectError):
        lab.smtplib()


@pytest.mark.parametrize(
    "arguments",
    [
        {"where": "", "reply": BUSY},
        {"where": "RCPT"},
        {"where": "RCPT", "reply": "no"},
        {"where": "RCPT", "reply": "450 a\r\n250 b"},
        {"where": "RCPT", "reply": "45"},
        {"where": "RCPT", "reply": "250 2.1.5 Fine"},
        {"where": "DATA", "reply": "354 Go"},
        {"where": "RCPT", "reply": "٤50 x"},
        {"where": "RCPT", "reply": "450 é"},
        {"where": "CONNECT", "reply": "250 x"},
        {"where": "RCPT", "delay": -1},
        {"where": "RCPT", "reply": BUSY, "times": 0},
    ],
    ids=str,
)
def test_impossible_faults_are_refused(lab: Lab, arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"450 4\.2\.0|RCPT|delay is seconds"):
        lab.fault(**arguments)  # type: ignore[arg-type]


# --- the clock ---------------------------------------------------------------------------------------------------


def test_greylisting(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, MAIL)
    grey = "RCPT TO:<grey@lab.example>"
    assert session.send(grey).code == 450
    lab.clock.advance(minutes=4, seconds=59)
    assert session.send(grey).code == 450
    lab.clock.advance(seconds=1)
    assert session.send(grey).code == 250
    other = lab.connect()
    say(other, EHLO, "MAIL FROM:<somebody@else.example>")
    assert other.send(grey).code == 450  # greylisting knows senders and recipients by pairs


@pytest.mark.parametrize("state", ["greeted", "message", "auth", "tls"])
def test_an_idle_connection_ends_by_the_clock_and_says_what_it_waited_for(lab: Lab, state: str) -> None:
    """RFC 5321 4.5.3.2.7: at least five minutes."""
    session, busy = lab.connect(), lab.connect()
    session.send(EHLO)
    match state:
        case "message":
            say(session, MAIL, RCPT, "DATA")
            waited = "the end of the message"
        case "auth":
            session.send("AUTH LOGIN")
            waited = "the response to its AUTH challenge"
        case "tls":
            session.send("STARTTLS")
            waited = "a command"
        case _:
            waited = "a command"
    lab.clock.advance(minutes=4, seconds=59)
    busy.send("NOOP")
    lab.clock.advance(seconds=1)
    reply = session.send("NOOP")
    assert (reply.code, reply.enhanced) == (421, "4.4.2")
    assert waited in reply.text
    assert session.closed
    assert busy.send("NOOP").code == 250


def test_the_clock_runs_forward_only(lab: Lab) -> None:
    with pytest.raises(ValueError, match="only runs forward"):
        lab.clock.advance(seconds=-1)
    assert lab.clock.advance(days=1, hours=1) == lab.clock.now
    assert "2026-01-06 10:00:00" in repr(lab.clock)


# --- waits that cannot end -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
def test_a_session_that_waits_for_nothing(lab: Lab, tls: bool) -> None:
    session = lab.connect()
    session.send(EHLO)
    if tls:
        say(session, "STARTTLS", EHLO)
    with pytest.raises(NothingToWaitFor, match="the server waits for a command"):
        session._pipe.read()
    assert session.send_raw(b"NOO") == []
    with pytest.raises(NothingToWaitFor, match="CR LF has not come yet"):
        session._pipe.read()
    assert session.send_raw(b"P\r\n")[0].code == 250
    assert session.send("AUTH LOGIN").code == 334
    with pytest.raises(NothingToWaitFor, match="AUTH challenge"):
        session._pipe.read()
    session.send("*")
    say(session, MAIL, RCPT)
    assert session.send_raw(b"BDAT 9\r\nabc") == []
    with pytest.raises(NothingToWaitFor, match="fewer octets came than were announced"):
        session._pipe.read()


@pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
def test_smtplib_that_waits_for_nothing(lab: Lab, tls: bool) -> None:
    client = lab.smtplib()
    if tls:
        client.starttls(context=lab.client_context())
    began = time.monotonic()
    with pytest.raises(NothingToWaitFor, match="the server waits for a command"):
        client.getreply()
    client.ehlo()
    client.mail("a@x.example")
    client.rcpt("bob@lab.example")
    client.docmd("DATA")
    with pytest.raises(NothingToWaitFor, match="send a line with only a dot"):
        client.docmd("Hello")
    assert time.monotonic() - began < 5
    client.close()
    assert lab.connect().send("NOOP").code == 250


def test_smtplib_times_out_when_it_was_told_to() -> None:
    with Lab("open", transport="sockets") as lab:
        client = lab.smtplib()
        lab.fault("NOOP", delay=5, times=1)
        client.sock.settimeout(0.2)
        with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
            client.noop()
        client.close()


def test_a_big_message_is_never_mistaken_for_a_wait() -> None:
    """Octets that lie in the operating system have been sent, though the server has not read them yet."""
    with Lab("open", transport="sockets") as lab:
        body = (b"x" * 998 + b"\r\n") * 10_000
        for _ in range(2):
            assert deliver(lab.connect(), body).code == 250
        with lab.smtplib() as client:
            client.starttls(context=lab.client_context())
            client.sendmail("a@x.example", ["bob@lab.example"], body)


def test_a_slow_server_is_never_mistaken_for_a_waiting_one(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Engine.data_received

    def slow(engine: Engine, data: bytes) -> None:
        time.sleep(0.02)
        real(engine, data)

    with Lab("open", transport="sockets") as lab:
        session = lab.connect()
        say(session, *TRANSACTION, "DATA")
        monkeypatch.setattr(Engine, "data_received", slow)
        assert session.send_data((b"x" * 998 + b"\r\n") * 5_000).code == 250


@pytest.mark.parametrize("name", ["open", "submissions"])
def test_a_server_that_is_busy_is_waited_for(start: Start, name: str) -> None:
    lab = start(name)
    session = lab.connect()
    lab.fault("NOOP", delay=0.2, times=1)
    for engine in lab._live:
        engine.stepped = lab.transport == "memory"  # on sockets: let it take real time
    assert session.send("NOOP").code == 250
    assert raw_pipe(lab) is not None


def test_auth_goes_on_after_a_clock_that_moved(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, "AUTH PLAIN")
    lab.clock.advance(minutes=3)
    assert session.send(PLAIN_ALICE.split()[-1]).code == 235
