"""Build the slides of each lesson from its notebook: cells, stored outputs, questions, and the notes for who speaks.

    python tools/slides.py               all lessons, into build/slides
    python tools/slides.py 01 04         some

workshop/slides.toml says which cells become slides. reveal.js comes from npm (``make slides`` installs it) and is
copied beside the pages: they open from a disk, without a network.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nbformat import NotebookNode

from helpers.exercises.base import Question
from helpers.exercises.course import Lesson, lessons
from helpers.exercises.registry import UnknownId, registry
from helpers.views.markup import escaped, prose
from helpers.views.style import STYLE
from tools import edition, links, navigation, workshop
from tools import notebook as nb

CHOICE = nb.ROOT / "workshop" / "slides.toml"
FOLDER = nb.ROOT / "build" / "slides"
HERE = Path(__file__).resolve().parent
#: What is copied out of the package, and where the browser looks for it.
REVEAL = {
    "dist/reveal.js": "reveal.js",
    "dist/reveal.css": "reveal.css",
    "dist/plugin/notes.js": "reveal-notes.js",
    "LICENSE": "reveal-LICENSE.txt",
}
OWN = ("slides.css", "slides.js")

_LINK = re.compile(r'<a (?:class="[^"]*" )?href="[a-z0-9-]+\.html[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_ANCHOR = re.compile(r'<a class="anchor-link".*?</a>', re.DOTALL)
_IDS = re.compile(r'(<h[1-6]) id="[^"]*"')
_NAVIGATION = re.compile(f"{navigation.BEGIN}.*?{navigation.END}", re.DOTALL)
_KINDS = ("text", "list", "table", "code", "output", "heading")
_PART = re.compile(rf"({'|'.join(_KINDS)})(?: ([1-9]))?")
_LINES = re.compile(r"from (.+) to (.+)")


class NoReveal(Exception):
    """reveal.js is not there; the message says what to do."""


class BadSlide(ValueError):
    """A slide names something that there is not; the message says where and what."""


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide: what stands on it, and the section of the notebook that it is from."""

    section: str
    body: str
    heading: str = ""  #: of another text than the section's
    is_title: bool = False


# --- choosing cells ---------------------------------------------------------------------------------------------


def chosen(path: Path = CHOICE) -> dict[str, list[str]]:
    """The slides of each lesson, as they are written in the file."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {lesson: entry["slides"] for lesson, entry in content.items()}


def slides(lesson: Lesson, entries: Iterable[str]) -> list[Slide]:
    """The slides of a lesson.

    Raises:
        BadSlide: an entry names a cell, a part or a question that there is not.
    """
    notebook = nb.read(nb.NOTEBOOKS / lesson.file)
    return [_slide(lesson, notebook, entry) for entry in entries]


def _slide(lesson: Lesson, notebook: NotebookNode, entry: str) -> Slide:
    kind, _, rest = entry.partition(" ")
    try:
        if kind in ("ask", "answer"):
            return _question(notebook, rest, shown=kind == "answer")
        if kind == "task":
            return _task(notebook, rest)
        if kind == "welcome":
            return _welcome(notebook, rest)
        return _cells(lesson, notebook, entry)
    except (BadSlide, UnknownId) as error:
        raise BadSlide(f"slides.toml, lesson {lesson.id}, {entry!r}: {error}") from None


def sections(notebook: NotebookNode) -> dict[str, str]:
    """For each cell's id the heading under which it stands; the lesson's title before the first."""
    found: dict[str, str] = {}
    here = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            # a cell may end one section and begin the next: it counts to the one that it begins
            heads = [text for kind, text in blocks(cell.source) if kind == "heading" and re.match(r"##? ", text)]
            here = heads[-1].lstrip("# ") if heads else here
        found[cell.id] = here
    return found


def blocks(source: str) -> list[tuple[str, str]]:
    """A Markdown text as (kind, text) of its blocks, in order."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"```.*?```|(?:(?!```)\S[^\n]*\n?)+", _NAVIGATION.sub("", source), re.DOTALL):
        block = block.rstrip()
        if block.startswith("```"):
            kind = "code"
        elif block.startswith("#"):
            kind = "heading"
        elif block.startswith("|"):
            kind = "table"
        else:
            kind = "list" if re.match(r"[-*] |\d+\. ", block) else "text"
        found.append((kind, block))
    return found


def _cells(lesson: Lesson, notebook: NotebookNode, entry: str) -> Slide:
    by_id = {cell.id: cell for cell in notebook.cells}
    parts, heading, section = [], "", ""
    for piece in entry.split(" + "):
        identifier, _, wanted = piece.partition("/")
        if identifier not in by_id:
            raise BadSlide(f"{lesson.file} has no cell {identifier!r}")
        cell = by_id[identifier]
        own, body = _cell(cell, wanted)
        heading, section = heading or own, section or own or sections(notebook)[identifier]
        parts.append(body)
    if entry.startswith("title"):
        where = f'<p class="where">{edition.TITLE} · lesson {lesson.id} · {lesson.minutes} minutes</p>'
        return Slide(lesson.title, f"{where}<h1>{escaped(lesson.title)}</h1>{''.join(parts)}", is_title=True)
    return Slide(section, "".join(parts))


def _cell(cell: NotebookNode, wanted: str) -> tuple[str, str]:
    """The section that a cell begins with, if any, and those parts of the cell that are wanted, as HTML."""
    if lines := _LINES.fullmatch(wanted):
        return "", _lines(cell, lines[1], lines[2])
    parts = [_part(text) for text in wanted.split(",")] if wanted else []
    if cell.cell_type == "code":
        return "", _code(cell, {kind for kind, _ in parts})
    there = blocks(cell.source)
    own = next((text.lstrip("# ") for kind, text in there if re.match(r"##? ", text)), "")
    there = [(kind, text) for kind, text in there if not re.match(r"##? ", text)]
    if parts:
        taken: list[tuple[str, str]] = []
        for kind, number in parts:
            of_kind = [block for block in there if block[0] == kind]
            if not of_kind or number > len(of_kind):
                raise BadSlide(f"cell {cell.id} has {len(of_kind)} of {kind}")
            taken += of_kind[number - 1 : number] if number else of_kind
        there = [block for block in there if block in taken]
    return own, _plain(edition.markdown("\n\n".join(text for _, text in there)))


def _part(text: str) -> tuple[str, int]:
    match = _PART.fullmatch(text)
    if match is None:
        raise BadSlide(f"{text!r} is no part: it is one of {', '.join(_KINDS)}, perhaps with a number")
    return match[1], int(match[2] or 0)


def _code(cell: NotebookNode, kinds: set[str]) -> str:
    """A code cell with its output, or one of the two; hints and solutions stay off the wall."""
    bare = NotebookNode(cell_type="code", source=cell.source, outputs=cell.outputs, metadata={})
    if kinds == {"output"}:
        return f'<div class="of-code">{"".join(_plain(edition.output(found)) for found in cell.outputs)}</div>'
    if kinds == {"code"}:
        bare.outputs = []
    elif kinds - {"code", "output"}:
        raise BadSlide(f"cell {cell.id} is code: it has code and output, and no {', '.join(sorted(kinds))}")
    return _plain(edition.code(bare))


def _lines(cell: NotebookNode, first: str, last: str) -> str:
    """What a cell gave, as plain text, from a line that has ``first`` in it to the next with ``last``."""
    text = "\n".join(found.get("text") or found.get("data", {}).get("text/plain", "") for found in cell.outputs)
    lines = text.rstrip().split("\n")
    begin = next((number for number, line in enumerate(lines) if first in line), None)
    if begin is None:
        raise BadSlide(f"cell {cell.id} gave no line with {first!r}")
    end = next((number for number, line in enumerate(lines) if number >= begin and last in line), None)
    if end is None:
        raise BadSlide(f"cell {cell.id} gave no line with {last!r} after the one with {first!r}")
    return f'<pre class="said">{chr(10).join(map(escaped, lines[begin : end + 1]))}</pre>'


def _plain(text: str) -> str:
    """HTML for a slide: links between pages of the course become text, headings need no anchor."""
    return _LINK.sub(r"\1", _IDS.sub(r"\1", _ANCHOR.sub("", text)))


# --- questions and exercises ------------------------------------------------------------------------------------


def _question(notebook: NotebookNode, identifier: str, *, shown: bool) -> Slide:
    """A prediction or a question as the room sees it; ``shown`` marks the right choice and says why."""
    known: dict[str, Question] = {**registry().questions, **registry().predictions}
    if identifier not in known:
        raise BadSlide(f"there is no question {identifier!r}")
    question = known[identifier]
    options = []
    for letter, option in question.lettered():
        text = f"<b>{letter})</b> {prose(option.text)}"
        if not shown:
            options.append(f"<li>{text}</li>")
        elif option.right:
            options.append(f'<li class="right">✓ {text}<small>{prose(option.answer)} ({question.rfc})</small></li>')
        else:
            options.append(f'<li class="other">{text}</li>')
    return Slide(
        _section_of(notebook, identifier),
        f'<p>{prose(question.prompt)}</p><ul class="options">{"".join(options)}</ul>',
        "The answer" if shown else "What do you think?",
    )


def _section_of(notebook: NotebookNode, identifier: str) -> str:
    """The section of the cell that asks this; "" where none does."""
    where = sections(notebook)
    return next((where[cell.id] for cell in nb.code_cells(notebook) if f'"{identifier}"' in cell.source), "")


def _task(notebook: NotebookNode, identifier: str) -> Slide:
    exercise = registry().exercise(identifier)
    letter = identifier[-1].upper()
    heading = f"Exercise {letter}: {exercise.title[:1].lower()}{exercise.title[1:]}"
    stuck = f'<p class="where">Stuck? <code>hint("{identifier}")</code>, then <code>solution("{identifier}")</code></p>'
    return Slide(_section_of(notebook, identifier), f"<p>{prose(exercise.task)}</p>{stuck}", heading)


def _welcome(notebook: NotebookNode, address: str) -> Slide:
    """Where the room opens the course: what stands on the wall while people arrive."""
    repo = links.repository()
    where = (
        f"<b>{escaped(address)}</b>"
        if address
        else f"<b>{escaped(repo.url.removeprefix('https://'))}</b>, the button “launch binder”"
    )
    lines = "\n".join(escaped(line) for line in (*repo.clone().splitlines(), "make lab"))
    first = list(dict.fromkeys(sections(notebook).values()))[1]  # after the title
    return Slide(
        first,
        f"<p>Nothing to install: open {where}</p><p>Or on your own computer, with Python 3.11 to 3.14:</p>"
        f'<div class="highlight"><pre>{lines}</pre></div>'
        f"<p>Without git: the button “Code”, “Download ZIP”. On Windows, in place of <code>make lab</code>: "
        "<code>py -3.12 tools\\setup_env.py lab</code></p>"
        "<p>Then click into the first grey cell and press Shift and Enter. It ends with “Everything is here”, or says "
        "what to do.</p>",
        "Open the course",
    )


# --- pages ------------------------------------------------------------------------------------------------------


def page(lesson: Lesson, deck: Iterable[Slide], notes: workshop.Notes | None) -> str:
    """The deck of a lesson as one HTML page."""
    body = "\n".join(_section(slide, notes) for slide in deck)
    return _document(
        f"{lesson.id} {lesson.title}",
        f'<div class="reveal" role="application" aria-label="Slides"><main class="slides">{body}</main>'
        f'<p class="lesson">{lesson.id} · {escaped(lesson.title)}</p></div>'
        + "".join(f'<script src="{name}"></script>' for name in ("reveal.js", "reveal-notes.js", "slides.js")),
        '<link rel="stylesheet" href="reveal.css">',
    )


def _section(slide: Slide, notes: workshop.Notes | None) -> str:
    heading = "" if slide.is_title else f"<h2>{prose(slide.heading or slide.section)}</h2>"
    said = "" if notes is None else notes.beside(slide.section, is_title=slide.is_title)
    aside = f'<aside class="notes">{edition.markdown(said)}</aside>' if said else ""
    return f"<section>{heading}{slide.body}{aside}</section>"


def index(decks: Iterable[Lesson]) -> str:
    """The list of the decks."""
    rows = "".join(f'<li><a href="{name(lesson)}">{lesson.id} {escaped(lesson.title)}</a></li>' for lesson in decks)
    main = (
        f"<h1>{edition.TITLE}: slides</h1><ul>{rows}</ul><p><kbd>→</kbd> and <kbd>←</kbd> move, <kbd>S</kbd> opens "
        "the notes for the speaker in a window of their own, <kbd>F</kbd> fills the screen, <kbd>O</kbd> shows all "
        "slides, <kbd>B</kbd> makes the wall black, <kbd>?</kbd> lists the rest.</p>"
    )
    return _document("Slides", f'<main class="contents">{main}</main>')


def _document(title: str, body: str, head: str = "") -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(title)} – {edition.TITLE}</title>{head}"
        f'<link rel="stylesheet" href="slides.css"></head><body data-jp-theme-light="true">{body}</body></html>\n'
    )


def name(lesson: Lesson) -> str:
    return f"{lesson.id}.html"


def reveal_folder() -> Path:
    """Where npm has put reveal.js: in build/npm, or where the variable REVEAL names it.

    Raises:
        NoReveal: it is not there.
    """
    named = os.environ.get("REVEAL")
    folder = Path(named) if named else nb.ROOT / "build" / "npm" / "node_modules" / "reveal.js"
    if missing := [file for file in REVEAL if not (folder / file).is_file()]:
        raise NoReveal(
            f"The slides need reveal.js, and {folder} has no {missing[0]}. With Node.js and npm installed, "
            "make slides fetches it once:\n    make slides\n"
            "Or name a folder that holds the npm package: make slides REVEAL=/path/to/reveal.js\n"
            "Without slides, the pages of make html can be shown as well."
        )
    return folder


def write(folder: Path = FOLDER, only: Iterable[str] = ()) -> list[Path]:
    """Write the decks of these lessons, or of all that have one, and what they need beside them.

    Raises:
        NoReveal: reveal.js is not there.
        BadSlide: slides.toml names something that there is not.
    """
    reveal, choice = reveal_folder(), chosen()
    wanted = set(only) or set(choice)
    decks = [lesson for lesson in lessons() if lesson.id in choice]
    if unknown := wanted - {lesson.id for lesson in decks}:
        raise BadSlide(f"no slides for {', '.join(sorted(unknown))}: slides.toml has none, or there is no such lesson")
    folder.mkdir(parents=True, exist_ok=True)
    for source, target in REVEAL.items():
        shutil.copyfile(reveal / source, folder / target)
    for file in OWN:
        shutil.copyfile(HERE / file, folder / file)
    with (folder / "slides.css").open("a", encoding="utf-8") as css:
        css.write(f"\n{STYLE}\n")
    written = [folder / "index.html"]
    written[0].write_text(index(decks), encoding="utf-8", newline="\n")
    for lesson in decks:
        if lesson.id in wanted:
            path = folder / name(lesson)
            text = page(lesson, slides(lesson, choice[lesson.id]), workshop.notes(lesson))
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    return written


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="slides.py", description="Build the slides from the notebooks.")
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="01, 04, …; without: all")
    try:
        written = write(only=parser.parse_args(argv).lessons)
    except (NoReveal, BadSlide) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{len(written) - 1} decks. Open {written[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
