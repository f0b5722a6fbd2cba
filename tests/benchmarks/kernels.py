"""What a notebook's kernel pays: imports, the first lab and later ones, memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.rounds import Rounds, interleaved

ROOT = Path(__file__).resolve().parent.parent.parent
STOCK, OURS = "aiosmtpd and ipywidgets", "helpers"

IMPORTS = {
    STOCK: "import aiosmtpd.smtp, ipywidgets",
    OURS: "from helpers import Lab, Transcript, CommandPicker, Console, check, reference",
}
IN_A_KERNEL = "import ipykernel.kernelapp, ipykernel.ipkernel"
TIMED_IMPORT = """
{before}
from time import process_time
began = process_time()
{imports}
print(process_time() - began)
"""
STARTS = """
import json
from time import perf_counter, process_time
from helpers import Lab

def timed(make):
    began = perf_counter()
    make()
    return perf_counter() - began

def stop_all():
    from helpers.lab import running_labs
    for lab in running_labs():
        lab.stop()

working = process_time()
first = timed(lambda: Lab("open"))
working = process_time() - working
again = [timed(lambda: Lab("open")) for _ in range({times})]
more = [timed(lambda: Lab("open", name=f"lab {{n}}")) for n in range({times})]
stop_all()
print(json.dumps([[first], [working], again, more]))
"""
MEMORY = {
    STOCK: """
import ipywidgets
from IPython.display import display
display(ipywidgets.Button(description="Send"))
""",
    OURS: """
from helpers import Lab, Transcript, CommandPicker, Console, check, reference
from IPython.display import display
lab = Lab("open")
picker = CommandPicker(lab)
display(picker)
session = lab.connect()
session.send("EHLO laptop.example")
session.send("QUIT")
display(lab.transcript())
""",
}
RESIDENT = """
import gc, psutil
gc.collect()
print(psutil.Process().memory_info().rss)
"""

Runner = Callable[[str], str]


def _environment() -> dict[str, str]:
    # as for a learner: what has been compiled once is kept
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT)}


def in_a_process(code: str) -> str:
    """What the code prints, run by a fresh Python."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=_environment(), cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def in_a_kernel(code: str) -> str:
    """What the code prints, run by a fresh kernel; the last line is what counts."""
    from jupyter_client.manager import KernelManager

    printed: list[str] = []

    def hear(message: dict[str, dict[str, str]]) -> None:
        if message["header"]["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    with TemporaryDirectory() as folder:
        # TCP ports are picked a moment before they are used, and another kernel of this machine may take them
        transport = "ipc" if os.name == "posix" else "tcp"
        manager = KernelManager(transport=transport, connection_file=str(Path(folder) / "kernel.json"))
        manager.start_kernel(env=_environment(), cwd=str(ROOT), stderr=subprocess.DEVNULL)
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            answer = client.execute_interactive(code, output_hook=hear, timeout=60)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    if answer["content"]["status"] != "ok":
        raise RuntimeError("\n".join(answer["content"]["traceback"]))
    return "".join(printed)


def imports(rounds: int, before: str = "") -> Rounds:
    """Seconds of processor time for the imports of each, in fresh processes that have done ``before``."""

    def timed(lines: str) -> Callable[[], float]:
        code = TIMED_IMPORT.format(before=before, imports=lines)
        in_a_process(code)  # so that everything has been compiled
        return lambda: float(in_a_process(code))

    return interleaved({name: timed(lines) for name, lines in IMPORTS.items()}, rounds)


@dataclass(frozen=True)
class Starts:
    """Seconds: of the first lab of each kernel, on the clock and of the processor; of later ones."""

    first: list[float]
    working: list[float]
    again: list[float]  #: its cell run again
    more: list[float]  #: one more lab beside it


def lab_starts(times: int, rounds: int, run: Runner = in_a_kernel) -> Starts:
    """Labs started in fresh kernels."""
    measured = [json.loads(run(STARTS.format(times=times)).splitlines()[-1]) for _ in range(rounds)]
    return Starts(*(list(chain.from_iterable(one)) for one in zip(*measured, strict=True)))


def memory(rounds: int, run: Runner = in_a_kernel) -> Rounds:
    """Resident MiB of a kernel with a widget alone, and with a lab, its picker, a session and its transcript."""

    def resident(code: str) -> Callable[[], float]:
        return lambda: int(run(code + RESIDENT).splitlines()[-1]) / 2**20

    return interleaved({name: resident(code) for name, code in MEMORY.items()}, rounds)
