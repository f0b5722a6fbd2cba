"""A small notebook and a skeleton of a lesson, both without a fault: what the mutation tests change.

They need none of the course's own code, so a fault of it cannot hide a fault of the rules.
"""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode, v4

from helpers.exercises.course import Lesson
from tests.notebooks import shape
from tools import navigation
from tools import notebook as nb

LESSONS = [
    Lesson("00", "00-start.ipynb", "Start", 10, (), True),
    Lesson("01", "01-sample.ipynb", "Say hello", 25, ("EHLO",), True),
    Lesson("02", "02-sample.ipynb", "Say goodbye", 25, ("QUIT",), True),
    Lesson("glossary", "glossary.ipynb", "Look up a word", 0, (), True),
]
PATH = Path(__file__).parent / "01-sample.ipynb"
EXERCISES = ["01.a", "01.b", "01.c"]

SETUP = """\
from IPython.display import display

class Card:
    def __init__(self, text): self.text = text
    def _repr_mimebundle_(self, **_):
        return {"text/plain": self.text[:20], "text/html": f"<p>{self.text}</p>"}, {"text/html": {"isolated": False}}

print("ready")"""
LONG = "Card('250 means that the command was done. ' * 4 + 'The end.')"


def notebook() -> NotebookNode:
    """Prints, rich results in two forms, an order of outputs, an error; not executed."""
    cells = [
        _markdown("# Say hello\n\nA sample."),
        _code(SETUP),
        _markdown("## A rich result\n\nSee [the setup](#Say-hello)."),
        _code(LONG),
        _markdown("## An order\n\nFirst the card."),
        _code("display(Card('first'))\nprint('second')"),
        _markdown("## An error\n\nIt is meant."),
        _code("replies = {250: 'done'}\nreplies[550]", nb.RAISES),
        _markdown("## A plain result"),
        _code("250 + 300"),
        _markdown("The end."),
    ]
    return _navigated(v4.new_notebook(cells=cells))


def lesson() -> NotebookNode:
    """All sections of the template, as stored by the tool."""
    cells = [_markdown("# Say hello\n\nOne sentence."), _code("print('ready')")]
    for name in shape.SECTIONS:
        cells.append(_markdown(f"## {name}\n\n" + "word " * 60))
        if name.startswith("Exercise"):
            identifier = f"01.{name[-1].lower()}"
            cells.append(_code(f"check('{identifier}')", f"exercise:{identifier}"))
        elif name in shape.SECTIONS_WITH_CODE:
            cells.append(_code("250"))
    cells.insert(1, _markdown("Set-up."))
    built = _navigated(v4.new_notebook(cells=[*cells, _markdown("The end.")]))
    for cell in nb.code_cells(built):
        cell.outputs = [v4.new_output("execute_result", {"text/plain": "250"})]
    return nb.tidy(built)


def _markdown(text: str) -> NotebookNode:
    return v4.new_markdown_cell(text)


def _code(source: str, *tags: str) -> NotebookNode:
    return v4.new_code_cell(source, metadata={"tags": list(tags)} if tags else {})


def _navigated(built: NotebookNode) -> NotebookNode:
    navigation.navigated(built, navigation.line_for(PATH.name, LESSONS))
    for number, cell in enumerate(built.cells):
        cell.id = f"cell-{number}"
    return built
