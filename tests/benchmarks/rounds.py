"""Interleaved rounds: whatever else the machine does, it does to all contestants alike."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Measure = Callable[[], float]


@dataclass(frozen=True)
class Rounds:
    """What each contestant took in each round, in one unit."""

    taken: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        return median(self.taken[name])

    def ratio(self, name: str, to: str) -> float:
        """The median of the rounds' ratios, so that a slow spell of the machine drops out."""
        return median(a / b for a, b in zip(self.taken[name], self.taken[to], strict=True))


def interleaved(contestants: Mapping[str, Measure], rounds: int) -> Rounds:
    """Measure all in turn, ``rounds`` times, every other time in the opposite order."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name in sorted(contestants, reverse=number % 2 == 1):
            gc.collect()  # nobody pays for another's garbage
            taken[name].append(contestants[name]())
    return Rounds(taken)


def pin_to_one_core() -> bool:
    """Stay on one core, since waking up another one costs more than what is measured; False: not possible here."""
    if not hasattr(os, "sched_setaffinity"):
        return False
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    return True


def use_all_cores() -> None:
    """Undo :func:`pin_to_one_core`, for what starts processes of its own."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
