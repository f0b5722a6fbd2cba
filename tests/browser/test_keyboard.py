"""Every widget of the course with the keyboard alone, in a real JupyterLab.

Each is reached with Tab, its main action is done and its result found; the focus is always visible and never lost.
All stand in one notebook, so that JupyterLab starts once; a test begins at the top of its widget's cell.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Locator, Page, expect

from helpers import widgets
from helpers.widgets.stored import Stored
from tests.browser.pages import MOVING, JupyterLab, OpenNotebook, opened

pytestmark = pytest.mark.browser

#: Whether the element that has the focus shows it: a line around it that is not as thin as its border.
FOCUSED = """() => {
    const e = document.activeElement;
    window.nodes ??= []; // every element that had the focus, in order
    const style = getComputedStyle(e);
    const outputs = [...document.querySelectorAll('.jp-OutputArea-output')];
    const name = e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || '';
    return {
        name: name.trim(),
        tag: e.tagName,
        output: outputs.findIndex(output => output.contains(e)),
        node: window.nodes.indexOf(e) >= 0 ? window.nodes.indexOf(e) : window.nodes.push(e) - 1,
        onwards: Boolean(window.nodes.at(-2)?.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING),
        inside: Boolean(e.closest('.jp-Notebook')),
        visible: style.outlineStyle === 'auto' || parseFloat(style.outlineWidth) >= 2 && style.outlineStyle === 'solid',
    };
}"""


class Keyboard:
    """Hands on the keys, and eyes on the widget of one cell."""

    def __init__(self, page: Page, number: int) -> None:
        self.page = page
        self.number = number  #: of the output, counted from 0
        self.widget: Locator = page.locator(".jp-OutputArea-output").nth(number)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def focused(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(FOCUSED)
        return found

    def start(self) -> None:
        """The focus on the widget's cell, as after it was run."""
        self.page.locator(".jp-Cell").nth(self.number + 1).evaluate("cell => cell.focus()")

    def tab_to(self, name: str, tag: str = "", most: int = 40) -> None:
        """Press Tab until the focus is on what is called so, all in this widget."""
        passed = []
        for _ in range(most):
            self.press("Tab")
            here = self.focused()
            if name in here["name"] and here["tag"].startswith(tag):
                assert here["visible"], f"the focus on {here['name']!r} is not visible"
                assert here["output"] == self.number
                return
            passed.append(here["name"][:20])
        pytest.fail(f"Tab did not reach {name!r}; it passed {passed}")

    def shows(self, text: str | re.Pattern[str], css: str = "[role=status]") -> None:
        """The result is there, in a place that is announced."""
        expect(self.widget.locator(css).filter(has_text=text).first).to_be_attached()
        self.holds()

    def holds(self) -> None:
        """The focus has stayed in the widget, on something that can be seen."""
        self.page.wait_for_timeout(50)
        here = self.focused()
        assert here["output"] == self.number, f"the focus is lost: it is on {here['tag']} {here['name'][:30]!r}"
        assert here["visible"], f"the focus on {here['name']!r} is not visible"


# --- a run for each widget: reach it, do its main action, see the result -----------------------------------------


def picker(keys: Keyboard) -> None:
    keys.tab_to("NOOP")
    keys.press("Enter")
    expect(keys.widget.locator(".smtp-line")).to_have_text("NOOP CR LF")
    keys.holds()
    keys.tab_to("Send", "BUTTON")
    keys.press("Space")
    keys.shows("The server said 250")
    keys.tab_to("Bytes")
    keys.press("Enter")
    expect(keys.widget.locator(".smtp-view")).to_contain_text("4e 4f 4f 50")
    keys.holds()


def console(keys: Keyboard) -> None:
    keys.tab_to("Line to send")
    keys.type("NOOP")
    keys.press("Enter")
    keys.shows("The server said 250")
    keys.press("ArrowUp")
    assert keys.page.evaluate("document.activeElement.value") == "NOOP"
    for line in ("EHLO laptop.example", "MAIL FROM:<>", "RCPT TO:<bob@lab.example>", "DATA"):
        keys.press("Control+a")
        keys.type(line)
        keys.press("Enter")
    keys.shows("The server said 354")
    expect(keys.widget.get_by_label("Message to send")).to_be_focused()
    keys.type("Subject: hello")
    keys.press("Control+Enter")
    keys.shows("The server said 250")
    expect(keys.widget.get_by_label("Line to send")).to_be_focused()


def question(keys: Keyboard) -> None:
    keys.tab_to("b)", "INPUT")
    keys.press("Space")
    keys.tab_to("Answer")
    keys.press("Enter")
    keys.shows(re.compile("Done|Not yet"))


def in_order(keys: Keyboard) -> None:
    keys.tab_to("Lines", "SELECT")
    keys.press("ArrowDown")
    keys.tab_to("Up")
    keys.press("Enter")
    expect(keys.widget.locator("option").first).to_have_text("1. EHLO laptop.example")
    keys.holds()
    keys.tab_to("Send")
    keys.press("Enter")
    keys.shows("221", ".talk")


def course(keys: Keyboard) -> None:
    keys.tab_to("01 Say hello")
    assert "/01-ehlo-helo.ipynb" in keys.page.evaluate("document.activeElement.href")


def diagnosis(keys: Keyboard) -> None:
    keys.tab_to("What you got")
    keys.type("550 5.1.1 <bbo@lab.example>: no such user here")
    keys.tab_to("It answered", "SELECT")
    keys.press("r", "Home", "ArrowDown")
    keys.tab_to("Find out why")
    keys.press("Enter")
    keys.shows("Who can act")


def decoder(keys: Keyboard) -> None:
    keys.tab_to("Reply to decode")
    keys.press("Control+a")
    keys.type("451 4.7.1 Greylisted")
    keys.shows("4.7.1")
    expect(keys.widget.get_by_role("status")).to_contain_text("Greylisted")


def look_up(keys: Keyboard) -> None:
    keys.tab_to("Search")
    keys.type("starttls")
    keys.shows(re.compile(r"^\d+ found"))
    keys.tab_to("Found", "SELECT")
    keys.press("End")
    facts = keys.widget.locator(".smtp-facts")
    expect(facts).to_contain_text("2525 — ")
    keys.press("Home")
    expect(facts).to_contain_text("STARTTLS — ")
    keys.tab_to("Try it")
    keys.press("Enter")
    keys.shows("A picker is open below")


def gallery(keys: Keyboard) -> None:
    keys.tab_to("Filter")
    keys.type("550")
    expect(keys.widget.locator("option")).to_have_count(3)
    keys.tab_to("Failure", "SELECT")
    shown = keys.widget.locator(".say").first
    before = shown.inner_text()
    keys.press("ArrowDown")
    expect(shown).not_to_have_text(before)
    keys.tab_to("Make it happen")
    keys.press("Enter")
    keys.shows("The program that fails")
    keys.tab_to("Apply the cure")
    keys.press("Enter")
    keys.shows("The cure")


def case_file(keys: Keyboard) -> None:
    keys.tab_to("C:", "SUMMARY")
    keys.press("Enter")
    expect(keys.widget.locator("details[open] .note")).to_be_visible()
    keys.tab_to("c) helo-rejected", "INPUT")
    keys.press("Space")
    keys.tab_to("a)", "INPUT")
    keys.press("Space")
    keys.tab_to("Conclude")
    keys.press("Enter")
    keys.shows(re.compile("Done|Not yet"))


#: By the name that lessons use: the cell, and the run.
RUNS: dict[str, tuple[str, Callable[[Keyboard], None]]] = {
    "CommandPicker": ("CommandPicker(lab, ['EHLO', 'NOOP'])", picker),
    "Console": ("Console(lab)", console),
    "quiz": ("quiz('00.q1')", question),
    "predict": ("predict('01.p1')", question),
    "order": ("order(lab, ['QUIT', 'EHLO laptop.example'])", in_order),
    "course_map": ("course_map()", course),
    "DiagnosisBox": ("DiagnosisBox()", diagnosis),
    "Decoder": ("Decoder()", decoder),
    "Lookup": ("Lookup(lab)", look_up),
    "Gallery": ("Gallery()", gallery),
    "case": ("case('10.a')", case_file),
}
NAMES = list(RUNS)
#: One more, for a session whose controls come and go.
LOGIN = "CommandPicker(lab, ['EHLO', 'AUTH', 'QUIT'])"

#: A reader's own spacing (WCAG 2.2, 1.4.12), laid over the page.
SPACING = """.jp-OutputArea-output .smtp * {
    line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
.jp-OutputArea-output .smtp p { margin-bottom: 2em !important; }"""


@contextmanager
def all_open(jupyterlab: JupyterLab, browser: Browser, name: str, **look: Any) -> Iterator[OpenNotebook]:
    setup = f"from helpers import Lab, {', '.join(NAMES)}\nlab = Lab('open')"
    with opened(jupyterlab, browser, [setup, *(cell for cell, _ in RUNS.values()), LOGIN], name, **look) as notebook:
        notebook.run_all()
        expect(notebook.page.locator(".jp-OutputArea-output .smtp")).to_have_count(len(NAMES) + 1)
        yield notebook


@pytest.fixture(scope="module")
def notebook(jupyterlab: JupyterLab, browser: Browser) -> Iterator[OpenNotebook]:
    with all_open(jupyterlab, browser, "keyboard") as one:
        yield one


def test_every_widget_has_its_run() -> None:
    """A new widget turns this red until it has one."""
    assert set(NAMES) == set(widgets._HOMES)
    for module in pkgutil.iter_modules(widgets.__path__):
        importlib.import_module(f"helpers.widgets.{module.name}")
    waiting, homes = [Stored], set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        homes |= set() if kind.__subclasses__() else {kind.__module__}
    assert homes <= set(widgets._HOMES.values())


@pytest.mark.parametrize("name", NAMES)
def test_by_keyboard_alone(notebook: OpenNotebook, name: str) -> None:
    keys = Keyboard(notebook.page, NAMES.index(name))
    keys.start()
    RUNS[name][1](keys)
    assert notebook.our_errors() == []


def test_a_control_that_goes_does_not_take_the_focus_along(notebook: OpenNotebook) -> None:
    """A field is replaced by another form, a button is hidden once it was pressed."""
    keys = Keyboard(notebook.page, len(NAMES))
    field = keys.widget.locator(".smtp-field input:not([type=checkbox])")
    keys.start()
    keys.tab_to("Send", "BUTTON")
    keys.press("Enter")
    keys.shows("The server said 250")
    keys.start()
    keys.tab_to("AUTH", "BUTTON")
    keys.press("Enter")
    expect(keys.widget.locator(".smtp-line")).to_contain_text("AUTH")
    keys.tab_to("Mechanism", "SELECT")
    keys.press("L")
    keys.tab_to("Send", "BUTTON")
    keys.press("Enter")
    keys.shows("The server said 334")
    keys.start()
    keys.tab_to("Response", "INPUT")
    for answer, code in (("YWxpY2U=", "334"), ("d29uZGVybGFuZA==", "235")):
        expect(field).to_have_value("")
        keys.type(answer)
        keys.press("Enter")
        expect(keys.widget.locator(".smtp-conversation > *").last).to_contain_text(code)
    expect(keys.widget.get_by_label("Mechanism")).to_be_focused()
    keys.start()
    keys.tab_to("QUIT")
    keys.press("Enter")
    expect(keys.widget.locator(".smtp-line")).to_have_text("QUIT CR LF")
    keys.tab_to("Send", "BUTTON")
    keys.press("Enter")
    keys.shows("The server closed the connection", "[role=alert]")
    keys.tab_to("Reconnect")
    keys.press("Enter")
    expect(keys.widget.get_by_role("button", name="Reconnect")).to_be_hidden()
    expect(keys.widget.get_by_role("button", name="Conversation")).to_be_focused()
    keys.holds()


def test_nothing_moves(notebook: OpenNotebook) -> None:
    """The page asks for less motion, and no part of a widget fades, slides or scrolls by itself (2.3.3)."""
    for widget in notebook.page.locator(".jp-OutputArea-output .smtp").all():
        assert widget.evaluate(MOVING) == []


def test_at_200_percent_and_with_wide_letters(jupyterlab: JupyterLab, browser: Browser) -> None:
    """WCAG 2.2, 1.4.4 and 1.4.12: nothing is cut off, and nothing stands beside its widget."""
    with all_open(jupyterlab, browser, "zoom", width=640, height=750, sharpness=2) as notebook:
        for state in ("200 %", "wide letters"):
            if state == "wide letters":
                notebook.page.add_style_tag(content=SPACING)
            for name, widget in zip([*NAMES, "login"], notebook.page.locator(".smtp-bench, .smtp").all(), strict=True):
                assert notebook.cut(widget) == [], f"{name} at {state}"


def stops(page: Page, key: str, most: int = 400) -> list[dict[str, Any]]:
    """Where in the widgets the focus is after each press of a key, until it has left the notebook."""
    found = []
    for _ in range(most):
        page.keyboard.press(key)
        here = page.evaluate(FOCUSED)
        if not here["inside"]:
            return found
        if here["output"] >= 0:  # between widgets JupyterLab stops at the cell that is chosen
            found.append(here)
    pytest.fail(f"{key} does not lead out: {[stop['name'][:20] for stop in found[-5:]]}")


def test_tab_leads_through_every_widget_and_back(jupyterlab: JupyterLab, browser: Browser) -> None:
    """In the order of the page, the focus visible at every stop, and no trap (WCAG 2.2, 2.1.2, 2.4.3, 2.4.7)."""
    with all_open(jupyterlab, browser, "walk") as notebook:
        page = notebook.page
        Keyboard(page, 0).start()
        there = stops(page, "Tab")
        assert {stop["output"] for stop in there} == set(range(len(NAMES) + 1))
        nodes = [stop["node"] for stop in there]
        assert nodes == sorted(set(nodes)), "no stop comes twice"
        assert all(stop["onwards"] for stop in there[1:])
        assert [stop["name"] for stop in there if not stop["visible"]] == []
        assert [stop["tag"] for stop in there if not stop["name"]] == []
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(FOCUSED)["node"] == nodes[-1]
        back = stops(page, "Shift+Tab")
        assert [stop["node"] for stop in back] == nodes[-2::-1]
