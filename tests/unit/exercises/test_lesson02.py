"""Lesson 02: right ways by three tools, and each known mistake, on a live lab and both transports."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers import CommandPicker, Lab
from helpers.exercises import check, progress
from helpers.exercises.registry import registry
from helpers.wire.messages import Status
from tests.unit.exercises.live import say

EHLO, RSET, QUIT = "EHLO laptop.example", "RSET", "QUIT"
CAROL = "MAIL FROM:<carol@lab.example>"
ALICE = "MAIL FROM:<alice@lab.example> SIZE=2000"
BOUNCE = "MAIL FROM:<>"
ZOE = "MAIL FROM:<zoë@lab.example> SIZE=48200 BODY=8BITMIME SMTPUTF8"
PROFILES = {"02.a": "strict", "02.b": "strict", "02.c": "mx"}
LINES = {"02.a": [EHLO, CAROL], "02.b": [EHLO, ALICE, RSET, BOUNCE, QUIT], "02.c": [EHLO, ZOE]}


def by_picker(lab: Lab, exercise: str) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO", name="laptop.example")
    if exercise == "02.a":
        picker.send("MAIL", reverse_path="carol@lab.example")
    elif exercise == "02.b":
        picker.send("MAIL", reverse_path="alice@lab.example", SIZE="2000")
        picker.send("RSET")
        picker.send("MAIL", reverse_path="")
        picker.send("QUIT")
    else:
        picker.send("MAIL", reverse_path="zoë@lab.example", SIZE="48200", BODY="8BITMIME", SMTPUTF8="SMTPUTF8")


def by_smtplib(lab: Lab, exercise: str) -> None:
    client = lab.smtplib()
    client.ehlo()
    if exercise == "02.a":
        client.mail("Carol <carol@lab.example>")  # smtplib takes the display name off
    elif exercise == "02.b":
        client.mail("alice@lab.example", ["size=2000"])
        client.rset()
        client.mail("")
        client.quit()
        return
    else:
        client.mail("zoë@lab.example", ["SMTPUTF8", "body=8bitmime", "SIZE=48200"])
    client.close()


WAYS: dict[str, Callable[[Lab, str], None]] = {
    "picker": by_picker,
    "raw lines": lambda lab, exercise: say(lab, LINES[exercise]),
    "smtplib": by_smtplib,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("exercise", LINES)
def test_three_right_ways(transport: str, exercise: str, way: str) -> None:
    lab = Lab(PROFILES[exercise], name=exercise)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    WAYS[way](lab, exercise)
    verdict = check(exercise)
    assert verdict.done, str(verdict)
    assert progress.done() == {exercise}


A = "alice@lab.example"
MISTAKES: dict[tuple[str, str], list[list[str]]] = {
    ("02.a", "gap-sent"): [[EHLO, "..."]],
    ("02.a", "too-early"): [[EHLO], [CAROL]],
    ("02.a", "nested"): [[EHLO, f"MAIL FROM:<{A}>", CAROL]],
    ("02.a", "from-header"): [[EHLO, "From: carol@lab.example"]],
    ("02.a", "rcpt-for-mail"): [[EHLO, "RCPT TO:<carol@lab.example>"]],
    ("02.a", "run-together"): [[EHLO, "MAILFROM:<carol@lab.example>"]],
    ("02.a", "no-colon"): [[EHLO, "MAIL <carol@lab.example>"]],
    ("02.a", "display-name"): [[EHLO, "MAIL FROM: Carol <carol@lab.example>"]],
    ("02.a", "space-at-colon"): [[EHLO, "MAIL FROM: <carol@lab.example>"]],
    ("02.a", "no-path"): [[EHLO, "MAIL FROM:"]],
    ("02.a", "no-brackets"): [[EHLO, "MAIL FROM:carol@lab.example"]],
    ("02.a", "open-bracket"): [[EHLO, "MAIL FROM:<carol@lab.example"]],
    ("02.a", "parameter"): [[EHLO, f"{CAROL} PRIORITY=high"]],
    ("02.a", "not-an-address"): [[EHLO, "MAIL FROM:<carol>"]],
    ("02.a", "null-path"): [[EHLO, BOUNCE]],
    ("02.a", "other-sender"): [[EHLO, f"MAIL FROM:<{A}>"]],
    ("02.b", "went-on-after-refusal"): [[EHLO, "MAIL FROM:", ALICE, RSET, BOUNCE, QUIT]],
    ("02.b", "bounce-in-another-connection"): [[EHLO, ALICE, QUIT], [EHLO, BOUNCE, QUIT]],
    ("02.b", "too-early"): [[ALICE, RSET, BOUNCE, QUIT]],
    ("02.b", "nested"): [[EHLO, ALICE, BOUNCE, QUIT]],
    ("02.b", "display-name"): [[EHLO, f"MAIL FROM: Alice <{A}>", "MAIL FROM:", QUIT]],
    ("02.b", "space-at-colon"): [[EHLO, f"MAIL FROM: <{A}> SIZE=2000", "MAIL FROM:", QUIT]],
    ("02.b", "no-brackets"): [[EHLO, f"MAIL FROM:{A} SIZE=2000", RSET, BOUNCE, QUIT]],
    ("02.b", "no-path"): [[EHLO, ALICE, RSET, "MAIL FROM:", QUIT]],
    ("02.b", "size-not-a-number"): [[EHLO, f"MAIL FROM:<{A}> SIZE=2kB", RSET, BOUNCE, QUIT]],
    ("02.b", "parameter"): [[EHLO, f"MAIL FROM:<{A}>SIZE=2000", RSET, BOUNCE, QUIT]],
    ("02.b", "size-left-out"): [[EHLO, f"MAIL FROM:<{A}>", RSET, BOUNCE, QUIT]],
    ("02.b", "other-size"): [[EHLO, f"MAIL FROM:<{A}> SIZE=2048", RSET, BOUNCE, QUIT]],
    ("02.b", "bounce-with-sender"): [[EHLO, ALICE, RSET, "MAIL FROM:<postmaster@lab.example>", QUIT]],
    ("02.b", "other-sender"): [[EHLO, "MAIL FROM:<bob@lab.example> SIZE=2000", RSET, BOUNCE, QUIT]],
    ("02.b", "no-second-transaction"): [[EHLO, ALICE, RSET, QUIT]],
    ("02.b", "no-quit"): [[EHLO, ALICE, RSET, BOUNCE]],
    ("02.c", "too-early"): [[ZOE]],
    ("02.c", "nested"): [[EHLO, f"MAIL FROM:<{A}>", ZOE]],
    ("02.c", "after-helo"): [["HELO laptop.example", ZOE]],
    ("02.c", "not-utf8-announced"): [[EHLO, ZOE.removesuffix(" SMTPUTF8")]],
    ("02.c", "keyword-for-parameter"): [[EHLO, ZOE.replace("BODY=", "")]],
    ("02.c", "not-offered"): [[EHLO, f"{ZOE} AUTH=<>"]],
    ("02.c", "badly-separated"): [[EHLO, ZOE.replace(" BODY", ", BODY")]],
    ("02.c", "path-syntax"): [[EHLO, ZOE.replace("<", "").replace(">", "")]],
    ("02.c", "bad-value"): [[EHLO, ZOE.replace("48200", "48kB")]],
    ("02.c", "other-sender"): [[EHLO, ZOE.replace("ë", "e")]],
    ("02.c", "size-missing"): [[EHLO, ZOE.replace("SIZE=48200 ", "")]],
    ("02.c", "other-size"): [[EHLO, ZOE.replace("48200", "48000")]],
    ("02.c", "body-missing"): [[EHLO, ZOE.replace("BODY=8BITMIME ", "")]],
    ("02.c", "other-body"): [[EHLO, ZOE.replace("8BITMIME", "7BIT")]],
}


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_each_mistake(transport: str, exercise: str, mistake: str) -> None:
    say(Lab(PROFILES[exercise], name=exercise), *MISTAKES[exercise, mistake])
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert verdict.evidence
    assert verdict.next_step
    assert "{" not in str(verdict)
    assert progress.done() == set()


def test_every_mistake_is_tried_here_and_says_something_of_its_own() -> None:
    for identifier in PROFILES:
        exercise = registry().exercise(identifier)
        assert {m.name for m in exercise.mistakes} == {name for of, name in MISTAKES if of == identifier}
        assert len({m.message for m in exercise.mistakes}) == len(exercise.mistakes)


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("MAIL FROM :<carol@lab.example>", "space-at-colon"),
        ("MAIL FROM:Carol <carol@lab.example>", "display-name"),
        ("MAIL", "no-colon"),
        ("MAIL carol@lab.example", "no-colon"),
        ("MAIL TO:<carol@lab.example>", "no-colon"),
        ("MAIL FROM carol@lab.example", "no-colon"),
        ("MAIL FROM:<carol lab.example>", "not-an-address"),
        ("MAIL FROM:< carol@lab.example >", "not-an-address"),
        ("MAIL FROM:<carol@lab.example>SIZE=5", "parameter"),
    ],
)
def test_more_ways_to_get_the_line_wrong(line: str, mistake: str) -> None:
    say(Lab("strict", name="02.a", transport="memory"), [EHLO, line])
    assert check("02.a").mistake == mistake


def test_the_broken_list_is_mended_line_by_line() -> None:
    """The verdict names the first thing to change, not the last, though the whole list is sent each time."""
    broken = [EHLO, f"MAIL FROM: <{A}> SIZE=2kB", "MAIL FROM:", QUIT]
    tries = [
        (broken, None),
        ([EHLO, f"MAIL FROM:<{A}> SIZE=2kB", "MAIL FROM:", QUIT], "size-not-a-number"),
        ([EHLO, ALICE, "MAIL FROM:", QUIT], "nested"),
        ([EHLO, ALICE, RSET, "MAIL FROM:", QUIT], "no-path"),
        ([EHLO, ALICE, RSET, BOUNCE, "NOOP"], "no-quit"),
    ]
    for lines, mistake in tries:
        lab = Lab("strict", name="02.b", transport="memory")
        say(lab, lines)
        verdict = check("02.b")
        assert verdict.mistake == mistake, str(verdict)
        assert (verdict.status is Status.NOT_ATTEMPTED) == (mistake is None)
    say(lab, LINES["02.b"])
    assert check("02.b").done


@pytest.mark.parametrize("lines", [[EHLO, ALICE], [EHLO, ALICE, RSET], [EHLO, BOUNCE], [EHLO, BOUNCE, QUIT]])
def test_half_of_it_is_no_mistake(lines: list[str]) -> None:
    say(Lab("strict", name="02.b", transport="memory"), lines)
    verdict = check("02.b")
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, None), str(verdict)


def test_a_lenient_server_does_not_make_a_wrong_line_right() -> None:
    """The task asks for the strict server; another one under the exercise's name changes nothing."""
    say(Lab("naive", name="02.a", transport="memory"), [EHLO, "MAIL FROM: <carol@lab.example>"])
    assert check("02.a").mistake == "space-at-colon"


def test_something_before_rset_or_ehlo_is_no_obstacle() -> None:
    """EHLO ends the first transaction as RSET does (RFC 5321 4.1.4)."""
    say(Lab("strict", name="02.b", transport="memory"), [EHLO, ALICE, EHLO, "NOOP", BOUNCE, QUIT])
    assert check("02.b").done
