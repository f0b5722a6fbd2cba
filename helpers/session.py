"""The learner's hand on the wire: connect, send a line, read a reply.

A :class:`Session` talks through a :class:`Pipe`, which a transport of the lab provides, so the same
session works over a socket and in memory, with and without TLS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import EllipsisType, TracebackType
from typing import Protocol, Self, overload

from helpers.protocol.reply import Reply, decode, is_last_line, parse_reply
from helpers.protocol.state import verb_of


class _Told(BaseException):
    """Its sentence tells what happened; our frames do not."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows this in the place of a traceback
        return [f"{type(self).__name__}: {self}"]


class SessionError(_Told, Exception):
    """Something went wrong between the session and the server."""


class ConnectionClosed(SessionError):
    """The connection has ended, so nothing can be sent any more."""


class NothingToWaitFor(SessionError):
    """No reply will come, because the server itself waits; the message says for what."""


class TLSFailed(SessionError):
    """The TLS handshake did not succeed; the message gives the reason in plain words."""


class Interrupted(_Told, KeyboardInterrupt):
    """Somebody interrupted the kernel while the session was sending or waiting; the connection has been closed."""


class Pipe(Protocol):
    """Both directions of a connection, as octets."""

    connection: int  #: its number in the wire log

    def write(self, octets: bytes) -> None:
        """Send octets. Raises ConnectionClosed when the other side has gone."""

    def read(self) -> bytes:
        """Wait for octets; b"" at the end. Raises NothingToWaitFor when none can come."""

    def read_ready(self) -> bytes | None:
        """What there is once the server has nothing left to do; None when nothing, b"" at the end."""

    def close(self) -> None:
        """Close this side, and wait until the server has noticed."""

    def drop(self) -> None:
        """Close this side without waiting for anybody."""


class Session:
    """One SMTP connection, line by line.

    Made by ``lab.connect()``. ``greeting`` is the server's first reply, ``connection`` the number of this
    connection in ``lab.transcript()``.
    """

    def __init__(self, pipe: Pipe, hostname: str, secure: Callable[[Pipe], Pipe]) -> None:
        self._pipe = pipe
        self._hostname = hostname
        self._secure = secure  # puts TLS over a pipe
        self._buffer = bytearray()
        self._ended = False
        self._last: Reply | None = None
        self.connection = pipe.connection
        self.tls = False
        self.greeting: Reply

    # --- talking ------------------------------------------------------------------------------------

    @overload
    def send(self, line: str) -> Reply: ...
    @overload
    def send(self, line: EllipsisType) -> None: ...
    def send(self, line: str | EllipsisType) -> Reply | None:
        """Send one line, ended by CR LF, and return the reply. ``send(...)`` is a gap: it sends nothing.

        After ``send("STARTTLS")`` and a 220 the TLS handshake is done before this returns.

        Raises:
            TypeError: no text.
            ValueError: CR or LF inside the line; ``send_raw`` sends octets as they are.
            ConnectionClosed: the connection has ended.
            NothingToWaitFor: the server waits for something else, such as the end of a message.
            TLSFailed: STARTTLS was accepted and the handshake failed.
        """
        if isinstance(line, EllipsisType):
            return None
        if not isinstance(line, str):
            kind = type(line).__name__
            raise TypeError(
                f"send() takes one line as text in quotes, not {kind}. For octets there is send_raw(b'...')."
            )
        if "\r" in line or "\n" in line:
            raise ValueError(
                "A line ends where CR LF stands, and send() writes that itself. "
                "Send one line at a time, or use send_raw(b'...') for exact octets."
            )
        is_command = self._last is None or self._last.code not in (334, 354)  # else a part of AUTH, or of a message
        with self._closed_by_interrupt():
            self._write(line.encode("utf-8", "surrogateescape") + b"\r\n")
            reply = self._read_reply()
        if is_command:
            reply = replace(reply, command=line)
        if verb_of(line) == "STARTTLS" and reply.code == 220 and not self.tls:
            self.start_tls()
        return reply

    def send_raw(self, octets: bytes) -> list[Reply]:
        """Send exactly these octets and return the replies that came, perhaps none.

        Raises:
            TypeError: no octets.
            ConnectionClosed: the connection had ended before.
        """
        if isinstance(octets, str):
            raise TypeError("send_raw() takes octets: put a b before the quotes, as in b'NOOP\\r\\n'.")
        with self._closed_by_interrupt():
            self._write(bytes(octets))
            while (more := self._pipe.read_ready()) is not None:
                if not more:
                    self.close()
                    break
                self._buffer += more
        replies = []
        while (reply := self._next_reply()) is not None:
            replies.append(reply)
        return replies

    def send_data(self, message: bytes | str) -> Reply:
        """Send a message after 354: CR LF line ends, leading dots doubled, the final dot added.

        Source: RFC 5321 4.5.2.
        """
        with self._closed_by_interrupt():
            self._write(message_octets(message))
            return self._read_reply()

    def start_tls(self) -> None:
        """Do the TLS handshake on this connection now.

        Raises:
            TLSFailed: with the reason.
        """
        with self._closed_by_interrupt():
            self._pipe = self._secure(self._pipe)
        self._buffer = bytearray()
        self.tls = True

    def close(self) -> None:
        """Close the connection without QUIT. Safe to call twice."""
        self._ended = True
        self._pipe.close()

    # --- reading ------------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether the connection has ended: closed here, or by the server after 221 or 421."""
        return self._ended

    def read_greeting(self) -> Reply:
        """Read the greeting; ``lab.connect()`` does it."""
        self.greeting = self._read_reply()
        return self.greeting

    @contextmanager
    def _closed_by_interrupt(self) -> Iterator[None]:
        """Close when interrupted: half a line may have gone out, and a reply be taken for that to the next command.

        Raises:
            Interrupted: in the place of KeyboardInterrupt.
        """
        try:
            yield
        except KeyboardInterrupt:
            self._ended = True
            self._pipe.drop()  # whoever is interrupted waits for no server
            raise Interrupted(
                "you interrupted this while it was sending or waiting for a reply, so the connection was closed. "
                "Open a new one with lab.connect()."
            ) from None

    def _write(self, octets: bytes) -> None:
        if self._ended:
            raise self._gone()
        try:
            self._pipe.write(octets)
        except ConnectionClosed:
            # the server may have said why before it closed: that is the answer
            if not self._fill_quietly() and not self._buffer:
                self.close()
                raise self._gone() from None

    def _fill_quietly(self) -> bool:
        try:
            more = self._pipe.read()
        except SessionError:
            return False
        self._buffer += more
        return bool(more)

    def _read_reply(self) -> Reply:
        while (reply := self._next_reply()) is None:
            more = self._pipe.read()
            if not more:
                self.close()
                raise self._gone()
            self._buffer += more
        return reply

    def _next_reply(self) -> Reply | None:
        """Take the first complete reply out of the buffer, if there is one."""
        start = 0
        while (end := self._buffer.find(b"\n", start) + 1) > 0:
            if is_last_line(bytes(self._buffer[start:end])):
                break
            start = end
        else:
            return None
        raw = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._last = reply = parse_reply(raw)
        if reply.code in (221, 421) and not self._buffer:
            self.close()
        return reply

    def _gone(self) -> ConnectionClosed:
        said = f" Its last reply was {str(self._last)!r}." if self._last else ""
        rest = f" It had begun to say {decode(bytes(self._buffer))!r}." if self._buffer else ""
        return ConnectionClosed(f"This connection has ended.{said}{rest} Open a new one with lab.connect().")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "ended" if self._ended else "open"
        return f"<Session with {self._hostname}: connection {self.connection}, {state}{', inside TLS' * self.tls}>"


def message_octets(message: bytes | str) -> bytes:
    """A message as it goes over the wire after 354: CR LF line ends, leading dots doubled, the final dot.

    Source: RFC 5321 4.5.2.
    """
    octets = message.encode() if isinstance(message, str) else bytes(message)
    lines = octets.replace(b"\r\n", b"\n").split(b"\n") if octets else []
    if lines and not lines[-1]:
        lines.pop()
    stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
    return stuffed + b".\r\n"
