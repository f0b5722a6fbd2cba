"""The lab's clock: it stands still until it is told to move, so that five minutes cost nothing.

``advance`` is the learner's: what waits in the outgoing queue is tried on the way. ``move`` is the lab's own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 1, 5, 9, 0, 0, tzinfo=UTC)  # a Monday morning


class LabClock:
    """Time in the lab. ``on_advance`` callbacks run after every move, with the lock released."""

    def __init__(self) -> None:
        self._now = START
        self._lock = threading.Lock()
        self.on_advance: list[Callable[[], None]] = []
        self.pass_time: Callable[[timedelta], None] = self.move  #: how ``advance`` lets a step pass

    @property
    def now(self) -> datetime:
        return self._now

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
        """Move the time forward and let everything that has become due happen.

        Raises:
            ValueError: the sum is negative; time runs one way.
        """
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if step < timedelta(0):
            raise ValueError("The lab's clock only runs forward: give a positive number of seconds, minutes or hours.")
        self.pass_time(step)
        return self._now

    def move(self, step: timedelta) -> None:
        """Move the time forward in one step, without a look at the outgoing queue."""
        with self._lock:
            self._now += step
        for callback in list(self.on_advance):
            callback()

    def __repr__(self) -> str:
        return f"<LabClock {self._now:%Y-%m-%d %H:%M:%S} UTC, moves only by advance()>"
