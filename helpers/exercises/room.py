"""Where a room of learners is, from the progress codes that they pasted into a chat or a shared pad.

A code holds which exercises and questions are done, and nothing about who did them. A name is there only where
somebody wrote one before the code. Nothing is read from anywhere and nothing is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from helpers.exercises.course import Lesson, Standing, lessons
from helpers.exercises.progress_code import PREFIX, BadCode, decode
from helpers.exercises.registry import registry
from helpers.exercises.shown import Shown
from helpers.views.markup import count, escaped, visible
from helpers.views.style import card

_CODE: Final = re.compile(rf"(?<![A-Z0-9]){PREFIX}(?:-[A-Z0-9]+)*", re.IGNORECASE)
_DATE: Final = re.compile(r"[\[(]?\b\d{1,4}([-/.])\d{1,2}\1\d{1,4}\b,?")
_TIME: Final = re.compile(r"[\[(]?\b\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[AaPp]\.?[Mm]\b\.?)?[\])]?")
_ADDRESSED: Final = re.compile(r"^\s*from (.+?)(?: to \w+| ?:)", re.IGNORECASE)  # as Zoom writes above what is said
_LONGEST_NAME: Final = 40
_AROUND: Final = " \t:;,.-–—>*•'\"`“”‘’()[]<|=#"
_BAR: Final = 20  # characters


@dataclass(frozen=True, slots=True)
class Learner:
    """Somebody who gave a code."""

    name: str
    done: frozenset[str]

    def at(self, course: tuple[Lesson, ...]) -> Lesson | None:
        """The lesson that they are in: the last one begun or, when that is complete, the one after it.

        None: they are through.
        """
        begun = [number for number, lesson in enumerate(course) if lesson.count(self.done)]
        place = begun[-1] if begun else 0
        if course[place].standing(self.done) is Standing.DONE:
            place += 1
        return course[place] if place < len(course) else None


@dataclass(frozen=True, slots=True)
class Room:
    """Everybody whose code could be read, in the order in which they came, and what could not be read."""

    learners: tuple[Learner, ...]
    unread: tuple[str, ...] = ()  #: a line for each code that could not be read, and for what is not known here
    course: tuple[Lesson, ...] = field(default_factory=lambda: tuple(lesson for lesson in lessons() if lesson.ids))

    def done_by(self, identifier: str) -> int:
        """How many have done this exercise or question."""
        return sum(identifier in learner.done for learner in self.learners)

    def places(self) -> dict[Lesson | None, int]:
        """How many are in each lesson where anybody is, in the course's order; last, as None, who is through."""
        found = Counter(learner.at(self.course) for learner in self.learners)
        return {place: found[place] for place in (*self.course, None) if place in found}

    def exercises(self) -> list[str]:
        """The exercises of every lesson that one in ten has begun: one who is far ahead makes no long list."""
        begun = [
            lesson
            for lesson in self.course
            if 0 < len(self.learners) <= 10 * sum(lesson.count(learner.done) > 0 for learner in self.learners)
        ]
        return [identifier for lesson in begun for identifier in lesson.ids if identifier in registry().exercises]

    def most_have_done(self) -> list[str]:
        """The exercises that at least two in three have done."""
        return [identifier for identifier in self.exercises() if 3 * self.done_by(identifier) >= 2 * len(self.learners)]

    def perhaps_stuck(self) -> dict[str, list[str]]:
        """By name, which exercises somebody has not done although most have; first who lacks most of them.

        A code tells no times, so: perhaps.
        """
        most = self.most_have_done()
        open_ones = [(learner.name, [i for i in most if i not in learner.done]) for learner in self.learners]
        return {name: ids for name, ids in sorted(open_ones, key=lambda found: -len(found[1])) if ids}


def read(text: str) -> Room:
    """The room in a pasted text: a code a line, perhaps with a name before it and with what a chat puts around it.

    Several codes under one name are one learner. A code that cannot be read is named in ``unread``.
    """
    done: dict[str, frozenset[str]] = {}
    spelt: dict[str, str] = {}  #: each name as it was written first
    unread: list[str] = []
    known = {identifier for lesson in lessons() for identifier in lesson.ids}
    known |= set(registry().predictions)
    above = ""
    for number, line in enumerate(text.splitlines(), 1):
        found = list(_CODE.finditer(line))
        found = [match for match in found if "-" in match[0] or line.strip(_AROUND).upper() == PREFIX]
        for match in found:
            name = _name(line[: found[0].start()]) or _name(above)
            where = f"line {number}, {name}" if name else f"line {number}"
            try:
                ids = decode(match[0])
            except BadCode as error:
                unread.append(f"{where}: {error}")
                continue
            if strange := sorted(ids - known):
                unread.append(f"{where}: not in this version of the course: {', '.join(strange)}")
            name = spelt.setdefault(name.casefold(), name) or f"learner {len(done) + 1}"
            done[name] = done.get(name, frozenset()) | ids
        # some chats write the name on a line of its own, with the time or a colon
        above = line if not found and (_TIME.search(line) or line.rstrip().endswith(":")) else ""
    return Room(tuple(Learner(name, ids) for name, ids in done.items()), tuple(unread))


def room(text: str) -> Shown:
    """The table of a room, from pasted codes; for a notebook, and as text for a terminal."""
    now = read(text)
    return Shown("\n".join(_lines(now)), card(_html(now), "Where the room is"))


def _name(before: str) -> str:
    """The name in what stands before a code; a time and what a chat adds are no part of it."""
    before = _TIME.sub(" ", _DATE.sub(" ", before))
    if addressed := _ADDRESSED.search(before):
        before = addressed[1]
    before = before.strip(_AROUND).partition(":")[0]  # "Ada: here it is: SMTP-…"
    name = " ".join(before.strip(_AROUND).split())
    name += ")" if "(" in name and ")" not in name else ""  # "Ada (she/her)"
    return name if len(name) <= _LONGEST_NAME else ""


# --- what is shown ----------------------------------------------------------------------------------------------


def _summary(now: Room) -> str:
    """Where the room is, in a line."""
    said = [f"{count(len(now.learners), 'learner')}."]
    if places := now.places():
        here = list(places)
        most = max(here, key=lambda place: places[place])
        at = here.index(most)
        behind, ahead = sum(places[place] for place in here[:at]), sum(places[place] for place in here[at + 1 :])
        said.append(f"{places[most]} {f'in {most.id}, {most.title}' if most else 'through'}.")
        others = [f"{number} {where}" for number, where in ((behind, "before that"), (ahead, "beyond it")) if number]
        said += [f"{', '.join(others)}."] if others else []
    if now.unread:
        said.append(f"{len(now.unread)} to look at, at the end.")
    return " ".join(said)


def _heads(now: Room) -> list[str]:
    return ["Who is where", *(lesson.id for lesson in now.course), "at", "next"]


def _rows(now: Room) -> Iterator[list[str]]:
    """A row for each learner, who is ahead first; then how many are in each lesson and how many have finished it."""
    for learner in sorted(now.learners, key=lambda learner: -len(learner.done)):
        at = learner.at(now.course)
        left = [identifier for identifier in at.ids if identifier not in learner.done] if at else []
        cells = [_cell(lesson, learner) for lesson in now.course]
        yield [learner.name, *cells, at.id if at else "✓", left[0] if left else "–"]
    places = now.places()
    yield ["are here", *(str(places.get(lesson, "·")) for lesson in (*now.course, None)), ""]
    finished = (
        sum(lesson.standing(learner.done) is Standing.DONE for learner in now.learners) for lesson in now.course
    )
    yield ["finished by", *(str(number or "·") for number in finished), "", ""]


def _cell(lesson: Lesson, learner: Learner) -> str:
    standing = lesson.standing(learner.done)
    if standing is Standing.UNDER_WAY:
        return f"{lesson.count(learner.done)}/{len(lesson.ids)}"
    return "✓" if standing is Standing.DONE else "·"


def _endings(now: Room) -> Iterator[tuple[str, list[str]]]:
    """What follows the tables: a head, and its lines."""
    most = now.most_have_done()
    if now.learners:
        yield "Most have done", [", ".join(most) or "nothing yet that two in three have"]
    if stuck := now.perhaps_stuck():
        lines = [f"{name}: {ids[0]}{f' and {len(ids) - 1} more' if ids[1:] else ''}" for name, ids in stuck.items()]
        yield "Perhaps stuck: most have done it, they have not", lines
    if now.unread:
        yield "To look at", list(now.unread)


def _lines(now: Room) -> Iterator[str]:
    yield _summary(now)
    if now.learners:
        table = [_heads(now), *_rows(now)]
        table = [[visible(cell) for cell in row] for row in table]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        yield ""
        for row in table:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        yield ""
        yield "Exercises, and how many have done them"
        names = {identifier: f"{identifier} {registry().exercises[identifier].title}" for identifier in now.exercises()}
        width = max(map(len, names.values()), default=0)
        for identifier, name in names.items():
            done = now.done_by(identifier)
            bar = "█" * round(_BAR * done / len(now.learners))
            yield f"  {name:{width}}  {bar:░<{_BAR}}  {done} of {len(now.learners)}"
    for head, lines in _endings(now):
        yield ""
        yield head
        yield from (f"  {visible(line)}" for line in lines)


def _html(now: Room) -> str:
    parts = [f'<p class="say">{escaped(_summary(now))}</p>']
    if now.learners:
        heads = "".join(f'<th scope="col">{escaped(head)}</th>' for head in _heads(now))
        rows = "".join(
            f'<tr><th scope="row">{escaped(row[0])}</th>{"".join(f"<td>{escaped(cell)}</td>" for cell in row[1:])}</tr>'
            for row in _rows(now)
        )
        parts.append(
            "<table><caption>✓ finished, 2/6 two of six done, · not begun</caption>"
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        )
        done = "".join(
            f'<tr><th scope="row">{escaped(identifier)}</th><td>{escaped(registry().exercises[identifier].title)}</td>'
            f"<td>{now.done_by(identifier)} of {len(now.learners)}</td></tr>"
            for identifier in now.exercises()
        )
        parts.append(
            '<table><caption>How many have done each exercise</caption><thead><tr><th scope="col">Exercise</th>'
            f'<th scope="col">Title</th><th scope="col">Done by</th></tr></thead><tbody>{done}</tbody></table>'
        )
    for head, lines in _endings(now):
        items = "".join(f"<li>{escaped(line)}</li>" for line in lines)
        parts.append(f'<p class="cap">{escaped(head)}</p><ul>{items}</ul>')
    return f'<div class="body">{"".join(parts)}</div>'
