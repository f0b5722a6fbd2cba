"""A real kernel in a process of its own, to interrupt, stop, restart and starve."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty
from types import TracebackType
from typing import Any, Self

from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parent.parent.parent.parent
SECONDS = 30  #: for one cell, on a machine with other things to do


class Result:
    """What a cell printed, and how it ended."""

    def __init__(self) -> None:
        self.printed = ""
        self.error = ""  #: the name of the exception, empty without one
        self.traceback = ""  #: as the page shows it, without colours
        self.seconds = 0.0


class Kernel:
    """``run`` runs a cell and waits; ``begin`` does not wait, and ``end`` waits for what has begun."""

    def __init__(self, folder: Path, **environment: str) -> None:
        # TCP ports are picked a moment before they are used, and another kernel of this machine may take them
        transport = "ipc" if os.name == "posix" else "tcp"
        self.manager = KernelManager(transport=transport, connection_file=str(folder / f"kernel-{id(self)}.json"))
        self.begun = folder / f"begun-{id(self)}"  #: a file that a cell makes when the server is at work
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self._errors = (folder / f"errors-{id(self)}.txt").open("wb+")
        self.manager.start_kernel(env=self._environment, cwd=str(ROOT), stderr=self._errors, stdout=subprocess.DEVNULL)
        self._connect()

    def _connect(self) -> None:
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=SECONDS)

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.process.pid)  # type: ignore[union-attr]

    def begin(self, code: str) -> str:
        """Start a cell; its message's identifier."""
        return str(self.client.execute(code))

    def end(self, message: str, printed: str = "", seconds: float = SECONDS) -> Result:
        """Wait for the end of a cell, or until it has printed this.

        Raises:
            TimeoutError: that does not happen.
        """
        result, began = Result(), time.monotonic()
        while time.monotonic() < began + seconds:
            try:
                heard: dict[str, Any] = self.client.get_iopub_msg(timeout=1)
            except Empty:
                continue
            if heard["parent_header"].get("msg_id") != message:
                continue
            content = heard["content"]
            if heard["msg_type"] == "stream":
                result.printed += content["text"]
                if printed and printed in result.printed:
                    return result
            elif heard["msg_type"] == "error":
                result.error = content["ename"]
                result.traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(content["traceback"]))
            elif heard["msg_type"] == "status" and content["execution_state"] == "idle":
                result.seconds = time.monotonic() - began
                return result
        raise TimeoutError(f"the kernel has not come back from its cell for {seconds} seconds")

    def run(self, code: str) -> Result:
        return self.end(self.begin(code))

    def works(self, code: str) -> str:
        """Run a cell that must not fail; what it printed."""
        result = self.run(code)
        assert result.error == "", result.traceback
        return result.printed.strip()

    def wait_for_the_server(self) -> None:
        until = time.monotonic() + SECONDS
        while not self.begun.exists():
            assert time.monotonic() < until
            time.sleep(0.02)

    def interrupt(self, message: str) -> Result:
        """Press until the cell ends: Python drops an interrupt that strikes in a weak reference's callback."""
        for _ in range(4):
            self.manager.interrupt_kernel()
            with suppress(TimeoutError):
                return self.end(message, seconds=10)
        raise TimeoutError("the kernel cannot be interrupted")

    def restart(self) -> None:
        self.client.stop_channels()
        self.manager.restart_kernel(env=self._environment, cwd=str(ROOT))
        self._connect()

    def sleeps(self, seconds: float) -> None:
        """Stop the whole process for a while, as a laptop does whose lid is closed."""
        os.kill(self.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self.pid, signal.SIGCONT)

    def errors(self) -> str:
        """What the kernel wrote to the terminal from which it was started."""
        self._errors.seek(0)
        text = self._errors.read().decode("utf-8", "replace")
        return "\n".join(line for line in text.splitlines() if "WARNING" not in line and "debugger" not in line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self._errors.close()
