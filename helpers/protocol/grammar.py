"""The grammars of command arguments, by the names that the reference facts use.

A grammar says of a value that someone typed whether it fits, and if not, what is wrong in one sentence
with a valid example.

Source: RFC 5321 4.1.1, 4.1.2; RFC 1870 4 (size); RFC 6152, RFC 3030 (body); RFC 3461 4 (xtext, ret,
notify, orcpt); RFC 4422 3.1 (mechanism); RFC 4648 4 and RFC 4954 8 (base64); RFC 3030 2 (chunk-size, last).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from helpers.protocol.address import (
    Kind,
    PathArgument,
    SyntaxProblem,
    domain_problem,
    field_path_problem,
    hello_problem,
    is_fqdn,
    local_part_problem,
    read_path_argument,
)

__all__ = [
    "GRAMMARS",
    "Grammar",
    "Kind",
    "PathArgument",
    "SyntaxProblem",
    "domain_problem",
    "hello_problem",
    "is_fqdn",
    "read_path_argument",
]

#: Octets of a line of text without its CR LF (RFC 5321 4.5.3.1.6 counts 1000 with them).
MAX_TEXT_LINE: Final = 998
MAX_ORCPT: Final = 500  #: characters (RFC 3461 4.2)

_XTEXT: Final = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+")
_ADDRESS_TYPE: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_MECHANISM: Final = re.compile(r"[A-Za-z0-9_-]{1,20}")
_KEYWORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Grammar:
    """The rule for one kind of value."""

    name: str
    describes: str  #: what such a value is, as the end of "Type …"
    example: str
    _wrong: Callable[[str, bool], str | None] = field(repr=False)

    def check(self, value: str, *, utf8: bool = False, example: str = "") -> str | None:
        """None when the value fits, otherwise what is wrong with it and a valid example.

        ``utf8``: SMTPUTF8 is in force, so that addresses may hold UTF-8 (RFC 6531).
        ``example``: a valid value to show in place of the grammar's own.
        """
        wrong = self._wrong(value, utf8)
        return None if wrong is None else f"{wrong} For example: {example or self.example}"


def _sentence(problem: SyntaxProblem | None) -> str | None:
    return None if problem is None else problem.sentence


def _domain(value: str, utf8: bool) -> str | None:
    if value.startswith("["):
        return "Only a domain name stands here: an address literal is for EHLO."
    return _sentence(domain_problem(value, utf8=utf8))


def _hello_name(value: str, utf8: bool) -> str | None:
    return _sentence(hello_problem(value, utf8=utf8, forgive=(Kind.NOT_FQDN,)))


def _reverse_path(value: str, utf8: bool) -> str | None:
    return _sentence(field_path_problem(value, utf8=utf8)) if value else None


def _forward_path(value: str, utf8: bool) -> str | None:
    if not value:
        return "The recipient is missing."
    if value.lower() == "postmaster":
        return None
    return _sentence(field_path_problem(value, utf8=utf8))


def _string(value: str, utf8: bool) -> str | None:
    if not value:
        return "A word is missing here."
    # RFC 5321 3.5.1 lets VRFY take "a user name and domain" too, though 4.1.2's String has no @
    problem = field_path_problem(value, utf8=utf8)
    if problem is not None and problem.kind is Kind.NO_AT:
        problem = local_part_problem(value, utf8=utf8)
    if problem is not None and problem.kind is Kind.SPACE_IN_PATH:
        return "Several words stand in double quotes."
    return _sentence(problem)


def _size(value: str, utf8: bool) -> str | None:
    if re.fullmatch(r"[0-9]{1,20}", value):
        return None
    if re.fullmatch(r"[0-9]+", value):
        return f"A size has at most 20 digits, this one has {len(value)}."
    return "A size is a number of octets in digits only, without a sign, a point or a unit."


def _chunk_size(value: str, utf8: bool) -> str | None:
    if re.fullmatch(r"[0-9]+", value):
        return None
    return "A chunk size is the number of octets that follow, in digits only."


def _one_of(*words: str) -> Callable[[str, bool], str | None]:
    def wrong(value: str, utf8: bool) -> str | None:
        if value.upper() in words:
            return None
        only = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
        return f"Only {only} can stand here."

    return wrong


def _keyword_flag(value: str, utf8: bool) -> str | None:
    if _KEYWORD.fullmatch(value):
        return None
    return "This parameter is a keyword alone: it takes no equals sign and no value."


def _xtext(value: str, utf8: bool) -> str | None:
    if _XTEXT.fullmatch(value):
        return None
    if not value:
        return "The value is missing."
    if any(not "!" <= c <= "~" for c in value):
        return (
            "In xtext a space, a control character or a letter beyond ASCII is written as + and two hex digits (+20)."
        )
    if "=" in value:
        return "In xtext an equals sign is written +3D."
    return "In xtext a + is followed by two hex digits in upper case: the plus sign itself is written +2B."


def _notify(value: str, utf8: bool) -> str | None:
    words = value.upper().split(",")
    if words == ["NEVER"] or (set(words) <= {"SUCCESS", "FAILURE", "DELAY"}):
        return None
    if "NEVER" in words and set(words) <= {"NEVER", "SUCCESS", "FAILURE", "DELAY"}:
        return "NEVER stands alone: no other condition goes with it."
    return "Only NEVER, or SUCCESS, FAILURE and DELAY with commas between (no spaces) can stand here."


def _orcpt(value: str, utf8: bool) -> str | None:
    if len(value) > MAX_ORCPT:
        return f"At most {MAX_ORCPT} characters fit here, these are {len(value)}."
    kind, semicolon, address = value.partition(";")
    if not semicolon or not _ADDRESS_TYPE.fullmatch(kind):
        return "The original recipient starts with the type of its address and a semicolon, rfc822;"
    return _xtext(address, utf8)


def _mechanism(value: str, utf8: bool) -> str | None:
    if _MECHANISM.fullmatch(value):
        return None
    return "A mechanism's name has 1 to 20 letters, digits, hyphens and underscores."


def _base64_syntax(value: str) -> str | None:
    if _BASE64.fullmatch(value):
        return None
    wrong = next((c for c in value if not re.match(r"[A-Za-z0-9+/=]", c)), None)
    if wrong is not None:
        shown = "a space" if wrong == " " else repr(wrong)
        return f"This is not base64, which has no {shown}: encode the text first."
    if "=" in value.rstrip("="):
        return "In base64, = stands only at the end."
    return "Base64 comes in groups of four characters, the last one filled up with =."


def _base64(value: str, utf8: bool) -> str | None:
    if value == "=":
        return None  # RFC 4954 4: an initial response that is there, but empty
    return _base64_syntax(value) if value else "The response is missing: an empty one is written as = alone."


def _auth_response(value: str, utf8: bool) -> str | None:
    if value in ("", "*"):
        return None  # RFC 4954 4: an empty line is an empty response, * cancels
    if value == "=":
        return "= alone is only for the AUTH line itself: here an empty response is an empty line, and * cancels."
    return _base64_syntax(value)


def _message(value: str, utf8: bool) -> str | None:
    for number, line in enumerate(value.split("\n"), 1):
        octets = len(line.removesuffix("\r").encode("utf-8", "surrogatepass"))
        if octets > MAX_TEXT_LINE:
            return f"Line {number} has {octets} octets, at most {MAX_TEXT_LINE} are allowed before its CR LF: break it."
    return None


def _named(*grammars: Grammar) -> dict[str, Grammar]:
    return {grammar.name: grammar for grammar in grammars}


GRAMMARS: Final[dict[str, Grammar]] = _named(
    Grammar("domain", "a domain name", "laptop.example", _domain),
    Grammar("hello-name", "a domain name, or an IP address in square brackets", "laptop.example", _hello_name),
    Grammar("reverse-path", "the sender's address, or nothing for <>", "alice@lab.example", _reverse_path),
    Grammar("forward-path", "the recipient's address", "bob@lab.example", _forward_path),
    Grammar("string", "one word, or several in double quotes", "alice", _string),
    Grammar("size", "the size of the message in octets", "1024", _size),
    Grammar("body", "7BIT, 8BITMIME or BINARYMIME", "8BITMIME", _one_of("7BIT", "8BITMIME", "BINARYMIME")),
    Grammar("keyword-flag", "the keyword alone", "SMTPUTF8", _keyword_flag),
    Grammar("xtext", "printable ASCII, anything else as + and two hex digits", "QQ314159", _xtext),
    Grammar("ret", "FULL or HDRS", "HDRS", _one_of("FULL", "HDRS")),
    Grammar("notify", "NEVER, or a list of SUCCESS, FAILURE, DELAY", "SUCCESS,FAILURE", _notify),
    Grammar("orcpt", "rfc822; and the original address", "rfc822;bob@lab.example", _orcpt),
    Grammar("mechanism", "the name of a mechanism", "PLAIN", _mechanism),
    Grammar("base64", "base64, or = for an empty response", "AGFsaWNlAHdvbmRlcmxhbmQ=", _base64),
    Grammar("auth-response", "base64, or * to cancel", "YWxpY2U=", _auth_response),
    Grammar(
        "message", "the message: header lines, an empty line, the body", "Subject: Hello\n\nHow are you?\n", _message
    ),
    Grammar("chunk-size", "the number of octets in this chunk", "86", _chunk_size),
    Grammar("last", "LAST", "LAST", _one_of("LAST")),
)
