"""The syntax of names, mailboxes and paths, and the argument of MAIL and RCPT.

Nothing here raises for bad input. What is wrong comes back as :class:`SyntaxProblem` in the order in
which it stands in the text, so that a lenient server may forgive some kinds and a strict one none.

Source: RFC 5321 4.1.2 (ABNF), 4.1.3 (address literals), 4.5.3.1 (sizes in octets); RFC 6531 3.3 (UTF-8);
RFC 5890 2.3.2.1 (U-labels).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from ipaddress import AddressValueError, IPv6Address
from typing import Final, Literal

#: Sizes in octets (RFC 5321 4.5.3.1.1 to 4.5.3.1.3; the label: RFC 1035 2.3.4). A path counts its brackets.
MAX_LOCAL_PART: Final = 64
MAX_DOMAIN: Final = 255
MAX_PATH: Final = 256
MAX_LABEL: Final = 63

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = rf"[A-Za-z0-9](?:[A-Za-z0-9-]{{0,{MAX_LABEL - 2}}}[A-Za-z0-9])?"
_DOT_STRING_RULE: Final = rf"{_ATOM}(?:\.{_ATOM})*"
_DOMAIN_RULE: Final = rf"{_LABEL}(?:\.{_LABEL})*"
_ATEXT: Final = re.compile(_ATOM)
_DOT_STRING: Final = re.compile(_DOT_STRING_RULE)
_DOMAIN: Final = re.compile(_DOMAIN_RULE)
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
#: The same, or an opening quote and all the rest: so that many unclosed ones take linear time together.
_QUOTED_OR_OPEN: Final = re.compile(r'"(?:[^"\\]|\\.|\\\Z)*("|\Z)', re.DOTALL)
_QUOTED_ASCII: Final = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')
_IPV4: Final = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})", re.ASCII)
_PARAMETER: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\x00-\x20=\x7f]+))?")


class Kind(StrEnum):
    """What can be wrong with a name, a mailbox, or the argument of MAIL and RCPT."""

    MISSING = "missing"  #: there is nothing where something must stand
    NO_COLON = "no-colon"  #: "FROM <a@b>", or no FROM/TO at all
    SPACE_BEFORE_COLON = "space-before-colon"
    SPACE_AFTER_COLON = "space-after-colon"
    NO_BRACKETS = "no-brackets"
    UNCLOSED_BRACKET = "unclosed-bracket"
    BRACKETS = "brackets"  #: angle brackets inside a form field that adds them itself
    DISPLAY_NAME = "display-name"  #: "Alice <a@b>"
    EMPTY_PATH = "empty-path"  #: "<>" as a recipient
    SPACE_IN_PATH = "space-in-path"
    NO_AT = "no-at"
    TWO_AT = "two-at"
    SOURCE_ROUTE = "source-route"  #: a malformed one, or any in a form field
    BAD_LOCAL_PART = "bad-local-part"
    BAD_DOMAIN = "bad-domain"
    UNDERSCORE = "underscore"
    TRAILING_DOT = "trailing-dot"
    EMPTY_LABEL = "empty-label"
    BARE_ADDRESS = "bare-address"  #: an IP address without square brackets
    BAD_LITERAL = "bad-literal"
    LITERAL_IN_HELO = "literal-in-helo"
    NOT_FQDN = "not-fqdn"  #: well-formed, but not a fully-qualified domain name
    NOT_ASCII = "not-ascii"  #: UTF-8 where SMTPUTF8 is not in force
    TOO_LONG = "too-long"
    BAD_PARAMETER = "bad-parameter"


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """One thing that is wrong, as a kind for programs and a sentence for people."""

    kind: Kind
    sentence: str


@dataclass(frozen=True, slots=True)
class PathArgument:
    """The argument of MAIL or RCPT, read as far as it can be read."""

    path: str  #: without brackets and source route; "" is the null reverse-path
    local: str
    domain: str  #: "" for the null reverse-path and for "<Postmaster>"
    source_route: str | None = None  #: "@a.example,@b.example": accept and ignore it (RFC 5321 Appendix C)
    parameters: tuple[tuple[str, str | None], ...] = ()  #: keyword in upper case, value as it came
    problems: tuple[SyntaxProblem, ...] = ()  #: in the order of the text, a display name before the space it brings

    def problem(self, forgive: Collection[Kind] = ()) -> SyntaxProblem | None:
        """The first problem whose kind is not in ``forgive``."""
        return _first(self.problems, forgive)


@cache
def _ordinary(keyword: str) -> re.Pattern[str]:
    """The plain argument, which is most of them; compiled when the first one comes, since it is long."""
    return re.compile(rf"(?i:{keyword}):<(({_DOT_STRING_RULE})@({_DOMAIN_RULE}))>(?: (\S.*?))?[ \t]*")


def read_path_argument(keyword: Literal["FROM", "TO"], text: str, *, utf8: bool) -> PathArgument:
    """Read what follows the verb: ``read_path_argument("FROM", "FROM:<a@b.example> SIZE=5", utf8=False)``.

    ``utf8`` says whether UTF-8 may stand in the path: for TO, that SMTPUTF8 was given with MAIL; for FROM,
    that the server offers SMTPUTF8 (the line must then carry the parameter, RFC 6531 3.4). White space at
    the end is no problem (RFC 5321 4.1.1).
    """
    ordinary = _ordinary(keyword).fullmatch(text)
    if ordinary is not None:
        path, local, domain, rest = ordinary.groups()
        parameters, problems = _parameters(rest) if rest else ((), ())
        if (
            not problems
            and len(local) <= MAX_LOCAL_PART
            and len(path) <= MAX_PATH - 2
            and not domain[-1].isdigit()  # it might be a bare IP address
        ):
            return PathArgument(path, local, domain, None, parameters)
    return _read_any_path_argument(keyword, text, utf8)


def hello_problem(
    name: str, *, helo: bool = False, utf8: bool = False, forgive: Collection[Kind] = ()
) -> SyntaxProblem | None:
    """What is wrong with the name in EHLO (a domain or an address literal) or HELO (a domain only).

    Source: RFC 5321 4.1.1.1 (syntax), 2.3.5 (fully-qualified names only: ``Kind.NOT_FQDN``).
    """
    return _first(_hello_problems(name, helo, utf8), forgive)


def is_fqdn(name: str) -> bool:
    """Whether this is a domain name of at least two labels (and not an IP address)."""
    return "." in name and domain_problem(name, utf8=True) is None


def domain_problem(name: str, *, utf8: bool = False) -> SyntaxProblem | None:
    """What is wrong with a domain name (RFC 5321 4.1.2 ``Domain``)."""
    return next(_domain_problems(name, utf8), None)


def literal_problem(literal: str) -> SyntaxProblem | None:
    """What is wrong with an address literal such as ``[192.0.2.1]`` or ``[IPv6:2001:db8::1]`` (RFC 5321 4.1.3)."""
    if not literal.endswith("]"):
        return SyntaxProblem(Kind.BAD_LITERAL, "The square bracket of the address literal is never closed.")
    inside = literal[1:-1]
    if _is_ipv4(inside):
        return None
    tag, colon, address = inside.partition(":")
    if tag.upper() == "IPV6" and colon:
        if _is_ipv6(address):
            return None
        return SyntaxProblem(Kind.BAD_LITERAL, f"“{address}” is not an IPv6 address.")
    if _is_ipv6(inside):
        return SyntaxProblem(Kind.BAD_LITERAL, "An IPv6 address literal starts with the tag IPv6: inside the bracket.")
    return SyntaxProblem(
        Kind.BAD_LITERAL, "Square brackets hold an IPv4 address, or IPv6: and an IPv6 address, and nothing else."
    )


def local_part_problem(local: str, *, utf8: bool = False) -> SyntaxProblem | None:
    """What is wrong with the part before the @ (RFC 5321 4.1.2 ``Local-part``)."""
    return next(_local_part_problems(local, utf8), None)


def mailbox_problem(mailbox: str, *, utf8: bool = False) -> SyntaxProblem | None:
    """What is wrong with ``local-part@domain`` (RFC 5321 4.1.2 ``Mailbox``)."""
    problems = _mailbox(mailbox, utf8)[2]
    return problems[0] if problems else None


def field_path_problem(value: str, *, utf8: bool = False) -> SyntaxProblem | None:
    """What is wrong with a mailbox typed into a form that adds the angle brackets itself."""
    if value.startswith("<") and value.endswith(">"):
        return SyntaxProblem(Kind.BRACKETS, "Leave out the angle brackets: they are added for you.")
    unquoted = _without_quoted(value)
    if "<" in unquoted and ">" in unquoted:
        return SyntaxProblem(
            Kind.DISPLAY_NAME, "Only the address goes here: a person's name belongs in the From or To header."
        )
    if "<" in unquoted or ">" in unquoted:
        return SyntaxProblem(Kind.UNCLOSED_BRACKET, "One angle bracket is missing its partner: leave out both.")
    if re.search(r"\s", unquoted):
        return SyntaxProblem(Kind.SPACE_IN_PATH, "There is a space in the address: take it out.")
    if value.startswith("@"):
        return SyntaxProblem(
            Kind.SOURCE_ROUTE,
            "A source route (@host:address) is obsolete, and servers ignore it: write the address alone.",
        )
    if _octets(value) > MAX_PATH - 2:
        return _path_too_long(value)
    return mailbox_problem(value, utf8=utf8)


def split_path(text: str) -> tuple[str, str]:
    """Cut ``<path> parameters`` in two: what stands in the angle brackets, and what follows them.

    Without brackets the path is the first word. A missing closing bracket ends the path at the first space.
    """
    if not text.startswith("<"):
        path, _, rest = text.partition(" ")
        return path, rest
    end = _closing_bracket(text)
    if end < 0:
        path, _, rest = text[1:].partition(" ")
        return path, rest
    return text[1:end], text[end + 1 :]


def _closing_bracket(text: str) -> int:
    """Where the path that starts with "<" ends: the first ">" outside double quotes, or -1."""
    end = text.find(">")
    if '"' not in text[:end]:
        return end
    return _without_quoted(text).find(">")


def _read_any_path_argument(keyword: str, text: str, utf8: bool) -> PathArgument:
    problems: list[SyntaxProblem] = []
    verb = "MAIL" if keyword == "FROM" else "RCPT"
    text = text.rstrip(" \t")
    head = re.match(rf"(?i){keyword}([ \t]*):([ \t]*)", text)
    if head is None:
        sentence = f"{verb} is followed by {keyword} and a colon, then the path in angle brackets."
        problems.append(SyntaxProblem(Kind.NO_COLON if text else Kind.MISSING, sentence))
        text = re.sub(rf"(?i)^{keyword}\b[ \t]*", "", text)
    else:
        if head[1]:
            problems.append(
                SyntaxProblem(Kind.SPACE_BEFORE_COLON, f"The colon stands directly after {keyword}, without a space.")
            )
        if head[2]:
            sentence = f"No space may stand between the colon of {keyword}: and what follows."
            problems.append(SyntaxProblem(Kind.SPACE_AFTER_COLON, sentence))
        text = text[head.end() :]
    text, found = _without_display_name(text, head is not None)
    problems += found
    if [p.kind for p in problems[-2:]] == [Kind.SPACE_AFTER_COLON, Kind.DISPLAY_NAME]:
        # a header copied into the command, "From: Alice <a@b>": the name has to go, and the space goes with it
        problems[-2:] = reversed(problems[-2:])
    path, rest = split_path(text)
    parameters: tuple[tuple[str, str | None], ...] = ()
    late: tuple[SyntaxProblem, ...] = ()
    if rest:
        if text.startswith("<") and not rest.startswith(" ") and _closing_bracket(text) >= 0:
            late = (
                SyntaxProblem(Kind.BAD_PARAMETER, "After the closing bracket comes a space or the end of the line."),
            )
        parameters, wrong = _parameters(rest.removeprefix(" "))
        late = late or wrong
    if keyword == "FROM":
        utf8 = utf8 and any(name == "SMTPUTF8" for name, _ in parameters)
    if not path and not problems and keyword == "FROM":
        return PathArgument("", "", "", None, parameters, late)
    if not path.strip():
        if keyword == "TO":
            problems.append(
                SyntaxProblem(Kind.EMPTY_PATH, "RCPT needs a recipient: only a sender's path may be empty.")
            )
        return PathArgument("", "", "", None, parameters, (*problems, *late))
    if re.search(r"\s", _without_quoted(path)):
        problems.append(SyntaxProblem(Kind.SPACE_IN_PATH, "There is a space inside the angle brackets."))
        path = path.strip()
    if _octets(path) > MAX_PATH - 2:
        problems.append(_path_too_long(path))
    route: str | None = None
    if path.startswith("@"):
        route, colon, path = path.rpartition(":") if "[" not in path else _split_route(path)
        if not colon:
            route = None
        elif any(not hop.startswith("@") or domain_problem(hop[1:], utf8=utf8) for hop in route.split(",")):
            problems.append(
                SyntaxProblem(
                    Kind.SOURCE_ROUTE, "A source route is a list of @domain, with commas between, then a colon."
                )
            )
    if keyword == "TO" and path.lower() == "postmaster":
        return PathArgument(path, path, "", route, parameters, (*problems, *late))
    local, domain, wrong_mailbox = _mailbox(path, utf8)
    return PathArgument(path, local, domain, route, parameters, (*problems, *wrong_mailbox, *late))


def _split_route(path: str) -> tuple[str, str, str]:
    """Cut at the route's colon, which comes before the mailbox (its literal may hold colons too)."""
    match = re.match(r"(@[^\[\":]*):(.*)", path, re.DOTALL)
    return (match[1], ":", match[2]) if match else ("", "", path)


def _without_display_name(text: str, has_colon: bool) -> tuple[str, list[SyntaxProblem]]:
    """The argument from its "<" on, and what is wrong with its brackets."""
    if text.startswith("<"):
        if _closing_bracket(text) < 0:
            return text, [
                SyntaxProblem(Kind.UNCLOSED_BRACKET, "The angle bracket is never closed: end the path with >.")
            ]
        return text, []
    if not text:
        return text, [
            SyntaxProblem(Kind.MISSING, "The path is missing: it stands in angle brackets.")
        ] if has_colon else []
    start = _without_quoted(text).find("<")
    # "a@b AUTH=<>" has brackets too, but in a parameter
    if start > 0 and text[start - 1] != "=" and _closing_bracket(text[start:]) > 0:
        sentence = "Only the address stands here, in angle brackets: a person's name belongs in a header."
        return text[start:], [SyntaxProblem(Kind.DISPLAY_NAME, sentence)]
    return text, [SyntaxProblem(Kind.NO_BRACKETS, "The path stands in angle brackets, < and >.")]


def _parameters(text: str) -> tuple[tuple[tuple[str, str | None], ...], tuple[SyntaxProblem, ...]]:
    found: list[tuple[str, str | None]] = []
    problems: list[SyntaxProblem] = []
    for word in text.split(" "):
        match = _PARAMETER.fullmatch(word)
        if match is not None:
            found.append((match[1].upper(), match[2]))
        elif not word:
            problems.append(SyntaxProblem(Kind.BAD_PARAMETER, "Exactly one space stands before each parameter."))
        else:
            problems.append(
                SyntaxProblem(Kind.BAD_PARAMETER, f"“{word}” is not a parameter: write KEYWORD or KEYWORD=value.")
            )
    return tuple(found), tuple(problems)


def _mailbox(text: str, utf8: bool) -> tuple[str, str, tuple[SyntaxProblem, ...]]:
    quoted = _QUOTED.match(text)
    if text.startswith('"') and quoted is None:
        return text, "", (SyntaxProblem(Kind.BAD_LOCAL_PART, "The double quote before the @ is never closed."),)
    start = quoted.end() if quoted else 0
    count = text.count("@", start)
    if count == 0:
        sentence = "There is no @: an address is a mailbox name, an @ and a domain."
        return text, "", (SyntaxProblem(Kind.NO_AT, sentence),)
    at = text.rindex("@")
    local, domain = text[:at], text[at + 1 :]
    if count > 1:
        sentence = "There is more than one @: only one stands between the mailbox name and the domain."
        return local, domain, (SyntaxProblem(Kind.TWO_AT, sentence),)
    problems = [*_local_part_problems(local, utf8)]
    if domain.startswith("["):
        wrong = literal_problem(domain)
        problems += [wrong] if wrong else []
    else:
        problems += _domain_problems(domain, utf8)
    return local, domain, tuple(problems)


def _local_part_problems(local: str, utf8: bool) -> Iterator[SyntaxProblem]:
    if _DOT_STRING.fullmatch(local) and len(local) <= MAX_LOCAL_PART:
        return
    if not local:
        yield SyntaxProblem(Kind.BAD_LOCAL_PART, "The name of the mailbox is missing before the @.")
        return
    if _octets(local) > MAX_LOCAL_PART:
        sentence = f"The part before the @ has {_octets(local)} octets, at most {MAX_LOCAL_PART} are allowed."
        yield SyntaxProblem(Kind.TOO_LONG, sentence)
    foreign = _not_ascii(local, utf8)
    if foreign is not None:
        yield foreign
    ascii_only = _ascii_stand_in(local)
    if ascii_only.startswith('"'):
        if not _QUOTED_ASCII.fullmatch(ascii_only):
            sentence = (
                'Inside the double quotes write \\" for a quote, \\\\ for a backslash, and no control characters.'
            )
            yield SyntaxProblem(Kind.BAD_LOCAL_PART, sentence)
    elif not _DOT_STRING.fullmatch(ascii_only):
        wrong = next((c for c in ascii_only if c != "." and not _ATEXT.match(c)), None)
        if wrong is None:
            sentence = "Before the @, a dot stands only between two other characters."
        else:
            sentence = f"Before the @, {_named(wrong)} may only stand inside double quotes."
        yield SyntaxProblem(Kind.BAD_LOCAL_PART, sentence)


def _domain_problems(name: str, utf8: bool) -> Iterator[SyntaxProblem]:
    if _DOMAIN.fullmatch(name) and len(name) <= MAX_DOMAIN and not name[-1].isdigit():
        return
    if not name:
        yield SyntaxProblem(Kind.MISSING, "The domain is missing.")
        return
    if _is_ipv4(name) or (":" in name and _is_ipv6(name)):
        yield SyntaxProblem(Kind.BARE_ADDRESS, "An IP address stands in square brackets, [ and ].")
        return
    if _octets(name) > MAX_DOMAIN:
        sentence = f"The domain has {_octets(name)} octets, at most {MAX_DOMAIN} are allowed."
        yield SyntaxProblem(Kind.TOO_LONG, sentence)
    foreign = _not_ascii(name, utf8)
    if foreign is not None:
        yield foreign
    if "_" in name:
        yield SyntaxProblem(Kind.UNDERSCORE, "A domain has no underscore: only letters, digits, hyphens and dots.")
    labels = name.split(".")
    if len(labels) > 1 and labels[-1] == "":
        yield SyntaxProblem(Kind.TRAILING_DOT, "A domain has no dot at its end in SMTP.")
        labels.pop()
    if "" in labels:
        yield SyntaxProblem(Kind.EMPTY_LABEL, "A part of the domain is empty: something stands between any two dots.")
    for label in labels:
        yield from _label_problems(label)


def _label_problems(label: str) -> Iterator[SyntaxProblem]:
    on_the_wire = len(label) if label.isascii() else len(b"xn--" + _utf16_safe(label).encode("punycode"))
    if on_the_wire > MAX_LABEL:
        sentence = f"The part “{label[:20]}…” of the domain has {on_the_wire} octets, at most {MAX_LABEL} are allowed."
        yield SyntaxProblem(Kind.TOO_LONG, sentence)
    wrong = next((c for c in label if not _in_label(c)), None)
    if wrong is not None:
        yield SyntaxProblem(
            Kind.BAD_DOMAIN, f"A domain has no {_named(wrong)}: only letters, digits, hyphens and dots."
        )
    elif label.startswith("-") or label.endswith("-"):
        yield SyntaxProblem(Kind.BAD_DOMAIN, "No part of a domain starts or ends with a hyphen.")
    elif not label.isascii() and unicodedata.normalize("NFC", label).lower() != label:
        sentence = f"“{label}” is not a valid internationalized label: write it in lower case."
        yield SyntaxProblem(Kind.BAD_DOMAIN, sentence)


def _hello_problems(name: str, helo: bool, utf8: bool) -> Iterator[SyntaxProblem]:
    verb = "HELO" if helo else "EHLO"
    if not name:
        yield SyntaxProblem(Kind.MISSING, f"{verb} needs the name of your machine.")
    elif any(c.isspace() for c in name):
        yield SyntaxProblem(Kind.BAD_DOMAIN, f"{verb} takes one name, without spaces.")
    elif name.startswith("["):
        if helo:
            yield SyntaxProblem(Kind.LITERAL_IN_HELO, "HELO takes a domain name: only EHLO takes an address literal.")
        wrong = literal_problem(name)
        if wrong is not None:
            yield wrong
    else:
        yield from _domain_problems(name, utf8)
        if "." not in name:
            sentence = f"“{name}” is not a fully-qualified domain name: it has only one part."
            yield SyntaxProblem(Kind.NOT_FQDN, sentence)


def _first(
    problems: Collection[SyntaxProblem] | Iterator[SyntaxProblem], forgive: Collection[Kind]
) -> SyntaxProblem | None:
    return next((problem for problem in problems if problem.kind not in forgive), None)


def _without_quoted(text: str) -> str:
    """The text with an x for each character inside double quotes; an unclosed quote is left as it is."""
    return _QUOTED_OR_OPEN.sub(lambda found: "x" * len(found[0]) if found[1] else found[0], text)


def _octets(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _path_too_long(path: str) -> SyntaxProblem:
    sentence = f"The path has {_octets(path) + 2} octets with its brackets, at most {MAX_PATH} are allowed."
    return SyntaxProblem(Kind.TOO_LONG, sentence)


def _not_ascii(text: str, utf8: bool) -> SyntaxProblem | None:
    if text.isascii():
        return None
    if any("\ud800" <= c <= "\udfff" for c in text):
        return SyntaxProblem(Kind.NOT_ASCII, "These octets are not valid UTF-8.")
    if utf8:
        return None
    first = next(c for c in text if not c.isascii())
    return SyntaxProblem(Kind.NOT_ASCII, f"{_named(first)} is not ASCII: such addresses need SMTPUTF8 with MAIL.")


def _ascii_stand_in(text: str) -> str:
    """The text with a letter for each character beyond ASCII (RFC 6531 3.3 adds them to ``atext``)."""
    return text if text.isascii() else "".join(c if c.isascii() else "x" for c in text)


def _utf16_safe(label: str) -> str:
    return "".join("?" if "\ud800" <= c <= "\udfff" else c for c in label)


def _in_label(char: str) -> bool:
    if char.isascii():
        return char.isalnum() or char in "-_"  # the underscore has a problem of its own
    return unicodedata.category(char)[0] in "LMN" or "\ud800" <= char <= "\udfff"


def _named(char: str) -> str:
    if char == " ":
        return "a space"
    return f"“{char}”" if char.isprintable() else f"the control character U+{ord(char):04X}"


def _is_ipv4(text: str) -> bool:
    match = _IPV4.fullmatch(text)
    return match is not None and all(int(number) <= 255 for number in match.groups())


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    if "%" in text:
        return False  # a zone has no meaning for the other side
    groups = sum(2 if "." in group else 1 for group in text.split(":") if group)
    return "::" not in text or groups <= 6  # RFC 5321 4.1.3: "::" stands for two groups at least
