"""The page of questions: each answer is short, is shown by one cell, and says where it is taught.

A question is an H3 with its answer below it, in one cell; the last line of the answer links the lessons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from nbformat import NotebookNode, v4

from tests.notebooks import shape
from tools import notebook as nb

PATH: Final = nb.NOTEBOOKS / "faq.ipynb"
SENTENCES: Final = 5
WORDS: Final = 90
LEARN: Final = "Learn it in: "

_QUESTION = re.compile(r"^### (.+\?)$", re.MULTILINE)
_IN_THE_LIST = re.compile(r"^- \[(.+?)\]\(#(.+?)\)$", re.MULTILINE)
_LESSON = re.compile(r"\]\(\d\d[a-z]?-[\w-]+\.ipynb\)")
_TARGET = re.compile(r"\]\([^)]*\)")
#: A full stop ends a sentence after a word or a bracket; "LF . CR LF" and "RFC 5321, 4.2" have none.
_SENTENCE_END = re.compile(r"(?<=[\w)\]*`”])[.?!](?=[”*]*(?:\s|$))")


def findings(notebook: NotebookNode) -> Iterator[str]:
    """What is wrong with the questions, their answers, and the list of them at the front."""
    asked = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown" or "\n### " not in f"\n{cell.source}":
            continue
        head, *rest = _QUESTION.split(cell.source)
        if len(rest) != 2 or re.sub(r"^## .+", "", head).strip():
            yield f"cell {number}: more or less than one H3 that ends with a question mark, with its answer below"
            continue
        question, answer = rest
        asked.append((question, question.replace(" ", "-")))
        yield from (f"{question}: {what}" for what in _in_an_answer(answer))
        following = [cell.cell_type for cell in notebook.cells[number + 1 : number + 3]]
        if following != ["code", "markdown"]:
            yield f"{question}: there is not one code cell to show it"
        elif not notebook.cells[number + 1].outputs:
            yield f"{question}: its cell shows nothing"
    if [place for cell in notebook.cells[:3] for place in _IN_THE_LIST.findall(cell.source)] != asked:
        yield "the list at the front is not that of the questions, in their order, with links to them"


def _in_an_answer(text: str) -> Iterator[str]:
    answer, learn, lessons = text.strip().partition(f"\n{LEARN}")
    if not learn or not _LESSON.search(lessons) or "\n" in lessons:
        yield f"its last line does not say {LEARN!r} and link a lesson"
    if "RFC " not in answer:
        yield "no RFC"
    plain = _TARGET.sub("]", answer)
    if (words := len(plain.split())) > WORDS:
        yield f"{words} words, more than {WORDS}"
    if (sentences := len(_SENTENCE_END.findall(plain))) > SENTENCES:
        yield f"{sentences} sentences, more than {SENTENCES}"


def test_the_questions_are_answered() -> None:
    shape.demand_none(findings(nb.read(PATH)))


def test_there_are_questions() -> None:
    assert sum(len(_QUESTION.findall(cell.source)) for cell in nb.read(PATH).cells) >= 18


def _sample() -> NotebookNode:
    code = v4.new_code_cell("1", outputs=[v4.new_output("execute_result", {"text/plain": "1"})])
    answer = "## Ports\n\n### Which port: 25 or 587?\n\nLook it up (RFC 5321, 4.5). It is easy.\n\n"
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# Answers"),
            v4.new_markdown_cell("## List\n\n- [Which port: 25 or 587?](#Which-port:-25-or-587?)"),
            v4.new_markdown_cell(f"{answer}{LEARN}[Say hello](01-ehlo-helo.ipynb)"),
            code,
            v4.new_markdown_cell("The end."),
        ]
    )


def _rewrite(cell: int, old: str, new: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        assert old in notebook.cells[cell].source
        notebook.cells[cell].source = notebook.cells[cell].source.replace(old, new)

    return change


def test_the_sample_is_without_a_fault() -> None:
    assert list(findings(_sample())) == []


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("sentences", _rewrite(2, "It is easy.", "One. Two! Three? Four. Five.")),
        ("words", _rewrite(2, "It is easy.", "easy " * 90)),
        ("no RFC", _rewrite(2, "RFC ", "")),
        ("link a lesson", _rewrite(2, "01-ehlo-helo", "glossary")),
        ("link a lesson", _rewrite(2, LEARN, "See ")),
        ("question mark", _rewrite(2, "587?\n", "587\n")),
        ("question mark", _rewrite(2, "It is easy.", "\n### And now?\n\nNothing.")),
        ("list at the front", _rewrite(1, "(#Which", "(#What")),
        ("list at the front", _rewrite(1, "- [Which", "- [What")),
        ("shows nothing", lambda notebook: notebook.cells[3].update(outputs=[])),
        ("not one code cell", lambda notebook: notebook.cells.insert(3, notebook.cells[3])),
        ("not one code cell", lambda notebook: notebook.cells.pop(3)),
    ],
)
def test_a_rule_finds(words: str, change: Callable[[NotebookNode], None]) -> None:
    notebook = _sample()
    change(notebook)
    assert any(words in finding for finding in findings(notebook))
