"""Text of a peer on its way into HTML: nothing in it may become markup or move other text about.

Everything that came over the wire, and everything made from it, passes through :func:`escaped`.
"""

from __future__ import annotations

import html
import re

from helpers.protocol.text import visible as visible

_CODE = re.compile(r"`([^`]+)`")
_SECTION = re.compile(r"RFC (\d+)(?: ([A-Z]?[\d.]*\d|[A-Z](?:\.\d+)*))?")


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


def rfc_link(source: str) -> str:
    """A link to the first RFC that ``source`` names ("RFC 5321 4.1.1.2"), the text as it stands."""
    match = _SECTION.search(source)
    if match is None:
        return escaped(source)
    number, section = match.groups()
    kind = "appendix" if section and section[0].isalpha() else "section"
    target = f"https://www.rfc-editor.org/rfc/rfc{number}" + (f"#{kind}-{section}" if section else "")
    return f'<a href="{target}" target="_blank" rel="noopener">{escaped(source)}</a>'
