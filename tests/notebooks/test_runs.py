"""Every notebook runs: alone, untouched, each cell twice, solved, and without sockets.

One class for each kind of run, so that the kinds can run side by side (pytest-xdist, --dist=loadscope).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection
from pathlib import Path

import pytest
from nbformat import NotebookNode, v4

from helpers.exercises.registry import registry
from tests.notebooks import shape
from tests.notebooks.test_shape import EVERY, exercises
from tools import notebook as nb

PROBE = "import json\nfrom helpers import check\nprint(json.dumps({i: check(i).status for i in %r}))"


@pytest.fixture
def without(request: pytest.FixtureRequest) -> Collection[str]:
    """Cells that need a terminal tool are left out where a machine need not have one."""
    return () if request.config.getoption("--no-skips") else (nb.DESKTOP_ONLY,)


def judged(notebook: NotebookNode, identifiers: list[str]) -> NotebookNode:
    """The notebook with one more cell that prints the verdict of each exercise."""
    notebook = copy.deepcopy(notebook)
    notebook.cells.append(v4.new_code_cell(PROBE % identifiers, id="probe"))
    return notebook


def verdicts(run: NotebookNode) -> dict[str, str]:
    """Takes the probe off the end again and reads it."""
    probe = run.cells.pop()
    assert {output.output_type for output in probe.outputs} == {"stream"}, probe.outputs
    printed = "".join(output.text for output in probe.outputs)  # a busy kernel sends it in pieces
    return json.loads(printed.splitlines()[-1])


class TestFromAFreshKernel:
    @EVERY
    def test_it_gives_what_is_stored_and_has_solved_nothing(self, path: Path, without: Collection[str]) -> None:
        stored = nb.read(path)
        run = nb.run(judged(stored, exercises(path)), without=without)
        status = verdicts(run)
        shape.demand_none(nb.untagged_errors(run))
        shape.demand_none(nb.differences(stored, nb.tidy(run)))
        assert status == dict.fromkeys(exercises(path), "not attempted")


class TestTwice:
    @EVERY
    def test_every_cell_can_be_run_twice_in_a_row(self, path: Path, without: Collection[str]) -> None:
        notebook = nb.read(path)
        doubled = []
        for cell in notebook.cells:
            doubled.append(cell)
            if cell.cell_type == "code":
                doubled.append(v4.new_code_cell(cell.source, id=f"{cell.id[:58]}-again", metadata=cell.metadata))
        notebook.cells = doubled
        shape.demand_none(nb.untagged_errors(nb.run(notebook, without=without)))


class TestSolved:
    @EVERY
    def test_the_solutions_solve_the_exercises(self, path: Path, without: Collection[str]) -> None:
        notebook = judged(nb.read(path), exercises(path))
        for cell in nb.code_cells(notebook):
            if identifier := shape.exercise_id(cell):
                cell.source = registry().exercise(identifier).solution.code
        run = nb.run(notebook, without=without)
        status = verdicts(run)
        shape.demand_none(nb.untagged_errors(run))
        assert status == dict.fromkeys(exercises(path), "done")


class TestWithoutSockets:
    @EVERY
    def test_the_memory_transport_gives_what_is_stored(self, path: Path) -> None:
        stored = nb.read(path)
        run = nb.run(stored, environment={"SPEAK_SMTP_TRANSPORT": "memory"}, without=[nb.DESKTOP_ONLY])
        shape.demand_none(nb.untagged_errors(run))
        shape.demand_none(nb.differences(stored, nb.tidy(run)))
