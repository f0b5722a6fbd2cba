"""Cells out of order or run twice: no hang, nothing on stderr, and no error but those with a sentence.

The code cells of every notebook run in one process, the last first and each twice; ``SPEAK_SMTP_EXAMPLES`` adds orders
at random.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.examples import FACTOR
from tests.unit.interruptions.kernel import ROOT
from tools import notebook as nb

#: What Python itself says of a cell whose names or lines other cells would have made; and our own errors.
SENTENCES = {"NameError", "IndexError", "SessionError", "ConnectionClosed", "NothingToWaitFor", "TLSFailed", "LabGone"}
IN_ODD_ORDERS = """
import contextlib, io, json, random, sys, time
from IPython.core.interactiveshell import InteractiveShell
from helpers.lab import running_labs
cells = json.load(sys.stdin)
backwards = list(reversed(range(len(cells))))
orders = {"backwards, each twice": [n for n in backwards for _ in (1, 2)]}
if sys.argv[2] == "many":
    orders |= {f"shuffled {n}": random.Random(n).sample(backwards, len(cells)) for n in range(5)}
odd = []
for name, order in orders.items():
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    for number in order:
        out, err, began = io.StringIO(), io.StringIO(), time.monotonic()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            result = shell.run_cell(cells[number])
        error = result.error_before_exec or result.error_in_exec
        seconds = time.monotonic() - began
        odd.append([name, number, type(error).__name__ if error else "", str(error or ""), err.getvalue(), seconds])
    for lab in running_labs():
        lab.stop()
print(json.dumps(odd))
"""


def code_cells(path: Path) -> list[str]:
    return [cell.source for cell in nb.read(path).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", nb.paths(), ids=lambda path: path.stem)
def test_cells_in_another_order(path: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SPEAK_SMTP_PROGRESS_DIR": str(tmp_path / "progress")}
    done = subprocess.run(
        [sys.executable, "-c", IN_ODD_ORDERS, path.stem, "many" if FACTOR > 1 else ""],
        input=json.dumps(code_cells(path)),
        cwd=path.parent,
        env={**environment, "IPYTHONDIR": str(tmp_path / "ipython")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    for order, number, error, text, stderr, seconds in json.loads(done.stdout.splitlines()[-1]):
        where = f"cell {number}, {order}: {error} {text}"
        assert error in ("", *SENTENCES), where
        assert not error or text.strip(), where
        assert stderr == "", where
        assert seconds < 20, where
