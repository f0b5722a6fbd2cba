"""Looking something up in a real JupyterLab: by mouse, by keyboard, for axe-core, in light, dark and narrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Locator, expect

from helpers.views.lookup import find, tally

pytestmark = pytest.mark.browser

SCRATCH = ["from helpers import Lab, Lookup, flow\nlab = Lab('open')", "look = Lookup(lab)\nlook", "flow()"]
LOOKS = [("light", False, 1280), ("dark", True, 1280), ("narrow", False, 600)]
Open = Callable[..., object]


def look_of(notebook) -> Locator:
    found = notebook.page.locator(".jp-OutputArea-output .smtp-lookup")
    expect(found).to_have_count(1)
    return found


@pytest.mark.parametrize(("name", "dark", "width"), LOOKS, ids=[look[0] for look in LOOKS])
def test_search_filter_and_try(open_notebook: Open, shots: Path, name: str, dark: bool, width: int) -> None:
    notebook = open_notebook(SCRATCH, dark=dark, width=width)
    notebook.run_all()
    look, found = look_of(notebook), []

    def seen(state: str) -> None:
        notebook.page.wait_for_timeout(200)
        look.screenshot(path=shots / f"lookup-{name}-{state}.png")
        found.extend((state, *violation) for violation in notebook.violations(".smtp-lookup"))
        assert notebook.cut(look) == [], f"{state}: cut at {width} px"

    look.get_by_label("Search").fill("550 5.1.1 <jo@example.org>: User unknown")
    expect(look.get_by_role("status").first).to_have_text("2 found: 1 reply, 1 enhanced code")
    expect(look.get_by_label("Found").locator("option")).to_have_count(2)
    seen("found")
    look.get_by_role("button", name="Try it: RCPT TO").click()
    expect(look.locator(".smtp-line")).to_have_text("RCPT TO:<nobody@lab.example> CR LF")
    look.get_by_role("button", name="Send", exact=True).click()
    expect(look.locator(".smtp-conversation")).to_contain_text("550 5.1.1 <nobody@lab.example>")
    seen("tried")
    look.get_by_role("button", name="Show all").click()
    look.get_by_label("Group").select_option("commands")
    look.get_by_label("Place in the session").select_option("message body")
    expect(look.get_by_label("Found").locator("option")).to_have_count(1)
    expect(look.locator(".smtp-facts")).to_contain_text("send the message")
    drawn = notebook.page.locator(".flow")
    drawn.screenshot(path=shots / f"flow-{name}.png")
    found.extend(("flow", *violation) for violation in notebook.violations(".smtp:has(> .body > .flow)"))
    assert found == []
    assert notebook.our_errors() == []


def test_by_keyboard_alone(open_notebook: Open) -> None:
    notebook = open_notebook(SCRATCH)
    notebook.run_all()
    page, look = notebook.page, look_of(notebook)
    look.get_by_label("Search").focus()
    page.keyboard.type("starttls")
    expect(look.get_by_role("status").first).to_have_text(tally(find("starttls")))  # all keys have been dealt with
    expect(look.locator(".smtp-facts")).to_contain_text("encrypt this connection")
    for _ in range(5):  # the three filters, Show all, the list
        page.keyboard.press("Tab")
    expect(look.get_by_label("Found")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(look.locator(".smtp-facts")).to_contain_text("STARTTLS — encryption on this connection (extension)")
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    expect(look.get_by_role("button", name="Try it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(look.locator(".smtp-line")).to_have_text("STARTTLS CR LF")
    assert notebook.our_errors() == []
