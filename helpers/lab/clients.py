"""smtplib, ready for the lab: over sockets with a watch on hopeless waits, and in memory."""

from __future__ import annotations

import io
import smtplib
import socket
import ssl
from collections.abc import Callable
from time import monotonic
from typing import Any

from helpers.lab.transport import STOPPED, readable
from helpers.session import ConnectionClosed, NothingToWaitFor, Pipe, TLSFailed

PATIENCE = 0.05  # seconds of silence before asking whether the server waits

WhySilent = Callable[[int], str | None]


def _watched(sock: socket.socket, receive: Callable[[], int], why_silent: WhySilent) -> int:
    """Receive; end with an error when the server itself is waiting.

    Raises:
        NothingToWaitFor: nothing can come; the message says what the server waits for.
    """
    limit = sock.gettimeout()
    give_up = None if limit is None else monotonic() + limit
    # not select(): inside TLS a readable socket may hold nothing for the application
    sock.settimeout(PATIENCE)
    try:
        while True:
            try:
                return receive()
            except TimeoutError:
                waiting = why_silent(sock.getsockname()[1])
                if waiting is not None and not readable(sock):
                    raise NothingToWaitFor(f"No reply will come: the server waits for {waiting}.") from None
                if give_up is not None and monotonic() > give_up:
                    raise
    finally:
        sock.settimeout(limit)


def _nobody_knows(port: int) -> str | None:
    return None


class WatchedSocket(socket.socket):
    """A socket whose reads end with an error when no reply can come."""

    why_silent: WhySilent = staticmethod(_nobody_knows)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        receive = super().recv_into
        return _watched(self, lambda: receive(buffer, nbytes, flags), self.why_silent)


class WatchedSSLSocket(ssl.SSLSocket):
    """The same inside TLS."""

    why_silent: WhySilent = staticmethod(_nobody_knows)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        receive = super().recv_into
        return _watched(self, lambda: receive(buffer, nbytes, flags), self.why_silent)


class WatchedSMTP(smtplib.SMTP):
    """smtplib's client on a :class:`WatchedSocket`."""

    def __init__(self, host: str, port: int, *, local_hostname: str, why_silent: WhySilent) -> None:
        self._why_silent = why_silent
        super().__init__(host, port, local_hostname=local_hostname)

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        try:
            plain = socket.create_connection((host, port))
        except OSError as error:
            raise ConnectionClosed(STOPPED) from error
        watched = WatchedSocket(fileno=plain.detach())
        watched.why_silent = self._why_silent
        return watched


class PipeSocket:
    """As much of a socket as smtplib uses, over a pipe."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe

    def sendall(self, octets: bytes) -> None:
        try:
            self.pipe.write(bytes(octets))
        except ConnectionClosed as error:
            raise BrokenPipeError(str(error)) from error

    def makefile(self, mode: str = "rb", *_: object) -> io.BufferedReader:
        return io.BufferedReader(_PipeReader(self.pipe))

    def settimeout(self, seconds: float | None) -> None:
        """In memory nothing takes time."""

    def close(self) -> None:
        self.pipe.close()


class _PipeReader(io.RawIOBase):
    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = self._pipe.read()
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


class MemorySMTP(smtplib.SMTP):
    """smtplib's client on a pipe."""

    def __init__(self, hostname: str, *, local_hostname: str, connect: Callable[[], Pipe]) -> None:
        self._open_pipe = connect
        super().__init__(hostname, 25, local_hostname=local_hostname)

    def _get_socket(self, host: str, port: int, timeout: Any) -> Any:
        return PipeSocket(self._open_pipe())

    def starttls(self, *, context: ssl.SSLContext | None = None) -> tuple[int, bytes]:  # type: ignore[override]
        # without a context smtplib verifies nothing; here it is to be no safer than on a socket
        over_pipes: Any = _OverPipes(context or ssl._create_unverified_context())
        return super().starttls(context=over_pipes)


class _OverPipes:
    """Any TLS context as ``starttls`` uses it: the context's own method takes nothing but a socket."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def wrap_socket(self, sock: PipeSocket, server_hostname: str) -> PipeSocket:
        from helpers.session_tls import TLSPipe

        try:
            return PipeSocket(TLSPipe(sock.pipe, self._context, server_hostname))
        except TLSFailed as failed:
            if isinstance(failed.__cause__, ssl.SSLError):
                raise failed.__cause__ from None  # what a caller of smtplib gets, and expects, on a socket
            raise


class LabSSLContext(ssl.SSLContext):
    """A client context whose sockets are watched: see :class:`WatchedSSLSocket`."""

    sslsocket_class = WatchedSSLSocket

    def wrap_socket(self, sock: Any, *args: Any, **options: Any) -> Any:
        why_silent = getattr(sock, "why_silent", _nobody_knows)
        wrapped = super().wrap_socket(sock, *args, **options)
        wrapped.why_silent = why_silent  # type: ignore[attr-defined]
        return wrapped
