"""A row of buttons of which one is chosen, for commands and for views.

Plain buttons rather than ``ToggleButtons``: each can carry its own mark and tooltip, a label can change
without a change of the choice, and the keyboard reaches every one with Tab.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import ipywidgets as widgets

#: In front of the label of the chosen button, so that it is not told by its colour alone.
CHOSEN = "▸"
#: In front of a command that the server would refuse now.
NOT_NOW = "◌"


class Option(widgets.Button):  # type: ignore[misc]
    """One button of a row."""

    def __init__(self, key: str, label: str, on_choose: Callable[[str], None]) -> None:
        super().__init__(description=label)
        self.key = key
        self.label = label
        self.add_class("smtp-option")
        self.on_click(lambda _: on_choose(key))

    def show(self, *, chosen: bool, not_now: bool = False, tooltip: str = "") -> None:
        """Write the marks into the label; their meaning in words into the tooltip."""
        marks = [mark for mark, there in ((CHOSEN, chosen), (NOT_NOW, not_now)) if there]
        self.description = " ".join([*marks, self.label])
        self.tooltip = tooltip or None
        for name, there in (("smtp-chosen", chosen), ("smtp-not-now", not_now)):
            if there:
                self.add_class(name)
            else:
                self.remove_class(name)


class Choice(widgets.HBox):  # type: ignore[misc]
    """A row of options under one caption."""

    def __init__(self, caption: str, options: Iterable[tuple[str, str]], on_choose: Callable[[str], None]) -> None:
        self.options = {key: Option(key, label, on_choose) for key, label in options}
        name = widgets.Label(caption).add_class("smtp-caption")
        super().__init__([name, *self.options.values()])
        self.add_class("smtp-row")

    def choose(self, key: str) -> None:
        """Mark ``key`` as the chosen one."""
        for option in self.options.values():
            option.show(chosen=option.key == key)
