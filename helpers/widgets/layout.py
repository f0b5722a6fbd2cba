"""How the parts of a widget stand beside each other. Colours and letters are those of ``views.STYLE``."""

from __future__ import annotations

from functools import cache

import ipywidgets as widgets

from helpers.views import STYLE


@cache
def _rules() -> str:
    from importlib.resources import files

    return (files("helpers.widgets") / "layout.css").read_text("utf-8")


def style_sheet() -> widgets.HTML:
    """The stylesheet as a widget without a place of its own."""
    sheet = widgets.HTML(f"<style>{STYLE}\n{_rules()}</style>")
    sheet.layout.display = "none"
    return sheet
