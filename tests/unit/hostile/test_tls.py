"""TLS garbage before, in the place of, inside and after the handshake, on both transports."""

from __future__ import annotations

import ssl
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.lab import Lab
from helpers.session import ConnectionClosed, SessionError
from helpers.wire.events import EventKind
from helpers.wire.overheard import records_in
from tests.unit.examples import examples
from tests.unit.hostile.conftest import Start
from tests.unit.hostile.talk import Rude, replies_in, still_works
from tests.unit.lab.talk import EHLO, MAIL, RCPT, eventually, say


class Hello:
    """The client's side of a handshake, record by record, so that somebody can change what goes out."""

    def __init__(self, lab: Lab) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = lab.client_context().wrap_bio(self._in, self._out, server_hostname=lab.hostname)

    def flight(self, heard: bytes = b"") -> bytes:
        """What the client says next, having heard this."""
        self._in.write(heard)
        with suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
        return self._out.read()

    def seal(self, octets: bytes) -> bytes:
        self._tls.write(octets)
        return self._out.read()


def before_handshake(lab: Lab) -> Rude:
    rude = Rude(lab)
    if lab.policy.tls != "implicit":
        assert replies_in(rude.send(f"{EHLO}\r\nSTARTTLS\r\n".encode()))[-1].code == 220
    return rude


def ends(lab: Lab, *notes: str) -> None:
    """The connection is over, the transcript says why, and the lab goes on."""
    assert eventually(lambda: not lab._live)
    text = str(lab.transcript())
    assert any(note in text for note in notes), text
    still_works(lab)


RECORD = b"\x16\x03\x01"
GARBAGE = {
    "clear SMTP": b"EHLO laptop.example\r\nMAIL FROM:<alice@lab.example>\r\n",
    "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "NUL": b"\0" * 600,
    "0xFF": b"\xff" * 600,
    "a record of no size": RECORD + b"\0\0" + b"x" * 10,
    "a record too long (RFC 8446 5.1: at most 2^14)": RECORD + b"\xff\xff" + b"x" * 0xFFFF,
    "a hello of nothing": RECORD + b"\0\x04" + b"\x01\0\0\0",
    "an alert": b"\x15\x03\x01\0\x02\x02\x28",
    "SSL 2": b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + b"\x01" * 37,
    "application data": b"\x17\x03\x03\0\x10" + b"x" * 16,
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=list(GARBAGE))
@pytest.mark.parametrize("name", ["open", "submissions"])
def test_garbage_in_the_place_of_a_handshake(start: Start, name: str, garbage: bytes) -> None:
    lab = start(name)
    rude = before_handshake(lab)
    rude.send(garbage)
    rude.close()
    ends(lab, "TLS handshake failed", "a client without TLS came to the port for implicit TLS")
    assert all(exchange.code != 250 or exchange.verb == "EHLO" for exchange in lab.transcript().connection(1))


@examples(40)
@given(name=st.sampled_from(["open", "submissions"]), data=st.data())
def test_a_handshake_that_somebody_changed(start: Start, name: str, data: st.DataObject) -> None:
    """An octet changed, left out or put in, in the first flight or the second; and a flight cut off."""
    lab = start(name)
    hello, rude = Hello(lab), before_handshake(lab)
    flight = hello.flight()
    if data.draw(st.booleans(), label="second flight"):
        flight = hello.flight(rude.send(flight))
        assert flight
    place = data.draw(st.integers(0, len(flight) - 1), label="place")
    change = data.draw(st.sampled_from(["flip", "drop", "insert", "cut"]), label="change")
    other = bytes([flight[place] ^ data.draw(st.integers(1, 255), label="bits")])
    changed = {
        "flip": flight[:place] + other + flight[place + 1 :],
        "drop": flight[:place] + flight[place + 1 :],
        "insert": flight[:place] + other + flight[place:],
        "cut": flight[:place],
    }[change]
    rude.send(changed)
    rude.close()
    assert eventually(lambda: not lab._live)
    with lab.connect() as session:
        assert session.greeting.code == 220


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=list(GARBAGE))
def test_garbage_inside_tls_ends_the_connection_and_does_nothing(start: Start, garbage: bytes) -> None:
    for name in ("open", "submissions"):
        lab = start(name)
        session = lab.connect()
        say(session, EHLO, *(["STARTTLS", EHLO] if name == "open" else []))
        if name == "open":
            say(session, MAIL, RCPT, "DATA")
        session._pipe._inner.write(garbage)  # type: ignore[attr-defined]
        if name == "open":
            with suppress(SessionError):
                session.send_raw(b"Subject: x\r\n\r\n.\r\n")
        assert eventually(lambda lab=lab: not lab._live)  # type: ignore[misc]
        assert lab.mailboxes == {}
        with pytest.raises(ConnectionClosed):
            session.send("NOOP")
        session.close()
        connection = lab.transcript().connections[0]
        broken = [text for _, text in connection.notes if "inside TLS came something that is no TLS" in text]
        alert = garbage[:1] == b"\x15"  # well formed: the client itself says that it ends
        assert connection.closed == "server" or alert
        assert len(broken) == 1 or alert
        still_works(lab)


@examples(30)
@given(data=st.data())
def test_a_record_that_somebody_changed_is_never_read(lab: Lab, data: st.DataObject) -> None:
    """RFC 8446 5.2: a record whose authentication fails ends the connection; no octet of it reaches SMTP."""
    session = lab.connect()
    say(session, EHLO, "STARTTLS")
    pipe = session._pipe
    pipe._object.write(b"EHLO evil.example\r\n")  # type: ignore[attr-defined]
    record = pipe._outgoing.read()  # type: ignore[attr-defined]
    place = data.draw(st.integers(5, len(record) - 1), label="place")
    bits = data.draw(st.integers(1, 255), label="bits")
    pipe._inner.write(record[:place] + bytes([record[place] ^ bits]) + record[place + 1 :])  # type: ignore[attr-defined]
    session.close()
    assert eventually(lambda: not lab._live)
    assert not [event for event in lab.log.events if event.kind is EventKind.CLIENT and b"evil" in event.data]


def test_the_end_without_close_notify_delivers_nothing(lab: Lab) -> None:
    """RFC 8446 6.1: a truncated stream. Half a message is no message."""
    session = lab.connect()
    say(session, EHLO, "STARTTLS", EHLO, MAIL, RCPT, "DATA")
    session.send_raw(b"Subject: half\r\n\r\nand then")
    session._pipe._inner.close()  # type: ignore[attr-defined]
    assert eventually(lambda: not lab._live)
    assert lab.mailboxes == {}
    assert [t.outcome for t in lab.transcript().transactions] == ["dropped"]
    session.close()
    still_works(lab)


def test_eve_reads_a_block_of_many_records_in_time_that_grows_with_it() -> None:
    """Records without content: a block of them is cut at each, and must not be copied at each."""

    def seconds(records: int) -> float:
        block = b"\x17\x03\x03\0\0" * records
        taken = []
        for _ in range(3):
            began = process_time()
            assert len(records_in(block)[0]) == records
            taken.append(process_time() - began)
        return min(taken)

    assert seconds(80_000) < 8 * max(seconds(20_000), 1e-3)  # four times as many; sixteen times as long if copied
