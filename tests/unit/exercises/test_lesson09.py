"""Lesson 09: right ways by several tools and each known mistake, on a live lab and both transports.

What a class decides: RFC 5321 4.2, 4.2.1; queues: 4.5.4.1.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers import CommandPicker, Lab, send_email
from helpers.exercises import check, progress
from helpers.exercises.registry import registry
from helpers.session import ConnectionClosed
from helpers.wire.messages import Status
from tests.unit.exercises.live import say

ALICE, BOB, GREY, QUOTA, GONE = (f"{name}@lab.example" for name in ("alice", "bob", "grey", "quota", "gone"))
PARTNER = "bob@partner.example"
EHLO, MAIL, DATA, DOT, QUIT, NOOP = "EHLO laptop.example", f"MAIL FROM:<{ALICE}>", "DATA", ".", "QUIT", "NOOP"
AUTH = "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ="
TEXT = "Subject: Lunch\n\nFriday?\n"
PROFILES = {"09.a": "mx", "09.b": "mx", "09.c": "mx"}


def to(*addresses: str) -> list[str]:
    return [f"RCPT TO:<{address}>" for address in addresses]


# -- 09.a ---------------------------------------------------------------------------------------------


def asked(lines: list[str], wait: int = 2) -> Lab:
    """What the cell does, with these lines in the gap."""
    server = Lab("mx", name="09.a")
    session = server.connect()
    for line in (EHLO, MAIL, *to(GONE, GREY, QUOTA)):
        session.send(line)
    for _ in range(3):
        server.clock.advance(minutes=wait)
        session.send(NOOP)
    for line in lines:
        try:
            session.send(line)
        except ConnectionClosed:
            break
    return server


def asked_by_picker() -> None:
    server = Lab("mx", name="09.a")
    picker = CommandPicker(server)
    picker.send("EHLO")
    picker.send("MAIL", reverse_path=ALICE)
    for address in (GONE, GREY, QUOTA):
        picker.send("RCPT", forward_path=address)
    server.clock.advance(minutes=10)
    picker = CommandPicker(server)
    picker.send("EHLO")
    picker.send("MAIL", reverse_path=ALICE)
    picker.send("RCPT", forward_path=GREY)


def asked_by_smtplib() -> None:
    server = Lab("mx", name="09.a")
    for _ in range(2):
        with server.smtplib() as client:
            client.ehlo()
            client.mail(ALICE)
            client.rcpt(GREY)
        server.clock.advance(minutes=5)


# -- 09.b ---------------------------------------------------------------------------------------------


def program(condition: str) -> None:
    starter = registry().exercise("09.b").starter
    assert '"full" in reply.text' in starter
    exec(starter.replace('"full" in reply.text', condition), {"Lab": Lab})


def tried_by_smtplib() -> None:
    server = Lab("mx", name="09.b")
    with server.smtplib() as client:
        client.ehlo()
        client.mail(ALICE)
        client.rcpt(GREY)
        client.rcpt(QUOTA)
    server.clock.advance(minutes=30)
    with server.smtplib() as client:
        client.sendmail(ALICE, GREY, TEXT)


def tried_by_picker() -> None:
    server = Lab("mx", name="09.b")
    for recipients in ((GREY, QUOTA), (GREY,)):
        picker = CommandPicker(server)
        picker.send("EHLO")
        picker.send("MAIL", reverse_path=ALICE)
        for address in recipients:
            picker.send("RCPT", forward_path=address)
        server.clock.advance(minutes=4)
        picker.send("NOOP")
        server.clock.advance(minutes=4)
    picker.send("DATA")
    picker.send("MESSAGE")


# -- 09.c ---------------------------------------------------------------------------------------------


def labs(trouble: int = 2) -> tuple[Lab, Lab]:
    office = Lab("open", name="office")
    partner = Lab("mx", name="09.c", domain="partner.example")
    if trouble:
        partner.fault("RCPT", "451 4.3.0 Directory not available", times=trouble)
    return office, partner


def left_by_smtplib() -> None:
    office, _ = labs()
    with office.smtplib() as client:
        client.login("alice", "wonderland")
        client.sendmail(ALICE, PARTNER, TEXT)
    office.clock.advance(days=1)


def left_by_lines(*recipients: str, times: int = 1, hours: int = 3, trouble: int = 2) -> Lab:
    office, partner = labs(trouble)
    for _ in range(times):
        say(office, [EHLO, AUTH, MAIL, *to(*recipients), DATA, DOT, QUIT])
    office.clock.advance(hours=hours)
    return partner


def left_by_send_email() -> None:
    from email.message import EmailMessage

    office, _ = labs()
    message = EmailMessage()
    message["From"], message["To"] = ALICE, PARTNER
    send_email(message, office.smtplib(), login=("alice", "wonderland"), context=office.client_context())
    for _ in range(3):
        office.clock.advance(hours=1)


RIGHT: dict[tuple[str, str], Callable[[], object]] = {
    ("09.a", "raw lines"): lambda: asked(to(GREY)),
    ("09.a", "after a wrong one"): lambda: asked(to(QUOTA, GREY)),
    ("09.a", "picker"): asked_by_picker,
    ("09.a", "smtplib"): asked_by_smtplib,
    ("09.b", "by number"): lambda: program("400 <= reply.code < 500"),
    ("09.b", "by class"): lambda: program("reply.kind == 'temporary failure'"),
    ("09.b", "by enhanced code"): lambda: program("reply.enhanced.startswith('4')"),
    ("09.b", "smtplib"): tried_by_smtplib,
    ("09.b", "picker"): tried_by_picker,
    ("09.c", "smtplib"): left_by_smtplib,
    ("09.c", "raw lines"): lambda: left_by_lines(PARTNER),
    ("09.c", "send_email"): left_by_send_email,
}


@pytest.mark.parametrize(("exercise", "way"), RIGHT)
def test_a_right_way_is_taken(transport: str, exercise: str, way: str) -> None:
    Lab(PROFILES[exercise], name=exercise)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    RIGHT[exercise, way]()
    verdict = check(exercise)
    assert verdict.done, str(verdict)
    assert verdict.evidence
    assert progress.done() == {exercise}


def both_again() -> None:
    program("not reply.ok")


def by_hand() -> None:
    _, partner = labs(0)
    say(partner, [EHLO, MAIL, *to(PARTNER), DATA, DOT, QUIT])


WRONG: dict[tuple[str, str], Callable[[], object]] = {
    ("09.a", "gap-sent"): lambda: asked(["..."]),
    ("09.a", "full-again"): lambda: asked(to(QUOTA)),
    ("09.a", "permanent-again"): lambda: asked(to(GONE)),
    ("09.a", "too-soon"): lambda: asked(to(GREY), wait=1),
    ("09.a", "somebody-else"): lambda: asked(to(BOB)),
    ("09.a", "no-path"): lambda: asked([f"RCPT {GREY}"]),
    ("09.a", "other-command"): lambda: asked(["DATA"]),
    ("09.b", "both-again"): both_again,
    ("09.b", "somebody-else"): lambda: say(Lab("mx", name="09.b"), [EHLO, MAIL, *to(BOB), DATA, DOT]),
    ("09.b", "recipient-lost"): lambda: say(Lab("mx", name="09.b"), [EHLO, MAIL, "RCPT TO:<grey>"]),
    ("09.b", "no-recipient"): lambda: say(Lab("mx", name="09.b"), [EHLO, MAIL, *to(GREY), DATA]),
    ("09.c", "by-hand"): by_hand,
    ("09.c", "twice"): lambda: left_by_lines(PARTNER, times=2),
    ("09.c", "without-trouble"): lambda: left_by_lines(PARTNER, trouble=0),
    ("09.c", "wrong-recipient"): lambda: left_by_lines("carol@partner.example", hours=0),
    ("09.c", "not-yet-due"): lambda: left_by_lines(PARTNER, hours=1),
}


@pytest.mark.parametrize(("exercise", "mistake"), WRONG)
def test_a_known_mistake_gets_its_own_message(transport: str, exercise: str, mistake: str) -> None:
    WRONG[exercise, mistake]()
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert verdict.evidence[0].remark
    assert verdict.next_step
    assert "{" not in str(verdict)
    assert progress.done() == set()


def test_every_mistake_is_tried_and_says_something_of_its_own() -> None:
    for exercise in (e for e in registry().exercises.values() if e.lesson == "09"):
        assert {name for entry, name in WRONG if entry == exercise.id} == {m.name for m in exercise.mistakes}
        assert len({m.message for m in exercise.mistakes}) == len(exercise.mistakes)


def test_a_mend_that_still_reads_the_text_comes_back_for_too_many(transport: str) -> None:
    program('"full" not in reply.text')  # "Mailbox disabled" has no "full", and it begins with 5
    verdict = check("09.b")
    assert verdict.mistake == "both-again"
    assert GONE in str(verdict)


@pytest.mark.parametrize("condition", ['"full" in reply.text', "False", "reply.code == 552", "reply.code >= 500"])
def test_a_mend_that_changes_nothing_on_the_wire_is_told_what_the_wire_shows(transport: str, condition: str) -> None:
    program(condition)
    verdict = check("09.b")
    assert verdict.status is Status.NOT_ATTEMPTED
    assert "wrong one" in verdict.message


def test_what_the_first_cell_sends_by_itself_is_no_attempt(transport: str) -> None:
    asked([])
    assert check("09.a").status is Status.NOT_ATTEMPTED


def test_a_message_left_and_no_time_passed(transport: str) -> None:
    left_by_lines(PARTNER, hours=0)
    assert check("09.c").mistake == "not-yet-due"
    office, _ = labs()
    say(office, [EHLO, AUTH, MAIL, *to(PARTNER), DATA, DOT, QUIT])
    assert check("09.c").status is Status.NOT_ATTEMPTED
