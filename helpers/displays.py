"""How data shows itself in a notebook: registered here, made by the views when first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.protocol import display

if TYPE_CHECKING:
    from helpers.exercises.shown import Shown
    from helpers.wire.transcript import Exchange, Transcript


def install() -> None:
    """Let transcripts, replies, stored messages, verdicts and states show themselves as HTML."""
    display.register(_to_html, _to_text)


def show_bytes(said: Transcript | Exchange, *, secrets: bool = False) -> Shown:
    """The octets of a conversation, or of one exchange of it: line ends, stuffed dots and 8-bit octets visible.

    ``show_bytes(lab.transcript()[-1])`` shows what was said last. Credentials are masked unless
    ``secrets`` are asked for.
    """
    from helpers.exercises.shown import Shown
    from helpers.views import bytes_html, bytes_text, card
    from helpers.wire.transcript import Connection, Exchange, Transcript

    if isinstance(said, Exchange):
        said = Transcript([Connection(said.connection, (said,), said.after)])
    html = f'<div class="body">{bytes_html(said, secrets)}</div>'
    return Shown(bytes_text(said, secrets), card(html, "Octets"))


def _to_html(shown: object) -> str | None:
    from helpers.views import to_html

    return to_html(shown)


def _to_text(shown: object) -> str | None:
    from helpers.views import to_text

    return to_text(shown)
