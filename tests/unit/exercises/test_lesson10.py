"""Lesson 10: the case files, right ways by three tools and each known mistake, on a live lab and both transports.

Host names in EHLO: RFC 5321 4.1.1.1; the envelope: 2.3.1; dot-stuffing: 4.5.2; implicit TLS: RFC 8314 3.3.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from contextlib import suppress

import pytest

from helpers import CommandPicker, Lab, case, diagnose
from helpers.exercises import cases, check, progress
from helpers.exercises.registry import registry
from helpers.session import SessionError
from helpers.wire.messages import Status
from tests.unit.exercises.live import say

EHLO, QUIT, DATA = "EHLO laptop.example", "QUIT", "DATA"
MAIL, TO_BOB, TO_CAROL = "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>", "RCPT TO:<carol@lab.example>"
TO_GREY, TO_FAR_CAROL = "RCPT TO:<grey@lab.example>", "RCPT TO:<carol@other.example>"
LOGIN, WRONG_LOGIN = "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=", "AUTH PLAIN AGFsaWNlAHdhbmRlcmxhbmQ="
OFFER = "From: alice@lab.example\nTo: bob@lab.example, carol@lab.example\nSubject: Offer\n\nFriday at noon?\n"
RECIPE = "From: alice@lab.example\nTo: bob@lab.example\nSubject: Recipe\n\nHeat the oil.\n.\nAdd the onions.\nServe.\n"

PROFILES = {"10.a": "strict", "10.b": "open", "10.c": "open", "10.d": "submissions", "10.e": "open", "10.f": "mx"}
CASES = list(PROFILES)

#: The root cause and who can act, case by case.
FOUND = {
    "10.a": ("helo-rejected", "sender's administrator"),
    "10.b": ("not-in-envelope", "sender"),
    "10.c": ("cut-at-dot", "sender"),
    "10.d": ("tls-problem", "sender"),
    "10.e": ("greylisted", "nobody (wait)"),
    "10.f": ("receiver-misconfig", "recipient's administrator"),
}

Act = Callable[[Lab], object]


def lab_for(exercise: str) -> Lab:
    return Lab(PROFILES[exercise], name=exercise)


def lines(*conversations: list[str]) -> Act:
    return lambda lab: say(lab, *conversations)


def message(text: str | bytes, *before: str) -> Act:
    """A whole transaction; octets go as they are."""

    def act(lab: Lab) -> None:
        session = lab.connect()
        for line in (EHLO, MAIL, *before, DATA):
            session.send(line)
        if isinstance(text, bytes):
            session.send_raw(text)
        else:
            session.send_data(text)

    return act


def instead(profile: str, act: Act, **options: str) -> Act:
    """The learner made another lab in its place."""
    return lambda lab: act(Lab(profile, name=lab.name, **options))


def both(*acts: Act) -> Act:
    return lambda lab: [act(lab) for act in acts]


# -- right ways -----------------------------------------------------------------------------------------


def pick_name(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO", name="scanner.lab.example")
    picker.send("MAIL", reverse_path="alice@lab.example")


def name_by_smtplib(lab: Lab) -> None:
    client = lab.smtplib()
    client.ehlo("scanner.lab.example")
    client.mail("alice@lab.example")


def pick_transaction(text: str, *recipients: str) -> Act:
    def act(lab: Lab) -> None:
        picker = CommandPicker(lab)
        picker.send("EHLO")
        picker.send("MAIL", reverse_path="alice@lab.example")
        for recipient in recipients:
            picker.send("RCPT", forward_path=recipient)
        picker.send("DATA")
        picker.send("MESSAGE", message=text)

    return act


def by_smtplib(text: str, *recipients: str) -> Act:
    def act(lab: Lab) -> None:
        with lab.smtplib() as client, suppress(smtplib.SMTPRecipientsRefused):
            client.sendmail("alice@lab.example", list(recipients), text)

    return act


def pick_login(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    picker.send("AUTH", mechanism="PLAIN", initial_response=LOGIN.split()[-1])
    picker.send("MAIL", reverse_path="alice@lab.example")


def login_by_smtplib(lab: Lab) -> None:
    """smtplib's implicit TLS needs a socket; in memory the same octets come from a session."""
    if not lab.can_sockets:
        say(lab, ["ehlo laptop.example", LOGIN, "mail FROM:<alice@lab.example>", "quit"])
        return
    with smtplib.SMTP_SSL(lab.host, lab.port, context=lab.client_context(), timeout=10) as client:
        client.login("alice", "wonderland")
        client.mail("alice@lab.example")


def later(act: Act) -> Act:
    def twice(lab: Lab) -> None:
        with suppress(SessionError):
            act(lab)
        lab.clock.advance(minutes=5)
        act(lab)

    return twice


def pick_far(lab: Lab) -> None:
    picker = CommandPicker(Lab("mx", name=lab.name, domain="other.example"))
    picker.send("EHLO", name="mail.shop.example")
    picker.send("MAIL", reverse_path="orders@shop.example")
    picker.send("RCPT", forward_path="carol@other.example")


RIGHT: dict[tuple[str, str], Act] = {
    ("10.a", "picker"): pick_name,
    ("10.a", "raw line"): lines(["EHLO scanner.lab.example", MAIL]),
    ("10.a", "smtplib"): name_by_smtplib,
    ("10.a", "an address literal"): lines(["EHLO [192.0.2.7]", MAIL]),  # RFC 5321 4.1.3
    ("10.b", "picker"): pick_transaction(OFFER, "bob@lab.example", "carol@lab.example"),
    ("10.b", "raw lines"): message(OFFER, TO_BOB, TO_CAROL),
    ("10.b", "smtplib"): by_smtplib(OFFER, "bob@lab.example", "carol@lab.example"),
    ("10.b", "after the same again"): both(message(OFFER, TO_BOB), message(OFFER, TO_CAROL, TO_BOB)),
    ("10.c", "picker"): pick_transaction(RECIPE, "bob@lab.example"),
    ("10.c", "raw octets"): message(RECIPE.replace("\n.", "\n..").replace("\n", "\r\n").encode() + b".\r\n", TO_BOB),
    ("10.c", "smtplib"): by_smtplib(RECIPE, "bob@lab.example"),
    ("10.d", "picker"): pick_login,
    ("10.d", "raw lines"): lines([EHLO, LOGIN, MAIL]),
    ("10.d", "smtplib"): login_by_smtplib,
    ("10.e", "picker"): later(pick_transaction("Subject: Order\n\nThanks.\n", "grey@lab.example")),
    ("10.e", "raw lines"): both(
        lines([EHLO, MAIL, TO_GREY]), lambda lab: lab.clock.advance(minutes=5), message("Subject: x\n", TO_GREY)
    ),
    ("10.e", "smtplib"): later(by_smtplib("Subject: Order\n\nThanks.\n", "grey@lab.example")),
    ("10.f", "picker"): pick_far,
    ("10.f", "raw lines"): instead("mx", lines([EHLO, MAIL, TO_FAR_CAROL]), domain="other.example"),
    ("10.f", "smtplib"): instead("mx", by_smtplib("Subject: x\n\nx\n", "carol@other.example"), domain="other.example"),
}


@pytest.mark.parametrize(("exercise", "way"), RIGHT)
def test_a_right_way_is_taken(transport: str, exercise: str, way: str) -> None:
    lab = lab_for(exercise)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    RIGHT[exercise, way](lab)
    half = check(exercise)
    assert half.status is Status.NOT_YET, "the cure alone is not the whole case"
    assert "not named yet" in half.message
    assert progress.done() == set()
    conclusion = case(exercise).conclude(*FOUND[exercise])
    assert (conclusion.done, conclusion.next_step) == (True, "")
    assert check(exercise).done, str(check(exercise))
    assert progress.done() == {exercise}


@pytest.mark.parametrize("exercise", CASES)
def test_a_conclusion_alone_is_half_of_it(transport: str, exercise: str) -> None:
    lab_for(exercise)
    conclusion = case(exercise).conclude(*FOUND[exercise])
    assert conclusion.done
    assert conclusion.next_step
    assert len(conclusion.evidence) == 2
    verdict = check(exercise)
    assert verdict.status is Status.NOT_YET
    assert "proof" in verdict.message
    assert progress.done() == set()


# -- wrong conclusions ----------------------------------------------------------------------------------

WRONG_CONCLUSIONS = [
    (exercise, "cause", suspect.name)
    for exercise in CASES
    for suspect in registry().exercise(exercise).case.causes  # type: ignore[union-attr]
    if suspect.name != FOUND[exercise][0]
] + [
    (exercise, "actor", suspect.name)
    for exercise in CASES
    for suspect in registry().exercise(exercise).case.actors  # type: ignore[union-attr]
    if suspect.name != FOUND[exercise][1]
]


@pytest.mark.parametrize(("exercise", "kind", "name"), WRONG_CONCLUSIONS)
def test_a_wrong_conclusion_gets_its_own_answer_and_line(transport: str, exercise: str, kind: str, name: str) -> None:
    lab = lab_for(exercise)
    cause, who = FOUND[exercise]
    file = case(exercise)
    verdict = file.conclude(name if kind == "cause" else cause, name if kind == "actor" else who)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, name)
    assert verdict.message.startswith(f"{name}: ")
    (line,) = verdict.evidence
    assert line.text in {str(line) for line in file.transcript.lines()} | {"C: AUTH PLAIN ••••••••"}
    assert line.remark
    assert check(exercise).mistake == name
    next(act for (of, _), act in RIGHT.items() if of == exercise)(lab)
    assert not check(exercise).done, "the cure does not make a wrong cause right"


def test_every_answer_is_told_once() -> None:
    for exercise in CASES:
        file = registry().exercise(exercise).case
        assert file is not None
        answers = [suspect.answer for suspect in (*file.causes, *file.actors)]
        assert len(set(answers)) == len(answers)
        assert sum(not suspect.right for suspect in file.causes) >= 2


def test_the_six_differ() -> None:
    causes, actors = zip(*FOUND.values(), strict=True)
    assert len(set(causes)) == 6
    assert len(set(actors)) >= 4
    assert len(set(PROFILES.values())) >= 4


# -- the recordings are evidence ------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", CASES)
def test_a_recording_is_the_same_each_time(transport: str, exercise: str) -> None:
    assert str(case(exercise).transcript) == str(case(exercise).transcript)
    assert not [lab for lab in check_labs() if "recorded" in lab]


def check_labs() -> list[str]:
    from helpers.lab import running_labs

    return [lab.name for lab in running_labs()]


@pytest.mark.parametrize(
    ("exercise", "codes"),
    [
        ("10.a", [220, 504, 504, 503, 221]),
        ("10.b", [220, 250, 250, 250, 354, 250, 221]),
        ("10.c", [220, 250, 250, 250, 354, 250, 500, 500, 500, 221]),
        ("10.d", [220, 250, 235, 250, 221]),
        ("10.e", [220, 250, 250, 450, 221]),
        ("10.f", [220, 250, 250, 550, 221]),
    ],
)
def test_what_the_log_shows(transport: str, exercise: str, codes: list[int]) -> None:
    assert [exchange.code for exchange in case(exercise).transcript] == codes


def test_what_the_other_witnesses_say(transport: str) -> None:
    assert not diagnose(case("10.b").transcript).refused
    assert diagnose(case("10.e").transcript).cause == "greylisted"
    assert diagnose(case("10.f").transcript).cause == "relay-denied", "the words mislead here, and that is the case"
    first, second = case("10.d").transcript.connections
    assert first.exchanges == ()
    assert all(exchange.tls for exchange in second.exchanges if exchange.command)
    assert b"onions" not in cases.record("10.c", registry().exercise("10.c").case).mailboxes["bob@lab.example"][0].raw  # type: ignore[arg-type]
    assert "carol@lab.example" not in cases.record("10.b", registry().exercise("10.b").case).mailboxes  # type: ignore[arg-type]


# -- mistakes in the proof ------------------------------------------------------------------------------

HALF = RECIPE.replace("\n", "\r\n").encode() + b".\r\n"

WRONG: dict[tuple[str, str], Act] = {
    ("10.a", "other-server"): instead("open", lines(["EHLO scanner", MAIL])),
    ("10.a", "its-own-name"): lines(["EHLO mail.lab.example", MAIL]),
    ("10.a", "no-name"): lines(["EHLO", MAIL]),
    ("10.a", "short-name"): lines(["EHLO localhost", MAIL]),
    ("10.a", "not-introduced"): lines(["NOOP", MAIL]),
    ("10.b", "two-in-one"): lines([EHLO, MAIL, "RCPT TO:<bob@lab.example,carol@lab.example>"]),
    ("10.b", "unknown"): lines([EHLO, MAIL, TO_BOB, "RCPT TO:<caroll@lab.example>"]),
    ("10.b", "out-of-order"): lines([EHLO, TO_CAROL]),
    ("10.b", "bcc-header"): message("Bcc: carol@lab.example\n" + OFFER, TO_BOB),
    ("10.b", "bob-left-out"): message(OFFER, TO_CAROL),
    ("10.b", "nobody-new"): message("Cc: carol@lab.example\n" + OFFER, TO_BOB),
    ("10.b", "no-message"): lines([EHLO, MAIL, TO_BOB, TO_CAROL]),
    ("10.c", "cut-again"): message(HALF, TO_BOB),
    ("10.c", "dot-doubled-twice"): message(RECIPE.replace("\n.\n", "\n..\n"), TO_BOB),
    ("10.c", "dot-left-out"): message(RECIPE.replace("\n.\n", "\n"), TO_BOB),
    ("10.c", "other-text"): message("Subject: Lunch\n\nNoon?\n", TO_BOB),
    ("10.c", "never-ended"): message(b"Subject: Recipe\r\n\r\nHeat the oil.\r\n", TO_BOB),
    ("10.c", "no-transaction"): lines([EHLO, DATA]),
    ("10.d", "other-server"): instead("submission", lines([EHLO])),
    ("10.d", "starttls-inside"): lines([EHLO, "STARTTLS"]),
    ("10.d", "wrong-password"): lines([EHLO, WRONG_LOGIN]),
    ("10.d", "no-ehlo"): lines([LOGIN]),
    ("10.d", "not-logged-in"): lines([EHLO, MAIL]),
    ("10.e", "too-soon"): lines([EHLO, MAIL, TO_GREY, TO_GREY]),
    ("10.e", "given-up"): lines([EHLO, MAIL, TO_GREY]),
    ("10.e", "no-message"): later(lines([EHLO, MAIL, TO_GREY])),
    ("10.e", "somebody-else"): lines([EHLO, MAIL, TO_BOB]),
    ("10.f", "open-relay"): instead("naive", lines([EHLO, MAIL, TO_FAR_CAROL])),
    ("10.f", "passed-on"): instead("open", lines([EHLO, LOGIN, MAIL, TO_FAR_CAROL])),
    ("10.f", "no-such-user"): instead(
        "mx", lines([EHLO, MAIL, "RCPT TO:<karol@other.example>"]), domain="other.example"
    ),
    ("10.f", "same-server"): lines([EHLO, MAIL, TO_FAR_CAROL]),
    ("10.f", "login"): lines([EHLO, LOGIN]),
    ("10.f", "somebody-else"): lines([EHLO, MAIL, TO_CAROL]),
}


@pytest.mark.parametrize(("exercise", "mistake"), WRONG)
def test_a_known_mistake_gets_its_own_message(transport: str, exercise: str, mistake: str) -> None:
    case(exercise).conclude(*FOUND[exercise])
    WRONG[exercise, mistake](lab_for(exercise))
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert verdict.evidence[0].remark
    assert verdict.next_step
    assert "{" not in str(verdict)
    assert progress.done() == set()


def test_a_whole_program_with_a_slip_in_the_name_is_told_of_the_name(transport: str) -> None:
    case("10.b").conclude(*FOUND["10.b"])
    message(OFFER, TO_BOB, "RCPT TO:<carrol@lab.example>")(lab_for("10.b"))
    assert check("10.b").mistake == "unknown"


def test_with_a_wrong_conclusion_the_proof_is_still_answered(transport: str) -> None:
    case("10.a").conclude("sequence-error", "nobody (wait)")
    WRONG["10.a", "short-name"](lab_for("10.a"))
    slip = check("10.a")
    assert slip.mistake == "short-name"
    assert "conclusion does not fit yet, either" in slip.message
    RIGHT["10.a", "raw line"](lab_for("10.a"))
    proved = check("10.a")
    assert (proved.status, proved.mistake) == (Status.NOT_YET, "sequence-error")
    assert proved.message.startswith("The cure is right")
    praise = registry().exercise("10.a").praise
    assert praise not in proved.message, "it names the cause"


def test_every_mistake_is_tried_here_and_says_something_of_its_own() -> None:
    exercises = [e for e in registry().exercises.values() if e.lesson == "10"]
    assert {(e.id, mistake.name) for e in exercises for mistake in e.mistakes} == set(WRONG)
    for exercise in exercises:
        assert len({mistake.message for mistake in exercise.mistakes}) == len(exercise.mistakes)


@pytest.mark.parametrize("exercise", CASES)
def test_the_starter_alone_is_no_attempt(transport: str, exercise: str) -> None:
    exec(registry().exercise(exercise).starter, {"Lab": Lab, "check": check})
    assert check(exercise).status is Status.NOT_ATTEMPTED


def test_the_program_of_10b_sends_what_the_log_shows(transport: str) -> None:
    exec(registry().exercise("10.b").starter, {"Lab": Lab, "check": check})
    from helpers.lab import running_labs

    (lab,) = running_labs()
    log = [str(line) for line in case("10.b").transcript.lines()]
    assert [str(line) for line in lab.transcript().lines()] == log[:-2], "all but its QUIT"
