"""Text of a peer on its way into HTML: nothing in it may become markup or move other text about.

Everything that came over the wire, and everything made from it, passes through :func:`escaped`.
"""

from __future__ import annotations

import html
import re

_CODE = re.compile(r"`([^`]+)`")


def visible(text: str) -> str:
    """``text`` with every character that prints nothing as ``\\xNN`` or ``\\uNNNN`` (a tab stays).

    That takes in control characters, NUL, bidi controls, zero-width characters and lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else _named(ord(c)) for c in text)


def _named(point: int) -> str:
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def escaped(text: str) -> str:
    """``text`` for HTML, as content or as the value of an attribute."""
    return html.escape(visible(text), quote=True)


def prose(text: str) -> str:
    """A paragraph's HTML: ``text`` escaped, `backticks` as code, line feeds as line breaks."""
    return "<br>".join(_CODE.sub(r"<code>\1</code>", escaped(line)) for line in text.split("\n"))


def clipped(text: str, limit: int = 1000) -> str:
    """``text`` with its end replaced by a count when it is longer than ``limit`` characters."""
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text) - limit} characters more)"


def count(number: int, noun: str) -> str:
    """ "1 line", "2 lines"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
