"""A lesson says of an exercise what the exercise itself says: the task above it, the starter in its cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.exercises.registry import registry
from tests.notebooks.shape import exercise_id
from tools import notebook as nb

LESSONS = [
    pytest.param(path, id=path.name)
    for path in nb.paths()
    if any(exercise_id(cell) for cell in nb.code_cells(nb.read(path)))
]


@pytest.mark.parametrize("path", LESSONS)
def test_each_exercise_cell_is_the_starter_under_the_task(path: Path) -> None:
    cells = nb.read(path).cells
    for number, cell in enumerate(cells):
        identifier = exercise_id(cell)
        if identifier is None:
            continue
        exercise = registry().exercise(identifier)
        assert cell.source == exercise.starter
        assert exercise.task in cells[number - 1].source


def test_there_are_lessons_with_exercises() -> None:
    assert LESSONS
