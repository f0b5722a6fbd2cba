"""Controls that need a few lines in the browser, because ipywidgets has no arrow keys and lags behind typing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets


def _script(name: str) -> str:
    return (files("helpers.widgets") / name).read_text("utf-8")


class Entry(anywidget.AnyWidget):
    """The console's place to type: a line with a history on the arrow keys, or a message of several lines."""

    _esm = _script("entry.js")

    history = traitlets.List(traitlets.Unicode()).tag(sync=True)  #: lines sent before, the oldest first
    multiline = traitlets.Bool(False).tag(sync=True)

    def __init__(self, on_submit: Callable[[str], None]) -> None:
        super().__init__()
        self.add_class("smtp-entry")
        self.on_msg(lambda _, content, __: on_submit(content["value"]) if content.get("event") == "submit" else None)


class Keyboard(anywidget.AnyWidget):
    """Nothing to see: in the widget that it stands in, lists keep their arrow keys and no control loses the focus."""

    _esm = _script("keyboard.js")


class SendButton(anywidget.AnyWidget):
    """A button that sends a form, with what its text fields hold at that moment; so does Enter in one of them."""

    _esm = _script("send.js")

    description = traitlets.Unicode("Send").tag(sync=True)
    fields: traitlets.List[widgets.ValueWidget] = traitlets.List().tag(sync=True, **widgets.widget_serialization)

    def __init__(self, on_send: Callable[[], None]) -> None:
        super().__init__()
        self._known: dict[str, widgets.ValueWidget] = {}
        self.click = on_send
        self.on_msg(lambda _, content, __: self._pressed(content))

    def read(self, fields: Iterable[widgets.ValueWidget]) -> None:
        """Bring these fields along from now on."""
        self.fields = list(fields)
        self._known |= {field.model_id: field for field in self.fields}

    def _pressed(self, content: Mapping[str, Any]) -> None:
        if content.get("event") != "click":
            return
        # the page may have been a form behind when the button was pressed: its fields are known by their models
        for identifier, value in content.get("values", {}).items():
            # as a message of the field itself, so that nothing is sent back into what is being typed
            self._known[identifier].set_state({"value": value})
        self.click()
