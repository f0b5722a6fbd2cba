"""The two-page sheet as HTML; tests/browser/test_sheet.py prints it."""

from __future__ import annotations

import re
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from helpers import reference
from tools import sheet


class Page(HTMLParser):
    """Whether the tags close as they open, and the text outside styles and scripts."""

    EMPTY = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(sheet.html())
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += f"{data} "


@pytest.fixture(scope="module")
def page() -> Page:
    return Page()


def test_it_is_well_formed_and_has_two_pages(page: Page) -> None:
    assert page.open == []
    assert sheet.html().count('<div class="page">') == 2


def test_every_fact_is_on_it(page: Page) -> None:
    words = " ".join(page.text.split())
    for command in reference.commands():
        assert command.label in words
        assert command.title in words
    for code in reference.reply_codes():
        assert re.search(rf"\b{code.code}\b", words), code.code
        assert not code.standard or code.title in words
    for enhanced in reference.enhanced_codes():
        assert enhanced.code in words
        assert enhanced.title in words
    for extension in reference.extensions():
        assert extension.keyword in words
    for mechanism in reference.mechanisms():
        assert mechanism.name in words
    for port in reference.ports():
        assert str(port.port) in words


def test_a_command_is_permitted_in_the_places_that_its_row_names() -> None:
    rows = dict(re.findall(r'<th scope="row"><b>([^<]+)</b>.*?<td class="places">(.*?)</td>', sheet.html()))
    shown = {unescape(name): re.sub(r"<[^>]+>", "", cells) for name, cells in rows.items()}
    assert shown["MAIL FROM"] == "· 2 · · · ·"
    assert shown["RCPT TO"] == "· · 3 4 · ·"
    assert shown["NOOP"] == "1 2 3 4 · ·"
    assert shown["Message"] == "· · · · 5 ·"
    assert shown["AUTH response"] == "· · · · · 6"


def test_nothing_is_fetched_and_no_letter_is_smaller_than_seven_points() -> None:
    html = sheet.html()
    assert not re.search(r"(?:src|href)=|url\(|@import", html)
    assert sheet.SMALLEST >= 7
    sizes = re.findall(r"font-size:([\d.]+)em", sheet.STYLE)
    assert sizes
    assert min(map(float, sizes)) >= 1


def test_without_chromium_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sheet, "FOLDER", tmp_path / "build")
    monkeypatch.setattr(sheet.write_html, "__defaults__", (tmp_path / "build",))
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "no-such-browser"))
    assert sheet.main([]) == 1
    said = capsys.readouterr().err
    assert "no-such-browser" in said
    assert "apt install chromium" in said
    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sheet.main([]) == 1
    assert "there is no Chromium" in capsys.readouterr().err
    assert (tmp_path / "build" / "speak-smtp-sheet.html").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for the browser")
def test_a_chromium_that_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sheet.write_html, "__defaults__", (tmp_path / "build",))
    monkeypatch.setenv("CHROMIUM", str(broken))
    assert sheet.main([]) == 1
    assert "no display" in capsys.readouterr().err
