"""The lab's own refusals, live, diagnosed from the transcript."""

from __future__ import annotations

import base64

import pytest

from helpers import Lab, diagnose
from helpers.lab.profiles import profile_names

HELLO = "EHLO laptop.example"
FROM, TO = "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>"
BAD = "AUTH PLAIN " + base64.b64encode(b"\0alice\0wrong").decode()
SMTP = {"submission", "submissions"}  # ask for TLS or a login before all else

#: profiles, what is said, the expected cause, phase, temporary
CASES = [
    ("open strict mx legacy", ["{hello}", FROM, "RCPT TO:<zoe@lab.example>"], "mailbox-unknown", "RCPT", False),
    ("open strict mx legacy", ["{hello}", FROM, "RCPT TO:<x@elsewhere.example>"], "relay-denied", "RCPT", False),
    ("open strict mx legacy naive", ["{hello}", TO], "sequence-error", "RCPT", False),
    ("open strict mx legacy naive", ["{hello}", "FROB"], "syntax-error", "any", False),
    ("open strict mx naive", ["{hello}", FROM + " SIZE=99999999"], "message-too-big", "MAIL", False),
    ("open naive", ["{hello}", BAD], "bad-credentials", "AUTH", False),
    ("open naive", ["{hello}", "AUTH GSSAPI"], "auth-not-allowed", "AUTH", False),
    ("open strict mx", ["{hello}", FROM, "RCPT TO:<gone@lab.example>"], "mailbox-disabled", "RCPT", False),
    ("open strict mx", ["{hello}", FROM, "RCPT TO:<full@lab.example>"], "mailbox-full", "RCPT", True),
    ("open strict mx", ["{hello}", FROM, "RCPT TO:<grey@lab.example>"], "greylisted", "RCPT", True),
    ("open strict mx", ["{hello}", FROM, "RCPT TO:<trouble@lab.example>"], "service-unavailable", "RCPT", True),
    ("open strict mx", ["{hello}", "MAIL FROM:<zoé@lab.example>"], "smtputf8-required", "MAIL", False),
    ("strict", ["EHLO laptop"], "helo-rejected", "EHLO", False),
    ("strict", ["{hello}", "AUTH PLAIN"], "tls-required", "AUTH", False),
    ("submission", ["{hello}", FROM], "tls-required", "MAIL", False),
    ("legacy", ["EHLO laptop.example"], "syntax-error", "EHLO", False),
    ("open strict mx", ["{hello}", FROM, "RCPT TO:<zoe@lab.example>", "DATA"], "mailbox-unknown", "RCPT", False),
]


@pytest.mark.parametrize(
    ("name", "said", "cause", "phase", "temporary"),
    [(name, *rest) for names, *rest in CASES for name in names.split()],
)
def test_a_refusal_of_the_lab(name: str, said: list[str], cause: str, phase: str, temporary: bool) -> None:
    with Lab(name, transport="memory") as lab:
        session = lab.connect()
        for line in said:
            session.send(line.format(hello="HELO laptop.example" if name == "legacy" else HELLO))
        found = diagnose(lab.transcript())
        assert (found.cause, found.phase, found.temporary) == (cause, phase, temporary), found.reply
        assert found.who
        assert found.steps


def test_every_profile_refuses_something() -> None:
    """submissions speaks TLS from the first octet, which the memory transport does not have."""
    assert {name for names, *_ in CASES for name in names.split()} == set(profile_names()) - {"submissions"}


def test_a_delivered_message_has_no_refusal() -> None:
    with Lab("open", transport="memory") as lab:
        session = lab.connect()
        for line in (HELLO, FROM, TO, "DATA"):
            session.send(line)
        session.send_data("Subject: hi\r\n\r\nhi\r\n")
        found = diagnose(lab.transcript())
        assert (found.cause, found.refused) == (None, False)


def test_what_was_cured_is_not_diagnosed() -> None:
    with Lab("legacy", transport="memory") as lab:
        session = lab.connect()
        session.send(HELLO)
        session.send("HELO laptop.example")
        assert not diagnose(lab.transcript()).refused


def test_an_exchange_knows_its_phase() -> None:
    with Lab("open", transport="memory") as lab:
        session = lab.connect()
        session.send(HELLO)
        session.send("RCPT TO:<bob@lab.example>")
        assert diagnose(lab.transcript()[-1]).phase == "RCPT"


def test_faults_of_other_servers() -> None:
    with Lab("open", transport="memory") as lab:
        lab.fault(
            "RCPT", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", times=1
        )
        session = lab.connect()
        for line in (HELLO, FROM, TO):
            session.send(line)
        assert diagnose(lab.transcript()).cause == "ip-blocklisted"
