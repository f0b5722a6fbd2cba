"""Lesson 05: right ways by three tools and each known mistake, on a live lab and both transports.

What a reset, a refusal and the end of a session do: RFC 5321 3.8, 4.1.1.5, 4.1.1.10, 4.1.4.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable

import pytest

from helpers import CommandPicker, Lab, order
from helpers.exercises import check, progress
from helpers.exercises.registry import registry
from helpers.session import NothingToWaitFor, SessionError
from helpers.wire.messages import Status
from tests.unit.exercises.live import say

ALICE, BOB, CAROL = "alice@lab.example", "bob@lab.example", "carol@lab.example"
EHLO, RSET, DATA, DOT, QUIT = "EHLO laptop.example", "RSET", "DATA", ".", "QUIT"
FROM_ALICE, FROM_CAROL = f"MAIL FROM:<{ALICE}>", f"MAIL FROM:<{CAROL}>"
TO_BOB, TO_CAROL = f"RCPT TO:<{BOB}>", f"RCPT TO:<{CAROL}>"
GIVEN = [EHLO, FROM_ALICE, TO_CAROL]
LETTER = [FROM_CAROL, TO_BOB, DATA, DOT]
TURNED_AWAY = [EHLO, FROM_ALICE, TO_BOB]  # the fault answers the last one 421
DELIVERED = [*TURNED_AWAY, DATA, DOT]


def lab_for(exercise: str, *, fault: bool = True) -> Lab:
    lab = Lab("open", name=exercise)
    if exercise == "05.c" and fault:
        lab.fault("RCPT", "421 4.3.2 mail.lab.example Service shutting down", times=1)
    return lab


def pick(lab: Lab, *steps: tuple[str, dict[str, str]]) -> None:
    picker = CommandPicker(lab)
    for verb, fields in steps:
        picker.send(verb, **fields)


HELLO, BY_ALICE, BY_CAROL = ("EHLO", {}), ("MAIL", {"reverse_path": ALICE}), ("MAIL", {"reverse_path": CAROL})
FOR_BOB, FOR_CAROL = ("RCPT", {"forward_path": BOB}), ("RCPT", {"forward_path": CAROL})
BODY, BYE = (("DATA", {}), ("MESSAGE", {})), ("QUIT", {})


def reset_by_smtplib(lab: Lab) -> None:
    client = lab.smtplib()
    client.ehlo()
    client.mail(ALICE)
    client.rcpt(CAROL)
    client.rset()
    client.close()


def both_by_smtplib(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.ehlo()
        client.mail(ALICE)
        client.rset()
        client.sendmail(CAROL, BOB, "Subject: Lunch\n\nFriday?")


def back_by_smtplib(lab: Lab) -> None:
    client = lab.smtplib()
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        client.sendmail(ALICE, BOB, "Subject: Lunch\n\nFriday?")
    with lab.smtplib() as again:
        again.sendmail(ALICE, BOB, "Subject: Lunch\n\nFriday?")


def pick_again(lab: Lab) -> None:
    pick(lab, HELLO, BY_ALICE, FOR_BOB)
    pick(lab, HELLO, BY_ALICE, FOR_BOB, *BODY, BYE)


RIGHT: dict[tuple[str, str], Callable[[Lab], None]] = {
    ("05.a", "picker"): lambda lab: pick(lab, HELLO, BY_ALICE, FOR_CAROL, ("RSET", {})),
    ("05.a", "raw lines"): lambda lab: say(lab, [*GIVEN, "rset"]),
    ("05.a", "smtplib"): reset_by_smtplib,
    ("05.a", "after a slip"): lambda lab: say(lab, [*GIVEN, "RESET", "NOOP", RSET, QUIT]),
    ("05.b", "picker"): lambda lab: pick(lab, HELLO, BY_ALICE, ("RSET", {}), BY_CAROL, FOR_BOB, *BODY, BYE),
    ("05.b", "raw lines"): lambda lab: say(lab, [EHLO, FROM_ALICE, RSET, *LETTER, QUIT]),
    ("05.b", "smtplib"): both_by_smtplib,
    ("05.b", "carol first"): lambda lab: say(lab, [EHLO, *LETTER, FROM_ALICE, RSET, QUIT]),
    ("05.b", "at the second try"): lambda lab: say(
        lab, [EHLO, FROM_ALICE, FROM_CAROL], [EHLO, FROM_ALICE, TO_BOB, RSET, *LETTER, "NOOP", QUIT]
    ),
    ("05.c", "picker"): pick_again,
    ("05.c", "raw lines"): lambda lab: say(lab, TURNED_AWAY, [*DELIVERED, QUIT]),
    ("05.c", "smtplib"): back_by_smtplib,
    ("05.c", "with detours"): lambda lab: say(lab, TURNED_AWAY, [EHLO, QUIT], [FROM_ALICE, *DELIVERED, "NOOP", QUIT]),
}


@pytest.mark.parametrize(("exercise", "way"), RIGHT)
def test_a_right_way_is_taken(transport: str, exercise: str, way: str) -> None:
    lab = lab_for(exercise)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    RIGHT[exercise, way](lab)
    verdict = check(exercise)
    assert verdict.done, str(verdict)
    assert verdict.evidence
    assert progress.done() == {exercise}


WRONG: dict[tuple[str, str], list[list[str]]] = {
    ("05.a", "gap-sent"): [[*GIVEN, "..."]],
    ("05.a", "misspelt"): [[*GIVEN, "RESET"]],
    ("05.a", "with-argument"): [[*GIVEN, f"RSET <{CAROL}>"]],
    ("05.a", "nothing-to-reset"): [GIVEN, [RSET]],
    ("05.a", "greeted-again"): [[*GIVEN, "EHLO desk.example"]],
    ("05.a", "quit"): [[*GIVEN, QUIT]],
    ("05.a", "named-again"): [[*GIVEN, FROM_CAROL]],
    ("05.a", "recipient-added"): [[*GIVEN, TO_BOB]],
    ("05.a", "changes-nothing"): [[*GIVEN, "NOOP"]],
    ("05.b", "over-two-connections"): [[EHLO, FROM_ALICE, RSET, QUIT], [EHLO, *LETTER, QUIT]],
    ("05.b", "nested"): [[EHLO, FROM_ALICE, *LETTER, RSET, QUIT]],
    ("05.b", "carol-dropped"): [[EHLO, FROM_CAROL, TO_BOB, RSET, FROM_ALICE, DATA, DOT, QUIT]],
    ("05.b", "too-early"): [[RSET, FROM_ALICE, EHLO, *LETTER, QUIT]],
    ("05.b", "lone-dot"): [[EHLO, FROM_ALICE, RSET, FROM_CAROL, TO_BOB, DOT, QUIT]],
    ("05.b", "sent-as-alice"): [[EHLO, FROM_ALICE, TO_BOB, DATA, DOT, RSET, FROM_CAROL, QUIT]],
    ("05.b", "greeted-again"): [[EHLO, FROM_ALICE, EHLO]],
    ("05.b", "idle-reset"): [[EHLO, RSET, *LETTER, FROM_ALICE, QUIT]],
    ("05.b", "quit-early"): [[EHLO, FROM_ALICE, RSET, FROM_CAROL, QUIT, TO_BOB, DATA, DOT]],
    ("05.b", "no-quit"): [[EHLO, FROM_ALICE, RSET, *LETTER]],
    ("05.c", "twice"): [TURNED_AWAY, DELIVERED, [*DELIVERED, QUIT]],
    ("05.c", "gave-up"): [[*TURNED_AWAY, DATA]],
    ("05.c", "carried-on"): [TURNED_AWAY, [TO_BOB, DATA]],
    ("05.c", "not-greeted"): [TURNED_AWAY, [FROM_ALICE]],
    ("05.c", "left-early"): [TURNED_AWAY, [*TURNED_AWAY, QUIT]],
    ("05.c", "somebody-else"): [TURNED_AWAY, [EHLO, FROM_ALICE, TO_CAROL, DATA, DOT, QUIT]],
    ("05.c", "hung-up"): [TURNED_AWAY, DELIVERED],
}
ELSEWHERE = {("05.b", "command-in-message"), ("05.c", "no-421"), ("05.c", "left-open")}


def assert_told(exercise: str, mistake: str) -> None:
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert verdict.evidence[0].remark
    assert verdict.next_step
    assert "{" not in str(verdict)
    assert progress.done() == set()


@pytest.mark.parametrize(("exercise", "mistake"), WRONG)
def test_a_known_mistake_gets_its_own_message(transport: str, exercise: str, mistake: str) -> None:
    say(lab_for(exercise), *WRONG[exercise, mistake])
    assert_told(exercise, mistake)


def test_a_command_behind_354(transport: str) -> None:
    shuffled = order(lab_for("05.b"), [], "05.b")
    with pytest.raises(NothingToWaitFor):
        shuffled.run([EHLO, FROM_ALICE, RSET, FROM_CAROL, TO_BOB, DATA, QUIT])
    assert_told("05.b", "command-in-message")
    assert check("05.b").evidence[0].text == "C: QUIT"
    shuffled.run([EHLO, FROM_ALICE, TO_BOB, DATA, RSET, FROM_CAROL, DOT, QUIT])
    assert_told("05.b", "command-in-message")
    assert check("05.b").evidence[0].text == "C: RSET"


def test_delivered_without_a_421(transport: str) -> None:
    say(lab_for("05.c", fault=False), [*DELIVERED, QUIT])
    assert_told("05.c", "no-421")


@pytest.mark.parametrize("lines", [TURNED_AWAY, [*TURNED_AWAY, DATA], [*TURNED_AWAY, DATA, "Subject: Lunch"]])
def test_a_message_without_its_end(transport: str, lines: list[str]) -> None:
    lab = lab_for("05.c")
    say(lab, TURNED_AWAY)
    session = lab.connect()
    for line in lines:
        session.send_raw(line.encode() + b"\r\n")
    assert_told("05.c", "left-open")
    session.close()
    assert_told("05.c", "left-early")


def test_every_mistake_is_tried_and_says_something_of_its_own() -> None:
    tried = {*WRONG, *ELSEWHERE}
    for exercise in (e for e in registry().exercises.values() if e.lesson == "05"):
        assert {name for entry, name in tried if entry == exercise.id} == {m.name for m in exercise.mistakes}
        assert len({m.message for m in exercise.mistakes}) == len(exercise.mistakes)


def test_the_lines_that_the_cell_sends_by_itself_are_no_attempt(transport: str) -> None:
    say(lab_for("05.a"), GIVEN)
    assert check("05.a").status is Status.NOT_ATTEMPTED


def test_more_ways_to_ask_for_a_reset() -> None:
    lab = Lab("open", name="05.a", transport="memory")
    for line, mistake in {
        "RST": "misspelt",
        "REST": "misspelt",
        "CANCEL": "misspelt",
        "line = ___": "gap-sent",
        "RSET now": "with-argument",
        "HELO laptop.example": "greeted-again",
        "HELP": "changes-nothing",
        "vrfy bob": "changes-nothing",
    }.items():
        say(lab, [*GIVEN, line])
        assert check("05.a").mistake == mistake, line


def test_mends_that_are_on_their_way(transport: str) -> None:
    """After each try the newest one is told of, however wrong the ones before were."""
    lab = lab_for("05.b")
    for lines, mistake in [
        ([QUIT, EHLO], "quit-early"),
        ([EHLO, FROM_ALICE, FROM_CAROL, RSET, QUIT], "nested"),
        ([EHLO, FROM_ALICE, RSET, *LETTER], "no-quit"),
    ]:
        say(lab, lines)
        assert check("05.b").mistake == mistake
    say(lab, [EHLO, FROM_ALICE, RSET, *LETTER, QUIT])
    assert check("05.b").done


def test_a_line_that_drops_is_no_421(transport: str) -> None:
    lab = Lab("open", name="05.c")
    lab.fault("RCPT", drop=True, times=1)
    with pytest.raises(SessionError):
        lab_session = lab.connect()
        for line in TURNED_AWAY:
            lab_session.send(line)
    assert check("05.c").mistake is None
    assert check("05.c").status is Status.NOT_YET
