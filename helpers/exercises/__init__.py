"""Exercises, questions and progress. A lesson's own are one module, ``lessonNN.py``."""

from __future__ import annotations

from helpers.exercises.front import check, hint, solution

__all__ = ["check", "hint", "solution"]
