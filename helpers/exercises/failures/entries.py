"""The twenty failures as data, from ``failures.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from helpers.exercises.base import MalformedEntry

if TYPE_CHECKING:
    from helpers.wire.diagnosis import Diagnosis

#: What names a failure in the middle of other words: an enhanced code, an exception of smtplib.
_TELLING: Final = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b|\bSMTP[A-Z]\w{3,40}")


class UnknownFailure(KeyError):
    """There is no failure of this name; the message names near ones."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure. What each field means stands at the top of ``failures.toml``."""

    key: str
    phase: str
    title: str
    pasted: str
    source: str
    cause: str
    profile: str
    code: int
    exception: str
    says: str
    why: str
    who: str
    cure: str
    rfc: str
    remark: str = ""
    needs: str = ""
    certificate: str = "good"
    elsewhere: str = ""

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What ``diagnose`` makes of the pasted text; None where words alone cannot tell."""
        from helpers.diagnosis import diagnose

        return diagnose(self.pasted) if self.cause else None


def read(content: dict[str, Any]) -> dict[str, Failure]:
    """The failures in the content of the file, in its order.

    Raises:
        MalformedEntry: a field is missing, unknown or of the wrong type, or there is no such phase.
    """
    found: dict[str, Failure] = {}
    for key, entry in content["failures"].items():
        where = f"failures.toml: {key}"
        types = {field.name: int if field.name == "code" else str for field in fields(Failure) if field.name != "key"}
        needed = {field.name for field in fields(Failure) if field.default is MISSING} - {"key"}
        if wrong := (needed - set(entry)) | (set(entry) - set(types)):
            raise MalformedEntry(f"{where}: missing or unknown: {sorted(wrong)}")
        if wrong := {name for name, value in entry.items() if type(value) is not types[name]}:
            raise MalformedEntry(f"{where}: of the wrong type: {sorted(wrong)}")
        if entry["phase"] not in content["phases"]:
            raise MalformedEntry(f"{where}: no phase {entry['phase']!r}")
        found[key] = Failure(key, **entry)
    return found


@cache
def failures() -> dict[str, Failure]:
    """All failures by name, in the order of a session."""
    return read(tomllib.loads(files(__package__).joinpath("failures.toml").read_text(encoding="utf-8")))


def find(name: str) -> Failure:
    """The failure of this name.

    Raises:
        UnknownFailure: there is none; the message names near ones.
    """
    there = failures()
    if name in there:
        return there[name]
    from difflib import get_close_matches

    near = get_close_matches(str(name), there, 3, cutoff=0.4) or list(there)
    raise UnknownFailure(f"There is no failure {name!r}. There are: {', '.join(near)}.")


def search(text: str) -> list[Failure]:
    """The failures with all these words; else, for a whole error, those of its cause, its code or its exception."""
    words = text.lower().split()
    if found := [entry for entry in failures().values() if all(word in _words_of(entry) for word in words)]:
        return found
    from helpers.diagnosis import diagnose

    cause = diagnose(text).cause
    if found := [entry for entry in failures().values() if cause and entry.cause == cause]:
        return found
    telling = [sign.lower() for sign in _TELLING.findall(text)]
    return [entry for entry in failures().values() if any(sign in _words_of(entry) for sign in telling)]


def _words_of(entry: Failure) -> str:
    return f"{entry.phase} {entry.title} {entry.pasted} {entry.exception}".lower()
