"""Every notebook of the course has the shape that readers and the other tests rely on (the rules: shape.py)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode

from helpers.exercises.course import lessons
from helpers.exercises.failures import failures
from helpers.exercises.registry import registry
from tests.notebooks import shape
from tools import notebook as nb

PATHS = nb.paths()
EVERY = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
LESSONS = pytest.mark.parametrize(
    "path", [path for path in PATHS if re.match(r"(?!00)\d\d-", path.name)], ids=lambda path: path.name
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


def test_the_gallery_of_failures_has_its_shape() -> None:
    shape.demand_none(shape.gallery_findings(nb.read(nb.NOTEBOOKS / "10b-failures.ipynb"), [*failures().values()]))


def _untitled(notebook: NotebookNode) -> None:
    cell = next(cell for cell in notebook.cells if "### `554" in cell.source)
    cell.source = cell.source.replace("554", "550")


def _without_a_cure(notebook: NotebookNode) -> None:
    output = next(cell for cell in nb.code_cells(notebook) if "relay-denied" in cell.source).outputs[0]
    output.data["text/plain"] = output.data["text/plain"].partition("\nfailing and working")[0]


def _one_less(notebook: NotebookNode) -> None:
    notebook.cells = [cell for cell in notebook.cells if cell.source != 'failure("dmarc")']


def _untagged(notebook: NotebookNode) -> None:
    next(cell for cell in notebook.cells if cell.source == 'failure("disconnected")').metadata.clear()


@pytest.mark.parametrize("change", [_untitled, _without_a_cure, _one_less, _untagged])
def test_the_rules_of_the_gallery_find_what_is_wrong(change: Callable[[NotebookNode], None]) -> None:
    notebook = nb.read(nb.NOTEBOOKS / "10b-failures.ipynb")
    change(notebook)
    assert shape.gallery_findings(notebook, [*failures().values()])


@EVERY
def test_its_title_is_that_of_the_course(path: Path) -> None:
    title = next(lesson.title for lesson in lessons() if lesson.file == path.name)
    assert title in nb.read(path).cells[0].source.splitlines()[0]
