"""The server's reply texts, from ``data/replies.toml``."""

from __future__ import annotations

import re
from functools import cache

from helpers.lab.data_files import load

TEXT_LIMIT = 512 - len("250-5.1.10 \r\n")  # octets that are left of a reply line (RFC 5321 4.5.3.1.5)
_QUOTES = str.maketrans({"“": '"', "”": '"', "’": "'", "…": "..."})
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
            text = text.format(hostname=self._hostname, **values)
            if not text.isprintable() or not text.isascii() or len(text) > TEXT_LIMIT:
                text = _presentable(text, utf8="path" in values)
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


def _presentable(text: str, utf8: bool) -> str:
    """What a client sent comes back in some replies: it must not add a line, nor anything but ASCII."""
    text = text.translate(_QUOTES)
    shown = "".join(c if c.isprintable() and (utf8 or c.isascii()) else _escaped(c) for c in text)
    octets = shown.encode()
    if len(octets) <= TEXT_LIMIT:
        return shown
    return octets[: TEXT_LIMIT - 3].decode("utf-8", "ignore") + "..."


def _escaped(char: str) -> str:
    return "".join(f"\\x{octet:02x}" for octet in char.encode("utf-8", "surrogateescape"))
