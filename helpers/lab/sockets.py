"""The transport over sockets: loopback only, one thread with one event loop for all labs of a kernel."""

from __future__ import annotations

import asyncio
import select
import smtplib
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from helpers.lab.clients import WatchedSMTP
from helpers.lab.clock import LabClock
from helpers.session import ConnectionClosed, NothingToWaitFor, Pipe

if TYPE_CHECKING:
    from helpers.lab.engine import Engine
    from helpers.lab.transport import Factory

T = TypeVar("T")
LOOPBACK = "127.0.0.1"
PATIENCE = 0.02  # seconds of silence before a client asks whether the server waits for it
CALL_SECONDS = 30.0


class Host:
    """The event loop that all labs share, in a daemon thread: a kernel restart leaves nothing behind."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="speak-smtp-labs", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(CALL_SECONDS)

    def run(self, action: Callable[[], T]) -> T:
        if threading.current_thread() is self.thread:
            return action()

        async def on_loop() -> T:
            return action()

        result: T = self.call(on_loop())
        return result


_host: Host | None = None
_host_lock = threading.Lock()


def host() -> Host:
    """The one host of this kernel; a new one after a fork, since a thread does not survive it."""
    global _host
    with _host_lock:
        if _host is None or not _host.thread.is_alive():
            _host = Host()
        return _host


class SocketTransport:
    """Listens on a port of 127.0.0.1."""

    name = "sockets"

    def __init__(self, factory: Factory, clock: LabClock) -> None:
        self._factory = factory
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._address: tuple[str, int] = (LOOPBACK, 0)
        self._expected: dict[int, Callable[[Engine], None] | None] = {}
        self._engines: dict[int, Engine] = {}  # by the client's port

    @property
    def address(self) -> tuple[str, int]:
        return self._address

    def start(self, port: int) -> None:
        loop = host().loop

        async def listen() -> asyncio.Server:
            return await loop.create_server(lambda: self._accept(loop), LOOPBACK, port, backlog=512)

        server: asyncio.Server = host().call(listen())
        self._server = server
        self._address = (LOOPBACK, server.sockets[0].getsockname()[1])

    def _accept(self, loop: asyncio.AbstractEventLoop) -> Engine:
        engine = self._factory(loop)
        engine.on_connect = self._on_connect
        return engine

    def _on_connect(self, engine: Engine) -> None:
        port = engine.port
        assert port is not None
        self._engines[port] = engine
        engine.on_lost = lambda: self._engines.pop(port, None)
        if port in self._expected:
            engine.stepped = True
            prepare = self._expected.pop(port)
            if prepare is not None:
                prepare(engine)

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            self.run(server.close)  # not wait_closed(): it waits for clients, from Python 3.12 on

    def connect(self, rehearse: Callable[[Engine], None] | None = None) -> Pipe:
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.bind((LOOPBACK, 0))  # so that the server knows whose connection it is when it comes
        port = client.getsockname()[1]
        self._expected[port] = rehearse
        try:
            client.connect(self._address)
        except OSError as error:
            self._expected.pop(port, None)
            client.close()
            raise ConnectionClosed("The lab has stopped: run its cell again to start a new one.") from error
        return SocketPipe(client, self, self.connection_of(port))

    def connection_of(self, port: int) -> int:
        """The number in the wire log of the connection from this client port."""

        async def accepted() -> int:
            while port not in self._engines:
                await asyncio.sleep(0.0005)
            return self._engines[port].connection

        number: int = host().call(accepted())
        return number

    def smtp_client(self, hostname: str, client_name: str) -> smtplib.SMTP:
        return WatchedSMTP(*self._address, local_hostname=client_name, why_silent=self.why_silent)

    def run(self, action: Callable[[], T]) -> T:
        return host().run(action)

    async def wait(self, engine: Engine, seconds: float) -> None:
        """A Session's delay moves the lab's clock; a client from outside waits in real time."""
        if engine.stepped:
            self._clock.advance(seconds=seconds)
        else:
            await asyncio.sleep(seconds)

    def why_silent(self, port: int) -> str | None:
        """What the server waits for on the connection from this client port; None while it is busy."""

        async def ask() -> str | None:
            # whatever the client has sent lies in the loopback by now: let the loop read and answer it
            for _ in range(4):
                await asyncio.sleep(0)
            engine = self._engines.get(port)
            return engine.waiting_for() if engine is not None else None

        waiting: str | None = host().call(ask())
        return waiting


class SocketPipe:
    """A session's end of a socket."""

    def __init__(self, client: socket.socket, transport: SocketTransport, connection: int) -> None:
        self._socket = client
        self._transport = transport
        self._port: int = client.getsockname()[1]
        self.connection = connection

    def write(self, octets: bytes) -> None:
        try:
            self._socket.sendall(octets)
        except OSError as error:
            raise ConnectionClosed("The server has closed the connection.") from error

    def read(self) -> bytes:
        while True:
            if self._readable(PATIENCE):
                return self._receive()
            waiting = self._transport.why_silent(self._port)
            if waiting is not None and not self._readable(0):
                raise NothingToWaitFor(f"No reply will come: the server waits for {waiting}.")

    def read_ready(self) -> bytes | None:
        while True:
            if self._readable(0):
                return self._receive()
            waiting = self._transport.why_silent(self._port)
            if waiting is not None:
                return self._receive() if self._readable(0) else None
            if self._readable(PATIENCE):
                return self._receive()

    def _readable(self, seconds: float) -> bool:
        try:
            return bool(select.select([self._socket], [], [], seconds)[0])
        except (OSError, ValueError):  # closed on this side
            return self._socket.fileno() < 0

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except OSError:
            return b""

    def close(self) -> None:
        self._socket.close()
