"""Where accepted messages go: the mailboxes of the lab's own people, and the outgoing queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime

from helpers.lab.outgoing import Outgoing, schedule
from helpers.lab.people import People
from helpers.wire.messages import StoredMessage


class Mailroom:
    """Keeps messages. ``now`` gives the lab's time for the trace headers."""

    def __init__(self, people: People, hostname: str, now: Callable[[], datetime]) -> None:
        self.people = people
        self.mailboxes: dict[str, list[StoredMessage]] = {}
        self.outgoing = Outgoing(schedule())
        self.accepted: list[StoredMessage] = []  #: every message, in the order of acceptance
        self._hostname = hostname
        self._now = now
        self._first_contact: dict[tuple[str, str], datetime] = {}

    def next_identifier(self) -> str:
        """The identifier that the reply to the next message names."""
        return f"LAB{len(self.accepted) + 1:04d}"

    def store(self, message: StoredMessage) -> None:
        """Put a message into every mailbox it is for; foreign recipients put it into the queue, once."""
        self.accepted.append(message)
        mailboxes: dict[str, None] = {}
        foreign: list[str] = []
        for path in message.recipients:
            local, _, domain = path.rpartition("@") if "@" in path else (path, "", "")
            if self.people.is_local(domain):
                mailboxes.update(dict.fromkeys(self.people.deliver_to(local) or (self.people.address(local.lower()),)))
            else:
                foreign.append(path)
        for address in mailboxes:
            self.mailboxes.setdefault(address, []).append(message)
        self.outgoing.add(message, foreign, self._now())

    def trace(self, sender: str, client: str, protocol: str, identifier: str) -> tuple[str, ...]:
        """The header lines that a server adds on top (RFC 5321 4.4)."""
        return (
            f"Return-Path: <{sender}>",
            f"Received: from {client} ([127.0.0.1]) by {self._hostname} with {protocol} id {identifier};"
            f" {format_datetime(self._now())}",
        )

    def own_trace(self, identifier: str) -> tuple[str, ...]:
        """The same for a notice of the lab's own, which came from nobody."""
        return ("Return-Path: <>", f"Received: by {self._hostname} id {identifier}; {format_datetime(self._now())}")

    def greylisted(self, sender: str, recipient: str, minutes: int) -> bool:
        """Whether this pair came back too soon; the first contact starts the wait."""
        now = self._now()
        first = self._first_contact.setdefault((sender, recipient.lower()), now)
        return (now - first).total_seconds() < minutes * 60
