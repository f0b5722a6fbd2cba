"""The map of the course: its lessons, and how far the learner has come."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from helpers.exercises import progress
from helpers.exercises.course import Lesson, Standing, lessons
from helpers.exercises.shown import Shown
from helpers.views.glyphs import Mark
from helpers.views.markup import count, escaped
from helpers.views.style import card

_MARKS: Final = {
    Standing.DONE: Mark("✓", "done", "ok"),
    Standing.UNDER_WAY: Mark("●", "under way", "client"),
    Standing.NOT_STARTED: Mark("○", "not started", "soft"),
}
_HEADS: Final = ("Lesson", "Commands", "Minutes", "Your progress")


def course_map() -> Shown:
    """The lessons with their minutes and your progress in each; run the cell again to see it anew."""
    kept = progress.current()
    done = kept.done()
    if line := kept.news():
        print(line)
    return Shown(_text(lessons(), done), card(_html(lessons(), done), "Map of the course"))


def _text(course: Collection[Lesson], done: Collection[str]) -> str:
    rows = [_HEADS] + [
        (_name(lesson), " ".join(lesson.commands) or "–", _minutes(lesson), _standing(lesson, done))
        for lesson in course
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([_summary(course, done), "", *lines])


def _html(course: Collection[Lesson], done: Collection[str]) -> str:
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    rows = "".join(_row(lesson, done) for lesson in course)
    reached, there = _counts(course, done)
    return (
        f'<div class="body"><p class="say">{escaped(_summary(course, done))}</p>'
        f'<p><progress aria-label="Done in the whole course" max="{there}" value="{reached}">'
        f"{reached} of {there}</progress></p>"
        f"<table><caption>The lessons</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(lesson: Lesson, done: Collection[str]) -> str:
    link = f'<a href="{escaped(lesson.file)}">{escaped(_name(lesson))}</a>'
    standing = f'<span class="{_MARKS[lesson.standing(done)].accent}">{escaped(_standing(lesson, done))}</span>'
    return (
        f'<tr><th scope="row"><div style="white-space:normal">{link}</div></th>'
        f"<td>{_commands(lesson)}</td><td>{_minutes(lesson)}</td><td>{standing}</td></tr>"
    )


def _summary(course: Collection[Lesson], done: Collection[str]) -> str:
    reached, there = _counts(course, done)
    minutes = sum(lesson.minutes for lesson in course)
    notebooks = count(len(course), "notebook")
    return f"{reached} of {there} exercises and questions done · {notebooks}, {minutes} minutes in all"


def _counts(course: Collection[Lesson], done: Collection[str]) -> tuple[int, int]:
    return sum(lesson.count(done) for lesson in course), sum(len(lesson.ids) for lesson in course)


def _name(lesson: Lesson) -> str:
    return f"{lesson.id} {lesson.title}" if lesson.id[0].isdigit() else lesson.title


def _commands(lesson: Lesson) -> str:
    return " ".join(f"<code>{escaped(command)}</code>" for command in lesson.commands) or "–"


def _minutes(lesson: Lesson) -> str:
    return str(lesson.minutes) if lesson.minutes else "–"


def _standing(lesson: Lesson, done: Collection[str]) -> str:
    if not lesson.ids:
        return "–"
    return f"{_MARKS[lesson.standing(done)]}, {lesson.count(done)} of {len(lesson.ids)}"
