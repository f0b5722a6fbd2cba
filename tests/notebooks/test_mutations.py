"""Changes that nbval's strict comparison passes, and breaches of the template: each is found by a rule or by a run.

The first list is measured: each of these changes, made to a notebook after its outputs were stored, left
``pytest --nbval`` green. Beside it stand the constructs for which nbval fails although nothing is wrong.
"""

from __future__ import annotations

import copy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode, v4

from tests.notebooks import sample, shape
from tools import navigation
from tools import notebook as nb

Change = Callable[[NotebookNode], object]


@pytest.fixture(scope="module")
def stored() -> NotebookNode:
    return nb.tidy(nb.run(sample.notebook(), sample.PATH.parent))


def code(notebook: NotebookNode, number: int) -> NotebookNode:
    return nb.code_cells(notebook)[number]


Find = Callable[[NotebookNode], list[str]]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Find:
    """The findings about a notebook that stands in a course with the lessons of the sample."""
    folder = tmp_path_factory.mktemp("course")
    for lesson in sample.LESSONS:
        (folder / lesson.file).touch()
    return lambda notebook: shape.findings(notebook, folder / sample.PATH.name, sample.LESSONS)


def signed(notebook: NotebookNode) -> NotebookNode:
    """With the mark of the tool as if it had been run, so that another rule has to find the change."""
    notebook.metadata.speak_smtp.executed = nb.digest(notebook)
    return notebook


def test_the_sample_is_without_a_fault(stored: NotebookNode, findings: Find) -> None:
    assert findings(stored) == []
    assert list(nb.differences(stored, nb.tidy(nb.run(stored, sample.PATH.parent)))) == []


def test_a_run_leaves_no_kernel_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connections were closed by the garbage collector otherwise, with a warning that failed another test."""
    managers: list[AsyncKernelManager] = []

    def manager(**options: str) -> AsyncKernelManager:
        managers.append(AsyncKernelManager(**options))
        return managers[-1]

    monkeypatch.setattr(nb, "AsyncKernelManager", manager)
    nb.run(v4.new_notebook(cells=[v4.new_code_cell("1")]), sample.PATH.parent)
    assert [one.has_kernel for one in managers] == [False]


# --- found by the rules ---------------------------------------------------------------------------------------


def strip(cell: NotebookNode) -> None:
    cell.outputs, cell.execution_count = [], None


def tag(cell: NotebookNode, name: str) -> None:
    cell.metadata["tags"] = [*nb.tags(cell), name]


def after(cell: NotebookNode, line: str) -> None:
    cell.source += "\n" + line


def delete(notebook: NotebookNode, number: int) -> None:
    """Remove a code cell and its introduction, and close the gap in the counts."""
    place = notebook.cells.index(code(notebook, number))
    del notebook.cells[place - 1 : place + 1]
    for count, cell in enumerate(nb.code_cells(notebook), 1):
        cell.execution_count = count


PNG = v4.new_output("display_data", {"image/png": "aGVsbG8=", "text/plain": "<Figure>"})
VIEW = v4.new_output("display_data", {nb.WIDGET_VIEW: {"model_id": "1"}, "text/plain": "Picker()"})
BARE = v4.new_output("display_data", {"text/plain": "VBox(children=(Dropdown(options=('EHLO', 'HELO'…"})
STDERR = v4.new_output("stream", name="stderr", text="warning")
HTML_ONLY = v4.new_output(
    "display_data", {"text/html": "<p>250</p>", "text/plain": "<IPython.core.display.HTML object>"}
)


def rich(html: str, plain: str = "250") -> Change:
    """A change that adds this HTML, with this text beside it, to the outputs of a cell."""
    output = v4.new_output("display_data", {"text/html": html, "text/plain": plain})
    return lambda notebook: code(notebook, 4).outputs.append(output)


def text(markdown: str) -> Change:
    """A change that adds this to a Markdown cell."""
    return lambda notebook: after(notebook.cells[4], markdown)


def table(inside: str) -> Change:
    return rich(f"<table>{inside}<td>done</td></tr></table>")


BY_A_RULE: dict[str, tuple[str, Change]] = {
    "all outputs and counts stripped": ("counts", lambda n: [strip(cell) for cell in nb.code_cells(n)]),
    "one cell stripped": ("counts", lambda n: strip(code(n, 1))),
    "only the count stripped": ("counts", lambda n: code(n, 1).update(execution_count=None)),
    "only the outputs stripped, of a cell that prints": ("nothing is stored", lambda n: code(n, 0).update(outputs=[])),
    "only the outputs stripped, of a cell with a result": (
        "nothing is stored",
        lambda n: code(n, 4).update(outputs=[]),
    ),
    "tag nbval-skip": ("switches", lambda n: tag(code(n, 1), "nbval-skip")),
    "tag nbval-ignore-output": ("switches", lambda n: tag(code(n, 1), "nbval-ignore-output")),
    "comment NBVAL_SKIP": ("switches", lambda n: after(code(n, 4), "# NBVAL_SKIP")),
    "comment NBVAL_IGNORE_OUTPUT": ("switches", lambda n: after(code(n, 4), "#NBVAL_IGNORE_OUTPUT")),
    "comment PYTEST_VALIDATE_IGNORE_OUTPUT": (
        "switches",
        lambda n: after(code(n, 4), "# PYTEST_VALIDATE_IGNORE_OUTPUT"),
    ),
    "tagged to raise, no error stored": ("disagree", lambda n: code(n, 3).update(outputs=[])),
    "an error stored, not tagged": ("disagree", lambda n: code(n, 3).metadata.pop("tags")),
    "a handler for clicks": ("handler", lambda n: after(code(n, 4), "button.on_click(lambda _: 1 / 0)")),
    "an observer": ("handler", lambda n: after(code(n, 4), "box.observe(print)")),
    "a raster image": ("image/png", lambda n: code(n, 4).outputs.append(PNG)),
    "exit()": ("ends the kernel", lambda n: after(code(n, 4), "exit()")),
    "os._exit": ("ends the kernel", lambda n: after(code(n, 4), "os._exit(0)")),
    "a shell line that fails": ("plain Python", lambda n: after(code(n, 4), "!false")),
    "a magic": ("plain Python", lambda n: after(code(n, 4), "%run other.py")),
    "os.system": ("child process", lambda n: after(code(n, 4), "os.system('true')")),
    "a cell emptied": ("empty", lambda n: code(n, 4).update(source="", outputs=[])),
    "with out:": ("Output widget", lambda n: after(code(n, 4), "with out:\n    print(250)")),
    "with Output():": ("Output widget", lambda n: after(code(n, 4), "with widgets.Output():\n    print(250)")),
    "clear_output": ("clear_output", lambda n: after(code(n, 4), "clear_output()")),
    "display_id": ("updated", lambda n: after(code(n, 4), "display(250, display_id='x')")),
    "update_display": ("updated", lambda n: after(code(n, 4), "update_display(250, display_id='x')")),
    "interact": ("interact", lambda n: after(code(n, 4), "interact(print, x=3)")),
    "the last result by its underscore": ("not there", lambda n: after(code(n, 4), "print(_)")),
    "an earlier result by Out": ("not there", lambda n: after(code(n, 4), "print(Out[1])")),
    "a star import": ("star", lambda n: after(code(n, 0), "from helpers import *")),
    "stderr": ("stderr", lambda n: code(n, 4).outputs.append(STDERR)),
    "a stored widget": ("widget", lambda n: code(n, 4).outputs.append(VIEW)),
    "a widget's repr, cut": ("bare repr", lambda n: code(n, 4).outputs.append(BARE)),
    "stored widget state": ("widget state", lambda n: n.metadata.update(widgets={})),
    "HTML without a text": ("plain text", lambda n: code(n, 4).outputs.append(HTML_ONLY)),
    "an image without a text": ("alternative", rich("<img src='map.svg'>")),
    "an image with an empty text": ("alternative", rich("<img src='map.svg' alt=' '>")),
    "a drawing without a title": ("drawing", rich("<svg><circle r='3'/></svg>")),
    "a table without headers": ("header cells", table("<caption>Codes</caption><tr>")),
    "a table whose header heads nothing": ("scope", table("<caption>Codes</caption><tr><th>250</th>")),
    "a table with an empty header": ("empty header", table('<caption>Codes</caption><tr><th scope="row"></th>')),
    "a table without a name": ("caption", table('<tr><th scope="row">250</th>')),
    "a table after a sentence": ("caption", rich('<p>See.</p><table><tr><th scope="row">1</th></tr></table>')),
    "a heading in an output": ("heading inside", rich("<h2>Reply</h2>")),
    "a link in an output named here": ("where the link goes", rich('<a href="x.html">here</a>')),
    "a link in an output that is its address": ("bare address", rich('<a href="https://a.test">https://a.test</a>')),
    "an id there twice": ("2 times", rich('<p id="a">1</p><p id="a">2</p>')),
    "a label that is not there": ("not there", rich('<div role="group" aria-labelledby="gone">1</div>')),
    "a role that does not exist": ("no role", rich('<div role="transcript">1</div>')),
    "a role that needs a script": ("no role", rich('<div role="slider">1</div>')),
    "a state that does not exist": ("not known", rich('<p aria-title="reply">1</p>')),
    "a state with another value": ("no meaning", rich('<p aria-current="here">1</p>')),
    "an empty label": ("an empty aria-label", rich('<div role="group" aria-label="">1</div>')),
    "a label that nobody reads": ("only where it has a role", rich('<div aria-label="Reply">1</div>')),
    "a language by its name": ("no language", rich('<p lang="english">1</p>')),
    "a tooltip that says more": ("only a tooltip", rich('<b title="done">250</b>')),
    "a status by its colour": ("colour alone", rich('<p class="no">The message</p>')),
    "a status by an accent on its box": ("colour alone", rich('<div class="body ok">It is stored.</div>')),
    "a reply code in the colour of another": ("colour alone", rich('<b class="ok">550</b>', "550")),
    "a script": ("script", rich("<script>1</script>")),
    "a line of the wire that only the HTML has": (
        "not in the plain text",
        rich('<div class="row"><b>S:</b> <code>550 5.7.1 Relaying denied</code></div>'),
    ),
    "a status that only the HTML has": ("not in the plain text", rich('<p class="say ok">✓ Done</p>')),
    "a full traceback": ("traceback", lambda n: code(n, 3).outputs[0].update(traceback=["a", "b", "c"])),
    "two cells with one id": ("not a valid", lambda n: code(n, 4).update(id=code(n, 3).id)),
    "a path of a machine": ("path", lambda n: code(n, 0).outputs[0].update(text="/home/" + "ann/lab.py")),
    "an address in memory": ("address", lambda n: code(n, 0).outputs[0].update(text="<Lab at 0x7f12345678>")),
    "a long cell": ("lines of code", lambda n: after(code(n, 0), "x = 1\n" * 20)),
    "long cells": ("median", lambda n: [after(c, "x = 1\n" * 5) for c in nb.code_cells(n)]),
    "code upon code": ("no Markdown", lambda n: n.cells.insert(6, v4.new_code_cell("250"))),
    "a second H1": ("one H1", lambda n: after(n.cells[4], "\n# Another")),
    "no H1": ("one H1", lambda n: n.cells[0].update(source="Text")),
    "a heading that skips a level": ("skips", lambda n: after(n.cells[4], "\n#### Deep")),
    "two H2 alike": ("two H2", lambda n: after(n.cells[4], "\n## An error")),
    "a link to no file": ("no file", lambda n: after(n.cells[4], "[the map](nowhere.md)")),
    "a link to no heading": ("no heading", lambda n: after(n.cells[4], "[the map](#Nowhere)")),
    "a link named here": ("where the link goes", lambda n: after(n.cells[4], "[here](#Say-hello)")),
    "a picture without a text": ("alternative", lambda n: after(n.cells[4], "![](02-sample.ipynb)")),
    "a Markdown table with an empty header": ("empty header", text("\n| | b |\n|---|---|\n| 1 | 2 |")),
    "a Markdown table that nothing introduces": (
        "nothing introduces",
        lambda n: n.cells.insert(4, v4.new_markdown_cell("| a | b |\n|---|---|\n| 1 | 2 |")),
    ),
    "a link named after its address": ("bare address", text("[https://a.test](https://a.test)")),
    "a bare address": ("bare address", text("See https://a.test for more.")),
    "a bare address in brackets": ("bare address", text("See <https://a.test>.")),
    "a mail address in brackets": ("bare address", text("Write to <alice@lab.example>.")),
    "an HTML link named here": ("where the link goes", text('See <a href="#Say-hello">here</a>.')),
    "an HTML image without a text": ("alternative", text('<img src="map.svg">')),
    "an HTML table in Markdown": ("scope", text("<table><caption>c</caption><tr><th>1</th></tr></table>")),
    "desktop-only without a word": ("Desktop only", lambda n: tag(code(n, 4), nb.DESKTOP_ONLY)),
    "another navigation line at the top": (
        "first cell",
        lambda n: n.cells[0].update(source=n.cells[0].source.replace("Next: ", "After: ")),
    ),
    "no navigation line at the end": ("last cell", lambda n: n.cells[-1].update(source="The end.")),
}


@pytest.mark.parametrize("name", BY_A_RULE)
def test_a_rule_finds(name: str, stored: NotebookNode, findings: Find) -> None:
    words, change = BY_A_RULE[name]
    mutant = copy.deepcopy(stored)
    change(mutant)
    found = findings(signed(mutant))
    assert any(words in finding for finding in found), found


#: What is fine and looks like a fault: a rule that objects to everything would find all of the above, too.
SOUND: dict[str, Change] = {
    "an address as code": text("`MAIL FROM:<alice@lab.example>` at `https://a.test` and\n\n```\nhttps://a.test\n```"),
    "an address behind a link": text("[the RFC](https://a.test/rfc)"),
    "a table with an introduction": text("The codes:\n\n| code | meaning |\n|---|---|\n| 250 | done |"),
    "a reply code in its colour": rich('<b class="no">550</b>', "550"),
    "a status with its glyph": rich('<p class="later">↻ The message</p>'),
    "a status with its word": rich('<p class="say ok">Done</p>', "Done"),
    "a tooltip that says it again": rich('<b title="Done">✓ done</b>'),
    "a table named by its caption": table('<caption>Codes</caption><tr><th scope="row">250</th>'),
    "a table named by what unfolds it": rich(
        '<details><summary>Codes</summary><table><tr><th scope="row">1</th></tr></table></details>'
    ),
    "a drawing that is decoration": rich('<svg aria-hidden="true"><circle r="3"/></svg>'),
    "one label for two": rich('<p id="a">Reply</p><div role="group" aria-labelledby="a">1</div>'),
    "another language": rich('<p lang="de-AT">Gruß</p>', "Gruß"),
}


@pytest.mark.parametrize("name", SOUND)
def test_no_rule_objects_to(name: str, stored: NotebookNode, findings: Find) -> None:
    mutant = copy.deepcopy(stored)
    SOUND[name](mutant)
    assert findings(signed(mutant)) == []


@pytest.mark.parametrize("number", range(5))
def test_the_mark_of_the_tool_shows_a_deleted_cell(number: int, stored: NotebookNode, findings: Find) -> None:
    mutant = copy.deepcopy(stored)
    delete(mutant, number)
    assert any("the code is not" in finding for finding in findings(mutant))


# --- found by running it again --------------------------------------------------------------------------------


def rewrite(number: int, old: str, new: str) -> Change:
    def change(notebook: NotebookNode) -> None:
        cell = code(notebook, number)
        assert old in cell.source
        cell.source = cell.source.replace(old, new)

    return change


BY_A_RUN: dict[str, Change] = {
    "the error no longer comes": rewrite(3, "[550]", "[250]"),
    "a tagged cell raises, and nothing is stored": lambda n: code(n, 3).update(outputs=[]),
    "the same error from another line": rewrite(3, "replies[550]", "replies[550] if replies else 0\nreplies[550]"),
    "another text of the error": rewrite(3, "550", "551"),
    "a rich result changed past the first 110 characters": rewrite(1, "The end.", "The End."),
    "metadata of an output changed": rewrite(0, '"isolated": False', '"isolated": True'),
    "text and card in another order": lambda n: code(n, 2).update(source="print('second')\ndisplay(Card('first'))"),
    "a stripped cell that gives something": lambda n: strip(code(n, 4)),
    "a printed text changed": rewrite(0, '"ready"', '"Ready"'),
    "a reply code changed": rewrite(4, "250 + 300", "250 + 301"),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_A_RUN)
def test_a_run_finds(name: str, stored: NotebookNode) -> None:
    mutant = copy.deepcopy(stored)
    BY_A_RUN[name](mutant)
    fresh = nb.tidy(nb.run(mutant, sample.PATH.parent))
    assert list(nb.differences(mutant, fresh))


def test_a_run_finds_an_error_that_is_not_expected(stored: NotebookNode) -> None:
    mutant = copy.deepcopy(stored)
    code(mutant, 3).metadata.pop("tags")
    assert [line for line in nb.untagged_errors(nb.run(mutant, sample.PATH.parent)) if "KeyError: 550" in line]


# --- breaches of the lesson template --------------------------------------------------------------------------


def section(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.source.startswith(f"## {name}"))


def remove(notebook: NotebookNode, cell: NotebookNode, count: int = 1) -> None:
    place = notebook.cells.index(cell)
    del notebook.cells[place : place + count]


def swap(notebook: NotebookNode, one: str, two: str) -> None:
    a, b = section(notebook, one), section(notebook, two)
    a.source, b.source = b.source, a.source


IN_A_LESSON: dict[str, tuple[str, Change]] = {
    "a section missing": ("missing", lambda n: remove(n, section(n, "Explain"))),
    "sections in another order": ("another order", lambda n: swap(n, "Predict", "Explain")),
    "no code to run": ("no code cell under 'Run'", lambda n: n.cells.pop(n.cells.index(section(n, "Run")) + 1)),
    "too few words": (
        "words",
        lambda n: [c.update(source=c.source[:30]) for c in n.cells if c.source.startswith("##")],
    ),
    "too many words": ("words", lambda n: after(n.cells[0], "word " * 900)),
    "too many cells": ("cells", lambda n: n.cells.extend([v4.new_markdown_cell("text")] * 20)),
    "an exercise without its tag": ("tagged", lambda n: code(n, 6).metadata.update(tags=[])),
    "an exercise that the lesson has not": ("tagged", lambda n: tag(code(n, 0), "exercise:01.d")),
    "an exercise that nothing checks": ("no cell calls", lambda n: rewrite(6, "check(", "hint(")(n)),
}


def test_the_skeleton_of_a_lesson_is_without_a_fault(findings: Find) -> None:
    lesson = sample.lesson()
    assert findings(lesson) + shape.lesson_findings(lesson, sample.EXERCISES) == []


def test_the_part_to_go_further_does_not_count() -> None:
    lesson = sample.lesson()
    lesson.cells[-1:-1] = [v4.new_markdown_cell("## Go further\n" + "word " * 900)] * 20
    assert shape.lesson_findings(lesson, sample.EXERCISES) == []


@pytest.mark.parametrize("name", IN_A_LESSON)
def test_a_lesson_rule_finds(name: str) -> None:
    words, change = IN_A_LESSON[name]
    lesson = sample.lesson()
    change(lesson)
    found = shape.lesson_findings(lesson, sample.EXERCISES)
    assert any(words in finding for finding in found), found


# --- the tools that write -------------------------------------------------------------------------------------


def test_navigation_written_twice_is_written_once() -> None:
    notebook = sample.notebook()
    line = navigation.line_for(sample.PATH.name, sample.LESSONS)
    assert (
        line == "[Previous: Start](00-start.ipynb) · [Contents](00-start.ipynb) · [Next: Say goodbye](02-sample.ipynb)"
    )
    assert not navigation.navigated(notebook, line)
    assert navigation.navigated(notebook, "another")
    assert notebook.cells[0].source.count(navigation.BEGIN) == 1


def test_the_way_through_the_course_passes_by_the_pages_to_look_something_up() -> None:
    before = "[Previous: Say hello](01-sample.ipynb) · [Contents](00-start.ipynb)"
    assert navigation.line_for("02-sample.ipynb", sample.LESSONS) == before
    assert navigation.line_for("glossary.ipynb", sample.LESSONS) == "[Contents](00-start.ipynb)"
    assert navigation.line_for("00-start.ipynb", sample.LESSONS) == "[Next: Say hello](01-sample.ipynb)"


def test_stored_outputs_hold_nothing_that_changes_by_itself(stored: NotebookNode) -> None:
    """Two runs give the same file, down to the octets."""
    again = nb.tidy(nb.run(stored, sample.PATH.parent))
    assert again == stored


def test_nbval_reads_the_stored_sample(stored: NotebookNode, tmp_path: Path) -> None:
    """Our control: nbval itself accepts the form in which the tool stores, and sees a plain change in it."""
    file = tmp_path / sample.PATH.name
    nb.write(stored, file)
    assert nbval(file) == 0
    mutant = copy.deepcopy(stored)
    rewrite(4, "300", "301")(mutant)
    nb.write(mutant, file)
    assert nbval(file) == 1


def nbval(file: Path) -> int:
    config = file.with_name("pytest.ini")
    shutil.copy(nb.SANITIZE, file.parent)
    config.write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(config), "--nbval"]
    command += ["--nbval-current-env", "--nbval-cell-timeout=20", f"--nbval-sanitize-with={nb.SANITIZE}", str(file)]
    return subprocess.run(command, capture_output=True, cwd=file.parent).returncode
