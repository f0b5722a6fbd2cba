"""When a command may be sent: RFC 5321 4.1.4, RFC 3207 4, RFC 4954 3 and 4, RFC 3030 2 and 3."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpers import reference
from helpers.protocol.permission import _CONDITIONS, parameter_permission, permission
from helpers.protocol.state import Phase, SessionState
from helpers.reference.model import CONDITIONS, PHASES, Argument

CONNECTED = SessionState()
GREETED = SessionState(
    Phase.GREETED, hello="EHLO", extensions=("SIZE 1000", "STARTTLS", "AUTH PLAIN LOGIN", "CHUNKING", "BINARYMIME")
)
SENDER = replace(GREETED, phase=Phase.SENDER, reverse_path="a@b.example")
RECIPIENTS = replace(SENDER, phase=Phase.RECIPIENTS, forward_paths=("c@d.example",))
MESSAGE = replace(RECIPIENTS, phase=Phase.MESSAGE)
AUTH = replace(GREETED, phase=Phase.AUTH, mechanism="LOGIN")
ENDED = replace(GREETED, phase=Phase.ENDED)
STATES = {"C": CONNECTED, "G": GREETED, "S": SENDER, "R": RECIPIENTS, "M": MESSAGE, "A": AUTH, "E": ENDED}


@pytest.mark.parametrize(
    ("verb", "where"),
    [
        ("EHLO", "CGSR"),
        ("HELO", "CGSR"),
        ("NOOP", "CGSR"),  # RFC 5321 4.1.4: these five at any time, also without EHLO
        ("HELP", "CGSR"),
        ("EXPN", "CGSR"),
        ("VRFY", "CGSR"),
        ("RSET", "CGSR"),
        ("QUIT", "CGSR"),
        ("MAIL", "G"),
        ("RCPT", "SR"),
        ("DATA", "R"),
        ("BDAT", "R"),
        ("AUTH", "G"),
        ("STARTTLS", "G"),
        ("MESSAGE", "M"),
        ("RESPONSE", "A"),
    ],
)
def test_places(verb: str, where: str) -> None:
    command = reference.command(verb)
    assert "".join(key for key, state in STATES.items() if permission(command, state).allowed) == where


def test_every_answer_is_one_sentence() -> None:
    for command in reference.commands():
        for state in STATES.values():
            reason = permission(command, state).reason
            assert reason.endswith(".")
            assert reason[0].isupper()
            assert "\n" not in reason


def test_reasons() -> None:
    mail = reference.command("MAIL")
    assert permission(mail, GREETED).reason == ("Allowed now: the server has greeted you and no transaction is open.")
    assert permission(mail, CONNECTED).reason == mail.not_permitted
    assert "open a new connection" in permission(mail, ENDED).reason
    assert "only a dot" in permission(mail, MESSAGE).reason
    assert "334" in permission(reference.command("RESPONSE"), AUTH).reason


def test_starttls_conditions() -> None:
    starttls = reference.command("STARTTLS")
    without = replace(GREETED, extensions=("SIZE",))
    assert permission(starttls, without).reason == "STARTTLS is not in the EHLO reply of this session."
    assert "TLS is already active" in permission(starttls, replace(GREETED, tls=True)).reason
    assert "HELO" in permission(starttls, replace(GREETED, hello="HELO", extensions=())).reason


def test_auth_happens_once() -> None:
    verdict = permission(reference.command("AUTH"), replace(GREETED, authenticated="PLAIN"))  # RFC 4954 4
    assert not verdict.allowed
    assert "PLAIN" in verdict.reason


def test_data_and_bdat_do_not_mix() -> None:
    data, bdat = reference.command("DATA"), reference.command("BDAT")
    chunking = replace(RECIPIENTS, chunking=True)  # RFC 3030 2
    assert not permission(data, chunking).allowed
    assert permission(bdat, chunking).allowed
    binary = replace(RECIPIENTS, mail_parameters=("BODY=BinaryMime",))  # RFC 3030 3
    assert "BDAT" in permission(data, binary).reason
    assert not permission(data, binary).allowed


def test_parameters_need_their_extension() -> None:
    size = Argument("SIZE", "SIZE", "size", "5", " SIZE={}", extension="SIZE")
    assert parameter_permission(size, GREETED).allowed
    refused = parameter_permission(size, replace(GREETED, extensions=("PIPELINING",)))
    assert (refused.allowed, refused.reason) == (False, "SIZE is not in the EHLO reply of this session.")
    assert "HELO" in parameter_permission(size, replace(GREETED, hello="HELO", extensions=())).reason
    assert "EHLO first" in parameter_permission(size, CONNECTED).reason
    path = Argument("path", "Path", "reverse-path", "a@b.example", "<{}>", required=True)
    assert parameter_permission(path, CONNECTED).allowed


def test_each_condition_of_the_facts_has_its_rule_and_each_place_its_name() -> None:
    assert set(_CONDITIONS) == set(CONDITIONS)
    assert [phase.value for phase in Phase] == list(PHASES)
