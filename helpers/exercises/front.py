"""What a lesson's cells call: check, hint, solution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.exercises.shown import Shown
from helpers.views.markup import prose
from helpers.views.style import card
from helpers.views.verdict import hints_html, solution_html
from helpers.wire.messages import Verdict

if TYPE_CHECKING:
    from helpers.exercises.base import Exercise
    from helpers.exercises.records import Records


def check(exercise: str) -> Verdict:
    """Judge an exercise ("01.a") from what was said to the labs of this kernel, and note it when it is done.

    Raises:
        UnknownId: there is no such exercise; the message names near ones.
    """
    task = _task(exercise)
    verdict = task.check(collect())
    if verdict.done:
        note_done(task.id)
    return verdict


def hint(exercise: str, layer: int = 1) -> Shown:
    """The first hint for an exercise; ``hint("01.a", 2)`` says more.

    Raises:
        UnknownId: there is no such exercise; the message names near ones.
        ValueError: there is no such layer.
    """
    task = _task(exercise)
    last = len(task.hints)
    if not 1 <= layer <= last:
        raise ValueError(f'{task.id} has {_hints(last)}: hint("{task.id}") to hint("{task.id}", {last}).')
    head = f"Hint {layer} of {last} — {task.title} ({task.id})"
    left = last - layer
    if left:
        after = f'{_hints(left)} left: `hint("{task.id}", {layer + 1})`'
    else:
        after = f'That was the last one. `solution("{task.id}")` shows a way and explains it.'
    html = hints_html(task.hints[:layer], last) + f'<div class="body"><p class="soft">{prose(after)}</p></div>'
    return Shown(f"{head}\n{task.hints[layer - 1]}\n{after}", card(html, head))


def solution(exercise: str) -> Shown:
    """A way to solve an exercise, as code, and why it works.

    Raises:
        UnknownId: there is no such exercise; the message names near ones.
    """
    task = _task(exercise)
    head = f"A solution — {task.title} ({task.id})"
    code, explanation = task.solution.code.strip(), task.solution.explanation
    indented = "\n".join(f"    {line}".rstrip() for line in code.split("\n"))
    return Shown(f"{head}\n\n{indented}\n\n{explanation}", card(solution_html(code, explanation), head))


def collect() -> Records:
    """What happened at all labs of this kernel, now."""
    from helpers.exercises.cases import conclusions
    from helpers.exercises.records import LabRecord, Records
    from helpers.lab import running_labs

    return Records(
        tuple(
            LabRecord(lab.name, lab.profile, lab.transcript(), lab.mailboxes, lab.queue, lab.certificate.names)
            for lab in running_labs()
        ),
        conclusions(),
    )


def note_done(identifier: str) -> None:
    """Keep that an exercise or question is done; says so, once, where it cannot be kept."""
    from helpers.exercises import progress

    kept = progress.current()
    kept.record(identifier)
    if line := kept.news():
        print(line)


def _task(exercise: str) -> Exercise:
    # the exercises of all lessons are loaded when the first one is asked for
    from helpers.exercises.registry import registry

    return registry().exercise(exercise)


def _hints(number: int) -> str:
    return "1 hint" if number == 1 else f"{number} hints"
