"""A notebook's title and minutes are those of the course file, from which the map is made."""

from __future__ import annotations

import pytest

from helpers.exercises.course import Lesson, lessons
from tools import notebook as nb


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.id)
def test_title_and_minutes(lesson: Lesson) -> None:
    first = nb.read(nb.NOTEBOOKS / lesson.file).cells[0].source
    assert first.splitlines()[0] == f"# {lesson.title}"
    if lesson.minutes:
        assert f"**{lesson.minutes} minutes" in first


def test_every_notebook_is_in_the_course() -> None:
    assert {path.name for path in nb.paths()} == {lesson.file for lesson in lessons()}
