"""The loop in memory is interrupted at every line of its own: the loop that a kernel runs on must always come back."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from helpers import Lab
from helpers.lab import memory
from helpers.session import ConnectionClosed

OURS = {"run_until_quiet", "_step", "_step_aside", "_task_of"}


def interrupt_at(place: int) -> Callable[[FrameType, str, Any], Any]:
    """A tracer that interrupts when so many lines of the loop's own functions have been reached."""
    left = place

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename != memory.__file__ or frame.f_code.co_name not in OURS:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    return trace


def test_an_interrupt_at_any_line_leaves_the_outer_loop_in_place() -> None:
    async def cell(lab: Lab, place: int) -> bool:
        """As a kernel runs a cell; whether the interrupt struck."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        session = lab.connect()
        before = sys.gettrace()
        sys.settrace(interrupt_at(place))
        struck = False
        try:
            session.send("NOOP")
        except KeyboardInterrupt:
            struck = True
        finally:
            sys.settrace(before)
        assert asyncio.get_running_loop() is loop
        assert asyncio.current_task() is task
        await asyncio.sleep(0)
        if struck:
            try:
                session.send("VRFY alice")
            except ConnectionClosed:
                pass
            else:
                raise AssertionError("the reply may have been that to another command")
        assert lab.connect().send("NOOP").code == 250
        return struck

    with Lab("open", transport="memory") as lab:
        struck = [asyncio.run(cell(lab, place)) for place in range(1, 120)]
    assert struck.index(False) > 40  # lines of the loop that one send runs through
    assert not any(struck[struck.index(False) :])
