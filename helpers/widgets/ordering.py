"""Put the lines of a conversation in order, send them, and see what the server makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import RLock
from typing import TYPE_CHECKING

import ipywidgets as widgets

from helpers.exercises import check
from helpers.session import ConnectionClosed, NothingToWaitFor
from helpers.views import conversation_html, verdict_html
from helpers.views.markup import count, escaped
from helpers.views.style import card
from helpers.widgets.contact import Contact
from helpers.widgets.layout import foundation
from helpers.widgets.stored import Stored
from helpers.widgets.trouble import alert, told
from helpers.wire.transcript import Transcript

if TYPE_CHECKING:
    from helpers.lab import Lab


def order(lab: Lab, lines: Iterable[str], exercise: str | None = None) -> LinesInOrder:
    """Lines to put in order and send to ``lab`` over a fresh connection.

    With ``exercise`` the verdict on it is shown after each try. In code:
    ``order(lab, lines).run(["EHLO laptop.example", "QUIT"])``.
    """
    return LinesInOrder(lab, list(lines), exercise)


class LinesInOrder(Stored):
    """A list of lines with buttons that move the chosen one, and a button that sends them all."""

    def __init__(self, lab: Lab, lines: Sequence[str], exercise: str | None) -> None:
        self._contact = Contact(lab)
        self._exercise = exercise
        self._given = tuple(lines)
        self._order = list(range(len(lines)))  # the lines by their first place, so that equal lines can be told apart
        self._lock = RLock()
        self.choice = widgets.Select(description="Lines:", rows=max(2, len(lines)))
        self.choice.style.description_width = "4em"
        self.choice.layout.width = "auto"
        self.choice.layout.margin = "10px 14px 0"
        self.up = widgets.Button(description="↑ Up", tooltip="Move the chosen line up")
        self.down = widgets.Button(description="↓ Down", tooltip="Move the chosen line down")
        self.to_top = widgets.Button(description="To top", tooltip="Make the chosen line the first")
        self.to_bottom = widgets.Button(description="To bottom", tooltip="Make the chosen line the last")
        self.send = widgets.Button(description="Send", tooltip="Send all lines over a new connection")
        self.up.on_click(lambda _: self.move(-1))
        self.down.on_click(lambda _: self.move(1))
        self.to_top.on_click(lambda _: self.move_to(0))
        self.to_bottom.on_click(lambda _: self.move_to(len(self._order) - 1))
        self.send.on_click(lambda _: self._clicked())
        self.result = widgets.HTML()
        buttons = widgets.HBox([self.up, self.down, self.to_top, self.to_bottom, self.send])
        buttons.add_class("smtp-buttons")
        buttons.layout.margin = "8px 14px"
        super().__init__([foundation(), self.choice, buttons, self.result])
        for name in ("smtp", "smtp-bench", "smtp-order"):
            self.add_class(name)
        self._list(0 if lines else None)

    @property
    def lines(self) -> list[str]:
        """The lines in their order now."""
        return [self._given[place] for place in self._order]

    def move(self, by: int) -> None:
        """Move the chosen line up (-1) or down (1); at the end of the list it stays where it is."""
        with self._lock:
            if self.choice.index is not None:
                self.move_to(self.choice.index + by)

    def move_to(self, place: int) -> None:
        """Move the chosen line to this place, counted from 0; where the list has no such place it stays."""
        with self._lock:
            now = self.choice.index
            if now is None or not 0 <= place < len(self._order):
                return
            self._order.insert(place, self._order.pop(now))
            self._list(place)

    def run(self, lines: Iterable[str] | None = None) -> Transcript:
        """Send lines (None: these, in their order now) over a new connection; returns what was said.

        Lines that come after the end of the connection are not sent. A line of a message gets no reply; the
        line with only a dot does.

        Raises:
            LabGone: the lab no longer runs.
            SessionError: the server does not greet, or waits for something else, such as the end of a message.
            ValueError: a line holds CR or LF.
        """
        with self._lock:
            asked = list(self.lines if lines is None else lines)
            self._contact.connect()
            session = self._contact.session
            assert session is not None
            unsent = 0
            try:
                for number, line in enumerate(asked, 1):
                    try:
                        session.send(line)
                    except NothingToWaitFor:
                        if number == len(asked):
                            raise
                    except ConnectionClosed:
                        unsent = len(asked) - number + 1
                        break
            finally:
                session.close()
                self._show(unsent)
            return self._contact.transcript

    def _clicked(self) -> None:
        with told(self._trouble):
            self.run()

    def _trouble(self, sentence: str) -> None:
        self.result.value += alert(sentence)

    def _show(self, unsent: int) -> None:
        parts = [f'<div class="body">{conversation_html(self._contact.transcript)}</div>']
        if unsent:
            were = "was" if unsent == 1 else "were"
            said = f"{count(unsent, 'line')} {were} not sent: the server had closed the connection before."
            parts.append(f'<div class="body"><p class="later">⚠ {said}</p></div>')
        if self._exercise is not None:
            parts.append(f'<div role="status">{verdict_html(check(self._exercise))}</div>')
        self.result.value = "".join(parts)

    def _list(self, chosen: int | None) -> None:
        self.choice.options = [(f"{n}. {_label(self._given[at])}", at) for n, at in enumerate(self._order, 1)]
        self.choice.index = chosen

    def _plain(self) -> str:
        lines = "\n".join(f"  {n}. {_label(line)}" for n, line in enumerate(self._given, 1))
        return (
            f"Lines to put in order:\n{lines}\n"
            "Move them with the buttons, or send them in code: order(lab, lines).run([…]) with the lines in your order."
        )

    def _fallback(self) -> str:
        items = "".join(
            f'<li class="C"><div class="row"><code>{escaped(_label(line))}</code></div></li>' for line in self._given
        )
        return card(
            '<div class="body"><p class="say">Lines to put in order</p>'
            f"<ul>{items}</ul><p class='soft'>Run this notebook to move them and to send them to the server.</p></div>",
            "Lines to put in order",
        )


def _label(line: str) -> str:
    """How a line is told from the others: an empty one has no text to choose it by."""
    return line or "(empty line)"
