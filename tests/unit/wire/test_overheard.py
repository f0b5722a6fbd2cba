"""TLS records and the server name in them, against the trace of RFC 8448 3; what is no TLS stays readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.wire.events import EventKind, WireEvent
from helpers.wire.overheard import Heard, HeardKind, overheard, records_in, server_name_in

#: RFC 8448 3, the complete record of the ClientHello (201 octets).
CLIENT_HELLO = bytes.fromhex("""
    16 03 01 00 c4 01 00 00 c0 03 03 cb
    34 ec b1 e7 81 63 ba 1c 38 c6 da cb 19 6a 6d ff a2 1a 8d 99 12
    ec 18 a2 ef 62 83 02 4d ec e7 00 00 06 13 01 13 03 13 02 01 00
    00 91 00 00 00 0b 00 09 00 00 06 73 65 72 76 65 72 ff 01 00 01
    00 00 0a 00 14 00 12 00 1d 00 17 00 18 00 19 01 00 01 01 01 02
    01 03 01 04 00 23 00 00 00 33 00 26 00 24 00 1d 00 20 99 38 1d
    e5 60 e4 bd 43 d2 3d 8e 43 5a 7d ba fe b3 c0 6e 51 c1 3c ae 4d
    54 13 69 1e 52 9a af 2c 00 2b 00 03 02 03 04 00 0d 00 20 00 1e
    04 03 05 03 06 03 02 03 08 04 08 05 08 06 04 01 05 01 06 01 02
    01 04 02 05 02 06 02 02 02 00 2d 00 02 01 01 00 1c 00 02 40 01
""")
CHANGE = bytes.fromhex("14 03 03 00 01 01")
FINISHED = b"\x17\x03\x03\x00\x35" + b"f" * 53
EHLO = b"\x17\x03\x03\x00\x26" + b"e" * 38
TICKET = b"\x17\x03\x03\x00\x04tick"
REPLY = b"\x17\x03\x03\x00\x04okok"


def event(kind: EventKind, data: bytes = b"", tls: bool = True) -> WireEvent:
    return WireEvent(kind, 1, data, tls)


def test_the_name_in_the_published_client_hello() -> None:
    assert len(CLIENT_HELLO) == 201
    assert server_name_in(CLIENT_HELLO[5:]) == "server"


def test_a_client_hello_without_a_name() -> None:
    other = CLIENT_HELLO.replace(
        bytes.fromhex("00 00 00 0b 00 09 00 00 06"), bytes.fromhex("00 63 00 0b 00 09 00 00 06")
    )
    assert server_name_in(other[5:]) is None


@given(st.binary(max_size=300))
def test_any_octets_have_a_name_or_none(octets: bytes) -> None:
    for hello in (octets, b"\x01" + octets, CLIENT_HELLO[5:60] + octets):
        assert server_name_in(hello) is None or server_name_in(hello)


def test_records_are_cut_by_their_length() -> None:
    whole = CLIENT_HELLO + CHANGE
    assert records_in(whole + EHLO[:7]) == ([CLIENT_HELLO, CHANGE], EHLO[:7])
    assert records_in(b"EHLO laptop.example\r\n") == ([], b"EHLO laptop.example\r\n")


@pytest.mark.parametrize("at_once", [True, False])
def test_the_handshake_ends_in_the_same_place_however_the_octets_come(at_once: bool) -> None:
    """The client's first command may come together with its last word in the handshake; the tickets, too."""
    last = [CHANGE + FINISHED + EHLO] if at_once else [CHANGE, FINISHED[:9], FINISHED[9:]]
    events = [
        event(EventKind.CLIENT_TLS, CLIENT_HELLO),
        event(EventKind.SERVER_TLS, CHANGE + FINISHED),
        *(event(EventKind.CLIENT_TLS, octets) for octets in last),
        event(EventKind.TLS),
        event(EventKind.SERVER_TLS, TICKET),
        *([] if at_once else [event(EventKind.CLIENT_TLS, EHLO)]),
        event(EventKind.CLIENT, b"EHLO laptop.example\r\n"),
        event(EventKind.SERVER, b"250 mail.lab.example\r\n"),
        event(EventKind.SERVER_TLS, REPLY),
    ]
    eve = overheard(events, 1)
    assert [piece for piece in eve.heard if piece.kind is HeardKind.RECORD] == [
        Heard("C", HeardKind.RECORD, EHLO),
        Heard("S", HeardKind.RECORD, REPLY),
    ]
    assert eve.server_name == "server"
    assert str(eve).splitlines() == [
        "# TLS handshake. Readable in it: the server's name, server",
        "C: 17 03 03 00 26 … 38 octets that cannot be read",
        "S: 17 03 03 00 04 … 4 octets that cannot be read",
    ]
    assert sum(octets in eve.octets for octets in (CLIENT_HELLO, CHANGE, FINISHED, TICKET, EHLO, REPLY)) == 6


def test_clear_text_where_the_handshake_should_be_is_readable() -> None:
    events = [
        event(EventKind.CLIENT, b"STARTTLS\r\n", tls=False),
        event(EventKind.SERVER, b"220 go\r\n", tls=False),
        event(EventKind.CLIENT_TLS, b"EHLO \x1b[2Jlaptop\r\n"),
    ]
    assert str(overheard(events, 1)).splitlines() == ["C: STARTTLS", "S: 220 go", "C: EHLO \\x1b[2Jlaptop"]


def test_other_connections_are_not_heard() -> None:
    assert overheard([event(EventKind.CLIENT, b"NOOP\r\n", tls=False)], 2).heard == ()


@given(st.lists(st.tuples(st.sampled_from([EventKind.CLIENT_TLS, EventKind.SERVER_TLS]), st.binary(max_size=40))))
def test_no_octet_is_lost(said: list[tuple[EventKind, bytes]]) -> None:
    eve = overheard([event(kind, data) for kind, data in said], 1)
    for side, kind in (("C", EventKind.CLIENT_TLS), ("S", EventKind.SERVER_TLS)):
        heard = b"".join(piece.octets for piece in eve.heard if piece.side == side)
        assert heard == b"".join(data for k, data in said if k is kind)
    assert all(character.isprintable() or character in "\t\n" for character in str(eve))
