"""Widgets: they call the session, the lab and the exercises, and show views. Nothing is decided here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.widgets.casefile import case as case
    from helpers.widgets.console import Console as Console
    from helpers.widgets.coursemap import course_map as course_map
    from helpers.widgets.decoder import Decoder as Decoder
    from helpers.widgets.diagnosing import DiagnosisBox as DiagnosisBox
    from helpers.widgets.gallery import Gallery as Gallery
    from helpers.widgets.lookup import Lookup as Lookup
    from helpers.widgets.ordering import order as order
    from helpers.widgets.picker import CommandPicker as CommandPicker
    from helpers.widgets.questions import predict as predict
    from helpers.widgets.questions import quiz as quiz

_HOMES = {
    "CommandPicker": "helpers.widgets.picker",
    "Console": "helpers.widgets.console",
    "Decoder": "helpers.widgets.decoder",
    "Lookup": "helpers.widgets.lookup",
    "DiagnosisBox": "helpers.widgets.diagnosing",
    "case": "helpers.widgets.casefile",
    "Gallery": "helpers.widgets.gallery",
    "course_map": "helpers.widgets.coursemap",
    "order": "helpers.widgets.ordering",
    "predict": "helpers.widgets.questions",
    "quiz": "helpers.widgets.questions",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'helpers.widgets' has no attribute {name!r}")
    return getattr(import_module(home), name)
