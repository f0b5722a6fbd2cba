"""What a check looks at, and the few words in which lessons ask it questions.

A check is a pure function of :class:`Records`: what was said to the labs of this kernel and what they
stored. Who sent a line, the command picker, ``Session``, ``smtplib`` or a terminal, makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from helpers.protocol.reply import Reply
from helpers.views.secrets import sent_lines
from helpers.wire.messages import Evidence, StoredMessage, Verdict
from helpers.wire.transcript import Connection, Exchange, ExchangeKind, Outcome, Transaction, Transcript

#: A line of evidence is cut here; a message line may have 998 octets and more.
_LONGEST = 100

#: One step of :meth:`Conversation.in_order`: a verb, then the codes that count (none: any reply).
Step = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class LabRecord:
    """What happened at one lab."""

    name: str
    profile: str
    transcript: Transcript
    mailboxes: Mapping[str, Sequence[StoredMessage]] = field(default_factory=dict)
    queue: Sequence[StoredMessage] = ()
    certificate_names: tuple[str, ...] = ()  #: for whom the server's certificate was issued


@dataclass(frozen=True, slots=True)
class Conversation:
    """One connection to one lab."""

    record: LabRecord
    connection: Connection

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        return self.connection.exchanges

    @property
    def deeds(self) -> list[Deed]:
        """What the learner sent. What an undo sent again set up the state, but is nobody's deed."""
        return [
            Deed(self, index)
            for index, exchange in enumerate(self.exchanges)
            if not exchange.replayed and exchange.kind not in (ExchangeKind.GREETING, ExchangeKind.UNASKED)
        ]

    @property
    def sendings(self) -> list[Sending]:
        """The mail transactions of this connection that the learner brought to where they are."""
        return [Sending(self, t) for t in self.connection.transactions if not t.exchanges[-1].replayed]

    def said(self, *verbs: str, code: int | None = None) -> bool:
        """Whether one of these commands was sent here, by hand or by an undo, and got ``code``."""
        return any(e.verb in verbs and code in (None, e.code) for e in self.exchanges)

    def in_order(self, *steps: Step) -> Deed | None:
        """The deed that completes these steps, other lines between them allowed.

        A step is ``("EHLO", 250)``: the verb and the codes that count. The last step must be a deed of
        the learner; the ones before may come from an undo's replay.
        """
        wanted = list(steps)
        for index, exchange in enumerate(self.exchanges):
            verb, *codes = wanted[0]
            if exchange.verb != verb or (codes and exchange.code not in codes):
                continue
            if len(wanted) > 1:
                wanted.pop(0)
            elif not exchange.replayed:
                return Deed(self, index)
        return None


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that the learner sent, and its reply."""

    conversation: Conversation
    index: int  #: its place in the conversation
    line: int = 0  #: which of its lines to show: the first, or one of a message

    @property
    def exchange(self) -> Exchange:
        return self.conversation.exchanges[self.index]

    @property
    def earlier(self) -> tuple[Exchange, ...]:
        """What was said before in the same connection, an undo's replay included."""
        return self.conversation.exchanges[: self.index]

    @property
    def profile(self) -> str:
        return self.conversation.record.profile

    @property
    def verb(self) -> str:
        """The command's verb in upper case; "" for a message or an AUTH response."""
        return self.exchange.verb or ""

    @property
    def command(self) -> str:
        return self.exchange.command or ""

    @property
    def argument(self) -> str:
        """What follows the verb: "laptop.example"."""
        return self.command.partition(" ")[2].strip()

    @property
    def reply(self) -> Reply | None:
        return self.exchange.reply

    @property
    def code(self) -> int | None:
        return self.exchange.code

    @property
    def accepted(self) -> bool:
        """The reply is 2xx or 3xx."""
        return self.reply is not None and self.reply.ok

    @property
    def refused(self) -> bool:
        """The reply is 4xx or 5xx."""
        return self.reply is not None and self.reply.code >= 400

    def show(self, remark: str, side: str = "C") -> Evidence:
        """The line of the transcript, ``side`` "C" for what was sent, "S" for the first line of the reply.

        It is counted in its own connection: that is what a widget shows, however many tries came before.
        """
        record, connection = self.conversation.record, self.conversation.connection
        lines = [line for line in Transcript([connection]).lines() if line.exchange == self.exchange.number]
        sent = sent_lines(self.exchange)
        place = min(self.line, len(sent) - 1) if side == "C" else 0
        line = next(islice((line for line in lines if line.side == side), place, None), lines[0])
        text = f"C: {sent[place].text(sent[place].is_command)}" if line.side == "C" else str(line)
        shortened = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
        number = connection.number if len(record.transcript.connections) > 1 else 0
        return Evidence(line.number, shortened, remark, record.name, number)


@dataclass(frozen=True, slots=True)
class Sending:
    """A mail transaction, and where its lines stand in the conversation."""

    conversation: Conversation
    transaction: Transaction

    @property
    def accepted(self) -> bool:
        """The message went through: the server answered 250 after its end."""
        return self.transaction.outcome is Outcome.ACCEPTED

    @property
    def recipients(self) -> list[str]:
        """The accepted forward-paths in small letters, as often as they were named."""
        return [path.lower() for path in self.transaction.recipients]

    @property
    def end(self) -> Deed:
        """The last thing that was sent in it: of one that was accepted, the message."""
        return self.deeds()[-1]

    def deeds(self, *verbs: str, code: int | None = None) -> list[Deed]:
        """What was sent in it (these commands, with this reply), by hand or by an undo."""
        numbers = {e.number for e in self.transaction.exchanges}
        return [
            Deed(self.conversation, index)
            for index, e in enumerate(self.conversation.exchanges)
            if e.number in numbers and (not verbs or e.verb in verbs) and code in (None, e.code)
        ]


@dataclass(frozen=True, slots=True)
class Records:
    """The labs of a kernel, oldest first."""

    labs: tuple[LabRecord, ...] = ()
    conclusions: Mapping[str, Verdict] = field(default_factory=dict)  #: of case files, by exercise

    def of(self, exercise: str) -> Records:
        """What counts for an exercise: its own lab (the one named like it) where there is one, else all."""
        own = tuple(lab for lab in self.labs if lab.name == exercise)
        return Records(own, self.conclusions) if own else self

    def conversations(self, profile: str | None = None) -> list[Conversation]:
        """The connections to labs of this profile (None: of any)."""
        return [
            Conversation(lab, connection)
            for lab in self.labs
            if profile in (None, lab.profile)
            for connection in lab.transcript.connections
        ]

    @property
    def newest(self) -> Conversation | None:
        """The last connection in which the learner has said something."""
        return next((c for c in reversed(self.conversations()) if c.deeds), None)

    def deeds(
        self, *verbs: str, code: int | None = None, accepted: bool | None = None, profile: str | None = None
    ) -> list[Deed]:
        """What the learner sent: these commands (none named: everything), with this reply, to such labs."""
        return list(self._deeds(verbs, code, accepted, profile))

    def first(self, *verbs: str, code: int | None = None, accepted: bool | None = None) -> Deed | None:
        """The first such deed of the oldest lab that has one."""
        return next(self._deeds(verbs, code, accepted, None), None)

    def last(self, *verbs: str, code: int | None = None, accepted: bool | None = None) -> Deed | None:
        """The last such deed of the newest lab that has one."""
        found = self.deeds(*verbs, code=code, accepted=accepted)
        return found[-1] if found else None

    def sendings(self, accepted: bool | None = None) -> list[Sending]:
        """The learner's mail transactions, accepted ones (or the others) or all."""
        found = [sending for conversation in self.conversations() for sending in conversation.sendings]
        return [sending for sending in found if accepted in (None, sending.accepted)]

    def broken_handshake(self) -> Deed | None:
        """The newest STARTTLS, if the server was ready and the connection ended without a word inside TLS."""
        tried = [deed for deed in self.deeds("STARTTLS", code=220) if deed.conversation.connection.closed]
        return tried[-1] if tried and not any(e.tls for e in tried[-1].conversation.exchanges) else None

    def mailbox(self, address: str) -> list[StoredMessage]:
        """The messages stored for an address, in all labs."""
        return [message for lab in self.labs for message in lab.mailboxes.get(address, ())]

    def _deeds(
        self, verbs: tuple[str, ...], code: int | None, accepted: bool | None, profile: str | None
    ) -> Iterator[Deed]:
        for conversation in self.conversations(profile):
            for deed in conversation.deeds:
                if verbs and deed.verb not in verbs:
                    continue
                if code in (None, deed.code) and (accepted is None or deed.accepted is accepted):
                    yield deed
