"""The programs: each failure as a program that runs into it, and as the same program with the cure.

They are shown to learners as they stand here, so each is what somebody would write with ``smtplib``.
"""

from __future__ import annotations

import email.policy
import smtplib
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from typing import Any, Final, NamedTuple

from helpers.lab import Lab
from helpers.lab.lab import CLIENT_NAME

_VERBS: Final = frozenset({"ehlo", "helo", "mail", "rcpt", "data", "rset", "noop", "quit"})


def _in_capitals(client: smtplib.SMTP) -> None:
    """Let a client write its commands in capitals: Pythons differ in their case, which means nothing (RFC 5321 2.4)."""
    put = client.putcmd

    def putcmd(cmd: str, args: str = "") -> None:
        if cmd.lower() in _VERBS:
            keyword, colon, path = args.partition(":")
            cmd, args = cmd.upper(), f"{keyword.upper()}{colon}{path}" if colon else args
        put(cmd, args)

    client.putcmd = putcmd  # type: ignore[method-assign]


class SMTP(smtplib.SMTP):
    """smtplib's client with the name that the course uses, on whatever machine this is."""

    def __init__(self, host: str, port: int, **options: Any) -> None:
        super().__init__(host, port, local_hostname=CLIENT_NAME, **options)
        _in_capitals(self)


class SMTP_SSL(smtplib.SMTP_SSL):  # noqa: N801  # learners read it as smtplib's own name
    """The same with TLS from the first octet."""

    def __init__(self, host: str, port: int, **options: Any) -> None:
        super().__init__(host, port, local_hostname=CLIENT_NAME, **options)
        _in_capitals(self)


class Stage(Lab):
    """A lab whose smtplib clients write their commands in capitals."""

    def smtplib(self) -> smtplib.SMTP:
        client = super().smtplib()
        _in_capitals(client)
        return client


Program = Callable[[Lab], object]


class Recipe(NamedTuple):
    """A program that fails, and the one that does not."""

    failing: Program
    cured: Program


# --- connect and TLS ----------------------------------------------------------------------------------------------


def wrong_version(lab: Lab) -> None:
    with SMTP_SSL(lab.host, lab.port, context=lab.client_context()) as client:
        client.noop()


def disconnected(lab: Lab) -> None:
    with SMTP(lab.host, lab.port, timeout=0.5) as client:
        client.noop()


def disconnected_cured(lab: Lab) -> None:
    with SMTP_SSL(lab.host, lab.port, context=lab.client_context()) as client:
        client.login("alice", "wonderland")
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Lunch\n\nAt noon?")


def certificate(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.starttls(context=lab.client_context())


def certificate_cured(lab: Lab) -> None:
    lab.server_name = "mx1.hosting.example"  # the name that the program connects to
    with lab.smtplib() as client:
        client.starttls(context=lab.client_context())
        client.login("alice", "wonderland")
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Lunch\n\nAt noon?")


def plain(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Lunch\n\nAt noon?")


def inside_tls(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.starttls(context=lab.client_context())
        client.login("alice", "wonderland")
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Lunch\n\nAt noon?")


# --- login --------------------------------------------------------------------------------------------------------


def login_too_early(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.login("alice", "wonderland")


def wrong_password(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.starttls(context=lab.client_context())
        client.ehlo()
        client.user, client.password = "alice", "Wonderland"
        client.auth("PLAIN", client.auth_plain)


def right_password(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.starttls(context=lab.client_context())
        client.ehlo()
        client.user, client.password = "alice", "wonderland"
        client.auth("PLAIN", client.auth_plain)
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Lunch\n\nAt noon?")


def password_of_a_file(lab: Lab) -> None:
    line = "wonderland\n"  # as a file gives it
    with lab.smtplib() as client:
        client.starttls(context=lab.client_context())
        client.ehlo()
        client.user, client.password = "alice", line
        client.auth("LOGIN", client.auth_login)


def password_stripped(lab: Lab) -> None:
    line = "wonderland\n"
    with lab.smtplib() as client:
        client.starttls(context=lab.client_context())
        client.ehlo()
        client.user, client.password = "alice", line.strip()
        client.auth("LOGIN", client.auth_login)
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Lunch\n\nAt noon?")


# --- envelope -----------------------------------------------------------------------------------------------------


def short_name(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.local_hostname = "laptop"
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Lunch\n\nAt noon?")


def full_name(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.local_hostname = "laptop.example"
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Lunch\n\nAt noon?")


def name_in_the_path(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.sendmail("Alice alice@lab.example", "bob@lab.example", "Subject: Lunch\n\nAt noon?")


def two_senders(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.ehlo()
        client.mail("alice@lab.example")  # and then the program gave this message up
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Lunch\n\nAt noon?")


def reset_between(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.ehlo()
        client.mail("alice@lab.example")
        client.rset()
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Lunch\n\nAt noon?")


def to_a_stranger(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.sendmail("alice@lab.example", "x@other.example", "Subject: Lunch\n\nAt noon?")


def to_a_stranger_logged_in(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.starttls(context=lab.client_context())
        client.login("alice", "wonderland")
        client.sendmail("alice@lab.example", "x@other.example", "Subject: Lunch\n\nAt noon?")


def to_nobody(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.sendmail("alice@lab.example", "bobb@lab.example", "Subject: Lunch\n\nAt noon?")


def first_contact(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.sendmail("alice@lab.example", "grey@lab.example", "Subject: Lunch\n\nAt noon?")


def second_contact(lab: Lab) -> None:
    with suppress(smtplib.SMTPRecipientsRefused):
        first_contact(lab)  # the program above
    lab.clock.advance(minutes=5)
    first_contact(lab)


def large_file(lab: Lab) -> None:
    film = b"AAAABBBB" * 9 * 150_000  # a file in base64
    with lab.smtplib() as client:
        client.sendmail("alice@lab.example", "bob@lab.example", b"Subject: Film\r\n\r\n" + film)


def link_to_a_file(lab: Lab) -> None:
    with lab.smtplib() as client:
        link = b"https://files.example/film"
        client.sendmail("alice@lab.example", "bob@lab.example", b"Subject: Film\r\n\r\n" + link)


# --- message ------------------------------------------------------------------------------------------------------


def letters_in_a_string(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Café\n\nUm zwölf?")


def letters_in_a_message(lab: Lab) -> None:
    letter = EmailMessage()
    letter["Subject"] = "Café"
    letter.set_content("Um zwölf?", cte="quoted-printable")
    with lab.smtplib() as client:
        client.send_message(letter, "alice@lab.example", "bob@lab.example")


def long_line(lab: Lab) -> None:
    line = "Lunch at noon. " * 70
    with lab.smtplib() as client:
        client.sendmail("alice@lab.example", "bob@lab.example", "Subject: Lunch\n\n" + line)


def long_line_encoded(lab: Lab) -> None:
    letter = EmailMessage()
    letter["Subject"] = "Lunch"
    letter.set_content("Lunch at noon. " * 70)
    with lab.smtplib() as client:
        client.send_message(letter, "alice@lab.example", "bob@lab.example")


def bare_lf(lab: Lab) -> None:
    letter = EmailMessage()
    letter["Subject"] = "Lunch"
    letter.set_content("At noon?")
    with lab.smtplib() as client:
        client.sendmail("alice@lab.example", "bob@lab.example", letter.as_bytes())


def with_cr(lab: Lab) -> None:
    letter = EmailMessage()
    letter["Subject"] = "Lunch"
    letter.set_content("At noon?")
    with lab.smtplib() as client:
        client.sendmail("alice@lab.example", "bob@lab.example", letter.as_bytes(policy=email.policy.SMTP))


def lone_dot(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.ehlo()
        client.mail("alice@lab.example")
        client.rcpt("bob@lab.example")
        client.docmd("DATA")
        client.send(b"Subject: List\r\n\r\nBread\r\n.\r\nMilk\r\n.\r\n")
        for _ in range(3):
            client.getreply()  # a 250, and two 500 that belong to nothing it asked


def dots_doubled(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.ehlo()
        client.mail("alice@lab.example")
        client.rcpt("bob@lab.example")
        client.data(b"Subject: List\r\n\r\nBread\r\n.\r\nMilk\r\n")


def in_a_strangers_name(lab: Lab) -> None:
    with lab.smtplib() as client:
        question = "From: Vera <vera@freemail.example>\nSubject: A question\n\nAre you open?"
        client.sendmail("form@shop.example", "bob@lab.example", question)


def in_our_own_name(lab: Lab) -> None:
    with lab.smtplib() as client:
        question = "From: form@shop.example\nReply-To: vera@freemail.example\nSubject: A question\n\nAre you open?"
        client.sendmail("form@shop.example", "bob@lab.example", question)


# --- afterwards ---------------------------------------------------------------------------------------------------


def only_in_the_header(lab: Lab) -> None:
    with lab.smtplib() as client:
        letter = "To: bob@lab.example\nBcc: carol@lab.example\nSubject: Lunch\n\nAt noon?"
        client.sendmail("alice@lab.example", ["bob@lab.example"], letter)


def in_the_envelope(lab: Lab) -> None:
    with lab.smtplib() as client:
        letter = "To: bob@lab.example\nSubject: Lunch\n\nAt noon?"
        client.sendmail("alice@lab.example", ["bob@lab.example", "carol@lab.example"], letter)


RECIPES: Final = {
    "wrong-version": Recipe(wrong_version, inside_tls),
    "disconnected": Recipe(disconnected, disconnected_cured),
    "certificate": Recipe(certificate, certificate_cured),
    "starttls-first": Recipe(plain, inside_tls),
    "auth-not-supported": Recipe(login_too_early, inside_tls),
    "bad-credentials": Recipe(wrong_password, right_password),
    "password-word": Recipe(password_of_a_file, password_stripped),
    "need-fqdn": Recipe(short_name, full_name),
    "address-syntax": Recipe(name_in_the_path, plain),
    "nested-mail": Recipe(two_senders, reset_between),
    "relay-denied": Recipe(to_a_stranger, to_a_stranger_logged_in),
    "user-unknown": Recipe(to_nobody, plain),
    "greylisted": Recipe(first_contact, second_contact),
    "too-big": Recipe(large_file, link_to_a_file),
    "unicode": Recipe(letters_in_a_string, letters_in_a_message),
    "line-too-long": Recipe(long_line, long_line_encoded),
    "bare-lf": Recipe(bare_lf, with_cr),
    "lone-dot": Recipe(lone_dot, dots_doubled),
    "dmarc": Recipe(in_a_strangers_name, in_our_own_name),
    "nobody-got-it": Recipe(only_in_the_header, in_the_envelope),
}
