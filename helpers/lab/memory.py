"""The transport in memory: no socket, no thread. A small event loop steps the server until it is quiet.

It also runs where there are no sockets and no threads, as in a browser's Python.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from helpers.lab.clock import LabClock
from helpers.lab.transport import STOPPED, NoSockets
from helpers.session import ConnectionClosed, NothingToWaitFor, Pipe

if TYPE_CHECKING:
    import smtplib

    from helpers.lab.engine import Engine
    from helpers.lab.transport import Factory

T = TypeVar("T")
MAX_STEPS = 1_000_000  # a loop that has not come to rest by then never will


class StepLoop(asyncio.AbstractEventLoop):
    """Runs what is ready until nothing is left. Its time stands still, so timers never fire."""

    def __init__(self) -> None:
        self._ready: deque[asyncio.Handle] = deque()
        self._stepping = False
        self.lock = threading.RLock()  # widget callbacks may come from another thread
        self.errors: list[dict[str, Any]] = []

    # what asyncio's transports, protocols and tasks call

    def time(self) -> float:
        return 0.0

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> asyncio.Handle:  # type: ignore[override]
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Context | None = None) -> asyncio.Handle:  # type: ignore[override]
        return self.call_soon(callback, *args, context=context)

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:  # type: ignore[override]
        return self.call_at(delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:  # type: ignore[override]
        return asyncio.TimerHandle(when, callback, args, self, context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """asyncio tells so."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Coroutine[Any, Any, T], **options: Any) -> asyncio.Task[T]:  # type: ignore[override]
        return asyncio.Task(coro, loop=self, **options)

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return self._stepping

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.errors.append(context)

    # what the transport calls

    def run_until_quiet(self) -> None:
        """Run everything that is ready, and what that makes ready."""
        with self.lock:
            if self._stepping:
                return  # called from inside: the outer call goes on with it
            outer = asyncio._get_running_loop()
            task = _task_of(outer)
            try:
                try:
                    self._step(outer, task)
                finally:
                    self._step_aside(outer, task)
            finally:
                # an interrupt may strike anywhere, in the line above too, and a kernel whose own loop does not
                # come back is dead
                self._step_aside(outer, task)

    def _step(self, outer: asyncio.AbstractEventLoop | None, task: asyncio.Task[Any] | None) -> None:
        """Run in the place of the loop that is running this very code, as a notebook's kernel does."""
        self._stepping = True
        if outer is not None and task is not None:
            asyncio.tasks._leave_task(outer, task)
        asyncio._set_running_loop(self)
        for _ in range(MAX_STEPS):
            if not self._ready:
                return
            handle = self._ready.popleft()
            if not handle.cancelled():
                handle._run()
        raise RuntimeError("the lab's loop does not come to rest")

    def _step_aside(self, outer: asyncio.AbstractEventLoop | None, task: asyncio.Task[Any] | None) -> None:
        """Let the other loop go on where it was; once more does no harm."""
        asyncio._set_running_loop(outer)
        if outer is not None and task is not None and asyncio.current_task(outer) is not task:
            asyncio.tasks._enter_task(outer, task)
        self._stepping = False


def _task_of(loop: asyncio.AbstractEventLoop | None) -> asyncio.Task[Any] | None:
    return None if loop is None else asyncio.current_task(loop)


class MemoryLink(asyncio.Transport):
    """The server's end of a connection in memory."""

    def __init__(self, loop: StepLoop, protocol: asyncio.BaseProtocol, port: int) -> None:
        super().__init__({"peername": ("127.0.0.1", port), "sockname": ("127.0.0.1", 25)})
        self._loop = loop
        self._protocol = protocol
        self._to_server: deque[bytes] = deque()
        self._paused = False
        self._closing = False
        self._error: Exception | None = None
        self.to_client = bytearray()
        self.lost = False
        self.client_gone = False
        loop.call_soon(self._begin)

    def _begin(self) -> None:
        self._protocol.connection_made(self)

    # asyncio.Transport

    def write(self, data: Any) -> None:
        if not self.lost and not self.client_gone:
            self.to_client += data

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._lose)

    def abort(self) -> None:
        self.close()

    def _force_close(self, error: Exception | None) -> None:
        self._error = error
        self.close()

    def _lose(self) -> None:
        if not self.lost:
            self.lost = True
            self._protocol.connection_lost(self._error)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Memory does not block."""

    def is_reading(self) -> bool:
        return not self._paused

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        self._loop.call_soon(self._deliver)

    # the client's side

    def feed(self, octets: bytes) -> None:
        view = memoryview(octets)
        self._to_server.extend(bytes(view[n : n + 65536]) for n in range(0, len(view), 65536))
        self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        while self._to_server and not self._paused and not self._closing:
            octets = self._to_server.popleft()
            protocol = self._protocol
            if isinstance(protocol, asyncio.BufferedProtocol):
                view = memoryview(octets)
                while view:
                    room: Any = protocol.get_buffer(len(view))
                    size = min(len(room), len(view))
                    room[:size] = view[:size]
                    protocol.buffer_updated(size)
                    view = view[size:]
            elif isinstance(protocol, asyncio.Protocol):
                protocol.data_received(octets)

    def hang_up(self) -> None:
        if not self.client_gone:
            self.client_gone = True
            self._loop.call_soon(self._end_of_client)

    def _end_of_client(self) -> None:
        if self.lost:
            return
        protocol = self._protocol
        keep = protocol.eof_received() if isinstance(protocol, (asyncio.Protocol, asyncio.BufferedProtocol)) else None
        if not keep:
            self.close()


class MemoryTransport:
    """Connections that never leave the process."""

    name = "memory"

    def __init__(self, factory: Factory, clock: LabClock) -> None:
        self._factory = factory
        self._clock = clock
        self._loop = StepLoop()  # type: ignore[abstract]  # only typeshed's stub is abstract
        self._ports = iter(range(40001, 2**31))
        self._running = False

    @property
    def address(self) -> tuple[str, int]:
        raise NoSockets(
            "This lab lives in memory: it has no host and port that another program could reach. "
            "Use lab.connect() or lab.smtplib(), or make the lab with transport='sockets' on a computer."
        )

    def start(self, port: int) -> None:
        self._running = True

    def stop(self) -> None:
        self._running = False

    def connect(self, rehearse: Callable[[Engine], None] | None = None) -> Pipe:
        if not self._running:
            raise ConnectionClosed(STOPPED)
        engine = self._factory(self._loop)
        engine.stepped = True
        if rehearse is not None:
            engine.on_connect = rehearse
        link = MemoryLink(self._loop, engine, next(self._ports))
        self._loop.run_until_quiet()
        return MemoryPipe(self._loop, link, engine)

    def smtp_client(self, hostname: str, client_name: str) -> smtplib.SMTP:
        from helpers.lab.clients import MemorySMTP

        return MemorySMTP(hostname, local_hostname=client_name, connect=self.connect)

    def run(self, action: Callable[[], T]) -> T:
        with self._loop.lock:  # the server may be at work in another thread
            result = action()
            self._loop.run_until_quiet()
        return result

    def settle(self) -> None:
        self._loop.run_until_quiet()

    async def wait(self, engine: Engine, seconds: float) -> None:
        """Nobody waits in memory: the lab's clock moves instead."""
        self._clock.move(timedelta(seconds=seconds))


class MemoryPipe:
    """A client's end of a connection in memory."""

    def __init__(self, loop: StepLoop, link: MemoryLink, engine: Engine) -> None:
        self._loop = loop
        self._link = link
        self._engine = engine
        self.connection = engine.connection

    def write(self, octets: bytes) -> None:
        if self._link.lost or self._link.client_gone:
            raise ConnectionClosed("The server has closed the connection.")
        self._link.feed(octets)
        self._loop.run_until_quiet()

    def read(self) -> bytes:
        octets = self.read_ready()
        if octets is None:
            waiting = self._engine.waiting_for() or "nothing that it could name"
            raise NothingToWaitFor(f"No reply will come: the server waits for {waiting}.")
        return octets

    def read_ready(self) -> bytes | None:
        with self._loop.lock:
            self._loop.run_until_quiet()
            octets = bytes(self._link.to_client)
            self._link.to_client.clear()
        if octets:
            return octets
        return b"" if self._link.lost or self._link.client_gone else None

    def close(self) -> None:
        self._link.hang_up()
        self._loop.run_until_quiet()

    drop = close  # here the server is at work only while somebody waits for it
