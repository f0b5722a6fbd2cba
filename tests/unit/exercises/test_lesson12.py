"""Lesson 12: each known mistake gets its own message, each right way is taken, on a live lab.

The order of a submission: RFC 3207 4.2, RFC 4954 4; whom to try again: RFC 5321 4.2.1.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage

import pytest

from helpers import Lab, order, send_email
from helpers.exercises import check, progress
from helpers.exercises.registry import registry
from helpers.mailing import MailError
from helpers.wire.messages import Status
from tests.unit.exercises.live import say

ALICE, BOB, GREY = "alice@lab.example", "bob@lab.example", "grey@lab.example"
EHLO, TLS, QUIT, DATA = "EHLO laptop.example", "STARTTLS", "QUIT", "DATA"
MAIL, RCPT, AUTH = f"MAIL FROM:<{ALICE}>", f"RCPT TO:<{BOB}>", "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ="
WRONG_AUTH = "AUTH PLAIN AGFsaWNlAHdhbmRlcmxhbmQ="
INSIDE = [EHLO, TLS, EHLO]


def letter(html: bool = True) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = ALICE, f"{BOB}, {GREY}"
    message.set_content("Friday at noon?")
    if html:
        message.add_alternative("<p>Friday at <b>noon</b>?</p>", subtype="html")
    return message


def send(lab: Lab, *to: str, minutes: int = 0, html: bool = True, **options: object) -> None:
    lab.clock.advance(minutes=minutes)
    given = {"login": ("alice", "wonderland"), "context": lab.client_context(), "recipients": to} | options
    with suppress(MailError):
        send_email(letter(html), lab.smtplib(), **given)  # type: ignore[arg-type]


def by_smtplib(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.starttls(context=lab.client_context())
        client.login("alice", "wonderland")
        client.mail(ALICE)
        client.rcpt(BOB)


def by_lines(lab: Lab) -> None:
    """Both in one transaction; after the pause that greylisting asks for, grey alone on a new connection."""
    for minutes, recipients in ((0, (BOB, GREY)), (5, (GREY,))):
        lab.clock.advance(minutes=minutes)
        session = lab.connect()
        for line in (*INSIDE, AUTH, MAIL, *(f"RCPT TO:<{address}>" for address in recipients), DATA):
            session.send(line)
        session.send_data(letter().as_bytes())
        session.send(QUIT)


def by_sendmail(lab: Lab) -> None:
    recipients = [BOB, GREY]
    for minutes in (0, 5):
        lab.clock.advance(minutes=minutes)
        with lab.smtplib() as client:
            client.starttls(context=lab.client_context())
            client.login("alice", "wonderland")
            recipients = list(client.sendmail(ALICE, recipients, letter().as_bytes()))


def retried(lab: Lab) -> None:
    send(lab, BOB, GREY)
    send(lab, GREY, minutes=5)


RIGHT: dict[tuple[str, str], Callable[[Lab], object]] = {
    ("12.a", "raw lines"): lambda lab: say(lab, [*INSIDE, AUTH, MAIL]),
    ("12.a", "smtplib"): by_smtplib,
    ("12.a", "after a slip"): lambda lab: say(lab, [*INSIDE, WRONG_AUTH, AUTH, MAIL]),
    ("12.b", "raw lines"): lambda lab: say(lab, [*INSIDE, AUTH, MAIL, RCPT, QUIT]),
    ("12.b", "smtplib"): by_smtplib,
    ("12.b", "after the lines as they are"): lambda lab: say(
        lab, [EHLO, AUTH, TLS, MAIL, EHLO, RCPT, QUIT], [*INSIDE, AUTH, MAIL, RCPT, QUIT]
    ),
    ("12.c", "send_email"): retried,
    ("12.c", "raw lines"): by_lines,
    ("12.c", "smtplib"): by_sendmail,
    ("12.c", "one by one"): lambda lab: [send(lab, BOB), send(lab, GREY), send(lab, GREY, minutes=9)],
}


@pytest.mark.parametrize(("exercise", "way"), RIGHT)
def test_right_ways(transport: str, exercise: str, way: str) -> None:
    lab = Lab("submission", name=exercise)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    RIGHT[exercise, way](lab)
    verdict = check(exercise)
    assert verdict.done, str(verdict)
    assert progress.done() == {exercise}


WRONG: dict[tuple[str, str], Callable[[Lab], object]] = {
    ("12.a", "login-in-clear"): lambda lab: say(lab, [EHLO, AUTH]),
    ("12.a", "wrong-password"): lambda lab: say(lab, [*INSIDE, WRONG_AUTH]),
    ("12.a", "not-offered"): lambda lab: say(lab, [*INSIDE, "AUTH GSSAPI"]),
    ("12.a", "no-ehlo-again"): lambda lab: say(lab, [EHLO, TLS, AUTH]),
    ("12.a", "not-encrypted"): lambda lab: say(lab, [EHLO, MAIL]),
    ("12.a", "not-logged-in"): lambda lab: say(lab, [*INSIDE, MAIL]),
    ("12.b", "password-in-clear"): lambda lab: say(lab, [EHLO, AUTH, TLS, EHLO]),
    ("12.b", "mail-in-clear"): lambda lab: say(lab, [EHLO, MAIL, TLS]),
    ("12.b", "no-ehlo-again"): lambda lab: say(lab, [EHLO, TLS, AUTH, EHLO]),
    ("12.b", "mail-before-login"): lambda lab: say(lab, [*INSIDE, MAIL]),
    ("12.b", "rcpt-before-mail"): lambda lab: say(lab, [*INSIDE, AUTH, RCPT, MAIL]),
    ("12.b", "quit-early"): lambda lab: say(lab, [*INSIDE, AUTH, QUIT]),
    ("12.b", "no-quit"): lambda lab: say(lab, [*INSIDE, AUTH, MAIL, RCPT]),
    ("12.c", "login-in-clear"): lambda lab: say(lab, [EHLO, AUTH]),
    ("12.c", "wrong-password"): lambda lab: send(lab, BOB, GREY, login=("alice", "wanderland")),
    ("12.c", "no-tls"): lambda lab: send(lab, BOB, GREY, tls="none", login=None),
    ("12.c", "not-trusted"): lambda lab: send(lab, BOB, GREY, context=None),
    ("12.c", "no-login"): lambda lab: send(lab, BOB, GREY, login=None),
    ("12.c", "twice"): lambda lab: [send(lab, BOB, GREY), send(lab, BOB, GREY, minutes=5)],
    ("12.c", "no-html"): lambda lab: [send(lab, BOB, GREY, html=False), send(lab, GREY, minutes=5, html=False)],
    ("12.c", "too-soon"): lambda lab: [send(lab, BOB, GREY), send(lab, GREY)],
    ("12.c", "given-up"): lambda lab: send(lab, BOB, GREY),
    ("12.c", "bob-left-out"): lambda lab: [send(lab, GREY), send(lab, GREY, minutes=5)],
}


@pytest.mark.parametrize(("exercise", "mistake"), WRONG)
def test_each_mistake(transport: str, exercise: str, mistake: str) -> None:
    WRONG[exercise, mistake](Lab("submission", name=exercise))
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert progress.done() == set()


def test_every_mistake_is_tried() -> None:
    own = [exercise for exercise in registry().exercises.values() if exercise.lesson == "12"]
    assert set(WRONG) == {(exercise.id, mistake.name) for exercise in own for mistake in exercise.mistakes}


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ([EHLO, AUTH, TLS, MAIL, EHLO, RCPT, QUIT], "password-in-clear"),  # as they are given
        ([EHLO, TLS, AUTH, MAIL, EHLO, RCPT, QUIT], "no-ehlo-again"),
        ([EHLO, TLS, MAIL, EHLO, AUTH, RCPT, QUIT], "no-ehlo-again"),
        ([EHLO, TLS, EHLO, MAIL, AUTH, RCPT, QUIT], "mail-before-login"),
        ([EHLO, TLS, EHLO, AUTH, RCPT, MAIL, QUIT], "rcpt-before-mail"),
        ([EHLO, MAIL, TLS, EHLO, AUTH, RCPT, QUIT], "mail-in-clear"),
        ([EHLO, TLS, EHLO, AUTH, MAIL, QUIT, RCPT], "quit-early"),
    ],
)
def test_what_is_told_of_an_order_is_its_cause(transport: str, lines: list[str], mistake: str) -> None:
    """A line that was refused spoils the ones below it: the verdict is about the first, not about QUIT."""
    order(Lab("submission", name="12.b"), lines, "12.b").send.click()
    assert check("12.b").mistake == mistake, str(check("12.b"))
