"""Where a room of learners is, from the progress codes that they pasted into a chat or a shared pad.

A code holds which exercises and questions are done, and nothing about who did them. A name is there only where
somebody wrote one before the code. Nothing is read from anywhere and nothing is kept.
"""

from __future__ import annotations

import re
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
_TIME: Final = re.compile(r"[\[(]?\b\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[AaPp]\.?[Mm]\b\.?)?[\])]?")
_ADDRESSED: Final = re.compile(r"\bfrom (.+?) to \w+", re.IGNORECASE)  # as Zoom writes above what somebody said
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

    def exercises(self) -> list[str]:
        """The exercises of every lesson that anybody has begun."""
        begun = [lesson for lesson in self.course if any(lesson.count(learner.done) for learner in self.learners)]
        return [identifier for lesson in begun for identifier in lesson.ids if identifier in registry().exercises]

    def most_have_done(self) -> list[str]:
        """The exercises that more than half of the room have done."""
        return [identifier for identifier in self.exercises() if 2 * self.done_by(identifier) > len(self.learners)]

    def perhaps_stuck(self) -> dict[str, list[str]]:
        """By name, which exercises somebody has not done although most have. A code tells no times, so: perhaps."""
        most = self.most_have_done()
        open_ones = {learner.name: [i for i in most if i not in learner.done] for learner in self.learners}
        return {name: ids for name, ids in open_ones.items() if ids}


def read(text: str) -> Room:
    """The room in a pasted text: a code a line, perhaps with a name before it and with what a chat puts around it.

    Several codes under one name are one learner. A code that cannot be read is named in ``unread``.
    """
    done: dict[str, frozenset[str]] = {}
    unread: list[str] = []
    known = {identifier for lesson in lessons() for identifier in lesson.ids}
    known |= set(registry().predictions)
    above = ""
    for number, line in enumerate(text.splitlines(), 1):
        found = list(_CODE.finditer(line))
        found = [match for match in found if "-" in match[0] or line.strip(_AROUND).upper() == PREFIX]
        for match in found:
            try:
                ids = decode(match[0])
            except BadCode as error:
                unread.append(f"line {number}: {error}")
                continue
            name = _name(line[: found[0].start()]) or _name(above) or f"learner {len(done) + 1}"
            if strange := sorted(ids - known):
                unread.append(f"line {number}: not in this version of the course: {', '.join(strange)}")
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
    before = _TIME.sub(" ", before)
    if addressed := _ADDRESSED.search(before):
        before = addressed[1]
    name = " ".join(before.strip(_AROUND).split())
    return name if len(name) <= _LONGEST_NAME else ""


# --- what is shown ----------------------------------------------------------------------------------------------


def _summary(now: Room) -> str:
    read_codes = count(len(now.learners), "learner")
    return f"{read_codes}. {len(now.unread)} to look at, at the end." if now.unread else f"{read_codes}."


def _heads(now: Room) -> list[str]:
    return ["Who is where", *(lesson.id for lesson in now.course), "at", "next"]


def _rows(now: Room) -> Iterator[list[str]]:
    """A row for each learner, then how many are in each lesson and how many have finished it."""
    for learner in now.learners:
        at = learner.at(now.course)
        left = [identifier for identifier in at.ids if identifier not in learner.done] if at else []
        cells = [_cell(lesson, learner) for lesson in now.course]
        yield [learner.name, *cells, at.id if at else "✓", left[0] if left else "–"]
    places = [learner.at(now.course) for learner in now.learners]
    yield ["are here", *(str(places.count(lesson) or "·") for lesson in now.course), str(places.count(None)), ""]
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
    yield "Most have done", [", ".join(most) or "nothing yet that more than half have"]
    stuck = now.perhaps_stuck()
    if stuck:
        yield "Perhaps stuck: most have done it, they have not", [f"{n}: {', '.join(ids)}" for n, ids in stuck.items()]
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
