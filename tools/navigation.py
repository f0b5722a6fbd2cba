"""Write the line "previous · contents · next" into the first and the last Markdown cell of every notebook.

    python tools/navigation.py            write it
    python tools/navigation.py --check    exit code 1 when a notebook has another line

The order comes from helpers/exercises/course.toml. Running it twice changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nbformat import NotebookNode

from helpers.exercises.course import Lesson, lessons
from tools import notebook as nb

BEGIN, END = "<!-- navigation -->", "<!-- /navigation -->"


def line_for(file: str, course: Sequence[Lesson]) -> str:
    """The navigation line of a notebook: links to what can be opened beside it.

    Only lessons follow each other; from a page to look something up the way leads to the contents.
    """
    contents = f"[Contents]({course[0].file})"
    in_order = [lesson for lesson in course if lesson.id[:1].isdigit()]
    place = next((number for number, lesson in enumerate(in_order) if lesson.file == file), None)
    if place is None:
        return contents
    parts = []
    if place > 0:
        before = in_order[place - 1]
        parts += [f"[Previous: {before.title}]({before.file})", contents]
    if place + 1 < len(in_order):
        after = in_order[place + 1]
        parts.append(f"[Next: {after.title}]({after.file})")
    return " · ".join(parts)


def with_line(source: str, line: str) -> str:
    """The text of a cell with this line between the markers; they are appended where there are none."""
    block = f"{BEGIN}\n{line}\n{END}"
    head, begin, rest = source.partition(BEGIN)
    if begin:
        return head + block + rest.partition(END)[2]
    return f"{source.rstrip()}\n\n{block}".lstrip()


def navigated(notebook: NotebookNode, line: str) -> bool:
    """Put the line into its two cells; says whether that changed something."""
    markdown = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    changed = False
    for cell in {id(cell): cell for cell in (markdown[0], markdown[-1])}.values():
        source = with_line(cell.source, line)
        changed |= source != cell.source
        cell.source = source
    return changed


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="navigation.py", description="Write the navigation lines of the notebooks.")
    parser.add_argument("--check", action="store_true", help="write nothing, say which are not right")
    check = parser.parse_args(argv).check
    course = lessons()
    known = {lesson.file for lesson in course}
    files = {path.name for path in nb.paths()}
    problems = [f"{name}: not an available lesson of course.toml" for name in sorted(files - known)]
    problems += [f"{name}: available in course.toml, but there is no such notebook" for name in sorted(known - files)]
    for name in sorted(files & known):
        path = nb.NOTEBOOKS / name
        notebook = nb.read(path)
        if navigated(notebook, line_for(name, course)):
            if check:
                problems.append(f"{name}: its navigation line is not right; make notebooks writes it")
            else:
                nb.write(notebook, path)
                print(f"{name}: navigation written")
    print("\n".join(problems) or f"{len(files)} notebooks, navigation right")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
