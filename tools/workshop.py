"""The workshop kit: timetables summed from the lessons, and the parts of the notes that come from the exercises.

    python tools/workshop.py            write them between their markers, in workshop/
    python tools/workshop.py --check    exit code 1 when a file has others

A day is data in workshop/timetable.toml; the minutes of a lesson stand in course.toml and nowhere else. Running it
twice changes nothing.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers.exercises.course import Lesson, lessons
from helpers.exercises.registry import registry

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "workshop"
TIMETABLE = FOLDER / "timetable.toml"
NOTES = FOLDER / "notes"
BLOCK = re.compile(r"(<!-- workshop: (?P<name>[a-z-]+) -->\n).*?(<!-- /workshop -->)", re.DOTALL)

#: What the notes of every lesson have, in this order.
HEADINGS = (
    "Aim",
    "Say first",
    "Minutes",
    "Show live",
    "Where people stumble",
    "Questions to the room",
    "When late",
    "Answers",
)
LONGEST_SITTING = 90  #: minutes without a break
HALF_DAY = 240  #: minutes, breaks included


# --- the days ---------------------------------------------------------------------------------------------------


class BadDay(ValueError):
    """A timetable that cannot be held; the message says why."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a timetable."""

    minutes: int
    text: str = ""
    lesson: Lesson | None = None
    is_break: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A workshop: when it starts, and what follows what."""

    id: str
    start: int  #: minutes after midnight
    items: tuple[Item, ...]

    @property
    def minutes(self) -> int:
        return sum(item.minutes for item in self.items)

    @property
    def end(self) -> int:
        return self.start + self.minutes

    @property
    def at_home(self) -> list[Lesson]:
        """The lessons for which there is no time."""
        taken = {item.lesson.id for item in self.items if item.lesson}
        return [lesson for lesson in lessons() if lesson.minutes and lesson.id not in taken]

    def times(self) -> Iterator[tuple[int, Item]]:
        """Each line with the minute after midnight at which it begins."""
        now = self.start
        for item in self.items:
            yield now, item
            now += item.minutes


def days(content: dict[str, Any] | None = None) -> dict[str, Day]:
    """The days of the timetable file.

    Raises:
        BadDay: a lesson is not there or comes twice, an item has no minutes, or people sit too long without a break.
    """
    if content is None:
        content = tomllib.loads(TIMETABLE.read_text(encoding="utf-8"))
    return {name: _day(name, entry) for name, entry in content.items()}


def _day(name: str, entry: dict[str, Any]) -> Day:
    course = {lesson.id: lesson for lesson in lessons() if lesson.minutes}
    hours, minutes = entry["start"].split(":")
    items: list[Item] = []
    sitting = 0
    for line in entry["items"]:
        match line:
            case {"lesson": identifier, **rest} if not rest:
                if identifier not in course:
                    raise BadDay(f"{name}: there is no lesson {identifier!r} with minutes")
                lesson = course.pop(identifier)  # taken out: it may come once
                item = Item(lesson.minutes, lesson=lesson)
            case {"break": str(text), "minutes": int(length)}:
                item = Item(length, text, is_break=True)
            case {"what": str(text), "minutes": int(length)}:
                item = Item(length, text)
            case _:
                raise BadDay(f"{name}: an item has a lesson, or what or break with its minutes: {line}")
        sitting = 0 if item.is_break else sitting + item.minutes
        if sitting > LONGEST_SITTING:
            raise BadDay(f"{name}: {sitting} minutes without a break, at {item.text or line}")
        items.append(item)
    day = Day(name, 60 * int(hours) + int(minutes), tuple(items))
    if name == "half-day" and day.minutes > HALF_DAY:
        raise BadDay(f"{name}: {day.minutes} minutes; half a day has {HALF_DAY}")
    return day


def clock(minute: int) -> str:
    """``570`` as ``09:30``."""
    return f"{minute // 60:02}:{minute % 60:02}"


def table(day: Day) -> str:
    """A day as a Markdown table, and what is left for home."""
    rows = ["| Time | Minutes | What |", "|---|---|---|"]
    for begin, item in day.times():
        if item.lesson:
            what = f"**{item.lesson.id}** [{item.lesson.title}](notes/{notes_path(item.lesson).name})"
        else:
            what = f"*{item.text}*" if item.is_break else item.text
        rows.append(f"| {clock(begin)} | {item.minutes} | {what} |")
    rows.append(f"| {clock(day.end)} | | the end |")
    home = ", ".join(f"{lesson.id} ({lesson.title}, {lesson.minutes})" for lesson in day.at_home)
    hours, minutes = divmod(day.minutes, 60)
    length = f"{hours} h {minutes:02} min in all, of which lessons {sum(i.minutes for i in day.items if i.lesson)} min."
    return "\n".join([*rows, "", f"{length} At home: {home or 'nothing'}."])


# --- the notes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notes:
    """What the one who teaches a lesson needs, by heading."""

    sections: dict[str, str]

    def items(self, heading: str) -> list[tuple[str, str]]:
        """The entries of a list as (part of the notebook, text); an entry begins with its part, in bold, and a stop."""
        found = re.split(r"^- ", self.sections[heading], flags=re.MULTILINE)[1:]
        entries = [re.match(r"\*\*(.+?)\.\*\*\s+(.*)", text, re.DOTALL) for text in found]
        return [(" ".join(e[1].split()), " ".join(e[2].split())) for e in entries if e]

    def minutes(self) -> dict[str, int]:
        """The minutes of each part."""
        rows = re.findall(r"^\| ([^|]+?) \| (\d+) \|", self.sections["Minutes"], re.MULTILINE)
        return {part: int(minutes) for part, minutes in rows}

    def beside(self, section: str, *, is_title: bool = False) -> str:
        """What the speaker sees beside a slide from this section of the notebook, as Markdown."""
        if is_title:
            return f"{self.sections['Aim']}\n\n{self.sections['Say first']}"
        lines = []
        for heading, before in (
            ("Show live", ""),
            ("Where people stumble", "Stumble: "),
            ("Questions to the room", "Ask: "),
        ):
            lines += [f"- {before}{text}" for part, text in self.items(heading) if is_part(part, section)]
        return "\n".join(lines)


def is_part(part: str, section: str) -> bool:
    """Whether the name of a part, such as "Break it", means the section "Break it: greetings that fail"."""
    return section.casefold() == part.casefold() or section.casefold().startswith(f"{part.casefold()}:")


def notes_path(lesson: Lesson) -> Path:
    return NOTES / Path(lesson.file).with_suffix(".md").name


def notes(lesson: Lesson) -> Notes | None:
    """The notes of a lesson; None where there are none."""
    path = notes_path(lesson)
    return parsed(path.read_text(encoding="utf-8")) if path.is_file() else None


def parsed(text: str) -> Notes:
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return Notes({head.strip(): body.strip() for head, body in zip(parts[1::2], parts[2::2], strict=True)})


def head(lesson: Lesson) -> str:
    """Where the lesson is, and how long it takes."""
    deck = f"slides `build/slides/{lesson.id}.html`"
    return (
        f"[Notebook](../../notebooks/{lesson.file}) · **{lesson.minutes} minutes** · {deck} · [the kit](../README.md)"
    )


def answers(lesson: Lesson) -> str:
    """The solutions and the right choices, as the learners get them."""
    known = registry()
    parts = [
        f"### {exercise.id} {exercise.title}\n\n```python\n{exercise.solution.code.strip()}\n```\n\n"
        f"{exercise.solution.explanation}"
        for exercise in known.exercises.values()
        if exercise.lesson == lesson.id
    ]
    choices = []
    for question in (*known.predictions.values(), *known.questions.values()):
        if question.lesson == lesson.id:
            letter, right = next((letter, o) for letter, o in question.lettered() if o.right)
            choices.append(f"- **{question.id}** {letter}) {right.text.rstrip('.')}. {' '.join(right.answer.split())}")
    if choices:
        parts.append("### Predictions and questions\n\n" + "\n".join(choices))
    return "\n\n".join(parts) or "This page has no exercises and no questions."


# --- writing ----------------------------------------------------------------------------------------------------


def overview() -> str:
    """The lessons, with their notes and their slides."""
    rows = ["| Lesson | Minutes | Notes | Slides |", "|---|---|---|---|"]
    for lesson in lessons():
        if lesson.minutes:
            note = f"[notes](notes/{notes_path(lesson).name})"
            title = f"[{lesson.title}](../notebooks/{lesson.file})"
            rows.append(f"| {lesson.id} {title} | {lesson.minutes} | {note} | `{lesson.id}.html` |")
    return "\n".join(rows)


def written(text: str, lesson: Lesson | None = None) -> str:
    """The text with every block as it should be; ``lesson`` for its notes.

    Raises:
        KeyError: a marker names a block that there is not.
    """
    found: dict[str, Callable[[], str]] = {"overview": overview}
    found |= {name: (lambda day=day: table(day)) for name, day in days().items()}
    if lesson is not None:
        found |= {"head": lambda: head(lesson), "answers": lambda: answers(lesson)}
    return BLOCK.sub(lambda match: f"{match[1]}{found[match['name']]()}\n{match[3]}", text)


def pages() -> Iterator[tuple[Path, Lesson | None]]:
    """The files that have blocks."""
    yield FOLDER / "README.md", None
    for lesson in lessons():
        if notes_path(lesson).is_file():
            yield notes_path(lesson), lesson


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="workshop.py", description="Write what the workshop kit takes from the course."
    )
    parser.add_argument("--check", action="store_true", help="write nothing, say which files are not right")
    check = parser.parse_args(argv).check
    problems = []
    for path, lesson in pages():
        before = path.read_text(encoding="utf-8")
        after = written(before, lesson)
        if after != before:
            if check:
                problems.append(f"{path.relative_to(ROOT)}: not as the course is; make links writes it")
            else:
                path.write_text(after, encoding="utf-8", newline="\n")
                print(f"{path.relative_to(ROOT)}: written")
    print("\n".join(problems) or "timetables and notes are as the course is")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
