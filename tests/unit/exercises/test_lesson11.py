"""Lesson 11: each known mistake gets its own message, each right way is taken, on a live lab.

What ends a line: RFC 5321 2.3.8; what ends a message: RFC 5321 4.1.1.4; EHLO again: RFC 3207 4.2.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage

import pytest

from helpers import CommandPicker, Lab, order, send_email
from helpers.exercises import check, progress
from helpers.exercises.registry import registry
from helpers.session import NothingToWaitFor, Session, SessionError
from helpers.wire.messages import Status

ALICE, BOB = "alice@lab.example", "bob@lab.example"
EHLO, TLS, DATA, QUIT = "EHLO laptop.example", "STARTTLS", "DATA", "QUIT"
AUTH = "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ="
MAIL, RCPT = f"MAIL FROM:<{ALICE}>", f"RCPT TO:<{BOB}>"
FROM_BOB, TO_ALICE, AUTH_BOB = f"MAIL FROM:<{BOB}>", f"RCPT TO:<{ALICE}>", "AUTH PLAIN AGJvYgBidWlsZGVyNDI="
SUBJECT, EMPTY, TEXT, DOT = "Subject: By hand", "", "Noon at the pond?", "."
LETTER = [SUBJECT, EMPTY, TEXT, DOT]
INSIDE = [EHLO, TLS, EHLO]
PROFILES = {"11.a": "open", "11.b": "submissions", "11.c": "submission"}


def lab_for(exercise: str) -> Lab:
    return Lab(PROFILES[exercise], name=exercise)


def talk(lab: Lab, *lines: str | bytes) -> Session:
    """Say lines as a person types them: also inside a letter, where nothing is answered. Octets go as they are."""
    session = lab.connect()
    for line in lines:
        if isinstance(line, bytes):
            session.send_raw(line)
            continue
        with suppress(NothingToWaitFor):
            session.send(line)
    return session


def plain(message: bytes) -> str:
    return "AUTH PLAIN " + b64encode(message).decode()


def pick(lab: Lab, *verbs: str) -> None:
    picker = CommandPicker(lab)
    for verb in verbs:
        picker.send(verb)


def by_send_email(lab: Lab) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = BOB, ALICE, "By hand"
    message.set_content("The wall is done.")
    send_email(message, lab.smtplib(), login=("bob", "builder42"), context=lab.client_context())


def by_smtplib_in_11b(lab: Lab) -> None:
    """The profile has implicit TLS, which smtplib does on sockets only: the same lines by a session."""
    session = talk(lab, "ehlo laptop.example", AUTH, f"mail FROM:<{ALICE}> size=42", f"rcpt TO:<{BOB}>", "data")
    session.send_data(f"{SUBJECT}\n\n{TEXT}")
    session.send("quit")


RIGHT: dict[tuple[str, str], Callable[[Lab], object]] = {
    ("11.a", "octets"): lambda lab: talk(lab, b"EHLO laptop.example\r\n"),
    ("11.a", "raw line"): lambda lab: talk(lab, "ehlo laptop.example"),
    ("11.a", "smtplib"): lambda lab: lab.smtplib().ehlo(),
    ("11.a", "after a slip"): lambda lab: talk(lab, b"EHLO laptop.example\n", b"EHLO laptop.example\r\n"),
    ("11.b", "raw lines"): lambda lab: talk(lab, EHLO, AUTH, MAIL, RCPT, DATA, *LETTER, QUIT),
    ("11.b", "as a program"): by_smtplib_in_11b,
    ("11.b", "after a slip"): lambda lab: talk(lab, EHLO, MAIL, AUTH, MAIL, RCPT, DATA, *LETTER, QUIT),
    ("11.c", "raw lines"): lambda lab: talk(lab, *INSIDE, AUTH_BOB, FROM_BOB, TO_ALICE, DATA, *LETTER, QUIT),
    ("11.c", "send_email"): by_send_email,
    ("11.c", "after a slip"): lambda lab: [
        talk(lab, *INSIDE, plain(b"\0bob\0builder42\n")),
        talk(lab, *INSIDE, AUTH_BOB, FROM_BOB, TO_ALICE, DATA, *LETTER, QUIT),
    ],
}


@pytest.mark.parametrize(("exercise", "way"), RIGHT)
def test_right_ways(transport: str, exercise: str, way: str) -> None:
    lab = lab_for(exercise)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    RIGHT[exercise, way](lab)
    verdict = check(exercise)
    assert verdict.done, str(verdict)
    assert progress.done() == {exercise}


ON = [EHLO, AUTH]
ON_C = [*INSIDE, AUTH_BOB]
WRONG: dict[tuple[str, str], list[list[str | bytes]]] = {
    ("11.a", "gap-sent"): [["EHLO ..."]],
    ("11.a", "backslashes"): [[b"EHLO laptop.example\\r\\n"]],
    ("11.a", "lf-alone"): [[b"EHLO laptop.example\n"]],
    ("11.a", "cr-alone"): [[b"EHLO laptop.example\r"]],
    ("11.a", "no-end"): [[b"EHLO laptop.example"]],
    ("11.a", "helo-for-ehlo"): [["HELO laptop.example"]],
    ("11.a", "no-name"): [["EHLO"]],
    ("11.a", "misspelt"): [["EHLOO laptop.example"]],
    ("11.b", "letter-before-data"): [[*ON, SUBJECT]],
    ("11.b", "not-logged-in"): [[EHLO, MAIL]],
    ("11.b", "auth-before-ehlo"): [[AUTH]],
    ("11.b", "rcpt-before-mail"): [[*ON, RCPT]],
    ("11.b", "data-too-early"): [[*ON, MAIL, DATA]],
    ("11.b", "command-in-letter"): [[*ON, MAIL, RCPT, DATA, SUBJECT, EMPTY, TEXT, QUIT, DOT]],
    ("11.b", "no-dot"): [[*ON, MAIL, RCPT, DATA, SUBJECT, EMPTY, TEXT]],
    ("11.b", "another-letter"): [[*ON, MAIL, RCPT, DATA, TEXT, EMPTY, SUBJECT, DOT, QUIT]],
    ("11.b", "quit-early"): [[*ON, MAIL, QUIT]],
    ("11.b", "no-quit"): [[*ON, MAIL, RCPT, DATA, *LETTER]],
    ("11.c", "login-in-clear"): [[EHLO, AUTH_BOB]],
    ("11.c", "mail-in-clear"): [[EHLO, FROM_BOB]],
    ("11.c", "lf-alone"): [[EHLO, TLS, b"EHLO laptop.example\n"]],
    ("11.c", "no-ehlo-again"): [[EHLO, TLS, AUTH_BOB]],
    ("11.c", "newline-in-base64"): [[*INSIDE, "AUTH LOGIN", "Ym9iCg==", "YnVpbGRlcjQyCg=="]],
    ("11.c", "backslash-zero"): [[*INSIDE, plain(rb"\0bob\0builder42")]],
    ("11.c", "no-nul"): [[*INSIDE, plain(b"bob:builder42")]],
    ("11.c", "wrong-password"): [[*INSIDE, plain(b"\0bob\0builder24")]],
    ("11.c", "not-logged-in"): [[*INSIDE, FROM_BOB]],
    ("11.c", "no-dot"): [[*ON_C, FROM_BOB, TO_ALICE, DATA, SUBJECT, EMPTY, TEXT]],
    ("11.c", "no-subject"): [[*ON_C, FROM_BOB, TO_ALICE, DATA, EMPTY, SUBJECT, TEXT, DOT, QUIT]],
    ("11.c", "another-letter"): [[*ON_C, FROM_BOB, f"RCPT TO:<{BOB}>", DATA, *LETTER, QUIT]],
}
#: Mistakes that need more than lines.
BROKEN_OFF = ("11.c", "broke-off")


@pytest.mark.parametrize(("exercise", "mistake"), WRONG)
def test_each_mistake(transport: str, exercise: str, mistake: str) -> None:
    lab = lab_for(exercise)
    for lines in WRONG[exercise, mistake]:
        talk(lab, *lines)
    assert_mistake(exercise, mistake)


def assert_mistake(exercise: str, mistake: str) -> None:
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert progress.done() == set()


def test_a_terminal_that_kept_rcpt_for_itself(transport: str) -> None:
    """What the server sees of the trap of s_client: a connection that ends after MAIL."""
    lab = lab_for("11.c")
    session = talk(lab, *ON_C, FROM_BOB)
    assert check("11.c").mistake is None, "the learner may still be typing"
    session.close()
    assert_mistake(*BROKEN_OFF)


def test_every_mistake_is_tried() -> None:
    own = [exercise for exercise in registry().exercises.values() if exercise.lesson == "11"]
    assert {*WRONG, BROKEN_OFF} == {(exercise.id, mistake.name) for exercise in own for mistake in exercise.mistakes}


@pytest.mark.parametrize("message", [b"\0bob\0builder42\n", b"\0bob\0builder42\r\n"])
def test_a_newline_in_plain(transport: str, message: bytes) -> None:
    talk(lab_for("11.c"), *INSIDE, plain(message))
    assert_mistake("11.c", "newline-in-base64")


@pytest.mark.parametrize(
    ("exercise", "lines", "mistake"),
    [
        ("11.c", [EHLO, TLS, FROM_BOB], "no-ehlo-again"),  # a server that wants a login says 530 to it, not 503
        ("11.c", [*INSIDE, plain(b"\\0bob\\0builder42\n")], "backslash-zero"),  # what echo makes of it
        ("11.b", [MAIL], "not-logged-in"),
    ],
)
def test_what_fits_two_mistakes(transport: str, exercise: str, lines: list[str], mistake: str) -> None:
    talk(lab_for(exercise), *lines)
    assert_mistake(exercise, mistake)


def test_another_login_after_the_one_with_a_newline(transport: str) -> None:
    talk(lab_for("11.c"), *INSIDE, plain(b"\0bob\0builder42\n"), plain(b"\0bob\0builder24"))
    assert_mistake("11.c", "wrong-password")


def test_the_lines_of_11b_as_they_are_and_in_order(transport: str) -> None:
    lab = lab_for("11.b")
    names = {"Lab": lambda *_, **__: lab, "order": order, "check": check}
    scope: dict[str, object] = dict(names)
    exec(registry().exercise("11.b").starter, scope)
    given = [*scope["lines"], RCPT, QUIT]  # type: ignore[misc]
    assert sorted(given) == sorted([EHLO, AUTH, MAIL, RCPT, DATA, *LETTER, QUIT])
    lines = order(lab, given, "11.b")
    lines.send.click()
    assert check("11.b").status is Status.NOT_YET
    assert "✕" in lines.result.value
    with suppress(SessionError):
        lines.run([EHLO, AUTH, MAIL, RCPT, DATA, SUBJECT, EMPTY, TEXT, QUIT, DOT])
    assert check("11.b").mistake == "command-in-letter"
    lines.run([EHLO, AUTH, MAIL, RCPT, DATA, *LETTER, QUIT])
    assert check("11.b").done
