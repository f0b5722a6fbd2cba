"""Reads the lab's own data files, each once."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """The content of ``helpers/lab/data/<name>.toml``."""
    import tomllib  # only the first lab needs this, not the import of the course
    from pkgutil import get_data  # importlib.resources brings zipfile and tempfile along: half a lab's start

    octets = get_data("helpers.lab", f"data/{name}.toml")
    assert octets is not None  # None: a package without a loader, which has no data files
    return tomllib.loads(octets.decode())
