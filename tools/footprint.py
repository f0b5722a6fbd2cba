"""Measure what one learner needs on a JupyterHub: memory and processor time of JupyterLab and the kernels in it.

    python tools/footprint.py

A JupyterLab of its own is opened in Chromium, as tests in the browser do, and lessons are run in it one after
another, each with a kernel of its own that stays. Chromium is the learner's and not counted.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil

from tests.browser import pages

ROOT = Path(__file__).resolve().parent.parent
#: With the picker at work, with the largest messages, with TLS and certificates, with many exchanges.
LESSONS = ("01-ehlo-helo", "04-data", "07-starttls", "10-diagnose")


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a server and its kernels have used up to now."""

    what: str
    memory: int  #: octets; what processes share is counted once (proportional set size)
    processor: float  #: seconds


def footprint(what: str, server: psutil.Process) -> Footprint:
    processes = [server, *server.children(recursive=True)]
    times = [process.cpu_times() for process in processes]
    return Footprint(
        what,
        sum(process.memory_full_info().pss for process in processes),
        sum(time.user + time.system for time in times),
    )


def measured() -> Iterator[Footprint]:
    """After the server has started, and after each lesson has been run."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        jupyterlab = stack.enter_context(pages.serving(Path(home)))
        [server] = [child for child in psutil.Process().children() if "jupyterlab" in child.cmdline()]
        browser = stack.enter_context(pages.chromium())
        yield footprint("JupyterLab", server)
        for count, name in enumerate(LESSONS, 1):
            notebook = ROOT / "notebooks" / f"{name}.ipynb"
            stack.enter_context(pages.opened(jupyterlab, browser, notebook, name)).run_all()
            yield footprint(f"and {count} {'lesson' if count == 1 else 'lessons'} run", server)


def main() -> int:
    print("| Running | Memory, MiB | Processor, s |\n|---|---|---|")
    for taken in measured():
        print(f"| {taken.what} | {taken.memory / 2**20:.0f} | {taken.processor:.1f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
