"""From a form to the exact line: a command's text on the wire, and what is wrong with its values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from helpers.protocol.encoding import typed_of
from helpers.protocol.grammar import GRAMMARS

if TYPE_CHECKING:
    from helpers.reference.model import Command

#: Octets of a command line without its CR LF (RFC 5321 4.5.3.1.4 counts 512 with them).
MAX_COMMAND_LINE: Final = 510


def compose(command: Command, values: Mapping[str, str]) -> str:
    """The command's line, without CR LF, from the values of its arguments by name.

    Arguments stand in their order in the facts; an optional one without a value is left out, and so is a
    required one that would leave nothing but a space ("EHLO" alone). A space is put before an argument unless
    its template brings one, or the line so far is empty or ends with a colon (RFC 5321 4.1.1.2: no space after
    "MAIL FROM:").
    """
    line = command.wire
    for argument in command.arguments:
        value = values.get(argument.name, "")
        piece = argument.template.replace("{}", value)
        if not value and (not argument.required or not piece.strip()):
            continue
        if line and not line.endswith((":", " ")) and not argument.template.startswith(" "):
            line += " "
        line += piece
    return line


def values_in(command: Command, line: str) -> dict[str, str] | None:
    """The values of the arguments in a line of this command, so that ``compose`` makes the line of them again.

    None: the line is not of the form that the command's arguments make.
    """
    pattern = re.escape(command.wire)
    for number, argument in enumerate(command.arguments):
        before, _, after = argument.template.partition("{}")
        value = ".*" if argument.multiline else "|".join(map(re.escape, filter(None, argument.choices))) or "[^ ]*"
        piece = f"{re.escape(before)}(?P<a{number}>{value}){re.escape(after)}"
        pattern += piece if argument.required else f"(?:{piece})?"
    if (match := re.fullmatch(pattern, line, re.DOTALL | re.IGNORECASE)) is None:
        return None
    found = {argument.name: match[f"a{number}"] for number, argument in enumerate(command.arguments)}
    return {name: value for name, value in found.items() if value is not None}


def problems(
    command: Command, values: Mapping[str, str], *, utf8: bool = False, as_text: Collection[str] = ()
) -> dict[str, str]:
    """What is wrong with the values: the argument's name and a sentence, for each that does not fit.

    ``utf8``: SMTPUTF8 was given with MAIL in this transaction; a value for it here counts as well.
    ``as_text``: the arguments that were typed as text and encoded afterwards: their example is a text, too.
    """
    utf8 = utf8 or bool(values.get("SMTPUTF8"))
    found: dict[str, str] = {}
    for argument in command.arguments:
        value = values.get(argument.name, "")
        if not value and not argument.required:
            continue
        example = typed_of(argument.example) if argument.name in as_text else ""
        if not argument.multiline and _breaks_line(value):
            found[argument.name] = f"One line fits here, and this has a line break. For example: {argument.example}"
        elif argument.choices:
            if value.upper() not in {choice.upper() for choice in argument.choices}:
                found[argument.name] = f"Choose one of {', '.join(filter(None, argument.choices))}."
        elif (sentence := GRAMMARS[argument.grammar].check(value, utf8=utf8, example=example)) is not None:
            found[argument.name] = sentence
    return found


def line_problem(line: str, *, growth: int = 0) -> str | None:
    """What is wrong with a whole command line: a line break inside, or too many octets.

    ``growth`` is the number of octets by which announced extensions let this line grow.
    """
    if _breaks_line(line):
        return "A CR or LF inside the line would end it there, and the rest would be read as another command."
    octets = len(line.encode("utf-8", "surrogatepass"))
    if octets > MAX_COMMAND_LINE + growth:
        limit = MAX_COMMAND_LINE + growth
        return f"The line has {octets} octets, at most {limit} are allowed before CR LF (RFC 5321 4.5.3.1.4)."
    return None


def _breaks_line(text: str) -> bool:
    return "\r" in text or "\n" in text
