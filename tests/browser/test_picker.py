"""The command picker in a real JupyterLab: by mouse, by keyboard, for axe-core, in light, dark and narrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
#: A notebook of two cells, for what the lessons do not show on their pages.
SCRATCH = ["from helpers import Lab, CommandPicker\nlab = Lab('open')", "picker = CommandPicker(lab)\npicker"]
LESSONS = [ROOT / "notebooks" / f"{name}.ipynb" for name in ("00-start-here", "01-ehlo-helo")]
LOOKS = [("light", False, 1280), ("dark", True, 1280), ("narrow", False, 600)]
Open = Callable[..., object]


def picker_of(notebook) -> Locator:
    found = notebook.page.locator(".jp-OutputArea-output .smtp-picker")
    expect(found).to_have_count(1)
    return found


def press(picker: Locator, name: str) -> None:
    """Press the button whose text ends so: marks for "chosen" and "not permitted" may stand before it."""
    picker.locator("button").filter(has_text=name).first.click()


def conversation(picker: Locator) -> Locator:
    return picker.locator(".smtp-conversation")


def place(picker: Locator) -> Locator:
    return picker.locator("[aria-current=step]")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_by_mouse(open_notebook: Open, path: Path) -> None:
    notebook = open_notebook(path)
    notebook.run_all()
    picker = picker_of(notebook)
    press(picker, "EHLO")
    expect(picker.locator(".smtp-line")).to_have_text("EHLO laptop.example CR LF")
    picker.get_by_role("button", name="Send", exact=True).click()
    expect(conversation(picker)).to_contain_text("250-mail.lab.example greets laptop.example")
    expect(place(picker)).to_contain_text("greeted")
    # the explanation of a line unfolds under it, and is still open after the next exchange
    size = conversation(picker).locator("details", has_text="250-SIZE")
    size.locator("summary").click()
    expect(size.locator(".note")).to_be_visible()
    press(picker, "MAIL FROM")
    picker.get_by_label("Reverse path").fill("carol@lab.example")
    expect(picker.locator(".smtp-line")).to_have_text("MAIL FROM:<carol@lab.example> CR LF")
    picker.get_by_role("button", name="Send", exact=True).click()
    expect(place(picker)).to_contain_text("sender named")
    expect(size.locator(".note")).to_be_visible()
    press(picker, "Undo")
    expect(place(picker)).to_contain_text("greeted")
    assert notebook.our_errors() == []
    assert {host.split(":")[0] for host in notebook.hosts} <= {"127.0.0.1", ""}, "the page asked nobody else"


FOCUSED = """() => {
    const e = document.activeElement;
    return (e.innerText || e.getAttribute('aria-label') || e.value || '').trim();
}"""


def focused(page: Page) -> str:
    return str(page.evaluate(FOCUSED))


def tab_to(page: Page, wanted: Callable[[str], bool], most: int = 120) -> None:
    """Press Tab until the focus is on what is wanted."""
    passed = []
    for _ in range(most):
        if wanted(focused(page)):
            return
        passed.append(focused(page)[:20])
        page.keyboard.press("Tab")
    pytest.fail(f"Tab did not reach it; it passed {passed}")


def test_by_keyboard_alone(open_notebook: Open) -> None:
    notebook = open_notebook(SCRATCH)
    notebook.run_all()
    page, picker = notebook.page, picker_of(notebook)
    tab_to(page, lambda text: text.endswith("HELO"))
    page.keyboard.press("Enter")
    expect(picker.locator(".smtp-title")).to_contain_text("HELO")
    tab_to(page, lambda text: text == "laptop.example")
    page.keyboard.press("Control+a")
    page.keyboard.type("desk.example")
    page.keyboard.press("Enter")
    expect(conversation(picker)).to_contain_text("HELO desk.example")
    expect(place(picker)).to_contain_text("greeted")
    assert focused(page) == "desk.example", "sending does not take the focus away"
    tab_to(page, lambda text: text == "Send")
    page.keyboard.press("Space")
    expect(conversation(picker).locator("summary", has_text="HELO desk.example")).to_have_count(2)
    # an explanation, and another view
    tab_to(page, lambda text: "Bytes" in text)
    page.keyboard.press("Enter")
    expect(picker.locator(".smtp-view")).to_contain_text("48 45 4c 4f")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    tab_to(page, lambda text: text.startswith("S:") and "220" in text)
    page.keyboard.press("Enter")
    expect(conversation(picker).locator("details[open] .note")).to_be_visible()
    assert notebook.our_errors() == []


def test_a_whole_mail_and_a_dropped_connection(open_notebook: Open) -> None:
    notebook = open_notebook([*SCRATCH, "lab.fault('NOOP', '421 4.3.2 <b>Shutting</b> down', times=1)"])
    notebook.run_all()
    picker = picker_of(notebook)
    for verb, reply in (("EHLO", "250 HELP"), ("MAIL FROM", "250 2.1.0"), ("RCPT TO", "250 2.1.5"), ("DATA", "354")):
        press(picker, verb)
        picker.get_by_role("button", name="Send", exact=True).click()
        expect(conversation(picker)).to_contain_text(reply)
    message = picker.get_by_label("Message", exact=True)
    message.fill("Subject: hello\n\n<img src=x onerror=\"document.title='run'\">\n.dot\n")
    expect(picker.locator(".smtp-line")).to_contain_text("..dot")
    picker.get_by_role("button", name="Send", exact=True).click()
    expect(conversation(picker)).to_contain_text("Message accepted")
    press(picker, "Mailbox (1)")
    expect(picker.locator(".smtp-view")).to_contain_text("<img src=x")
    assert picker.locator("img").count() == 0
    assert notebook.page.title() != "run"
    press(picker, "NOOP")
    picker.get_by_role("button", name="Send", exact=True).click()
    expect(picker.get_by_role("alert")).to_contain_text(
        "The server closed the connection: 421 4.3.2 <b>Shutting</b> down"
    )
    picker.get_by_role("button", name="Reconnect").click()
    expect(picker.get_by_role("alert")).to_have_count(0)
    expect(place(picker)).to_contain_text("connected")
    assert notebook.our_errors() == []


@pytest.mark.parametrize(("name", "dark", "width"), LOOKS, ids=[look[0] for look in LOOKS])
def test_looks(open_notebook: Open, shots: Path, name: str, dark: bool, width: int) -> None:
    notebook = open_notebook(SCRATCH, dark=dark, width=width)
    notebook.run_all()
    page, picker = notebook.page, picker_of(notebook)
    found = []

    def look(state: str) -> None:
        page.wait_for_timeout(200)
        picker.screenshot(path=shots / f"picker-{name}-{state}.png")
        found.extend((state, *violation) for violation in notebook.violations(".smtp-picker"))
        assert notebook.cut(picker) == [], f"{state}: cut at {width} px"

    picker.get_by_label("Your computer's name").fill("my laptop")
    expect(picker.locator(".smtp-form-problem")).to_be_visible()
    look("start")
    picker.get_by_label("Your computer's name").fill("laptop.example")
    picker.get_by_role("button", name="Send", exact=True).click()
    press(picker, "RCPT TO")
    picker.get_by_role("button", name="Send anyway").click()
    press(picker, "AUTH")
    press(picker, "MAIL FROM")
    conversation(picker).locator("summary", has_text="503").click()
    look("refused")
    press(picker, "More parameters")
    picker.locator("summary", has_text="Syntax, replies").click()
    look("form")
    for view in ("Bytes", "Sequence", "As code"):
        press(picker, view)
        look(view.lower().replace(" ", "-"))
    press(picker, "QUIT")
    picker.get_by_role("button", name="Send", exact=True).click()
    expect(picker.get_by_role("alert")).to_be_visible()
    look("closed")
    assert found == []
    # a picker with planted defects, so that a silent checker cannot pass for a clean page
    picker.evaluate(
        """e => e.insertAdjacentHTML('beforeend', '<select><option>x</option></select><button></button>'
            + '<p style="color:#999;background:#aaa">hardly to be read</p>')"""
    )
    assert {rule for rule, *_ in notebook.violations(".smtp-picker")} >= {
        "select-name",
        "button-name",
        "color-contrast",
    }


@pytest.mark.parametrize(("name", "dark", "width"), LOOKS, ids=[look[0] for look in LOOKS])
def test_a_login_written_as_text_by_keyboard(
    open_notebook: Open, shots: Path, name: str, dark: bool, width: int
) -> None:
    notebook = open_notebook(SCRATCH, dark=dark, width=width)
    notebook.run_all()
    page, picker = notebook.page, picker_of(notebook)
    picker.get_by_role("button", name="Send", exact=True).click()
    press(picker, "AUTH")
    box = picker.get_by_role("checkbox", name="Write it as text: the picker makes the base64")
    picker.get_by_label("Initial response (base64), optional").focus()
    page.keyboard.press("Tab")
    expect(box).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    page.keyboard.press("Shift+Tab")
    page.keyboard.type(r"\0alice\0wonderland")
    picker.get_by_label("Show secrets").check()
    expect(picker.locator(".smtp-line")).to_have_text("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ= CR LF")
    found = []

    def look(state: str) -> None:
        page.wait_for_timeout(200)
        picker.screenshot(path=shots / f"picker-{name}-{state}.png")
        found.extend((state, *violation) for violation in notebook.violations(".smtp-picker"))
        assert notebook.cut(picker) == [], f"{state}: cut at {width} px"

    look("auth-as-text")
    said = conversation(picker).locator("summary", has_text="C:")
    expect(said).to_have_count(1)  # Enter sends from a field, not from the box
    picker.get_by_label("Show secrets").uncheck()
    picker.get_by_label("Initial response (as text), optional").fill("")
    picker.get_by_label("Mechanism").select_option("LOGIN")
    picker.get_by_role("button", name="Send", exact=True).click()
    expect(picker.locator(".smtp-form-note")).to_contain_text("“Username:”")
    box.check()
    picker.get_by_label("Response (as text)").fill("alice")
    look("response-as-text")
    page.keyboard.press("Enter")
    expect(picker.locator(".smtp-form-note")).to_contain_text("“Password:”")
    picker.get_by_label("Response (as text)").fill("wonderland")
    page.keyboard.press("Enter")
    expect(conversation(picker)).to_contain_text("235 2.7.0")
    expect(conversation(picker)).not_to_contain_text("wonderland")
    assert found == []
    assert notebook.our_errors() == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_before_it_is_run_a_lesson_shows_what_the_picker_offers(open_notebook: Open, path: Path) -> None:
    notebook = open_notebook(path)
    stored = notebook.page.locator(".jp-OutputArea-output", has_text="Command picker for the lab")
    expect(stored).to_contain_text("Run this cell to use it")
    expect(stored.locator("table")).to_contain_text("EHLO")
    expect(notebook.page.locator(".jp-OutputArea-output", has_text="Error displaying widget")).to_have_count(0)
