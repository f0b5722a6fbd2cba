"""Faults on order: a reply of your choice, a delay, or a dropped connection, at a chosen command."""

from __future__ import annotations

import re
from dataclasses import dataclass

from helpers.protocol.reply import decode

EVENTS = ("CONNECT", "END-OF-DATA")
_REFUSAL = re.compile(r"[45][0-5][0-9]( .*)?")
_GREETING = re.compile(r"(220|[45][0-5][0-9])( .*)?")


@dataclass(slots=True)
class Fault:
    """What happens instead of, or before, the ordinary answer."""

    where: str  #: a verb, "CONNECT" or "END-OF-DATA"
    reply: str | None = None
    drop: bool = False  #: close the connection without a word
    delay: float = 0.0  #: seconds before the answer
    times: int | None = None  #: how often it strikes; None: until the lab stops

    def describe(self) -> str:
        """The remark that the transcript carries."""
        if self.drop:
            return f"fault on {self.where}: the server drops the connection"
        late = f" after {self.delay:g} seconds" if self.delay else ""
        return f"fault on {self.where}: " + (f"answers {self.reply}{late}" if self.reply else f"answers{late}")


def make_fault(where: str, reply: str | None, drop: bool, delay: float, times: int | None) -> Fault:
    """A checked fault.

    Raises:
        ValueError: nothing to do, an impossible reply, or a number out of range.
    """
    where = where.strip().upper().replace(" FROM", "").replace(" TO", "").rstrip(":")
    if not where:
        raise ValueError('Say where the fault strikes: a command such as "RCPT", or "CONNECT" or "END-OF-DATA".')
    if reply is None and not drop and not delay:
        raise ValueError('Say what goes wrong: a reply such as "450 4.2.0 Try later", drop=True, or delay=2.0.')
    allowed = _GREETING if where == "CONNECT" else _REFUSAL
    if reply is not None and not (allowed.fullmatch(reply) and reply.isprintable() and reply.isascii()):
        # a success that the server does not mean would leave both sides with different ideas of the session
        raise ValueError(
            f'A fault answers one line that begins with 4 or 5, such as "450 4.2.0 Try later" '
            f"(at CONNECT also 220); not {reply!r}."
        )
    if delay < 0 or (times is not None and times < 1):
        raise ValueError("delay is seconds, not negative; times is 1 or more.")
    return Fault(where, reply, drop, delay, times)


class Faults:
    """The faults of one lab, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def strike(self, where: str) -> Fault | None:
        """The fault that strikes now, if any; one that has struck often enough is gone."""
        for fault in self._faults:
            if fault.where == where:
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                return fault
        return None

    def __bool__(self) -> bool:
        return bool(self._faults)


def verb_in(line: bytes) -> str:
    """The verb of a command line as faults name it."""
    return decode(line[:40]).split(" ", 1)[0].split(":", 1)[0].strip().upper()
