"""Lesson 06: right ways by three tools and each known mistake, on a live lab and both transports.

What VRFY, EXPN and RCPT may tell: RFC 5321 3.3, 3.5, 7.3.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers import CommandPicker, Lab
from helpers.exercises import check, progress
from helpers.exercises.registry import registry
from helpers.wire.messages import Status
from tests.unit.exercises.live import say

ALICE, BOB, CAROL, DAVE, ERIN = (f"{name}@lab.example" for name in ("alice", "bob", "carol", "dave", "erin"))
EHLO, RSET, DATA, DOT, QUIT = "EHLO laptop.example", "RSET", "DATA", ".", "QUIT"
FROM_ALICE = f"MAIL FROM:<{ALICE}>"
PROBE = [EHLO, "MAIL FROM:<postmaster@other.example>"]
PROFILES = {"06.a": "open", "06.b": "mx", "06.c": "mx"}


def lab_for(exercise: str) -> Lab:
    return Lab(PROFILES[exercise], name=exercise)


def to(*addresses: str) -> list[str]:
    return [f"RCPT TO:<{address}>" for address in addresses]


ASKED = [EHLO, "VRFY bob"]
LETTER = [FROM_ALICE, *to(BOB), DATA, DOT]


def pick(lab: Lab, *steps: tuple[str, dict[str, str]]) -> None:
    picker = CommandPicker(lab)
    for verb, fields in steps:
        picker.send(verb, **fields)


def picked(*addresses: str) -> list[tuple[str, dict[str, str]]]:
    opening: list[tuple[str, dict[str, str]]] = [("MAIL", {"reverse_path": ALICE})]
    return opening + [("RCPT", {"forward_path": address}) for address in addresses]


HELLO: tuple[str, dict[str, str]] = ("EHLO", {})


def verified_by_smtplib(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.verify("smith")
        client.verify(CAROL)


def sent_by_smtplib(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.ehlo()
        assert client.verify("bob")[0] == 252
        client.sendmail(ALICE, BOB, "Subject: Lunch\n\nFriday?")


def audited_by_smtplib(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.ehlo()
        client.mail("")
        for address in (ERIN, DAVE, ALICE):
            client.rcpt(address)


RIGHT: dict[tuple[str, str], Callable[[Lab], None]] = {
    ("06.a", "picker"): lambda lab: pick(lab, ("VRFY", {"user": "smith"}), ("VRFY", {"user": "carol"})),
    ("06.a", "raw lines"): lambda lab: say(lab, ["VRFY smith", "vrfy Carol Smith"]),
    ("06.a", "smtplib"): verified_by_smtplib,
    ("06.a", "with brackets"): lambda lab: say(lab, ["VRFY smith", "VRFY", f"VRFY <{CAROL}>", QUIT]),
    ("06.b", "picker"): lambda lab: pick(
        lab, HELLO, ("VRFY", {"user": "bob"}), *picked(BOB), ("DATA", {}), ("MESSAGE", {}), ("QUIT", {})
    ),
    ("06.b", "raw lines"): lambda lab: say(lab, [*ASKED, *LETTER, QUIT]),
    ("06.b", "smtplib"): sent_by_smtplib,
    ("06.b", "inside the transaction"): lambda lab: say(lab, [EHLO, FROM_ALICE, f"VRFY {BOB}", *LETTER[1:]]),
    ("06.c", "picker"): lambda lab: pick(lab, HELLO, *picked(ALICE, DAVE, ERIN), ("RSET", {})),
    ("06.c", "raw lines"): lambda lab: say(lab, [*PROBE, *to(ALICE, DAVE, ERIN), RSET]),
    ("06.c", "smtplib"): audited_by_smtplib,
    ("06.c", "one at a time"): lambda lab: say(
        lab, ["VRFY erin"], *([*PROBE, *to(who), QUIT] for who in (ALICE, DAVE, ERIN))
    ),
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
    ("06.a", "gap-sent"): [["VRFY smith", "VRFY ..."]],
    ("06.a", "misspelt"): [["VRFY smith", "VERIFY carol"]],
    ("06.a", "no-argument"): [["VRFY smith", "VRFY"]],
    ("06.a", "expn-for-vrfy"): [["VRFY smith", "EXPN carol"]],
    ("06.a", "as-in-rcpt"): [["VRFY smith", f"VRFY TO:<{CAROL}>"]],
    ("06.a", "recipient-for-question"): [["VRFY smith", *to(CAROL)]],
    ("06.a", "asked-again"): [["VRFY smith", "VRFY smith"]],
    ("06.a", "still-ambiguous"): [["VRFY smith", "VRFY Smith"]],
    ("06.a", "somebody-else"): [["VRFY smith", "VRFY dave"]],
    ("06.a", "other-domain"): [["VRFY smith", "VRFY carol@other.example"]],
    ("06.a", "unknown"): [["VRFY smith", "VRFY Smith, Carol"]],
    ("06.b", "not-asked"): [[EHLO, *LETTER, QUIT]],
    ("06.b", "somebody-else"): [[*ASKED, FROM_ALICE, *to(CAROL), DATA, DOT, QUIT]],
    ("06.b", "wants-250"): [[EHLO, f"VRFY {BOB}", QUIT]],
    ("06.b", "expn-for-vrfy"): [[EHLO, "EXPN bob", QUIT]],
    ("06.b", "recipient-refused"): [[*ASKED, FROM_ALICE, *to("bobby@lab.example"), QUIT]],
    ("06.b", "too-early"): [["VRFY bob", FROM_ALICE]],
    ("06.b", "not-ended"): [[*ASKED, FROM_ALICE, *to(BOB), QUIT]],
    ("06.c", "sent"): [[*PROBE, *to(ALICE, DAVE, ERIN), DATA, DOT, QUIT]],
    ("06.c", "vrfy"): [[EHLO, "VRFY alice", "VRFY dave", "VRFY erin", QUIT]],
    ("06.c", "expn"): [[EHLO, "EXPN staff"]],
    ("06.c", "no-sender"): [[EHLO, *to(ALICE)]],
    ("06.c", "syntax"): [[*PROBE, "RCPT TO:<alice>"]],
    ("06.c", "elsewhere"): [[*PROBE, *to("alice@other.example")]],
    ("06.c", "data-begun"): [[*PROBE, *to(ALICE), DATA]],
    ("06.c", "left-open"): [[*PROBE, *to(ALICE, DAVE, ERIN)]],
    ("06.c", "some-missing"): [[*PROBE, *to(ALICE, ERIN), RSET]],
}
ELSEWHERE = {("06.b", "other-server"), ("06.c", "other-server")}


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


@pytest.mark.parametrize(
    ("exercise", "lines"), [("06.b", [*ASKED, *LETTER, QUIT]), ("06.c", [*PROBE, *to(ALICE, DAVE, ERIN), RSET])]
)
def test_the_open_server_does_not_count(transport: str, exercise: str, lines: list[str]) -> None:
    say(Lab("open", name=exercise), lines)
    assert_told(exercise, "other-server")


def test_every_mistake_is_tried_and_says_something_of_its_own() -> None:
    tried = {*WRONG, *ELSEWHERE}
    for exercise in (e for e in registry().exercises.values() if e.lesson == "06"):
        assert {name for entry, name in tried if entry == exercise.id} == {m.name for m in exercise.mistakes}
        assert len({m.message for m in exercise.mistakes}) == len(exercise.mistakes)


@pytest.mark.parametrize(("exercise", "lines"), [("06.a", ["VRFY smith"]), ("06.b", [*ASKED, QUIT])])
def test_what_the_cell_sends_by_itself_is_no_attempt(transport: str, exercise: str, lines: list[str]) -> None:
    say(lab_for(exercise), lines)
    assert check(exercise).status is Status.NOT_ATTEMPTED


@pytest.mark.parametrize("condition", [".code == 250", ".code == 550", ".code == 251"])
def test_a_mend_that_changes_nothing_on_the_wire_is_told_what_the_wire_shows(transport: str, condition: str) -> None:
    starter = registry().exercise("06.b").starter
    assert ".code == 250" in starter
    exec(starter.replace(".code == 250", condition), {"Lab": Lab})
    verdict = check("06.b")
    assert verdict.status is Status.NOT_ATTEMPTED
    assert "takes 252 for a no" in verdict.message
    assert "nothing of your own" not in str(verdict)


def test_mends_that_are_on_their_way(transport: str) -> None:
    """After each try the newest one is told of, however wrong the ones before were."""
    lab = lab_for("06.c")
    for lines, mistake in [
        (["VRFY alice"], "vrfy"),
        (to(ALICE), "no-sender"),
        ([*PROBE, *to(ALICE)], "some-missing"),
        ([*PROBE, *to(DAVE, ERIN)], "left-open"),
    ]:
        say(lab, lines)
        assert check("06.c").mistake == mistake
    say(lab, [*PROBE, *to(ERIN), QUIT])
    assert check("06.c").done


def test_a_list_in_place_of_a_person(transport: str) -> None:
    lab = lab_for("06.b")
    say(lab, [*ASKED, FROM_ALICE, *to("staff@lab.example"), DATA, DOT, QUIT])
    assert check("06.b").mistake == "somebody-else"
