"""The transcript: the wire log read as a conversation.

A transcript is a pure function of wire events. It groups the octets into exchanges (a command and its
reply, an AUTH response and its reply, a message and its reply), knows the session's state before and
after each, and the mail transactions in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import overload

from helpers.protocol.reply import MalformedReply, Reply, decode, parse_reply
from helpers.protocol.state import Phase, SessionState, after_reply, path_in, verb_of
from helpers.protocol.text import visible
from helpers.wire.events import EventKind, WireEvent

_FINAL_DOT = re.compile(rb"(?:\A|\n)(\.\r?\n)\Z")


class ExchangeKind(StrEnum):
    """What the client's part of an exchange is."""

    GREETING = "greeting"  #: nothing: the server speaks first
    COMMAND = "command"  #: a command line (for BDAT with its chunk)
    RESPONSE = "response"  #: a line of an AUTH exchange, after 334
    MESSAGE = "message"  #: the message after 354, its final dot included
    UNASKED = "unasked"  #: nothing: the server spoke without being asked (421)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the client sent, and the reply to it."""

    number: int  #: 1, 2, 3 … in the transcript
    connection: int
    kind: ExchangeKind
    octets: bytes = field(repr=False)  #: exactly what the client sent, CR LF included
    reply: Reply | None  #: None: no reply yet, or none at all
    before: SessionState = field(repr=False)
    after: SessionState = field(repr=False)
    tls: bool = False  #: the client's octets went inside TLS
    replayed: bool = False  #: sent by an undo, not by the learner
    group: int = 0  #: exchanges with the same group were sent together, without waiting (pipelining)
    sent_at: float = 0.0  #: seconds since the log began, of the last octet
    replied_at: float = 0.0
    notes: tuple[str, ...] = ()  #: remarks of the lab on this exchange

    @property
    def command(self) -> str | None:
        """The client's text without its line end; None for a greeting or an unasked reply."""
        if self.kind in (ExchangeKind.GREETING, ExchangeKind.UNASKED):
            return None
        octets = self.octets
        if self.kind is ExchangeKind.COMMAND and verb_of(decode(octets[:5])) == "BDAT":
            octets = octets.partition(b"\n")[0]
        return decode(octets.removesuffix(b"\n").removesuffix(b"\r"))

    @property
    def verb(self) -> str | None:
        """The command's verb in upper case; None for anything that is not a command."""
        return verb_of(self.command or "") if self.kind is ExchangeKind.COMMAND else None

    @property
    def code(self) -> int | None:
        return self.reply.code if self.reply else None

    @property
    def content(self) -> bytes:
        """The message octets this exchange carries: after DATA with the dots unstuffed, or a BDAT chunk."""
        if self.kind is ExchangeKind.MESSAGE:
            return unstuff(self.octets)
        if self.verb == "BDAT":
            return self.octets.partition(b"\n")[2]
        return b""

    @property
    def path(self) -> str | None:
        """The address of a MAIL or RCPT command ("" for the null reverse-path), else None."""
        return path_in(self.command or "") if self.verb in ("MAIL", "RCPT") else None

    def client_lines(self) -> list[str]:
        """The client's part, a string a line, without line ends."""
        if self.kind in (ExchangeKind.GREETING, ExchangeKind.UNASKED):
            return []
        lines = self.octets.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        return [visible(decode(line.removesuffix(b"\r"))) for line in lines]

    def server_lines(self) -> list[str]:
        return [visible(line) for line in self.reply.wire_lines()] if self.reply else []


class Outcome(StrEnum):
    """How a mail transaction ended (RFC 5321 3.3, 4.1.1.5)."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    RESET = "reset"
    DROPPED = "dropped"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Transaction:
    """A mail transaction: from an accepted MAIL to the reply after the message, a reset or the end."""

    connection: int
    sender: str
    exchanges: tuple[Exchange, ...] = field(repr=False)
    outcome: Outcome
    replayed: bool = False

    @property
    def recipients(self) -> tuple[str, ...]:
        """The forward-paths that the server accepted."""
        return tuple(e.path or "" for e in self._rcpt() if e.code in (250, 251, 252))

    @property
    def refused_recipients(self) -> tuple[tuple[str, Reply], ...]:
        return tuple((e.path or "", e.reply) for e in self._rcpt() if e.reply and e.reply.code >= 400)

    @property
    def content(self) -> bytes:
        """The message, dots unstuffed, chunks joined; empty when none was sent.

        A chunk that was refused out of order is no part of it.
        """
        return b"".join(
            e.content
            for e in self.exchanges
            if e.kind is ExchangeKind.MESSAGE or e.code == 250 or not e.after.in_transaction
        )

    def _rcpt(self) -> Iterator[Exchange]:
        return (e for e in self.exchanges if e.verb == "RCPT")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the transcript as text. ``side`` is "C", "S" or "#" (a remark)."""

    number: int
    side: str
    text: str
    exchange: int  #: number of the exchange, 0 for a remark
    connection: int

    def __str__(self) -> str:
        return f"# {self.text}" if self.side == "#" else f"{self.side}: {self.text}".rstrip()


@dataclass(frozen=True, slots=True)
class Connection:
    """One client connection."""

    number: int
    exchanges: tuple[Exchange, ...]
    state: SessionState  #: where the session is now
    closed: str | None = None  #: "client", "server", "dropped"; None while it is open
    replay: bool = False  #: it began as the replay of an earlier one
    notes: tuple[tuple[int, str], ...] = ()  #: (number of the exchange before it, remark)

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        return tuple(_transactions(self.exchanges, self.closed is not None))


class Transcript(Sequence[Exchange]):
    """The exchanges of one or more connections, in the order of their replies."""

    def __init__(
        self, connections: Iterable[Connection] = (), events: Sequence[WireEvent] = (), name: str = ""
    ) -> None:
        self.connections: tuple[Connection, ...] = tuple(connections)
        self.events: tuple[WireEvent, ...] = tuple(events)
        self.name = name
        self.exchanges: tuple[Exchange, ...] = tuple(
            sorted((e for c in self.connections for e in c.exchanges), key=lambda e: e.number)
        )

    @classmethod
    def from_events(cls, events: Iterable[WireEvent], name: str = "") -> Transcript:
        """Read a wire log. Linear in the number of events and octets."""
        events = tuple(events)
        readers: dict[int, _Reader] = {}
        numbers = iter(range(1, len(events) + 2))
        for event in events:
            reader = readers.get(event.connection)
            if reader is None:
                reader = readers[event.connection] = _Reader(event.connection, numbers)
            reader.take(event)
        return cls((reader.finish() for reader in readers.values()), events, name)

    @classmethod
    def from_text(cls, text: str) -> Transcript:
        """Read a pasted session: "C: / S:" notes, swaks output, or smtplib's debug output.

        Raises:
            ValueError: no line of the text is a line of an SMTP session.
        """
        from helpers.wire.pasted import events_in

        return cls.from_events(events_in(text), "pasted")

    @overload
    def __getitem__(self, index: int) -> Exchange: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Exchange, ...]: ...
    def __getitem__(self, index: int | slice) -> Exchange | tuple[Exchange, ...]:
        return self.exchanges[index]

    def __len__(self) -> int:
        return len(self.exchanges)

    def __bool__(self) -> bool:
        return bool(self.connections)

    @property
    def state(self) -> SessionState:
        """Where the session of the newest connection is."""
        return self.connections[-1].state if self.connections else SessionState()

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """The mail transactions of all connections."""
        return tuple(t for connection in self.connections for t in connection.transactions)

    def connection(self, number: int) -> Transcript:
        """The transcript of one connection alone.

        Raises:
            KeyError: there is no connection with this number.
        """
        for connection in self.connections:
            if connection.number == number:
                return Transcript([connection], [e for e in self.events if e.connection == number], self.name)
        raise KeyError(f"no connection {number} here; there are {[c.number for c in self.connections]}")

    def lines(self) -> list[Line]:
        """All lines with their numbers, connection by connection; a remark has side "#"."""
        lines: list[Line] = []

        def add(side: str, text: str, exchange: int, connection: int) -> None:
            lines.append(Line(len(lines) + 1, side, visible(text), exchange, connection))

        for connection in self.connections:
            n = connection.number
            if len(self.connections) > 1:
                add("#", f"connection {n}", 0, n)
            remarks: dict[int, list[str]] = {}
            for after, text in connection.notes:
                remarks.setdefault(after, []).append(text)
            for text in remarks.pop(0, ()):
                add("#", text, 0, n)
            for exchange in connection.exchanges:
                for text in exchange.client_lines():
                    add("C", text, exchange.number, n)
                for text in exchange.server_lines():
                    add("S", text, exchange.number, n)
                for text in remarks.pop(exchange.number, ()):
                    add("#", text, 0, n)
        return lines

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines()))

    def __repr__(self) -> str:
        return f"<Transcript: {len(self.connections)} connections, {len(self)} exchanges>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from helpers.protocol.display import bundle

        return bundle(self, str(self) or "(nothing has been said yet)")


def unstuff(octets: bytes) -> bytes:
    """The message in the octets after 354: final dot removed, leading dots unstuffed (RFC 5321 4.5.2).

    A message that broke off has no final dot; a server that is lax about line ends may have taken LF for CR LF
    around it.
    """
    final_dot = _FINAL_DOT.search(octets[-4:] if len(octets) > 3 else octets)
    if final_dot is not None:
        octets = octets[: -len(final_dot[1])]
    if octets.startswith(b"."):
        octets = octets[1:]
    return octets.replace(b"\r\n.", b"\r\n")


class _Reader:
    """Reads the events of one connection into exchanges."""

    def __init__(self, number: int, numbers: Iterator[int]) -> None:
        self.number = number
        self._numbers = numbers
        self._exchanges: list[Exchange] = []
        self._state = SessionState()
        self._stream = bytearray()  # the client's octets that no reply has answered yet
        self._taken = 0  # octets of the stream that have been answered
        self._replay = self._replaying = False
        self._closed: str | None = None
        self._notes: list[tuple[int, str]] = []
        self._tls = False
        self._sent_at = 0.0
        self._group = 0
        self._more_waiting = False  # the client had sent more when the last reply came

    def take(self, event: WireEvent) -> None:
        match event.kind:
            case EventKind.CLIENT:
                self._stream += event.data
                self._sent_at = event.time
            case EventKind.SERVER:
                self._reply(event)
            case EventKind.OPENED:
                self._replay = self._replaying = event.data == b"replay"
                self._tls = event.tls
                if event.tls:
                    self._state = SessionState(tls=True)
                    self._note("the connection is inside TLS from its first octet")
            case EventKind.TLS:
                if self._stream and event.data == b"kept":
                    self._note(f"{len(self._stream)} octets sent before the handshake were kept, as if they were safe")
                elif self._stream:
                    self._note(f"{len(self._stream)} octets sent before the handshake were thrown away")
                    self._stream.clear()
                self._taken = 0
                self._more_waiting = False
                self._tls = True
                self._state = SessionState(tls=True)
                self._note("TLS started: from here on every line travels encrypted")
            case EventKind.REPLAYED:
                self._replaying = False
            case EventKind.NOTE:
                self._note(decode(event.data))
            case EventKind.CLOSED:
                self._closed = event.data.decode("ascii") or "client"
                self._unanswered()
                if self._closed == "dropped":
                    self._note("the connection was dropped without a word")

    def finish(self) -> Connection:
        self._unanswered()
        state = self._state
        if self._closed:
            state = after_reply(state, "", 421)
        return Connection(self.number, tuple(self._exchanges), state, self._closed, self._replay, tuple(self._notes))

    def _unanswered(self) -> None:
        if self._stream:
            self._add(self._kind(), bytes(self._stream), None, self._state, 0.0)
            self._stream.clear()

    def _note(self, text: str) -> None:
        self._notes.append((self._exchanges[-1].number if self._exchanges else 0, text))

    def _reply(self, event: WireEvent) -> None:
        try:
            reply = parse_reply(event.data)
        except MalformedReply as error:
            self._note(f"the server sent something that is not a reply: {error}")
            return
        if not self._exchanges and reply.code // 100 in (2, 4, 5) and (not self._stream or event.consumed == 0):
            self._add(ExchangeKind.GREETING, b"", reply, self._state, event.time)
            if reply.code != 220:
                self._state = after_reply(self._state, "", 421 if reply.code == 421 else 0)
            return
        size = unit_size(self._stream, self._state.phase) if event.consumed is None else event.consumed - self._taken
        octets = bytes(self._stream[:size])
        del self._stream[:size]
        self._taken += size
        kind = self._kind() if octets else ExchangeKind.UNASKED
        line = decode(octets.partition(b"\n")[0]).rstrip("\r")
        after = after_reply(self._state, line, reply.code, reply.lines) if octets or reply.code == 421 else self._state
        self._add(kind, octets, reply, after, event.time)
        self._more_waiting = bool(self._stream)

    def _add(self, kind: ExchangeKind, octets: bytes, reply: Reply | None, after: SessionState, at: float) -> None:
        if not self._more_waiting:
            self._group += 1
        self._exchanges.append(
            Exchange(
                next(self._numbers),
                self.number,
                kind,
                octets,
                reply,
                self._state,
                after,
                self._tls,
                self._replaying,
                self._group,
                self._sent_at,
                at,
            )
        )
        self._state = after

    def _kind(self) -> ExchangeKind:
        if self._state.phase is Phase.MESSAGE:
            return ExchangeKind.MESSAGE
        return ExchangeKind.RESPONSE if self._state.phase is Phase.AUTH else ExchangeKind.COMMAND


def unit_size(stream: bytes | bytearray, phase: Phase) -> int:
    """The size of the next thing the client said, for a log that does not tell what was consumed."""
    if phase is Phase.MESSAGE:
        if stream.startswith(b".\r\n"):
            return 3
        end = stream.find(b"\r\n.\r\n")
        return len(stream) if end < 0 else end + 5
    end = stream.find(b"\n") + 1
    words = bytes(stream[:end]).split()
    if len(words) > 1 and words[0].upper() == b"BDAT" and re.fullmatch(rb"\d{1,20}", words[1]):
        end += int(words[1])
    return min(end, len(stream)) if end else len(stream)


def _transactions(exchanges: Iterable[Exchange], closed: bool) -> Iterator[Transaction]:
    current: list[Exchange] = []
    for exchange in exchanges:
        if not current and exchange.after.in_transaction and not exchange.before.in_transaction:
            current = [exchange]
        elif current:
            current.append(exchange)
            if not exchange.after.in_transaction or exchange.after.phase is Phase.ENDED:
                yield _transaction(current, _outcome(exchange))
                current = []
    if current:
        yield _transaction(current, Outcome.DROPPED if closed else Outcome.OPEN)


def _outcome(last: Exchange) -> Outcome:
    if last.kind is ExchangeKind.MESSAGE or last.verb == "BDAT":
        return Outcome.ACCEPTED if last.code == 250 else Outcome.REFUSED
    if last.after.phase is Phase.ENDED:
        return Outcome.DROPPED
    return Outcome.RESET


def _transaction(exchanges: list[Exchange], outcome: Outcome) -> Transaction:
    return Transaction(
        exchanges[0].connection,
        exchanges[0].path or "",
        tuple(exchanges),
        outcome,
        all(e.replayed for e in exchanges),
    )
