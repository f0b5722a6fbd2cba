"""Speak SMTP: what a lesson imports.

Everything is loaded when it is first used, so that ``from helpers import Lab`` costs only what a lab needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from helpers import displays

if TYPE_CHECKING:
    from helpers import reference as reference
    from helpers.diagnosis import diagnose as diagnose
    from helpers.displays import compare as compare
    from helpers.displays import flow as flow
    from helpers.displays import lookup as lookup
    from helpers.displays import sequence as sequence
    from helpers.displays import show_bytes as show_bytes
    from helpers.displays import take_apart as take_apart
    from helpers.environment import check_environment as check_environment
    from helpers.exercises import check as check
    from helpers.exercises import hint as hint
    from helpers.exercises import progress as progress
    from helpers.exercises import solution as solution
    from helpers.exercises.by_hand import by_hand as by_hand
    from helpers.exercises.failures import failure as failure
    from helpers.exercises.room import room as room
    from helpers.lab import Lab as Lab
    from helpers.mailing import probe_server as probe_server
    from helpers.mailing import send_email as send_email
    from helpers.widgets import CommandPicker as CommandPicker
    from helpers.widgets import Console as Console
    from helpers.widgets import Decoder as Decoder
    from helpers.widgets import DiagnosisBox as DiagnosisBox
    from helpers.widgets import Gallery as Gallery
    from helpers.widgets import Lookup as Lookup
    from helpers.widgets import case as case
    from helpers.widgets import course_map as course_map
    from helpers.widgets import order as order
    from helpers.widgets import predict as predict
    from helpers.widgets import quiz as quiz
    from helpers.wire.decoded import decode as decode
    from helpers.wire.transcript import Transcript as Transcript

_HOMES = {
    "Lab": "helpers.lab",
    "Transcript": "helpers.wire.transcript",
    "CommandPicker": "helpers.widgets",
    "Console": "helpers.widgets",
    "Decoder": "helpers.widgets",
    "Gallery": "helpers.widgets",
    "Lookup": "helpers.widgets",
    "by_hand": "helpers.exercises.by_hand",
    "DiagnosisBox": "helpers.widgets",
    "case": "helpers.widgets",
    "compare": "helpers.displays",
    "course_map": "helpers.widgets",
    "order": "helpers.widgets",
    "predict": "helpers.widgets",
    "quiz": "helpers.widgets",
    "check": "helpers.exercises",
    "check_environment": "helpers.environment",
    "decode": "helpers.wire.decoded",
    "diagnose": "helpers.diagnosis",
    "failure": "helpers.exercises.failures",
    "flow": "helpers.displays",
    "hint": "helpers.exercises",
    "lookup": "helpers.displays",
    "probe_server": "helpers.mailing",
    "progress": "helpers.exercises",
    "room": "helpers.exercises.room",
    "send_email": "helpers.mailing",
    "sequence": "helpers.displays",
    "show_bytes": "helpers.displays",
    "solution": "helpers.exercises",
    "take_apart": "helpers.displays",
}

displays.install()


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, "reference"])
