"""Stock aiosmtpd with the least around it: one loop in a thread, a handler that stores, no recording."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session


class Keeper:
    """A handler that keeps the messages, as the lab does."""

    def __init__(self) -> None:
        self.messages: list[tuple[str | None, tuple[str, ...], Any]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.messages.append((envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content))
        return "250 OK"


class StockServer:
    """Listens on loopback. Not aiosmtpd's Controller: its thread and its own connection would be measured, too."""

    def __init__(self) -> None:
        self.keeper = Keeper()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: asyncio.Server = self._call(self._listen())
        self.host = "127.0.0.1"
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _listen(self) -> asyncio.Server:
        def protocol() -> SMTP:
            return SMTP(self.keeper, hostname="mail.lab.example", loop=self._loop, enable_SMTPUTF8=True)

        return await self._loop.create_server(protocol, "127.0.0.1", 0, backlog=512)

    def _call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async def close() -> None:
            self._server.close()
            rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        self._call(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
