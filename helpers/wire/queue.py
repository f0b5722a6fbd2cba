"""The outgoing queue as views and checks see it: for every message and recipient what was tried and what comes next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from helpers.protocol.reply import Reply
from helpers.protocol.text import visible
from helpers.wire.messages import Messages, StoredMessage

END_OF_DATA: Final = "end of data"  #: the place of the reply that takes or refuses a message
_LONGEST: Final = 8  #: attempts that a history shows in full; of more it shows the first and the last ones
_FIRST, _LAST = 4, 2


class DeliveryState(StrEnum):
    """What has become of one message for one recipient."""

    WAITING = "waiting"  #: not tried yet
    DEFERRED = "deferred"  #: tried, to be tried again
    DELIVERED = "delivered"  #: the other server has taken it, and is responsible from now on (RFC 5321 6.1)
    BOUNCED = "bounced"  #: given up; the sender has been told
    DISCARDED = "discarded"  #: given up; nobody is told: the reverse-path is <> (RFC 5321 6.1), or NOTIFY forbids it

    @property
    def final(self) -> bool:
        return self not in (DeliveryState.WAITING, DeliveryState.DEFERRED)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand a message over for one recipient."""

    time: datetime  #: by the clock of the lab that sends
    status: str  #: the outcome as an enhanced status code (RFC 3463): "2.0.0", "4.4.1"
    reply: Reply | None = None  #: what the other server said; None when it said nothing
    place: str = ""  #: what that answered: "connection", "EHLO", "MAIL", "RCPT", "DATA" or "end of data"
    problem: str = ""  #: in words, where there was no reply
    host: str = ""  #: the server that was tried; "" when none is known
    connection: int = 0  #: in the wire log of that server; 0: none was opened

    @property
    def said(self) -> str:
        """The reply or the problem, on one line."""
        if self.reply is None:
            return visible(self.problem)
        return " / ".join(visible(line) for line in self.reply.wire_lines()) + f"  ({self.place})"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one recipient."""

    message: StoredMessage
    recipient: str
    since: datetime  #: when the message was accepted
    now: datetime  #: when this was looked at
    state: DeliveryState
    attempts: tuple[Attempt, ...]  #: oldest first
    next_attempt: datetime | None  #: None: there will be none

    @property
    def age(self) -> timedelta:
        """How long it has been in the queue, or had been at its last attempt."""
        return (self.attempts[-1].time if self.state.final else self.now) - self.since

    @property
    def last(self) -> str:
        """What came of the newest attempt; "" when there was none."""
        return self.attempts[-1].said if self.attempts else ""

    def history(self) -> list[str]:
        """The attempts, a line each; of many the first and the last ones."""
        numbered = list(enumerate(self.attempts, 1))
        if len(numbered) <= _LONGEST:
            return [self._line(n, attempt) for n, attempt in numbered]
        left_out = len(numbered) - _FIRST - _LAST
        return [
            *(self._line(n, attempt) for n, attempt in numbered[:_FIRST]),
            f"     … {left_out} attempts are not shown",
            *(self._line(n, attempt) for n, attempt in numbered[-_LAST:]),
        ]

    def _line(self, number: int, attempt: Attempt) -> str:
        after = f"after {in_words(attempt.time - self.since)}" if attempt.time > self.since else "at once"
        return f"{number:>4}  {clock_time(attempt.time):<16}  {after:<23}  {attempt.said}"


class Queue(Messages):
    """The messages that a lab accepted for other domains, oldest first, and what has become of each.

    A picture of one moment: ``lab.queue`` takes another. Messages that were delivered or given up stay in it.
    """

    def __init__(self, deliveries: Iterable[Delivery], now: datetime, run: Callable[[], Queue] | None = None) -> None:
        self.deliveries = tuple(deliveries)
        self.now = now
        self._run = run
        super().__init__("Outgoing queue", list({id(d.message): d.message for d in self.deliveries}.values()))

    def run(self) -> Queue:
        """Let the lab try everything that is due now, and return the queue as it is then.

        Raises:
            ValueError: this picture came without its lab.
        """
        if self._run is None:
            raise ValueError("This is only a picture of a queue: use lab.queue.run().")
        return self._run()

    @property
    def waiting(self) -> tuple[Delivery, ...]:
        """What will be tried again, or for the first time."""
        return tuple(d for d in self.deliveries if not d.state.final)

    @property
    def history(self) -> str:
        """Every attempt with its time and its reply, as text."""
        parts = []
        for delivery in self.deliveries:
            title = f"{delivery.message.identifier} for <{visible(delivery.recipient)}>: {delivery.state}"
            parts += [title, *(delivery.history() or ["      not tried yet"])]
        return "\n".join(parts) or "No messages."

    def __str__(self) -> str:
        rows = [f"{self.title}: {_count(len(self), 'message')} ({clock_time(self.now)} by the lab's clock)"]
        for d in self.deliveries:
            rows.append(f"{STATES[d.state]} {d.state}: {d.message.identifier} for <{visible(d.recipient)}>")
            rows.append(f"    in the queue for {in_words(d.age)}, {_count(len(d.attempts), 'attempt')}")
            if d.last:
                rows.append(f"    last: {d.last}")
            if d.next_attempt:
                rows.append(f"    next attempt: {clock_time(d.next_attempt)}")
        return "\n".join(rows)


#: A glyph for each state, so that none is told by colour alone.
STATES: Final = {
    DeliveryState.WAITING: "○",
    DeliveryState.DEFERRED: "↻",
    DeliveryState.DELIVERED: "✓",
    DeliveryState.BOUNCED: "✕",
    DeliveryState.DISCARDED: "✕",
}


def clock_time(time: datetime) -> str:
    """ "Mon 5 Jan 09:30", in English whatever the machine's language."""
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[time.weekday()]
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][time.month - 1]
    return f"{day} {time.day} {month} {time:%H:%M}"


def in_words(span: timedelta) -> str:
    """ "30 min", "2 h 30 min", "5 days": whole minutes."""
    minutes = int(span.total_seconds()) // 60
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [_count(days, "day")] if days else []
    parts += [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes or not parts else []
    return " ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
