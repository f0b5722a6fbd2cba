"""A tap on the octets below TLS: what anybody on the path sees of a connection.

It stands between the transport and asyncio's TLS protocol and changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

Heard = Callable[[bytes], None]


class TappedProtocol(asyncio.BufferedProtocol):
    """Passes what comes in on to ``inner`` and tells ``heard``."""

    def __init__(self, inner: asyncio.BufferedProtocol, heard: Heard) -> None:
        self._inner = inner
        self._heard = heard
        self._room: Any = b""

    def get_buffer(self, sizehint: int) -> Any:
        self._room = self._inner.get_buffer(sizehint)
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        self._heard(bytes(self._room[:nbytes]))
        self._inner.buffer_updated(nbytes)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


class TappedTransport:
    """``inner``, whose writing ``heard`` is told of."""

    def __init__(self, inner: asyncio.Transport, heard: Heard) -> None:
        self._inner = inner
        self._heard = heard

    def write(self, data: Any) -> None:
        self._heard(bytes(data))
        self._inner.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
