"""The console in a real JupyterLab: the keys of a terminal, for axe-core, in light, dark and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.browser

SCRATCH = ["from helpers import Lab, Console\nlab = Lab('open')", "console = Console(lab)\nconsole"]
LOOKS = [("light", False, 1280), ("dark", True, 1280), ("narrow", False, 600)]


def console_of(notebook) -> Locator:
    found = notebook.page.locator(".jp-OutputArea-output .smtp-console")
    expect(found).to_have_count(1)
    return found


def test_lines_history_and_a_message(open_notebook) -> None:
    notebook = open_notebook(SCRATCH)
    notebook.run_all()
    page, console = notebook.page, console_of(notebook)
    line = console.get_by_label("Line to send")
    conversation = console.locator(".smtp-conversation")
    line.focus()
    page.keyboard.type("EHLO laptop.example\n")
    expect(conversation).to_contain_text("250 HELP")
    page.keyboard.type("mail FROM:<alice@lab.example>\n")
    expect(conversation).to_contain_text("250 2.1.0")
    page.keyboard.type("half")
    for key, shown in (
        ("ArrowUp", "mail FROM:<alice@lab.example>"),
        ("ArrowUp", "EHLO laptop.example"),
        ("ArrowUp", "EHLO laptop.example"),
        ("ArrowDown", "mail FROM:<alice@lab.example>"),
        ("ArrowDown", "half"),
    ):
        page.keyboard.press(key)
        expect(line).to_have_value(shown)
    page.keyboard.press("Control+a")
    page.keyboard.type("RCPT TO:<bob@lab.example>\n")
    expect(conversation).to_contain_text("250 2.1.5")
    page.keyboard.type("DATA\n")
    # the focus goes on into the place for the message, and Enter is a new line there
    message = console.get_by_label("Message to send")
    expect(message).to_be_focused()
    page.keyboard.type("Subject: hi\n\n.dot")
    expect(message).to_have_value("Subject: hi\n\n.dot")
    page.keyboard.press("Control+Enter")
    expect(conversation).to_contain_text("Message accepted")
    expect(conversation).to_contain_text("..dot")
    expect(line).to_be_focused()
    page.keyboard.type("QUIT\n")
    expect(console.get_by_role("alert")).to_contain_text("The server closed the connection: 221")
    console.get_by_role("button", name="Reconnect").click()
    expect(console.get_by_role("alert")).to_have_count(0)
    assert notebook.our_errors() == []
    assert {host.split(":")[0] for host in notebook.hosts} <= {"127.0.0.1", ""}, "the page asked nobody else"


@pytest.mark.parametrize(("name", "dark", "width"), LOOKS, ids=[look[0] for look in LOOKS])
def test_looks(open_notebook, shots: Path, name: str, dark: bool, width: int) -> None:
    notebook = open_notebook(SCRATCH, dark=dark, width=width)
    notebook.run_all()
    page, console = notebook.page, console_of(notebook)
    line = console.get_by_label("Line to send")
    found = []

    def look(state: str) -> None:
        page.wait_for_timeout(200)
        console.screenshot(path=shots / f"console-{name}-{state}.png")
        found.extend((state, *violation) for violation in notebook.violations(".smtp-console"))
        assert notebook.cut(console) == [], f"{state}: cut at {width} px"

    for text in (
        "EHLO laptop.example",
        "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=",
        "MAIL FROM:<>",
        "RCPT TO:<bob@lab.example>",
    ):
        line.fill(text)
        line.press("Enter")
    expect(console.locator(".smtp-conversation")).to_contain_text("250 2.1.5")
    look("lines")
    line.fill("DATA")
    console.get_by_role("button", name="Send line").click()
    expect(console.get_by_label("Message to send")).to_be_visible()
    look("message")
    assert found == []
