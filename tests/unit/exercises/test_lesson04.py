"""Lesson 04: each known mistake gets its own message, each right way is taken, on a live lab.

How a message ends, what its dots become, and what a list does with the envelope: RFC 5321 4.1.1.4, 4.5.2, 3.9.2.
"""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from helpers import CommandPicker, Lab, order
from helpers.exercises import check, progress
from helpers.exercises.registry import registry
from helpers.wire.messages import Status

ALICE, BOB, CAROL = "alice@lab.example", "bob@lab.example", "carol@lab.example"
EHLO, MAIL, RCPT, DATA, QUIT = "EHLO laptop.example", f"MAIL FROM:<{ALICE}>", f"RCPT TO:<{BOB}>", "DATA", "QUIT"
OPEN = [EHLO, MAIL, RCPT, DATA]
NOON = "Subject: Noon\r\n\r\nAt the bridge"
LETTER = ["Subject: Noon", "", "At the bridge", "."]
FROM, TO = f"From: {CAROL}", "To: garden@lists.example"
CHUNK = f"{FROM}\r\n{TO}\r\n\r\nSeeds\r\n.\r\nSoil"  # BDAT stuffs no dots (RFC 3030 2)
POST = f"{FROM}\n{TO}\nSubject: Seeds\n\nSeeds\n.\nSoil\n"


def lab_for(exercise: str) -> Lab:
    return Lab("open", name=exercise)


def say(lab: Lab, *conversations: list[str]) -> None:
    """Send lines as they are, a list a connection; the lines of a message get no reply."""
    for lines in conversations:
        with lab.connect() as session:
            for line in lines:
                session.send_raw(line.encode() + b"\r\n")


def end_with(end: str) -> Callable[[Lab], None]:
    """Do what the cell of 04.a does with this in its gap."""

    def act(lab: Lab) -> None:
        session = lab.connect()
        for line in OPEN:
            session.send(line)
        session.send_raw(f"{NOON}{end}".encode())

    return act


def said(*conversations: list[str]) -> Callable[[Lab], None]:
    return lambda lab: say(lab, *conversations)


def posted(
    *, sender: str = ALICE, to: str = BOB, head: str = f"{FROM}\n{TO}", text: str = "Seeds\n.\nSoil"
) -> Callable[[Lab], None]:
    """Send one message; ``send_data`` doubles its dots."""

    def act(lab: Lab) -> None:
        session = lab.connect()
        for line in (EHLO, f"MAIL FROM:<{sender}>", f"RCPT TO:<{to}>", DATA):
            session.send(line)
        session.send_data(f"{head}\n\n{text}\n")

    return act


def pick(message: str, *, leave: bool = False) -> Callable[[Lab], None]:
    def act(lab: Lab) -> None:
        picker = CommandPicker(lab)
        picker.send("EHLO")
        picker.send("MAIL", reverse_path=ALICE)
        picker.send("RCPT", forward_path=BOB)
        picker.send("DATA")
        picker.send("MESSAGE", message=message)
        if leave:
            picker.send("QUIT")

    return act


def sendmail(message: str) -> Callable[[Lab], None]:
    def act(lab: Lab) -> None:
        with lab.smtplib() as client:  # QUIT at its end
            client.sendmail(ALICE, [BOB], message)

    return act


def send_message(lab: Lab) -> None:
    message = EmailMessage()
    message["From"], message["To"] = CAROL, "Garden <garden@lists.example>"
    message.set_content("Seeds\n.\nSoil\n")
    with lab.smtplib() as client:
        client.send_message(message, from_addr=ALICE, to_addrs=[BOB])


def in_order(*lines: str) -> Callable[[Lab], None]:
    return lambda lab: order(lab, lines, "04.b").send.click()


RIGHT: dict[tuple[str, str], Callable[[Lab], None]] = {
    ("04.a", "the gap"): end_with("\r\n.\r\n"),
    ("04.a", "raw lines"): said([*OPEN, *LETTER]),
    ("04.a", "picker"): pick(NOON),
    ("04.a", "smtplib"): sendmail(NOON),
    ("04.a", "after a slip"): said([*OPEN, NOON, "..", "."]),
    ("04.b", "order"): in_order(*OPEN, *LETTER, QUIT),
    ("04.b", "raw lines"): said([EHLO, MAIL, RCPT, DATA, *LETTER, QUIT]),
    ("04.b", "picker"): pick("Subject: Noon\n\nAt the bridge", leave=True),
    ("04.b", "smtplib"): sendmail("Subject: Noon\n\nAt the bridge"),
    ("04.b", "after a slip"): said([EHLO, RCPT, QUIT], [*OPEN, *LETTER, QUIT]),
    ("04.c", "send_data"): posted(),
    ("04.c", "raw lines"): said([*OPEN, FROM, TO, "", "Seeds", "..", "Soil", "."]),
    ("04.c", "picker"): pick(POST),
    ("04.c", "sendmail"): sendmail(POST),
    ("04.c", "send_message"): send_message,
    ("04.c", "in a chunk"): said([*OPEN[:3], f"BDAT {len(CHUNK) + 2} LAST\r\n{CHUNK}"]),
}


@pytest.mark.parametrize(("exercise", "way"), RIGHT)
def test_right_ways(transport: str, exercise: str, way: str) -> None:
    lab = lab_for(exercise)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    RIGHT[exercise, way](lab)
    verdict = check(exercise)
    assert verdict.done, str(verdict)
    assert progress.done() == {exercise}


WRONG: dict[tuple[str, str], Callable[[Lab], None]] = {
    ("04.a", "spelled-out"): end_with("<CRLF>.<CRLF>"),
    ("04.a", "command-in-message"): end_with("\r\nQUIT\r\n"),
    ("04.a", "line-ends"): end_with("\n.\n"),
    ("04.a", "two-dots"): end_with("\r\n..\r\n"),
    ("04.a", "not-alone"): end_with("\r\n. \r\n"),
    ("04.a", "no-line-end-after"): end_with("\r\n."),
    ("04.a", "no-line-end-before"): end_with(".\r\n"),
    ("04.a", "empty-line"): end_with("\r\n\r\n"),
    ("04.a", "unfinished"): end_with("!"),
    ("04.b", "too-early"): in_order(EHLO, MAIL, DATA, RCPT, *LETTER, QUIT),
    ("04.b", "empty-line-as-command"): in_order("", *OPEN, *LETTER, QUIT),
    ("04.b", "text-before-data"): in_order(EHLO, "Subject: Noon", MAIL, RCPT, DATA, *LETTER[1:], QUIT),
    ("04.b", "after-the-dot"): in_order(*OPEN, "Subject: Noon", "", ".", "At the bridge", QUIT),
    ("04.b", "command-in-message"): in_order(*OPEN, "Subject: Noon", "", QUIT, "At the bridge", "."),
    ("04.b", "empty-line-first"): in_order(*OPEN, "", "Subject: Noon", "At the bridge", ".", QUIT),
    ("04.b", "text-among-headers"): in_order(*OPEN, "Subject: Noon", "At the bridge", "", ".", QUIT),
    ("04.b", "no-text"): said([*OPEN, "Subject: Noon", "", ".", QUIT]),
    ("04.b", "unfinished"): said([*OPEN, "Subject: Noon", "", "At the bridge"]),
    ("04.b", "quit-too-early"): in_order(*OPEN[:3], QUIT, DATA, *LETTER),
    ("04.b", "no-quit"): said([*OPEN, *LETTER]),
    ("04.c", "cut-at-the-dot"): said([*OPEN, FROM, TO, "", "Seeds", ".", "Soil", "."]),
    ("04.c", "list-as-recipient"): said([EHLO, MAIL, "RCPT TO:<garden@lists.example>"]),
    ("04.c", "recipient-refused"): said([EHLO, MAIL, "RCPT TO:<bop@lab.example>"]),
    ("04.c", "not-bob-alone"): posted(to=CAROL),
    ("04.c", "bounce-to-carol"): posted(sender=CAROL),
    ("04.c", "bounce-to-nobody"): posted(sender=""),
    ("04.c", "from-changed"): posted(head=f"From: {ALICE}\n{TO}"),
    ("04.c", "to-changed"): posted(head=f"{FROM}\nTo: {BOB}"),
    ("04.c", "doubled-twice"): posted(text="Seeds\n..\nSoil"),
    ("04.c", "no-dot-line"): posted(text="Seeds. Soil."),
    ("04.c", "unfinished"): said([*OPEN, FROM, TO, ""]),
}


@pytest.mark.parametrize(("exercise", "mistake"), WRONG)
def test_each_mistake(transport: str, exercise: str, mistake: str) -> None:
    WRONG[exercise, mistake](lab_for(exercise))
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert verdict.evidence
    assert verdict.next_step
    assert "{" not in str(verdict)
    assert progress.done() == set()


def test_every_mistake_is_tried() -> None:
    own = [exercise for exercise in registry().exercises.values() if exercise.lesson == "04"]
    assert set(WRONG) == {(exercise.id, mistake.name) for exercise in own for mistake in exercise.mistakes}
    assert all(len({m.message for m in exercise.mistakes}) == len(exercise.mistakes) for exercise in own)


@pytest.mark.parametrize(
    ("end", "mistake"),
    [
        (r"\r\n.\r\n", "spelled-out"),  # backslashes that Python was told to leave alone
        ("b'\\r\\n.\\r\\n'", "spelled-out"),
        ("\r\nCRLF.CRLF", "spelled-out"),
        ("\n.\r\n", "line-ends"),
        ("\r\n.\n", "line-ends"),
        ("\r.\r", "line-ends"),
        ("\r\n...\r\n", "two-dots"),
        ("\r\n .\r\n", "not-alone"),
        ("\r\n.\r", "line-ends"),
        (".", "no-line-end-before"),
        ("\n\n", "empty-line"),
        ("\r\nEND\r\n", "command-in-message"),
        ("", "unfinished"),
        ("\r\n", "unfinished"),
    ],
)
def test_more_ways_not_to_end_a_message(transport: str, end: str, mistake: str) -> None:
    end_with(end)(lab_for("04.a"))
    assert check("04.a").mistake == mistake


def test_the_line_that_shows_it(transport: str) -> None:
    """The last line of an unended message; the command inside a letter; the text that is no header."""
    for exercise, mistake, text in (
        ("04.a", "two-dots", "C: .."),
        ("04.b", "command-in-message", "C: QUIT"),
        ("04.b", "text-among-headers", "C: At the bridge"),
        ("04.c", "bounce-to-carol", f"C: MAIL FROM:<{CAROL}>"),
        ("04.c", "cut-at-the-dot", "C: Soil"),
    ):
        lab = lab_for(exercise)
        WRONG[exercise, mistake](lab)
        (evidence,) = check(exercise).evidence
        assert evidence.text == text
        assert str(lab.transcript()).splitlines()[evidence.number - 1] == text


def test_the_letter_parts_are_those_of_rfc_5322(transport: str) -> None:
    """RFC 5322 2.2.3: a folded header continues on a line that begins with white space."""
    lab = lab_for("04.b")
    say(lab, [*OPEN, "Subject: At", "\tnoon", "", "Bridge", ".", QUIT])
    assert check("04.b").done


def test_undo_is_no_deed(transport: str) -> None:
    lab = lab_for("04.c")
    posted()(lab)
    exchanges = lab.transcript().exchanges
    fresh = lab_for("04.c")
    fresh.replay(exchanges)
    assert check("04.c").status is Status.NOT_ATTEMPTED
