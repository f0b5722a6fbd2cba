"""The exercises on a live lab: right ways by different tools, each mistake, and the cells of the notebook."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers import Lab
from helpers.exercises import check, progress
from helpers.exercises.registry import registry
from helpers.wire.messages import Status
from tests.unit.exercises.live import say

EHLO, MAIL, NOOP, QUIT = "EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "NOOP", "QUIT"
HELO = "HELO laptop.example"


def pick(lab: Lab, *lines: str) -> None:
    """Send lines as a learner does with the picker: choose, fill in the form, press Send."""
    from helpers import CommandPicker

    picker = CommandPicker(lab)
    for line in lines:
        verb, _, rest = line.partition(" ")
        if verb == "MAIL":
            picker.send(verb, reverse_path=rest.removeprefix("FROM:<").removesuffix(">"))
        else:
            picker.send(verb, **({"name": rest} if rest else {}))


def by_smtplib(lab: Lab, exercise: str) -> None:
    client = lab.smtplib()
    if exercise == "00.a":
        client.noop()
    elif exercise == "01.a":
        client.ehlo("desk.garden.example")
    else:
        client.ehlo_or_helo_if_needed()
        if exercise == "01.b":
            client.mail("alice@lab.example")
        client.quit()
        return
    client.close()


LINES = {"00.a": [NOOP], "01.a": [EHLO], "01.b": [EHLO, MAIL, NOOP, QUIT], "01.c": [EHLO, HELO, QUIT]}
WAYS: dict[str, Callable[[Lab, str], None]] = {
    "picker": lambda lab, exercise: pick(lab, *LINES[exercise]),
    "raw lines": lambda lab, exercise: say(lab, LINES[exercise]),
    "smtplib": by_smtplib,
}


def lab_for(exercise: str) -> Lab:
    return Lab("legacy" if exercise == "01.c" else "open", name=exercise)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("exercise", LINES)
def test_three_right_ways(transport: str, exercise: str, way: str) -> None:
    lab = lab_for(exercise)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    assert exercise not in progress.done()
    WAYS[way](lab, exercise)
    verdict = check(exercise)
    assert verdict.done, str(verdict)
    assert progress.done() == {exercise}


MISTAKES: dict[tuple[str, str], list[list[str]]] = {
    ("00.a", "unknown-word"): [["HALLO"]],
    ("00.a", "too-early"): [[MAIL]],
    ("00.a", "no-argument"): [["EHLO"]],
    ("01.a", "gap-sent"): [["EHLO ..."]],
    ("01.a", "helo-for-ehlo"): [[HELO]],
    ("01.a", "misspelt"): [["ELHO laptop.example"]],
    ("01.a", "no-argument"): [["EHLO"]],
    ("01.a", "angle-brackets"): [["EHLO <laptop.example>"]],
    ("01.a", "url"): [["EHLO http://laptop.example/"]],
    ("01.a", "mail-address"): [["EHLO alice@lab.example"]],
    ("01.a", "several-words"): [["EHLO laptop example"]],
    ("01.a", "address-literal"): [["EHLO [192.0.2.1]"]],
    ("01.a", "bare-address"): [["EHLO 192.0.2.1"]],
    ("01.a", "no-dot"): [["EHLO laptop"]],
    ("01.a", "not-a-domain"): [["EHLO my_laptop.example"]],
    ("01.b", "several-connections"): [[EHLO], [MAIL], [QUIT]],
    ("01.b", "went-on-after-503"): [[MAIL, EHLO, MAIL, QUIT]],
    ("01.b", "mail-before-ehlo"): [[MAIL]],
    ("01.b", "reset-by-ehlo"): [[EHLO, MAIL, EHLO, QUIT]],
    ("01.b", "reset-by-rset"): [[EHLO, MAIL, "RSET", QUIT]],
    ("01.b", "quit-first"): [[QUIT, EHLO, MAIL]],
    ("01.b", "helo-for-ehlo"): [[HELO, MAIL]],
    ("01.b", "no-quit"): [[EHLO, MAIL, NOOP]],
    ("01.c", "no-argument"): [[EHLO, "HELO"]],
    ("01.c", "reconnected"): [[EHLO], [HELO, QUIT]],
    ("01.c", "helo-first"): [[HELO, QUIT]],
    ("01.c", "gave-up"): [[EHLO, QUIT]],
    ("01.c", "no-quit"): [[EHLO, HELO]],
}


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_each_mistake(transport: str, exercise: str, mistake: str) -> None:
    say(lab_for(exercise), *MISTAKES[exercise, mistake])
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert progress.done() == set()


def test_the_wrong_server(transport: str) -> None:
    say(Lab("open", name="01.c"), [EHLO, QUIT])
    assert check("01.c").mistake == "other-server"
    assert {name for _, name in MISTAKES} | {"other-server"} == {
        mistake.name
        for exercise in registry().exercises.values()
        if exercise.lesson in ("00", "01")
        for mistake in exercise.mistakes
    }


def test_the_lesson_itself_is_no_attempt(transport: str) -> None:
    """What the cells of a lesson say to their own labs does not count once the exercise has its lab."""
    lesson, own = Lab("open"), Lab("open", name="01.a")
    say(lesson, [EHLO, MAIL, QUIT])
    assert check("01.a").status is Status.NOT_ATTEMPTED
    assert check("01.b").done, "without a lab of its own every lab counts"
    say(own, [EHLO])
    assert check("01.a").done


def test_undo_is_no_deed(transport: str) -> None:
    lab = Lab("open", name="01.a")
    session = lab.connect()
    session.send("EHLO")
    session.send(EHLO)
    exchanges = lab.transcript().connection(session.connection).exchanges
    fresh = Lab("open", name="01.a")
    fresh.replay(exchanges)
    assert check("01.a").status is Status.NOT_ATTEMPTED
    order = Lab("open", name="01.b")
    session = order.connect()
    for line in (EHLO, MAIL):
        session.send(line)
    again = order.replay(order.transcript().exchanges)
    again.send(QUIT)
    assert check("01.b").done


def test_a_second_run_of_the_cell_starts_clean(transport: str) -> None:
    say(Lab("open", name="01.a"), ["EHLO"])
    assert check("01.a").mistake == "no-argument"
    Lab("open", name="01.a")
    assert check("01.a").status is Status.NOT_ATTEMPTED


def run_cell(code: str) -> None:
    import helpers

    names = (
        "Lab",
        "check",
        "hint",
        "solution",
        "quiz",
        "predict",
        "order",
        "send_email",
    )  # as set-up cells import them
    exec(code, {name: getattr(helpers, name) for name in names})


@pytest.mark.parametrize("exercise", registry().exercises)
def test_the_starter_runs_untouched_and_the_solution_solves(transport: str, exercise: str) -> None:
    task = registry().exercise(exercise)
    run_cell(task.starter)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    run_cell(task.solution.code)
    assert check(exercise).done
    assert exercise in progress.done()
