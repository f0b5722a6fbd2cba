"""The rules of the outgoing queue, without a server to talk to: what is due, what an outcome leads to.

Source: RFC 5321 4.5.4.1 (when to try again, when to give up), 4.2.1 (what the first digit decides), 6.1 (bounces);
RFC 3461 5.2.6 (whom a failure is told).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from helpers.lab import wishes
from helpers.lab.data_files import load
from helpers.wire.messages import StoredMessage
from helpers.wire.queue import Attempt, Delivery, DeliveryState


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a queue tries again."""

    waits: tuple[timedelta, ...]  #: after the first, second … failed attempt; the last one goes on
    give_up: timedelta  #: in the queue; the last attempt is made then

    def after(self, since: datetime, attempts: int, now: datetime) -> datetime | None:
        """The next attempt after the failed one at ``now``, which was number ``attempts``; None: give up."""
        end = since + self.give_up
        if now >= end:
            return None
        return min(now + self.waits[min(attempts, len(self.waits)) - 1], end)


@cache
def schedule() -> Schedule:
    """The schedule of ``data/outgoing.toml``."""
    data = load("outgoing")
    waits = tuple(timedelta(minutes=minutes) for minutes in data["retry_minutes"])
    return Schedule(waits, timedelta(days=data["give_up_days"]))


@dataclass(slots=True, eq=False)
class Entry:
    """One message for one recipient, on its way."""

    message: StoredMessage
    recipient: str
    since: datetime
    due: datetime | None
    parameters: tuple[str, ...] = ()  #: of RCPT
    state: DeliveryState = DeliveryState.WAITING
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def domain(self) -> str:
        return self.recipient.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Errand:
    """What one connection carries: one message for recipients of one domain (RFC 5321 4.5.4.1)."""

    message: StoredMessage
    domain: str
    entries: tuple[Entry, ...]

    @property
    def recipients(self) -> dict[str, tuple[str, ...]]:
        """Each with the parameters of its RCPT."""
        return {entry.recipient: entry.parameters for entry in self.entries}


class Outgoing:
    """What a lab has accepted for other domains, the oldest first. Nothing is ever taken out."""

    def __init__(self, plan: Schedule) -> None:
        self._plan = plan
        self._entries: list[Entry] = []

    def add(self, message: StoredMessage, recipients: Iterable[str], now: datetime) -> None:
        """A message was accepted for these recipients: its first attempt is due at once."""
        given = dict(reversed(list(zip(message.recipients, message.recipient_parameters, strict=False))))
        for recipient in dict.fromkeys(recipients):
            self._entries.append(Entry(message, recipient, now, now, given.get(recipient, ())))

    @property
    def next_due(self) -> datetime | None:
        """The time of the earliest attempt that is to be made."""
        return min((entry.due for entry in list(self._entries) if entry.due), default=None)

    @property
    def domains(self) -> set[str]:
        """The domains for which something waits."""
        return {entry.domain for entry in list(self._entries) if entry.due}

    def due(self, now: datetime) -> list[Errand]:
        """The errands that are due at ``now``, those that were due first in front."""
        errands: dict[tuple[datetime, int, str], list[Entry]] = {}
        messages: dict[int, int] = {}
        for entry in list(self._entries):
            place = messages.setdefault(id(entry.message), len(messages))
            if entry.due and entry.due <= now:
                errands.setdefault((entry.due, place, entry.domain), []).append(entry)
        return [
            Errand(entries[0].message, domain, tuple(entries))
            for (_, _, domain), entries in sorted(errands.items(), key=lambda item: item[0])
        ]

    def record(self, entry: Entry, attempt: Attempt) -> None:
        """Note an attempt, and decide by the class of its outcome what comes next."""
        entry.attempts.append(attempt)
        entry.due = None
        if attempt.status.startswith("2"):
            entry.state = DeliveryState.DELIVERED
        elif attempt.status.startswith("4"):
            entry.due = self._plan.after(entry.since, len(entry.attempts), attempt.time)
        if entry.due:
            entry.state = DeliveryState.DEFERRED
        elif entry.state is not DeliveryState.DELIVERED:
            # a notice about a notice could go to and fro for ever (RFC 5321 6.1)
            told = entry.message.sender and wishes.wants_failure(entry.parameters)
            entry.state = DeliveryState.BOUNCED if told else DeliveryState.DISCARDED

    def deliveries(self, now: datetime) -> tuple[Delivery, ...]:
        """Every message and recipient as they stand at ``now``."""
        return tuple(
            Delivery(e.message, e.recipient, e.since, now, e.state, tuple(e.attempts), e.due)
            for e in list(self._entries)
        )
