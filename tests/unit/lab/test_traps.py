"""Where stock aiosmtpd 1.4.6 leaves the RFCs: one test each, mended here or kept on purpose by a profile.

The numbers are those of the list that was measured before the lab was built.
"""

from __future__ import annotations

import smtplib

import pytest

from helpers.lab import Lab
from helpers.lab.data_files import load
from helpers.lab.dialogue import Dialogue
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import BODY, EHLO, MAIL, PLAIN_ALICE, RCPT, TRANSACTION, b64, deliver, say


def test_trap_1_help_is_214_and_pipelining_is_announced(lab: Lab) -> None:
    session = lab.connect()
    assert "PIPELINING" in session.send(EHLO).lines
    assert session.send("HELP").code == 214  # RFC 5321 4.3.2
    assert session.send("NOOP").enhanced == "2.0.0"


def test_trap_2_the_null_reverse_path_is_empty_and_takes_recipients(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, "MAIL FROM:<>", RCPT, "DATA")
    assert session.send_data(BODY).code == 250
    [message] = lab.mailbox("bob@lab.example")
    assert message.sender == ""
    assert "Return-Path: <>" in message.trace


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([MAIL, "RCPT TO:<>"], 501),
        (["MAIL FROM:alice@lab.example"], 501),
        (["MAIL FROM:<alice@lab.example"], 501),
        (["MAIL FROM:<al ice@lab.example>"], 501),
        (["MAIL FROM:<élan@lab.example>"], 553),
        ([MAIL, "RCPT TO:<élan@lab.example>"], 553),
    ],
)
def test_trap_3_malformed_paths_are_refused(lab: Lab, lines: list[str], code: int) -> None:
    assert say(lab.connect(), EHLO, *lines).code == code


def test_trap_3_undeclared_8_bit_is_refused_by_the_strict_profile_and_noted_by_the_others(start: Start) -> None:
    body = "Subject: é\r\n\r\nà\r\n".encode()
    assert deliver(start("strict").connect(), body).code == 554  # RFC 6152 3
    lab = start("open")
    assert deliver(lab.connect(), body).code == 250
    assert "BODY=8BITMIME" in str(lab.transcript())
    declared = start("strict").connect()
    say(declared, EHLO, MAIL + " BODY=8BITMIME", RCPT, "DATA")
    assert declared.send_data(body).code == 250


def test_trap_3_legacy_and_naive_forgive_on_purpose(start: Start) -> None:
    for name in ("legacy", "naive"):
        assert {"no-brackets", "unclosed-bracket"} <= set(load("profiles")[name]["forgive"])
        session = start(name).connect()
        session.send("HELO laptop.example")
        assert session.send("MAIL FROM:alice@lab.example").code == 250
        assert session.send("RCPT TO:<bob@lab.example").code == 250


def test_trap_4_parameters_keep_their_case(lab: Lab) -> None:
    session = lab.connect()
    say(
        session,
        EHLO,
        MAIL + " ret=hdrs ENVID=QqXx123",
        "RCPT TO:<bob@lab.example> ORCPT=rfc822;Bob@Lab.example",
        "DATA",
    )
    assert session.send_data(BODY).code == 250
    assert lab.mailbox("bob@lab.example")[0].parameters == ("RET=hdrs", "ENVID=QqXx123")


def test_trap_5_a_command_ends_with_cr_lf(lab: Lab, start: Start) -> None:
    [reply] = lab.connect().send_raw(b"NOOP\n")
    assert (reply.code, reply.enhanced) == (500, "5.5.2")
    assert load("profiles")["naive"]["bare_lf"] == load("profiles")["legacy"]["bare_lf"] == "accept"
    for name in ("naive", "legacy"):
        [reply] = start(name).connect().send_raw(b"NOOP\n")
        assert reply.code == 250


def test_trap_5_a_dot_after_cr_lf_is_unstuffed_whatever_follows_it(lab: Lab) -> None:
    session = lab.connect()
    say(session, *TRANSACTION, "DATA")
    [reply] = session.send_raw(b"a\r\n.\nb\r\n.\r\n")
    assert reply.code == 250
    # RFC 5321 4.5.2: only a line that is nothing but a dot ends the message
    assert lab.mailbox("bob@lab.example")[0].raw == b"a\r\n\nb\r\n"


def test_trap_6_starttls_needs_ehlo_and_comes_once(lab: Lab) -> None:
    session = lab.connect()
    assert session.send("STARTTLS").code == 503
    say(session, EHLO, "STARTTLS", EHLO)
    assert session.tls
    assert session.send("STARTTLS").code == 503
    assert session.send("NOOP").code == 250


def test_trap_7_auth_has_its_place_its_limit_and_no_case(lab: Lab) -> None:
    session = lab.connect()
    assert say(session, *TRANSACTION, PLAIN_ALICE).code == 503  # RFC 4954 3
    assert say(session, "RSET", "AUTH plain " + b64("\0alice\0wonderland")).code == 235  # RFC 4422 3.1
    other = lab.connect()
    other.send(EHLO)
    bad = "AUTH PLAIN " + b64("\0alice\0guess")
    assert [other.send(bad).code for _ in range(3)] == [535, 535, 421]
    assert other.closed


def test_trap_8_auth_inside_implicit_tls(start: Start) -> None:
    session = start("submissions").connect()
    assert "AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256" in session.send(EHLO).lines
    assert session.send(PLAIN_ALICE).code == 235


def test_trap_9_a_refused_login_is_always_answered(lab: Lab) -> None:
    client = lab.smtplib()
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        client.login("alice", "not hers")
    assert refused.value.smtp_code in (535, 421)
    client.close()


@pytest.mark.parametrize("verb", ["NOOP", "RCPT", "DATA", "HELP"])
def test_trap_10_an_exception_is_a_451_and_a_note(lab: Lab, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    def broken(dialogue: Dialogue, argument: str) -> None:
        raise ValueError("boom\r\n250 injected")

    session = lab.connect()
    say(session, *TRANSACTION)
    monkeypatch.setitem(Dialogue._METHODS, verb, broken)
    reply = session.send({"RCPT": RCPT}.get(verb, verb))
    assert (reply.code, reply.enhanced) == (451, "4.3.0")
    assert "ValueError" in reply.text
    assert any("ValueError: boom" in str(line) for line in lab.transcript().lines() if line.side == "#")
    monkeypatch.undo()
    assert session.send("NOOP").code == 250
    # RFC 5321 4.1.1: a refused command changes nothing, so the transaction goes on
    assert session.send("DATA").code == 354
    assert session.send_data(BODY).code == 250


def test_trap_10_an_exception_after_the_message_ends_its_transaction(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialogue, "_take", lambda dialogue, transaction, content: 1 / 0)
    session = lab.connect()
    assert deliver(session).code == 451
    monkeypatch.undo()
    assert session.send("DATA").code == 503
    assert deliver(session).code == 250
    assert len(lab.mailbox("bob@lab.example")) == 1


def test_trap_11_421_closes_the_connection(lab: Lab) -> None:
    lab.fault("NOOP", "421 4.3.0 Going away", times=1)
    session = lab.connect()
    assert session.send("NOOP").code == 421
    assert session.closed
    assert session._pipe.read() == b""


def test_trap_13_each_connection_has_its_own_limit_and_ehlo_does_not_add_to_it(lab: Lab) -> None:
    def longest(session: object) -> int:
        return max(size for size in (512, 600, 1155, 1156) if fits(session, size))

    def fits(session: object, size: int) -> bool:
        reply = session.send_raw(b"NOOP " + b"x" * (size - 7) + b"\r\n")[0]  # type: ignore[attr-defined]
        return reply.code == 250

    first, second = lab.connect(), lab.connect()
    first.send(EHLO)
    once = longest(first)
    for _ in range(3):
        first.send(EHLO)
    assert longest(first) == once
    assert longest(second) == 512
    lab.connect()
    assert longest(first) == once


def test_trap_12_14_15_are_habits_of_an_interface_that_the_lab_does_not_use() -> None:
    """Handlers that must set what they answer, lost HELP entries, a synchronous hook: there is no handler."""
    from helpers.lab.engine import Engine, _Nobody

    assert not [name for name in vars(_Nobody) if name.startswith(("handle_", "auth_"))]
    assert not [name for name in vars(Engine) if name.startswith("smtp_")]


def test_trap_14_help_lists_what_works(start: Start) -> None:
    def verbs(profile: str) -> set[str]:
        return set(start(profile).connect().send("HELP").text.split(": ")[1].split())

    rfc821 = {"HELO", "MAIL", "RCPT", "DATA", "RSET", "VRFY", "EXPN", "HELP", "NOOP", "QUIT"}
    assert verbs("legacy") == rfc821
    assert verbs("open") == rfc821 | {"EHLO", "STARTTLS", "AUTH", "BDAT"}
    assert verbs("mx") == verbs("open") - {"AUTH", "EXPN"}
