"""The two-page sheet, printed by Chromium and read back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser
from pypdf import PdfReader

from helpers import reference
from tools import sheet

pytestmark = pytest.mark.browser

A4 = (595, 842)  # points
LETTER_HEIGHT = 792


def chromium_or_skip() -> None:
    try:
        sheet.chromium()
    except sheet.NoChromium as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    chromium_or_skip()
    return PdfReader(sheet.write_pdf(sheet.write_html(tmp_path_factory.mktemp("sheet"))))


def test_two_pages_of_a4_with_all_on_the_part_that_letter_has_too(pdf: PdfReader) -> None:
    assert len(pdf.pages) == 2
    for page in pdf.pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == A4
        heights: list[float] = []

        def note(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
            if text.strip():
                heights.append(cm[5] + cm[3] * tm[5])  # noqa: B023

        page.extract_text(visitor_text=note)
        assert min(heights) > A4[1] - LETTER_HEIGHT, "below the end of a US Letter page"
        assert max(heights) < A4[1] - 20


def test_every_command_and_every_reply_code_can_be_read(pdf: PdfReader) -> None:
    first, second = (" ".join(page.extract_text().split()) for page in pdf.pages)
    for command in reference.commands():
        assert command.label in first
    for reply in reference.reply_codes():
        assert re.search(rf"\b{reply.code}\b", second), reply.code
    for code in reference.enhanced_codes():
        assert re.search(rf"{re.escape(code.code)}\b", second), code.code
    for name in [entry.keyword for entry in reference.extensions()] + [entry.name for entry in reference.mechanisms()]:
        assert name in second.replace("- ", "-"), name
    assert "openssl s_client" in second


def test_letters_are_large_enough_to_read(pdf: PdfReader) -> None:
    sizes: set[float] = set()

    def note(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip():
            sizes.add(round(abs(size * tm[3] * cm[3]), 1))

    for page in pdf.pages:
        page.extract_text(visitor_text=note)
    assert min(sizes) >= 7


def test_nothing_runs_over(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(sheet.write_html(tmp_path).as_uri())
    fits = page.locator(".fit").evaluate_all("pages => pages.map(page => page.dataset.fits)")
    assert fits == ["true", "true"]
    over = """() => [...document.querySelectorAll(".page :not(.rail, .out)")]
        .filter(e => e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1).map(e => e.className || e.tagName)"""
    assert page.evaluate(over) == []
    # a page that has too much says so: the check above can fail
    page.add_style_tag(content=".fit{height:40mm!important}")
    page.evaluate(sheet.FIT % {"largest": sheet.LARGEST, "smallest": sheet.SMALLEST})
    assert page.locator(".fit").first.get_attribute("data-fits") == "false"
    page.close()
