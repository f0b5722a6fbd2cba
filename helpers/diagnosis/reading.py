"""Reads what people paste: a reply, several lines of it, a bounce, an exception's text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from helpers.diagnosis.cleaning import clean, core
from helpers.protocol.reply import Reply

READ: Final = 8000  #: characters of a pasted text that are read; a reply has 512 octets a line (RFC 5321 4.5.3.1.5)

PHASES: Final = ("connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "end-of-data", "any")
_ALIASES: Final = {
    "helo": "EHLO",
    "lhlo": "EHLO",
    "greeting": "connect",
    "tls": "STARTTLS",
    "login": "AUTH",
    "mail from": "MAIL",
    "rcpt to": "RCPT",
    "eod": "end-of-data",
    "bdat": "end-of-data",
    "end of data": "end-of-data",
    "message": "end-of-data",
}

_CODE: Final = re.compile(
    r"(?<![\w./@$%:=\[-])(?<!port )(?<!ports )(?<!line )([2-5]\d\d)"
    r"(?=[ -]|,? ?b?['\"]|[)\]:;,\\#]|$)(?! ?(?:s|ms|secs?|seconds?|minutes?|octets|bytes|[KM]i?B|days|recipients)\b)",
    re.MULTILINE,
)
_ENHANCED: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)")
_TUPLE: Final = re.compile(r"\(\s*([2-5]\d\d),\s*b?['\"]")

_ADDED: Final = re.compile(
    r"\(in reply to [^)]{0,60}\)|; from=<[^>]{0,260}>(?: to=<[^>]{0,260}>)?(?: proto=\w{1,8})?(?: helo=<[^>]{0,260}>)?"
    r"|\bSMTP error from remote mail server after [^:]{0,300}:"
)

#: Where a bounce or an exception says when it happened. The first that is found counts.
_SAID_AT: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), phase)
    for pattern, phase in (
        (
            r"(?:in reply to|after|response to) (?:the |pipelined |sending )*(?:end of data|end-of-data|data content)",
            "end-of-data",
        ),
        (r"(?:in reply to|after|response to) (?:pipelined )?RCPT", "RCPT"),
        (r"(?:in reply to|after|response to) (?:pipelined )?MAIL", "MAIL"),
        (r"(?:in reply to|after|response to) (?:pipelined )?DATA", "DATA"),
        (r"(?:in reply to|after|response to) (?:EHLO|HELO|LHLO)", "EHLO"),
        (r"(?:in reply to|after|response to) (?:STARTTLS)", "STARTTLS"),
        (r"(?:in reply to|after|response to) (?:AUTH)", "AUTH"),
        (r"reject: CONNECT from|command: ['\"]CONN['\"]|refused to talk to me", "connect"),
        (r"reject: (?:EHLO|HELO) from|(?:EHLO|HELO) command failed", "EHLO"),
        (r"reject: MAIL from|MAIL FROM command failed|rejected MAIL|command: ['\"]MAIL", "MAIL"),
        (r"reject: RCPT from|RCPT TO command failed|rejected RCPT|command: ['\"]RCPT|while sending RCPT", "RCPT"),
        (r"reject: END-OF-MESSAGE from|DATA END command failed|rejected after DATA|command: ['\"]DATA", "end-of-data"),
        (r"reject: DATA from|DATA command failed", "DATA"),
        (r"(?:AUTH|Username|Password) command failed|command: ['\"]AUTH|\bEAUTH\b", "AUTH"),
        (r"STARTTLS command failed|command: ['\"]STARTTLS", "STARTTLS"),
        (r"after initial connection|SMTPConnectError|initial server greeting", "connect"),
        (r"SMTPRecipientsRefused|SMTPRecipientRefused", "RCPT"),
        (r"SMTPSenderRefused", "MAIL"),
        (r"SMTPDataError", "end-of-data"),
        (r"SMTPHeloError", "EHLO"),
        (r"SMTPAuthenticationError|SMTP AUTH extension|No suitable authentication method", "AUTH"),
        (r"WRONG_VERSION_NUMBER|wrong version number", "connect"),  # TLS with the first octet, and no STARTTLS
        (r"STARTTLS extension not supported|CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerif", "STARTTLS"),
        (r"ConnectionRefusedError|Connection refused|getaddrinfo|Name or service not known", "connect"),
    )
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as it was read. ``text`` has no codes in it; ``whole`` is everything that was pasted."""

    code: int | None
    enhanced: str | None
    text: str
    whole: str
    phase: str | None

    @property
    def ok(self) -> bool:
        """2xx and 3xx: no refusal (RFC 5321 4.2.1)."""
        return self.code is not None and self.code < 400


def canonical_phase(phase: str | None) -> str | None:
    """The phase as :data:`PHASES` writes it.

    Raises:
        ValueError: there is no such phase; the message lists them.
    """
    if phase is None:
        return None
    wanted = phase.strip().lower()
    for name in PHASES:
        if name.lower() == wanted:
            return name
    if wanted in _ALIASES:
        return _ALIASES[wanted]
    raise ValueError(f"no phase {phase!r}; there are: {', '.join(PHASES)}")


def read_reply(reply: Reply, phase: str | None) -> Refusal:
    """A reply that came over the wire."""
    whole = str(reply)[:READ]
    enhanced = reply.enhanced or _enhanced(reply.text[:READ], reply.code)
    return Refusal(reply.code, enhanced, _bare(reply.text[:READ], reply.code), whole, phase)


def read_text(pasted: str, phase: str | None = None) -> Refusal:
    """A pasted text: its reply, wherever in it that stands."""
    text = clean(pasted)
    whole = core(text, READ)
    found = _find_code(whole)
    if found is None and whole not in text[:READ]:
        whole = text[:READ]
        found = _find_code(whole)
    code, start = (int(found[1]), found.start(1)) if found else (None, 0)
    said = whole[start:]
    return Refusal(
        code, _enhanced(said, code), _bare(said, code), whole, phase or _phase(whole, code) or _phase(text, code)
    )


def _find_code(text: str) -> re.Match[str] | None:
    """The code of the refusal: one that refuses before one that does not, since a paste may hold a whole session."""
    for pattern in (_TUPLE, _CODE):
        first: re.Match[str] | None = None
        for match in pattern.finditer(text):
            if match[1][0] in "45":
                return match
            at_start = not text[: match.start(1)].rpartition("\n")[2].strip(" (>*<-S:")
            first = first or (match if at_start or pattern is _TUPLE else None)
        if first:
            return first
    return None


def _enhanced(text: str, code: int | None) -> str | None:
    codes: list[str] = _ENHANCED.findall(text)
    fitting = [found for found in codes if code is None or int(found[0]) == code // 100]
    return next(iter(fitting or codes), None)


def _phase(text: str, code: int | None) -> str | None:
    for pattern, phase in _SAID_AT:
        if pattern.search(text):
            return phase
    return "AUTH" if code in (432, 534, 535, 538) else None


def _bare(text: str, code: int | None) -> str:
    """The words: no line ends, no code at the start of every line, and not what a bounce adds."""
    text = _ADDED.sub(" ", text)
    if code is not None:
        text = re.sub(rf"(?:^|(?<=\s)){code}[- ]?(?=\D|$)", " ", text)
    text = re.sub(r"(?:^|(?<=\s))#?[245]\.\d{1,3}\.\d{1,3}(?=\s|$)", " ", text)
    return " ".join(text.split())
