"""What a notebook keeps of a widget: never the widget, which would be dead, but what it says."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets


class Stored(widgets.VBox):  # type: ignore[misc]
    """A widget with a plain text and an HTML for readers without a kernel, both the same on every run."""

    def _plain(self) -> str:
        raise NotImplementedError

    def _fallback(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        return self._plain()

    def _repr_mimebundle_(self, **arguments: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**arguments)
        return bundle | {"text/plain": self._plain(), "text/html": self._fallback()}
