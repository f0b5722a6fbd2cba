"""Run notebooks from a fresh kernel and store their outputs: the only way in which outputs get into a notebook.

python tools/execute.py                       all notebooks
python tools/execute.py notebooks/01*.ipynb   these
python tools/execute.py --check               store nothing; exit code 1 when a stored output is not what comes
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import nbformat
from nbformat import NotebookNode

from tools import notebook as nb


def refresh(path: Path, *, check: bool) -> tuple[str, list[str]]:
    """Run one notebook; what happened in a word, and the lines that say why when it is not fine."""
    stored = nb.read(path)
    fresh = nb.run(stored, path.parent)
    if errors := list(nb.untagged_errors(fresh)):
        return "failed", errors
    fresh = nb.tidy(fresh)
    changes = list(nb.differences(stored, fresh))
    if not changes:
        # Only what sanitize.cfg names can differ now: keep the stored outputs, so that a run changes no file.
        for before, after in zip(nb.code_cells(stored), nb.code_cells(fresh), strict=True):
            after.outputs = [_counted(output, after.execution_count) for output in before.outputs]
    if fresh == stored:
        return "unchanged", []
    if check:
        return "differs", changes or ["counts, metadata or the code are not as the tool writes them"]
    nb.write(fresh, path)
    return "written", []


def _counted(output: NotebookNode, count: int) -> NotebookNode:
    return nbformat.from_dict({**output, "execution_count": count}) if "execution_count" in output else output


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="execute.py", description="Run notebooks and store their outputs.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="without: all in notebooks/")
    parser.add_argument("--check", action="store_true", help="store nothing, say which differ")
    options = parser.parse_args(argv)
    chosen = options.notebooks or nb.paths()
    bad = 0
    for number, path in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {path.name} … ", end="", flush=True)
        start = time.monotonic()
        outcome, lines = refresh(path, check=options.check)
        print(f"{outcome}, {time.monotonic() - start:.1f} s", flush=True)
        print("".join(f"  {line}\n" for line in lines), end="")
        bad += bool(lines)
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
