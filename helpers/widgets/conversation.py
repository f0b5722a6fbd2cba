"""The conversation in pieces, so that an explanation that was opened stays open while the session goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import ipywidgets as widgets

from helpers import views
from helpers.views.markup import count
from helpers.wire.transcript import Exchange, Transcript

#: Pieces drawn at most: each is a widget, and a page with very many is slow.
MOST_DRAWN = 60


class Conversation(widgets.VBox):  # type: ignore[misc]
    """Shows the newest exchanges of a transcript, a widget for each."""

    def __init__(self) -> None:
        super().__init__()
        self.add_class("smtp-conversation")
        self._left_out = widgets.HTML()
        self._pieces: dict[int, widgets.HTML] = {}
        self._shown: tuple[Transcript, bool] | None = None

    def show(self, transcript: Transcript, secrets: bool = False) -> None:
        """Draw what is new; a piece that is there already and still the same is left alone."""
        if self._shown is not None and self._shown[0] is transcript and self._shown[1] is secrets:
            return
        self._shown = (transcript, secrets)
        pieces = list(_pieces(transcript))
        first = max(0, len(pieces) - MOST_DRAWN)
        drawn = {}
        for place, piece in enumerate(pieces[first:], first):
            drawn[place] = self._pieces.get(place) or widgets.HTML()
            # an equal value is no change: nothing is sent to the page, what is open there stays open
            drawn[place].value = views.conversation_html(piece, secrets=secrets)
        self._pieces = drawn
        self._left_out.value = (
            f'<p class="soft">… {count(first, "earlier exchange")} not drawn here: '
            "<code>lab.transcript()</code> has them all.</p>"
        )
        self.children = (*([self._left_out] if first else []), *drawn.values())


def _pieces(transcript: Transcript) -> Iterator[Transcript]:
    """The transcript cut after every reply; commands that were sent together stay together."""
    for connection in transcript.connections:
        before = [note for note in connection.notes if note[0] == 0]
        for _, together in groupby(connection.exchanges, key=_group):
            exchanges = tuple(together)
            numbers = {exchange.number for exchange in exchanges}
            notes = (*before, *(note for note in connection.notes if note[0] in numbers))
            before = []
            yield Transcript([replace(connection, exchanges=exchanges, notes=tuple(notes))])
        if before:
            yield Transcript([replace(connection, exchanges=(), notes=tuple(before))])


def _group(exchange: Exchange) -> int:
    return exchange.group
