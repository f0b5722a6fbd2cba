"""The README's table of the course says what the course file says."""

from __future__ import annotations

from pathlib import Path

from helpers.exercises.course import Lesson, lessons

README = (Path(__file__).resolve().parent.parent.parent / "README.md").read_text(encoding="utf-8")


def name(lesson: Lesson) -> str:
    """The title without the number or the words before a colon, as the README's column has it."""
    return lesson.title.partition(":")[0]


def test_every_notebook_has_its_row_with_its_minutes() -> None:
    rows = [line for line in README.splitlines() if "](notebooks/" in line]
    assert len(rows) == len(lessons())
    for row, lesson in zip(rows, lessons(), strict=True):
        assert row.startswith(f"| [{name(lesson)}](notebooks/{lesson.file}) |")
        assert row.endswith(f"| {lesson.minutes or '–'} |")
