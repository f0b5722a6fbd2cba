"""Write notebooks/glossary.ipynb from the reference facts.

    python tools/glossary.py            write it (tools/execute.py runs it afterwards)
    python tools/glossary.py --check    exit code 1 when the notebook says something else

Lessons link to its headings: glossary.ipynb#address-literal.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import nbformat
from nbformat import NotebookNode

from helpers import reference
from helpers.reference.model import Term
from tools import notebook as nb

FILE = nb.NOTEBOOKS / "glossary.ipynb"
INTRODUCTION = """# Look up a word

Every term of the course in a sentence or two, with the RFC and section that defines it where there is one.

A cell can look a term up, too:"""
LOOK_UP = 'from helpers import reference\n\nprint(reference.term("envelope").meaning)'


def anchor(term: str) -> str:
    """What stands after # in a link to a term."""
    return term.replace(" ", "-")


def cells() -> list[NotebookNode]:
    """The cells of the glossary, with ids that stay the same."""
    made = [
        nbformat.v4.new_markdown_cell(INTRODUCTION, id="title"),
        nbformat.v4.new_code_cell(LOOK_UP, id="look-up"),
    ]
    terms = sorted(reference.glossary(), key=lambda term: term.term.lower())
    for letter, group in itertools.groupby(terms, key=lambda term: term.term[0].lower()):
        made.append(nbformat.v4.new_markdown_cell("\n\n".join(map(_entry, group)), id=f"letter-{letter}"))
    made.append(nbformat.v4.new_markdown_cell("Back to [Start here](00-start-here.ipynb).", id="nav"))
    return made


def _entry(term: Term) -> str:
    text = f"## {term.term}\n\n{term.meaning}"
    if term.rfc:
        text += f" ({term.rfc})"
    if term.see:
        text += "\n\nSee also: " + ", ".join(f"[{other}](#{anchor(other)})" for other in term.see) + "."
    return text


def _prose(notebook: NotebookNode) -> list[str]:
    """What the glossary itself says, without the navigation lines of another tool."""
    from tools import navigation

    sources = []
    for cell in notebook.cells:
        before, begin, rest = cell.source.partition(navigation.BEGIN)
        sources.append((before + rest.partition(navigation.END)[2] if begin else before).strip())
    return sources


def main(argv: list[str]) -> int:
    wanted = cells()
    there = nb.read(FILE) if FILE.exists() else nbformat.v4.new_notebook()
    if _prose(there) == [cell.source.strip() for cell in wanted]:
        return 0
    if "--check" in argv:
        print(f"{FILE.name} does not say what the reference says: run make notebooks", file=sys.stderr)
        return 1
    there.cells = wanted
    nb.write(there, FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
