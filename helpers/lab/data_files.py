"""Reads the lab's own data files, each once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """The content of ``helpers/lab/data/<name>.toml``."""
    text = files("helpers.lab").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
