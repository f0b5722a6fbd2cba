"""The README says what is there: the lessons of the course, links that lead somewhere, names that exist, pictures."""

from __future__ import annotations

import ast
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

import helpers
from helpers.exercises.course import Lesson, lessons
from helpers.lab import Lab
from tools import links, screenshot

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "workshop/hub/README.md", "tests/benchmarks/RESULTS.md")
]


def name(lesson: Lesson) -> str:
    """The title without the number or the words before a colon, as the README's column has it."""
    return lesson.title.partition(":")[0]


def test_every_notebook_has_its_row_with_its_minutes_and_a_link_that_opens_it() -> None:
    rows = [line for line in README.splitlines() if "](notebooks/" in line]
    assert len(rows) == len(lessons())
    for row, lesson in zip(rows, lessons(), strict=True):
        assert row.startswith(f"| [{name(lesson)}](notebooks/{lesson.file}) |")
        assert row.endswith(f"| {lesson.minutes or '–'} | [open][{lesson.id}] |")


def tokens(text: str) -> Iterator[Token]:
    """Every token of a Markdown text, those inside lines too."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or ()


def targets(path: Path) -> list[str]:
    """Where the links and pictures of a page lead."""
    found = list(tokens(path.read_text(encoding="utf-8")))
    named = [str(token.attrGet("href") or token.attrGet("src") or "") for token in found]
    html = "\n".join(token.content for token in found if token.type in ("html_block", "html_inline"))
    return [target for target in named if target] + re.findall(r'(?:src|srcset|href)="([^"]+)"', html)


def anchors(path: Path) -> set[str]:
    """The places in a page that the code-hosting page makes of its headings."""
    found = list(tokens(path.read_text(encoding="utf-8")))
    headings = (found[n + 1].content for n, token in enumerate(found) if token.type == "heading_open")
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    inside = [target for target in targets(page) if not re.match(r"https?:|mailto:", target)]
    for target in inside:
        file, _, anchor = target.partition("#")
        aim = (page.parent / file).resolve() if file else page
        assert aim.exists(), target
        assert not anchor or anchor in anchors(aim), target


def test_open_opens_the_lesson() -> None:
    """The addresses stand below the table, by the lesson's id; Markdown puts them together."""
    repo = links.repository()
    opened = [target for target in targets(ROOT / "README.md") if "mybinder.org/v2/" in target]
    assert opened[1:] == [repo.binder(f"notebooks/{lesson.file}") for lesson in lessons()]


def test_the_promise_comes_first_and_the_two_commands_before_the_course() -> None:
    order = [README.index(part) for part in ("**Learn SMTP", "<picture>", "make lab ", "make test ", "## The course")]
    assert order == sorted(order)
    assert README.splitlines()[2].startswith("**")


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The parts of a PNG, each with its checksum tried."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    place = 8
    while place < len(png):
        size, kind = struct.unpack(">I4s", png[place : place + 8])
        data = png[place + 8 : place + 8 + size]
        assert struct.unpack(">I", png[place + 8 + size : place + 12 + size])[0] == zlib.crc32(kind + data)
        yield kind, data
        place += 12 + size


def test_the_pictures_are_there_sharp_and_small() -> None:
    [width] = re.findall(r'<img src="[^"]+" width="(\d+)"', README)
    sizes = set()
    for look in screenshot.LOOKS:
        path = screenshot.path_of(look)
        assert f'"{path.relative_to(ROOT).as_posix()}"' in README
        png = path.read_bytes()
        assert len(png) < 200_000
        parts = dict(chunks(png))
        sizes.add(struct.unpack(">II", parts[b"IHDR"][:8]))
    [(pixels, _)] = sizes
    assert pixels == screenshot.SHARPNESS * int(width)


def test_the_picture_is_described_in_words() -> None:
    [alt] = re.findall(r'<img [^>]*alt="([^"]+)"', README)
    assert 100 < len(alt) < 600
    for seen in ("command picker", "RCPT TO", "friend@elsewhere.example", "550 5.7.1", "sender named"):
        assert seen in alt
    assert 'media="(prefers-color-scheme: dark)" srcset=".github/picker-dark.png"' in README


def test_every_name_in_the_code_exists() -> None:
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    tree = ast.parse(code)
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert imported
    assert [name for name in imported if not hasattr(helpers, name)] == []
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called <= set(imported)
    lab = Lab("open", name="README", transport="memory")
    try:
        of_lab = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "lab"
        }
        assert {"connect", "transcript", "mailbox"} <= of_lab
        assert [name for name in of_lab if not hasattr(lab, name)] == []
    finally:
        lab.stop()


def test_the_make_targets_exist() -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= made, page
