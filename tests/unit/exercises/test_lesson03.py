"""Lesson 03: each known mistake gets its own message, each right way is taken, on a live lab.

What a line may look like and what it is answered: RFC 5321 3.3, 4.1.1.3 and 4.1.4.
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
EHLO, MAIL, DATA, QUIT = "EHLO laptop.example", f"MAIL FROM:<{ALICE}>", "DATA", "QUIT"
TO_BOB, TO_CAROL = f"RCPT TO:<{BOB}>", f"RCPT TO:<{CAROL}>"
OPEN = [EHLO, MAIL]
MESSAGE = [DATA, "Subject: Lunch", "."]


def letter(*headers: str, text: str = "Friday?") -> list[str]:
    return [DATA, *headers, "", text, "."]


TO_HEADER = f"To: Bob <{BOB}>"


def lab_for(exercise: str) -> Lab:
    return Lab("strict" if exercise == "03.a" else "open", name=exercise)


def say(lab: Lab, *conversations: list[str]) -> None:
    """Send lines as they are, a list a connection; the lines of a message get no reply."""
    for lines in conversations:
        with lab.connect() as session:
            for line in lines:
                session.send_raw(line.encode() + b"\r\n")


def pick(lab: Lab, *recipients: str, message: bool = True) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    picker.send("MAIL", reverse_path=ALICE)
    for address in recipients:
        picker.send("RCPT", forward_path=address)
    if message:
        picker.send("DATA")
        picker.send("MESSAGE")


def one_by_smtplib(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.ehlo()
        client.mail(ALICE)
        client.rcpt(CAROL)


def both_by_smtplib(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.sendmail(ALICE, [BOB, CAROL], "Subject: Lunch\n\nFriday?")


def blind_by_smtplib(lab: Lab) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Bcc"] = ALICE, BOB, CAROL
    message.set_content("Friday?")
    with lab.smtplib() as client:
        client.send_message(message)


RIGHT: dict[tuple[str, str], Callable[[Lab], None]] = {
    ("03.a", "picker"): lambda lab: pick(lab, CAROL, message=False),
    ("03.a", "raw lines"): lambda lab: say(lab, [*OPEN, "rcpt to:<carol@LAB.EXAMPLE>"]),
    ("03.a", "smtplib"): one_by_smtplib,
    ("03.a", "after a slip"): lambda lab: say(lab, [*OPEN, "RCPT TO:<carol>", TO_BOB, TO_CAROL]),
    ("03.b", "picker"): lambda lab: pick(lab, BOB, CAROL),
    ("03.b", "raw lines"): lambda lab: say(lab, [*OPEN, TO_CAROL, "RCPT TO:<nobody@lab.example>", TO_BOB, *MESSAGE]),
    ("03.b", "smtplib"): both_by_smtplib,
    ("03.b", "after two transactions"): lambda lab: say(
        lab, [*OPEN, TO_BOB, *MESSAGE, MAIL, TO_CAROL, *MESSAGE], [*OPEN, TO_BOB, TO_CAROL, *MESSAGE]
    ),
    ("03.b", "in chunks"): lambda lab: say(lab, [*OPEN, TO_BOB, TO_CAROL, "BDAT 8 LAST\r\nHello."]),
    ("03.c", "picker"): lambda lab: pick(lab, BOB, CAROL),
    ("03.c", "raw lines"): lambda lab: say(lab, [*OPEN, TO_CAROL, TO_BOB, *letter("Subject: x", TO_HEADER)]),
    ("03.c", "smtplib"): blind_by_smtplib,
}


@pytest.mark.parametrize(("exercise", "way"), RIGHT)
def test_right_ways(transport: str, exercise: str, way: str) -> None:
    lab = lab_for(exercise)
    assert check(exercise).status is Status.NOT_ATTEMPTED
    RIGHT[exercise, way](lab)
    verdict = check(exercise)
    assert verdict.done, str(verdict)
    assert progress.done() == {exercise}


WRONG: dict[tuple[str, str], list[list[str]]] = {
    ("03.a", "gap-sent"): [[*OPEN, "RCPT TO:<...>"]],
    ("03.a", "header-for-command"): [[*OPEN, "To: <carol@lab.example>"]],
    ("03.a", "misspelt"): [[*OPEN, "RCTP TO:<carol@lab.example>"]],
    ("03.a", "mail-for-rcpt"): [[*OPEN, "MAIL FROM:<carol@lab.example>"]],
    ("03.a", "several-at-once"): [[*OPEN, "RCPT TO:<carol@lab.example>, <bob@lab.example>"]],
    ("03.a", "from-for-to"): [[*OPEN, "RCPT FROM:<carol@lab.example>"]],
    ("03.a", "no-colon"): [[*OPEN, "RCPT TO <carol@lab.example>"]],
    ("03.a", "space-after-colon"): [[*OPEN, "RCPT TO: <carol@lab.example>"]],
    ("03.a", "display-name"): [[*OPEN, "RCPT TO:Carol <carol@lab.example>"]],
    ("03.a", "no-brackets"): [[*OPEN, "RCPT TO:carol@lab.example"]],
    ("03.a", "no-domain"): [[*OPEN, "RCPT TO:<carol>"]],
    ("03.a", "null-path"): [[*OPEN, "RCPT TO:<>"]],
    ("03.a", "other-domain"): [[*OPEN, "RCPT TO:<carol@other.example>"]],
    ("03.a", "no-such-user"): [[*OPEN, "RCPT TO:<karol@lab.example>"]],
    ("03.a", "somebody-else"): [[*OPEN, TO_BOB]],
    ("03.b", "two-transactions"): [[*OPEN, TO_BOB, *MESSAGE, MAIL, TO_CAROL, *MESSAGE, QUIT]],
    ("03.b", "left-over"): [[*OPEN, TO_BOB, TO_CAROL, *MESSAGE, MAIL, *MESSAGE, QUIT]],
    ("03.b", "several-at-once"): [[*OPEN, "RCPT TO:<bob@lab.example>,<carol@lab.example>"]],
    ("03.b", "after-the-message"): [[*OPEN, TO_BOB, *MESSAGE, TO_CAROL]],
    ("03.b", "before-mail"): [[EHLO, TO_BOB]],
    ("03.b", "data-too-early"): [[*OPEN, DATA]],
    ("03.b", "transaction-emptied"): [[*OPEN, TO_BOB, TO_CAROL, "RSET"]],
    ("03.b", "recipient-refused"): [[*OPEN, "RCPT TO:<karol@lab.example>"]],
    ("03.b", "same-twice"): [[*OPEN, TO_BOB, TO_BOB]],
    ("03.b", "no-data"): [[*OPEN, TO_BOB, TO_CAROL, QUIT]],
    ("03.b", "no-end"): [[*OPEN, TO_BOB, TO_CAROL, DATA, "Subject: Lunch"]],
    ("03.b", "one-missing"): [[*OPEN, TO_BOB, *MESSAGE, QUIT]],
    ("03.c", "only-in-a-header"): [[*OPEN, TO_BOB, *letter(TO_HEADER, f"Bcc: {CAROL}")]],
    ("03.c", "bcc-header"): [[*OPEN, TO_BOB, TO_CAROL, *letter(TO_HEADER, f"Bcc: {CAROL}")]],
    ("03.c", "open-copy"): [[*OPEN, TO_BOB, TO_CAROL, *letter(TO_HEADER, f"Cc: {CAROL}")]],
    ("03.c", "mentioned"): [[*OPEN, TO_BOB, TO_CAROL, *letter(TO_HEADER, text=f"Ask {CAROL}.")]],
    ("03.c", "two-transactions"): [[*OPEN, TO_BOB, *letter(TO_HEADER), MAIL, TO_CAROL, *letter(TO_HEADER)]],
    ("03.c", "bob-left-out"): [[*OPEN, TO_CAROL, *letter(TO_HEADER)]],
    ("03.c", "carol-left-out"): [[*OPEN, TO_BOB, *letter(TO_HEADER)]],
    ("03.c", "bob-not-named"): [[*OPEN, TO_BOB, TO_CAROL, *letter("Subject: Lunch")]],
    ("03.c", "recipient-refused"): [
        [*OPEN, "RCPT TO:<karol@lab.example>"],
        [*OPEN, "RCPT TO:<bob@lab.example>, <carol@lab.example>", DATA],
    ],
    ("03.c", "not-sent"): [[*OPEN, TO_BOB, TO_CAROL, DATA, TO_HEADER]],
}


@pytest.mark.parametrize(("exercise", "mistake"), WRONG)
def test_each_mistake(transport: str, exercise: str, mistake: str) -> None:
    say(lab_for(exercise), *WRONG[exercise, mistake])
    verdict = check(exercise)
    assert (verdict.status, verdict.mistake) == (Status.NOT_YET, mistake), str(verdict)
    assert progress.done() == set()


def test_every_mistake_is_tried() -> None:
    own = [exercise for exercise in registry().exercises.values() if exercise.lesson == "03"]
    assert set(WRONG) == {(exercise.id, mistake.name) for exercise in own for mistake in exercise.mistakes}


def test_the_model_of_a_verdict(transport: str) -> None:
    """The untouched dialogue of 03.b is the mistake itself: the line that ended the first transaction is shown."""
    lab = Lab("open", name="03.b")
    to_bob, to_carol = [MAIL, TO_BOB, *MESSAGE], [MAIL, TO_CAROL, *MESSAGE]
    lines = order(lab, [EHLO, *to_bob, *to_carol, QUIT], "03.b")
    lines.send.click()
    verdict = check("03.b")
    (evidence,) = verdict.evidence
    assert (evidence.text, evidence.remark) == ("C: DATA", "you finished the first transaction here, after one RCPT")
    printed = str(lab.transcript()).splitlines()
    assert evidence.number == printed.index("C: DATA") + 1
    assert "RCPT TO twice before DATA" in verdict.next_step
    assert len(lab.mailbox(BOB)) == len(lab.mailbox(CAROL)) == 1, "everybody has it: nothing else would tell"


def test_two_moves_mend_it(transport: str) -> None:
    lab = Lab("open", name="03.b")
    lines = order(lab, [EHLO, MAIL, TO_BOB, *MESSAGE, MAIL, TO_CAROL, *MESSAGE, QUIT], "03.b")
    for line, place in ((TO_CAROL, 3), (QUIT, 7)):
        lines.choice.index = lines.lines.index(line)
        while lines.lines.index(line) > place:
            lines.up.click()
    assert lines.lines[:8] == [EHLO, MAIL, TO_BOB, TO_CAROL, *MESSAGE, QUIT]
    lines.send.click()
    assert "✓ Done" in lines.result.value
    assert "4 lines were not sent" in lines.result.value


@pytest.mark.parametrize("left", [[TO_CAROL, DATA], [DATA, "Subject: Lunch", "."]])
def test_what_is_left_over_and_refused_is_told_whatever_it_is(transport: str, left: list[str]) -> None:
    lab = Lab("open", name="03.b")
    say(lab, [*OPEN, TO_BOB, TO_CAROL, *MESSAGE, *left, QUIT])
    assert check("03.b").mistake == "left-over"
    say(lab, [*OPEN, TO_BOB, TO_CAROL, *MESSAGE, "QUTI"])  # a slip of the learner's own is not left over
    assert check("03.b").done


def test_two_transactions_over_two_connections(transport: str) -> None:
    lab = Lab("open", name="03.b")
    for address in (BOB, CAROL):
        with lab.smtplib() as client:
            client.sendmail(ALICE, [address], "Subject: Lunch\n\nFriday?")
    assert check("03.b").mistake == "two-transactions"


def test_a_later_mistake_is_told_instead_of_the_two_transactions(transport: str) -> None:
    lab = Lab("open", name="03.b")
    say(lab, [*OPEN, TO_BOB, *MESSAGE, MAIL, TO_CAROL, *MESSAGE], [*OPEN, TO_BOB, TO_CAROL])
    assert check("03.b").mistake == "no-data"


def test_the_header_line_is_shown(transport: str) -> None:
    lab = Lab("open", name="03.c")
    say(lab, *WRONG["03.c", "bcc-header"])
    (evidence,) = check("03.c").evidence
    assert evidence.text == f"C: Bcc: {CAROL}"
    assert str(lab.transcript()).splitlines()[evidence.number - 1] == evidence.text


def test_sendmail_leaves_a_bcc_header_where_it_is(transport: str) -> None:
    """As the explanation of 03.c says: send_message takes it out, sendmail does not."""
    lab = Lab("open", name="03.c")
    with lab.smtplib() as client:
        client.sendmail(ALICE, [BOB, CAROL], f"To: {BOB}\nBcc: {CAROL}\n\nFriday?")
    assert check("03.c").mistake == "bcc-header"
    blind_by_smtplib(lab)
    assert check("03.c").done
    assert all(b"carol" not in message.raw for message in lab.mailbox(BOB)[1:])


def test_undo_of_the_second_transaction(transport: str) -> None:
    """What an undo said again sets the state up, but a message in it is nobody's deed."""
    lab = Lab("open", name="03.b")
    say(lab, [*OPEN, TO_BOB, TO_CAROL, *MESSAGE])
    exchanges = lab.transcript().exchanges
    again = Lab("open", name="03.b")
    again.replay(exchanges)
    assert check("03.b").status is Status.NOT_ATTEMPTED
    fresh = Lab("open", name="03.b")
    session = fresh.replay(exchanges[:-1])
    session.send_data("Subject: Lunch")
    assert check("03.b").done
