"""Live labs for the tests of exercises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.exercises import cases
from helpers.exercises.progress import FOLDER_VARIABLE
from tests.unit.exercises.live import stop_all


@pytest.fixture(params=["sockets", "memory"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Every lab of the test uses this transport, progress goes to an empty folder, and no case is concluded."""
    monkeypatch.setenv("SPEAK_SMTP_TRANSPORT", request.param)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(cases, "_concluded", {})
    stop_all()
    yield request.param
    stop_all()
