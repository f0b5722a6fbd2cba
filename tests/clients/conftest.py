"""A lab on sockets, and programs to talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.lab import Lab
from tests.clients.programs import Tools


@pytest.fixture
def start() -> Iterator[Callable[[str], Lab]]:
    """Starts a lab of a profile; it is stopped after the test."""
    labs: list[Lab] = []

    def make(profile: str) -> Lab:
        lab = Lab(profile, transport="sockets")
        labs.append(lab)
        return lab

    yield make
    for lab in labs:
        lab.stop()


@pytest.fixture
def lab(start: Callable[[str], Lab]) -> Lab:
    """The teaching default."""
    return start("open")


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path)
