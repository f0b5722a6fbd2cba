"""Lesson 07: certificates on order, the name in the settings, and what somebody on the path has of it all."""

from __future__ import annotations

import ssl
import subprocess
from shutil import which

import pytest

from helpers.lab import Lab
from helpers.session import TLSFailed
from helpers.wire.overheard import HeardKind
from tests.unit.lab.conftest import TRANSPORTS
from tests.unit.lab.talk import EHLO, deliver, say

#: The numbers are OpenSSL's: X509_V_ERR_CERT_HAS_EXPIRED, …_HOSTNAME_MISMATCH, …_UNABLE_TO_GET_ISSUER_CERT_LOCALLY.
WRONG = {
    "expired": (10, "the certificate has expired", "its time is over"),
    "wrong-name": (62, "the certificate is for another name than the one you connected to", "refused the certificate"),
    "unknown-ca": (20, "nobody you trust has signed the certificate", "knows nobody who signed it"),
}


@pytest.fixture(params=TRANSPORTS, autouse=True)
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SPEAK_SMTP_TRANSPORT", request.param)
    return str(request.param)


def encrypted(lab: Lab) -> bool:
    session = lab.connect()
    say(session, EHLO, "STARTTLS")
    return session.tls and session.send(EHLO).code == 250


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_certificate_ends_the_connection_with_its_reason(kind: str) -> None:
    code, words, heard_by_the_server = WRONG[kind]
    with Lab("open", certificate=kind) as lab:
        session = lab.connect()
        session.send(EHLO)
        with pytest.raises(TLSFailed) as failed:
            session.send("STARTTLS")
        assert str(failed.value) == f"No TLS with mail.lab.example: {words}."
        cause = failed.value.__cause__
        assert isinstance(cause, ssl.SSLCertVerificationError)
        assert (cause.reason, cause.verify_code) == ("CERTIFICATE_VERIFY_FAILED", code)
        # the alert of RFC 8446 6.2 has reached the server, and only afterwards the end
        assert heard_by_the_server in str(lab.transcript())
        assert lab.transcript().connections[0].closed == "client"


@pytest.mark.parametrize("kind", WRONG)
def test_implicit_tls_fails_for_the_same_reasons(kind: str) -> None:
    with Lab("submissions", certificate=kind) as lab, pytest.raises(TLSFailed, match=WRONG[kind][1]):
        lab.connect()


def test_each_cure_cures() -> None:
    with Lab("open", certificate="unknown-ca") as lab:
        lab.trust(lab.issuer())
        assert encrypted(lab)
    with Lab("open", certificate="wrong-name") as lab:
        lab.server_name = "mx1.hosting.example"
        assert encrypted(lab)
    with Lab("open", certificate="expired"), Lab("open") as renewed:
        assert encrypted(renewed)


def test_the_house_it_has_moved_to_needs_two_cures() -> None:
    with Lab("open", certificate="foreign") as lab:
        with pytest.raises(TLSFailed, match="nobody you trust"):
            encrypted(lab)
        lab.trust(lab.issuer())
        with pytest.raises(TLSFailed, match="another name"):
            encrypted(lab)
        lab.server_name = "smtp.newhost.example"
        assert encrypted(lab)


def test_no_cure_cures_another_fault() -> None:
    with Lab("open", certificate="wrong-name") as lab:
        lab.trust(lab.issuer())
        with pytest.raises(TLSFailed, match="another name"):
            encrypted(lab)
    with Lab("open", certificate="unknown-ca") as lab:
        lab.server_name = "localhost"
        with pytest.raises(TLSFailed, match="nobody you trust"):
            encrypted(lab)


def test_the_good_certificate_is_for_one_name_only() -> None:
    with Lab("open") as lab:
        lab.server_name = "smtp.lab.example"
        with pytest.raises(TLSFailed, match="another name"):
            encrypted(lab)


def test_smtplib_wants_a_certificate_for_the_name_in_the_settings() -> None:
    with Lab("open", certificate="wrong-name") as lab:
        lab.server_name = "mx1.hosting.example"
        with lab.smtplib() as client:
            assert client.starttls(context=lab.client_context())[0] == 220
            assert client.ehlo()[0] == 250


def test_a_certificate_is_ordered_by_name() -> None:
    with pytest.raises(ValueError, match="good, expired, wrong-name, unknown-ca, foreign"):
        Lab("open", certificate="stolen")


def test_an_authority_is_a_certificate() -> None:
    with Lab("open") as lab, pytest.raises(ValueError, match="BEGIN CERTIFICATE"):
        lab.trust("Speak SMTP lab")


@pytest.mark.skipif(which("openssl") is None, reason="compares with what openssl reads")
@pytest.mark.parametrize("kind", ["good", *WRONG, "foreign"])
def test_the_certificate_states_what_the_lab_says(kind: str) -> None:
    """openssl reads the very certificate that the server shows."""
    with Lab("open", certificate=kind, transport="sockets") as lab:
        if kind == "expired":
            assert lab.certificate.not_after.year == 2024
        shown = subprocess.run(
            ["openssl", "s_client", "-starttls", "smtp", "-connect", f"{lab.host}:{lab.port}"],
            input=b"QUIT\n",
            capture_output=True,
            timeout=20,
        ).stdout
        fields = ["-noout", "-issuer", "-dates", "-ext", "subjectAltName", "-dateopt", "iso_8601"]
        text = subprocess.run(
            ["openssl", "x509", *fields], input=shown, capture_output=True, timeout=20
        ).stdout.decode()
        states = lab.certificate
        assert f"O = {states.issuer}" in text
        assert f"notBefore={states.not_before} " in text
        assert f"notAfter={states.not_after} " in text
        names = text.split("X509v3 Subject Alternative Name", 1)[1].replace("DNS:", "").replace("IP Address:", "")
        assert ", ".join(states.names) in names


def test_somebody_on_the_path_reads_everything_in_clear_text() -> None:
    with Lab("open") as lab:
        session = lab.connect()
        deliver(session, b"Subject: x\r\n\r\n4711\r\n")
        session.send("QUIT")
        eve = lab.eavesdrop()
        assert b"4711" in eve.octets
        assert eve.server_name is None
        assert {piece.kind for piece in eve.heard} == {HeardKind.CLEAR}
        assert str(eve) == str(lab.transcript())


def test_somebody_on_the_path_reads_nothing_after_starttls() -> None:
    with Lab("open") as lab:
        session = lab.connect()
        say(session, EHLO, "STARTTLS")
        deliver(session, b"Subject: x\r\n\r\n4711\r\n")
        session.send("QUIT")
        eve = lab.eavesdrop(session.connection)
        assert not any(word in eve.octets for word in (b"4711", b"alice", b"bob", b"QUIT"))
        lines = str(eve).splitlines()
        *clear, handshake = lines[: lines.index("S: 220 2.0.0 Ready to start TLS") + 2]
        assert str(lab.transcript()).splitlines()[: len(clear)] == clear
        assert handshake == "# TLS handshake. Readable in it: the server's name, mail.lab.example"
        said = [(side, kind) for side, _, kind in eve.lines()[len(clear) + 1 :]]
        # EHLO, MAIL, RCPT, DATA, the message, QUIT, each with its reply, and the server's close_notify
        assert said == [("C", HeardKind.RECORD), ("S", HeardKind.RECORD)] * 6 + [("S", HeardKind.RECORD)]
        # 21 octets of EHLO, one for the inner type, 16 that prove them genuine (RFC 8446 5.2)
        assert lines[len(clear) + 1] == "C: 17 03 03 00 26 … 38 octets that cannot be read"


def test_implicit_tls_shows_not_even_the_greeting() -> None:
    with Lab("submissions") as lab:
        session = lab.connect()
        say(session, EHLO, "QUIT")
        kinds = [kind for _, _, kind in lab.eavesdrop().lines()]
        assert kinds[0] is HeardKind.HANDSHAKE
        assert HeardKind.CLEAR not in kinds
        assert b"ESMTP" not in lab.eavesdrop().octets


def test_there_must_be_something_to_overhear() -> None:
    with Lab("open") as lab:
        with pytest.raises(KeyError, match="no connection"):
            lab.eavesdrop()
        lab.connect().close()
        with pytest.raises(KeyError, match="no connection 7"):
            lab.eavesdrop(7)
