"""What every test here must leave behind: nothing on stderr, no leak, no hang, and a lab that still works."""

from __future__ import annotations

import gc
import logging
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from helpers.lab import Lab
from helpers.lab.memory import MemoryTransport
from helpers.wire.events import EventKind
from tests.unit.examples import FACTOR

HERE = Path(__file__).parent
MOST_SECONDS = 60 * FACTOR  #: of one test; a wait that is not bounded ends here
Start = Callable[..., Lab]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error::ResourceWarning"))


@pytest.fixture(scope="module", autouse=True)
def _only_our_garbage() -> Iterator[None]:
    """Collecting is quick, and finds only what the tests of this module left."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _quiet_and_bounded(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], _only_our_garbage: None
) -> Iterator[None]:
    """Fail for a hang, and for whatever a learner would read without having asked for it.

    asyncio tells the logger "asyncio" of an exception that nobody took, and of a task destroyed half-way.
    """

    def hangs(number: int, frame: FrameType | None) -> None:
        pytest.fail(f"the test hangs: more than {MOST_SECONDS} seconds")  # no Exception: nobody takes it for his own

    guarded = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if guarded:
        before = signal.signal(signal.SIGALRM, hangs)
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS, MOST_SECONDS)
    try:
        with caplog.at_level(logging.WARNING):
            yield
            gc.collect()
        assert [record.getMessage() for record in caplog.records] == []
        assert capfd.readouterr().err == ""
    finally:
        if guarded:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


@pytest.fixture(params=["sockets", "memory"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def start(transport: str, _quiet_and_bounded: None) -> Iterator[Start]:
    """Start labs: ``start("mx")``; policy fields as keywords: ``start("open", timeout=1)``."""
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
        if isinstance(lab._transport, MemoryTransport):
            assert lab._transport._loop.errors == []  # this loop logs nothing
        notes = [event.data for event in lab.log.events if event.kind is EventKind.NOTE]
        assert not [note for note in notes if b"made a mistake" in note]


@pytest.fixture
def lab(start: Start) -> Lab:
    return start("open")
