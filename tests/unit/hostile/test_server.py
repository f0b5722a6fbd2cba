"""The live server against clients without manners: each gets a clear reply, and the next one is served."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.lab import Lab, engine, sockets
from helpers.lab.profiles import profile_names
from helpers.lab.stream import HIGH_WATER
from helpers.protocol.reply import Reply
from helpers.session import ConnectionClosed
from helpers.wire.events import EventKind
from tests.unit.examples import examples
from tests.unit.hostile.conftest import Start
from tests.unit.hostile.talk import BOB, Rude, ready, replies_in, still_works
from tests.unit.lab.talk import BODY, EHLO, MAIL, PLAIN_ALICE, RCPT, eventually, say

TLS_HELLO = bytes.fromhex("16030100800100007c0303") + bytes(range(100))
PIECES = [
    *(f"{line}\r\n".encode() for line in (EHLO, "HELO x", MAIL, RCPT, "DATA", "RSET", "NOOP", "QUIT", "VRFY alice")),
    *(f"{line}\r\n".encode() for line in ("AUTH LOGIN", "AUTH PLAIN AA==", PLAIN_ALICE, "AUTH SCRAM-SHA-256", "*")),
    *(b"BDAT 5\r\n", b"BDAT 99999999999999999999 LAST\r\n", b"BDAT -1\r\n", b"BDAT 3 LAST\r\nabc"),
    *(b".\r\n", b"\r\n.\r\n", b"\n.\n", b"\r", b"\n", b"\r\n", b"\0", b"\xff\xf4\xff\xfd\x06", b"\x1b[2J", b" ", b":"),
    *(b"x" * 600, b"A" * 5000 + b"\r\n", "é\u202e\r\n".encode(), b"\x80\xfe\r\n", TLS_HELLO),
    *(b"MAIL FROM:<", b">\r\n", b"RCPT TO:", b"=?utf-8?b?", b"%s%n{0}\\\r\n", b"STARTTLS now\r\n"),
]
OCTETS = st.one_of(st.sampled_from(PIECES), st.binary(max_size=40))


def is_clear(reply: Reply) -> bool:
    """A code that SMTP has (RFC 5321 4.2), words behind it, and nothing that moves a terminal's cursor."""
    has_words = reply.code == 334 or any(reply.lines)
    return (
        bool(re.fullmatch(r"[2-5][0-5][0-9]", str(reply.code))) and has_words and all(map(str.isprintable, reply.lines))
    )


@examples(60)
@given(name=st.sampled_from(profile_names()), said=st.lists(OCTETS, min_size=1, max_size=12))
def test_whatever_octets_come_each_line_is_answered(start: Start, name: str, said: list[bytes]) -> None:
    lab = start(name)
    rude = Rude(lab)
    for octets in said:
        if not rude.ended:
            rude.send(octets)
    assert all(map(is_clear, rude.replies()))
    rude.close()
    events = [event for event in lab.log.events if event.kind in (EventKind.CLIENT, EventKind.SERVER)]
    logged = b"".join(event.data for event in events if event.kind is EventKind.CLIENT)
    assert b"".join(said).startswith(logged)
    assert rude.ended or logged == b"".join(said) or lab.policy.tls == "implicit"
    assert b"".join(event.data for event in events if event.kind is EventKind.SERVER) == rude.got
    transcript = lab.transcript()
    assert [e.reply for e in transcript if e.reply] == rude.replies()
    assert b"".join(exchange.octets for exchange in transcript) == logged
    assert not lab._live
    with lab.connect() as session:
        assert session.greeting.code == 220


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        # no line of SMTP ends other than with CR LF (RFC 5321 2.3.8), and no command has a control character
        (b"NO\0OP\r\n", [500]),
        (b"\0\0\0\0\r\n", [500]),
        (b"NOOP\rQUIT\r\n", [500]),
        (b"NOOP\r\r\n", [500]),
        (b"\n\n\n", [500] * 3),
        (b"\r\n" * 3, [500] * 3),
        (b"\xff\xfb\x1f\xff\xfd\x03NOOP\r\n", [500]),  # telnet's own negotiation
        (b"\x1b[A\x1b[ANOOP\r\n", [500]),  # arrow keys
        # another protocol
        (b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n", [500] * 3),
        (b"SSH-2.0-OpenSSH_9.2\r\n", [500]),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nNOOP\r\n", [500, 250]),
        # a browser made to POST a mail: twenty errors, and the server hangs up before any command of it counts
        (b"POST / HTTP/1.1\r\n" + b"X-Header: 1\r\n" * 30 + EHLO.encode() + b"\r\n", [500] * 19 + [421]),
        (TLS_HELLO.replace(b"\n", b"") + b"\r\n", [500]),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else "",
)
def test_what_is_no_command_gets_an_error_and_nothing_of_it_is_done(lab: Lab, said: bytes, codes: list[int]) -> None:
    rude = Rude(lab)
    rude.send(b"")
    replies = replies_in(rude.send(said))
    assert [reply.code for reply in replies] == codes
    assert all(map(is_clear, replies))
    assert lab.transcript().state.hello is None
    rude.close()
    still_works(lab)


def test_a_line_of_sixteen_mebibytes_is_one_error_and_not_kept(lab: Lab) -> None:
    rude = Rude(lab)
    rude.send(EHLO.encode() + b"\r\n")
    block = b"x" * 2**20
    for _ in range(16):
        assert rude.send(block) == b""
        [server] = lab._live
        assert len(server.stream.buffer) <= HIGH_WATER + 2 * 2**18
    assert [reply.code for reply in replies_in(rude.send(b"\r\nNOOP\r\n"))] == [500, 250]
    rude.close()
    transcript = lab.transcript()
    assert len(transcript[-2].octets) == 16 * 2**20 + 2  # the log has it all; what is shown of it is cut
    html = transcript._repr_mimebundle_()["text/html"]
    assert len(html) < 100_000
    assert "characters more" in html
    still_works(lab)


def test_a_message_that_never_ends_fills_no_memory(start: Start) -> None:
    lab = start("open", max_size=100_000)
    rude = Rude(lab)
    rude.send("".join(f"{line}\r\n" for line in (EHLO, MAIL, RCPT, "DATA")).encode())
    for _ in range(16):
        rude.send(b"y" * 2**18 + b"\r\n")
        [server] = lab._live
        assert len(server.stream.buffer) <= 100_000 + HIGH_WATER + 2 * 2**18
    assert replies_in(rude.send(b".\r\n"))[0].code == 552  # RFC 1870 6.3
    rude.close()
    assert lab.mailboxes == {}
    still_works(lab)


# --- clients that send without end, and clients that do not read -----------------------------------------------------


def test_more_replies_than_the_system_holds_come_back_to_one_send_raw(lab: Lab) -> None:
    """The server stops reading while its replies are not read: who only sends would wait for ever."""
    line = b"VRFY " + b"x" * 480 + b"\r\n"
    count = 12 * 2**20 // len(line)  # more than the buffers at both ends of a socket hold, and so are the replies
    with lab.connect() as session:
        replies = session.send_raw(line * count)
        assert [reply.code for reply in replies] == [550] * count
        assert len(replies[0].raw) > 400
        assert session.send("NOOP").code == 250


@contextmanager
def flood(lab: Lab, reading: bool) -> Iterator[socket.socket]:
    """A client from outside that pipelines commands for as long as this lasts."""
    over = threading.Event()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**20 if reading else 4096)
        client.settimeout(10)
        client.connect((lab.host, lab.port))

        def send() -> None:
            with suppress(OSError):
                while not over.is_set():
                    client.sendall((b"NOOP\r\n" if reading else b"HELP\r\n") * 10_000)

        def receive() -> None:
            with suppress(OSError):
                while client.recv(2**20):
                    pass

        threads = [threading.Thread(target=work) for work in ([send, receive] if reading else [send])]
        for thread in threads:
            thread.start()
        try:
            yield client
        finally:
            over.set()
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def test_others_are_served_beside_endless_pipelining() -> None:
    with Lab("open", transport="sockets") as lab, flood(lab, reading=True):
        assert eventually(lambda: len(lab.log) > 20_000)
        with ready(lab) as session:
            taken = []
            for _ in range(20):
                began = time.perf_counter()
                session.send("NOOP")
                taken.append(time.perf_counter() - began)
        assert median(taken) < 0.1  # seconds; one read of the flood has 40,000 commands
        began = time.perf_counter()
        lab.transcript()  # not waited for until the flood ends, which it does not
        assert time.perf_counter() - began < 2 * sockets.QUIET_SECONDS + len(lab.log) * 50e-6
        still_works(lab)


def test_a_client_that_reads_nothing_is_given_up_when_the_lab_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "FLUSH_SECONDS", 0.2)
    with Lab("open", transport="sockets") as lab, flood(lab, reading=False):
        assert eventually(lambda: bool(lab._live) and blocked(lab))
        still_works(lab)
        lab.stop()
        assert eventually(lambda: not lab._live)
        assert lab.transcript().connections[0].closed == "server"


def test_a_client_that_reads_nothing_is_given_up_by_the_idle_timeout() -> None:
    with Lab("open", transport="sockets") as lab:
        lab.policy = lab.policy.__class__(**{**fields_of(lab), "timeout": 0.3})
        with flood(lab, reading=False):
            assert eventually(lambda: "does not read what the server answers" in notes(lab))
            assert eventually(lambda: not lab._live)
        still_works(lab)


def blocked(lab: Lab) -> bool:
    """Whether the first connection has replies that nobody takes."""
    return next(iter(lab._live))._raw_transport().get_write_buffer_size() > 0


def fields_of(lab: Lab) -> dict[str, Any]:
    return {name: getattr(lab.policy, name) for name in lab.policy.__slots__}


def notes(lab: Lab) -> str:
    return " ".join(event.data.decode() for event in list(lab.log.events) if event.kind is EventKind.NOTE)


def test_a_busy_moment_does_not_end_the_idle_timeout() -> None:
    """The timer that finds the server busy must be set again."""
    with Lab("open", transport="sockets") as lab:
        lab.policy = lab.policy.__class__(**{**fields_of(lab), "timeout": 0.2})
        lab.fault("NOOP", delay=0.5, times=1)
        with socket.create_connection((lab.host, lab.port), 5) as client, client.makefile("rb") as lines:
            client.sendall(b"NOOP\r\n")
            assert [line[:3] for line in lines] == [b"220", b"250", b"421"]


def test_descriptors_above_1023() -> None:
    """select() takes none of them, and a kernel may have many files open."""
    resource = pytest.importorskip("resource")  # Windows has no such limit, and no poll()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    files = []
    try:
        while not files or files[-1].fileno() < 1024:
            files.append(open("/dev/null", "rb"))  # noqa: PTH123, SIM115
        with Lab("open", transport="sockets") as lab:
            with lab.connect() as session:
                assert session._pipe._socket.fileno() > 1023  # type: ignore[attr-defined]
                assert say(session, EHLO, "STARTTLS", EHLO).code == 250
                assert [r.code for r in session.send_raw(b"NOOP\r\nNOOP\r\n")] == [250, 250]
            with lab.smtplib() as client:
                assert client.noop()[0] == 250
            still_works(lab)
    finally:
        for file in files:
            file.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# --- connections that end or stall anywhere -------------------------------------------------------------------------

PLACES = {
    "greeted": [],
    "half a command": [b"EHL"],
    "after EHLO": [EHLO],
    "after RCPT": [EHLO, MAIL, RCPT],
    "in the message": [EHLO, MAIL, RCPT, "DATA", b"Subject: half\r\n\r\nhal"],
    "before the last LF": [EHLO, MAIL, RCPT, "DATA", b"Subject: half\r\n\r\n.\r"],
    "in a chunk": [EHLO, MAIL, RCPT, b"BDAT 100 LAST\r\nhalf"],
    "in AUTH": [EHLO, "AUTH LOGIN"],
    "before the handshake": [EHLO, b"STARTTLS\r\n"],
    "in the handshake": [EHLO, b"STARTTLS\r\n", TLS_HELLO[:50]],
}
INSIDE = {f"{place}, inside TLS": [EHLO, "STARTTLS", *said] for place, said in PLACES.items() if "TLS" not in str(said)}


def get_to(lab: Lab, said: list[str | bytes]) -> Any:
    session = lab.connect()
    for words in said:
        if isinstance(words, str):
            session.send(words)
        else:
            session.send_raw(words)
    return session


def half_close(session: Any) -> None:
    """Close the client's sending side, and below TLS if there is TLS."""
    pipe = getattr(session._pipe, "_inner", session._pipe)
    if hasattr(pipe, "_socket"):
        pipe._socket.shutdown(socket.SHUT_WR)
    else:
        pipe._loop.call_soon(pipe._link._end_of_client)
        pipe._loop.run_until_quiet()


@pytest.mark.parametrize("said", (PLACES | INSIDE).values(), ids=list(PLACES | INSIDE))
def test_a_half_closed_connection_ends_and_half_a_message_is_none(lab: Lab, said: list[str | bytes]) -> None:
    session = get_to(lab, said)
    half_close(session)
    assert eventually(lambda: not lab._live)
    assert lab.mailboxes == {}
    connection = lab.transcript().connections[0]
    assert connection.closed is not None
    assert [t.outcome for t in connection.transactions] in ([], ["dropped"])
    with pytest.raises(ConnectionClosed):
        session.send("NOOP")
    session.close()
    still_works(lab)


@pytest.mark.parametrize("said", (PLACES | INSIDE).values(), ids=list(PLACES | INSIDE))
def test_a_reset_connection_ends_and_half_a_message_is_none(said: list[str | bytes]) -> None:
    """As a client does that was killed, or a computer whose network changed."""
    with Lab("open", transport="sockets") as lab:
        session = get_to(lab, said)
        client = session._pipe
        client = getattr(client, "_inner", client)._socket
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        assert eventually(lambda: not lab._live)
        assert lab.mailboxes == {}
        still_works(lab)


STALLS = {place: said for place, said in (PLACES | INSIDE).items() if place not in ("before the last LF",)}


@pytest.mark.parametrize("said", STALLS.values(), ids=list(STALLS))
def test_a_stalled_connection_is_given_up_with_a_word(said: list[str | bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5321 4.5.3.2.7: 421 after a time without a command; in a handshake there is no way to say it."""
    monkeypatch.setattr(engine, "HANDSHAKE_SECONDS", 0.2)
    with Lab("open", transport="sockets") as lab:
        lab.policy = lab.policy.__class__(**{**fields_of(lab), "timeout": 0.3})
        session = get_to(lab, said)
        assert eventually(lambda: not lab._live)
        if b"STARTTLS\r\n" in said:
            assert "the TLS handshake failed: the client did not finish it" in notes(lab)
        else:
            [farewell] = [exchange.reply for exchange in lab.transcript() if exchange.code == 421]
            assert farewell is not None
            assert farewell.enhanced == "4.4.2"  # RFC 3463 3.5
            assert "wait" in farewell.text
        session.close()
        still_works(lab)


def test_octets_that_drip_do_not_keep_a_connection() -> None:
    """One octet at a time, and never a line: the server waits for a command, and none comes."""
    with Lab("open", transport="sockets") as lab:
        lab.policy = lab.policy.__class__(**{**fields_of(lab), "timeout": 0.4})
        with socket.create_connection((lab.host, lab.port), 5) as client:
            client.settimeout(0.02)
            got = b""
            end = time.monotonic() + 3
            while b"421" not in got and time.monotonic() < end:
                client.sendall(b"x")
                with suppress(TimeoutError):
                    got += client.recv(4096)
        assert b"\r\n421 4.4.2 " in got
        still_works(lab)


def test_a_hundred_connections_that_say_nothing_keep_nobody_out(lab: Lab) -> None:
    silent = [Rude(lab) for _ in range(100)]
    still_works(lab)
    for rude in silent:
        rude.close()
    assert eventually(lambda: not lab._live)
    assert lab.mailbox(BOB)[0].raw == BODY
