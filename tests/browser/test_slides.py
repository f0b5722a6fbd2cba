"""The slides in Chromium: every slide of every deck fits, can be read at the back of a room, and needs no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.exercises.course import lessons
from tests.browser.pages import AXE_RULES, GRAVE, axe_core
from tools import slides

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

DECKS = [slides.name(lesson) for lesson in lessons() if lesson.minutes]
EVERY = pytest.mark.parametrize("deck", DECKS)

#: What is cut off or hangs over the edge, and the smallest letters of prose and of all else, on each slide in turn.
MEASURE = """() => {
  const found = [];
  for (let number = 0; number < Reveal.getTotalSlides(); number++) {
    Reveal.slide(number);
    const slide = Reveal.getCurrentSlide();
    const inside = [slide, ...slide.querySelectorAll(':not(aside, aside *)')];
    const shown = inside.filter(e => e.getClientRects().length && e.tagName !== 'SMALL');
    const size = e => parseFloat(getComputedStyle(e).fontSize);
    const own = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const prose = shown.filter(e => own(e) && !e.closest('.smtp, pre, code'));
    const lines = shown.filter(e => own(e) && e.closest('.smtp, pre') && !e.closest('.tag, thead, small'));
    found.push({
      number: number + 1,
      cut: [slide, ...slide.querySelectorAll('pre')].filter(
        e => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1).map(e => e.tagName),
      prose: Math.min(99, ...prose.map(size)),
      lines: Math.min(99, ...lines.map(size)),
      heading: slide.querySelectorAll('h1, h2').length,
    });
  }
  return found;
}"""

#: The violations on all slides, laid out below each other: one run in place of one a slide.
AXE = """async rules => {
  for (let number = 0; number < Reveal.getTotalSlides(); number++) Reveal.slide(number);  // each takes its size
  document.head.insertAdjacentHTML('beforeend', `<style>html, body, .reveal, .reveal .slides {
    height: auto !important; overflow: visible !important; position: static !important; transform: none !important;
    zoom: 1 !important; inset: auto !important }
    .reveal .backgrounds { display: none !important }
    .reveal .slides > section { display: block !important; visibility: visible !important; position: static !important;
    opacity: 1 !important; transform: none !important; pointer-events: auto !important }</style>`);
  for (const slide of document.querySelectorAll('.slides > section')) {
    ['hidden', 'aria-hidden', 'inert'].forEach(name => slide.removeAttribute(name));
  }
  const result = await axe.run({runOnly: rules, resultTypes: ['violations'], preload: false});
  return result.violations.map(v => [v.id, v.impact, v.nodes.length, v.nodes[0].html.slice(0, 200)]);
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return slides.write(tmp_path_factory.mktemp("slides"))[0].parent
    except slides.NoReveal as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def show(browser: Browser, folder: Path) -> Iterator[Any]:
    """A function that opens a deck; what it asks for is noted in ``asked``, what goes wrong in ``errors``."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})

    def opened(deck: str) -> Page:
        page = context.new_page()
        page.on("request", lambda request: opened.asked.append(request.url))
        page.on("pageerror", lambda error: opened.errors.append(str(error)))
        page.on("console", lambda m: opened.errors.append(m.text) if m.type == "error" else None)
        page.goto((folder / deck).as_uri())
        if deck != "index.html":
            page.wait_for_function("window.Reveal && Reveal.isReady()")
        return page

    opened.asked, opened.errors = [], []
    yield opened
    context.close()


@EVERY
def test_every_slide_fits_and_can_be_read(show: Any, deck: str) -> None:
    page = show(deck)
    found = page.evaluate(MEASURE)
    page.close()
    assert len(found) > 5
    for slide in found:
        assert slide["cut"] == [], slide
        assert slide["prose"] >= 23, slide  # 24 with what half a pixel of a table's em takes away
        assert slide["lines"] >= 16, slide  # cards and code; 18 but for captions
        assert slide["heading"] == 1, slide


@EVERY
def test_axe_finds_nothing_serious(show: Any, deck: str) -> None:
    page = show(deck)
    page.add_script_tag(path=str(axe_core()))
    found = page.evaluate(AXE, AXE_RULES)
    page.close()
    assert [violation for violation in found if violation[1] in GRAVE] == []


def test_the_list_of_decks_leads_to_each(show: Any) -> None:
    page = show("index.html")
    assert [link.get_attribute("href") for link in page.locator("a").all()] == DECKS
    page.close()


def test_nothing_is_asked_of_another_place(show: Any) -> None:
    show.asked.clear()
    show.errors.clear()
    show(DECKS[1]).close()
    assert show.asked
    assert all(url.startswith(("file://", "data:", "blob:")) for url in show.asked)
    assert show.errors == []


def test_keys_move_and_the_notes_open_in_a_window(show: Any) -> None:
    page = show(DECKS[1])
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h") == 1
    page.keyboard.press("ArrowLeft")
    with page.expect_popup() as window:
        page.keyboard.press("s")
    notes = window.value.locator(".speaker-controls-notes .value")
    notes.get_by_text("Every mail that you have ever sent").wait_for(timeout=10_000)
    window.value.close()
    page.close()


def test_axe_finds_a_planted_fault(show: Any) -> None:
    """The control: grey on grey, on the last slide."""
    page = show(DECKS[1])
    page.add_script_tag(path=str(axe_core()))
    page.evaluate(
        "[...document.querySelectorAll('.slides > section')].pop()"
        ".insertAdjacentHTML('beforeend', '<p style=\"color:#999;background:#aaa\">pale</p>')"
    )
    assert [violation[0] for violation in page.evaluate(AXE, AXE_RULES)] == ["color-contrast"]
    page.close()


def test_a_planted_overflow_is_found(show: Any) -> None:
    """The control: a slide with more than fits at the smallest size."""
    page = show(DECKS[1])
    page.evaluate(
        "document.querySelectorAll('.slides > section')[1]"
        ".insertAdjacentHTML('beforeend', '<pre>' + 'line\\n'.repeat(60) + '</pre>')"
    )
    assert [slide["number"] for slide in page.evaluate(MEASURE) if slide["cut"]] == [2]
    page.close()
