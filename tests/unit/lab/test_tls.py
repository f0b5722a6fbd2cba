"""STARTTLS (RFC 3207) and implicit TLS (RFC 8314 3)."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time

import pytest

from helpers.lab import Lab
from helpers.lab.tls import Certificates
from helpers.session import ConnectionClosed, SessionError, TLSFailed
from helpers.session_tls import TLSPipe
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import EHLO, MAIL, PLAIN_ALICE, RCPT, deliver, eventually, raw_pipe, say


def test_starttls_announces_itself_no_more_and_forgets_what_was_learned(lab: Lab) -> None:
    session = lab.connect()
    assert "STARTTLS" in session.send(EHLO).lines
    say(session, PLAIN_ALICE, "STARTTLS")
    assert session.tls
    assert session.send(MAIL).code == 503  # RFC 3207 4.2: the server knows nothing of the client any more
    assert session.send(PLAIN_ALICE).code == 503
    assert "STARTTLS" not in session.send(EHLO).lines
    assert session.send(PLAIN_ALICE).code == 235  # and not "already authenticated"


def test_starttls_takes_no_argument(lab: Lab) -> None:
    assert say(lab.connect(), EHLO, "STARTTLS now").code == 501  # RFC 3207 4


def test_the_certificate_is_verified_by_name_and_authority(lab: Lab, start: Start) -> None:
    def handshake(trust: Lab, name: str) -> None:
        session = lab.connect()
        session.send(EHLO)
        [reply] = session.send_raw(b"STARTTLS\r\n")
        assert reply.code == 220
        TLSPipe(session._pipe, trust.client_context(), name)

    handshake(lab, "mail.lab.example")
    with pytest.raises(TLSFailed, match="nobody you trust has signed"):
        handshake(start("mx"), "mail.lab.example")
    with pytest.raises(TLSFailed, match="for another name"):
        handshake(lab, "mail.other.example")
    assert lab.connect().send("NOOP").code == 250


def test_injected_cleartext_is_thrown_away(lab: Lab) -> None:
    """RFC 3207 6, CVE-2011-0411 and kin: what came before the handshake must not count inside it."""
    session = lab.connect()
    session.send(EHLO)
    [reply] = session.send_raw(b"STARTTLS\r\nEHLO evil.example\r\n" + MAIL.encode() + b"\r\n")
    assert reply.code == 220
    session.start_tls()
    assert session.send("NOOP").text.startswith("2.0.0")
    assert session.send(MAIL).code == 503
    assert "octets sent before the handshake were thrown away" in str(lab.transcript())


def test_the_naive_profile_keeps_injected_cleartext(start: Start) -> None:
    lab = start("naive")
    session = lab.connect()
    session.send(EHLO)
    session.send_raw(b"STARTTLS\r\nEHLO evil.example\r\n" + MAIL.encode() + b"\r\n")
    session.start_tls()
    assert [r.code for r in session.send_raw(b"")] == [250, 250]
    assert session.send(RCPT).code == 250
    assert "kept" in str(lab.transcript())


def test_a_flood_before_the_handshake_does_not_block_it(lab: Lab) -> None:
    session = lab.connect()
    session.send(EHLO)
    try:
        [reply] = session.send_raw(b"STARTTLS\r\n" + b"NOOP\r\n" * 100_000)
        assert reply.code == 220
        session.start_tls()
    except SessionError:
        pass  # octets that reach the TLS layer itself rightly break the handshake
    assert lab.connect().send("NOOP").code == 250


def test_cleartext_instead_of_the_handshake_ends_the_connection(lab: Lab) -> None:
    session = lab.connect()
    session.send(EHLO)
    session.send_raw(b"STARTTLS\r\n")
    session.send_raw(b"EHLO laptop.example\r\n")
    assert eventually(lambda: lab.transcript().connections[0].closed is not None)
    assert "TLS handshake failed" in str(lab.transcript())


def test_smtplib_raises_its_own_kind_of_error_on_both_transports(start: Start) -> None:
    stranger = start("open", name="other").client_context()  # trusts another authority
    client = start("open").smtplib()
    with pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(context=stranger)


def test_tls_to_a_port_without_it_says_so(lab: Lab) -> None:
    with pytest.raises(TLSFailed, match="does not speak TLS here"):
        lab.connect(tls=True)


def test_clear_text_to_a_tls_port_says_what_is_waited_for(start: Start) -> None:
    with pytest.raises(SessionError, match="TLS handshake"):
        start("submissions").connect(tls=False)


def test_a_silent_plain_client_on_the_tls_port_is_told_off_within_seconds() -> None:
    with Lab("submissions", transport="sockets") as lab:
        began = time.monotonic()
        with socket.create_connection((lab.host, lab.port), 10) as client, client.makefile("rb") as octets:
            assert octets.read().startswith(b"421 ")
        assert time.monotonic() - began < 6


def test_a_port_scan_of_the_tls_port_is_no_mistake(start: Start) -> None:
    lab = start("submissions")
    raw_pipe(lab).close()
    assert eventually(lambda: lab.transcript().connections[0].closed == "client")
    assert "mistake" not in str(lab.transcript())
    deliver_inside(lab)


def deliver_inside(lab: Lab) -> None:
    session = lab.connect()
    assert session.tls
    say(session, EHLO, PLAIN_ALICE)
    assert deliver(session).code == 250
    assert session.send("QUIT").code == 221


def test_implicit_tls(start: Start) -> None:
    lab = start("submissions")
    deliver_inside(lab)
    connection = lab.transcript().connections[0]
    assert all(exchange.tls for exchange in connection.exchanges)
    # RFC 3848: ESMTPSA is ESMTP with TLS and AUTH
    assert re.search(r" with ESMTPSA id ", lab.mailbox("bob@lab.example")[0].trace[1])


@pytest.mark.parametrize(
    ("tls", "auth", "hello", "word"),
    [
        (False, False, "HELO", "SMTP"),
        (False, False, "EHLO", "ESMTP"),
        (True, False, "EHLO", "ESMTPS"),
        (False, True, "EHLO", "ESMTPA"),
        (True, True, "EHLO", "ESMTPSA"),
    ],
)
def test_the_with_word_of_received(lab: Lab, tls: bool, auth: bool, hello: str, word: str) -> None:
    """RFC 3848, RFC 5321 4.4."""
    session = lab.connect()
    session.send(f"{hello} laptop.example")
    if tls:
        say(session, "STARTTLS", EHLO)
    if auth:
        session.send(PLAIN_ALICE)
    say(session, MAIL, RCPT, "DATA")
    session.send_data(b"\r\n")
    assert f" with {word} id " in lab.mailbox("bob@lab.example")[0].trace[1]


def test_the_with_word_of_an_internationalised_message(lab: Lab) -> None:
    """RFC 6531 4.3."""
    session = lab.connect()
    say(session, EHLO, "MAIL FROM:<élan@lab.example> SMTPUTF8", RCPT, "DATA")
    session.send_data(b"\r\n")
    assert " with UTF8SMTP id " in lab.mailbox("bob@lab.example")[0].trace[1]


def test_smtplib_inside_tls(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.starttls(context=lab.client_context())
        client.login("alice", "wonderland")
        client.sendmail("alice@lab.example", ["bob@lab.example"], "Subject: Hi\r\n\r\nHello\r\n")
    assert len(lab.mailbox("bob@lab.example")) == 1


def test_smtplib_refuses_a_foreign_certificate(lab: Lab, start: Start) -> None:
    client = lab.smtplib()
    with pytest.raises((ssl.SSLError, TLSFailed)):
        client.starttls(context=start("mx").client_context())
    client.close()


def test_smtplib_without_a_context_encrypts_to_anybody(transport: str) -> None:
    """smtplib's documentation: no certificate is verified then."""
    with Lab("open", transport=transport, certificate="unknown-ca") as lab, lab.smtplib() as client:
        assert client.starttls()[0] == 220
        assert client.ehlo()[0] == 250


def test_smtp_ssl_and_the_ca_file() -> None:
    with Lab("submissions", transport="sockets") as lab:
        context = ssl.create_default_context(cafile=str(lab.ca_file()))
        with smtplib.SMTP_SSL(lab.host, lab.port, context=context) as client:
            assert client.noop()[0] == 250
        folder = lab.ca_file().parent
    assert not folder.exists()


def test_smtplib_of_a_lab_with_implicit_tls_names_the_right_class(start: Start) -> None:
    with pytest.raises(ValueError, match="SMTP_SSL"):
        start("submissions").smtplib()


def test_both_sides_get_the_same_authority_at_the_same_moment() -> None:
    """The server's thread and the client's ask for it at the first STARTTLS."""
    import threading

    for _ in range(20):
        certificates = Certificates("mail.lab.example")
        barrier = threading.Barrier(4)
        found: list[object] = []

        def ask(certificates: Certificates = certificates, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            found.append(certificates.authority)  # noqa: B023 - joined below

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(map(id, found))) == 1


def test_without_tls_the_lab_offers_none(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.lab.lab.can_tls", lambda: False)
    session = start("open").connect()
    assert "STARTTLS" not in session.send(EHLO).lines
    assert session.send("STARTTLS").code == 454


def test_stop_reaches_tls_clients_at_once(start: Start) -> None:
    lab = start("submissions")
    sessions = [lab.connect() for _ in range(5)]
    began = time.monotonic()
    lab.stop()
    assert eventually(lambda: not lab._live)  # though no client has answered close_notify yet
    assert time.monotonic() - began < 0.9
    for session in sessions:
        assert session.send("NOOP").code == 421
        with pytest.raises(ConnectionClosed):
            session.send("NOOP")
    assert {c.closed for c in lab.transcript().connections} == {"server"}
