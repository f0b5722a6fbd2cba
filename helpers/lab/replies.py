"""The server's reply texts, from ``data/replies.toml``."""

from __future__ import annotations

import re
from functools import cache

from helpers.lab.data_files import load

_SPECIAL = re.compile(r"(\d{3}) (?:([245]\.\d{1,3}\.\d{1,3}) )?(.*)", re.DOTALL)


@cache
def _template(key: str) -> tuple[str, str, str]:
    code, enhanced, text = load("replies")[key].split(" ", 2)
    return code, enhanced, text


class Wording:
    """Makes replies as one server says them: with or without enhanced codes (RFC 2034)."""

    def __init__(self, hostname: str, enhanced: bool) -> None:
        self._hostname = hostname
        self._enhanced = enhanced

    def __call__(self, key: str, /, **values: object) -> str:
        """The reply of this key, one line, without CR LF."""
        code, enhanced, text = _template(key)
        if "{" in text:
            text = _one_line(text.format(hostname=self._hostname, **values))
        return f"{code} {text}" if enhanced == "-" or not self._enhanced else f"{code} {enhanced} {text}"

    def lines(self, key: str, rows: list[dict[str, str]]) -> str:
        """A multi-line reply: one line of this key for each row (RFC 5321 4.2.1)."""
        return joined([self(key, **row) for row in rows])

    def given(self, reply: str) -> str:
        """A reply that somebody else worded (a fault, a special recipient), fitted to this server."""
        if self._enhanced:
            return reply
        match = _SPECIAL.fullmatch(reply)
        return f"{match[1]} {match[3]}" if match else reply


def joined(replies: list[str]) -> str:
    """Single-line replies with one code, joined to one multi-line reply."""
    return "\r\n".join([f"{line[:3]}-{line[4:]}" for line in replies[:-1]] + replies[-1:])


def _one_line(text: str) -> str:
    # what a client sent comes back in some replies: it must not be able to add a line to them
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
