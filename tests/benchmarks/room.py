"""A room of learners on one machine: thirty kernels at once, each with a lab of its own, against empty kernels.

``python -m tests.benchmarks.room 30`` prints the figures alone. What a learner needs of memory and processor goes into
the settings of a JupyterHub.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import TYPE_CHECKING

import psutil

from tests.benchmarks.kernels import ROOT, _environment

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

READY_SECONDS = 180
CELLS = 10  #: short cells that each learner runs, with a pause before each: nobody types without one
PAUSE = 0.5  #: seconds
IDLE = 5.0  #: seconds of doing nothing
EMPTY_CELL = "pass"
LAB_CELL = """
from helpers import CommandPicker, Lab, Transcript, check
lab = Lab("open")
session = lab.connect()
session.send("EHLO laptop.example")
session.send("STARTTLS")
session.send("EHLO laptop.example")
display(CommandPicker(lab))
display(lab.transcript())
"""
TRIPS = """
import json
from time import perf_counter
taken = []
for _ in range({times}):
    began = perf_counter()
    session.send("NOOP")
    taken.append(perf_counter() - began)
print(json.dumps(taken))
"""
CELL = "print(session.send('NOOP').code)"


@dataclass(frozen=True)
class Room:
    """What was measured of so many kernels at once. Seconds; MiB of memory for each kernel."""

    kernels: int
    started: list[float]  #: from all being started until this one had run its first cell
    memory: list[float]  #: its own memory, and its part of what it shares with others (PSS)
    working: list[float]  #: processor time of each until then
    idle: float  #: processor time of all together, a second, while nobody does anything
    cells: list[float]  #: from sending a short cell until its answer, while all run some
    trips: list[float]  #: a command and its reply, all kernels at once


def measured(kernels: int, cell: str, times: int = 0) -> Room:
    """Start so many kernels at once, run this cell in each and look at them all.

    Raises:
        RuntimeError: a kernel did not start, or a cell failed.
    """
    began = perf_counter()
    with ExitStack() as stack, ThreadPoolExecutor(kernels) as at_once:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        names = range(kernels)

        def first(number: int) -> tuple[BlockingKernelClient, psutil.Process, float]:
            client, process = stack.enter_context(_kernel(folder / f"{number}.json"))
            _run(client, cell)
            return client, process, perf_counter() - began

        opened = list(at_once.map(first, names))
        clients = [client for client, _, _ in opened]
        processes = [process for _, process, _ in opened]
        sleep(0.5)  # until what they still do after the answer is done
        working = [_processor_time(process) for process in processes]
        sleep(IDLE)
        idle = (sum(map(_processor_time, processes)) - sum(working)) / IDLE
        memory = [_memory(process.pid) for process in processes]
        short = CELL if times else EMPTY_CELL
        pauses = [PAUSE * (number + 0.5) / kernels for number in names]  # they do not all press Enter in one moment
        runs = at_once.map(lambda client, pause: _timed(client, short, pause), clients, pauses)
        cells = [seconds for some in runs for seconds in some]
        trips: list[float] = []
        if times:
            for printed in at_once.map(lambda client: _run(client, TRIPS.format(times=times)), clients):
                trips += json.loads(printed.splitlines()[-1])
        return Room(kernels, [started for _, _, started in opened], memory, working, idle, cells, trips)


@contextmanager
def _kernel(file: Path) -> Iterator[tuple[BlockingKernelClient, psutil.Process]]:
    from jupyter_client.manager import KernelManager

    # TCP ports are picked a moment before they are used, and another kernel of this machine may take them
    manager = KernelManager(transport="ipc" if os.name == "posix" else "tcp", connection_file=str(file))
    manager.start_kernel(env=_environment(), cwd=str(ROOT), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=READY_SECONDS)
        yield client, psutil.Process(manager.provisioner.process.pid)  # type: ignore[union-attr]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _run(client: BlockingKernelClient, code: str) -> str:
    printed: list[str] = []

    def hear(message: dict[str, dict[str, str]]) -> None:
        if message["header"]["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    answer = client.execute_interactive(code, output_hook=hear, timeout=READY_SECONDS)
    if answer["content"]["status"] != "ok":
        raise RuntimeError("\n".join(answer["content"]["traceback"]))
    return "".join(printed)


def _timed(client: BlockingKernelClient, code: str, late: float) -> list[float]:
    taken = []
    sleep(late)
    for _ in range(CELLS):
        sleep(PAUSE)
        began = perf_counter()
        _run(client, code)
        taken.append(perf_counter() - began)
    return taken


def _processor_time(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _memory(pid: int) -> float:
    """MiB that a process takes: where Linux tells, what it shares is shared out among those who share it (PSS)."""
    shares = Path(f"/proc/{pid}/smaps_rollup")
    if shares.exists():
        pss = next(line for line in shares.read_text().splitlines() if line.startswith("Pss:"))
        return int(pss.split()[1]) / 1024
    return float(psutil.Process(pid).memory_info().rss / 2**20)


def p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def told(room: Room) -> Iterator[str]:
    """The figures in lines."""
    yield f"{room.kernels} kernels at once, {os.cpu_count()} cores"
    yield f"  ready:          median {median(room.started):6.2f} s, p95 {p95(room.started):6.2f} s"
    yield f"  processor time: median {median(room.working):6.2f} s each; idle {room.idle * 1e3:.1f} ms a second, all"
    yield f"  memory:         median {median(room.memory):6.1f} MiB, most {max(room.memory):6.1f} MiB"
    yield f"  a cell:         median {median(room.cells) * 1e3:6.1f} ms, p95 {p95(room.cells) * 1e3:6.1f} ms"
    if room.trips:
        yield f"  a command:      median {median(room.trips) * 1e3:6.2f} ms, p95 {p95(room.trips) * 1e3:6.2f} ms"


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    for name, one, trips in (("empty", EMPTY_CELL, 0), ("with a lab", LAB_CELL, 200)):
        print(name)
        print("\n".join(told(measured(size, one, trips))), flush=True)
