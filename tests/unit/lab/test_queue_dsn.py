"""What a sender wished about notices, and servers that take few recipients at once.

Expected: RFC 3461, its rules (4.3, 5.2.1, 5.2.2, 5.2.6, 5.2.8, 6.3) and its example (10.1 to 10.7); RFC 3464 2.2.1 and
2.3.1 (the fields); RFC 5321 4.5.3.1.10 (too many recipients).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from helpers.lab import Lab
from helpers.lab.wishes import decoded
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import EHLO, PLAIN_ALICE, say

BODY = b"Subject: Lunch\r\n\r\nSecret text\r\n"
ALICE = "Alice@Example.ORG"
CAROL, DANA, FRED = "Carol@Ivory.EDU", "Dana@Ivory.EDU", "Fred@Bombs.AF.MIL"


@pytest.fixture
def org(start: Start) -> Lab:
    """The server of the example's sender."""
    return start("open", domain="example.org")


@pytest.fixture
def ivory(start: Start) -> Lab:
    """A server with DSN that takes every recipient."""
    lab = start("mx", name="ivory", domain="ivory.edu")
    lab.policy = replace(lab.policy, unknown_users="accept")
    return lab


@pytest.fixture
def bombs(start: Start) -> Lab:
    """A server without DSN."""
    return start("legacy", name="bombs", domain="bombs.af.mil")


def post(lab: Lab, mail: str, *recipients: str, body: bytes = BODY) -> None:
    """Leave a message with the parameters of MAIL, and with those after each recipient."""
    session = lab.connect()
    say(session, EHLO, PLAIN_ALICE)
    for line in (f"MAIL FROM:<{ALICE}>{mail}", *(f"RCPT TO:<{path}>{rest}" for path, rest in map(_split, recipients))):
        assert session.send(line).code == 250, line
    session.send("DATA")
    assert session.send_data(body).code == 250
    session.close()


def _split(recipient: str) -> tuple[str, str]:
    path, space, rest = recipient.partition(" ")
    return path, space + rest


def states(lab: Lab) -> dict[str, str]:
    return {d.recipient: str(d.state) for d in lab.queue.deliveries}


def commands(lab: Lab, *verbs: str) -> list[str]:
    return [e.command or "" for e in lab.transcript().exchanges if e.verb in verbs]


def report(lab: Lab) -> tuple[list[EmailMessage], EmailMessage]:
    """The blocks of the status part of the only bounce, and its third part."""
    (message,) = lab.mailbox("alice@example.org")
    _, status, returned = message_from_bytes(message.raw, policy=policy.default).iter_parts()
    return status.get_payload(), returned  # type: ignore[return-value]


# --- the example of RFC 3461 ---------------------------------------------------------------------------


def test_the_wishes_go_on_to_a_server_with_dsn(org: Lab, ivory: Lab) -> None:
    """10.1 and 10.3, and 5.2.1: as they came, and none that did not come."""
    carol = f"{CAROL} NOTIFY=FAILURE ORCPT=rfc822;{CAROL}"
    dana = f"{DANA} NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{DANA}"
    post(org, " RET=HDRS ENVID=QQ314159", carol, dana, "Erin@Ivory.EDU")
    org.queue.run()
    (mail,) = commands(ivory, "MAIL")
    assert mail.split(" SIZE=")[0] == f"MAIL FROM:<{ALICE}>"
    assert mail.endswith(" RET=HDRS ENVID=QQ314159")
    assert commands(ivory, "RCPT") == [
        f"RCPT TO:<{CAROL}> NOTIFY=FAILURE ORCPT=rfc822;{CAROL}",
        f"RCPT TO:<{DANA}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{DANA}",
        "RCPT TO:<Erin@Ivory.EDU>",
    ]


def test_a_server_without_dsn_hears_none_of_them(org: Lab, bombs: Lab) -> None:
    """5.2.2 (a)"""
    post(org, " RET=HDRS ENVID=QQ314159", f"{FRED} NOTIFY=NEVER ORCPT=rfc822;{FRED}")
    org.queue.run()
    assert commands(bombs, "MAIL", "RCPT") == [f"MAIL FROM:<{ALICE}>", f"RCPT TO:<{FRED}>"]


def test_the_notice_of_the_example(org: Lab, ivory: Lab) -> None:
    """10.7: Carol is refused, and NOTIFY=FAILURE was wished."""
    ivory.fault("RCPT", "550 error - no such recipient", times=1)
    carol = f"{CAROL} NOTIFY=FAILURE ORCPT=rfc822;{CAROL}"
    post(org, " RET=HDRS ENVID=QQ314159", carol, f"{DANA} NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{DANA}")
    org.queue.run()
    assert states(org) == {CAROL: "bounced", DANA: "delivered"}
    (whole, recipient), returned = report(org)
    assert whole["Original-Envelope-ID"] == "QQ314159"
    assert recipient["Original-Recipient"].replace("; ", ";") == f"rfc822;{CAROL}"
    assert recipient["Final-Recipient"].replace("; ", ";") == f"rfc822;{CAROL}"
    assert recipient["Diagnostic-Code"] == "smtp; 550 error - no such recipient"
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.0.0")
    assert b"Secret text" not in returned.as_bytes()


# --- who is told ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", ["NEVER", "never", "SUCCESS", "DELAY", "SUCCESS,DELAY"])
def test_no_notice_without_failure(org: Lab, wish: str) -> None:
    """5.2.6 (b)"""
    post(org, "", f"x@nowhere.invalid NOTIFY={wish}")
    org.queue.run()
    assert states(org) == {"x@nowhere.invalid": "discarded"}
    assert not org.mailboxes


@pytest.mark.parametrize(
    "wish", ["", " NOTIFY=FAILURE", " NOTIFY=failure", " NOTIFY=SUCCESS,Failure", " NOTIFY=DELAY,FAILURE"]
)
def test_a_notice_with_failure_and_without_a_wish(org: Lab, wish: str) -> None:
    """5.2.6 (a), (c); 4.1 b: in any case of letters"""
    post(org, "", f"x@nowhere.invalid{wish}")
    org.queue.run()
    assert states(org) == {"x@nowhere.invalid": "bounced"}
    assert len(org.mailbox("alice@example.org")) == 1


def test_a_notice_names_only_those_of_whom_it_may_tell(org: Lab) -> None:
    """5.2.8"""
    post(org, "", "one@nowhere.invalid", "two@nowhere.invalid NOTIFY=NEVER")
    org.queue.run()
    (message,) = org.mailbox("alice@example.org")
    assert b"one@nowhere.invalid" in message.raw
    assert b"two@nowhere.invalid" not in message.raw


def test_giving_up_keeps_silent_as_well(org: Lab) -> None:
    post(org, "", "x@nowhere.example NOTIFY=NEVER")
    org.clock.advance(days=6)
    assert states(org) == {"x@nowhere.example": "discarded"}
    assert not org.mailboxes


# --- what is returned ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "kind"),
    [(" RET=FULL", "message/rfc822"), (" RET=full", "message/rfc822"), (" RET=HDRS", "text/rfc822-headers")],
)
def test_the_whole_message_or_its_headers(org: Lab, wish: str, kind: str) -> None:
    """4.3, 6.2"""
    post(org, wish, "x@nowhere.invalid")
    org.queue.run()
    _, returned = report(org)
    assert returned.get_content_type() == kind
    if kind == "message/rfc822":
        (message,) = returned.iter_parts()
        assert message["Subject"] == "Lunch"
        assert message.get_content().rstrip() == "Secret text"
    else:
        assert "Secret" not in returned.as_string()


@pytest.mark.parametrize(("wish", "kind"), [(" RET=FULL", "message/global"), (" RET=HDRS", "message/global-headers")])
def test_utf8_in_the_headers_is_returned_as_what_it_is(org: Lab, wish: str, kind: str) -> None:
    """RFC 6533 4: in message/rfc822 and text/rfc822-headers the headers are ASCII (RFC 2046 5.2.1, RFC 6522 4)."""
    post(org, f" SMTPUTF8 BODY=8BITMIME{wish}", "x@nowhere.invalid", body="Subject: Café\r\n\r\nAt noon\r\n".encode())
    org.queue.run()
    _, returned = report(org)
    assert returned.get_content_type() == kind
    assert returned["Content-Transfer-Encoding"] == "8bit"
    assert "Subject: Café".encode() in org.mailbox("alice@example.org")[0].raw


def test_smtputf8_alone_changes_nothing(org: Lab) -> None:
    post(org, " SMTPUTF8", "x@nowhere.invalid")
    org.queue.run()
    assert report(org)[1].get_content_type() == "text/rfc822-headers"


def test_a_long_message_is_not_sent_back_whole(org: Lab) -> None:
    """6.2: the implementation may have a limit."""
    post(org, " RET=FULL", "x@nowhere.invalid", body=BODY + b"0123456789\r\n" * 6000)
    org.queue.run()
    assert report(org)[1].get_content_type() == "text/rfc822-headers"


def test_a_message_cannot_end_the_part_that_holds_it(org: Lab) -> None:
    """RFC 2046 5.1.1: the delimiter must not stand inside a part."""
    guess = b"\r\n--LAB0002/mail.example.org\r\nContent-Type: text/html\r\n\r\nBoo\r\n--LAB0002/mail.example.org--\r\n"
    post(org, " RET=FULL", "x@nowhere.invalid", body=BODY + guess)
    org.queue.run()
    _, returned = report(org)
    assert b"Boo" in returned.as_bytes()


def test_xtext_is_read_before_it_is_told(org: Lab) -> None:
    """6.3 (a), (d), and 4: +3D is an equals sign, +2B a plus sign."""
    post(org, " ENVID=a+3Db+2Bc", "x@nowhere.invalid ORCPT=rfc822;x+2Bnews@nowhere.invalid")
    org.queue.run()
    (whole, recipient), _ = report(org)
    assert whole["Original-Envelope-Id"] == "a=b+c"
    assert recipient["Original-Recipient"] == "rfc822; x+news@nowhere.invalid"


def test_without_the_parameters_the_fields_do_not_stand_there(org: Lab) -> None:
    """6.3 (a), (d)"""
    post(org, "", "x@nowhere.invalid")
    org.queue.run()
    (whole, recipient), _ = report(org)
    assert "Original-Envelope-Id" not in whole
    assert "Original-Recipient" not in recipient


def test_no_field_can_be_smuggled_in_by_xtext(org: Lab) -> None:
    post(org, " ENVID=x+0D+0AAction:+20delivered", "x@nowhere.invalid ORCPT=rfc822;y+0AStatus:+202.0.0")
    org.queue.run()
    (whole, recipient), _ = report(org)
    assert "Action" not in whole
    assert recipient.get_all("Status") == ["5.1.2"]


def test_xtext() -> None:
    """RFC 3461 4: hexchar is + and two digits in upper case."""
    assert decoded("+41+2b+2B+") == "A+2b++"


# --- too many recipients -------------------------------------------------------------------------------

FIVE = [f"r{n}@ivory.edu" for n in range(5)]


def test_who_is_too_many_for_one_transaction_goes_in_the_next_at_once(org: Lab, ivory: Lab) -> None:
    ivory.policy = replace(ivory.policy, max_recipients=2)
    post(org, " ENVID=QQ314159", *FIVE)
    org.queue.run()
    assert set(states(org).values()) == {"delivered"}
    assert {attempt.time for d in org.queue.deliveries for attempt in d.attempts} == {org.clock.now}
    assert len(ivory.transcript().connections) == 1
    assert [m.recipients for m in (ivory.mailbox(path)[0] for path in FIVE[::2])] == [
        (FIVE[0], FIVE[1]),
        (FIVE[2], FIVE[3]),
        (FIVE[4],),
    ]
    assert [m.count("ENVID=QQ314159") for m in commands(ivory, "MAIL")] == [1, 1, 1]


@pytest.mark.parametrize("reply", ["452 4.5.3 Too many recipients", "452 Too many", "552 5.5.3 Too many recipients"])
def test_each_way_to_say_it(org: Lab, ivory: Lab, reply: str) -> None:
    """4.5.3.1.10: 452; and the client is prepared for the 552 of RFC 821."""
    ivory.fault("RCPT", reply, times=1)
    post(org, "", *FIVE[:2])
    org.queue.run()
    assert states(org) == dict.fromkeys(FIVE[:2], "delivered")


@pytest.mark.parametrize(
    ("reply", "state"),
    [("452 4.2.2 Mailbox full", "deferred"), ("552 5.2.2 Mailbox full", "bounced"), ("552 No", "bounced")],
)
def test_another_reason_is_no_limit(org: Lab, ivory: Lab, reply: str, state: str) -> None:
    ivory.fault("RCPT", reply, times=1)
    post(org, "", *FIVE[:2])
    org.queue.run()
    assert states(org) == {FIVE[0]: state, FIVE[1]: "delivered"}
    assert len(commands(ivory, "MAIL")) == 1


@pytest.mark.parametrize("reply", ["452 4.5.3 Too many recipients", "552 5.5.3 Too many recipients"])
def test_a_server_that_takes_nobody_is_left_in_peace_for_a_while(org: Lab, ivory: Lab, reply: str) -> None:
    ivory.fault("RCPT", reply, times=2)
    post(org, "", *FIVE[:2])
    org.queue.run()
    assert states(org) == dict.fromkeys(FIVE[:2], "deferred")
    assert {d.attempts[0].status for d in org.queue.deliveries} == {"4.5.3"}
    assert len(commands(ivory, "MAIL")) == 1
    org.clock.advance(minutes=30)
    assert [d.attempts[1].time - d.since for d in org.queue.deliveries] == [timedelta(minutes=30)] * 2


def test_a_message_refused_for_the_first_ones_says_nothing_about_the_others(org: Lab, ivory: Lab) -> None:
    ivory.policy = replace(ivory.policy, max_recipients=1)
    ivory.fault("END-OF-DATA", "554 5.6.0 No", times=1)
    post(org, "", *FIVE[:2])
    org.queue.run()
    assert states(org) == {FIVE[0]: "bounced", FIVE[1]: "deferred"}
