"""The goals, what was measured against them, and the table of both."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks import kernels, reading, talk
from tests.benchmarks.kernels import IN_A_KERNEL, Runner, in_a_kernel
from tests.benchmarks.rounds import Rounds
from tests.benchmarks.talk import MEMORY, SOCKETS, STOCK

BARE = "× a bare button of ipywidgets"


@dataclass(frozen=True)
class Sizes:
    """How much is measured. The defaults are those of RESULTS.md."""

    round_trips: int = 500
    round_trip_rounds: int = 21
    clients: tuple[tuple[int, int], ...] = ((1, 40), (10, 5), (50, 2))  #: (clients at once, sessions of each)
    session_rounds: int = 15
    message: int = 10 * 2**20  #: octets
    message_rounds: int = 9
    import_rounds: int = 15
    starts: int = 20
    kernels: int = 5
    exchanges: tuple[int, int] = (1_000, 10_000)
    reading_rounds: int = 9
    clicks: int = 25
    openings: int = 5
    suite_rounds: int = 2
    room: int = 30  #: kernels at once
    room_trips: int = 200


@dataclass(frozen=True)
class Row:
    """One line of the table. ``met`` is None where a figure has no goal."""

    what: str
    goal: str
    measured: str
    met: bool | None
    details: str

    def __str__(self) -> str:
        return f"{self.what}: {self.measured} (goal {self.goal or 'none'}): {self.verdict}  [{self.details}]"

    @property
    def verdict(self) -> str:
        return {True: "✓ met", False: "✕ not met", None: "–"}[self.met]


def _at_most(what: str, limit: float, value: float, unit: str, details: str) -> Row:
    return Row(what, f"at most {limit:g} {unit}", f"{value:.2f} {unit}", value <= limit, details)


def _at_least(what: str, limit: float, value: float, unit: str, details: str) -> Row:
    return Row(what, f"at least {limit:g} {unit}", f"{value:.2f} {unit}", value >= limit, details)


def _both(rounds: Rounds, ours: str, theirs: str, factor: float, unit: str) -> str:
    return f"{rounds.median(ours) * factor:.0f} against {rounds.median(theirs) * factor:.0f} {unit}"


def measure(sizes: Sizes, run: Runner = in_a_kernel) -> Iterator[Row]:
    """All rows of the table, each as soon as it has been measured."""
    yield from _talk(sizes)
    yield from _kernels(sizes, run)
    yield from _reading(sizes)


def measure_front(sizes: Sizes) -> Iterator[Row]:
    """What needs Chromium and all cores: the rows of the browser and of the notebook suite."""
    from tests.benchmarks import browser, suite

    with TemporaryDirectory() as folder, browser.front(Path(folder)) as opened:
        clicks = browser.clicks(opened, sizes.clicks)
        both = _both(clicks, browser.PICKER, browser.BUTTON, 1e3, "ms")
        yield _at_most("From click to painted reply", 3, clicks.ratio(browser.PICKER, browser.BUTTON), BARE, both)
        taken = clicks.median(browser.PICKER) * 1e3
        yield _at_most("The same, felt as immediate", 100, taken, "ms", f"median of {sizes.clicks} clicks")
        openings = browser.openings(opened, sizes.openings)
        what = f"Opening the longest lesson ({browser.longest().stem}), kernel ready"
        both = _both(openings, browser.LESSON, browser.EMPTY, 1e3, "ms")
        yield _at_most(what, 2, openings.ratio(browser.LESSON, browser.EMPTY), f"× {browser.EMPTY}", both)
    taken_by = suite.suites(sizes.suite_rounds)
    both = _both(taken_by, suite.COURSE, suite.EMPTY, 1, "s")
    yield _at_most("nbval on all notebooks", 3, taken_by.ratio(suite.COURSE, suite.EMPTY), f"× {suite.EMPTY}", both)


def measure_room(sizes: Sizes) -> Iterator[Row]:
    """Many kernels at once, each with a lab, a picker and a session, against as many empty ones. No goals: for hubs."""
    from tests.benchmarks import room

    empty = room.measured(sizes.room, room.EMPTY_CELL)
    full = room.measured(sizes.room, room.LAB_CELL, sizes.room_trips)
    at_once = f"{sizes.room} kernels at once"

    def row(what: str, ours: list[float], theirs: list[float], factor: float, unit: str) -> Row:
        of_ours, of_theirs = ([median(one) * factor, room.p95(one) * factor] for one in (ours, theirs))
        measured = f"median {of_ours[0]:.3g} {unit}, p95 {of_ours[1]:.3g} {unit}"
        return Row(f"{at_once}: {what}", "", measured, None, f"empty {of_theirs[0]:.3g}, {of_theirs[1]:.3g} {unit}")

    yield row("memory of each", full.memory, empty.memory, 1, "MiB")
    yield row("first cell has run", full.started, empty.started, 1, "s")
    yield row("processor time of each until then", full.working, empty.working, 1, "s")
    yield row("a short cell", full.cells, empty.cells, 1e3, "ms")
    trips = f"median {median(full.trips) * 1e3:.3g} ms, p95 {room.p95(full.trips) * 1e3:.3g} ms"
    yield Row(f"{at_once}: NOOP and its reply, by session.send", "", trips, None, "all of them without a pause")
    idle, theirs = (f"{one.idle * 1e3 / sizes.room:.2g} ms a second" for one in (full, empty))
    yield Row(f"{at_once}: processor time when idle, each", "", idle, None, f"empty {theirs}")


def _talk(sizes: Sizes) -> Iterator[Row]:
    times = "× stock"
    trips = talk.round_trip(sizes.round_trips, sizes.round_trip_rounds)
    for name, limit in ((SOCKETS, 1.25), (MEMORY, 0.6)):
        details = _both(trips, name, STOCK, 1e6, "µs")
        yield _at_most(f"NOOP round trip, {name}", limit, trips.ratio(name, STOCK), times, details)
    for clients, each in sizes.clients:
        rates = talk.sessions(clients, each, sizes.session_rounds)
        what = f"Sessions a second, {clients} client{'s' * (clients > 1)}"
        yield _at_least(what, 0.9, rates.ratio(SOCKETS, STOCK), times, _both(rates, SOCKETS, STOCK, 1, "a second"))
    speeds = talk.long_message(sizes.message, sizes.message_rounds)
    what = f"DATA of {sizes.message / 2**20:g} MiB"
    yield _at_least(what, 0.95, speeds.ratio(SOCKETS, STOCK), times, _both(speeds, SOCKETS, STOCK, 1, "MiB/s"))


def _kernels(sizes: Sizes, run: Runner) -> Iterator[Row]:
    theirs = "× aiosmtpd and ipywidgets"
    fresh = kernels.imports(sizes.import_rounds)
    yield _at_most(
        "Importing the course, fresh process",
        1.3,
        fresh.ratio(kernels.OURS, kernels.STOCK),
        theirs,
        _both(fresh, kernels.OURS, kernels.STOCK, 1e3, "ms"),
    )
    inside = kernels.imports(sizes.import_rounds, IN_A_KERNEL)
    yield Row(
        "Importing the course, beside a kernel's own modules",
        "",
        f"{inside.ratio(kernels.OURS, kernels.STOCK):.2f} {theirs}",
        None,
        _both(inside, kernels.OURS, kernels.STOCK, 1e3, "ms"),
    )
    starts = kernels.lab_starts(sizes.starts, sizes.kernels, run)
    details = f"quickest {min(starts.first) * 1e3:.1f} ms, processor time {median(starts.working) * 1e3:.1f} ms"
    yield _at_most("First lab of a kernel", 10, median(starts.first) * 1e3, "ms", details)
    for what, seconds in (("Its cell run again", starts.again), ("One more lab beside it", starts.more)):
        yield _at_most(what, 10, median(seconds) * 1e3, "ms", f"median of {len(seconds)}")
    resident = kernels.memory(sizes.kernels, run)
    extra = resident.median(kernels.OURS) - resident.median(kernels.STOCK)
    yield _at_most(
        "Memory of a kernel beyond ipywidgets", 15, extra, "MiB", _both(resident, kernels.OURS, kernels.STOCK, 1, "MiB")
    )


def _reading(sizes: Sizes) -> Iterator[Row]:
    small, large = sizes.exchanges
    growth = reading.growth(sizes.exchanges, sizes.reading_rounds)
    for step in reading.STEPS:
        name = "parsed" if step == "parse" else f"shown as {step}"
        total = growth.median(f"{step} {large}") * large
        yield _at_most(
            f"Transcript {name}: cost of an exchange",
            1.3,
            growth.ratio(f"{step} {large}", f"{step} {small}"),
            f"from {small:,} to {large:,} exchanges",
            f"{total * 1e3:.0f} ms for {large:,}",
        )


def table(rows: Iterable[Row], python: str, pinned: bool) -> str:
    """RESULTS.md."""
    where = f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores, Python {python}"
    pin = "all on one core" if pinned else "not pinned to one core"
    lines = [
        "# What it costs",
        "",
        "Written by `make bench`. Each ratio is the median over the interleaved rounds of one run against stock",
        "aiosmtpd 1.4.6 on a loop of its own in a thread, with a handler that stores and nothing else; the lab records",
        "every octet and has all its features on. The figures in the last column are this machine's alone.",
        "",
        f"Machine: {where}; {pin}.",
        "",
        "| What | Goal | Measured | | Medians |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {r.what} | {r.goal or '–'} | {r.measured} | {r.verdict} | {r.details} |" for r in rows]
    return "\n".join([*lines, "", NOTES])


NOTES = """\
How it is measured:

- Round trip: one connection, `NOOP` and its reply, on a plain socket; in memory through the pipe that a session uses.
- Sessions: smtplib connects, says EHLO, sends a short letter and quits, in as many threads as there are clients.
- Import: `from helpers import Lab, Transcript, CommandPicker, Console, check, reference` against
  `import aiosmtpd.smtp, ipywidgets`, processor time in fresh processes. Both import IPython, which a kernel has loaded
  already: beside a kernel's own modules less is left to compare with, so that the same milliseconds of ours weigh more.
  That row has no goal; what the course adds to a notebook is the difference in the last column.
  Left until they are needed, and so in neither row: views, the reference's loader and data (first picker), exercises
  (first check), smtplib, and the mechanisms of AUTH.
- First lab: thread, event loop and data files included, on the clock: on a busy machine it waits for its turn, too.
- Memory: resident memory of a kernel after showing one button, and after showing a picker on a running lab with a
  session and its transcript.
- Click: in Chromium, from the click on Send until the frame with the reply has been painted, in turns with a button
  whose handler sets a text and does nothing else. 100 ms is what a person takes for immediate.
- Opening: from the address to a notebook whose kernel is ready, in a browser that has opened it before.
- Notebook suite: nbval, in parallel as `make test` runs it, against as many notebooks of one cell, `1 + 1`.
- Kernels at once: all started in one moment; the first cell imports the course, starts a lab, opens a session, goes
  into TLS and shows a picker. Memory is what the kernel has for itself and its part of what it shares with the others
  (PSS); the short cell prints the code of a reply, one every half second in each kernel. JupyterLab's own server comes
  on top.
- Browser, suite and kernels at once use all cores; everything else is measured on one.
- Transcript: one connection of mixed commands, refusals, messages and pipelined groups; processor time.
"""
