"""Every notebook of the course in a real JupyterLab: opened as it is cloned, then run and used with the mouse.

What a notebook holds is read from the outputs stored in it, so a new lesson is tested as soon as it is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Locator, expect

from helpers.exercises.base import Question
from helpers.exercises.registry import registry
from helpers.widgets.buttons import CHOSEN
from tools import notebook as nb

pytestmark = pytest.mark.browser

NOTEBOOKS = nb.paths()
#: What JupyterLab puts where a widget should be and its model is not there.
DEAD = re.compile(r"Error displaying widget|Loading widget|model not found|Could not create a (view|model)", re.I)
#: What the stored text of a card begins with.
QUESTION = re.compile(r"(?:Question|Prediction) \(([^)]+)\)")
PICKER = re.compile(r"CommandPicker for the lab")
ORDER = re.compile(r"Lines to put in order")
WIDGET = re.compile("|".join(kind.pattern for kind in (QUESTION, PICKER, ORDER)))


class Words(HTMLParser):
    """The text of an HTML without its styles, in words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._style = 0
        self._text: list[str] = []
        self.feed(html)
        self.close()
        self.words = " ".join(self._text).split()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._style += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._style -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._style:
            self._text.append(data)


def stored_data(path: Path) -> Iterator[dict[str, str]]:
    """The stored results of a notebook, each as texts by MIME type."""
    for cell in nb.code_cells(nb.read(path)):
        yield from (output.data for output in cell.outputs if "data" in output)


def matches(path: Path, pattern: re.Pattern[str]) -> list[re.Match[str]]:
    """The results whose text begins so."""
    return [found for data in stored_data(path) if (found := pattern.match(data.get("text/plain", "")))]


def questions(path: Path) -> list[Question]:
    """The questions and predictions of a notebook in the order of the page."""
    known = registry().questions | registry().predictions
    return [known[found[1]] for found in matches(path, QUESTION)]


def errors(notebook, path: Path) -> list[str]:
    """What stands in red under the cells that are not tagged to raise."""
    red = [
        area.locator("[data-mime-type='application/vnd.jupyter.error'], [data-mime-type*='stderr']").all_inner_texts()
        for area in notebook.page.locator(".jp-CodeCell").all()
    ]
    cells = nb.code_cells(nb.read(path))
    return [
        f"{cell.id}: {text}"
        for cell, texts in zip(cells, red, strict=True)
        if nb.RAISES not in nb.tags(cell)
        for text in texts
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_opened_and_not_run_it_shows_what_is_stored(open_notebook, path: Path) -> None:
    notebook = open_notebook(path)
    shown = notebook.page.locator(".jp-OutputArea-output")
    cells = nb.code_cells(nb.read(path))
    expect(shown).to_have_count(sum(len(cell.outputs) for cell in cells))
    texts = iter(shown.evaluate_all("outputs => outputs.map(output => output.textContent)"))
    for cell in cells:
        for output, text in zip(cell.outputs, texts, strict=False):
            data = output.get("data", {})
            stored = data.get("text/html")
            assert text.strip(), f"{cell.id} shows nothing"
            assert stored or not WIDGET.match(data.get("text/plain", "")), f"{cell.id} keeps nothing of its widget"
            # the page is not trusted: what its sanitiser takes away, the learner does not see
            assert stored is None or "".join(text.split()) == "".join(Words(stored).words), cell.id
    assert notebook.page.get_by_text(DEAD).count() == 0
    assert notebook.page.locator(".jupyter-widgets").count() == 0, "a widget without a kernel is a dead one"
    assert notebook.our_errors() == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_run_all_then_every_widget_answers(open_notebook, path: Path) -> None:
    notebook = open_notebook(path)
    notebook.run_all()
    assert errors(notebook, path) == []
    use_pickers(notebook, len(matches(path, PICKER)))
    use_questions(notebook, questions(path))
    use_orders(notebook, len(matches(path, ORDER)))
    assert notebook.page.get_by_text(DEAD).count() == 0
    assert notebook.our_errors() == []
    assert {host.split(":")[0] for host in notebook.hosts} <= {"127.0.0.1", ""}, "the page asked nobody else"


def use_pickers(notebook, number: int) -> None:
    """Send the first command that each picker permits."""
    pickers = notebook.page.locator(".jp-OutputArea-output .smtp-picker")
    expect(pickers).to_have_count(number)
    for picker in pickers.all():
        said = picker.locator(".smtp-conversation > *")
        before = said.count()
        command = picker.locator(".smtp-commands button:not(.smtp-not-now):visible").first
        verb = command.inner_text().removeprefix(CHOSEN).strip()
        command.click()
        expect(picker.locator(".smtp-line")).to_contain_text(verb)  # the kernel has seen the click
        picker.get_by_role("button", name="Send", exact=True).click()
        expect(said).to_have_count(before + 1)
        expect(said.last).to_contain_text(verb)
        expect(said.last).to_contain_text(re.compile(r"\b[2-5]\d\d[ -]"))
        expect(picker.get_by_role("alert")).to_have_count(0)


def use_questions(notebook, asked: list[Question]) -> None:
    """Give each question first a wrong answer, then the right one."""
    cards = notebook.page.locator(".jp-OutputArea-output .smtp-question")
    expect(cards).to_have_count(len(asked))
    for card, question in zip(cards.all(), asked, strict=True):
        verdict = card.get_by_label(f"Verdict on {question.id}", exact=True)
        for right, word in ((False, "Not yet"), (True, "Done")):
            place, option = next((n, o) for n, o in enumerate(question.options) if o.right is right)
            choose(card, place, option.text)
            expect(verdict).to_contain_text(word)
            expect(verdict).to_contain_text(option.answer.replace("`", ""))


def choose(card: Locator, place: int, text: str) -> None:
    """Choose an option by the label that the learner reads, and answer."""
    label = card.locator(".widget-radio-box label").nth(place)
    expect(label).to_contain_text(text.replace("`", ""))
    label.click()
    card.get_by_role("button", name="Answer").click()


def use_orders(notebook, number: int) -> None:
    """Send the lines of each order widget as they stand."""
    orders = notebook.page.locator(".jp-OutputArea-output .smtp-order")
    expect(orders).to_have_count(number)
    for order in orders.all():
        order.get_by_role("button", name="Send", exact=True).click()
        expect(order).to_contain_text("220 mail.lab.example")
        expect(order.get_by_role("group", name=re.compile("^Verdict on "))).to_contain_text("Not yet")


def test_what_is_wrong_is_seen(open_notebook, tmp_path: Path) -> None:
    """The helpers above on a notebook with planted defects, so that silence is no proof of health."""
    path = tmp_path / "defects.ipynb"
    cells = [
        nbformat.v4.new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
        nbformat.v4.new_code_cell("import sys\nprint('oh', file=sys.stderr)"),
        nbformat.v4.new_code_cell(
            "from IPython.display import display\n"
            "display({'application/vnd.jupyter.widget-view+json': {'model_id': 'gone', 'version_major': 2}}, raw=True)"
        ),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nb.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    notebook = open_notebook(path)
    notebook.run_all()
    assert len(errors(notebook, path)) == 1
    expect(notebook.page.get_by_text(DEAD)).not_to_have_count(0)
