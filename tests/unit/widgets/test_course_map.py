"""The map of the course, and the file it is made from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from helpers import course_map, reference
from helpers.exercises import progress
from helpers.exercises.base import MalformedEntry
from helpers.exercises.course import lessons, read
from helpers.exercises.progress import FOLDER_VARIABLE
from helpers.exercises.registry import registry

#: The course as it is planned; docs of the project name the same files.
PLAN = [*(f"{n:02}" for n in range(11)), "10b", "11", "12", "reference", "faq", "glossary"]


@pytest.fixture(autouse=True)
def empty_progress(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "progress"))
    return tmp_path / "progress"


@pytest.fixture
def content(root: Path) -> dict[str, list[dict[str, object]]]:
    return tomllib.loads((root / "helpers" / "exercises" / "course.toml").read_text(encoding="utf-8"))


def test_what_is_available_is_what_is_there(root: Path) -> None:
    assert {lesson.file for lesson in lessons()} == {path.name for path in (root / "notebooks").glob("*.ipynb")}


def test_lessons_with_exercises_are_available_and_the_other_way_round() -> None:
    with_exercises = {exercise.lesson for exercise in registry().exercises.values()}
    assert with_exercises == {lesson.id for lesson in lessons() if lesson.id.isdigit()}  # 10b is for looking up


def test_the_plan_is_whole(content: dict[str, list[dict[str, object]]]) -> None:
    course = read(content)
    assert [lesson.id for lesson in course] == PLAN
    for lesson in course:
        assert lesson.file.startswith(lesson.id)
        assert lesson.minutes > 0 or not lesson.id[0].isdigit()
    commands = [command for lesson in course for command in lesson.commands]
    assert set(commands) >= {command.verb for command in reference.commands(in_course=True)}


def test_a_malformed_course_file_is_refused_with_the_lesson(content: dict[str, list[dict[str, object]]]) -> None:
    entries = content["lesson"]
    for change, message in (
        ({"minutes": "10"}, "minutes is not of type int"),
        ({"colour": "red"}, "colour"),
        ({"id": "00"}, "twice"),
    ):
        with pytest.raises(MalformedEntry, match=message) as caught:
            read({"lesson": [entries[0], entries[1] | change]})
        assert "course.toml" in str(caught.value)
    with pytest.raises(MalformedEntry, match="title"):
        read({"lesson": [{name: value for name, value in entries[0].items() if name != "title"}]})


#: How much there is to do, counted from the lessons' modules.
ALL = sum(len(lesson.ids) for lesson in lessons())


def test_an_empty_folder_gives_the_same_map_every_time() -> None:
    first, again = course_map(), course_map()
    assert (first.text, first.html) == (again.text, again.html)
    assert f"0 of {ALL} exercises and questions done" in first.text
    assert first.text.count("○ not started") == len([lesson for lesson in lessons() if lesson.ids])
    minutes = sum(lesson.minutes for lesson in lessons())
    assert f"{minutes} minutes in all" in first.text
    assert first._repr_mimebundle_() == {"text/plain": first.text, "text/html": first.html}


def test_it_shows_what_is_done() -> None:
    progress.current().record("00.a", "00.q1", "00.q2", "01.b")
    shown = course_map()
    assert f"4 of {ALL}" in shown.text
    start, lesson = shown.text.splitlines()[3:5]
    assert "✓ done, 3 of 3" in start
    assert "● under way, 1 of 6" in lesson
    assert f'max="{ALL}" value="4">4 of {ALL}</progress>' in shown.html


def test_the_table_has_headers_and_links_to_what_is_there_only() -> None:
    html = course_map().html
    assert re.findall(r'<th scope="col">(\w[\w ]*)</th>', html) == ["Lesson", "Commands", "Minutes", "Your progress"]
    assert html.count('<th scope="row">') == len(lessons())
    assert re.findall(r'href="([^"]+)"', html) == [lesson.file for lesson in lessons()]
    assert "<caption>" in html


def test_a_damaged_progress_file_is_told_in_one_line(empty_progress: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty_progress.mkdir()
    (empty_progress / "progress.json").write_text("{")
    course_map()
    course_map()
    assert capsys.readouterr().out.count("\n") == 1
