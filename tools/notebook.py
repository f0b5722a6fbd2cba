"""Run notebooks from a fresh kernel and bring what they give into the form that is stored.

The tool that writes the notebooks and the tests that compare them use the same functions.
"""

from __future__ import annotations

import copy
import hashlib
import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SANITIZE = ROOT / "tests" / "sanitize.cfg"

DESKTOP_ONLY = "desktop-only"
RAISES = "raises-exception"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
TIMEOUT_SECONDS = 60
WIDTH = 160  #: of a line in a report of differences

_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_KEPT_CELL_METADATA = ("tags", "jupyter")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ARROW = re.compile(r"^-+> ?(\d+) (.*)$", re.MULTILINE)


def paths(folder: Path = NOTEBOOKS) -> list[Path]:
    """The notebooks of the course in reading order."""
    return sorted(folder.glob("*.ipynb"))


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def write(notebook: NotebookNode, path: Path) -> None:
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")


def tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def run(
    notebook: NotebookNode,
    folder: Path = NOTEBOOKS,
    *,
    environment: Mapping[str, str] | None = None,
    without: Collection[str] = (),
) -> NotebookNode:
    """Run a copy of the notebook in a fresh kernel, with an empty progress folder, and return it.

    Cells with a tag of ``without`` are left out. An error does not stop the run: see :func:`untagged_errors`.
    """
    notebook = copy.deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if not set(tags(cell)) & set(without)]
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    # a TCP port is picked a moment before it is used, and another process may take it in between
    manager = AsyncKernelManager(kernel_name="python3", transport="ipc" if os.name == "posix" else "tcp")
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=TIMEOUT_SECONDS,
        allow_errors=True,
        record_timing=False,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],  # kernels warn about their own connection otherwise
        resources={"metadata": {"path": str(folder)}},
    )
    with tempfile.TemporaryDirectory() as empty:
        manager.connection_file = f"{empty}/kernel.json"
        own = {"SPEAK_SMTP_PROGRESS_DIR": f"{empty}/progress", "IPYTHONDIR": f"{empty}/ipython"}
        # a manager that is handed over is left running otherwise, with its kernel and its connections
        client.execute(env={**os.environ, **own, **(environment or {})}, cleanup_kc=True)
    return notebook


def untagged_errors(notebook: NotebookNode) -> Iterator[str]:
    """A line for each cell that raised although it is not tagged to."""
    for number, cell in enumerate(code_cells(notebook), 1):
        for output in cell.outputs:
            if output.output_type == "error" and RAISES not in tags(cell):
                yield f"code cell {number} ({_first_line(cell)}) raised {output.ename}: {output.evalue}"


def tidy(notebook: NotebookNode) -> NotebookNode:
    """A copy in the form that is stored: nothing random, no machine's, no widget that is dead when reopened."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata = nbformat.from_dict({**_METADATA, "speak_smtp": {"executed": digest(notebook)}})
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in _KEPT_CELL_METADATA})
    for number, cell in enumerate(code_cells(notebook), 1):
        cell.execution_count = number
        cell.outputs = [_tidy_output(output, number) for output in _joined(cell.outputs)]
    return notebook


def digest(notebook: NotebookNode) -> str:
    """Marks which code the stored outputs belong to; a cell that is removed afterwards leaves no other trace."""
    sources = "\0".join(cell.source for cell in code_cells(notebook))
    return hashlib.sha256(sources.encode()).hexdigest()[:12]


def _tidy_output(output: NotebookNode, count: int) -> NotebookNode:
    if "data" in output:
        output.data.pop(WIDGET_VIEW, None)  # its model is gone when the notebook is opened again
    if "execution_count" in output:
        output.execution_count = count
    if output.output_type == "error":
        output.traceback = _short_traceback(output)
    return output


def _short_traceback(output: NotebookNode) -> list[str]:
    """The line of the cell that raised, and the error; frames of libraries differ between versions and machines."""
    text = _ANSI.sub("", "\n".join(output.traceback))
    arrow = _ARROW.search(text)
    place = [f"----> {arrow[1]} {arrow[2]}".rstrip()] if arrow else []
    return [*place, f"{output.ename}: {output.evalue}".rstrip(": ")]


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """One output for printed pieces that follow each other: how a kernel cuts them is chance."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


Sanitizer = tuple[re.Pattern[str], str]


def sanitizers(file: Path = SANITIZE) -> list[Sanitizer]:
    """The pairs of a file in nbval's format: ``regex: …`` and, on the next line, ``replace: …``.

    Raises:
        ValueError: a line that is neither part of a pair, nor a section, nor a comment; nbval passes over it.
    """
    found: list[Sanitizer] = []
    pattern: re.Pattern[str] | None = None
    for line in file.read_text(encoding="utf-8").splitlines():
        if pattern is None and line.startswith("regex: "):
            pattern = re.compile(line.removeprefix("regex: "))
        elif pattern is not None and line.startswith("replace: "):
            found.append((pattern, line.removeprefix("replace: ")))
            pattern = None
        elif pattern is not None or (line.strip() and not re.match(r"\s*#|\[.*\]$", line)):
            raise ValueError(f"{file.name}: not a regex and replace pair: {line!r}")
    if pattern is not None:
        raise ValueError(f"{file.name}: the last regex has no replace")
    return found


def differences(stored: NotebookNode, fresh: NotebookNode, using: list[Sanitizer] | None = None) -> Iterator[str]:
    """What a tidy run gives otherwise than what is stored; cells are matched by their ids.

    Unlike nbval this compares all cells, the order of outputs, their metadata, whole texts, and where an error rose.
    """
    using = sanitizers() if using is None else using
    expected = {cell.id: cell for cell in code_cells(stored)}
    for number, cell in enumerate(code_cells(fresh), 1):
        before = expected.get(cell.id)
        if before is None:
            yield f"code cell {number} ({_first_line(cell)}) is not stored"
            continue
        old, new = _lines(before.outputs, using), _lines(cell.outputs, using)
        if old != new:
            change = "\n    ".join(line[:WIDTH] for line in unified_diff(old, new, "stored", "fresh", lineterm="", n=1))
            yield f"code cell {number} ({_first_line(cell)}) gives something else:\n    {change}"


def _lines(outputs: list[NotebookNode], using: list[Sanitizer]) -> list[str]:
    """Outputs as lines that diff well."""
    lines: list[str] = []
    for output in outputs:
        for key, value in sorted(_flat(output)):
            if key == "execution_count":
                continue
            for pattern, replacement in using:
                value = pattern.sub(replacement, value)
            if key.endswith("text/html"):
                value = value.replace("><", ">\n<")
            lines += [f"{output.output_type} {key}: {line}" for line in value.splitlines() or [""]]
    return lines


def _flat(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        if not node:
            yield key, "{}"
        for name, value in node.items():
            yield from _flat(value, f"{key}.{name}" if key else str(name))
    elif isinstance(node, list):
        yield key, "\n".join(map(str, node))
    else:
        yield key, str(node)


def _first_line(cell: NotebookNode) -> str:
    return next((line for line in cell.source.splitlines() if line.strip()), "empty")[:60]
