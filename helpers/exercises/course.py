"""The lessons of the course, from ``course.toml``, and how far a learner has come in each."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from helpers.exercises.base import MalformedEntry
from helpers.exercises.registry import registry


class Standing(StrEnum):
    """How far a learner is in a lesson."""

    DONE = "done"
    UNDER_WAY = "under way"
    NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One notebook of the course."""

    id: str  #: "01", or "reference" for one that is no lesson
    file: str  #: its name in notebooks/
    title: str
    minutes: int  #: 0 for what is looked into rather than worked through
    commands: tuple[str, ...]
    available: bool

    @property
    def ids(self) -> list[str]:
        """What there is to do in it."""
        return registry().ids_of(self.id)

    def standing(self, done: Collection[str]) -> Standing:
        """How far one is who has done ``done``."""
        count = self.count(done)
        if count and count == len(self.ids):
            return Standing.DONE
        return Standing.UNDER_WAY if count else Standing.NOT_STARTED

    def count(self, done: Collection[str]) -> int:
        """How many of its ids are in ``done``."""
        return sum(identifier in done for identifier in self.ids)


def read(content: dict[str, Any]) -> tuple[Lesson, ...]:
    """The lessons in the content of a course file.

    Raises:
        MalformedEntry: an entry lacks a field, has one too many or of the wrong type; the message names it.
    """
    types = {"id": str, "file": str, "title": str, "minutes": int, "commands": list, "available": bool}
    lessons: list[Lesson] = []
    for number, entry in enumerate(content["lesson"], 1):
        where = f"course.toml: lesson {entry.get('id', number)!r}"
        if set(entry) != set(types):
            raise MalformedEntry(f"{where}: these fields are missing or too many: {sorted(set(entry) ^ set(types))}")
        for name, kind in types.items():
            if type(entry[name]) is not kind:
                raise MalformedEntry(f"{where}: {name} is not of type {kind.__name__}: {entry[name]!r}")
        if any(entry["id"] == other.id or entry["file"] == other.file for other in lessons):
            raise MalformedEntry(f"{where}: its id or file is there twice")
        lessons.append(Lesson(**entry | {"commands": tuple(entry["commands"])}))
    return tuple(lessons)


@cache
def lessons() -> tuple[Lesson, ...]:
    """The lessons that are there, in reading order."""
    text = files("helpers.exercises").joinpath("course.toml").read_text(encoding="utf-8")
    return tuple(lesson for lesson in read(tomllib.loads(text)) if lesson.available)
