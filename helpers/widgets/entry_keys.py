"""The console's place to type, with the keys of a terminal. ipywidgets has no arrow keys, so it is an anywidget."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import anywidget
import traitlets


class KeyEntry(anywidget.AnyWidget):
    """One line with a history on the arrow keys, or a message of several lines."""

    _esm = (files("helpers.widgets") / "entry.js").read_text("utf-8")

    history = traitlets.List(traitlets.Unicode()).tag(sync=True)  #: lines sent before, the oldest first
    multiline = traitlets.Bool(False).tag(sync=True)

    def __init__(self, on_submit: Callable[[str], None]) -> None:
        super().__init__()
        self.add_class("smtp-entry")
        self.on_msg(lambda _, content, __: on_submit(content["value"]) if content.get("event") == "submit" else None)
