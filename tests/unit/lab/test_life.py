"""The life of labs: replaced, stopped, many at once, from several threads, inside a running loop."""

from __future__ import annotations

import asyncio
import gc
import smtplib
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from helpers.lab import Lab, running_labs
from helpers.lab.dialogue import Dialogue
from helpers.lab.sockets import _Expected
from helpers.lab.transport import NoSockets
from helpers.session import ConnectionClosed, NothingToWaitFor, Session, SessionError
from helpers.wire.messages import StoredMessage
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import EHLO, PLAIN_ALICE, deliver, eventually, raw_pipe, say


def test_running_the_cell_again_replaces_the_lab_at_once(start: Start) -> None:
    first = start("open")
    deliver(first.connect())
    clients: list[Session] = []
    for _ in range(5):
        clients.append(first.connect())
        say(clients[-1], EHLO, "STARTTLS", EHLO)
    second = start("open")
    assert running_labs()[-1] is second
    assert first not in running_labs()
    assert not first.running
    assert second.running
    assert second.mailboxes == {}
    assert len(second.transcript()) == 0
    for client in clients:
        assert client.send("NOOP").code == 421
    if second.can_sockets:
        assert second.port == first.port
        with smtplib.SMTP(second.host, second.port) as client:
            assert client.noop()[0] == 250


def test_a_taken_port_is_left_to_its_owner() -> None:
    with Lab("open", name="port", transport="sockets") as first:
        port = first.port
        first.stop()
        with socket.create_server(("127.0.0.1", port)):
            first._running = True  # as if it had been replaced while somebody took the port
            from helpers.lab import lab as module

            module._labs["port"] = first
            with Lab("open", name="port", transport="sockets") as second:
                assert second.port != port
                assert second.connect().greeting.code == 220


def test_stop_says_421_and_is_safe_twice(lab: Lab) -> None:
    waiting, in_data = lab.connect(), lab.connect()
    say(in_data, EHLO, "MAIL FROM:<>", "RCPT TO:<bob@lab.example>", "DATA")
    pipe = raw_pipe(lab)
    lab.stop()
    lab.stop()
    assert not lab.running
    assert lab not in running_labs()
    assert waiting.send("NOOP").code == 421
    assert in_data.send_raw(b"x\r\n")[0].code == 421
    octets = b""
    while more := pipe.read():
        octets += more
    assert octets.endswith(b"421 4.3.2 mail.lab.example Service shutting down\r\n")
    with pytest.raises(ConnectionClosed, match="The lab has stopped"):
        lab.connect()
    with pytest.raises(ConnectionClosed, match="The lab has stopped"):
        lab.smtplib()
    assert len(lab.transcript()) > 0  # what was said can still be read


def test_the_transcript_of_a_stopped_lab_tells_who_closed(lab: Lab) -> None:
    lab.connect().close()
    said_goodbye = lab.connect()
    said_goodbye.send("QUIT")
    waiting = lab.connect()
    lab.stop()
    assert waiting.send("NOOP").code == 421
    assert eventually(lambda: [c.closed for c in lab.transcript().connections] == ["client", "server", "server"])


def test_ten_labs_share_one_thread(start: Start) -> None:
    start("open", name="warm up")
    before = threading.active_count()
    labs = [start("open", name=f"lab {n}") for n in range(10)]
    assert {deliver(lab.connect()).code for lab in labs} == {250}
    assert threading.active_count() == before
    assert running_labs()[-10:] == labs
    assert all(len(lab.mailbox("bob@lab.example")) == 1 for lab in labs)


def test_in_memory_there_is_no_thread_and_no_port() -> None:
    before = threading.active_count()
    with Lab("open", transport="memory") as lab:
        assert deliver(lab.connect()).code == 250
        assert threading.active_count() == before
        assert not lab.can_sockets
        with pytest.raises(NoSockets, match="transport='sockets'"):
            lab.port  # noqa: B018
        assert "in memory" in repr(lab)


def test_the_socket_listens_on_loopback_alone() -> None:
    with Lab("open", transport="sockets") as lab:
        assert lab.host == "127.0.0.1"
        addresses = {sock.getsockname()[0] for sock in lab._transport._server.sockets}  # type: ignore[attr-defined]
        assert addresses == {"127.0.0.1"}


def test_two_hundred_quick_connections_cross_nothing(start: Start) -> None:
    lab = start("open")

    def one(number: int) -> tuple[int, int]:
        session = lab.connect()
        say(session, f"EHLO host{number}.example", f"MAIL FROM:<s{number}@x.example>", "RCPT TO:<bob@lab.example>")
        session.send("DATA")
        session.send_data(f"Subject: {number}\r\n\r\n")
        session.send("QUIT")
        return session.connection, number

    with ThreadPoolExecutor(8) as pool:
        numbers = dict(pool.map(one, range(200)))
    for connection in lab.transcript().connections:
        assert [e.code for e in connection.exchanges] == [220, 250, 250, 250, 354, 250, 221]
        assert connection.exchanges[1].command == f"EHLO host{numbers[connection.number]}.example"
    messages = lab.mailbox("bob@lab.example")
    assert len({m.identifier for m in messages}) == len(messages) == 200
    assert all(m.sender == f"s{m.headers['Subject']}@x.example" for m in messages)
    assert eventually(lambda: not lab._live)


def test_one_session_may_be_handed_from_thread_to_thread(lab: Lab) -> None:
    """As widget callbacks in ipykernel's subshells do."""
    session = lab.connect()
    session.send(EHLO)
    codes: list[int] = []
    for _ in range(5):
        thread = threading.Thread(target=lambda: codes.append(session.send("NOOP").code))
        thread.start()
        thread.join()
    assert codes == [250] * 5


def test_inside_a_running_loop(start: Start) -> None:
    """A notebook's kernel runs its cells inside one."""

    async def cell() -> None:
        lab = start("open")
        session = lab.connect()
        assert deliver(session).code == 250
        say(session, "STARTTLS", EHLO)
        assert session.send(PLAIN_ALICE).code == 235
        with lab.smtplib() as client:
            client.sendmail("a@x.example", ["bob@lab.example"], b"Subject: x\r\n\r\n")
        await asyncio.sleep(0)
        assert asyncio.current_task() is not None
        lab.clock.advance(minutes=6)
        lab.stop()

    asyncio.run(cell())


@pytest.mark.parametrize("where", ["command", "read"])
def test_an_interrupt_leaves_the_lab_usable(lab: Lab, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """The kernel's interrupt button raises KeyboardInterrupt wherever the main thread is."""
    session, other = lab.connect(), lab.connect()

    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    if where == "command" and lab.transport == "memory":  # the server runs in the main thread
        monkeypatch.setitem(Dialogue._METHODS, "NOOP", interrupted)
    else:
        monkeypatch.setattr(session._pipe, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.send("NOOP")
    monkeypatch.undo()
    with pytest.raises(ConnectionClosed):  # and never the reply to another command
        session.send("VRFY alice")
    assert other.send("NOOP").code == 250
    assert deliver(lab.connect()).code == 250
    lab.clock.advance(minutes=1)
    lab.stop()


def test_an_interrupt_while_connecting_leaves_the_lab_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    with Lab("open", transport="sockets") as lab:
        from concurrent.futures import Future

        with monkeypatch.context() as patch:
            patch.setattr(Future, "result", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                lab._transport.connect()
        assert lab._transport._expected == {}  # type: ignore[attr-defined]
        assert lab.connect().send("NOOP").code == 250


def test_a_session_that_connects_while_the_lab_stops_is_told_so() -> None:
    """It may have reached the backlog of a server that never takes it out."""
    with Lab("open", transport="sockets") as lab:
        waiting = lab._transport._expected[1] = _Expected(None)  # type: ignore[attr-defined]
        lab.stop()
        with pytest.raises(ConnectionClosed, match="The lab has stopped"):
            waiting.connection.result(0)


def test_a_lab_that_was_replaced_is_told_so_and_reaches_nobody_else(start: Start) -> None:
    """The new lab listens on the old one's port, so a connection would come about, with the wrong server."""
    first = start("open")
    second = start("open")
    before = time.monotonic()
    for connect in (first.connect, first.smtplib, lambda: first.replay(())):
        with pytest.raises(ConnectionClosed, match="The lab has stopped"):
            connect()
    assert time.monotonic() - before < 5
    assert second.transcript().connections == ()


@contextmanager
def nothing_left_open() -> Iterator[None]:
    """Every socket that is made here is closed and not only collected."""
    gc.collect()  # what other tests have left
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(warning.message) for warning in caught if warning.category is ResourceWarning] == []


@pytest.mark.parametrize("tls", [None, True])
def test_a_connection_that_comes_to_nothing_is_closed(lab: Lab, tls: bool | None) -> None:
    lab.fault("CONNECT", drop=True)
    with nothing_left_open(), suppress(SessionError):
        lab.connect(tls)
        pytest.fail("it came about")


def test_a_connection_on_which_both_sides_wait_is_closed(start: Start) -> None:
    """Without TLS on a port for implicit TLS: no greeting, and no handshake."""
    lab = start("submissions")
    with nothing_left_open(), suppress(NothingToWaitFor):
        lab.connect(tls=False)
        pytest.fail("there was a greeting")
    assert [connection.closed for connection in lab.transcript().connections] == ["client"]


@pytest.mark.parametrize("raw", [False, True])
def test_a_session_that_the_server_has_ended_keeps_nothing_open(lab: Lab, raw: bool) -> None:
    lab.fault("NOOP", drop=True)
    with nothing_left_open():
        session = lab.connect()
        if raw:
            assert session.send_raw(b"NOOP\r\n") == []
        else:
            with suppress(ConnectionClosed):
                session.send("NOOP")
        assert session.closed
        del session
    assert lab.transcript().connections[-1].closed == "dropped"


def test_what_is_done_in_the_server_is_not_done_beside_it(lab: Lab) -> None:
    """A widget's callback may come from another thread than the cell that runs."""
    busy, done = threading.Event(), threading.Event()

    def slow() -> None:
        busy.set()
        time.sleep(0.2)
        done.set()

    lab.fault("NOOP", delay=1, times=1)
    lab.clock.on_advance.append(slow)  # runs where the server runs
    session = lab.connect()
    other = threading.Thread(target=session.send, args=("NOOP",))
    other.start()
    assert busy.wait(5)
    seen: list[bool] = []
    lab.in_server(lambda: seen.append(done.is_set()))
    other.join(5)
    assert seen == [True]


def test_the_mailboxes_may_be_read_while_the_server_delivers(lab: Lab) -> None:
    class Delivers(list[StoredMessage]):
        """A mailbox that is being read when the server opens another."""

        def __iter__(self) -> Iterator[StoredMessage]:
            lab._mailroom.mailboxes["new@lab.example"] = []
            return super().__iter__()

    lab._mailroom.mailboxes["bob@lab.example"] = Delivers()
    assert "bob@lab.example" in lab.mailboxes
    assert "new@lab.example" in lab.mailboxes


def test_a_lab_that_goes_as_a_context_manager(transport: str) -> None:
    with Lab("open", transport=transport) as lab:
        assert lab.running
    assert not lab.running


def test_an_unknown_transport_or_profile_leaves_nothing_running() -> None:
    before = running_labs()
    with pytest.raises(ValueError, match="sockets"):
        Lab("open", transport="pigeons")
    with pytest.raises(ValueError, match="The profiles are"):
        Lab("pigeon")
    assert running_labs() == before


def test_the_environment_variable_chooses_the_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAK_SMTP_TRANSPORT", "memory")
    with Lab("open", name="by variable") as lab:
        assert lab.transport == "memory"
    monkeypatch.setenv("SPEAK_SMTP_TRANSPORT", "carrier pigeon")
    with pytest.raises(ValueError, match="SPEAK_SMTP_TRANSPORT"):
        Lab("open")
