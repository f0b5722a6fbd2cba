"""Octets of a peer as text that is safe to print."""

from __future__ import annotations


def decode(octets: bytes) -> str:
    """Text of wire octets: UTF-8, and any octet that is none of it as ``\\xNN``."""
    return octets.decode("utf-8", "backslashreplace")


def visible(text: str) -> str:
    """``text`` with every character that prints nothing as ``\\xNN`` or ``\\uNNNN`` (a tab stays).

    That takes in control characters, NUL, bidi controls, zero-width characters and lone surrogates: what is
    printed can neither move the cursor nor other text about.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else _named(ord(c)) for c in text)


def _named(point: int) -> str:
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
