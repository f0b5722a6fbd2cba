"""Text for a cell's result, with an HTML twin."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Shown:
    """What a cell shows: plain text, and the same as HTML."""

    text: str
    html: str = field(repr=False)

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}
