"""Judging in general, and the shapes that refuse to be malformed."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.exercises.base import Exercise, MalformedEntry, Mistake, Option, Prediction, Question, latest
from helpers.exercises.records import LabRecord, Records
from helpers.exercises.registry import UnknownId, gather, registry
from helpers.wire.events import EventKind, WireEvent
from helpers.wire.messages import Status
from helpers.wire.transcript import Transcript
from tests.unit.exercises.dialogue import EHLO, GREETING, MAIL, NOOP, QUIT, lab_record, said

FADED = registry().exercise("01.a")


def test_nothing_said_is_not_attempted() -> None:
    for records in (Records(), Records((LabRecord("open", "open", Transcript()),)), said(""), said("", "")):
        verdict = FADED.check(records)
        assert verdict.status is Status.NOT_ATTEMPTED
        assert verdict.next_step


def test_an_exercise_with_its_own_lab_looks_nowhere_else() -> None:
    lesson = lab_record(GREETING + EHLO)
    assert FADED.check(Records((lesson,))).done
    own = lab_record(GREETING, name="01.a")
    assert FADED.check(Records((lesson, own))).status is Status.NOT_ATTEMPTED
    own = lab_record(GREETING + EHLO, name="01.a")
    assert FADED.check(Records((lab_record(GREETING + "C: EHLO\nS: 501 x\n"), own))).done


def test_a_replay_is_no_deed_but_its_state_counts() -> None:
    replayed = "(replay)\n" + GREETING + EHLO + "(live)\n"
    assert FADED.check(said(replayed)).status is Status.NOT_ATTEMPTED
    # After an undo of a mistake: EHLO and MAIL come from the replay, NOOP and QUIT from the learner.
    order = registry().exercise("01.b")
    assert order.check(said("(replay)\n" + GREETING + EHLO + MAIL + "(live)\n" + NOOP + QUIT)).done
    assert not order.check(said("(replay)\n" + GREETING + EHLO + MAIL + NOOP + QUIT + "(live)\n")).done


def test_the_last_mistake_is_told_with_its_line_and_lab() -> None:
    first = lab_record(GREETING + "C: EHLO\nS: 501 5.5.4 Syntax: EHLO name\n", name="one")
    second = lab_record(GREETING + "C: HELO laptop.example\nS: 250 mail.lab.example\n" + NOOP, name="two")
    verdict = FADED.check(Records((first, second)))
    assert verdict.mistake == "helo-for-ehlo"
    (line,) = verdict.evidence
    assert (line.number, line.text, line.lab) == (2, "C: HELO laptop.example", "two")
    assert FADED.check(Records((second, first))).mistake == "no-argument"
    assert FADED.check(Records((first,))).evidence[0].lab == "", "one lab needs no name"


def test_the_line_number_is_the_one_in_the_printed_connection() -> None:
    """A widget shows one connection: whoever counts there finds the line, however many tries came before."""
    records = said(EHLO + QUIT, "C: EHLO\nS: 501 5.5.4 Syntax: EHLO name\n", name="01.a")
    verdict = replace(FADED, done=lambda _: None).check(records)
    (line,) = verdict.evidence
    printed = str(records.labs[0].transcript.connection(line.connection)).splitlines()
    assert (line.connection, printed[line.number - 1]) == (2, "C: EHLO")
    assert f"line {line.number} of connection 2 | C: EHLO" in str(verdict)


def test_what_the_cell_sends_by_itself_is_no_attempt() -> None:
    """A starter may open the session; whoever only runs it has tried nothing, and a mistake in it is not theirs."""
    line = "EHLO"
    task = replace(FADED, given=(line,))
    wrong = f"C: {line}\nS: 501 5.5.4 Syntax: EHLO name\n"
    assert FADED.check(said(wrong)).mistake == "no-argument"
    assert task.check(said(wrong)).status is Status.NOT_ATTEMPTED
    assert task.check(said(wrong)).next_step == FADED.start_with
    assert task.check(said(wrong + NOOP)).mistake == "no-argument"
    assert task.check(said(wrong + wrong)).mistake == "no-argument", "the second time it is the learner's own line"
    assert task.check(said(EHLO)).done


def test_something_else_said_is_not_yet() -> None:
    verdict = FADED.check(said(NOOP))
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, None)
    assert 'hint("01.a")' in verdict.next_step


def test_credentials_do_not_stand_in_a_verdict() -> None:
    secret = "AGFsaWNlAHdvbmRlcmxhbmQ="
    verdict = FADED.check(said(f"C: AUTH PLAIN {secret}\nS: 503 5.5.1 EHLO first\n"))
    assert secret not in str(verdict)
    assert "AUTH PLAIN" in str(verdict)


ODD_LINES = st.sampled_from(
    [
        b"EHLO x\r\n",
        b"EHLO\r\n",
        b"HELO a.b\r\n",
        b"MAIL FROM:<>\r\n",
        b"{0}{x}\r\n",
        b"QUIT\r\n",
        b"AUTH PLAIN\r\n",
        b"\r\n",
        b"\n",
        b"DATA\r\n",
        b".\r\n",
        b"STARTTLS\r\n",
        b"EHLO <script>\r\n",
        b"RSET\r\n",
    ]
)
ODD_REPLIES = st.sampled_from(
    [
        b"220 hi\r\n",
        b"250-a\r\n250 b\r\n",
        b"250 ok\r\n",
        b"221 bye\r\n",
        b"354 go\r\n",
        b"334 \r\n",
        b"421 bye\r\n",
        b"500 what\r\n",
        b"501 what\r\n",
        b"503 order\r\n",
        b"nonsense\r\n",
        b"235 ok\r\n",
    ]
)
EVENTS = st.builds(
    WireEvent,
    kind=st.sampled_from(EventKind),
    connection=st.integers(1, 3),
    data=st.one_of(ODD_LINES, ODD_REPLIES, st.binary(max_size=20)),
    consumed=st.one_of(st.none(), st.integers(0, 40)),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, max_size=25), st.sampled_from(["open", "legacy"]))
def test_no_transcript_makes_a_check_raise(events: list[WireEvent], profile: str) -> None:
    readable = [
        event if event.kind is not EventKind.CLOSED else WireEvent(event.kind, event.connection, b"dropped")
        for event in events
    ]
    records = Records((LabRecord("x", profile, Transcript.from_events(readable)),))
    for exercise in registry().exercises.values():
        verdict = exercise.check(records)
        assert str(verdict)
        assert verdict.status is not Status.NOT_YET or (verdict.evidence and verdict.next_step)


def malformed(**changes: object) -> str:
    with pytest.raises(MalformedEntry) as caught:
        replace(FADED, **changes)
    return str(caught.value)


def test_a_malformed_exercise_is_refused_with_its_id() -> None:
    assert "1.a" in malformed(id="1.a")
    assert malformed(title=" ").startswith("01.a: it needs a title")
    assert "hint" in malformed(hints=())
    assert "not Python" in malformed(solution=replace(FADED.solution, code="lab.connect("))
    assert "explanation" in malformed(solution=replace(FADED.solution, explanation=""))
    assert "mistake" in malformed(mistakes=())
    twice = (FADED.mistakes[0], FADED.mistakes[0])
    assert "different name" in malformed(mistakes=twice)
    braces = Mistake("braces", latest(bool), "a {thing}", "r", "n")
    assert "braces" in malformed(mistakes=(braces,))


RIGHT = Option("yes", "Right.", right=True)
WRONG = Option("no", "Not so.")


def test_a_malformed_question_is_refused_with_its_id() -> None:
    assert Question("01.q9", "Is it?", (RIGHT, WRONG), "RFC 5321 4.2")
    for options in ((WRONG, Option("maybe", "No.")), (RIGHT, Option("maybe", "x", right=True)), (RIGHT,)):
        with pytest.raises(MalformedEntry, match=r"^01\.q9: "):
            Question("01.q9", "Is it?", options, "RFC 5321 4.2")
    with pytest.raises(MalformedEntry, match="source"):
        Question("01.q9", "Is it?", (RIGHT, WRONG), "")
    with pytest.raises(MalformedEntry, match="earlier lesson"):
        Question("01.q9", "Is it?", (RIGHT, WRONG), "RFC 5321 4.2", looks_back_to="02")
    with pytest.raises(MalformedEntry, match=r"01\.p1"):
        Prediction("01.q9", "Is it?", (RIGHT, WRONG), "RFC 5321 4.2")


def module(name: str, exercises: object = (), questions: object = (), predictions: object = ()) -> ModuleType:
    made = ModuleType(f"helpers.exercises.{name}")
    made.EXERCISES, made.QUESTIONS, made.PREDICTIONS = exercises, questions, predictions  # type: ignore[attr-defined]
    return made


def test_a_registry_names_module_and_id_of_what_it_refuses() -> None:
    other: Exercise = replace(FADED, id="02.a")
    assert list(gather([module("lesson02", [other]), module("lesson01", [FADED])]).exercises) == ["01.a", "02.a"]
    with pytest.raises(MalformedEntry, match=r"lesson01: 01\.a is there twice"):
        gather([module("lesson01", [FADED, FADED])])
    with pytest.raises(MalformedEntry, match=r"lesson02: 01\.a belongs to another lesson"):
        gather([module("lesson02", [FADED])])
    with pytest.raises(MalformedEntry, match=r"lesson01: QUESTIONS holds .* no Question"):
        gather([module("lesson01", questions=[FADED])])
    with pytest.raises(MalformedEntry, match=r"lesson03.*EXERCISES"):
        gather([module("lesson03", exercises=None)])


def test_an_unknown_id_names_near_ones() -> None:
    with pytest.raises(UnknownId, match=r'There is no exercise "01\.z"\. Did you mean .*"01\.a"'):
        registry().exercise("01.z")
    with pytest.raises(UnknownId, match=r'use quiz\("01\.q1"\)'):
        registry().exercise("01.q1")
    assert registry().exercise(" 01.A ").id == "01.a"


def test_every_lesson_counts_its_own() -> None:
    assert registry().ids_of("01") == ["01.a", "01.b", "01.c", "01.q1", "01.q2", "01.q3"]
    assert registry().ids_of("00") == ["00.a", "00.q1", "00.q2"]


def test_questions_point_back_as_the_lesson_pattern_asks() -> None:
    for lesson in {exercise.lesson for exercise in registry().exercises.values()} - {"00"}:
        questions = [q for q in registry().questions.values() if q.lesson == lesson]
        assert len(questions) == 3
        assert [q.looks_back_to is not None for q in questions].count(True) == 1
    # The right answer is not always in the same place.
    places = [[o.right for o in q.options].index(True) for q in registry().questions.values()]
    assert len(set(places)) > 1
