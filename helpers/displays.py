"""The rich display of the data types: registered here, made by the views when first needed."""

from __future__ import annotations

from helpers.protocol import display


def install() -> None:
    """Let transcripts, replies, stored messages, verdicts and states show themselves as HTML."""
    display.register(_to_html)


def _to_html(shown: object) -> str | None:
    from helpers.views import to_html

    return to_html(shown)
