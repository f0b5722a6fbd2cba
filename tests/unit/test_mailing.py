"""send_email and probe_server against every profile, on both transports, and against each fault.

What a client must do and what a reply means: RFC 5321 3.3 and 4.2.1, RFC 3207 4, RFC 4954 4 and 6, RFC 6152.
"""

from __future__ import annotations

import ast
import smtplib
import socket
import sys
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from helpers import Lab, mailing, probe_server, send_email
from helpers.lab import running_labs
from helpers.mailing import Answer, MailError

ALICE, BOB, CAROL = "alice@lab.example", "bob@lab.example", "carol@lab.example"
LOGIN = ("alice", "wonderland")
PROFILES = ("open", "submission", "submissions", "mx", "strict", "legacy", "naive")
TLS: dict[str, mailing.Security] = {"submissions": "implicit", "legacy": "none"}
NO_LOGIN = ("mx", "legacy")


@pytest.fixture(params=["sockets", "memory"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("SPEAK_SMTP_TRANSPORT", request.param)
    yield request.param
    _stop_all()


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SPEAK_SMTP_TRANSPORT", "sockets")
    yield
    _stop_all()


def _stop_all() -> None:
    for lab in running_labs():
        lab.stop()


def letter(*to: str, text: str = "Friday at noon?") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = ALICE, ", ".join(to or (BOB,)), "Lunch"
    message.set_content(text)
    return message


def server_of(lab: Lab) -> mailing.Server:
    return (lab.host, lab.port) if lab.transport == "sockets" else lab.smtplib()


def send(lab: Lab, message: EmailMessage | None = None, **options: Any) -> mailing.Delivery:
    options = {
        "tls": TLS.get(lab.profile, "starttls"),
        "login": None if lab.profile in NO_LOGIN else LOGIN,
        "context": lab.client_context(),
    } | options
    return send_email(message or letter(), server_of(lab), **options)


def failure(lab: Lab, message: EmailMessage | None = None, **options: Any) -> MailError:
    with pytest.raises(MailError) as failed:
        send(lab, message, **options)
    return failed.value


def said(lab: Lab) -> list[tuple[str, bool]]:
    return [(e.verb, e.tls) for e in lab.transcript().exchanges if e.verb]


# --- sending ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [p for p in PROFILES if p != "submissions"])
def test_it_arrives(profile: str, transport: str) -> None:
    arrives(profile)


def test_it_arrives_on_the_port_with_implicit_tls(sockets: None) -> None:
    arrives("submissions")


def arrives(profile: str) -> None:
    lab = Lab(profile)
    done = send(lab)
    assert done.accepted == (BOB,)
    assert done.complete
    assert done.answer.code == 250
    (stored,) = lab.mailbox(BOB)
    assert b"Friday at noon?" in stored.raw
    verbs = said(lab)
    assert verbs[-1][0] == "QUIT"
    if profile != "legacy":
        assert all(tls for verb, tls in verbs if verb in ("AUTH", "MAIL", "RCPT", "DATA"))
        before_mail = [verb for verb, tls in verbs[: verbs.index(("MAIL", True))] if tls]
        assert before_mail == (["EHLO"] if profile in NO_LOGIN else ["EHLO", "AUTH"])


@pytest.mark.parametrize("profile", [p for p in PROFILES if p not in ("submissions", "naive")])
def test_some_are_refused(profile: str, transport: str) -> None:
    lab = Lab(profile)
    done = send(lab, letter(BOB, "nobody@lab.example", "grey@lab.example", CAROL))
    assert done.accepted == (BOB, CAROL)
    assert {address: answer.code for address, answer in done.refused.items()} == {
        "nobody@lab.example": 550,
        "grey@lab.example": 450,
    }
    assert done.later == ("grey@lab.example",)
    assert not done.complete
    assert set(lab.mailboxes) == {BOB, CAROL}


@pytest.mark.parametrize(("address", "code", "temporary"), [("nobody", 550, False), ("grey", 450, True)])
def test_all_are_refused(transport: str, address: str, code: int, temporary: bool) -> None:
    lab = Lab("open")
    error = failure(lab, letter(f"{address}@lab.example"))
    assert (error.phase, error.temporary) == ("recipients", temporary)
    assert error.refused[f"{address}@lab.example"].code == code
    assert not lab.mailboxes


@pytest.mark.parametrize("profile", ["open", "submission", "strict", "naive"])
def test_a_wrong_password_is_tried_once(profile: str, transport: str) -> None:
    """Three refusals for one wrong password, as smtplib's login() makes them, end the connection with 421."""
    lab = Lab(profile)
    error = failure(lab, login=("alice", "wanderland"))
    assert error.phase == "login"
    assert error.answer is not None
    assert error.answer.code == 535
    assert not error.temporary
    assert [verb for verb, _ in said(lab)].count("AUTH") == 1


def test_a_login_that_is_not_offered(transport: str) -> None:
    lab = Lab("mx")
    error = failure(lab, login=LOGIN)
    assert (error.phase, error.answer) == ("login", None)
    assert "does not offer AUTH" in str(error)
    assert "AUTH" not in [verb for verb, _ in said(lab)]


def test_a_stronger_mechanism_is_wanted(transport: str) -> None:
    error = failure(Lab("submission"), login=("dave", "hal9000"))
    assert error.answer is not None
    assert error.answer.code == 534


def test_smtplib_cannot_send_this_password(transport: str) -> None:
    error = failure(Lab("submission"), login=("carol", "café-noir"))
    assert error.phase == "login"
    assert "ASCII" in str(error)


def test_no_tls_where_it_is_wanted(transport: str) -> None:
    lab = Lab("legacy")
    error = failure(lab, tls="starttls")
    assert error.phase == "tls"
    assert "does not offer STARTTLS" in str(error)
    assert "MAIL" not in [verb for verb, _ in said(lab)]


def test_no_password_without_tls(transport: str) -> None:
    lab = Lab("open")
    with pytest.raises(ValueError, match="inside TLS only"):
        send(lab, tls="none")
    assert not said(lab)


def test_the_server_wants_tls(transport: str) -> None:
    error = failure(Lab("submission"), tls="none", login=None)
    assert error.answer is not None
    assert error.answer.code == 530
    assert error.phase == "sender"


@pytest.mark.parametrize("kind", ["expired", "wrong-name", "unknown-ca"])
def test_a_bad_certificate_after_starttls(transport: str, kind: str) -> None:
    with Lab("open", certificate=kind) as lab:
        error = failure(lab)
        assert error.phase == "tls"
        assert "certificate was not accepted" in str(error)
        assert not error.temporary
        assert not {verb for verb, _ in said(lab)} & {"AUTH", "MAIL"}


@pytest.mark.parametrize("kind", ["expired", "wrong-name", "unknown-ca"])
def test_a_bad_certificate_from_the_first_octet(sockets: None, kind: str) -> None:
    with Lab("submissions", certificate=kind) as lab:
        error = failure(lab)
        assert error.phase == "connect"
        assert "certificate was not accepted" in str(error)
        assert not error.temporary
        assert not {verb for verb, _ in said(lab)} & {"AUTH", "MAIL"}


def test_a_certificate_is_verified_without_a_context(transport: str) -> None:
    """The system's authorities do not know the lab's."""
    assert failure(Lab("open"), context=None).phase == "tls"


PHASES = {
    "CONNECT": "connect",
    "EHLO": "hello",
    "STARTTLS": "tls",
    "AUTH": "login",
    "MAIL": "sender",
    "RCPT": "recipients",
    "DATA": "message",
    "END-OF-DATA": "message",
}


@pytest.mark.parametrize("where", PHASES)
@pytest.mark.parametrize("fault", ["drop", "delay", "reply"])
def test_each_phase_has_its_error(sockets: None, where: str, fault: str) -> None:
    lab = Lab("open")
    if fault == "reply":
        if where == "EHLO":
            lab.fault("HELO", "451 4.3.0 Later")  # smtplib falls back to it
        lab.fault(where, "451 4.3.0 Later")
    else:
        lab.fault(where, drop=fault == "drop", delay=0.8 if fault == "delay" else 0)
    error = failure(lab, timeout=0.2)
    assert error.phase == PHASES[where]
    assert error.temporary
    words = {"drop": "closed the connection", "delay": "did not answer in time", "reply": "451 4.3.0 Later"}
    assert words[fault] in str(error)
    assert (error.answer == Answer(451, "4.3.0 Later")) is (fault == "reply")
    if PHASES[where] == "message":
        assert ("may arrive twice" in str(error)) is (fault != "reply")


def test_a_drop_in_memory(transport: str) -> None:
    lab = Lab("open")
    lab.fault("MAIL", drop=True)
    error = failure(lab)
    assert (error.phase, error.temporary) == ("sender", True)


def test_421_to_a_recipient_ends_it(transport: str) -> None:
    """RFC 5321 3.8: the server is closing the connection, so those taken before get nothing."""
    lab = Lab("open")
    lab.fault("RCPT", "421 4.3.2 Shutting down", times=1)
    error = failure(lab, letter(BOB, CAROL))
    assert (error.phase, error.temporary) == ("recipients", True)
    assert not lab.mailboxes


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(MailError, match="nobody listens there") as failed:
        send_email(letter(), ("127.0.0.1", port))
    assert (failed.value.phase, failed.value.temporary) == ("connect", True)


# --- the message ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["strict", "legacy"])
def test_beyond_ascii(profile: str, transport: str) -> None:
    """Declared where the server has 8BITMIME, which strict demands; encoded where it has not (RFC 6152 3)."""
    lab = Lab(profile)
    message = letter(text="Grüße aus Köln\n")
    message.replace_header("Subject", "Grüße")
    send(lab, message)
    (stored,) = lab.mailbox(BOB)
    mail = next(e for e in lab.transcript().exchanges if e.verb == "MAIL")
    declared = "BODY=8BITMIME" in (mail.command or "")
    assert declared is (profile == "strict")
    assert ("Grüße aus Köln".encode() in stored.raw) is declared
    assert stored.raw.partition(b"\r\n\r\n")[0].isascii(), "headers are encoded words without SMTPUTF8 (RFC 2047)"


def test_an_address_beyond_ascii(transport: str) -> None:
    """With SMTPUTF8 the server is asked (and does not know the address); without it nothing is tried (RFC 6531)."""
    asked = failure(Lab("open"), recipients=["jürgen@lab.example"])
    assert asked.phase == "recipients"
    assert failure(Lab("legacy"), recipients=["jürgen@lab.example"]).phase == "sender"


def test_blind_copies(transport: str) -> None:
    lab = Lab("open")
    message = letter(BOB)
    message["Bcc"] = CAROL
    assert send(lab, message).accepted == (BOB, CAROL)
    assert all(b"carol" not in lab.mailbox(address)[0].raw for address in (BOB, CAROL))
    assert message["Bcc"] == CAROL, "the caller's message stays as it was"


def test_envelope(transport: str) -> None:
    lab = Lab("open")
    send(lab, sender="", recipients=[CAROL])
    assert set(lab.mailboxes) == {CAROL}
    mail = next(e for e in lab.transcript().exchanges if e.verb == "MAIL")
    assert (mail.command or "").upper().startswith("MAIL FROM:<>")


def test_a_dot_at_the_start_of_a_line(transport: str) -> None:
    lab = Lab("open")
    send(lab, letter(text="one\n.\ntwo\n"))
    assert b"one\r\n.\r\ntwo" in lab.mailbox(BOB)[0].raw


def test_nobody_to_send_to_or_from() -> None:
    message = EmailMessage()
    with pytest.raises(ValueError, match="No sender"):
        send_email(message, ("127.0.0.1", 25))
    message["From"] = ALICE
    with pytest.raises(ValueError, match="Nobody to send to"):
        send_email(message, ("127.0.0.1", 25))


# --- never beyond this computer ---------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "mail.example.com", "127.example.com", "0.0.0.0", ""])
@pytest.mark.parametrize("call", [lambda server: send_email(letter(), server), probe_server], ids=["send", "probe"])
def test_not_beyond_this_computer(host: str, call: Callable[[Any], object], monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise AssertionError("it looked a name up or connected")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    monkeypatch.setattr(socket, "create_connection", nowhere)
    with pytest.raises(ValueError, match="allow_network=True"):
        call((host, 25))


def test_a_connected_client_beyond_this_computer() -> None:
    class Elsewhere:
        def getpeername(self) -> tuple[str, int]:
            return ("192.0.2.1", 25)

    client = smtplib.SMTP(local_hostname="laptop.example")
    client.sock = Elsewhere()  # type: ignore[assignment]
    with pytest.raises(ValueError, match="allow_network=True"):
        probe_server(client)
    with pytest.raises(ValueError, match="not connected"):
        probe_server(smtplib.SMTP(local_hostname="laptop.example"))


def test_the_network_when_it_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *_: object, **__: object) -> None:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(socket, "getfqdn", lambda: "laptop.example")
    with pytest.raises(MailError):
        probe_server(("192.0.2.1", 25), allow_network=True)
    assert asked == [("192.0.2.1", 25)]


def test_no_name_is_looked_up(sockets: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """smtplib would ask for this computer's name, and that may go to the network."""
    lab = Lab("strict")
    monkeypatch.setattr(socket, "getfqdn", lambda *_: pytest.fail("a name was looked up"))
    assert send(lab).complete
    assert probe_server((lab.host, lab.port), hello="laptop.example", context=lab.client_context()).tls == "starttls"


# --- probing ----------------------------------------------------------------------------------------------

OFFERED = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256")
PROBES: dict[str, tuple[str, tuple[str, ...], bool]] = {  # TLS, mechanisms, AUTH before TLS
    "open": ("starttls", OFFERED, True),
    "submission": ("starttls", OFFERED, False),
    "submissions": ("implicit", OFFERED, False),
    "mx": ("starttls", (), False),
    "strict": ("starttls", OFFERED, False),
    "legacy": ("none", (), False),
    "naive": ("starttls", OFFERED, True),
}


@pytest.mark.parametrize("profile", [p for p in PROFILES if p != "submissions"])
def test_probe(profile: str, transport: str) -> None:
    probed(profile, transport)


def test_probe_of_implicit_tls(sockets: None) -> None:
    probed("submissions", "sockets")


def probed(profile: str, transport: str) -> None:
    lab = Lab(profile)
    report = probe_server(server_of(lab), implicit_tls=profile == "submissions", context=lab.client_context())
    tls, mechanisms, early = PROBES[profile]
    assert (report.tls, report.mechanisms, "AUTH" in report.before) == (tls, mechanisms, early)
    assert report.tls_problem == ""
    assert ("STARTTLS" in report.before) is (tls == "starttls")
    assert "STARTTLS" not in report.after
    assert bool(report.after) is (tls != "none")
    keywords = report.before if tls == "none" else report.after
    assert keywords.get("SIZE") == (None if profile == "legacy" else "10485760")
    if transport == "sockets":
        assert report.greeting is not None
        assert report.greeting.code == 220
        assert "220 mail.lab.example" in str(report)
    else:
        assert report.greeting is None
    assert said(lab)[-1][0] == "QUIT"
    assert not {verb for verb, _ in said(lab)} & {"AUTH", "MAIL"}


@pytest.mark.parametrize("kind", ["expired", "wrong-name", "unknown-ca"])
def test_probe_of_a_bad_certificate(transport: str, kind: str) -> None:
    lab = Lab("submission", certificate=kind)
    report = probe_server(server_of(lab), context=lab.client_context())
    assert (report.tls, report.after, report.mechanisms) == ("none", {}, ())
    assert "STARTTLS" in report.before
    assert "certificate was not accepted" in report.tls_problem
    assert report.tls_problem in str(report)


def test_probe_of_a_refused_starttls(transport: str) -> None:
    lab = Lab("open")
    lab.fault("STARTTLS", "454 4.7.0 TLS not available")
    report = probe_server(server_of(lab), context=lab.client_context())
    assert "454 4.7.0 TLS not available" in report.tls_problem
    assert said(lab)[-1][0] == "QUIT"


def test_probe_of_a_silent_server(sockets: None) -> None:
    lab = Lab("open")
    lab.fault("CONNECT", delay=0.8)
    with pytest.raises(MailError, match="did not answer in time") as failed:
        probe_server((lab.host, lab.port), timeout=0.2)
    assert failed.value.phase == "connect"


# --- worth copying ----------------------------------------------------------------------------------------


def test_it_stands_alone() -> None:
    tree = ast.parse(Path(mailing.__file__).read_text(encoding="utf-8"))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {module.partition(".")[0] for module in modules} <= sys.stdlib_module_names
