"""What a learner sees when a session fails in a cell: the sentence, not our frames."""

from __future__ import annotations

from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from helpers.session import ConnectionClosed, NothingToWaitFor, SessionError, TLSFailed


@pytest.mark.parametrize("kind", [SessionError, ConnectionClosed, NothingToWaitFor, TLSFailed])
def test_a_cell_shows_the_sentence_alone(
    kind: type[SessionError], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    shell.user_ns["fail"] = lambda: (_ for _ in ()).throw(kind("This connection has ended. Open a new one."))
    shell.run_cell("fail()")
    assert capsys.readouterr().out.strip() == f"{kind.__name__}: This connection has ended. Open a new one."
