"""What a transport of the lab provides: the same interface over sockets and in memory."""

from __future__ import annotations

import asyncio
import os
import select
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from helpers.session import Pipe

if TYPE_CHECKING:
    import smtplib

    from helpers.lab.engine import Engine

T = TypeVar("T")
Factory = Callable[[asyncio.AbstractEventLoop], "Engine"]
TRANSPORT_VARIABLE = "SPEAK_SMTP_TRANSPORT"


STOPPED = "The lab has stopped: run its cell again to start a new one."


class NoSockets(Exception):
    """Something was asked for that needs sockets, and this lab is in memory."""


class Transport(Protocol):
    """A way for clients to reach one server."""

    name: str

    @property
    def address(self) -> tuple[str, int]:
        """Host and port. Raises NoSockets in memory."""

    def start(self, port: int) -> None:
        """Begin to take connections; ``port`` is a wish, 0 for any. Raises OSError when it is taken."""

    def stop(self) -> None:
        """Take no more connections."""

    def connect(self, rehearse: Callable[[Engine], None] | None = None) -> Pipe:
        """A new connection of a Session; ``rehearse`` prepares the server's side of it.

        Raises:
            ConnectionClosed: the transport has stopped.
        """

    def smtp_client(self, hostname: str, client_name: str) -> smtplib.SMTP:
        """A connected ``smtplib.SMTP``. Raises ConnectionClosed as ``connect`` does."""

    def run(self, action: Callable[[], T]) -> T:
        """Run ``action`` where the server runs, and return what it returns."""

    def settle(self) -> None:
        """Let the server read and answer what has been sent so far."""

    def wait(self, engine: Engine, seconds: float) -> Awaitable[None]:
        """Let ``seconds`` pass for this connection."""


class _HasFileno(Protocol):
    def fileno(self) -> int: ...


def readable(sock: _HasFileno, seconds: float = 0.0) -> bool:
    """Whether a socket has something to read within ``seconds``; its end counts, and that it was closed here."""
    if sock.fileno() < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([sock], [], [], seconds)[0])
    # select() fails for descriptors above 1023, of which a kernel may have many open
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def default_transport() -> str:
    """ "sockets" or "memory": the environment variable's choice, else sockets where they exist."""
    wished = os.environ.get(TRANSPORT_VARIABLE, "").strip().lower()
    if wished in ("sockets", "memory"):
        return wished
    if wished:
        raise ValueError(f'{TRANSPORT_VARIABLE} is "sockets" or "memory", not {wished!r}.')
    return "sockets" if can_sockets() else "memory"


def can_sockets() -> bool:
    """Whether this Python can listen on loopback and start a thread, found by trying once."""
    global _sockets
    if _sockets is None:
        _sockets = _try_sockets()
    return _sockets


_sockets: bool | None = None


def _try_sockets() -> bool:
    import socket
    import sys

    if sys.platform in ("emscripten", "wasi"):
        return False
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError:
        return False
    return True
