"""aiosmtpd as the lab uses it. Every private name of aiosmtpd, and every workaround, stands in this module.

:class:`Engine` keeps what aiosmtpd does well – the connection's life, the stream, the TLS upgrade in
place – and replaces its command loop: the answers come from a :class:`~helpers.lab.dialogue.Dialogue`,
and every cleartext octet goes into the wire log, also inside TLS.

Private names used: ``SMTP._handle_client``, ``_timeout_cb``, ``_timeout_duration``, ``_reset_timeout``,
``_tls_protocol``, ``_original_transport``, ``_writer``; asyncio's ``sslproto.SSLProtocol`` with its
``_app_transport``, as aiosmtpd uses them. ``tests/unit/lab`` checks that they are there, and
requirements.txt pins aiosmtpd.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from asyncio import sslproto
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import aiosmtpd
from aiosmtpd.smtp import SMTP, Envelope, Session

from helpers.lab.clock import LabClock
from helpers.lab.dialogue import Answer, Dialogue, Next
from helpers.lab.faults import Fault, Faults, verb_in
from helpers.lab.stream import EndOfStream, Stream
from helpers.lab.tap import TappedProtocol, TappedTransport
from helpers.lab.transport import readable
from helpers.session_tls import reason
from helpers.wire.events import EventKind, WireLog

WRITTEN_FOR = "1.4.6"
if aiosmtpd.__version__ != WRITTEN_FOR:
    raise ImportError(
        f"The lab is written for aiosmtpd {WRITTEN_FOR}, and {aiosmtpd.__version__} is installed: "
        f"run `pip install aiosmtpd=={WRITTEN_FOR}`."
    )

# aiosmtpd logs every line and prints tracebacks through "mail.log"; the wire log and its notes replace it
_log = logging.getLogger("mail.log")
_log.addHandler(logging.NullHandler())
_log.propagate = False

TLS_HELLO = 0x16  # the first octet of a TLS handshake record (RFC 8446 5.1)
HANDSHAKE_SECONDS = 10
TLS_FIRST_SECONDS = 3.0  # how long an implicit-TLS port waits for a first octet
FLUSH_SECONDS = 5.0  # how long a connection that ends waits for a client that does not read the last replies
TURN = 50  # answers to commands that are there already, until other connections get their turn

WAITING_FOR = {
    Next.COMMAND: "a command",
    Next.RESPONSE: "the response to its AUTH challenge (334), in base64, or * to cancel",
    Next.MESSAGE: "the end of the message. DATA is not finished: send a line with only a dot "
    "(send_data adds it to a whole message)",
    Next.CHUNK: "the rest of the BDAT chunk: fewer octets came than were announced",
    Next.TLS: "the TLS handshake",
    Next.CLOSE: "nothing: it is closing the connection",
}


@dataclass(slots=True)
class History:
    """What a replay of a connection needs to go as the connection itself went."""

    original: int  #: the connection whose nonces are used: its own number, or that of the replayed one
    began: datetime  #: of that connection, by the lab's clock
    decisions: list[Any]  #: those of the dialogue
    nonces: int = 0
    struck: dict[int, Fault] = field(default_factory=dict)  #: the faults that struck, by number of the command


class _Nobody:
    """aiosmtpd wants a handler; the dialogue does its work."""


_NOBODY = _Nobody()


class Engine(SMTP):
    """One connection of a lab."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        log: WireLog,
        dialogue: Dialogue,
        faults: Faults,
        clock: LabClock,
        tls_context: Callable[[], ssl.SSLContext],
        wait: Callable[[Engine, float], Awaitable[None]],
        live: dict[Engine, None],
        histories: dict[int, History],
    ) -> None:
        super().__init__(
            _NOBODY, loop=loop, hostname=dialogue.hostname, enable_SMTPUTF8=True, timeout=dialogue.profile.timeout
        )
        self.log = log
        self.dialogue = dialogue
        self.stream = Stream(loop, self._hold_back)
        self.connection = 0
        self.stepped = False  #: belongs to a Session, which moves the lab's clock instead of waiting
        self.replay: dict[int, Fault] | None = None  #: during a replay: the faults to repeat, by command
        self.port = 0  #: the client's port
        self.on_connect: Callable[[Engine], None] | None = None
        self.on_lost: Callable[[Engine], None] | None = None
        self._faults = faults
        self._clock = clock
        self.heard_at = clock.now  #: lab time since which the server waits for the client
        self._tls_context = tls_context
        self._wait = wait
        self._live = live
        self._histories = histories
        self._now_waiting = Next.TLS if dialogue.profile.tls == "implicit" else Next.COMMAND
        self._commands = 0
        self._in_turn = 0  # answers since the loop last had other things to do
        self._lets_others = False
        self._closed_by = b"client"
        self._under_tls = False
        #: octets that came and that went, as the socket counts them: inside TLS the records, not what is in them
        self.heard_octets = self.said_octets = 0

    # --- the connection's life ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        first = self.connection == 0
        if first:
            self.connection = self.dialogue.connection = self.log.next_connection()
            peer = transport.get_extra_info("peername")
            self.port = peer[1] if peer else 0
            self._live[self] = None
            self.history = self._histories[self.connection] = History(
                self.connection, self._clock.now, self.dialogue.decisions
            )
            if self.on_connect is not None:
                self.on_connect(self)
            self.log.add(EventKind.OPENED, self.connection, b"replay" if self.replay is not None else b"")
        super().connection_made(transport)
        if not first:
            self._inside_tls()

    def _inside_tls(self) -> None:
        # the naive server takes what came before the handshake for something that came inside it
        keep = self.dialogue.profile.keep_cleartext and bool(self.stream.buffer)
        self.log.add(EventKind.TLS, self.connection, b"kept" if keep else b"", tls=True)
        self.stream.restart(keep)
        self.dialogue.tls_started()
        self._now_waiting = Next.COMMAND  # the client's first octets may come before the reader goes on

    def data_received(self, data: bytes) -> None:
        if not self._under_tls:
            self.heard_octets += len(data)
        if self._now_waiting is not Next.TLS:
            self.log.add(EventKind.CLIENT, self.connection, data, self.dialogue.tls)
        self.stream.feed(data)

    def eof_received(self) -> bool | None:
        # what came before the end is still answered; the loop closes the connection afterwards
        self.stream.feed_end()
        return None if self.dialogue.tls else True

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._live:
            if isinstance(error, ssl.SSLError) and self._now_waiting is not Next.TLS:
                self.note("the connection broke: inside TLS came something that is no TLS, or was changed on the way")
                self._closed_by = b"server"
            del self._live[self]
            self.log.add(EventKind.CLOSED, self.connection, self._closed_by)
            if self.on_lost is not None:
                self.on_lost(self)
        self.stream.feed_end()
        super().connection_lost(error)

    def _hold_back(self, hold: bool) -> None:
        transport = self.transport
        if isinstance(transport, asyncio.ReadTransport) and not transport.is_closing():
            (transport.pause_reading if hold else transport.resume_reading)()

    def _create_session(self) -> Session:
        return Session(self.loop)

    def _create_envelope(self) -> Envelope:
        return _ENVELOPE

    # --- talking ---------------------------------------------------------------------------------------

    async def push(self, status: Any) -> None:
        """Send one reply and write it down first, so that whoever has read it finds it in the log."""
        octets = status if isinstance(status, bytes) else status.encode("utf-8", "surrogateescape")
        octets += b"\r\n"
        self.heard_at = self._clock.now  # before it is out: whoever has read it may move the clock at once
        self.log.add(EventKind.SERVER, self.connection, octets, self.dialogue.tls, self.stream.consumed)
        self._write(octets)
        await self._writer.drain()

    def _write(self, octets: bytes) -> None:
        if not self._under_tls:
            self.said_octets += len(octets)
        self._writer.write(octets)

    def note(self, text: str) -> None:
        self.log.add(EventKind.NOTE, self.connection, text.encode("utf-8", "backslashreplace"))

    def waiting_for(self) -> str | None:
        """What the server waits for, in words; None while it is busy or has gone."""
        if self.transport is None or not (self.stream.waiting or self._now_waiting is Next.TLS):
            return None
        waiting = WAITING_FOR[self._now_waiting]
        if self._now_waiting is Next.MESSAGE and self.stream.buffer.endswith((b"\n.\n", b"\n.", b"\r\n.\r")):
            waiting += ". A dot has come, but not CR LF . CR LF"
        elif self._now_waiting is Next.COMMAND and self.stream.buffer:
            waiting = "the end of the line: CR LF has not come yet"
        return waiting

    def has_unread(self) -> bool:
        """Whether octets of the client wait: in the operating system, or here for this connection's next turn."""
        if self._lets_others or self.transport is None:
            return self._lets_others
        if self.stream.ended or not self._raw_transport().is_reading():
            return False
        sock = self.transport.get_extra_info("socket")
        return sock is not None and sock.fileno() >= 0 and readable(sock)

    async def _handle_client(self) -> None:
        """The connection's only reader: stands in for aiosmtpd's command loop."""
        try:
            await self._converse()
        except EndOfStream:
            pass
        except (ConnectionError, TimeoutError) as error:
            if self._now_waiting is Next.TLS:
                self.note("the TLS handshake failed: the client did not finish it")
            else:
                self.note(f"the connection broke: {type(error).__name__}")
        except ssl.SSLError as error:
            self.note(f"the TLS handshake failed: {reason(error)}")
        except Exception as error:  # outside a command there is nobody to answer: at least say it
            self._own_mistake(error)
        finally:
            self._close()
            if self._now_waiting is Next.TLS and self._tls_protocol is not None:
                # asyncio does not tell a protocol that its connection is lost when the handshake failed
                self.loop.call_soon(self.connection_lost, None)

    def _raw_transport(self) -> asyncio.Transport:
        """The transport below TLS, or the only one."""
        return cast(asyncio.Transport, self._original_transport or self.transport)

    def _close(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()
        below = self._raw_transport()
        if below is not None and below.get_write_buffer_size():
            self.loop.call_later(FLUSH_SECONDS, below.abort)

    async def _converse(self) -> None:
        dialogue = self.dialogue
        if dialogue.profile.tls == "implicit" and not await self._tls_from_the_start():
            return
        if not await self._greet():
            return
        answer: Answer | None = None
        while self.transport is not None:
            step = Next.COMMAND if answer is None else answer.next
            try:
                answer = await self._answer(step, answer)
            except (EndOfStream, ConnectionError, asyncio.CancelledError):
                raise
            except Exception as error:  # a mistake of the lab's own must reach the learner, not hang the client
                self._own_mistake(error)
                dialogue.abandon(transaction=step in (Next.MESSAGE, Next.CHUNK))
                answer = Answer(dialogue.say("local-error", error=type(error).__name__))
            if answer is None:
                return
            if answer.next is Next.TLS:
                answer = self._with_certificate(answer)
            if answer.note:
                self.note(answer.note)
            if answer.next is Next.CHUNK:
                continue  # a refusal waits, too, until the octets have come (RFC 3030 2)
            await self.push(answer.reply)
            if answer.next is Next.CLOSE or answer.reply.startswith("421"):
                self._closed_by = b"server"
                return
            if answer.next is Next.TLS:
                await self._upgrade(b"")
                answer = None
            await self._let_others()

    def _with_certificate(self, answer: Answer) -> Answer:
        """What STARTTLS is answered: 454 where the certificate cannot be made, since OpenSSL reads it from a file."""
        try:
            self._tls_context()
        except OSError as error:
            problem = f"TLS is not available: no certificate could be made ({error.strerror or error})"
            return Answer(self.dialogue.say("tls-unavailable"), note=problem)
        return answer

    async def _let_others(self) -> None:
        """Give other connections their turn now and then: a client that sends without end must not keep them out."""
        self._in_turn += 1
        if self._in_turn >= TURN and self.stream.buffer:
            self._lets_others = True
            await asyncio.sleep(0)
            self._lets_others = False
            self._in_turn = 0

    def _own_mistake(self, error: Exception) -> None:
        self.note(f"the lab's server made a mistake: {type(error).__name__}: {error}")

    async def _greet(self) -> bool:
        fault = self._strike("CONNECT")
        if fault is not None and not await self._suffer(fault):
            return False
        pause = self.dialogue.profile.greeting_pause
        if pause and not self.stepped:
            await self._wait(self, pause)
        if self.dialogue.profile.greeting_pause and self.stream.buffer:
            await self.push(self.dialogue.say("early-talk"))
            self._closed_by = b"server"
            return False
        if fault is not None and fault.reply:
            await self.push(self.dialogue.say.given(fault.reply))
            if not fault.reply.startswith("2"):
                self._closed_by = b"server"
                return False
            return True
        await self.push(self.dialogue.greeting().reply)
        return True

    async def _answer(self, step: Next, last: Answer | None) -> Answer | None:
        """Read what comes next and answer it; None when the connection was dropped."""
        dialogue, stream = self.dialogue, self.stream
        self._now_waiting = step
        self._reset_idle()
        if step is Next.MESSAGE:
            octets, too_big = await stream.message(dialogue.profile.max_size, dialogue.profile.lax_end)
            return await self._or_fault(
                "END-OF-DATA", lambda: dialogue.message(octets, too_big), dialogue.refuse_message
            )
        if step is Next.RESPONSE:
            line = await stream.line(16384)
            return dialogue.response(line)
        if step is Next.CHUNK:
            assert last is not None
            self.heard_at = self._clock.now  # no reply has gone out since the command
            return await self._chunk(last)
        line = await stream.line(4096)
        verb = verb_in(line) if self._faults or self.replay is not None else ""
        answer = await self._or_fault(verb, lambda: dialogue.command(line), lambda reply: dialogue.refuse(line, reply))
        if answer is not None and answer.next is Next.CHUNK:
            self._chunk_line = line
        return answer

    async def _chunk(self, announced: Answer) -> Answer | None:
        profile = self.dialogue.profile
        refused, size = announced.reply, announced.octets
        too_big = size > profile.max_size
        octets = await self.stream.octets(size, keep=not refused and not too_big)
        last = self._chunk_line.upper().split()[-1] == b"LAST"
        where = "END-OF-DATA" if last and not refused else ""
        return await self._or_fault(
            where, lambda: self.dialogue.chunk(octets, refused, size, last, too_big), self.dialogue.refuse_message
        )

    # --- faults and time ----------------------------------------------------------------------------------

    def _strike(self, where: str) -> Fault | None:
        self._commands += 1
        if self.replay is not None:
            fault = self.replay.get(self._commands)
            if fault is not None:
                self.history.struck[self._commands] = fault
            return fault
        if not self._faults or not where:
            return None
        fault = self._faults.strike(where)
        if fault is not None:
            self.history.struck[self._commands] = fault
        return fault

    async def _suffer(self, fault: Fault) -> bool:
        """Let a fault happen up to its reply; False when it dropped the connection."""
        self.note(fault.describe())
        if fault.delay:
            await self._wait(self, fault.delay)
        if fault.drop:
            self._closed_by = b"dropped"
            if self.transport is not None:
                self._raw_transport().abort()
            return False
        return True

    async def _or_fault(
        self, where: str, ordinary: Callable[[], Answer], refuse: Callable[[str], Answer]
    ) -> Answer | None:
        fault = self._strike(where)
        if fault is None:
            return ordinary()
        if not await self._suffer(fault):
            return None
        return ordinary() if fault.reply is None else refuse(fault.reply)

    def _reset_idle(self) -> None:
        """Put off the idle timeout. The timer looks at the time itself, so that a command costs nothing."""
        self._last_heard = self.loop.time()

    _last_heard = 0.0

    def _timeout_cb(self) -> None:
        left = self._last_heard + self._timeout_duration - self.loop.time()
        if left <= 0:
            self.time_out()
            left = self._timeout_duration  # it was busy, and may be idle by then
        if self.transport is not None:
            self._reset_timeout(left)

    def time_out(self) -> None:
        """End an idle connection with 421 (RFC 5321 4.5.3.2.7), one whose client reads no replies without a word."""
        if self.transport is None:
            return
        if self.stream.waiting:
            self._farewell(self.dialogue.say("idle", waiting=self.waiting_for()))
        elif self._raw_transport().get_write_buffer_size():
            self.note("the client does not read what the server answers: the server gives up")
            self._closed_by = b"server"
            self._raw_transport().abort()

    def shut_down(self) -> None:
        """End the connection because the lab stops (RFC 5321 3.8)."""
        if self.transport is not None:
            self._farewell(self.dialogue.say("shutdown"))

    def _farewell(self, reply: str) -> None:
        octets = reply.encode() + b"\r\n"
        if self._now_waiting is not Next.TLS:  # a word in the middle of a handshake would only be garbage
            consumed = self.stream.consumed
            self.log.add(EventKind.SERVER, self.connection, octets, self.dialogue.tls, consumed)
            self._write(octets)
        self._closed_by = b"server"
        self._close()
        # close_notify is written by now; a TLS client that never answers it must not keep the connection
        self._raw_transport().close()

    # --- TLS -------------------------------------------------------------------------------------------------

    async def _upgrade(self, first_octets: bytes) -> None:
        """Run the TLS handshake on this connection; asyncio calls connection_made again behind it."""
        self._now_waiting = Next.TLS
        self._under_tls = True
        self.heard_octets -= len(first_octets)  # they come once more, below TLS
        context = self._tls_context()
        waiter = self.loop.create_future()
        protocol = sslproto.SSLProtocol(
            self.loop,
            self,
            context,
            waiter,
            server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=1,
        )
        self._tls_protocol = protocol
        self._original_transport = transport = self.transport
        assert transport is not None
        tapped = TappedProtocol(protocol, lambda octets: self._below_tls(EventKind.CLIENT_TLS, octets))
        transport.set_protocol(tapped)
        self.transport = protocol._app_transport
        below = TappedTransport(self._raw_transport(), lambda octets: self._below_tls(EventKind.SERVER_TLS, octets))
        protocol.connection_made(cast(asyncio.Transport, below))
        view = memoryview(first_octets)
        while view:
            room = tapped.get_buffer(len(view))
            size = min(len(room), len(view))
            room[:size] = view[:size]
            tapped.buffer_updated(size)
            view = view[size:]
        await waiter

    def _below_tls(self, kind: EventKind, octets: bytes) -> None:
        if kind is EventKind.CLIENT_TLS:
            self.heard_octets += len(octets)
        else:
            self.said_octets += len(octets)
        if self in self._live:
            self.log.add(kind, self.connection, octets, tls=True)

    async def _tls_from_the_start(self) -> bool:
        """Implicit TLS (RFC 8314 3): the first octets must be a handshake."""
        self._now_waiting = Next.TLS
        with suppress(TimeoutError):
            async with asyncio.timeout(TLS_FIRST_SECONDS):
                while not self.stream.buffer:
                    await self.stream.more()
        first = self.stream.take(len(self.stream.buffer))
        if first[:1] == bytes([TLS_HELLO]):
            await self._upgrade(first)
            return True
        if first:
            self.log.add(EventKind.CLIENT, self.connection, first)
        self.note("a client without TLS came to the port for implicit TLS")
        await self.push(self.dialogue.say("plain-on-tls-port"))
        self._closed_by = b"server"
        return False


_ENVELOPE = Envelope()  # aiosmtpd makes one per connection and transaction; the dialogue keeps its own
