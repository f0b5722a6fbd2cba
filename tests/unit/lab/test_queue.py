"""The outgoing queue between labs: real SMTP from one to the other, retries by the clock, bounces.

Expected: RFC 5321 4.5.4.1 (when to try again), 4.2.1 (what a class decides), 6.1 (bounces), 4.4 (trace lines),
RFC 3464, 3461 9.2 and 6522 (what a bounce looks like).
"""

from __future__ import annotations

import socket
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import pairwise

import pytest

from helpers.lab import Lab
from helpers.lab.clock import START
from helpers.wire.messages import StoredMessage
from helpers.wire.queue import DeliveryState, Queue
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import BODY, EHLO, PLAIN_ALICE, say

BOB, GREY, GONE, BUSY = (f"{name}@other.example" for name in ("bob", "grey", "gone", "busy"))
ALICE = "alice@lab.example"


@pytest.fixture
def other(start: Start) -> Lab:
    """Another server, for other.example."""
    return start("mx", name="other", domain="other.example")


def post(lab: Lab, *recipients: str, sender: str = ALICE, body: bytes = BODY, parameters: str = "") -> None:
    """Leave a message in the lab's queue."""
    session = lab.connect()
    say(session, EHLO, PLAIN_ALICE, f"MAIL FROM:<{sender}>{parameters}")
    for recipient in recipients:
        assert session.send(f"RCPT TO:<{recipient}>").code == 250
    session.send("DATA")
    assert session.send_data(body).code == 250
    session.close()


def states(lab: Lab) -> dict[str, str]:
    return {d.recipient: str(d.state) for d in lab.queue.deliveries}


def attempts(lab: Lab, recipient: str) -> list[timedelta]:
    """When the attempts for a recipient were made, counted from the acceptance."""
    (found,) = [d for d in lab.queue.deliveries if d.recipient == recipient]
    return [attempt.time - found.since for attempt in found.attempts]


def bounce(lab: Lab, address: str = ALICE) -> tuple[StoredMessage, EmailMessage]:
    (message,) = lab.mailbox(address)
    return message, message_from_bytes(message.raw, policy=policy.default)


def fields(part: EmailMessage, index: int) -> EmailMessage:
    """The fields of a message/delivery-status: 0 of the message, 1 and more of the recipients."""
    block = part.get_payload()[index]  # type: ignore[index]
    assert isinstance(block, EmailMessage)
    return block


# --- what it was before ------------------------------------------------------------------------------


def test_it_is_a_sequence_of_the_messages(lab: Lab) -> None:
    assert lab.queue == []
    assert not lab.queue
    post(lab, BOB, "carol@nowhere.example", "bob@lab.example")
    [message] = lab.queue
    assert message.recipients == (BOB, "carol@nowhere.example", "bob@lab.example")
    assert list(states(lab)) == [BOB, "carol@nowhere.example"]
    assert len(lab.mailbox("bob@lab.example")) == 1


def test_nothing_goes_out_by_itself(lab: Lab, other: Lab) -> None:
    post(lab, BOB)
    assert states(lab) == {BOB: "waiting"}
    assert not other.transcript().connections


# --- delivery ----------------------------------------------------------------------------------------


def test_a_message_is_handed_over_by_smtp(lab: Lab, other: Lab) -> None:
    post(lab, BOB, body=b"Subject: Dots\r\n\r\n.one\r\n..two\r\n")
    queue = lab.queue.run()
    assert isinstance(queue, Queue)
    assert states(lab) == {BOB: "delivered"}
    (connection,) = other.transcript().connections
    said = [e.command for e in connection.exchanges if e.verb and e.command]
    assert said[0] == "EHLO mail.lab.example"
    assert [line.split(":")[0] for line in said if line[0] in "MRDQ"] == ["MAIL FROM", "RCPT TO", "DATA", "QUIT"]
    (message,) = other.mailbox(BOB)
    assert message.sender == ALICE
    # the relay adds its own Received and no Return-Path; the content stays (RFC 5321 4.4, 4.5.2)
    assert message.raw.startswith(b"Received: from laptop.example ([127.0.0.1]) by mail.lab.example with ESMTPA id")
    assert message.raw.endswith(b"+0000\r\nSubject: Dots\r\n\r\n.one\r\n..two\r\n")
    assert b"Return-Path" not in message.raw
    assert not lab.mailboxes


def test_tls_is_used_where_it_is_offered(lab: Lab, other: Lab) -> None:
    post(lab, BOB)
    lab.queue.run()
    (connection,) = other.transcript().connections
    ends = [e.after.tls for e in connection.exchanges if e.verb == "MAIL"]
    assert ends == [other.can_tls]


def test_without_a_fitting_certificate_the_message_goes_in_clear_text(lab: Lab, transport: str) -> None:
    with Lab("mx", name="other", domain="other.example", transport=transport, certificate="wrong-name") as other:
        post(lab, BOB)
        lab.queue.run()
        assert len(other.mailbox(BOB)) == 1
        assert [c.exchanges[-1].after.tls for c in other.transcript().connections][-1] is False


def test_a_server_with_which_no_tls_comes_about_is_tried_again(lab: Lab, transport: str) -> None:
    """On a port for implicit TLS there is no clear text to fall back to."""
    with Lab("submissions", name="o", domain="other.example", transport=transport, certificate="expired") as other:
        post(lab, BOB, GREY)
        lab.queue.run()
        assert states(lab) == {BOB: "deferred", GREY: "deferred"}
        attempt = lab.queue.deliveries[0].attempts[0]
        assert attempt.status == "4.7.5"  # "cryptographic failure" (RFC 3463 3.8), for now
        assert attempt.place == "connection"
        assert attempt.reply is None
        assert other.hostname in attempt.said
        assert all(c.closed for c in other.transcript().connections)


def test_one_copy_goes_to_all_recipients_of_a_domain(lab: Lab, other: Lab, start: Start) -> None:
    third = start("mx", name="third", domain="third.example")
    post(lab, BOB, "carol@third.example", "alice@other.example")
    lab.queue.run()
    assert [len(x.transcript().connections) for x in (other, third)] == [1, 1]
    (message,) = other.mailbox(BOB)
    assert message.recipients == (BOB, "alice@other.example")
    assert third.mailbox("carol@third.example")[0].recipients == ("carol@third.example",)


def test_a_server_that_knows_only_helo(lab: Lab, start: Start) -> None:
    old = start("legacy", name="old", domain="old.example")
    post(lab, "bob@old.example")
    lab.queue.run()
    assert states(lab) == {"bob@old.example": "delivered"}
    assert [e.verb for e in old.transcript().exchanges if e.verb][:2] == ["EHLO", "HELO"]
    mail = next(e for e in old.transcript().exchanges if e.verb == "MAIL")
    assert mail.command == f"MAIL FROM:<{ALICE}>"


def test_eight_bit_octets_are_announced_or_come_back(lab: Lab, other: Lab, start: Start) -> None:
    """RFC 6152 3: not to a server that does not take them."""
    start("legacy", name="old", domain="old.example")
    post(lab, BOB, "bob@old.example", body="Subject: Hi\r\n\r\nGrüße\r\n".encode(), parameters=" BODY=8BITMIME")
    lab.queue.run()
    assert states(lab) == {BOB: "delivered", "bob@old.example": "bounced"}
    assert other.mailbox(BOB)[0].raw.endswith("Grüße\r\n".encode())
    assert "BODY=8BITMIME" in other.mailbox(BOB)[0].parameters
    assert fields(list(bounce(lab)[1].iter_parts())[1], 1)["Status"] == "5.6.3"


def test_no_name_is_looked_up_anywhere(lab: Lab, other: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a name was looked up")

    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    post(lab, BOB, "x@example.com")
    lab.clock.advance(days=6)
    assert states(lab) == {BOB: "delivered", "x@example.com": "bounced"}


def test_the_newest_lab_of_a_domain_takes_its_mail(lab: Lab, other: Lab, start: Start) -> None:
    newer = start("mx", name="newer", domain="other.example")
    post(lab, BOB)
    lab.queue.run()
    assert len(newer.mailbox(BOB)) == 1
    assert not other.mailboxes


def test_a_replay_delivers_nothing_twice(lab: Lab, other: Lab) -> None:
    post(lab, BOB)
    lab.queue.run()
    (connection,) = lab.transcript().connections
    lab.replay(connection.exchanges)
    lab.queue.run()
    assert len(lab.queue) == len(other.mailbox(BOB)) == len(other.transcript().connections) == 1
    other.replay(other.transcript().connections[0].exchanges)
    assert len(other.mailbox(BOB)) == 1


# --- trying again ------------------------------------------------------------------------------------


def test_4yz_keeps_the_message_and_the_next_attempt_takes_it(lab: Lab, other: Lab) -> None:
    post(lab, GREY)
    lab.queue.run()
    (delivery,) = lab.queue.deliveries
    assert delivery.state is DeliveryState.DEFERRED
    assert delivery.attempts[0].reply is not None
    assert delivery.attempts[0].reply.code == 450
    assert delivery.attempts[0].place == "RCPT"
    assert delivery.next_attempt == START + timedelta(minutes=30)
    lab.clock.advance(minutes=29)
    assert states(lab) == {GREY: "deferred"}
    lab.clock.advance(minutes=1)
    assert states(lab) == {GREY: "delivered"}
    assert attempts(lab, GREY) == [timedelta(0), timedelta(minutes=30)]


def test_the_first_movement_of_the_clock_makes_the_first_attempt_at_its_own_time(lab: Lab, other: Lab) -> None:
    post(lab, BOB)
    lab.clock.advance(hours=5)
    assert attempts(lab, BOB) == [timedelta(0)]


def test_one_movement_past_many_attempts_makes_each_at_its_time(lab: Lab, other: Lab) -> None:
    post(lab, BUSY, GREY)
    lab.clock.advance(days=2)
    assert attempts(lab, GREY) == [timedelta(0), timedelta(minutes=30)]
    times = attempts(lab, BUSY)
    assert len(times) == len(set(times)) > 10
    assert times == sorted(times)
    assert times[-1] <= timedelta(days=2)
    assert lab.clock.now == START + timedelta(days=2)
    # what came later is stamped later by the other lab, too
    (taken,) = other.mailbox(GREY)
    assert taken.trace[1].endswith("09:30:00 +0000")


def test_the_schedule_is_that_of_the_rfc(lab: Lab, other: Lab) -> None:
    """RFC 5321 4.5.4.1: 30 minutes at least, twice in the first hour, then every two or three hours, 4-5 days"""
    post(lab, BUSY)
    lab.clock.advance(days=10)
    times = attempts(lab, BUSY)
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) >= timedelta(minutes=30)
    assert sum(time <= timedelta(hours=1) for time in times) == 2
    assert all(timedelta(hours=2) <= gap <= timedelta(hours=3) for gap in gaps[1:-1])
    assert timedelta(days=4) <= times[-1] <= timedelta(days=5)
    assert states(lab) == {BUSY: "bounced"}


def test_a_server_that_is_down_is_tried_again(lab: Lab, start: Start) -> None:
    post(lab, BOB)
    lab.clock.advance(hours=1)
    assert states(lab) == {BOB: "deferred"}
    other = start("mx", name="other", domain="other.example")
    lab.clock.advance(hours=3)
    assert states(lab) == {BOB: "delivered"}
    assert other.mailbox(BOB)[0].trace[1].endswith("11:30:00 +0000")  # its clock was set forward to the sender's


@pytest.mark.parametrize(
    "fault",
    [
        ("CONNECT", "421 4.3.2 Shutting down", False),
        ("CONNECT", None, True),
        ("EHLO", "421 4.3.2 Shutting down", False),
        ("MAIL", "451 4.3.0 Later", False),
        ("MAIL", None, True),
        ("RCPT", "421 4.3.2 Shutting down", False),
        ("DATA", "450 4.2.0 Later", False),
        ("END-OF-DATA", "452 4.3.1 Full", False),
        ("END-OF-DATA", None, True),
        ("QUIT", None, True),
        ("STARTTLS", "454 4.7.0 Not now", False),
    ],
)
def test_trouble_for_a_while(lab: Lab, other: Lab, fault: tuple[str, str | None, bool]) -> None:
    where, reply, drop = fault
    other.fault(where, reply, drop=drop, times=1)
    post(lab, BOB, "alice@other.example")
    lab.queue.run()
    first = "delivered" if where in ("QUIT", "STARTTLS") else "deferred"
    assert states(lab) == {BOB: first, "alice@other.example": first}
    lab.clock.advance(minutes=30)
    assert set(states(lab).values()) == {"delivered"}
    assert [len(other.mailbox(address)) for address in (BOB, "alice@other.example")] == [1, 1]


def test_a_slow_server_is_waited_for(lab: Lab, other: Lab) -> None:
    other.fault("MAIL", delay=120)
    post(lab, BOB)
    lab.queue.run()
    assert states(lab) == {BOB: "delivered"}


def test_a_conversation_that_moves_the_clock_tries_nothing(lab: Lab, other: Lab) -> None:
    """The server's own thread must not wait for a server."""
    post(lab, BOB)
    lab.fault("NOOP", delay=3600, times=1)
    lab.connect().send("NOOP")
    assert states(lab) == {BOB: "waiting"}
    lab.queue.run()
    assert attempts(lab, BOB) == [timedelta(hours=1)]


# --- clocks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=1), timedelta(hours=-1)])
def test_the_time_of_the_other_server_passes_too(lab: Lab, other: Lab, ahead: timedelta) -> None:
    """Greylisting is the other server's, and counts by its clock."""
    if ahead < timedelta(0):
        lab.clock.advance(hours=1)
    else:
        other.clock.advance(seconds=ahead.total_seconds())
    post(lab, GREY)
    lab.clock.advance(minutes=30)
    assert states(lab) == {GREY: "delivered"}
    assert other.clock.now - lab.clock.now == max(ahead, timedelta(0))


def test_labs_without_mail_between_them_keep_their_time(lab: Lab, other: Lab) -> None:
    lab.clock.advance(hours=2)
    assert other.clock.now == START


def test_a_lab_that_is_stopped_between_two_deliveries_makes_the_first_alone(lab: Lab, other: Lab, start: Start) -> None:
    third = start("mx", name="third", domain="third.example")
    post(lab, BOB, "carol@third.example")
    other.clock.on_advance.append(lab.stop)  # its clock is set forward when a delivery to it begins
    lab.queue.run()
    assert states(lab) == {BOB: "delivered", "carol@third.example": "waiting"}
    assert third.mailboxes == {}


def test_a_stopped_lab_sends_nothing(lab: Lab, other: Lab) -> None:
    post(lab, BOB)
    lab.stop()
    lab.clock.advance(days=1)
    assert lab.clock.now == START + timedelta(days=1)
    assert states(lab) == {BOB: "waiting"}


# --- bounces -----------------------------------------------------------------------------------------


def test_5yz_comes_back_as_a_bounce(lab: Lab, other: Lab) -> None:
    body = b"Subject: Lunch\r\nX-Folded: one\r\n two\r\n\r\nSecret text\r\n"
    post(lab, GONE, BOB, body=body)
    lab.queue.run()
    assert states(lab) == {GONE: "bounced", BOB: "delivered"}
    stored, report = bounce(lab)
    assert stored.sender == ""
    assert stored.recipients == (ALICE,)
    assert stored.trace[0] == "Return-Path: <>"
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert report["To"] == ALICE
    text, status, headers = report.iter_parts()
    assert [part.get_content_type() for part in (text, status, headers)] == [  # type: ignore[union-attr]
        "text/plain",
        "message/delivery-status",
        "text/rfc822-headers",
    ]
    assert GONE in text.get_content()
    assert BOB not in stored.raw.decode()
    assert fields(status, 0)["Reporting-MTA"] == "dns; mail.lab.example"
    assert dict(fields(status, 1)) == {
        "Final-Recipient": f"rfc822; {GONE}",
        "Action": "failed",
        "Status": "5.2.1",
        "Remote-MTA": "dns; mail.other.example",
        "Diagnostic-Code": "smtp; 550 5.2.1 Mailbox disabled, not accepting messages",
        "Last-Attempt-Date": "Mon, 05 Jan 2026 09:00:00 +0000",
    }
    assert headers.get_payload().strip() == "Subject: Lunch\nX-Folded: one\n two".replace("\n", "\r\n")
    assert b"Secret text" not in stored.raw


def test_giving_up_is_a_bounce_with_the_last_temporary_status(lab: Lab, other: Lab) -> None:
    """RFC 3464 2.3.3: "failed" with a status that begins with 4."""
    post(lab, BUSY)
    lab.clock.advance(days=6)
    _, report = bounce(lab)
    recipient = fields(list(report.iter_parts())[1], 1)
    assert (recipient["Action"], recipient["Status"]) == ("failed", "4.2.0")
    assert recipient["Last-Attempt-Date"] == "Sat, 10 Jan 2026 09:00:00 +0000"
    assert report["Date"] == "Sat, 10 Jan 2026 09:00:00 +0000"


def test_where_no_server_spoke_none_is_quoted(lab: Lab) -> None:
    """RFC 3464 2.3.5: no Remote-MTA unless a remote server was involved."""
    post(lab, "x@foo.invalid")
    lab.queue.run()
    recipient = fields(list(bounce(lab)[1].iter_parts())[1], 1)
    assert recipient["Status"] == "5.1.2"
    assert "Remote-MTA" not in recipient
    assert "Diagnostic-Code" not in recipient


@pytest.mark.parametrize("recipient", [GONE, BUSY])
def test_no_bounce_for_the_null_reverse_path(lab: Lab, other: Lab, recipient: str) -> None:
    post(lab, recipient, sender="")
    lab.clock.advance(days=6)
    assert states(lab) == {recipient: "discarded"}
    assert not lab.mailboxes
    assert len(lab.queue) == 1


def test_a_bounce_for_a_sender_elsewhere_goes_through_the_queue(lab: Lab, other: Lab) -> None:
    post(lab, GONE, sender=BOB)
    lab.queue.run()
    assert states(lab) == {GONE: "bounced", BOB: "delivered"}
    (message,) = other.mailbox(BOB)
    assert message.sender == ""
    assert message.headers.get_content_type() == "multipart/report"


def test_a_bounce_that_cannot_be_delivered_is_the_end(lab: Lab, other: Lab) -> None:
    post(lab, GONE, sender="also-gone@other.example")
    lab.clock.advance(days=20)
    assert states(lab) == {GONE: "bounced", "also-gone@other.example": "discarded"}


def test_a_server_that_wants_a_login_takes_nothing(lab: Lab, start: Start) -> None:
    start("submissions", name="s", domain="other.example")
    post(lab, BOB)
    lab.queue.run()
    assert states(lab) == {BOB: "bounced"}
    assert b"smtp; 530 5.7.0" in lab.mailbox(ALICE)[0].raw


def test_the_code_decides_where_it_disagrees_with_the_enhanced_code(lab: Lab, other: Lab) -> None:
    other.fault("RCPT", "450 5.7.1 No", times=1)
    post(lab, BOB)
    lab.queue.run()
    assert states(lab) == {BOB: "deferred"}
    assert lab.queue.deliveries[0].attempts[0].status == "4.0.0"
