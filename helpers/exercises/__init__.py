"""Exercises, questions and progress. A lesson's own are one module, ``lessonNN.py``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from helpers.exercises.front import check, hint, solution

if TYPE_CHECKING:
    from helpers.exercises import progress as progress

__all__ = ["check", "hint", "progress", "solution"]


def __getattr__(name: str) -> Any:
    if name == "progress":  # a module, so that nobody has it before somebody has imported it
        return import_module("helpers.exercises.progress")
    raise AttributeError(f"module 'helpers.exercises' has no attribute {name!r}")
