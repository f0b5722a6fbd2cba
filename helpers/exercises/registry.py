"""All exercises and questions, gathered from the lesson modules beside this one.

A new lesson is one new module ``lessonNN.py`` with EXERCISES, QUESTIONS and PREDICTIONS; nothing else
names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Final, TypeVar

import helpers.exercises as package
from helpers.exercises.base import Exercise, MalformedEntry, Prediction, Question

_MODULE: Final = re.compile(r"lesson([0-9]{2}[a-z]?)")

Entry = TypeVar("Entry", Exercise, Question, Prediction)


class UnknownId(KeyError):
    """There is no exercise or question of this id; the message names near ones."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Registry:
    """The entries by id, in the order of the course."""

    exercises: dict[str, Exercise]
    questions: dict[str, Question]
    predictions: dict[str, Prediction]

    def exercise(self, identifier: str) -> Exercise:
        """Raises UnknownId."""
        return self._look_up(self.exercises, identifier, "exercise")

    def question(self, identifier: str) -> Question:
        """Raises UnknownId."""
        return self._look_up(self.questions, identifier, "question")

    def prediction(self, identifier: str) -> Prediction:
        """Raises UnknownId."""
        return self._look_up(self.predictions, identifier, "prediction")

    def ids_of(self, lesson: str) -> list[str]:
        """What counts for the progress in a lesson: its exercises, then its questions. A prediction is a guess."""
        entries: list[Exercise | Question] = [*self.exercises.values(), *self.questions.values()]
        return [entry.id for entry in entries if entry.lesson == lesson]

    def _look_up(self, entries: dict[str, Entry], identifier: str, kind: str) -> Entry:
        wanted = str(identifier).strip().lower()
        if wanted in entries:
            return entries[wanted]
        for others, call in ((self.exercises, "check"), (self.questions, "quiz"), (self.predictions, "predict")):
            if wanted in others:
                raise UnknownId(f'"{wanted}" is not for this call: use {call}("{wanted}").')
        from difflib import get_close_matches

        near = get_close_matches(wanted, entries, 3, cutoff=0.5)
        there = f"Did you mean {_listed(near, 'or')}?" if near else f"There are {_listed(list(entries), 'and')}."
        raise UnknownId(f'There is no {kind} "{identifier}". {there}')


def gather(modules: Iterable[ModuleType]) -> Registry:
    """Read the lesson modules.

    Raises:
        MalformedEntry: a list is missing, an id occurs twice or belongs to another lesson.
    """
    registry = Registry({}, {}, {})
    seen: dict[str, str] = {}

    def take(module: ModuleType, attribute: str, kind: type[Entry], into: dict[str, Entry]) -> None:
        name = module.__name__.rpartition(".")[2]
        match = _MODULE.fullmatch(name)
        entries = getattr(module, attribute, None)
        if match is None or not isinstance(entries, tuple | list):
            raise MalformedEntry(f"{name}: a lesson's module is lessonNN.py and has a list {attribute}")
        for entry in entries:
            if type(entry) is not kind:
                raise MalformedEntry(f"{name}: {attribute} holds {entry!r}, which is no {kind.__name__}")
            if entry.lesson != match[1]:
                raise MalformedEntry(f"{name}: {entry.id} belongs to another lesson")
            if entry.id in seen:
                raise MalformedEntry(f"{name}: {entry.id} is there twice; the other one is in {seen[entry.id]}")
            seen[entry.id] = name
            into[entry.id] = entry

    for module in sorted(modules, key=lambda module: module.__name__):
        take(module, "EXERCISES", Exercise, registry.exercises)
        take(module, "QUESTIONS", Question, registry.questions)
        take(module, "PREDICTIONS", Prediction, registry.predictions)
    return registry


@cache
def registry() -> Registry:
    """The exercises and questions of the course.

    Raises:
        MalformedEntry: a lesson's module is wrong; the message names it and the id.
    """
    modules = []
    for found in iter_modules(package.__path__):
        if _MODULE.fullmatch(found.name):
            try:
                modules.append(import_module(f"helpers.exercises.{found.name}"))
            except MalformedEntry as error:
                raise MalformedEntry(f"{found.name}: {error}") from None
    return gather(modules)


def _listed(names: list[str], word: str) -> str:
    quoted = [f'"{name}"' for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"
