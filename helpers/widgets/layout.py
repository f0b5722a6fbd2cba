"""How the parts of a widget stand beside each other. Colours and letters are those of ``views.STYLE``."""

from __future__ import annotations

from functools import cache

import ipywidgets as widgets

from helpers.views import STYLE
from helpers.widgets import controls


@cache
def _rules() -> str:
    from importlib.resources import files

    return (files("helpers.widgets") / "layout.css").read_text("utf-8")


def foundation() -> widgets.Box:
    """What stands in every widget and has no place of its own: its stylesheet, and what the keyboard needs."""
    under = widgets.Box([widgets.HTML(f"<style>{STYLE}\n{_rules()}</style>"), controls.keyboard()])
    under.layout.display = "none"
    return under
