"""The rules and the causes, read from the data files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from helpers.diagnosis.reading import Refusal
from helpers.wire.diagnosis import Clue

#: What a clue is worth where the rule names no weight: wording beats the enhanced code, which beats the basic code.
WEIGHTS: Final = {"words": 0.75, "enhanced code": 0.45, "code": 0.25, "error": 0.97, "phase": 0.45}


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause: who must act and what to do."""

    name: str
    definition: str
    who: str
    explanation: str
    steps: tuple[str, ...]
    temporary: bool = False  #: what to believe where there is no code


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions that all have to hold, and the cause they speak for. What each means stands in ``data/rules.toml``."""

    name: str
    cause: str
    source: str
    kind: str
    weight: float
    words: re.Pattern[str] | None
    links: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    provider: re.Pattern[str] | None
    codes: frozenset[int]
    enhanced: frozenset[str]
    phases: frozenset[str]
    temporary: bool | None
    who: str | None
    explanation: str | None
    steps: tuple[str, ...] | None

    def clue(self, refusal: Refusal) -> Clue | None:
        """What of this refusal fits the rule; None where it does not fit."""
        if self.kind == "error" and refusal.code is not None:
            return None  # a server has spoken: the client's words say nothing more
        if self.codes and refusal.code not in self.codes:
            return None
        if self.enhanced and not self.enhanced & _forms(refusal.enhanced):
            return None
        if self.phases and refusal.phase not in self.phases:
            return None
        found = None
        if self.words is not None:
            found = self.words.search(refusal.whole if self.kind == "error" else refusal.text)
            if found is None:
                return None
        if self.links is not None:
            found = self.links.search(refusal.whole)
            if found is None:
                return None
        if self.provider is not None and not self.provider.search(refusal.whole):
            return None
        if self.unless is not None and self.unless.search(refusal.text):
            return None
        seen = found[0] if found else (refusal.enhanced if self.enhanced else str(refusal.code)) or ""
        return Clue(seen, self.kind, self.cause, self.name, self.source, self.weight)


@cache
def causes() -> dict[str, Cause]:
    """All causes by name."""
    return {name: Cause(name, **{**row, "steps": tuple(row["steps"])}) for name, row in _load("causes.toml").items()}


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of the files."""
    return tuple(
        rule
        for file in ("rules.toml", "languages.toml", "providers.toml", "codes.toml", "errors.toml")
        for rule in _rules_of(file)
    )


@cache
def politeness() -> re.Pattern[str]:
    """Phrases that servers say beside the reason, whose words would mislead."""
    return re.compile("|".join(_load("politeness.toml")["phrases"]), re.IGNORECASE)


def _rules_of(file: str) -> Iterator[Rule]:
    for number, row in enumerate(_load(file)["rule"], 1):
        kind = row.get("kind") or _kind(row)
        yield Rule(
            f"{file.removesuffix('.toml')}:{number}",
            row["cause"],
            row["source"],
            kind,
            row.get("weight", WEIGHTS[kind]),
            _pattern(row.get("words")),
            _pattern(row.get("links")),
            _pattern(row.get("unless")),
            _pattern(row.get("provider")),
            frozenset(row.get("codes", ())),
            frozenset(row.get("enhanced", ())),
            frozenset(row.get("phases", ())),
            row.get("temporary"),
            row.get("who"),
            row.get("explanation"),
            tuple(row["steps"]) if "steps" in row else None,
        )


def _kind(row: dict[str, Any]) -> str:
    if "words" in row or "links" in row:
        return "words"
    return "enhanced code" if "enhanced" in row else "code"


def _pattern(alternatives: list[str] | None) -> re.Pattern[str] | None:
    return re.compile("|".join(alternatives), re.IGNORECASE) if alternatives else None


def _forms(enhanced: str | None) -> frozenset[str]:
    """ "5.1.1" as a rule may name it: itself, or "X.1.1" for any class."""
    return frozenset({enhanced, f"X{enhanced[1:]}"}) if enhanced else frozenset()


def _load(file: str) -> dict[str, Any]:
    return tomllib.loads(files("helpers.diagnosis").joinpath("data", file).read_text("utf-8"))
