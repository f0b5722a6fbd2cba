"""The same two controls as in :mod:`helpers.widgets.live`, where anywidget is not installed.

A text field tells its value when it is left, so that the button that is pressed then finds all of it; for the
same reason Enter does not send here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import ipywidgets as widgets
import traitlets


class SendButton(widgets.Button):  # type: ignore[misc]
    """A button that sends a form."""

    def __init__(self, on_send: Callable[[], None]) -> None:
        super().__init__()
        self.add_class("smtp-send")
        self.on_click(lambda _: on_send())

    def read(self, fields: Iterable[widgets.ValueWidget]) -> None:
        """Let these fields tell their value when they are left."""
        for field in fields:
            field.continuous_update = False


class Entry(widgets.VBox):  # type: ignore[misc]
    """The console's place to type: a line with a history on two buttons, or a message of several lines."""

    history = traitlets.List(traitlets.Unicode())  #: lines sent before, the oldest first
    multiline = traitlets.Bool(False)

    def __init__(self, on_submit: Callable[[str], None]) -> None:
        self._on_submit = on_submit
        self._place: int | None = None  # where in the history we are; None: at the line being typed
        self._typed = ""
        self.line = widgets.Text(description="Line to send", continuous_update=False)
        self.message = widgets.Textarea(description="Message to send", rows=8, continuous_update=False)
        self.button = widgets.Button().add_class("smtp-send")
        self.previous = widgets.Button(description="↑ Previous line")
        self.next = widgets.Button(description="↓ Next line")
        self._walk_buttons = widgets.HBox([self.previous, self.next])
        super().__init__([self.line, self.message, widgets.HBox([self.button, self._walk_buttons])])
        self.add_class("smtp-entry")
        self.button.on_click(lambda _: self._submit())
        self.previous.on_click(lambda _: self._walk(-1))
        self.next.on_click(lambda _: self._walk(1))
        self.observe(lambda _: self._arrange(), "multiline")
        self._arrange()

    def _arrange(self) -> None:
        self.line.layout.display = "none" if self.multiline else None
        self._walk_buttons.layout.display = "none" if self.multiline else None
        self.message.layout.display = None if self.multiline else "none"
        self.button.description = "Send message" if self.multiline else "Send line"

    def _submit(self) -> None:
        source = self.message if self.multiline else self.line
        text, source.value = source.value, ""
        self._place = None
        self._on_submit(text)

    def _walk(self, step: int) -> None:
        here = len(self.history) if self._place is None else self._place
        there = min(max(here + step, 0), len(self.history))
        if there == here:
            return
        if self._place is None:
            self._typed = self.line.value
        self._place = there if there < len(self.history) else None
        self.line.value = self._typed if self._place is None else self.history[there]
