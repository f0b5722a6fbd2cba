"""How data gets its rich display without knowing any view.

Data types call :func:`bundle` from ``_repr_mimebundle_``; the package's front door registers the one
function that turns such an object into HTML. Without a registration there is only the plain text.
"""

from __future__ import annotations

from collections.abc import Callable

_to_html: Callable[[object], str | None] | None = None


def register(to_html: Callable[[object], str | None]) -> None:
    """Let ``to_html(object)`` make the HTML of every displayed object (None: plain text only)."""
    global _to_html
    _to_html = to_html


def bundle(shown: object, text: str) -> dict[str, str]:
    """The MIME bundle of an object: its plain text and, where a view is registered, its HTML."""
    html = _to_html(shown) if _to_html is not None else None
    return {"text/plain": text} if html is None else {"text/plain": text, "text/html": html}
