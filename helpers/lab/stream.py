"""The client's octets as the server reads them: lines, messages, chunks.

It counts what came and what was read, so that every reply can say which octets it answers.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final

HIGH_WATER: Final = 256 * 1024  # octets that may wait unread before the client is held back
_LAX_END: Final = re.compile(rb"(?:\A|\n)\.\r?\n")
_LAX_END_LATER: Final = re.compile(rb"\n\.\r?\n")


class EndOfStream(Exception):
    """The client has closed its side and everything it sent has been read."""


class Stream:
    """A buffer between the transport, which feeds it, and one reader."""

    def __init__(self, loop: asyncio.AbstractEventLoop, hold_back: Callable[[bool], None]) -> None:
        self._loop = loop
        self._hold_back = hold_back
        self._held = False
        self._waiter: asyncio.Future[None] | None = None
        self.buffer = bytearray()
        self.received = 0  # octets since the connection, or TLS, began
        self.ended = False

    @property
    def consumed(self) -> int:
        """Octets read so far, counted as ``received`` is."""
        return self.received - len(self.buffer)

    @property
    def waiting(self) -> bool:
        """Whether the reader waits for more than there is."""
        return self._waiter is not None

    def feed(self, octets: bytes) -> None:
        self.buffer += octets
        self.received += len(octets)
        if len(self.buffer) > HIGH_WATER and not self._held and self._waiter is None:
            self._held = True
            self._hold_back(True)
        self._wake()

    def feed_end(self) -> None:
        self.ended = True
        self._wake()

    def restart(self, keep: bool = False) -> None:
        """Begin anew behind TLS; what came before is dropped (RFC 3207 4.2) unless ``keep``."""
        if not keep:
            self.buffer.clear()
        self.received = len(self.buffer)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def more(self) -> None:
        """Wait until something more has come.

        Raises:
            EndOfStream: nothing more will come.
        """
        if self.ended:
            raise EndOfStream
        if self._held:
            self._held = False
            self._hold_back(False)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def take(self, size: int) -> bytes:
        octets = bytes(self.buffer[:size])
        del self.buffer[:size]
        return octets

    async def line(self, limit: int) -> bytes:
        """One line, its end included. Of a line longer than ``limit`` octets only so much is kept."""
        start = 0
        while True:
            end = self.buffer.find(b"\n", start)
            if end >= 0:
                return self.take(end + 1)
            if len(self.buffer) > limit:
                return await self._long_line(limit)
            start = len(self.buffer)
            await self.more()

    async def _long_line(self, limit: int) -> bytes:
        head = bytes(self.buffer[: limit + 1])
        while (end := self.buffer.find(b"\n")) < 0:
            self.buffer.clear()
            await self.more()
        self.take(end + 1)
        return head + b"\r\n"

    async def message(self, limit: int, lax: bool) -> tuple[bytes, bool]:
        """A message up to its final dot, and whether it was too big (over ``limit`` octets) to be kept.

        The end is CR LF . CR LF and nothing else (RFC 5321 4.1.1.4); ``lax`` also takes the ends that
        make SMTP smuggling possible.
        """
        scanned = 0
        dropped = False
        while True:
            end = self._end_of_message(scanned, not dropped, lax)
            if end:
                return self.take(end), dropped
            if len(self.buffer) > limit + HIGH_WATER:
                del self.buffer[:-4]  # the end may have begun in the last octets
                dropped = True
            scanned = len(self.buffer)
            await self.more()

    def _end_of_message(self, scanned: int, whole: bool, lax: bool) -> int:
        start = max(0, scanned - 4)
        at_start = whole and start == 0
        if lax:
            match = (_LAX_END if at_start else _LAX_END_LATER).search(self.buffer, start)
            return match.end() if match else 0
        if at_start and self.buffer.startswith(b".\r\n"):
            return 3
        end = self.buffer.find(b"\r\n.\r\n", start)
        return end + 5 if end >= 0 else 0

    async def octets(self, size: int, keep: bool) -> bytes:
        """Exactly ``size`` octets; read and dropped unless ``keep``."""
        got = bytearray()
        while size:
            if not self.buffer:
                await self.more()
            block = self.take(min(size, len(self.buffer)))
            size -= len(block)
            if keep:
                got += block
        return bytes(got)
