"""The edition that needs no kernel, in Chromium: for axe-core in light and dark, on a telephone, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.exercises.course import lessons
from tests.browser.pages import AXE_RULES, MOVING, axe_core
from tools import edition

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PAGES = ["index.html", *(edition.page_name(lesson) for lesson in lessons())]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return edition.write(tmp_path_factory.mktemp("edition") / "html")[0].parent


@pytest.fixture(scope="module")
def pages(browser: Browser, folder: Path) -> Iterator[Any]:
    """A function that opens a page; what it asks of other places is noted in ``asked``."""
    contexts = []

    def opened(name: str, *, dark: bool = False, width: int = 1100) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 1000},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: opened.asked.append(request.url))
        page.goto(f"{(folder / name).as_uri()}")
        return page

    opened.asked = []
    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(pages: Any, name: str, dark: bool) -> None:
    """Every rule of WCAG 2.2 AA that axe-core can decide, contrast included, with everything unfolded."""
    page = pages(name, dark=dark)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.add_script_tag(path=str(axe_core()))
    found = page.evaluate(
        "async rules => (await axe.run({runOnly: rules})).violations"
        ".map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 200)])",
        AXE_RULES,
    )
    assert found == []


@pytest.mark.parametrize("name", PAGES)
def test_it_fits_a_telephone(pages: Any, name: str) -> None:
    """WCAG 2.2, 1.4.10: at 320 px nothing is read by scrolling sideways."""
    page = pages(name, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_nothing_moves_for_those_who_ask_for_less_motion(pages: Any) -> None:
    page = pages("01-ehlo-helo.html")
    assert page.locator("html").evaluate(MOVING) == []
    page.emulate_media(reduced_motion="no-preference")
    assert page.locator("html").evaluate(MOVING) == ["HTML "]  # it glides to a heading: the check can see motion


def test_nothing_is_asked_of_another_place(pages: Any) -> None:
    pages("01-ehlo-helo.html")
    assert pages.asked
    assert all(url.startswith("file://") for url in pages.asked)


def test_the_keyboard_reaches_everything(pages: Any) -> None:
    """Tab goes to the skip link first; Enter on it leads past the header; a question unfolds with Enter."""
    page = pages("01-ehlo-helo.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.smtp summary')"):
            break
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('details').open")


def test_a_planted_fault_is_found(pages: Any) -> None:
    """The control: grey on grey without a name for its picture."""
    page = pages("index.html")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend',"
        '\'<p style="color:#999;background:#aaa">pale</p><img src="data:,">\')'
    )
    page.add_script_tag(path=str(axe_core()))
    found = page.evaluate(
        "async rules => (await axe.run({runOnly: rules})).violations.map(v => v.id)",
        AXE_RULES,
    )
    assert {"color-contrast", "image-alt"} <= set(found)
