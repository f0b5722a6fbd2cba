"""Reads the lab's own data files, each once."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """The content of ``helpers/lab/data/<name>.toml``."""
    import tomllib  # only the first lab needs these two, not the import of the course
    from importlib.resources import files

    text = files("helpers.lab").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
