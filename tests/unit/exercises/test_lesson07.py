"""Lesson 07: each known mistake gets its own message, each right way is taken, on a live lab.

What may come when: RFC 3207 4, 4.1 and 4.2; whom a client believes: RFC 7817 3.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress

import pytest

from helpers import CommandPicker, Lab, order
from helpers.exercises import check, progress
from helpers.exercises.registry import registry
from helpers.lab.clients import LabSSLContext
from helpers.session import ConnectionClosed, Session, TLSFailed
from helpers.session_tls import TLSPipe
from helpers.wire.messages import Status

ALICE, BOB = "alice@lab.example", "bob@lab.example"
EHLO, TLS, MAIL, RCPT, QUIT = (
    "EHLO laptop.example",
    "STARTTLS",
    f"MAIL FROM:<{ALICE}>",
    f"RCPT TO:<{BOB}>",
    "QUIT",
)
NEW_NAME = "smtp.newhost.example"


def lab_for(exercise: str) -> Lab:
    return Lab("open", name=exercise, certificate="foreign" if exercise == "07.c" else "good")


def say(lab: Lab, *conversations: list[str]) -> None:
    """Send lines, a list a connection, as far as the connection goes."""
    for lines in conversations:
        with lab.connect() as session, suppress(ConnectionClosed, TLSFailed):
            for line in lines:
                session.send(line)


def pick(lab: Lab, *verbs: str) -> None:
    picker = CommandPicker(lab)
    arguments = {"MAIL": {"reverse_path": ALICE}, "RCPT": {"forward_path": BOB}}
    for verb in verbs:
        picker.send(verb, **arguments.get(verb, {}))


def by_smtplib(lab: Lab, *, until: str) -> None:
    with lab.smtplib() as client:
        client.starttls(context=lab.client_context())
        client.ehlo()
        if until != "EHLO":
            client.mail(ALICE)
        if until == "QUIT":
            client.rcpt(BOB)


def cured(lab: Lab) -> Lab:
    lab.trust(lab.issuer())
    lab.server_name = NEW_NAME
    return lab


def unverified(lab: Lab) -> None:
    """What people do who search for the error message: the check is off."""
    context = LabSSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with lab.smtplib() as client:
        client.starttls(context=context)
        client.ehlo()


RIGHT: dict[tuple[str, str], Callable[[Lab], None]] = {
    ("07.a", "picker"): lambda lab: pick(lab, "EHLO", "STARTTLS", "EHLO", "MAIL"),
    ("07.a", "raw lines"): lambda lab: say(lab, ["ehlo x.example", "starttls", "ehlo x.example", "MAIL FROM:<>"]),
    ("07.a", "smtplib"): lambda lab: by_smtplib(lab, until="MAIL"),
    ("07.a", "after a slip"): lambda lab: say(lab, [EHLO, TLS, MAIL, "HELO laptop.example", EHLO, MAIL]),
    ("07.b", "picker"): lambda lab: pick(lab, "EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "QUIT"),
    ("07.b", "raw lines"): lambda lab: say(lab, [EHLO, TLS, EHLO, MAIL, RCPT, QUIT]),
    ("07.b", "smtplib"): lambda lab: by_smtplib(lab, until="QUIT"),
    ("07.b", "after the lines as they are"): lambda lab: say(
        lab, [EHLO, MAIL, RCPT, TLS, EHLO, QUIT], [EHLO, TLS, EHLO, MAIL, RCPT, QUIT]
    ),
    ("07.c", "picker"): lambda lab: pick(cured(lab), "EHLO", "STARTTLS", "EHLO"),
    ("07.c", "raw lines"): lambda lab: say(cured(lab), [EHLO, TLS, EHLO]),
    ("07.c", "smtplib"): lambda lab: by_smtplib(cured(lab), until="EHLO"),
    ("07.c", "one error after the other"): lambda lab: (
        say(lab, [EHLO, TLS]),
        lab.trust(lab.issuer()),
        say(lab, [EHLO, TLS]),
        say(cured(lab), [EHLO, TLS, EHLO]),
    )[-1],
}


@pytest.mark.parametrize(("exercise", "way"), RIGHT)
def test_right_ways(transport: str, exercise: str, way: str) -> None:
    lab = lab_for(exercise)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    RIGHT[exercise, way](lab)
    verdict = check(exercise)
    assert verdict.done, str(verdict)
    assert progress.done() == {exercise}


OPEN = [EHLO, TLS]
WRONG: dict[tuple[str, str], list[list[str]]] = {
    ("07.a", "gap-sent"): [[*OPEN, "...", MAIL]],
    ("07.a", "helo-for-ehlo"): [[*OPEN, "HELO laptop.example", MAIL]],
    ("07.a", "no-name"): [[*OPEN, "EHLO", MAIL]],
    ("07.a", "starttls-again"): [[*OPEN, TLS, MAIL]],
    ("07.a", "misspelt"): [[*OPEN, "EHLOO laptop.example"]],
    ("07.a", "in-clear"): [[EHLO, EHLO, MAIL]],
    ("07.a", "left"): [[*OPEN, QUIT, MAIL]],
    ("07.a", "not-greeted"): [[*OPEN, "NOOP", MAIL]],
    ("07.b", "starttls-in-transaction"): [[EHLO, MAIL, RCPT, TLS, EHLO, QUIT]],
    ("07.b", "starttls-first"): [[TLS, EHLO, EHLO, MAIL, RCPT, QUIT]],
    ("07.b", "no-ehlo-after"): [[EHLO, EHLO, TLS, MAIL, RCPT, QUIT]],
    ("07.b", "starttls-again"): [[*OPEN, TLS]],
    ("07.b", "rcpt-before-mail"): [[*OPEN, EHLO, RCPT, MAIL, QUIT]],
    ("07.b", "address-in-clear"): [[EHLO, MAIL, EHLO, TLS, QUIT]],
    ("07.b", "quit-early"): [[*OPEN, EHLO, QUIT, MAIL, RCPT]],
    ("07.b", "no-quit"): [[*OPEN, EHLO, MAIL, RCPT]],
    ("07.c", "went-on-in-clear"): [[*OPEN], [EHLO, MAIL]],
    ("07.c", "no-ehlo-before"): [[TLS]],
    ("07.c", "signer-unknown"): [[*OPEN]],
}


@pytest.mark.parametrize(("exercise", "mistake"), WRONG)
def test_each_mistake(transport: str, exercise: str, mistake: str) -> None:
    say(lab_for(exercise), *WRONG[exercise, mistake])
    assert_mistake(exercise, mistake)


def assert_mistake(exercise: str, mistake: str) -> None:
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert progress.done() == set()


def half_cured(lab: Lab) -> None:
    lab.trust(lab.issuer())
    say(lab, OPEN)


CERTIFICATE: dict[str, Callable[[Lab], None]] = {
    "name-differs": half_cured,
    "unverified": unverified,
    "helo-for-ehlo": lambda lab: say(cured(lab), [*OPEN, "HELO laptop.example"]),
    "no-ehlo-again": lambda lab: say(cured(lab), [*OPEN, MAIL]),
    "other-server": lambda lab: say(Lab("open", name="07.c"), [*OPEN, EHLO]),
}


@pytest.mark.parametrize("mistake", CERTIFICATE)
def test_each_mistake_with_the_certificate(transport: str, mistake: str) -> None:
    CERTIFICATE[mistake](lab_for("07.c"))
    assert_mistake("07.c", mistake)


def test_quit_in_the_gap_lets_the_cell_reach_its_check(transport: str) -> None:
    starter = registry().exercise("07.a").starter
    assert "send(...)" in starter
    exec(starter.replace("send(...)", 'send("QUIT")'), {"Lab": Lab, "check": check})
    assert_mistake("07.a", "left")


def test_every_mistake_is_tried() -> None:
    own = [exercise for exercise in registry().exercises.values() if exercise.lesson == "07"]
    tried = {*WRONG, *(("07.c", name) for name in CERTIFICATE)}
    assert tried == {(exercise.id, mistake.name) for exercise in own for mistake in exercise.mistakes}


def test_a_check_switched_off_is_seen_with_any_name(transport: str) -> None:
    """The client that does not verify asks for the old name, and the handshake succeeds all the same."""
    lab = lab_for("07.c")
    session = lab.connect()
    session.send(EHLO)
    session.send_raw(b"STARTTLS\r\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    blind = Session(TLSPipe(session._pipe, context, "localhost"), "localhost", lambda pipe: pipe)
    assert blind.send(EHLO).code == 250
    assert_mistake("07.c", "unverified")


def test_the_newest_attempt_is_told(transport: str) -> None:
    lab = lab_for("07.c")
    say(lab, OPEN)
    half_cured(lab)
    assert_mistake("07.c", "name-differs")
    say(lab, [TLS])
    assert_mistake("07.c", "no-ehlo-before")


def test_the_refusal_of_starttls_is_the_line_that_is_shown(transport: str) -> None:
    lab = lab_for("07.b")
    lines = order(lab, [EHLO, MAIL, RCPT, TLS, EHLO, QUIT], "07.b")
    lines.send.click()
    (evidence,) = check("07.b").evidence
    assert evidence.text.startswith("S: 503 5.5.1")
    assert str(lab.transcript()).splitlines()[evidence.number - 1] == evidence.text
    lines.choice.index = 3
    lines.up.click()
    lines.up.click()
    lines.choice.index = 4
    lines.up.click()
    lines.up.click()
    assert lines.lines == [EHLO, TLS, EHLO, MAIL, RCPT, QUIT]
    lines.send.click()
    assert "✓ Done" in lines.result.value


@pytest.mark.parametrize("exercise", ["07.a", "07.b", "07.c"])
def test_untouched_and_solved(transport: str, exercise: str) -> None:
    """As the notebook's runs do it: the starter is no attempt, the solution is one."""
    entry = registry().exercise(exercise)
    names = {"Lab": Lab, "order": order, "check": check}
    exec(entry.starter, dict(names))
    assert check(exercise).status is Status.NOT_ATTEMPTED
    exec(entry.solution.code, dict(names))
    assert check(exercise).done
