"""The contract of the lab, on both transports: what every test here starts from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from helpers.lab import Lab

TRANSPORTS = ["sockets", "memory"]
Start = Callable[..., Lab]


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    """Every test that uses this, or a lab, runs on sockets and in memory."""
    return str(request.param)


@pytest.fixture
def start(transport: str) -> Iterator[Start]:
    """Start labs: ``start("mx", name=…)``; policy fields as keywords: ``start("open", max_size=100)``."""
    labs: list[Lab] = []

    def make(profile: str = "open", *, name: str | None = None, domain: str = "lab.example", **policy: Any) -> Lab:
        lab = Lab(profile, name=name, domain=domain, transport=transport)
        if policy:
            lab.policy = replace(lab.policy, **policy)
        labs.append(lab)
        return lab

    yield make
    for lab in labs:
        lab.stop()


@pytest.fixture
def lab(start: Start) -> Lab:
    """A lab of the profile "open"."""
    return start("open")
