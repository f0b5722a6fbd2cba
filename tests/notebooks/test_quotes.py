"""Verbatim truth: every reply that prose quotes was produced by a cell of that notebook, or is a dated capture."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from helpers import reference
from tests.notebooks.shape import demand_none
from tools import notebook as nb

CAPTURES = Path(__file__).resolve().parent.parent / "data" / "captures"
EVERY = pytest.mark.parametrize("path", nb.paths(), ids=lambda path: path.name)

_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)*)`")
_REPLY = re.compile(r"([2-5]\d\d)[ -]\S.*", re.DOTALL)
_CODE = re.compile(r"[2-5]\d\d")
_DATED = re.compile(r"captured on \d{1,2} [A-Z][a-z]+ \d{4}")


def quoted(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """(quoted reply or code, the text of its cell), from the Markdown cells."""
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for block in _FENCE.findall(cell.source):
            for line in block.splitlines():
                if line.startswith("S: "):
                    yield line.removeprefix("S: ").strip(), cell.source
        for span in _SPAN.findall(_FENCE.sub("", cell.source)):
            text = " ".join(span.split())
            if _REPLY.fullmatch(text) or _CODE.fullmatch(text):
                yield text, cell.source


def shown(notebook: NotebookNode) -> str:
    """Everything that the notebook's cells put out, as text."""
    parts: list[str] = []
    for cell in nb.code_cells(notebook):
        for output in cell.outputs:
            parts.append(output.get("text", ""))
            data = output.get("data", {})
            parts.append(data.get("text/plain", ""))
            parts.append(html.unescape(re.sub(r"<[^>]+>", "", data.get("text/html", ""))))
    return "\n".join(parts)


def findings(notebook: NotebookNode) -> list[str]:
    """The quoted replies that no cell shows and no dated capture holds, and the codes that are none."""
    output = shown(notebook)
    captures = "\n".join(file.read_text(encoding="utf-8") for file in sorted(CAPTURES.glob("*.txt")))
    codes = {entry.code for entry in reference.reply_codes()}
    wrong = []
    for text, around in quoted(notebook):
        if int(text[:3]) not in codes:
            wrong.append(f"{text!r}: the reference knows no such code")
        elif len(text) > 3 and text not in output and not (_DATED.search(around) and text in captures):
            wrong.append(f"{text!r}: no cell shows it, and it is no dated capture")
    return wrong


@EVERY
def test_quoted_replies_were_given(path: Path) -> None:
    demand_none(findings(nb.read(path)))


def _notebook(prose: str, printed: str) -> NotebookNode:
    cell = nbformat.v4.new_code_cell("print()")
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=printed)]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(prose), cell])


@pytest.mark.parametrize(
    ("prose", "printed", "found"),
    [
        ("The server says `250 2.0.0 OK`.", "250 2.0.0 OK", 0),
        ("The server says `250 2.0.0 OK`.", "250 2.0.0 OK, and more", 0),
        ("The server says `250 2.1.0 OK`.", "250 2.0.0 OK", 1),
        ("```text\nC: NOOP\nS: 250 2.0.0 OK\n```", "nothing", 1),
        ("A list says `441`.", "", 0),
        ("A list says `299`.", "", 1),
        ("Postfix, captured on 23 November 2026: `221 2.0.0 Bye`.", "", 0),
        ("Postfix once said: `221 2.0.0 Bye`.", "", 1),
    ],
)
def test_the_rule_can_fail(prose: str, printed: str, found: int) -> None:
    assert len(findings(_notebook(prose, printed))) == found
