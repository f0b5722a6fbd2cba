"""The shapes of the reference facts: what one command, reply, code, extension or mechanism says.

The facts themselves are data files in ``helpers/reference/data``; :mod:`helpers.reference.loader` reads
them into these types and refuses an entry that does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Group = Literal["session", "authentication", "message"]
Status = Literal["core", "extension", "obsolete", "continuation"]

#: The places in a session, in the order in which a session meets them. ``protocol.state`` reads a
#: session's place from the wire; a command's ``permitted_in`` names the places where it may be sent.
PHASES = (
    "connected",  # the greeting 220 has come, no EHLO yet
    "greeted",  # EHLO or HELO was accepted, no transaction open
    "sender named",  # MAIL accepted
    "recipients named",  # at least one RCPT accepted
    "message body",  # 354 came, the message is being sent
    "auth exchange",  # 334 came, the server waits for an AUTH response
    "ended",  # 221, 421 or a closed connection
)

#: What a command may need beside its place (see ``protocol.permission``).
CONDITIONS = (
    "announced",  # its keyword must be in the EHLO reply of this session
    "ehlo",  # the session must have been opened with EHLO, not HELO
    "no-tls",  # TLS must not be active
    "not-authenticated",  # no successful AUTH yet
    "not-chunking",  # no BDAT in this transaction (DATA and BDAT don't mix)
    "not-binarymime",  # BODY=BINARYMIME needs BDAT
)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument or parameter of a command, as a form field and as text on the wire."""

    name: str  #: "reverse-path", or a parameter keyword such as "SIZE"
    label: str  #: for the form: "Reverse path"
    grammar: str  #: a key of ``protocol.grammar.GRAMMARS``
    example: str  #: a value that the grammar accepts and that works in the lab
    template: str  #: how the value stands in the line: "<{}>", " SIZE={}"; "{}" marks the value
    required: bool = False
    extension: str | None = None  #: EHLO keyword that must have been announced for this parameter
    choices: tuple[str, ...] = ()  #: a closed set of values; empty when any value fits the grammar
    multiline: bool = False  #: the value is a text of several lines (a message)
    encoding: Literal["", "base64"] = ""  #: how the value is written in the line: a form can encode a text for it
    default: str = ""  #: what a form starts with
    help: str = ""  #: one sentence
    rfc: str = ""


@dataclass(frozen=True, slots=True)
class ReplyMeaning:
    """What a reply code means as the answer to one command."""

    code: int
    meaning: str  #: one sentence
    cure: str = ""  #: what to do next; empty for success
    enhanced: str | None = None  #: the enhanced code that usually goes with it
    rfc: str = ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line that people really write, why it is wrong and how it is right."""

    wrong: str
    why: str
    right: str
    reply: int | None = None  #: the code that a strict server answers


@dataclass(frozen=True, slots=True)
class Command:
    """The facts behind one SMTP command (or one continuation of a command)."""

    verb: str  #: "MAIL"; the key
    wire: str  #: how the line starts: "MAIL FROM:"; empty for a continuation
    label: str  #: on a button: "MAIL FROM"
    title: str  #: "open a mail transaction"
    group: Group
    status: Status
    summary: str  #: one or two sentences
    syntax: str  #: ABNF as in the RFC
    rfc: str  #: "RFC 5321 4.1.1.2"
    effect: str  #: what it does to the session's state
    permitted_in: tuple[str, ...]  #: of PHASES
    not_permitted: str  #: why not elsewhere and what to do first, one sentence
    conditions: tuple[str, ...] = ()  #: of CONDITIONS
    keyword: str | None = None  #: the EHLO keyword that announces it
    arguments: tuple[Argument, ...] = ()
    replies: tuple[ReplyMeaning, ...] = ()
    limits: tuple[str, ...] = ()  #: sentences with units
    timeout_seconds: int | None = None  #: the client's minimum wait for the reply (RFC 5321 4.5.3.2)
    mistakes: tuple[Mistake, ...] = ()
    in_course: bool = False  #: one of the twelve commands that have a lesson


@dataclass(frozen=True, slots=True)
class ReplyCode:
    """A three-digit reply code."""

    code: int
    title: str  #: two to five words: "mailbox unavailable"
    meaning: str
    rfc: str  #: empty when no RFC defines it
    commands: tuple[str, ...]  #: verbs it answers; "CONNECT" and "END-OF-DATA" for the two events; () = any
    retry: str  #: "no", "yes", "after action"
    causes: tuple[str, ...] = ()
    note: str = ""
    standard: bool = True


@dataclass(frozen=True, slots=True)
class EnhancedCode:
    """An enhanced status code without its class digit: X.1.1 (RFC 3463)."""

    code: str  #: "X.1.1"
    meaning: str
    rfc: str
    classes: tuple[int, ...]  #: which of 2, 4, 5 make sense
    basic_codes: tuple[int, ...] = ()  #: as the IANA registry pairs them
    note: str = ""
    title: str = ""  #: two to five words: "mailbox full"


@dataclass(frozen=True, slots=True)
class Digit:
    """What one digit of a reply code, or one number of an enhanced code, says at its place."""

    place: str  #: "5yz", "x5z" (RFC 5321 4.2.1), "5.X.X", "X.1.X" (RFC 3463 2)
    title: str
    meaning: str
    rfc: str
    sender: str = ""  #: what a server does that gets this reply when it sends a message on


@dataclass(frozen=True, slots=True)
class Extension:
    """An ESMTP extension, by its EHLO keyword."""

    keyword: str
    title: str
    meaning: str  #: what the keyword tells the client
    rfc: str
    status: str  #: "Internet Standard", "Proposed Standard", "vendor", "obsolete"
    parameter: str = ""  #: what the words after the keyword say
    verbs: tuple[str, ...] = ()
    mail_parameters: tuple[str, ...] = ()
    rcpt_parameters: tuple[str, ...] = ()
    mail_line_growth: int = 0  #: octets by which the MAIL line may grow
    rcpt_line_growth: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Vector:
    """A published example of an authentication exchange."""

    source: str
    user: str
    password: str
    messages: tuple[str, ...]  #: what goes over the wire, in order


@dataclass(frozen=True, slots=True)
class MessageField:
    """A part of a SASL message that has a name."""

    name: str  #: "user"
    note: str = ""  #: one sentence, where the name alone does not say it


@dataclass(frozen=True, slots=True)
class SaslMessage:
    """One message of a mechanism before base64, or a form that people send by mistake."""

    title: str  #: "PLAIN: your name and your password"
    sender: Literal["C", "S"]
    pattern: str  #: a regular expression over the octets, with a group for each field
    rfc: str
    fields: tuple[MessageField, ...]
    telling: bool = True  #: False: other mechanisms send texts of this form as well
    problem: str = ""  #: what is wrong with a message of this form; empty where nothing is


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A SASL mechanism as SMTP AUTH uses it."""

    name: str
    title: str
    meaning: str
    rfc: str
    status: str
    client_first: bool
    needs_tls: str  #: "yes", "recommended", "no"
    message_format: str
    vectors: tuple[Vector, ...] = ()
    mistakes: tuple[str, ...] = ()
    messages: tuple[SaslMessage, ...] = ()  #: those of each side in the order in which it sends them
    messages_of: str = ""  #: the mechanism whose messages have the same form
    by_hand: str = ""  #: the shell line that makes a message of NAME and PASSWORD, where one line can


@dataclass(frozen=True, slots=True)
class Term:
    """A glossary entry."""

    term: str
    meaning: str
    rfc: str = ""
    see: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Port:
    """A TCP port on which SMTP is spoken."""

    port: int
    name: str  #: as IANA registers it; empty when it does not
    title: str
    meaning: str
    tls: Literal["starttls", "implicit"]
    rfc: str  #: empty when no RFC names it
    by_hand: str  #: the line that opens a session from a terminal; HOST stands for the server's name
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """Lines that bring a reply about in the course's lab; the last of them gets the reply."""

    name: str
    lines: tuple[str, ...]
    code: int
    enhanced: str = ""  #: "5.1.1"; empty when the reply carries none
    profile: str = "open"  #: of the lab
    keywords: tuple[str, ...] = ()  #: extensions and mechanisms that the exchange shows
