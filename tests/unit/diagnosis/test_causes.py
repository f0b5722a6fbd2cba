"""Causes and rules: each cause can be reached, tells who acts and what to do, and each rule has its source."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import diagnose
from helpers.diagnosis.rules import causes, rules

DATA = Path(__file__).parents[2] / "data" / "rejections"
WORDINGS = [
    line.split("\t") for line in (DATA / "wordings.tsv").read_text("utf-8").splitlines() if not line.startswith("#")
]
WHO = {"sender", "sender's administrator", "recipient", "recipient's administrator", "provider", "nobody (wait)"}


@pytest.mark.parametrize(
    ("cause", "reply", "source"), WORDINGS, ids=[f"{n}-{row[0]}" for n, row in enumerate(WORDINGS)]
)
def test_what_servers_say(cause: str, reply: str, source: str) -> None:
    assert source
    assert diagnose(reply).cause == cause


def test_every_cause_is_reached() -> None:
    assert len(causes()) == 38
    assert {cause for cause, *_ in WORDINGS} == set(causes())


@pytest.mark.parametrize("name", causes())
def test_every_cause_tells_who_acts_and_what_to_do(name: str) -> None:
    cause = causes()[name]
    assert cause.who in WHO
    assert cause.definition
    assert cause.explanation.endswith(".")
    assert cause.steps
    assert all(step.endswith(".") for step in cause.steps)


def test_every_rule_speaks_for_a_cause_and_has_a_source() -> None:
    assert len(rules()) > 100
    for rule in rules():
        assert rule.cause in causes(), rule.name
        assert len(rule.source) > 5, rule.name
        assert 0 < rule.weight < 1, rule.name
        assert rule.words or rule.links or rule.codes or rule.enhanced, rule.name


def test_the_evidence_names_words_rule_and_source() -> None:
    found = diagnose("550 5.1.1 <zoe@lab.example>: Recipient address rejected: User unknown in local recipient table")
    words = next(clue for clue in found.evidence if clue.kind == "words")
    assert words.seen == "User unknown"
    assert words.rule.startswith("rules:")
    assert "Postfix" in words.source
    assert {clue.kind for clue in found.evidence} == {"words", "enhanced code"}


def test_wording_beats_the_enhanced_code_and_that_beats_the_basic_code() -> None:
    assert diagnose("552 5.1.1 boite pleine / user over quota").cause == "mailbox-full"
    assert diagnose("550 5.2.2 sorry").cause == "mailbox-full"
    assert diagnose("550 5.4.1 <a@b.example>: Recipient address rejected: Access denied").cause == "mailbox-unknown"


def test_providers_bend_codes() -> None:
    """RFC 7372 gives X.7.23 to SPF; Gmail means reverse DNS by it."""
    assert diagnose("550 5.7.23 refused").cause == "spf-fail"
    assert diagnose("421 4.7.23 refused - gsmtp").cause == "no-ptr"


@pytest.mark.parametrize("reply", ["550", "550 no", "554 5.0.0 xyzzy", "hello", "", "451 4.0.0 hm", "Something is off"])
def test_too_little_is_not_sure(reply: str) -> None:
    found = diagnose(reply)
    assert found.cause is None
    assert found.refused
    assert found.confidence < 0.4
    assert found.steps
    says_a_digit = any(sign.isdigit() for sign in reply)
    assert ("first digit" in found.explanation) is says_a_digit
    assert ("nothing tells" in found.lasting) is not says_a_digit


def test_552_for_too_many_recipients_is_temporary() -> None:
    """RFC 5321 4.5.3.1.10."""
    found = diagnose("552 5.5.3 Too many recipients")
    assert (found.cause, found.temporary) == ("too-many-recipients", True)


@pytest.mark.parametrize(
    ("reply", "who", "step"),
    [
        ("554 Message rejected: Sending suspended for this account.", "provider", "support"),
        ("550 5.1.8 Access denied, bad outbound sender", "provider", "password"),
        ("450 4.2.1 The user you are trying to contact is receiving mail too quickly.", "nobody (wait)", "later"),
        (
            "550 5.7.322 certificate-expired: Destination mail server's certificate is expired.",
            "recipient's",
            "postmaster",
        ),
        ("554 5.6.1 8-bit content without BODY=8BITMIME in MAIL FROM", "sender", "BODY=8BITMIME"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "sender", "host name and port"),
        ("socket.gaierror: [Errno -2] Name or service not known", "sender", "host name"),
    ],
)
def test_a_rule_that_knows_better_than_its_cause_says_who_acts(reply: str, who: str, step: str) -> None:
    found = diagnose(reply)
    assert found.cause
    assert found.who.startswith(who)
    assert step in " ".join(found.steps)


def test_what_rules_say_of_who_and_steps_is_of_the_same_form() -> None:
    for rule in rules():
        assert rule.who is None or rule.who in WHO, rule.name
        assert all(step.endswith(".") for step in rule.steps or ()), rule.name
        assert rule.explanation is None or rule.explanation.endswith("."), rule.name
    assert any(rule.who == "provider" for rule in rules())


@pytest.mark.parametrize("reply", ["550 Permanent failure", "554 Transaction failed", "451 4.0.0 problem", "550 5.0.0"])
def test_a_general_word_names_no_cause(reply: str) -> None:
    assert diagnose(reply).cause is None


@pytest.mark.parametrize(
    ("reply", "phase", "cause", "who", "words"),
    [
        ("454 4.7.0 Temporary authentication failure", None, "auth-not-allowed", "nobody (wait)", "cannot check"),
        ("454 nope", "AUTH", "auth-not-allowed", "nobody (wait)", "not of your password"),
        ("432 4.7.12 A password transition is needed", "AUTH", "auth-not-allowed", "sender", "not ready yet"),
        (
            "504 5.5.4 Unrecognized authentication type",
            None,
            "auth-not-allowed",
            "sender's administrator",
            "switched off",
        ),
        ("SMTP AUTH extension not supported by server.", None, "auth-not-allowed", "sender", "only inside TLS"),
        ("ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number", None, "tls-problem", "sender", "clear text"),
        (
            "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org; Error: open "
            "resolver; https://www.spamhaus.org/returnc/pub/198.51.100.53",
            None,
            "receiver-misconfig",
            "recipient's administrator",
            "need not be on the list",
        ),
    ],
)
def test_who_can_act_where_one_wording_differs_from_its_cause(
    reply: str, phase: str | None, cause: str, who: str, words: str
) -> None:
    """RFC 4954 6 on 454 and 432; smtplib and OpenSSL by themselves; Spamhaus, return codes of public resolvers."""
    found = diagnose(reply, phase=phase)
    assert (found.cause, found.who) == (cause, who)
    assert words in found.explanation


@pytest.mark.parametrize(
    ("reply", "phase", "cause"),
    [
        ("550 hm", "MAIL", "policy-other"),  # RFC 5321 4.2.3: 550 for policy reasons
        ("554 hm", "end-of-data", "policy-other"),
        ("550 hm", "connect", "ip-blocklisted"),  # RFC 5321 3.1: nothing but the address is known yet
        ("552 hm", "RCPT", "mailbox-full"),  # RFC 5321 4.2.3: 552 exceeded storage allocation
        ("550 hm", "RCPT", None),
        ("550 hm", None, None),
    ],
)
def test_where_nothing_else_speaks_the_phase_does(reply: str, phase: str | None, cause: str | None) -> None:
    found = diagnose(reply, phase=phase)
    assert found.cause == cause
    assert found.confidence < 0.5


def test_the_phase_is_silent_where_words_speak() -> None:
    found = diagnose("550 5.1.1 user unknown", phase="connect")
    assert found.cause == "mailbox-unknown"
    assert "phase" not in {clue.kind for clue in found.evidence}


@pytest.mark.parametrize("address", ["recipient@relay.example", "spam@quota.example", "blocked.sender@spf.example"])
def test_words_in_a_quoted_address_mean_nothing(address: str) -> None:
    found = diagnose(f"550 5.7.1 <{address}>... Rejected: 192.0.2.9 listed at zen.spamhaus.org")
    assert found.cause == "ip-blocklisted"
    assert diagnose(f"550 5.1.1 <{address}>... User unknown").cause == "mailbox-unknown"


@pytest.mark.parametrize(
    ("reply", "temporary"),
    [
        ("451 5.7.1 Message rejected", True),  # RFC 5321 4.2.1: the first digit is what a client goes by
        ("550 4.7.1 Greylisted, try again", False),
        ("421 5.7.0 closing connection for good", True),
        ("4.2.2 mailbox full", True),  # RFC 3463 3.1, where there is no code
        ("5.1.1 user unknown", False),
        ("552 too many recipients", True),  # RFC 5321 4.5.3.1.10
        ("554 too many recipients", False),
    ],
)
def test_the_first_digit_beats_the_class_of_the_enhanced_code(reply: str, temporary: bool) -> None:
    assert diagnose(reply).temporary is temporary
