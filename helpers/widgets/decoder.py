"""The decoder: paste any reply, read what each digit of it says."""

from __future__ import annotations

import ipywidgets as widgets

from helpers.views import card
from helpers.views.decoded import decoded_html
from helpers.views.markup import escaped
from helpers.widgets.layout import foundation
from helpers.widgets.stored import Stored
from helpers.wire.decoded import Decoded, decode


class Decoder(Stored):
    """A place to paste replies, and what they say. In code: ``decode("550 5.1.1 No such user")``.

    Args:
        text: what stands there at first.
    """

    def __init__(self, text: str = "550 5.1.1 <erin@lab.example>: no such user here") -> None:
        self._first = text
        self.entry = widgets.Textarea(description="Reply to decode (any text; several lines are fine)", rows=3)
        self.result = widgets.HTML()
        field = widgets.VBox([self.entry]).add_class("smtp-field").add_class("smtp-wide")
        super().__init__([foundation(), widgets.VBox([field]).add_class("smtp-command"), self.result])
        self.add_class("smtp")
        self.add_class("smtp-bench")
        self.entry.observe(lambda change: self._show(change["new"]), "value")
        self.entry.value = text

    def decode(self, text: str) -> Decoded:
        """Put a text there, as pasting it does, and return what it says."""
        self.entry.value = text
        return decode(text)

    def _show(self, text: str) -> None:
        self.result.value = f'<div role="status">{decoded_html(decode(text))}</div>'

    def _plain(self) -> str:
        return f"Decoder for replies. In code: decode({self._first!r})\n\n{decode(self._first)}"

    def _fallback(self) -> str:
        how = (
            "<p>Run this cell to use it: paste a reply, read what it says. The same in code:</p>"
            f'<pre class="box">{escaped(f"decode({self._first!r})")}</pre>'
        )
        head = f'<div class="body"><p class="say">Decoder for replies</p>{how}</div>'
        return card(head + decoded_html(decode(self._first)), "Decoder for replies")
