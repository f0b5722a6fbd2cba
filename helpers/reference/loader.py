"""Reads the data files into the types of :mod:`helpers.reference.model` and refuses what does not fit.

A data file is a TOML document with one table an entry; the table's name is the entry's key ("MAIL", "550",
"X.1.1"). The fields are those of the dataclass, so a new field in ``model`` needs no change here.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from helpers.reference.model import (
    CONDITIONS,
    PHASES,
    Argument,
    Command,
    Digit,
    EnhancedCode,
    Extension,
    Group,
    Mechanism,
    Port,
    ReplyCode,
    SaslMessage,
    Term,
    Trial,
    Vector,
)

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Table = Mapping[str, Any]


class MalformedEntry(ValueError):
    """An entry of a data file does not fit; the message names file, entry, fault and what was expected."""


class UnknownEntry(KeyError):
    """No such entry; the message names the nearest ones."""

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError would show its message in quotes


#: A kind of entry: its type, and the field that holds the key of its table.
KINDS: Final[Mapping[str, tuple[type[Any], str]]] = {
    "commands": (Command, "verb"),
    "replies": (ReplyCode, "code"),
    "enhanced": (EnhancedCode, "code"),
    "digits": (Digit, "place"),
    "extensions": (Extension, "keyword"),
    "mechanisms": (Mechanism, "name"),
    "glossary": (Term, "term"),
    "ports": (Port, "port"),
    "trials": (Trial, "name"),
}

GROUPS: Final = get_args(Group)

#: Texts that may be empty although their field has no default.
_MAY_BE_EMPTY: Final = {
    (Command, "wire"),
    (ReplyCode, "rfc"),
    (Port, "name"),
    (Port, "rfc"),
    (Vector, "user"),
    (Vector, "password"),
}

#: Fields whose values are a closed set that their type does not say.
_VALUES: Final[Mapping[tuple[type[Any], str], tuple[object, ...]]] = {
    (Command, "permitted_in"): PHASES,
    (Command, "conditions"): CONDITIONS,
    (ReplyCode, "retry"): ("no", "yes", "after action"),
    (EnhancedCode, "classes"): (2, 4, 5),
    (Mechanism, "needs_tls"): ("yes", "recommended", "no"),
}


class Library:
    """All reference facts of one folder of data files, each file read when it is first asked for.

    ``extra`` adds entries to those of the files: ``{"commands": {"XYZZY": {"label": …}}}``. They pass the
    same checks. Another folder may lack files and has no entries of those kinds.
    """

    def __init__(self, folder: Traversable | None = None, extra: Mapping[str, Mapping[str, Table]] | None = None):
        self._folder = folder  # None: the data of this package
        self._extra = extra or {}
        self._read: dict[str, dict[str, Any]] = {}
        for kind in self._extra:
            if kind not in KINDS:
                raise MalformedEntry(f"extra: no kind of entry is called {kind!r}; there are {_listed(KINDS)}")

    def entries(self, kind: str) -> dict[str, Any]:
        """The entries of one kind by their key in upper case, in the order of the file.

        Raises:
            MalformedEntry: an entry of this kind does not fit.
        """
        if kind not in self._read:
            # two threads may both come here; the first to finish is kept, so that an entry stays one object
            self._read.setdefault(kind, self._load(kind))
        return self._read[kind]

    def find(self, kind: str, key: str) -> Any:
        """One entry, whatever the case of its key.

        Raises:
            UnknownEntry: there is none; the message names near matches.
            MalformedEntry: an entry of this kind does not fit.
        """
        entries = self.entries(kind)
        if key.upper() in entries:
            return entries[key.upper()]
        key_field = KINDS[kind][1]
        names = [str(getattr(entries[name], key_field)) for name in _near(key.upper(), entries)]
        hint = f"; near it: {_listed(names)}" if names else ""
        raise UnknownEntry(f"{kind} has no entry {key!r}{hint}")

    def _load(self, kind: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for source, tables in self._sources(kind):
            for key, table in tables.items():
                where = f"{source} [{key}]"
                entry = _entry(kind, key, table, where)
                if key.upper() in result:
                    raise MalformedEntry(f"{where}: a second entry with this key; expected one")
                result[key.upper()] = entry
        return result

    def _sources(self, kind: str) -> Iterator[tuple[str, Mapping[str, Table]]]:
        # imported here because ``import helpers`` comes first in every lesson and should be quick
        import tomllib
        from importlib.resources import files

        name = f"{kind}.toml"
        file = (self._folder or files("helpers.reference") / "data") / name
        if self._folder is None or file.is_file():
            try:
                yield name, tomllib.loads(file.read_text("utf-8"))
            except tomllib.TOMLDecodeError as error:
                raise MalformedEntry(f"{name}: not readable as TOML: {error}") from error
        if kind in self._extra:
            yield f"extra {kind}", self._extra[kind]


_library = Library()


def current() -> Library:
    """The library that the functions of :mod:`helpers.reference` read."""
    return _library


@contextmanager
def using(library: Library) -> Iterator[Library]:
    """Let ``helpers.reference`` read another library for the time of a ``with`` block, in all threads."""
    global _library
    before, _library = _library, library
    try:
        yield library
    finally:
        _library = before


def _entry(kind: str, key: str, table: Table, where: str) -> Any:
    cls, key_field = KINDS[kind]
    if not isinstance(table, Mapping):
        raise MalformedEntry(f"{where}: is {_shown(table)}; expected a table of fields")
    if key_field in table:
        raise MalformedEntry(f"{where}: field {key_field!r} is given twice; the table's name is its value")
    value: object = key
    if cls is ReplyCode:
        if not re.fullmatch(r"[0-9]{3}", key):
            raise MalformedEntry(f"{where}: is no reply code; expected three digits")
        value = int(key)
    elif cls is Port:
        if not re.fullmatch(r"[0-9]{1,5}", key):
            raise MalformedEntry(f"{where}: is no port; expected a number")
        value = int(key)
    elif cls is EnhancedCode and not re.fullmatch(r"X\.[0-9]{1,3}\.[0-9]{1,3}", key):
        raise MalformedEntry(f"{where}: is no enhanced code; expected a form such as X.1.1")
    return _read(cls, {key_field: value, **table}, where)


def _read(cls: Any, table: object, where: str) -> Any:
    if not isinstance(table, Mapping):
        raise MalformedEntry(f"{where}: is {_shown(table)}; expected a table of fields")
    known = _fields(cls)
    for name in table:
        if name not in known:
            raise MalformedEntry(f"{where}: unknown field {name!r}; expected {_listed(_near(name, known) or known)}")
    values: dict[str, Any] = {}
    for name, (hint, required) in known.items():
        if name in table:
            values[name] = _value(hint, table[name], f"{where} {name}")
        elif required:
            raise MalformedEntry(f"{where}: field {name!r} is missing; expected {_type_name(hint)}")
        if required and values[name] == "" and (cls, name) not in _MAY_BE_EMPTY:
            raise MalformedEntry(f"{where}: field {name!r} is empty; expected a text")
        if (allowed := _VALUES.get((cls, name))) and name in values:
            _check_values(values[name], allowed, f"{where} {name}")
    entry = cls(**values)
    if check := _CHECKS.get(cls):
        check(entry, where)
    return entry


@cache
def _fields(cls: Any) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(cls)
    return {f.name: (hints[f.name], f.default is MISSING and f.default_factory is MISSING) for f in fields(cls)}


def _value(hint: Any, value: object, where: str) -> Any:
    """``value`` as the type ``hint`` wants it; lists become tuples, tables become dataclasses."""
    origin = get_origin(hint)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise MalformedEntry(f"{where}: is {_shown(value)}; expected {_type_name(hint)}")
        item = get_args(hint)[0]
        return tuple(_value(item, part, f"{where} {n}") for n, part in enumerate(value, 1))
    if origin is Literal:
        _check_values(value, get_args(hint), where)
        return value
    if origin in (Union, types.UnionType):
        (hint,) = (arg for arg in get_args(hint) if arg is not type(None))
    if hasattr(hint, "__dataclass_fields__"):
        return _read(hint, value, where)
    if type(value) is not hint:  # not isinstance: a bool is an int to Python, but not to a reader
        raise MalformedEntry(f"{where}: is {_shown(value)}; expected {_type_name(hint)}")
    return value


def _check_values(value: object, allowed: tuple[object, ...], where: str) -> None:
    for part in value if isinstance(value, tuple) else (value,):
        if part not in allowed:
            raise MalformedEntry(f"{where}: is {_shown(part)}; expected one of {_listed(allowed)}")


def _check_command(command: Command, where: str) -> None:
    if command.status == "continuation":
        if command.wire:
            raise MalformedEntry(f"{where} wire: is {command.wire!r}; expected nothing, since it follows a command")
    elif not command.wire.startswith(command.verb):
        raise MalformedEntry(f"{where} wire: is {command.wire!r}; expected a text that starts with {command.verb!r}")
    if not command.permitted_in:
        raise MalformedEntry(f"{where} permitted_in: is empty; expected one or more of {_listed(PHASES)}")
    _check_unique([argument.name for argument in command.arguments], f"{where} arguments")
    _check_unique([reply.code for reply in command.replies], f"{where} replies")


def _check_argument(argument: Argument, where: str) -> None:
    if argument.template.count("{}") != 1:
        raise MalformedEntry(f"{where} template: is {argument.template!r}; expected one {{}} for the value")
    if argument.choices:
        for name in ("example", "default"):
            value = getattr(argument, name)
            if value not in argument.choices and not (name == "default" and value == ""):
                raise MalformedEntry(f"{where} {name}: is {value!r}; expected one of {_listed(argument.choices)}")


def _check_message(message: SaslMessage, where: str) -> None:
    try:
        groups = re.compile(message.pattern.encode()).groups
    except re.error as error:
        raise MalformedEntry(f"{where} pattern: is no regular expression: {error}") from None
    if groups != len(message.fields):
        raise MalformedEntry(
            f"{where} pattern: has {groups} groups; expected one for each of {len(message.fields)} fields"
        )


def _check_trial(trial: Trial, where: str) -> None:
    if not trial.lines:
        raise MalformedEntry(f"{where} lines: is empty; expected one line or more")


def _check_unique(values: list[Any], where: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise MalformedEntry(f"{where}: {value!r} stands there twice; expected it once")


_CHECKS: Final[Mapping[type[Any], Callable[[Any, str], None]]] = {
    Command: _check_command,
    Argument: _check_argument,
    SaslMessage: _check_message,
    Trial: _check_trial,
}

_TYPE_NAMES: Final = {str: "a text", int: "a whole number", bool: "true or false"}


def _near(word: str, words: Iterable[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(word, words)


def _type_name(hint: Any) -> str:
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        return f"a list, each item {_TYPE_NAMES.get(item, 'a table of fields')}"
    if get_origin(hint) is Literal:
        return f"one of {_listed(get_args(hint))}"
    return _TYPE_NAMES.get(hint, "a table of fields")


def _shown(value: object) -> str:
    kind = "a list" if isinstance(value, list) else "a table" if isinstance(value, Mapping) else None
    return kind or repr(value)


def _listed(values: Any) -> str:
    return ", ".join(repr(value) if value == "" else str(value) for value in values)
