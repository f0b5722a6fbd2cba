"""The transport over sockets: loopback only, one thread with one event loop for all labs of a kernel."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from helpers.lab.clock import LabClock
from helpers.lab.transport import STOPPED, readable
from helpers.session import ConnectionClosed, NothingToWaitFor, Pipe

if TYPE_CHECKING:
    import smtplib

    from helpers.lab.engine import Engine
    from helpers.lab.transport import Factory

T = TypeVar("T")
LOOPBACK = "127.0.0.1"
PATIENCE = 0.02  # seconds of silence before a client asks whether the server waits for it
CALL_SECONDS = 30.0
CLOSE_SECONDS = 1.0  # how long a client that closes waits for the server to notice
ROUNDS = 4  # of the loop, until what was read has been answered: a wake-up each for TLS, reader, task
QUIET_SECONDS = 1.0  # a client that never stops sending is not waited for


class Host:
    """The event loop that all labs share, in a daemon thread: a kernel restart leaves nothing behind."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="speak-smtp-labs", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def call(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine in the loop. It is made there: one that an interrupt here left behind would complain."""
        answer: Future[T] = Future()

        def begin() -> None:
            self.loop.create_task(work()).add_done_callback(tell)

        def tell(task: asyncio.Task[T]) -> None:
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            if error is None:
                answer.set_result(task.result())
            else:
                answer.set_exception(error)

        self.loop.call_soon_threadsafe(begin)
        return answer.result(CALL_SECONDS)

    def run(self, action: Callable[[], T]) -> T:
        if threading.current_thread() is self.thread:
            return action()

        async def on_loop() -> T:
            return action()

        return self.call(on_loop)


_host: Host | None = None
_host_lock = threading.Lock()


def host() -> Host:
    """The one host of this kernel; a new one after a fork, since a thread does not survive it."""
    global _host
    with _host_lock:
        if _host is None or not _host.thread.is_alive():
            _host = Host()
        return _host


@dataclass(slots=True)
class _Expected:
    """A session on its way: what prepares the server's side, and where its connection's number will be."""

    rehearse: Callable[[Engine], None] | None
    connection: Future[int] = field(default_factory=Future)


class SocketTransport:
    """Listens on a port of 127.0.0.1."""

    name = "sockets"

    def __init__(self, factory: Factory, clock: LabClock) -> None:
        self._factory = factory
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._address: tuple[str, int] = (LOOPBACK, 0)
        self._expected: dict[int, _Expected] = {}  # sessions that are connecting, by the client's port
        self._engines: dict[int, Engine] = {}  # by the client's port

    @property
    def address(self) -> tuple[str, int]:
        return self._address

    def start(self, port: int) -> None:
        loop = host().loop

        async def listen() -> asyncio.Server:
            return await loop.create_server(lambda: self._accept(loop), LOOPBACK, port, backlog=512)

        self._server = server = host().call(listen)
        self._address = (LOOPBACK, server.sockets[0].getsockname()[1])

    def _accept(self, loop: asyncio.AbstractEventLoop) -> Engine:
        engine = self._factory(loop)
        engine.on_connect = self._on_connect
        engine.on_lost = self._on_lost
        return engine

    def _on_connect(self, engine: Engine) -> None:
        self._engines[engine.port] = engine
        expected = self._expected.pop(engine.port, None)
        if expected is not None:
            engine.stepped = True
            if expected.rehearse is not None:
                expected.rehearse(engine)
            expected.connection.set_result(engine.connection)

    def _on_lost(self, engine: Engine) -> None:
        if self._engines.get(engine.port) is engine:  # the port may have been used again meanwhile
            del self._engines[engine.port]

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            # not wait_closed(): it waits for clients, from Python 3.12 on
            self.run(lambda: self._stop_listening(server))

    def _stop_listening(self, server: asyncio.Server) -> None:
        server.close()
        for expected in list(self._expected.values()):
            expected.connection.set_exception(ConnectionClosed(STOPPED))
        self._expected.clear()

    def connect(self, rehearse: Callable[[Engine], None] | None = None) -> Pipe:
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.bind((LOOPBACK, 0))  # so that the server knows whose connection it is when it comes
        port: int = client.getsockname()[1]
        expected = self._expected[port] = _Expected(rehearse)
        try:
            self._demand_running()  # after it is expected: a lab that stops from now on says so
            client.connect(self._address)
            return SocketPipe(client, self, expected.connection.result(CALL_SECONDS))
        except BaseException as error:
            client.close()
            if isinstance(error, OSError):
                raise ConnectionClosed(STOPPED) from error
            raise
        finally:
            self._expected.pop(port, None)

    def smtp_client(self, hostname: str, client_name: str) -> smtplib.SMTP:
        from helpers.lab.clients import WatchedSMTP

        self._demand_running()
        return WatchedSMTP(*self._address, local_hostname=client_name, why_silent=self.why_silent)

    def _demand_running(self) -> None:
        """By now another lab may listen on this one's port, and would answer in its place."""
        if self._server is None:
            raise ConnectionClosed(STOPPED)

    def run(self, action: Callable[[], T]) -> T:
        return host().run(action)

    async def wait(self, engine: Engine, seconds: float) -> None:
        """A Session's delay moves the lab's clock; a client from outside waits in real time."""
        if engine.stepped:
            self._clock.move(timedelta(seconds=seconds))
        else:
            await asyncio.sleep(seconds)

    def settle(self) -> None:
        if threading.current_thread() is not host().thread:
            host().call(lambda: _quiet(lambda: list(self._engines.values())))

    def why_silent(self, port: int, sent: int | None = None, received: int = 0) -> str | None:
        """What the server waits for on the connection from this client port; None while it is busy.

        It is also busy while octets are on their way, which only who counts them can tell: ``sent`` and
        ``received`` are the client's counts. A system that is short of room moves them on in its own time.
        """

        async def ask() -> str | None:
            engine = self._engines.get(port)
            if engine is None:
                return None
            await _quiet(lambda: [engine])
            if sent is not None and (engine.heard_octets < sent or engine.said_octets > received):
                return None
            return engine.waiting_for()

        return host().call(ask)


async def _quiet(engines: Callable[[], list[Engine]]) -> None:
    """Until the loop has read what these clients sent (it lies in the loopback by now) and has answered it."""
    quiet = 0
    loop = asyncio.get_running_loop()
    until = loop.time() + QUIET_SECONDS
    while loop.time() < until:
        quiet = 0 if any(engine.has_unread() for engine in engines()) else quiet + 1
        if quiet > ROUNDS:
            return
        await asyncio.sleep(0)


class SocketPipe:
    """A session's end of a socket."""

    def __init__(self, client: socket.socket, transport: SocketTransport, connection: int) -> None:
        self._socket = client
        self._transport = transport
        self._port: int = client.getsockname()[1]
        self._early: deque[bytes] = deque()  # what came while there was still something to send
        self._sent = self._received = 0  # octets
        self.connection = connection
        client.settimeout(PATIENCE)

    def write(self, octets: bytes) -> None:
        left = memoryview(octets)
        while left:
            try:
                taken = self._socket.send(left)
                self._sent += taken
                left = left[taken:]
            except TimeoutError:
                # the server reads no further while its replies wait to be read
                if readable(self._socket) and (more := self._receive()):
                    self._early.append(more)
            except OSError as error:
                raise ConnectionClosed("The server has closed the connection.") from error

    def read(self) -> bytes:
        if self._early:
            return self._early.popleft()
        while True:
            if readable(self._socket, PATIENCE):
                return self._receive()
            waiting = self._why_silent()
            if waiting is not None and not readable(self._socket):
                raise NothingToWaitFor(f"No reply will come: the server waits for {waiting}.")

    def read_ready(self) -> bytes | None:
        if self._early:
            return self._early.popleft()
        while True:
            if readable(self._socket):
                return self._receive()
            waiting = self._why_silent()
            if waiting is not None:
                return self._receive() if readable(self._socket) else None
            if readable(self._socket, PATIENCE):
                return self._receive()

    def _why_silent(self) -> str | None:
        return self._transport.why_silent(self._port, self._sent, self._received)

    def _receive(self) -> bytes:
        while True:
            try:
                octets = self._socket.recv(65536)
                self._received += len(octets)
                return octets
            except TimeoutError:  # another thread was quicker
                continue
            except OSError:
                return b""

    def drop(self) -> None:
        self._socket.close()

    def close(self) -> None:
        """Close, and wait until the server has noticed: afterwards the log has all that the connection did."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(CLOSE_SECONDS)
            while self._socket.recv(65536):
                pass
        except OSError:  # it is closed already, or the server has something better to do
            pass
        finally:
            self._socket.close()
        self._transport.run(lambda: None)  # inside TLS the loop tells the lab a step after the socket's end
