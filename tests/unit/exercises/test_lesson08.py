"""Lesson 08: right ways by three tools and each known mistake, on a live lab and both transports.

The messages of the mechanisms are made here from their RFCs: RFC 4616 2, RFC 2195 2, RFC 5802 by another client.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable

import pytest
import scramp

from helpers import CommandPicker, Lab, order
from helpers.exercises import check, progress
from helpers.exercises.registry import registry
from helpers.session import Session
from helpers.wire.messages import Status
from tests.unit.exercises.live import say

EHLO, TLS, QUIT = "EHLO laptop.example", "STARTTLS", "QUIT"
MAIL, FROM_BOB = "MAIL FROM:<alice@lab.example>", "MAIL FROM:<bob@lab.example>"
TO_FRIEND = "RCPT TO:<friend@other.example>"
NAME, PASSWORD = "YWxpY2U=", "d29uZGVybGFuZA=="  # printf alice | base64; printf wonderland | base64
PROFILES = {"08.a": "open", "08.b": "submission", "08.c": "open"}


def b64(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


def lab_for(exercise: str) -> Lab:
    return Lab(PROFILES[exercise], name=exercise)


def greeted(lab: Lab) -> Session:
    session = lab.connect()
    session.send(EHLO)
    return session


def digest(challenge: bytes, password: bytes = b"builder42") -> str:
    return hmac.new(password, challenge, "md5").hexdigest()


def cram(answer: Callable[[bytes], str | bytes], *after: str) -> Callable[[Lab], None]:
    """Answer the challenge of CRAM-MD5 with this, before base64."""

    def act(lab: Lab) -> None:
        session = greeted(lab)
        session.send(b64(answer(b64decode(session.send("AUTH CRAM-MD5").text))))
        for line in after:
            session.send(line)

    return act


def lines(*conversations: list[str]) -> Callable[[Lab], None]:
    return lambda lab: say(lab, *conversations)


def plain(message: str) -> Callable[[Lab], None]:
    return lines([EHLO, f"AUTH PLAIN {b64(message)}"])


def in_order(*given: str) -> Callable[[Lab], None]:
    return lambda lab: void(order(lab, [EHLO, TLS, EHLO, "AUTH LOGIN", NAME, PASSWORD, MAIL, QUIT]).run(given))


def void(_: object) -> None:
    return None


def pick_plain(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    picker.send("AUTH", mechanism="PLAIN", initial_response=b64("\0bob\0builder42"))


def pick_login(lab: Lab) -> None:
    picker = CommandPicker(lab)
    for verb in ("EHLO", "STARTTLS", "EHLO"):
        picker.send(verb)
    picker.send("AUTH", mechanism="LOGIN")
    picker.send("RESPONSE", response=NAME)
    picker.send("RESPONSE", response=PASSWORD)
    picker.send("MAIL", reverse_path="alice@lab.example")
    picker.send("QUIT")


def pick_cram(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    challenge = b64decode(picker.send("AUTH", mechanism="CRAM-MD5").text)
    picker.send("RESPONSE", response=b64(f"bob {digest(challenge)}"))
    picker.send("MAIL", reverse_path="bob@lab.example")
    picker.send("RCPT", forward_path="friend@other.example")


def plain_by_smtplib(lab: Lab) -> None:
    client = lab.smtplib()
    client.ehlo()
    client.user, client.password = "bob", "builder42"
    client.auth("PLAIN", client.auth_plain)
    client.close()


def submission_by_smtplib(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.ehlo()
        client.starttls(context=lab.client_context())
        client.login("alice", "wonderland")
        client.mail("alice@lab.example")


def relay_by_smtplib(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.login("bob", "builder42")
        client.mail("bob@lab.example")
        client.rcpt("friend@other.example")


def relay_by_scram(lab: Lab) -> None:
    session = greeted(lab)
    client = scramp.ScramClient(["SCRAM-SHA-256"], "bob", "builder42")
    reply = session.send("AUTH SCRAM-SHA-256 " + b64(client.get_client_first()))
    client.set_server_first(b64decode(reply.text).decode())
    session.send(b64(client.get_client_final()))
    for line in ("", FROM_BOB, TO_FRIEND):
        session.send(line)


RIGHT: dict[tuple[str, str], Callable[[Lab], None]] = {
    ("08.a", "picker"): pick_plain,
    ("08.a", "raw line"): plain("\0bob\0builder42"),
    ("08.a", "after the question"): lines([EHLO, "AUTH PLAIN", b64("\0bob\0builder42")]),
    ("08.a", "with the identity said twice"): plain("bob\0bob\0builder42"),  # RFC 4954 4.1 does so
    ("08.a", "smtplib"): plain_by_smtplib,
    ("08.a", "after a slip"): lines(
        [EHLO, "AUTH PLAIN Ym9i", f"auth plain {b64(chr(0) + 'bob' + chr(0) + 'builder42')}"]
    ),
    ("08.b", "order"): in_order(EHLO, TLS, EHLO, "AUTH LOGIN", NAME, PASSWORD, MAIL, QUIT),
    ("08.b", "picker"): pick_login,
    ("08.b", "raw lines"): lines([EHLO, TLS, EHLO, f"AUTH LOGIN {NAME}", PASSWORD, MAIL, "RSET", QUIT]),
    ("08.b", "smtplib"): submission_by_smtplib,
    ("08.b", "at the second try"): lines([EHLO, MAIL], [EHLO, TLS, EHLO, "AUTH LOGIN", NAME, PASSWORD, MAIL, QUIT]),
    ("08.c", "picker"): pick_cram,
    ("08.c", "raw lines"): cram(lambda c: f"bob {digest(c)}", FROM_BOB, TO_FRIEND),
    ("08.c", "smtplib"): relay_by_smtplib,
    ("08.c", "SCRAM"): relay_by_scram,
}


@pytest.mark.parametrize(("exercise", "way"), RIGHT)
def test_a_right_way_is_taken(transport: str, exercise: str, way: str) -> None:
    lab = lab_for(exercise)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    RIGHT[exercise, way](lab)
    verdict = check(exercise)
    assert verdict.done, str(verdict)
    assert progress.done() == {exercise}


def stale(lab: Lab) -> None:
    """The digest of a challenge that was cancelled, given to the next one."""
    session = greeted(lab)
    old = b64decode(session.send("AUTH CRAM-MD5").text)
    session.send("*")
    session.send("AUTH CRAM-MD5")
    session.send(b64(f"bob {digest(old)}"))


WRONG: dict[tuple[str, str], Callable[[Lab], None]] = {
    ("08.a", "other-mechanism"): lines([EHLO, "AUTH LOGIN", b64("bob"), b64("builder42")]),
    ("08.a", "other-user"): plain("\0alice\0wonderland"),
    ("08.a", "not-greeted"): lines([f"AUTH PLAIN {b64(chr(0) + 'bob' + chr(0) + 'builder42')}"]),
    ("08.a", "not-base64"): lines([EHLO, "AUTH PLAIN bob:builder42"]),
    ("08.a", "encoded-twice"): plain(b64("\0bob\0builder42")),
    ("08.a", "nul-spelt"): plain(r"\0bob\0builder42"),
    ("08.a", "first-nul-missing"): plain("bob\0builder42"),
    ("08.a", "one-nul"): plain("\0bob builder42"),
    ("08.a", "no-nul"): plain("bob builder42"),
    ("08.a", "too-many-nuls"): plain("\0bob\0builder42\0"),
    ("08.a", "nul-at-end"): plain("bob\0builder42\0"),
    ("08.a", "for-somebody-else"): plain("alice\0bob\0builder42"),
    ("08.a", "swapped"): plain("\0builder42\0bob"),
    ("08.a", "line-feed"): plain("\0bob\0builder42\n"),
    ("08.a", "address-as-user"): plain("\0bob@lab.example\0builder42"),
    ("08.a", "wrong-user"): plain("\0Bob\0builder42"),
    ("08.a", "wrong-password"): plain("\0bob\0builder"),
    ("08.b", "auth-in-clear"): in_order(EHLO, "AUTH LOGIN", NAME, PASSWORD, TLS, EHLO, MAIL, QUIT),
    ("08.b", "starttls-before-ehlo"): in_order(TLS, EHLO, EHLO, "AUTH LOGIN", NAME, PASSWORD, MAIL, QUIT),
    ("08.b", "no-second-ehlo"): in_order(EHLO, EHLO, TLS, "AUTH LOGIN", NAME, PASSWORD, MAIL, QUIT),
    ("08.b", "password-first"): in_order(EHLO, TLS, EHLO, "AUTH LOGIN", PASSWORD, NAME, MAIL, QUIT),
    ("08.b", "command-in-exchange"): in_order(EHLO, TLS, EHLO, "AUTH LOGIN", MAIL, NAME, PASSWORD, QUIT),
    ("08.b", "response-without-question"): in_order(EHLO, TLS, EHLO, NAME, "AUTH LOGIN", PASSWORD, MAIL, QUIT),
    ("08.b", "mail-before-login"): in_order(EHLO, TLS, EHLO, MAIL, "AUTH LOGIN", NAME, PASSWORD, QUIT),
    ("08.b", "quit-early"): in_order(QUIT, EHLO, TLS, EHLO, "AUTH LOGIN", NAME, PASSWORD, MAIL),
    ("08.b", "refused"): lines([EHLO, "AUHT LOGIN", NAME]),
    ("08.b", "no-quit"): lines([EHLO, TLS, EHLO, "AUTH LOGIN", NAME, PASSWORD, MAIL]),
    ("08.c", "password-sent"): lines(
        [EHLO, f"AUTH PLAIN {b64(chr(0) + 'bob' + chr(0) + 'builder42')}", FROM_BOB, TO_FRIEND]
    ),
    ("08.c", "initial-response"): lines([EHLO, f"AUTH CRAM-MD5 {b64('bob')}"]),
    ("08.c", "not-base64"): lines([EHLO, "AUTH CRAM-MD5", "bob b913a602c7eda7a495b4e6e7334d3890"]),
    ("08.c", "digest-alone"): cram(digest),
    ("08.c", "upper-case"): cram(lambda c: f"bob {digest(c).upper()}"),
    ("08.c", "digest-of-base64"): cram(lambda c: f"bob {digest(b64encode(c))}"),
    ("08.c", "key-and-text-swapped"): cram(lambda c: f"bob {digest(b'builder42', c)}"),
    ("08.c", "no-key"): cram(lambda c: f"bob {hashlib.md5(c + b'builder42').hexdigest()}"),
    ("08.c", "old-challenge"): stale,
    ("08.c", "wrong-digest"): cram(lambda c: f"bob {digest(c, b'wonderland')}"),
    ("08.c", "other-user"): cram(lambda c: f"alice {digest(c, b'wonderland')}", FROM_BOB, TO_FRIEND),
    ("08.c", "not-relayed"): lines([EHLO, FROM_BOB, TO_FRIEND]),
    ("08.c", "nobody-named"): cram(lambda c: f"bob {digest(c)}", FROM_BOB),
}


@pytest.mark.parametrize(("exercise", "mistake"), WRONG)
def test_a_known_mistake_gets_its_own_message(transport: str, exercise: str, mistake: str) -> None:
    WRONG[exercise, mistake](lab_for(exercise))
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert verdict.evidence[0].remark
    assert verdict.next_step
    assert "{" not in str(verdict)
    assert progress.done() == set()


def test_text_in_the_place_of_octets_is_told_in_words(transport: str, capsys: pytest.CaptureFixture[str]) -> None:
    starter = registry().exercise("08.a").starter
    assert "message = ..." in starter
    cell = starter.replace("message = ...", r'message = "\0bob\0builder42"', 1)
    exec(cell, {"Lab": Lab, "check": check})
    assert "Write b before the quotes" in capsys.readouterr().out
    assert check("08.a").status is Status.NOT_ATTEMPTED
    exec(cell.replace('= "', '= b"', 1), {"Lab": Lab, "check": check})
    assert check("08.a").done


@pytest.mark.parametrize(("line", "shown"), [(MAIL, f"C: {MAIL}"), (QUIT, "C: QUIT"), ("hunter2", "C: ••••••••")])
def test_a_command_after_334_is_shown_and_anything_else_is_masked(transport: str, line: str, shown: str) -> None:
    say(lab_for("08.b"), [EHLO, TLS, EHLO, "AUTH LOGIN", line])
    verdict = check("08.b")
    assert verdict.mistake == "command-in-exchange"
    assert verdict.evidence[0].text == shown


def test_every_mistake_is_tried_here_and_says_something_of_its_own() -> None:
    exercises = [e for e in registry().exercises.values() if e.lesson == "08"]
    assert {(e.id, mistake.name) for e in exercises for mistake in e.mistakes} == set(WRONG)
    for exercise in exercises:
        assert len({mistake.message for mistake in exercise.mistakes}) == len(exercise.mistakes)


@pytest.mark.parametrize(
    ("exercise", "act", "mistake"),
    [
        ("08.a", plain("bob:builder42"), "no-nul"),
        ("08.a", lines([EHLO, "AUTH PLAIN", b64("bob\0builder42")]), "first-nul-missing"),
        ("08.a", lines([EHLO, "AUTH PLAIN", "*"]), None),
        ("08.a", lines([EHLO, "AUTH PLAIN ="]), "no-nul"),
        ("08.a", lines([EHLO, "AUTH"]), None),
        ("08.a", lines([EHLO, f"AUTH PLAIN {b64(chr(0) + 'dave' + chr(0) + 'hal9000')}"]), "wrong-user"),
        ("08.b", in_order(EHLO, TLS, EHLO, "AUTH LOGIN", QUIT, NAME, PASSWORD, MAIL), "command-in-exchange"),
        ("08.b", in_order(MAIL, EHLO, TLS, EHLO, "AUTH LOGIN", NAME, PASSWORD, QUIT), "mail-before-login"),
        ("08.b", in_order(EHLO, TLS, EHLO, "AUTH LOGIN", NAME, PASSWORD, QUIT), "quit-early"),
        ("08.c", lines([EHLO, "AUTH LOGIN", b64("bob"), b64("builder42")]), "password-sent"),
        (
            "08.c",
            lines([EHLO, "AUTH PLAIN " + b64("bob builder42")]),
            "password-sent",
        ),  # refused, and sent all the same
        ("08.c", lines([EHLO, "AUTH CRAM-MD5", "*"]), None),
        ("08.c", cram(lambda c: f"alice {digest(c)}"), "wrong-digest"),
        ("08.c", cram(lambda c: f"bob {digest(c)}", FROM_BOB, "RCPT TO:<alice@lab.example>"), "nobody-named"),
    ],
)
def test_more_ways_to_get_it_wrong(
    transport: str, exercise: str, act: Callable[[Lab], None], mistake: str | None
) -> None:
    act(lab_for(exercise))
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)


def test_a_login_counts_for_its_connection(transport: str) -> None:
    lab = lab_for("08.c")
    cram(lambda c: f"bob {digest(c)}")(lab)
    say(lab, [EHLO, FROM_BOB, TO_FRIEND])
    assert check("08.c").mistake == "not-relayed"


def test_no_password_stands_in_a_verdict(transport: str) -> None:
    lab = lab_for("08.c")
    WRONG["08.c", "password-sent"](lab)
    assert b64("\0bob\0builder42") not in str(check("08.c"))


def test_the_accounts_are_the_lab_s() -> None:
    assert {"alice": "wonderland", "bob": "builder42"}.items() <= Lab("open", name="08.a").users.items()
