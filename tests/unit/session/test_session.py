"""The learner's hand on the wire: what a Session takes, gives and refuses, on both transports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpers.lab import Lab
from helpers.session import ConnectionClosed, NothingToWaitFor, Session, SessionError, TLSFailed, message_octets

EHLO, MAIL, RCPT = "EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>"


@pytest.fixture(params=["sockets", "memory"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    with Lab("open", transport=request.param) as lab:
        yield lab


@pytest.fixture
def session(lab: Lab) -> Session:
    return lab.connect()


def test_the_greeting_and_the_number(lab: Lab, session: Session) -> None:
    assert str(session.greeting) == "220 mail.lab.example ESMTP ready"
    assert [session.connection, lab.connect().connection] == [1, 2]
    assert not session.closed
    assert not session.tls


def test_send_returns_a_reply(session: Session) -> None:
    reply = session.send(EHLO)
    assert reply.code == 250
    assert reply.lines[0] == "mail.lab.example greets laptop.example"
    assert reply.ok
    assert session.send("RCPT TO:<x>").code == 503


@pytest.mark.parametrize("line", [b"NOOP", ["NOOP"], None, 5])
def test_something_that_is_no_text_is_refused_in_words(lab: Lab, line: object) -> None:
    session = lab.connect()
    with pytest.raises(TypeError, match="one line as text"):
        session.send(line)  # type: ignore[call-overload]
    assert session.send("NOOP").code == 250


@pytest.mark.parametrize("line", ["NOOP\r\n", "NOOP\n", "NO\rOP", "\n"])
def test_a_line_break_inside_a_line_is_refused_and_nothing_is_sent(lab: Lab, session: Session, line: str) -> None:
    with pytest.raises(ValueError, match="send_raw"):
        session.send(line)
    assert len(lab.transcript()) == 1


def test_octets_need_a_b_and_are_told_so(lab: Lab) -> None:
    with pytest.raises(TypeError, match="b before the quotes"):
        lab.connect().send_raw("NOOP\r\n")  # type: ignore[arg-type]


def test_a_gap_sends_nothing(lab: Lab, session: Session) -> None:
    assert session.send(...) is None
    assert len(lab.transcript()) == 1


def test_send_raw_returns_all_replies_or_none(session: Session) -> None:
    assert session.send_raw(b"") == []
    assert session.send_raw(b"NOO") == []
    assert [r.code for r in session.send_raw(b"P\r\nFOO\r\nNOOP\r\nQU")] == [250, 500, 250]
    assert [r.code for r in session.send_raw(b"IT\r\n")] == [221]
    assert session.closed


def test_after_the_end_every_call_says_so(session: Session) -> None:
    session.send("QUIT")
    assert session.closed
    for call in (lambda: session.send("NOOP"), lambda: session.send_raw(b"NOOP\r\n"), lambda: session.send_data(b"")):
        with pytest.raises(ConnectionClosed, match=r"221 2\.0\.0 .*lab\.connect\(\)"):
            call()
    session.close()
    assert "ended" in repr(session)


def test_close_is_safe_twice_and_the_server_notices(lab: Lab) -> None:
    with lab.connect() as session:
        session.send("NOOP")
    session.close()
    assert session.closed
    with pytest.raises(ConnectionClosed):
        session.send("NOOP")


@pytest.mark.parametrize(
    ("message", "octets"),
    # RFC 5321 4.5.2
    [
        (b"", b".\r\n"),
        ("a", b"a\r\n.\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a\nb\n", b"a\r\nb\r\n.\r\n"),
        (b".\r\n..\r\na.b\r\n", b"..\r\n...\r\na.b\r\n.\r\n"),
        ("Grüße", "Grüße\r\n.\r\n".encode()),
        (b"\r\n", b"\r\n.\r\n"),
        (b"a\r\rb", b"a\r\rb\r\n.\r\n"),
    ],
)
def test_send_data_stuffs_and_ends(lab: Lab, session: Session, message: bytes | str, octets: bytes) -> None:
    assert message_octets(message) == octets
    for line in (EHLO, MAIL, RCPT, "DATA"):
        session.send(line)
    assert session.send_data(message).code == 250
    assert lab.transcript()[-1].octets == octets
    raw = message.encode() if isinstance(message, str) else message
    expected = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert lab.mailbox("bob@lab.example")[0].raw == expected + (
        b"" if expected.endswith(b"\r\n") or not raw else b"\r\n"
    )


def test_starttls_by_send(session: Session) -> None:
    session.send(EHLO)
    assert session.send("starttls").code == 220
    assert session.tls
    assert "inside TLS" in repr(session)
    assert session.send(EHLO).code == 250


def test_a_line_that_only_looks_like_starttls(lab: Lab, session: Session) -> None:
    for line in (EHLO, MAIL, RCPT, "DATA"):
        session.send(line)
    with pytest.raises(NothingToWaitFor):
        session.send("STARTTLS")
    assert session.send(".").code == 250
    assert not session.tls
    lab.fault("STARTTLS", "454 4.7.0 Not now", times=1)
    assert session.send("STARTTLS").code == 454
    assert not session.tls


def test_errors_have_one_base() -> None:
    assert all(issubclass(error, SessionError) for error in (ConnectionClosed, NothingToWaitFor, TLSFailed))


def test_unicode_and_any_octet_can_be_sent(lab: Lab, session: Session) -> None:
    session.send("NOOP é")
    session.send("NOOP \udcff")
    assert lab.transcript()[-1].octets == b"NOOP \xff\r\n"
    assert lab.transcript()[-2].octets == "NOOP é\r\n".encode()


def test_a_last_word_of_the_server_is_read_before_the_end_is_told(lab: Lab, session: Session) -> None:
    lab.stop()
    assert session.send("NOOP").code == 421
    with pytest.raises(ConnectionClosed, match="421"):
        session.send("NOOP")
