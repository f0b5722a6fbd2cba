"""What a notebook must look like: the rules that a comparison of outputs cannot check.

Every rule takes a notebook and yields what is wrong, in words. :func:`findings` applies those that hold for
every notebook, :func:`lesson_findings` those of the lesson template.
"""

from __future__ import annotations

import ast
import itertools
import re
import statistics
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from nbformat import NotebookNode

from helpers.exercises.course import Lesson
from helpers.exercises.failures import Failure
from tests.notebooks import access
from tools import navigation
from tools import notebook as nb

# The limits, all in this place. They hold for the core of a lesson: what stands before "Go further".
LONGEST_CELL_LINES: Final = 15
MEDIAN_CELL_LINES: Final = 4
LESSON_CELLS: Final = range(20, 41)
LESSON_WORDS: Final = range(700, 1601)

#: The H2 headings of a lesson in their order; a heading may say more after the words ("Break it: …").
SECTIONS: Final = (
    "What you will do",
    "Recall",
    "The idea",
    "Predict",
    "Run",
    "Explain",
    "Explore",
    "Break it",
    "Exercise A",
    "Exercise B",
    "Exercise C",
    "Questions",
    "Key points",
    "In practice",
)
SECTIONS_WITH_CODE: Final = (
    "Recall", "Predict", "Run", "Explore", "Break it", "Exercise A", "Exercise B", "Exercise C", "Questions",
)  # fmt: skip
GO_FURTHER: Final = "Go further"
#: A code cell that only calls these may follow another code cell: it belongs to the exercise above it.
ABOUT_AN_EXERCISE: Final = frozenset({"check", "hint", "solution"})

Rule = Callable[[NotebookNode], Iterator[str]]

_NBVAL_OFF = re.compile(r"^\s*#\s*(?:NBVAL_\w+|PYTEST_VALIDATE_\w+)", re.MULTILINE)
_MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:home|root|Users|tmp|var/folders|work|opt|usr/local)/[\w.]|\b[A-Z]:\\\\?Users\\"
)
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
_BARE_WIDGET = re.compile(r"[A-Z]\w*\((?:\w+=|\))")
_OBJECT = re.compile(r"<[\w.]+ object>")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(\s*<?([^)\s>]*)>?[^)]*\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)


def findings(notebook: NotebookNode, path: Path, course: Sequence[Lesson]) -> list[str]:
    """Everything that is wrong with a notebook of the course that stands (or would stand) at ``path``."""
    found = [finding for rule in EVERY_NOTEBOOK for finding in rule(notebook)]
    found += links(notebook, path)
    found += navigation_lines(notebook, path, course)
    return found


def lesson_findings(notebook: NotebookNode, exercises: Iterable[str]) -> list[str]:
    """What is wrong with it as a lesson that has these exercises."""
    found = [finding for rule in EVERY_LESSON for finding in rule(notebook)]
    found += exercise_cells(notebook, exercises)
    return found


def gallery_findings(notebook: NotebookNode, gallery: Sequence[Failure]) -> list[str]:
    """What is wrong with it as the gallery of these failures, which is looked things up in: no lesson, no exercise."""
    return [*gallery_sections(notebook, gallery), *gallery_entries(notebook, gallery), *exercise_cells(notebook, ())]


def demand_none(found: Iterable[str]) -> None:
    """Fail with the findings as plain lines, not with the notebook that they are about."""
    if lines := list(found):
        pytest.fail("\n".join(["", *lines]), pytrace=False)


# --- the file -------------------------------------------------------------------------------------------------


def valid(notebook: NotebookNode) -> Iterator[str]:
    """Valid nbformat; missing and doubled cell ids, of which nbformat only warns, count as well."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            nbformat.validate(nbformat.from_dict(notebook))
    except Exception as error:
        yield f"not a valid notebook: {str(error).splitlines()[0]}"


def run_by_the_tool(notebook: NotebookNode) -> Iterator[str]:
    """Counts 1…n on every code cell, and the mark of the tool: nbval compares no cell without a count."""
    cells = nb.code_cells(notebook)
    if not cells:
        yield "no code cell: nbval collects nothing here"
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        yield "the execution counts are not 1…n"
    if notebook.metadata.get("speak_smtp", {}).get("executed") != nb.digest(notebook):
        yield "the code is not what the stored outputs come from: run tools/execute.py"
    if "widgets" in notebook.metadata:
        yield "widget state is stored"


# --- headings and sections ------------------------------------------------------------------------------------


def _headings(notebook: NotebookNode) -> Iterator[tuple[int, int, str]]:
    """Number of the cell, level and text of each heading."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            for match in re.finditer(r"^(#{1,6})\s+(.*?)\s*#*\s*$", _FENCE.sub("", cell.source), re.MULTILINE):
                yield number, len(match[1]), match[2]


def headings(notebook: NotebookNode) -> Iterator[str]:
    """One H1, at the start; no level is skipped; no two H2 are alike."""
    found = list(_headings(notebook))
    titles = [(number, text) for number, level, text in found if level == 1]
    if [number for number, _ in titles] != [0] or not notebook.cells[0].source.startswith("# "):
        yield f"there must be one H1, at the start of the first cell; there are {titles}"
    for (_, before, _), (number, level, text) in itertools.pairwise(found):
        if level > before + 1:
            yield f"cell {number}: {text!r} skips a level, H{before} to H{level}"
    seconds = [text for _, level, text in found if level == 2]
    for text in {text for text in seconds if seconds.count(text) > 1}:
        yield f"two H2 {text!r}"


def sections(notebook: NotebookNode) -> Iterator[str]:
    """The sections of the lesson template, in order, with code where the template has code."""
    found = [(number, _section(text)) for number, level, text in _headings(notebook) if level == 2]
    names = [name for _, name in found if name is not None]
    if names != list(SECTIONS):
        missing = [name for name in SECTIONS if name not in names]
        yield f"sections are missing: {missing}" if missing else f"the sections stand in another order: {names}"
    ends = [number for number, _ in found[1:]] + [len(notebook.cells)]
    for (start, name), end in zip(found, ends, strict=True):
        if name in SECTIONS_WITH_CODE and not any(cell.cell_type == "code" for cell in notebook.cells[start:end]):
            yield f"no code cell under {name!r}"


def _section(heading: str) -> str | None:
    return next((name for name in SECTIONS if re.match(rf"{re.escape(name)}\b", heading)), None)


def _core(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells before "Go further"."""
    ends = [number for number, level, text in _headings(notebook) if level == 2 and text.startswith(GO_FURTHER)]
    return list(notebook.cells[: ends[0]] if ends else notebook.cells)


def size(notebook: NotebookNode) -> Iterator[str]:
    """A lesson fits into twenty-five minutes."""
    core = _core(notebook)
    if len(core) not in LESSON_CELLS:
        yield f"{len(core)} cells; {LESSON_CELLS.start} to {LESSON_CELLS.stop - 1} make a lesson"
    words = sum(len(_prose(cell.source).split()) for cell in core if cell.cell_type == "markdown")
    if words not in LESSON_WORDS:
        yield f"{words} words of prose; {LESSON_WORDS.start} to {LESSON_WORDS.stop - 1} make a lesson"


def _prose(markdown: str) -> str:
    """The words that are read: no code blocks, no navigation, no targets of links, no markup."""
    begin, end = re.escape(navigation.BEGIN), re.escape(navigation.END)
    text = re.sub(rf"{begin}.*?{end}", "", _FENCE.sub("", markdown), flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", _LINK.sub(r"\2", text))
    return re.sub(r"(?<!\w)[#|*\->:.]+(?!\w)", " ", text)


# --- the gallery of failures ----------------------------------------------------------------------------------


def gallery_sections(notebook: NotebookNode, gallery: Sequence[Failure]) -> Iterator[str]:
    """An H2 for each phase and below it an H3 for each of its failures, in order: what a search finds."""
    found = [(level, text.strip("`")) for _, level, text in _headings(notebook) if level in (2, 3)]
    wanted: list[tuple[int, str]] = []
    for phase, entries in itertools.groupby(gallery, lambda entry: entry.phase):
        wanted += [(2, phase), *((3, entry.title) for entry in entries)]
    listed = [heading for heading in found if heading in wanted or heading[0] == 3]
    if listed != wanted:
        yield f"the headings of phases and failures are not those of the data: {sorted(set(listed) ^ set(wanted))}"
    if len(gallery) != 20:
        yield f"the gallery has {len(gallery)} failures, and its title promises twenty"


def gallery_entries(notebook: NotebookNode, gallery: Sequence[Failure]) -> Iterator[str]:
    """Below each H3 a cell that shows the failure; stored with it the error as pasted, and both sessions."""
    for before, cell in itertools.pairwise(notebook.cells):
        if cell.cell_type == "code" and before.source.rpartition("### ")[1]:
            title = before.source.rpartition("### ")[2].splitlines()[0].strip("` ")
            entry = next((entry for entry in gallery if entry.title == title), None)
            if entry is None or cell.source != f'failure("{entry.key}")':
                yield f"{title!r} is followed by {cell.source!r}"
                continue
            stored = "".join(str(output.get("data", {}).get("text/plain", "")) for output in cell.outputs)
            for part in (entry.pasted, entry.exception or "It raises nothing", "The cure: ", "\nfailing and working: "):
                if part not in stored:
                    yield f"{title!r}: {part!r} is not in what is stored"
            if (entry.needs == "sockets") != (nb.DESKTOP_ONLY in nb.tags(cell)):
                yield f"{title!r}: the tag {nb.DESKTOP_ONLY} and what it needs disagree"
    for call in ("Gallery()", *(f'failure("{entry.key}")' for entry in gallery)):
        if [cell.source for cell in nb.code_cells(notebook)].count(call) != 1:
            yield f"there must be one cell {call}"


# --- code cells -----------------------------------------------------------------------------------------------


def _numbered_code(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    return ((number, cell) for number, cell in enumerate(notebook.cells) if cell.cell_type == "code")


def cell_lengths(notebook: NotebookNode) -> Iterator[str]:
    lengths = []
    for number, cell in _numbered_code(notebook):
        lengths.append(len(cell.source.splitlines()))
        if lengths[-1] > LONGEST_CELL_LINES:
            yield f"cell {number}: {lengths[-1]} lines of code, more than {LONGEST_CELL_LINES}"
    if lengths and statistics.median(lengths) > MEDIAN_CELL_LINES:
        yield f"the median code cell has {statistics.median(lengths)} lines, more than {MEDIAN_CELL_LINES}"


def introduced(notebook: NotebookNode) -> Iterator[str]:
    """Markdown stands before each code cell; check, hint and solution may follow their exercise at once."""
    for number, cell in _numbered_code(notebook):
        if number and notebook.cells[number - 1].cell_type == "markdown":
            continue
        if not number or not _calls(cell.source) or not _calls(cell.source) <= ABOUT_AN_EXERCISE:
            yield f"cell {number}: no Markdown before this code"


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def _calls(source: str) -> set[str]:
    """The functions that the cell's statements are calls of; "" for a statement that is something else."""
    tree = _tree(source)
    return (
        {_called(statement.value) if isinstance(statement, ast.Expr) else "" for statement in tree.body}
        if tree
        else {""}
    )


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def comparable(notebook: NotebookNode) -> Iterator[str]:
    """Nothing that switches nbval off, or that it passes without comparing, or fails although nothing is wrong."""
    for number, cell in _numbered_code(notebook):
        for tag in nb.tags(cell):
            if tag.lower().startswith("nbval"):
                yield f"cell {number}: the tag {tag!r} switches the comparison off"
        if match := _NBVAL_OFF.search(cell.source):
            yield f"cell {number}: {match[0].strip()!r} switches the comparison off"
        if not cell.source.strip():
            yield f"cell {number}: an empty code cell"
        tree = _tree(cell.source)
        if tree is None:
            if nb.RAISES not in nb.tags(cell):
                yield f"cell {number}: not plain Python (a magic, a shell line, or a syntax error)"
            continue
        for node in ast.walk(tree):
            for what in _incomparable(node):
                yield f"cell {number}: {what}"


_FORBIDDEN_CALLS: Final = {
    "clear_output": "a comparison cannot follow clear_output",
    "update_display": "a comparison cannot follow a display that is updated",
    "interact": "a comparison cannot follow interact; helpers.widgets has pickers",
    "interactive": "a comparison cannot follow interactive; helpers.widgets has pickers",
    "interact_manual": "a comparison cannot follow interact; helpers.widgets has pickers",
    "exit": "exit() ends the kernel, and the cells after it pass unseen",
    "quit": "quit() ends the kernel, and the cells after it pass unseen",
    "_exit": "it ends the kernel, and the cells after it pass unseen",
    "system": "what a child process prints is not stored; use subprocess.run with capture_output",
    "input": "nobody answers input() in a test; use a widget",
    "on_click": "no test of notebooks can click: a handler belongs into helpers.widgets, which has tests",
    "observe": "no test of notebooks can click: a handler belongs into helpers.widgets, which has tests",
}


def _incomparable(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        if reason := _FORBIDDEN_CALLS.get(_called(node)):
            yield reason
        if any(keyword.arg == "display_id" for keyword in node.keywords):
            yield "a comparison cannot follow a display that is updated"
    if isinstance(node, ast.With):
        for item in node.items:
            name = item.context_expr
            called = _called(name)
            if called == "Output" or (
                isinstance(name, ast.Name | ast.Attribute) and "out" in ast.unparse(name).lower()
            ):
                yield "a comparison cannot follow prints inside an Output widget"
    if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
        yield "a star import hides undefined names from the linter"
    if (
        isinstance(node, ast.Name)
        and re.fullmatch(r"_{1,3}|_i{1,3}|_\d+|Out|In", node.id)
        and isinstance(node.ctx, ast.Load)
    ):
        yield f"{node.id!r} is not there when tests run the notebook"


def shows_what_it_has(notebook: NotebookNode) -> Iterator[str]:
    """A cell that prints, or ends with an expression, stores an output; an exercise shows it when it is done."""
    for number, cell in _numbered_code(notebook):
        tree = _tree(cell.source)
        if tree is None or cell.outputs or exercise_id(cell):
            continue
        prints = any(isinstance(node, ast.Call) and _called(node) in ("print", "display") for node in _at_top(tree))
        silenced = cell.source.rstrip().endswith(";")
        ends_with_value = bool(tree.body) and isinstance(tree.body[-1], ast.Expr) and not silenced
        if prints or ends_with_value:
            yield f"cell {number}: nothing is stored, though it has something to show"


def _at_top(tree: ast.Module) -> Iterator[ast.AST]:
    """All nodes but those inside functions and classes, which only a call would run."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def errors_are_tagged(notebook: NotebookNode) -> Iterator[str]:
    """The tag raises-exception stands exactly where an error is stored; the error names the line that raised."""
    for number, cell in _numbered_code(notebook):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if bool(errors) != (nb.RAISES in nb.tags(cell)):
            yield f"cell {number}: the tag {nb.RAISES} and the stored error disagree"
        for error in errors:
            if not 1 <= len(error.traceback) <= 2:
                yield f"cell {number}: the stored traceback is not as the tool writes it"


def desktop_only_is_explained(notebook: NotebookNode) -> Iterator[str]:
    """The Markdown before a cell that needs a terminal or sockets says so."""
    for number, cell in _numbered_code(notebook):
        if nb.DESKTOP_ONLY in nb.tags(cell):
            before = notebook.cells[number - 1].source if number else ""
            if "desktop only" not in before.lower():
                yield f'cell {number}: tagged {nb.DESKTOP_ONLY}; the Markdown before it must say "Desktop only: …"'


# --- outputs --------------------------------------------------------------------------------------------------


def outputs(notebook: NotebookNode) -> Iterator[str]:
    """What is stored reads without a kernel, without colours and pictures, and is compared in full."""
    for number, cell in _numbered_code(notebook):
        for output in cell.outputs:
            for what in _output_findings(output):
                yield f"cell {number}: {what}"


def _output_findings(output: NotebookNode) -> Iterator[str]:
    if output.output_type == "stream":
        if output.name == "stderr":
            yield "something is stored that was printed to stderr"
        return
    data = output.get("data", {})
    if nb.WIDGET_VIEW in data:
        yield "a widget is stored; it is dead when the notebook is opened again"
    for kind in data:
        if kind.startswith("image/") and kind != "image/svg+xml":
            yield f"{kind} is stored: no comparison reads it, and it has no alternative text"
    if "text/html" in data or "image/svg+xml" in data:
        plain = data.get("text/plain", "").strip()
        if not plain or _OBJECT.fullmatch(plain):
            yield "rich output without a plain text to read instead"
        yield from access.twin_findings(data.get("text/html", ""), plain)
    plain = data.get("text/plain", "")
    if _BARE_WIDGET.match(plain) and ("…" in plain or "text/html" not in data):
        yield f"a widget's bare repr is stored ({plain[:40]!r}): it tells nothing, and is cut before it is compared"
    for page in (data.get("text/html", ""), data.get("image/svg+xml", "")):
        yield from access.html_findings(page)
        yield from access.headings(access.read(page))


def nothing_of_a_machine(notebook: NotebookNode) -> Iterator[str]:
    """No path of somebody's computer and no address in memory, neither in the text nor in the outputs."""
    for number, cell in enumerate(notebook.cells):
        texts = [cell.source]
        for output in cell.get("outputs", []):
            texts += [output.get("text", ""), output.get("evalue", ""), "\n".join(output.get("traceback", []))]
            texts += [str(value) for value in output.get("data", {}).values()]
        for pattern, what in ((_MACHINE_PATH, "a path of a machine"), (_ADDRESS, "an address in memory")):
            if match := next((m for text in texts if (m := pattern.search(text))), None):
                yield f"cell {number}: {what}: {match[0]!r}"


# --- text -----------------------------------------------------------------------------------------------------


def markdown_reads_well(notebook: NotebookNode) -> Iterator[str]:
    """What access.py asks of pictures, links, tables and HTML in the text."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            for finding in access.markdown_findings(cell.source):
                yield f"cell {number}: {finding}"


def links(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """Links inside the project lead to a file that is there, and to a place in it that is there."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        for match in _LINK.finditer(_FENCE.sub("", cell.source)):
            target = urlsplit(match[3])
            if target.scheme or target.netloc:
                continue
            file = path.parent / unquote(target.path) if target.path else path
            if target.path and not file.exists():
                yield f"cell {number}: {match[3]!r} leads to no file"
            elif target.fragment and unquote(target.fragment).lower() not in _anchors(
                file, notebook if file == path else None
            ):
                yield f"cell {number}: {match[3]!r} leads to no heading of {file.name}"


def _anchors(file: Path, notebook: NotebookNode | None) -> set[str]:
    """What may stand after # in a link to this file, in lower case, as JupyterLab and code-hosting pages have it."""
    if notebook is None and file.suffix == ".ipynb":
        notebook = nb.read(file)
    if notebook is not None:
        text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    else:
        text = file.read_text(encoding="utf-8")
    anchors = {match.lower() for match in re.findall(r"""<\w+[^>]*\b(?:id|name)=["']([^"']+)""", text)}
    for title in re.findall(r"^#{1,6}\s+(.*?)\s*#*\s*$", _FENCE.sub("", text), re.MULTILINE):
        plain = re.sub(r"[`*_]", "", _LINK.sub(r"\2", title)).lower()
        anchors.add(plain.replace(" ", "-"))
        anchors.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return anchors


def navigation_lines(notebook: NotebookNode, path: Path, course: Sequence[Lesson]) -> Iterator[str]:
    """The navigation line stands in the first and in the last cell, and is what the tool writes."""
    if path.name not in [lesson.file for lesson in course]:
        yield f"{path.name} is not an available lesson of the course file"
        return
    line = navigation.line_for(path.name, course)
    for place, cell in (("first", notebook.cells[0]), ("last", notebook.cells[-1])):
        if cell.cell_type != "markdown" or f"{navigation.BEGIN}\n{line}\n{navigation.END}" not in cell.source:
            yield f"the {place} cell has not the navigation line {line!r}: run tools/navigation.py"


# --- exercises ------------------------------------------------------------------------------------------------


def exercise_id(cell: NotebookNode) -> str | None:
    """The id in a tag such as ``exercise:01.a``."""
    return next((tag.removeprefix("exercise:") for tag in nb.tags(cell) if tag.startswith("exercise:")), None)


def exercise_cells(notebook: NotebookNode, exercises: Iterable[str]) -> Iterator[str]:
    """A code cell for each exercise of the lesson, tagged with its id, in order; and no other."""
    tagged = [identifier for cell in nb.code_cells(notebook) if (identifier := exercise_id(cell))]
    if tagged != list(exercises):
        yield f"the cells tagged as exercises are {tagged}, the exercises of the lesson {list(exercises)}"
    text = "\n".join(cell.source for cell in nb.code_cells(notebook))
    for identifier in tagged:
        if not re.search(rf"""\bcheck\(\s*["']{re.escape(identifier)}["']""", text):
            yield f"no cell calls check({identifier!r})"


EVERY_NOTEBOOK: Final[tuple[Rule, ...]] = (
    valid,
    run_by_the_tool,
    headings,
    cell_lengths,
    introduced,
    comparable,
    shows_what_it_has,
    errors_are_tagged,
    desktop_only_is_explained,
    outputs,
    nothing_of_a_machine,
    markdown_reads_well,
)
EVERY_LESSON: Final[tuple[Rule, ...]] = (sections, size)
