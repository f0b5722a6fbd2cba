"""A lab on each transport, and a front end that records what a page would have been told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any

import comm
import ipywidgets as widgets
import pytest
from comm.base_comm import BaseComm

from helpers import Lab

Made = Callable[..., Lab]


@pytest.fixture(params=["sockets", "memory"])
def make_lab(request: pytest.FixtureRequest) -> Iterator[Made]:
    """A function that makes a lab on this transport; all are stopped at the end."""
    labs: list[Lab] = []

    def made(profile: str = "open", name: str | None = None) -> Lab:
        labs.append(Lab(profile, name=name, transport=request.param))
        return labs[-1]

    yield made
    for lab in labs:
        lab.stop()


@pytest.fixture
def lab(make_lab: Made) -> Lab:
    return make_lab()


class Page:
    """What a browser knows of the widgets: every message that the kernel sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []  #: (identifier of the widget, state that changed)

    def updates(self, widget: widgets.Widget) -> list[dict[str, Any]]:
        return [state for identifier, state in self.sent if identifier == widget.comm.comm_id]

    @staticmethod
    def says(widget: widgets.Widget, content: dict[str, Any]) -> None:
        """Send what the page sends when something happens in this widget."""
        data = {"comm_id": widget.comm.comm_id, "data": {"method": "custom", "content": content}}
        widget.comm.handle_msg({"content": data, "buffers": []})

    @staticmethod
    def sets(widget: widgets.Widget, **state: Any) -> None:
        """Send what the page sends when somebody types or chooses."""
        data = {"method": "update", "state": state, "buffer_paths": []}
        widget.comm.handle_msg({"content": {"comm_id": widget.comm.comm_id, "data": data}, "buffers": []})

    def clicks(self, button: widgets.Button) -> None:
        self.says(button, {"event": "click"})


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    recorded = Page()

    class Recorder(BaseComm):
        def publish_msg(
            self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
        ) -> None:
            if data and data.get("method") == "update":
                recorded.sent.append((self.comm_id, data["state"]))

    monkeypatch.setattr(comm, "create_comm", lambda *arguments, **keys: Recorder(*arguments, **keys))
    return recorded


def parts(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """A widget and everything in it that is shown."""
    if widget.layout.display == "none":
        return
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


def reading(widget: widgets.Widget) -> str:
    """The text that somebody reads in a widget: what is hidden and the stylesheet left out."""
    found = []
    for part in parts(widget):
        if isinstance(part, (widgets.HTML, widgets.Label)):
            found.append(text_of(part.value))
        elif isinstance(part, widgets.Button):
            found.append(f"[{part.description}]")
    return "\n".join(found)


def text_of(html: str) -> str:
    """The text of some HTML."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.text: list[str] = []
            self.in_style = False

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.in_style = tag == "style"
            if tag in ("p", "li", "div", "tr", "br", "summary"):
                self.text.append("\n")

        def handle_endtag(self, tag: str) -> None:
            self.in_style = False

        def handle_data(self, data: str) -> None:
            if not self.in_style:
                self.text.append(data)

    reader = Reader()
    reader.feed(html)
    return re.sub(r"[ \t]*\n\s*", "\n", unescape("".join(reader.text))).strip()


def tags_of(html: str) -> set[str]:
    """The names of all elements in some HTML."""
    return set(re.findall(r"<([a-zA-Z][\w-]*)", html))
