"""Carries a lab's outgoing mail to the other labs of this kernel, and nowhere else, while the lab's time passes.

There is no resolver here: the mail server of a domain is the newest running lab that serves it.

Time. Every lab has a clock of its own. When one is moved, the labs for which it has mail waiting (and those for which
these have) move along by the same step, and the step is made in hops, from one due attempt to the next, so that each
attempt happens at its own time. A lab that is behind one from which mail comes is set forward to its time first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from helpers.lab.bounce import notice
from helpers.lab.courier import Outcome, hand_over, problem
from helpers.lab.outgoing import Entry, Errand, Outgoing
from helpers.wire.messages import StoredMessage
from helpers.wire.queue import Attempt, DeliveryState

if TYPE_CHECKING:
    from helpers.lab.lab import Lab
    from helpers.lab.mailroom import Mailroom

NEVER = "invalid"  # the top-level domain that is sure not to exist (RFC 2606 2, RFC 6761 6.4)

_passing = threading.RLock()  # one time for all: two threads must not make the same attempt


class Postman:
    """The outgoing side of one lab. Never called by the thread in which the server runs: it talks to servers there."""

    def __init__(self, lab: Lab, mailroom: Mailroom, labs: Callable[[], list[Lab]]) -> None:
        self.lab = lab
        self.outgoing: Outgoing = mailroom.outgoing
        self._mailroom = mailroom
        self._labs = labs

    # --- time --------------------------------------------------------------------------------------

    def pass_time(self, step: timedelta) -> None:
        """Move the lab's clock, and let every attempt be made when it is due."""
        with _passing:
            linked = self._run_linked()
            while True:
                waits = [due - other.clock.now for other in linked if (due := other.postman.outgoing.next_due)]
                hop = min([step, *(wait for wait in waits if wait > timedelta(0))])
                for other in linked:
                    other.clock.move(hop)
                step -= hop
                linked = self._run_linked()
                if not step:
                    return

    def _linked(self) -> list[Lab]:
        """This lab and those that mail will reach from it, directly or through another."""
        found = [self.lab]
        for lab in found:
            for domain in sorted(lab.postman.outgoing.domains):
                other = lab.postman.server_of(domain)
                if other is not None and other not in found:
                    found.append(other)
        return found

    def _run_linked(self) -> list[Lab]:
        while True:
            linked = self._linked()
            tried = [lab.postman.run() for lab in linked]
            if not any(tried):
                return linked

    # --- delivery ----------------------------------------------------------------------------------

    def server_of(self, domain: str) -> Lab | None:
        """The lab that takes mail for a domain: the newest, where there are several."""
        serving = [lab for lab in self._labs() if lab is not self.lab and lab.domain == domain]
        return serving[-1] if serving else None

    def run(self) -> bool:
        """Make every attempt that is due, and those that follow from them at once; whether there was any."""
        tried = False
        with _passing:
            while self.lab.running and (errands := self.outgoing.due(self.lab.clock.now)):
                tried = True
                for errand in errands:
                    if self.lab.running:  # it may be stopped in the middle
                        self._carry(errand)
        return tried

    def _carry(self, errand: Errand) -> None:
        other = self.server_of(errand.domain)
        now = self.lab.clock.now
        if other is None:
            never = errand.domain.rpartition(".")[2] == NEVER
            status, key = ("5.1.2", "no-such-domain") if never else ("4.4.1", "no-answer")
            outcomes = [Outcome(status, problem=problem(key, errand.domain))] * len(errand.entries)
        else:
            other.clock.move(max(now - other.clock.now, timedelta(0)))
            outcomes = hand_over(other.connect, other.hostname, self.lab.hostname, errand.message, errand.recipients)
        host = other.hostname if other else ""
        for entry, o in zip(errand.entries, outcomes, strict=True):
            attempt = Attempt(now, o.status, o.reply, o.place, o.problem, host if o.connection else "", o.connection)
            self.outgoing.record(entry, attempt)
        failed = [entry for entry in errand.entries if entry.state is DeliveryState.BOUNCED]
        if failed:
            self.lab.in_server(lambda: self._bounce(errand.message, failed))

    def _bounce(self, message: StoredMessage, failed: list[Entry]) -> None:
        """Tell the sender: from the null reverse-path, so that nobody is told about this notice (RFC 5321 6.1)."""
        mailroom, now = self._mailroom, self.lab.clock.now
        identifier = mailroom.next_identifier()
        raw = notice(message, failed, self.lab.hostname, self.lab.domain, identifier, now)
        mailroom.store(
            StoredMessage(
                sender="",
                recipients=(message.sender,),
                raw=raw,
                trace=mailroom.own_trace(identifier),
                identifier=identifier,
                parameters=() if message.sender.isascii() else ("SMTPUTF8",),
            )
        )
