"""What SMTP says, as data: commands, replies, enhanced codes, extensions, mechanisms, terms.

    >>> from helpers import reference
    >>> reference.command("rcpt").title
    'name a recipient'
    >>> reference.enhanced_code("5.1.1").code
    'X.1.1'

The facts are the TOML files in ``data``; a new command or code is an entry there. To read other facts for a
while, for example with one more command, use ``with using(Library(extra={"commands": {...}})): ...``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.reference.loader import Library, MalformedEntry, UnknownEntry, using
    from helpers.reference.model import (
        Command,
        Digit,
        EnhancedCode,
        Extension,
        Group,
        Mechanism,
        Port,
        ReplyCode,
        Term,
        Trial,
    )

__all__ = [
    "Library",
    "MalformedEntry",
    "UnknownEntry",
    "command",
    "commands",
    "digit",
    "enhanced_code",
    "enhanced_codes",
    "extension",
    "extensions",
    "glossary",
    "mechanism",
    "mechanisms",
    "ports",
    "reply_code",
    "reply_codes",
    "term",
    "trials",
    "using",
]


def __getattr__(name: str) -> Any:
    # whoever looks up a fact pays for the loader and its types, not whoever imports the course
    if name in ("Library", "MalformedEntry", "UnknownEntry", "using"):
        return getattr(import_module("helpers.reference.loader"), name)
    raise AttributeError(f"module 'helpers.reference' has no attribute {name!r}")


def _facts() -> Library:
    from helpers.reference import loader

    return loader.current()


def command(verb: str) -> Command:
    """The facts behind a command, or behind the continuations "MESSAGE" and "RESPONSE".

    Raises:
        UnknownEntry: no such verb.
    """
    found: Command = _facts().find("commands", verb)
    return found


def commands(group: Group | None = None, in_course: bool | None = None) -> tuple[Command, ...]:
    """The commands in the order in which a session meets them: session, authentication, message.

    ``group`` and ``in_course`` narrow them; ``in_course=True`` gives the twelve that have a lesson.
    """
    from helpers.reference.loader import GROUPS

    found: list[Command] = [*_facts().entries("commands").values()]
    found.sort(key=lambda command: GROUPS.index(command.group))
    return tuple(
        command for command in found if group in (None, command.group) and in_course in (None, command.in_course)
    )


def reply_code(code: int) -> ReplyCode:
    """A reply code; also codes that no RFC defines, whose ``standard`` is False.

    Raises:
        UnknownEntry: no such code.
    """
    found: ReplyCode = _facts().find("replies", str(code))
    return found


def reply_codes() -> tuple[ReplyCode, ...]:
    """All reply codes, in numeric order."""
    found: list[ReplyCode] = [*_facts().entries("replies").values()]
    return tuple(sorted(found, key=lambda reply: reply.code))


def enhanced_code(code: str) -> EnhancedCode:
    """An enhanced status code; its class digit does not matter: "5.1.1" and "4.1.1" both give X.1.1.

    Raises:
        UnknownEntry: no such code.
    """
    _, _, rest = code.partition(".")
    found: EnhancedCode = _facts().find("enhanced", f"X.{rest}")
    return found


def enhanced_codes() -> tuple[EnhancedCode, ...]:
    """All enhanced status codes, in the order of the registry."""
    return tuple(_facts().entries("enhanced").values())


def digit(place: str) -> Digit:
    """What a digit says at its place: "5yz", "x5z", "5.X.X" or "X.1.X".

    Raises:
        UnknownEntry: no RFC gives this digit a meaning there.
    """
    found: Digit = _facts().find("digits", place)
    return found


def extension(keyword: str) -> Extension:
    """An ESMTP extension by its EHLO keyword.

    Raises:
        UnknownEntry: no such keyword.
    """
    found: Extension = _facts().find("extensions", keyword)
    return found


def extensions() -> tuple[Extension, ...]:
    """All ESMTP extensions, the most common first."""
    return tuple(_facts().entries("extensions").values())


def mechanism(name: str) -> Mechanism:
    """A SASL mechanism of AUTH.

    Raises:
        UnknownEntry: no such mechanism.
    """
    found: Mechanism = _facts().find("mechanisms", name)
    return found


def mechanisms() -> tuple[Mechanism, ...]:
    """All SASL mechanisms, those of the course first."""
    return tuple(_facts().entries("mechanisms").values())


def ports() -> tuple[Port, ...]:
    """The ports of SMTP, in numeric order."""
    found: list[Port] = [*_facts().entries("ports").values()]
    return tuple(sorted(found, key=lambda entry: entry.port))


def trials() -> tuple[Trial, ...]:
    """Lines that bring replies about in the course's lab, the plainest of each code first."""
    return tuple(_facts().entries("trials").values())


def term(name: str) -> Term:
    """A glossary entry.

    Raises:
        UnknownEntry: no such term.
    """
    found: Term = _facts().find("glossary", name)
    return found


def glossary() -> tuple[Term, ...]:
    """All glossary entries, in alphabetical order."""
    found: list[Term] = [*_facts().entries("glossary").values()]
    return tuple(sorted(found, key=lambda entry: entry.term.casefold()))
