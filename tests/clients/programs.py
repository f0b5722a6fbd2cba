"""Runs programs of the system: bounded in time, away from the user's own settings, killed when a test fails."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

SECONDS = 20.0  # far more than any of these takes, on a busy machine too


def need(program: str) -> str:
    """The path of a program; where it is missing the test is skipped, and fails in CI."""
    path = shutil.which(program)
    if path is None:
        reason = f"{program} is not installed"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def _environment(home: Path) -> dict[str, str]:
    # no proxy, no .swaksrc, .msmtprc, .telnetrc, .curlrc of whoever runs the tests
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C", "TERM": "dumb"}


class Tools:
    """Starts programs in an empty home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, program: str, *arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run to the end; the program is killed when it takes too long."""
        return subprocess.run(
            [need(program), *map(str, arguments)],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            cwd=self.home,
            env=_environment(self.home),
        )

    def open(self, program: str, *arguments: object) -> Terminal:
        """Start it and keep talking to it."""
        return Terminal([need(program), *map(str, arguments)], self.home)


class Terminal:
    """A program that a person would type into."""

    def __init__(self, command: list[str], home: Path) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            cwd=home,
            env=_environment(home),
        )
        self.shown = b""  #: everything on the screen
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def see(self, text: bytes) -> None:
        """Wait until ``text`` appears after what was waited for last."""
        while (found := self.shown.find(text, self._seen)) < 0:
            assert self._read(), f"{text!r} never came; on the screen: {self.shown!r}"
        self._seen = found + len(text)

    def type(self, text: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text)

    def say(self, line: str, answer: bytes) -> None:
        """Type a line, press Enter, wait for the answer."""
        self.type(line.encode() + b"\n")
        self.see(answer)

    def end(self) -> int:
        """Type no more (nc waits for that), wait until the program has ended, and return its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        while self._read():
            pass
        return self._process.wait(SECONDS)

    def _read(self) -> bytes:
        assert self._process.stdout is not None
        ready = select.select([self._process.stdout], [], [], SECONDS)[0]
        assert ready, f"nothing came for {SECONDS:.0f} seconds; on the screen: {self.shown!r}"
        octets = os.read(self._process.stdout.fileno(), 65536)
        self.shown += octets
        return octets
