"""Write the edition that needs no kernel: the whole course as web pages, from the stored outputs.

    python tools/edition.py [FOLDER]     FOLDER is build/html unless told
    python tools/edition.py --with-extras
                                         with the sheet and the slides, which make sheet and make slides have built

Every page says where it can be run. Nothing is fetched from elsewhere: one stylesheet, no script.
"""

from __future__ import annotations

import argparse
import html
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nbconvert.filters import Highlight2HTML, markdown2html
from nbformat import NotebookNode

from helpers.exercises.course import Lesson, lessons
from helpers.exercises.registry import registry
from helpers.views.markup import prose
from helpers.views.style import ACCENTS, STYLE
from tools import links
from tools import notebook as nb

CSS = Path(__file__).with_suffix(".css")
STYLESHEET = "edition.css"
TITLE = "Speak SMTP"
PROMISE = "Learn SMTP by speaking it, one command at a time, to a real mail server that lives in your notebook."
EXERCISE_TAG = "exercise:"
BUILD = nb.ROOT / "build"
#: What is built elsewhere and can be given away with the pages, and what its first file is called on the first page.
EXTRAS = {
    "speak-smtp-sheet.pdf": "The reference on two pages, to print (PDF)",
    "speak-smtp-sheet.html": "The same two pages, to read",
    "slides/index.html": "The slides of every lesson",
}

_LINK = re.compile(r'href="([a-z0-9-]+)\.ipynb(#[^"]*)?"')
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_NAVIGATION = re.compile(r"<!-- /?navigation -->\n?")
_HEADING = re.compile(r'<(h[1-6]) id="([^"]*)">')
_python = Highlight2HTML(pygments_lexer="python")


def page_name(lesson: Lesson) -> str:
    return Path(lesson.file).with_suffix(".html").name


def to_pages(text: str) -> str:
    """The HTML with links between notebooks made links between pages."""
    return _LINK.sub(lambda found: f'href="{found[1]}.html{found[2] or ""}"', text)


def markdown(source: str) -> str:
    """A Markdown cell as HTML."""
    text = to_pages(markdown2html(_NAVIGATION.sub("", source)))
    # a link is decoded before its place is looked for, an id never is
    text = _HEADING.sub(lambda found: f'<{found[1]} id="{html.escape(unquote(found[2]))}">', text)
    return text.replace("<th>", '<th scope="col">').replace(
        'class="anchor-link"', 'class="anchor-link" aria-label="Link to this heading"'
    )


def code(cell: NotebookNode) -> str:
    """A code cell with what it gave when it was last run, and the way to its hints where it is an exercise."""
    parts = [_python(cell.source.rstrip()), *(output(found) for found in cell.outputs)]
    exercises = (tag for tag in nb.tags(cell) if tag.startswith(EXERCISE_TAG))
    parts += [help_for(tag.removeprefix(EXERCISE_TAG)) for tag in exercises]
    return f'<div class="of-code">{"".join(parts)}</div>'


def output(found: NotebookNode) -> str:
    """A stored output. The cards' stylesheet stands once a page, not in each of them."""
    if found.output_type == "stream":
        return f'<pre class="said">{html.escape(found.text.rstrip())}</pre>'
    if found.output_type == "error":
        return f'<pre class="said">{html.escape(f"{found.ename}: {found.evalue}")}</pre>'
    if "text/html" in found.data:
        return to_pages(_STYLE.sub("", found.data["text/html"]))
    return f'<pre class="said">{html.escape(found.data.get("text/plain", "").rstrip())}</pre>'


def help_for(identifier: str) -> str:
    """The hints and the solution of an exercise, folded, as ``hint`` and ``solution`` give them in the notebook."""
    exercise = registry().exercises[identifier]
    hints = "".join(
        f'<details class="aside"><summary>Hint {number} for {identifier}</summary><p>{prose(hint)}</p></details>'
        for number, hint in enumerate(exercise.hints, 1)
    )
    solution = exercise.solution
    return (
        f'{hints}<details class="aside"><summary>Solution of {identifier}</summary>'
        f"{_python(solution.code.rstrip())}<p>{prose(solution.explanation)}</p></details>"
    )


def body(notebook: NotebookNode) -> str:
    return "\n".join(
        markdown(cell.source) if cell.cell_type == "markdown" else code(cell)
        for cell in notebook.cells
        if cell.source.strip()
    )


def contents(course: Iterable[Lesson], here: str = "") -> str:
    """The list of all pages; the one that is open is marked for eyes and for screen readers."""
    rows = []
    for lesson in course:
        current = ' aria-current="page"' if page_name(lesson) == here else ""
        minutes = f" <small>({lesson.minutes} minutes)</small>" if lesson.minutes else ""
        rows.append(f'<li><a href="{page_name(lesson)}"{current}>{html.escape(lesson.title)}</a>{minutes}</li>')
    return f"<ol>{''.join(rows)}</ol>"


def page(title: str, main: str, here: str, source: str, repo: links.Repository) -> str:
    """A whole page around ``main``. ``here`` is its file name, ``source`` what is opened to run it."""
    full = title if title == TITLE else f"{title} – {TITLE}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(full)}</title>
<meta name="description" content="{html.escape(PROMISE)}">
<link rel="stylesheet" href="{STYLESHEET}">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<div><strong><a href="index.html">{TITLE}</a></strong>
<a class="run" href="{html.escape(repo.binder(source))}">Run this page on Binder</a>
<a href="{html.escape(repo.source(source))}">The notebook’s source</a></div>
<nav aria-label="Course"><details><summary>All pages</summary>{contents(lessons(), here)}</details></nav>
</header>
<main id="content">
{main}
</main>
<footer><p>You are reading stored outputs: what the server answered when this notebook was last run. To send
something yourself, run it: <a href="{html.escape(repo.binder(source))}">on Binder</a>,
<a href="{html.escape(repo.codespaces())}">in Codespaces</a> or
<a href="{html.escape(repo.url)}#start">on your own computer</a>.</p></footer>
</body>
</html>
"""


def index(course: Iterable[Lesson], repo: links.Repository, *, with_extras: bool = False) -> str:
    """The first page; ``with_extras`` when the sheet and the slides lie beside it."""
    also = "".join(f'<li><a href="{name}">{text}</a></li>' for name, text in EXTRAS.items())
    also += f'<li><a href="{html.escape(repo.source("workshop/README.md"))}">The workshop kit, for instructors</a></li>'
    main = (
        f"<h1>{TITLE}</h1><p>{PROMISE}</p>"
        "<p>These pages show the whole course with what the server answered. In the notebooks the server answers "
        "<em>you</em>: each page has a link that runs it. No mail ever leaves the computer it runs on.</p>"
        f"<h2>The course</h2>{contents(course)}"
        f"{f'<h2>To print and to teach</h2><ul>{also}</ul>' if with_extras else ''}"
    )
    return page(TITLE, main, "index.html", links.FIRST, repo)


def stylesheet() -> str:
    """The pages' rules and the cards', with the accents of the cards for both."""
    accents = "".join(f"--{name}:light-dark({light},{dark});" for name, (light, dark) in ACCENTS.items())
    return f":root{{{accents}}}\n{CSS.read_text(encoding='utf-8')}\n{STYLE}\n"


def write(folder: Path, extras: Path | None = None) -> list[Path]:
    """Write every page into the folder, which is emptied first, and say which.

    ``extras`` is the folder in which the sheet and the slides were built; they are copied to the pages.

    Raises:
        ValueError: the folder holds something else than an earlier edition, or an extra is missing; nothing was
            touched.
    """
    repo = links.repository()
    if extras and (missing := [name for name in EXTRAS if not (extras / name).is_file()]):
        raise ValueError(f"{extras} has no {missing[0]}: run make sheet and make slides first")
    if folder.exists():
        if any(folder.iterdir()) and not (folder / STYLESHEET).is_file():
            raise ValueError(f"{folder} holds other files, and writing the edition empties it: name another folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / STYLESHEET).write_text(stylesheet(), encoding="utf-8")
    pages = {"index.html": index(lessons(), repo, with_extras=extras is not None)}
    for lesson in lessons():
        notebook = nb.read(nb.NOTEBOOKS / lesson.file)
        here = page_name(lesson)
        pages[here] = page(lesson.title, body(notebook), here, f"notebooks/{lesson.file}", repo)
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    if extras:
        for name in EXTRAS:
            if "/" in name:
                shutil.copytree((extras / name).parent, (folder / name).parent)
            else:
                shutil.copyfile(extras / name, folder / name)
    return [folder / name for name in pages]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="edition.py", description="Write the course as web pages.")
    parser.add_argument("folder", nargs="?", type=Path, default=BUILD / "html")
    parser.add_argument("--with-extras", action="store_true", help="put the sheet and the slides beside the pages")
    options = parser.parse_args(argv)
    try:
        written = write(options.folder, BUILD if options.with_extras else None)
    except ValueError as error:
        parser.error(str(error))
    print(f"{len(written)} pages. Open {written[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
