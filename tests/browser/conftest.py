"""The fixtures of the tests in the browser; what they are made of stands in pages.py."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser

from tests.browser import pages
from tests.browser.pages import JupyterLab, OpenNotebook

OpenFunction = Callable[..., OpenNotebook]


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """A JupyterLab server with folders of its own."""
    with pages.serving(tmp_path_factory.mktemp("jupyterlab")) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with pages.chromium() as running:
        yield running


@pytest.fixture
def open_notebook(jupyterlab: JupyterLab, browser: Browser, tmp_path: Path) -> Iterator[OpenFunction]:
    """A function that opens a notebook: a path, or the sources of its code cells."""
    with ExitStack() as stack:
        numbers = iter(range(100))

        def opened(notebook: Path | list[str], **look: bool | int) -> OpenNotebook:
            name = f"{tmp_path.name}-{next(numbers)}"
            return stack.enter_context(pages.opened(jupyterlab, browser, notebook, name, **look))

        yield opened


@pytest.fixture
def shots(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: the folder named in SCREENSHOTS, else one that pytest keeps for a while."""
    named = os.environ.get("SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.getbasetemp() / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
