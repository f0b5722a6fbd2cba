"""The notebook to look things up in: it is no lesson, so here is what it has to have instead."""

from __future__ import annotations

import re

import pytest
from nbformat import NotebookNode

from helpers import reference
from tests.notebooks.test_quotes import shown
from tools import notebook as nb


@pytest.fixture(scope="module")
def notebook() -> NotebookNode:
    return nb.read(nb.NOTEBOOKS / "reference.ipynb")


def output_of(notebook: NotebookNode, name: str) -> str:
    """What a cell shows as text."""
    (cell,) = (cell for cell in nb.code_cells(notebook) if cell.id == name)
    return "".join(output.data["text/plain"] for output in cell.outputs)


def said(text: str) -> list[str]:
    """The commands and the codes of a sequence, in their order."""
    return re.findall(r"^ +\|[-<]+ ([A-Z]{4,8}\b|[2-5]\d\d\b)", text, re.MULTILINE)


def test_without_a_kernel_it_holds_every_fact(notebook: NotebookNode) -> None:
    text = shown(notebook)
    for entries, key in (
        (reference.commands(), "title"),
        (reference.reply_codes(), "meaning"),
        (reference.enhanced_codes(), "meaning"),
        (reference.extensions(), "meaning"),
        (reference.mechanisms(), "meaning"),
        (reference.ports(), "meaning"),
    ):
        assert all(getattr(entry, key).replace("`", "") in text for entry in entries), key


@pytest.mark.parametrize(
    ("cell", "order"),
    [
        ("plain", ["220", "EHLO", "250", "MAIL", "250", "RCPT", "250", "DATA", "354", "250", "QUIT", "221"]),
        ("submission", ["EHLO", "250", "STARTTLS", "220", "EHLO", "250", "AUTH", "235", "MAIL"]),
        ("implicit", ["220", "EHLO", "250", "AUTH", "235", "MAIL"]),
        ("partial", ["RCPT", "250", "RCPT", "550", "RCPT", "250", "DATA", "354", "250"]),
        (
            "grey",
            ["RCPT", "450", "QUIT", "221", "220", "EHLO", "250", "MAIL", "250", "RCPT", "250", "DATA", "354", "250"],
        ),
        ("rset", ["RCPT", "250", "RSET", "250", "MAIL", "250"]),
        ("refused", ["RCPT", "550", "DATA", "554", "RSET", "250"]),
        ("bdat", ["BDAT", "250", "BDAT", "250", "QUIT"]),
    ],
)
def test_the_common_sessions_go_as_they_do(notebook: NotebookNode, cell: str, order: list[str]) -> None:
    found = said(output_of(notebook, cell))
    assert any(found[n : n + len(order)] == order for n in range(len(found))), found


def test_a_login_is_masked(notebook: NotebookNode) -> None:
    for cell in ("submission", "implicit"):
        assert "AUTH PLAIN ••••" in output_of(notebook, cell)
