"""Every notebook of the course has the shape that readers and the other tests rely on (the rules: shape.py)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.exercises.course import lessons
from helpers.exercises.registry import registry
from tests.notebooks import shape
from tools import notebook as nb

PATHS = nb.paths()
EVERY = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
LESSONS = pytest.mark.parametrize(
    "path", [path for path in PATHS if re.match(r"(?!00)\d\d", path.name)], ids=lambda path: path.name
)


def lesson_id(path: Path) -> str:
    return path.name.partition("-")[0]


def exercises(path: Path) -> list[str]:
    """The ids of the lesson's exercises, in the order of its module."""
    return [entry.id for entry in registry().exercises.values() if entry.lesson == lesson_id(path)]


def test_the_course_file_and_the_folder_agree() -> None:
    assert {lesson.file for lesson in lessons()} == {path.name for path in PATHS}
    assert all(re.fullmatch(rf"{lesson.id}(-[a-z0-9-]+)?\.ipynb", lesson.file) for lesson in lessons())
    numbers = [lesson.id for lesson in lessons() if lesson.id[0].isdigit()]
    assert numbers == sorted(numbers)


@EVERY
def test_it_has_the_shape_of_a_notebook(path: Path) -> None:
    shape.demand_none(shape.findings(nb.read(path), path, lessons()))


@LESSONS
def test_it_has_the_shape_of_a_lesson(path: Path) -> None:
    shape.demand_none(shape.lesson_findings(nb.read(path), exercises(path)))


@EVERY
def test_its_title_is_that_of_the_course(path: Path) -> None:
    title = next(lesson.title for lesson in lessons() if lesson.file == path.name)
    assert title in nb.read(path).cells[0].source.splitlines()[0]
