"""What people paste: replies of several lines, bounces, smtplib's exceptions, sessions."""

from __future__ import annotations

import pytest

from helpers import diagnose
from helpers.protocol.reply import Reply, parse_reply


@pytest.mark.parametrize(
    ("pasted", "cause", "phase", "temporary"),
    [
        (
            "smtplib.SMTPRecipientsRefused: {'zoe@lab.example': (550, b'5.1.1 <zoe@lab.example>: no such user here')}",
            "mailbox-unknown",
            "RCPT",
            False,
        ),
        (
            "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Error: authentication failed:')",
            "bad-credentials",
            "AUTH",
            False,
        ),
        ("(535, b'5.7.8 Username and Password not accepted')", "bad-credentials", "AUTH", False),
        ("smtplib.SMTPSenderRefused: (530, b'5.7.0 Authentication required', 'a@b.c')", "auth-required", "MAIL", False),
        ("smtplib.SMTPDataError: (554, b'5.7.1 Spam message rejected')", "spam-content", "end-of-data", False),
        (
            "smtplib.SMTPDataError: (550, b'Multi\\nline: virus found\\r\\nbye')",
            "virus-or-attachment",
            "end-of-data",
            False,
        ),
        (
            "smtplib.SMTPNotSupportedError: SMTP AUTH extension not supported by server.",
            "auth-not-allowed",
            "AUTH",
            False,
        ),
        (
            "smtplib.SMTPNotSupportedError: STARTTLS extension not supported by server.",
            "tls-problem",
            "STARTTLS",
            False,
        ),
        (
            "ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1000)",
            "tls-problem",
            "connect",
            False,
        ),
        (
            "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
            "self-signed certificate (_ssl.c:1000)",
            "tls-problem",
            "STARTTLS",
            False,
        ),
        ("smtplib.SMTPServerDisconnected: Connection unexpectedly closed", "service-unavailable", None, True),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "service-unavailable", "connect", True),
        ("timed out", "timeout", None, True),
        ("TimeoutError: timed out", "timeout", None, True),
        (
            "host mx.example[192.0.2.1] said: 550 5.1.1 <zoe@example.com>: no such user (in reply to RCPT TO command)",
            "mailbox-unknown",
            "RCPT",
            False,
        ),
        (
            "SMTP error from remote mail server after end of data: 552 5.3.4 Message too big",
            "message-too-big",
            "end-of-data",
            False,
        ),
        ("Diagnostic-Code: smtp; 450 4.2.0 Greylisted", "greylisted", None, True),
        ("550-5.1.1 The account that you\n550 5.1.1 tried to reach does not exist", "mailbox-unknown", None, False),
        (
            "550-5.1.1 The account that you\r\n550 5.1.1 tried to reach does not exist\r\n",
            "mailbox-unknown",
            None,
            False,
        ),
        ("Remote Server returned '550 5.4.14 Hop count exceeded - possible mail loop'", "mail-loop", None, False),
        ("could not connect to port 587: Connection refused", "service-unavailable", "connect", True),
    ],
)
def test_as_it_is_pasted(pasted: str, cause: str, phase: str | None, temporary: bool) -> None:
    found = diagnose(pasted)
    assert (found.cause, found.phase, found.temporary) == (cause, phase, temporary)


@pytest.mark.parametrize("reply", ["250 2.1.5 OK", "354 End data with <CR><LF>.<CR><LF>", "220 mx ESMTP", "252 no"])
def test_a_success_is_no_refusal(reply: str) -> None:
    for what in (reply, parse_reply(reply.encode() + b"\r\n")):
        found = diagnose(what)
        assert (found.cause, found.refused, found.steps) == (None, False, ())
        assert "no refusal" in found.explanation


def test_a_reply_and_its_text_are_diagnosed_alike() -> None:
    reply = Reply(550, ("5.7.1 <x@example.com>: relaying denied",))
    assert diagnose(reply).cause == diagnose(str(reply)).cause == "relay-denied"


def test_the_phase_is_taken_from_the_argument() -> None:
    assert diagnose("501 Invalid domain", phase="ehlo").phase == "EHLO"
    assert diagnose("550 no", phase="eod").phase == "end-of-data"
    with pytest.raises(ValueError, match="end-of-data"):
        diagnose("550 no", phase="lunch")


def test_the_phase_matters() -> None:
    assert diagnose("504 nope", phase="EHLO").cause == "helo-rejected"
    assert diagnose("504 nope", phase="AUTH").cause == "auth-not-allowed"
    assert diagnose("454 nope", phase="STARTTLS").cause == "tls-problem"


def test_anything_else_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="bytes"):
        diagnose(b"550 no")  # type: ignore[arg-type]


def test_a_pasted_session_is_read_as_one() -> None:
    found = diagnose(
        "S: 220 mx\nC: EHLO laptop.example\nS: 250 mx\nC: MAIL FROM:<a@b.example>\nS: 250 ok\n"
        "C: RCPT TO:<zoe@lab.example>\nS: 550 no such user\nC: DATA\nS: 503 no valid recipients\nC: QUIT\nS: 221 bye\n"
    )
    assert (found.cause, found.phase) == ("mailbox-unknown", "RCPT")


def test_where_the_cause_is_not_known_nobody_is_told_to_act() -> None:
    assert "Who looks further: sender" in str(diagnose("550 zxcv qwer"))
    assert "Who can act: " in str(diagnose("550 5.1.1 User unknown"))
