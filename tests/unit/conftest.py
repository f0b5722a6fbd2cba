"""What unit tests do counts nowhere else."""

from __future__ import annotations

import pytest

import tests.unit.examples  # noqa: F401  # hypothesis tries the same examples on every run

PROGRESS = "SPEAK_SMTP_PROGRESS_DIR"


@pytest.fixture(scope="session")
def _scratch_progress(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("progress"))


@pytest.fixture(autouse=True)
def _progress_of_their_own(_scratch_progress: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that succeeds in a unit test must not show as progress in a notebook that this process runs later."""
    monkeypatch.setenv(PROGRESS, _scratch_progress)
