"""What all tests share: nothing of the learner's is touched, and where nothing is missing nothing may skip.

This conftest is loaded for ``notebooks/`` too, since both folders are named on the same command line.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest

PROGRESS = "SPEAK_SMTP_PROGRESS_DIR"
DESKTOP_ONLY = "desktop-only"

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips",
        action="store_true",
        default=os.environ.get("SPEAK_SMTP_NO_SKIPS") == "1",
        help="a skipped test fails, and cells that need a terminal tool are compared (also SPEAK_SMTP_NO_SKIPS=1)",
    )


def pytest_configure(config: pytest.Config) -> None:
    # Every process, xdist's workers included, gets an empty progress folder that its kernels inherit.
    folder = TemporaryDirectory(prefix="speak-smtp-progress-")
    config.add_cleanup(folder.cleanup)
    os.environ[PROGRESS] = folder.name


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the notebook cells that need a terminal tool, unless this machine must have them all."""
    if config.getoption("--no-skips"):
        return
    left_out = [item for item in items if DESKTOP_ONLY in _cell_tags(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _cell_tags(item: pytest.Item) -> list[str]:
    cell = getattr(item, "cell", None)  # nbval's items carry theirs
    return list(cell.metadata.get("tags", [])) if cell is not None else []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _refuse_skip(item.config, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _refuse_skip(collector.config, (yield))


def _refuse_skip(config: pytest.Config, report: Report) -> Report:
    if report.skipped and not hasattr(report, "wasxfail") and config.getoption("--no-skips"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}\nskipped where nothing may skip: {reason}"
    return report


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return Path(__file__).resolve().parent.parent
