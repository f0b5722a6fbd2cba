"""The whole notebook suite, as `make test` runs it, against as many notebooks that hold nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import nbformat

from tests.benchmarks.rounds import Rounds, interleaved
from tools import notebook as nb
from tools.run_tests import NBVAL, PARALLEL, ROOT

COURSE, EMPTY = "the course", "empty notebooks"


def suites(rounds: int, notebooks: Sequence[Path] | None = None) -> Rounds:
    """Seconds that nbval takes for all notebooks, and for as many of one cell each.

    Raises:
        RuntimeError: a notebook failed, so that the time says nothing.
    """
    course = list(notebooks or nb.paths())
    with TemporaryDirectory() as folder:
        empty = []
        for number in range(len(course)):
            cell = nbformat.v4.new_code_cell("1 + 1", execution_count=1)
            cell.outputs = [
                nbformat.v4.new_output("execute_result", data={"text/plain": "2"}, execution_count=1),
            ]
            path = Path(folder) / f"empty-{number}.ipynb"
            nb.write(nbformat.v4.new_notebook(cells=[cell], metadata=nb.read(course[0]).metadata), path)
            empty.append(path)
        return interleaved({COURSE: _timed(course), EMPTY: _timed(empty)}, rounds)


def _timed(paths: Sequence[Path]) -> Callable[[], float]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PARALLEL, *NBVAL, *map(str, paths)]

    def once() -> float:
        with TemporaryDirectory() as progress:  # the stored outputs are those of someone who has done nothing yet
            environment = {**os.environ, "SPEAK_SMTP_PROGRESS_DIR": progress}
            began = perf_counter()
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
            taken = perf_counter() - began
        if done.returncode:
            raise RuntimeError(done.stdout[-3000:])
        return taken

    return once
