"""The workshop kit is what the course is: minutes, answers, parts of the notebooks, links."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from helpers.exercises.course import Lesson, lessons
from helpers.exercises.registry import registry
from tools import notebook as nb
from tools import slides, workshop

TAUGHT = [lesson for lesson in lessons() if lesson.minutes]
EVERY = pytest.mark.parametrize("lesson", TAUGHT, ids=lambda lesson: lesson.id)
PAGES = sorted(workshop.FOLDER.rglob("*.md"))
KEYED = ("Show live", "Where people stumble", "Questions to the room")


def noted(lesson: Lesson) -> workshop.Notes:
    notes = workshop.notes(lesson)
    assert notes is not None, f"write {workshop.notes_path(lesson)}"
    return notes


# --- the days ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["half-day", "full-day"])
def test_the_times_of_a_day_are_the_sums_of_its_minutes(name: str) -> None:
    """Read back from the page that people print, with the minutes of course.toml."""
    block = re.search(rf"<!-- workshop: {name} -->(.*?)<!-- /workshop -->", read("README.md"), re.DOTALL)
    assert block
    rows = re.findall(r"^\| (\d\d):(\d\d) \| (\d*) ?\| (.*) \|$", block[1], re.MULTILINE)
    starts = [60 * int(hour) + int(minute) for hour, minute, _, _ in rows]
    lengths = [int(length or 0) for _, _, length, _ in rows]
    assert [later - earlier for earlier, later in pairwise(starts)] == lengths[:-1]
    minutes = {lesson.id: lesson.minutes for lesson in lessons()}
    shown = {}
    for (*_, what), length in zip(rows, lengths, strict=True):
        if found := re.match(r"\*\*(\w+)\*\* ", what):
            assert found[1] not in shown, "twice in one day"
            shown[found[1]] = length
            assert length == minutes[found[1]]
    home = re.search(r"At home: (.*)\.$", block[1], re.MULTILINE)
    assert home
    at_home = set(re.findall(r"(?:^|, )(\w+) \(", home[1]))
    assert at_home | set(shown) == {lesson.id for lesson in TAUGHT}
    assert not at_home & set(shown)


def test_half_a_day_is_no_longer_than_four_hours() -> None:
    assert workshop.days()["half-day"].minutes <= 240


def test_nobody_sits_for_more_than_ninety_minutes() -> None:
    for day in workshop.days().values():
        sitting = 0
        for item in day.items:
            sitting = 0 if item.is_break else sitting + item.minutes
            assert sitting <= 90


def day(*items: dict[str, Any]) -> dict[str, Any]:
    return {"half-day": {"start": "09:00", "items": list(items)}}


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([{"lesson": "00"}, {"lesson": "00"}], "no lesson '00'"),
        ([{"lesson": "99"}], "no lesson '99'"),
        ([{"lesson": "glossary"}], "no lesson 'glossary'"),
        ([{"lesson": "00", "minutes": 5}], "an item has"),
        ([{"what": "Talk", "minutes": 91}], "91 minutes without a break"),
        ([{"what": "Talk"}], "an item has"),
        ([{"what": "Talk", "minutes": 85}, {"break": "B", "minutes": 15}] * 3, "half a day has 240"),
    ],
)
def test_a_day_that_cannot_be_held_is_refused(items: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(workshop.BadDay, match=reason):
        workshop.days(day(*items))


# --- the notes --------------------------------------------------------------------------------------------------


@EVERY
def test_every_lesson_has_notes_with_every_heading(lesson: Lesson) -> None:
    sections = noted(lesson).sections
    assert tuple(sections) == workshop.HEADINGS
    assert all(sections.values())


@EVERY
def test_the_minutes_of_the_parts_are_the_lesson_s(lesson: Lesson) -> None:
    assert sum(noted(lesson).minutes().values()) == lesson.minutes


@EVERY
def test_the_notes_name_parts_of_the_notebook(lesson: Lesson) -> None:
    """So that a heading which changes takes its notes along, and they stand beside the right slide."""
    notes = noted(lesson)
    headings = set(slides.sections(nb.read(nb.NOTEBOOKS / lesson.file)).values())
    parts = set(notes.minutes())
    for heading in KEYED:
        entries = notes.items(heading)
        assert len(entries) == len(re.findall(r"^- ", notes.sections[heading], re.MULTILINE)), "begin with **Part.**"
        assert entries
        parts |= {part for part, _ in entries}
    assert not [part for part in parts if not any(workshop.is_part(part, heading) for heading in headings)]


@EVERY
def test_the_answers_are_the_registry_s(lesson: Lesson) -> None:
    answers = noted(lesson).sections["Answers"]
    entries = [exercise for exercise in registry().exercises.values() if exercise.lesson == lesson.id]
    blocks = re.findall(r"```python\n(.*?)\n```", answers, re.DOTALL)
    assert blocks == [exercise.solution.code.strip() for exercise in entries]
    assert all(exercise.solution.explanation in answers for exercise in entries)
    for question in (*registry().questions.values(), *registry().predictions.values()):
        if question.lesson == lesson.id:
            (letter,) = (letter for letter, option in question.lettered() if option.right)
            assert f"- **{question.id}** {letter}) " in answers


def test_what_the_tool_writes_is_what_stands_there() -> None:
    for path, lesson in workshop.pages():
        text = path.read_text(encoding="utf-8")
        assert workshop.written(text, lesson) == text, f"{path.name}: make links"


def test_every_table_of_the_timetable_is_on_the_page() -> None:
    for name in (*workshop.days(), "overview"):
        assert f"<!-- workshop: {name} -->" in read("README.md")


# --- the pages --------------------------------------------------------------------------------------------------


def read(name: str) -> str:
    return (workshop.FOLDER / name).read_text(encoding="utf-8")


def anchors(file: Path) -> set[str]:
    """The places in a page that a link can name."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(workshop.FOLDER)))
def test_every_link_leads_somewhere(path: Path) -> None:
    lost = []
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)", text):
        if target.startswith("https://"):
            continue
        name, _, place = target.partition("#")
        file = path.parent / name if name else path
        if not file.exists() or (place and place not in anchors(file)):
            lost.append(target)
    assert not lost


def test_every_page_of_the_kit_can_be_found_from_its_first() -> None:
    for path in workshop.FOLDER.glob("*.md"):
        assert path.name == "README.md" or f"({path.name}" in read("README.md")


def test_what_the_pages_tell_to_type_exists() -> None:
    """Targets of make, tools and modules named in the pages."""
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    targets = set(re.findall(r"^([a-z-]+):", (workshop.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    tools = re.findall(r"\btools/\w+\.py\b", text.replace("\\", "/"))
    assert all((workshop.ROOT / path).is_file() for path in tools)
