"""How data gets its rich display without knowing any view.

Data types call :func:`bundle` from ``_repr_mimebundle_``; the package's front door registers the
functions that turn such an object into HTML and text. Without a registration there is only the type's own text.
"""

from __future__ import annotations

from collections.abc import Callable

_View = Callable[[object], str | None]


def _no_view(shown: object) -> str | None:
    return None


_to_html: _View = _no_view
_to_text: _View = _no_view


def register(to_html: _View, to_text: _View = _no_view) -> None:
    """Let these make the HTML and the text of every displayed object (None: the type's own text is enough)."""
    global _to_html, _to_text
    _to_html, _to_text = to_html, to_text


def bundle(shown: object, text: str) -> dict[str, str]:
    """The MIME bundle of an object: its plain text and, where a view is registered, its HTML.

    ``text`` is the type's own, for objects of which no view makes a better one.
    """
    html = _to_html(shown)
    text = _to_text(shown) or text
    return {"text/plain": text} if html is None else {"text/plain": text, "text/html": html}
