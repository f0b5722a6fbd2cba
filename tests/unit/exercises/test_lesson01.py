"""Lesson 00 and 01: each known mistake gets its own message, each right way is taken.

The conversations are written here as RFC 5321 has them; the same ways with a live lab are in test_live.py.
"""

from __future__ import annotations

import pytest

from helpers.exercises.registry import registry
from helpers.wire.messages import Status
from tests.unit.exercises.dialogue import EHLO, MAIL, NOOP, QUIT, said

HELO = "C: HELO laptop.example\nS: 250 mail.lab.example\n"
NO_EHLO = "C: EHLO laptop.example\nS: 500 5.5.1 Command not recognized\n"
MAIL_TOO_EARLY = "C: MAIL FROM:<alice@lab.example>\nS: 503 5.5.1 Say EHLO first\n"


def ehlo(argument: str, code: int = 250) -> str:
    return f"C: EHLO {argument}\nS: {code} 5.5.4 x\n" if code != 250 else f"C: EHLO {argument}\nS: 250-x\nS: 250 HELP\n"


RIGHT = {
    "00.a": [[NOOP], [EHLO], ["C: FROB\nS: 500 5.5.1 What?\n" + NOOP]],
    "01.a": [
        [EHLO],
        ["C: ehlo Desk.Garden.example\nS: 250-x\nS: 250 HELP\n"],  # smtplib writes the verb in small letters
        [ehlo("", 501) + ehlo("laptop", 504), EHLO + QUIT],
    ],
    "01.b": [
        [EHLO + MAIL + NOOP + QUIT],
        [NOOP + EHLO + NOOP + MAIL + QUIT],
        [MAIL_TOO_EARLY, EHLO + MAIL + QUIT],  # a second try, in a connection of its own
    ],
    "01.c": [
        [NO_EHLO + HELO + QUIT],
        [HELO + QUIT, NO_EHLO + NOOP + HELO + QUIT],
        ["C: ehlo laptop.example\nS: 502 5.5.1 Not implemented\nC: helo laptop.example\nS: 250 old.example\n" + QUIT],
    ],
}

WRONG = {
    "00.a": {
        "unknown-word": ["C: HALLO\nS: 500 5.5.1 Command not recognized\n"],
        "too-early": [MAIL_TOO_EARLY],
        "no-argument": ["C: EHLO\nS: 501 5.5.4 Syntax: EHLO name\n"],
    },
    "01.a": {
        "gap-sent": ["C: ...\nS: 500 5.5.1 Command not recognized\n"],
        "helo-for-ehlo": [HELO],
        "misspelt": ["C: ELHO laptop.example\nS: 500 5.5.1 Command not recognized\n"],
        "no-argument": ["C: EHLO\nS: 501 5.5.4 Syntax: EHLO name\n"],
        "angle-brackets": [ehlo("<laptop.example>", 501)],
        "url": [ehlo("http://laptop.example/", 501)],
        "mail-address": [ehlo("alice@lab.example", 501)],
        "several-words": [ehlo("laptop example", 501)],
        "address-literal": [ehlo("[192.0.2.1]")],
        "bare-address": [ehlo("192.0.2.1")],
        "no-dot": [ehlo("laptop")],
        "not-a-domain": [ehlo("my_laptop.example", 501)],
    },
    "01.b": {
        "several-connections": [EHLO, MAIL_TOO_EARLY, QUIT],
        "went-on-after-503": [MAIL_TOO_EARLY + EHLO + MAIL + QUIT],
        "mail-before-ehlo": [MAIL_TOO_EARLY],
        "reset-by-ehlo": [EHLO + MAIL + EHLO + QUIT],
        "reset-by-rset": [EHLO + MAIL + "C: RSET\nS: 250 2.0.0 Ok\n" + QUIT],
        "quit-first": [QUIT],
        "helo-for-ehlo": [HELO + MAIL + NOOP],
        "no-quit": [EHLO + MAIL + NOOP],
    },
    "01.c": {
        "no-argument": [NO_EHLO + "C: HELO\nS: 501 Syntax: HELO name\n"],
        "reconnected": [NO_EHLO, HELO + QUIT],
        "helo-first": [HELO + QUIT],
        "gave-up": [NO_EHLO + QUIT],
        "no-quit": [NO_EHLO + HELO],
    },
}


def server_of(exercise: str) -> str:
    return "legacy" if exercise == "01.c" else "open"


@pytest.mark.parametrize(("exercise", "conversations"), [(e, c) for e, ways in RIGHT.items() for c in ways])
def test_a_right_way_is_taken(exercise: str, conversations: list[str]) -> None:
    verdict = registry().exercise(exercise).check(said(*conversations, profile=server_of(exercise)))
    assert verdict.status is Status.DONE, str(verdict)
    assert verdict.evidence


@pytest.mark.parametrize(
    ("exercise", "mistake", "conversations"), [(e, m, c) for e, ways in WRONG.items() for m, c in ways.items()]
)
def test_a_known_mistake_gets_its_own_message(exercise: str, mistake: str, conversations: list[str]) -> None:
    task = registry().exercise(exercise)
    verdict = task.check(said(*conversations, profile=server_of(exercise)))
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert verdict.evidence
    assert verdict.evidence[0].remark
    assert verdict.next_step
    assert "{" not in str(verdict)


def test_every_mistake_is_tried_here_and_says_something_of_its_own() -> None:
    for exercise in (e for e in registry().exercises.values() if e.lesson in ("00", "01")):
        names = {mistake.name for mistake in exercise.mistakes}
        assert names - {"other-server"} == set(WRONG[exercise.id])
        assert len({mistake.message for mistake in exercise.mistakes}) == len(names)


def test_more_ways_to_get_the_greeting_wrong() -> None:
    task = registry().exercise("01.a")
    for line, mistake in {
        "EHLO <name>": "gap-sent",
        "EHLO ___": "gap-sent",
        "EHLLO laptop.example": "misspelt",
        "HALO laptop.example": "misspelt",
        "EHLOlaptop.example": "misspelt",
        "EHLO:laptop.example": "misspelt",
        "helo": "helo-for-ehlo",
        "EHLO ": "no-argument",
        "EHLO mailto:alice@lab.example": "mail-address",
        "EHLO localhost": "no-dot",
        "EHLO laptop.": "no-dot",
        "EHLO -laptop.example": "not-a-domain",
        "EHLO laptop..example": "not-a-domain",
    }.items():
        code = 250 if mistake == "helo-for-ehlo" else 500 if mistake == "misspelt" else 501
        assert task.check(said(f"C: {line}\nS: {code} x\n")).mistake == mistake, line


def test_the_greeting_of_a_modern_server_is_not_the_old_one() -> None:
    verdict = registry().exercise("01.c").check(said(EHLO + QUIT, profile="strict"))
    assert verdict.mistake == "other-server"
    assert registry().exercise("01.c").check(said(HELO + QUIT)).mistake == "other-server"


def test_two_labs() -> None:
    """The right thing at one server is found beside a mistake at another."""
    from helpers.exercises.records import Records

    old, new = said(NO_EHLO + HELO + QUIT, profile="legacy"), said(HELO + QUIT)
    for labs in ((*old.labs, *new.labs), (*new.labs, *old.labs)):
        assert registry().exercise("01.c").check(Records(labs)).done


def test_a_mistake_that_was_mended_is_not_held_against_you() -> None:
    task = registry().exercise("01.b")
    assert task.check(said(QUIT, MAIL_TOO_EARLY, EHLO + MAIL + EHLO + QUIT, EHLO + MAIL + NOOP + QUIT)).done
