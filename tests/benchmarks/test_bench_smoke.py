"""The benchmarks run, on sizes too small to say anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.benchmarks import kernels, report, room, suite
from tests.benchmarks.kernels import in_a_process
from tests.benchmarks.report import Row, Sizes, measure, table
from tests.benchmarks.rounds import Rounds, interleaved
from tests.benchmarks.stock import StockServer
from tests.benchmarks.talk import Line
from tools import notebook as nb

TINY = Sizes(
    round_trips=3,
    round_trip_rounds=1,
    clients=((1, 1), (2, 1)),
    session_rounds=1,
    message=100_000,
    message_rounds=1,
    import_rounds=1,
    starts=1,
    kernels=1,
    exchanges=(20, 40),
    reading_rounds=1,
)


@pytest.fixture(autouse=True)
def no_collecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collecting all that pytest holds, before each measure, is what would take longest here."""
    monkeypatch.setattr("tests.benchmarks.rounds.gc.collect", lambda: 0)


def test_everything_is_measured_and_becomes_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (kernels.STOCK, kernels.OURS):  # starting Python is all that takes time here
        monkeypatch.setitem(kernels.IMPORTS, name, "import json")
        monkeypatch.setitem(kernels.MEMORY, name, "")
    monkeypatch.setattr(report, "IN_A_KERNEL", "")
    rows = list(measure(TINY, run=in_a_process))
    text = table(rows, "3.11.0", pinned=True)
    assert text.count("\n| ") == len(rows) + 1
    assert all(row.what in text for row in rows)
    goals = ["1.25", "0.6", "0.9", "0.95", "1.3", "10 ms", "15 MiB"]
    assert [goal for goal in goals if goal not in text] == []


def test_the_suite_is_timed_against_empty_notebooks() -> None:
    """Two kernels: one for the shortest notebook, one for an empty one."""
    shortest = min(nb.paths(), key=lambda path: path.stat().st_size)
    taken = suite.suites(1, [shortest]).taken
    assert set(taken) == {suite.COURSE, suite.EMPTY}
    assert all(seconds > 0 for (seconds,) in taken.values())


def test_kernels_at_once_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two empty ones, and two with a lab."""
    for name, little in (("PAUSE", 0.01), ("IDLE", 0.1), ("CELLS", 2)):
        monkeypatch.setattr(room, name, little)
    rows = list(report.measure_room(Sizes(room=2, room_trips=3)))
    assert [row.met for row in rows] == [None] * 6
    memory = next(row for row in rows if "memory" in row.what)
    ours, empty = (float(re.findall(r"[\d.]+", text)[0]) for text in (memory.measured, memory.details))
    assert 10 < empty < ours < 300  # MiB


@pytest.mark.browser
def test_the_browser_is_measured(tmp_path: Path) -> None:
    from tests.benchmarks import browser

    with browser.front(tmp_path) as opened:
        clicks = browser.clicks(opened, 1)
    assert all(0 < seconds < 20 for (seconds,) in clicks.taken.values())


def test_a_goal_is_met_or_not() -> None:
    assert Row("a", "at most 1", "0.5", True, "").verdict == "✓ met"
    assert Row("a", "at most 1", "1.5", False, "").verdict == "✕ not met"


def test_ratios_are_of_the_rounds_and_a_slow_spell_drops_out() -> None:
    rounds = Rounds({"a": [1.0, 30.0, 1.2], "b": [2.0, 20.0, 2.0]})
    assert rounds.ratio("a", "b") == 0.6
    assert rounds.median("a") == 1.2


def test_contestants_take_turns() -> None:
    order: list[str] = []

    def of(name: str) -> float:
        order.append(name)
        return 1.0

    interleaved({"a": lambda: of("a"), "b": lambda: of("b")}, 3)
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_the_stock_server_is_stock() -> None:
    """Its greeting and its answers are aiosmtpd's own."""
    with StockServer() as stock:
        line = Line(stock)
        assert line.ask(b"NOOP\r\n") == b"250 OK\r\n"
        assert b"PIPELINING" not in line.ask(b"EHLO x\r\n")
        line.socket.close()
