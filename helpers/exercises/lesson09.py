"""Exercises and questions of lesson 09: reading any reply, and what a sending server does with it."""

from __future__ import annotations

from helpers.exercises.base import Exercise, Mistake, Option, Prediction, Question, Solution, holds_gap, latest
from helpers.exercises.records import Conversation, Deed, Records, Sending

_ALICE = "alice@lab.example"
_GREY, _QUOTA, _GONE = (f"{name}@lab.example" for name in ("grey", "quota", "gone"))
_EHLO, _MAIL = "EHLO laptop.example", f"MAIL FROM:<{_ALICE}>"


def _path(deed: Deed) -> str:
    return (deed.exchange.path or "").lower()


def _refused_before(deed: Deed, first: str) -> bool:
    """The same recipient was refused with this first digit earlier, in this connection or in one before it."""
    record, number = deed.conversation.record, deed.exchange.number
    earlier = (e for c in record.transcript.connections for e in c.exchanges if e.number < number)
    return any(
        e.verb == "RCPT" and (e.path or "").lower() == _path(deed) and str(e.code).startswith(first) for e in earlier
    )


# -- 09.a: which one to try again ---------------------------------------------------------------------

_FADED = (
    'server = Lab("mx", name="09.a")\n'
    "session = server.connect()\n"
    f'for command in ("{_EHLO}", "{_MAIL}"):\n'
    "    session.send(command)\n"
    'for name in ("gone", "grey", "quota"):\n'
    '    print(session.send(f"RCPT TO:<{{name}}@lab.example>"))\n'
    "for minutes in (2, 2, 2):\n"
    "    server.clock.advance(minutes=minutes)\n"
    '    session.send("NOOP")\n'
    "line = {line}\n"
    "session.send(line)\n"
    'check("09.a")'
)

FADED = Exercise(
    id="09.a",
    title="Try the right one again",
    task=(
        "The cell names three recipients, and each is refused. Then six minutes pass; NOOP keeps the session open. "
        "One of the three is worth another try. Read the three replies and fill the gap with RCPT for that one. "
        "Expected: 250."
    ),
    starter=_FADED.format(line="...  # replace the three dots by one RCPT command, in quotes"),
    hints=(
        "Run the cell as it is and look at the replies. Which digit says whether the same may work later?",
        "Two of the three begin with 5. What their texts say does not change that.",
        f'The line is `line = "RCPT TO:<{_GREY}>"`, with the quotes.',
    ),
    solution=Solution(
        code=_FADED.format(line=f'"RCPT TO:<{_GREY}>"'),
        explanation=(
            "A reply that begins with 4 says: not now, and the same command may succeed later (RFC 5321 4.2.1). The "
            "server put the newcomer off, as greylisting does, and takes it after five minutes. The full mailbox "
            "may be "
            "emptied some day, but this server said 5: whoever repeats the same command gets the same answer."
        ),
    ),
    done=latest(lambda deed: deed.code == 250 and _path(deed) == _GREY and _refused_before(deed, "4"), "RCPT"),
    praise="You went by the first digit: 4 may work later, and now it did.",
    shown="refused with 4 before, answered {code} now",
    mistakes=(
        Mistake(
            name="gap-sent",
            find=latest(holds_gap),
            message="The placeholder itself went over the wire, and the server takes each character at its word.",
            remark="this is the text of the gap, not a command",
            next_step="Replace the whole gap by one command in quotes.",
        ),
        Mistake(
            name="full-again",
            find=latest(lambda deed: _path(deed) == _QUOTA and _refused_before(deed, "5"), "RCPT"),
            message=(
                "“Mailbox full” sounds as if it would pass, and with another server it might be a 452. This one said "
                "552, and says it again: the digit decides, not the text."
            ),
            remark="refused with 5 before, and {code} again",
            next_step="Choose the one whose reply begins with 4.",
        ),
        Mistake(
            name="permanent-again",
            find=latest(lambda deed: _path(deed) == _GONE and _refused_before(deed, "5"), "RCPT"),
            message=(
                "The first reply for this recipient began with 5, and so does this one: it will not change by waiting."
            ),
            remark="refused with 5 before, and {code} again",
            next_step="Choose the one whose reply begins with 4.",
        ),
        Mistake(
            name="too-soon",
            find=latest(lambda deed: _path(deed) == _GREY and deed.code == 450 and _refused_before(deed, "4"), "RCPT"),
            message="The right one, but too soon: the server still wants you to come back later.",
            remark="answered {code} again",
            next_step="Let five minutes pass before it, as the cell does with its three waits of two minutes.",
        ),
        Mistake(
            name="somebody-else",
            find=latest(lambda deed: _path(deed) not in (_GREY, _QUOTA, _GONE, ""), "RCPT"),
            message="This recipient was not among the three. The server's answer to it is {code}.",
            remark="a new recipient, answered {code}",
            next_step="Try one of the three again.",
        ),
        Mistake(
            name="no-path",
            find=latest(lambda deed: deed.code in (500, 501, 502, 553)),
            message="The server could not read this line as a recipient: {code}.",
            remark="a question of spelling",
            next_step="The form is RCPT TO:<name@lab.example>, with the angle brackets and nothing after the colon.",
        ),
        Mistake(
            name="other-command",
            find=latest(lambda deed: deed.verb in ("DATA", "RSET", "QUIT", "VRFY", "STARTTLS")),
            message="{command} names no recipient. You want to ask for one of the three once more.",
            remark="another command, answered {code}",
            next_step="Send RCPT for the one whose reply begins with 4.",
        ),
    ),
    otherwise="You sent something, but none of the three refused recipients has been taken yet.",
    start_with="Run the cell, read the three replies, then replace the three dots by one command in quotes.",
    given=(_EHLO, _MAIL, *(f"RCPT TO:<{path}>" for path in (_GONE, _GREY, _QUOTA)), "NOOP", "NOOP", "NOOP"),
)


# -- 09.b: a program that reads the text --------------------------------------------------------------

_PROGRAM = (
    "def attempt(recipients):\n"
    "    session = server.connect()\n"
    f'    session.send("{_EHLO}")\n'
    f'    session.send("{_MAIL}")\n'
    '    replies = {path: session.send(f"RCPT TO:<{path}>") for path in recipients}\n'
    "    if any(reply.ok for reply in replies.values()):\n"
    '        session.send("DATA")\n'
    '        session.send_data("Subject: Lunch\\n\\nFriday?\\n")\n'
    "    return [path for path, reply in replies.items() if CONDITION]\n"
    "\n\n"
    'server = Lab("mx", name="09.b")\n'
    f'later = attempt(["{_GREY}", "{_GONE}", "{_QUOTA}"])\n'
    "server.clock.advance(minutes=30)\n"
    "attempt(later)"
)


def _again(deed: Deed) -> bool:
    """In a connection after the one in which this recipient was refused for good."""
    return _path(deed) in (_QUOTA, _GONE) and _refused_before(deed, "5")


def _came_back(conversation: Conversation) -> bool:
    return any(
        _path(deed) == _GREY and _refused_before(deed, "4") for deed in conversation.deeds if deed.verb == "RCPT"
    )


def _mended(records: Records) -> Deed | None:
    for sending in reversed(records.sendings(accepted=True)):
        named = sending.deeds("RCPT")
        if sending.recipients == [_GREY] and _came_back(sending.conversation) and not any(map(_again, named)):
            return sending.end
    return None


def _both(records: Records) -> Deed | None:
    """A message went out, and somebody who had been refused for good was bothered again in the same transaction."""
    for sending in reversed(records.sendings(accepted=True)):
        for deed in sending.deeds("RCPT"):
            if _again(deed):
                return deed
    return None


def _first_time(records: Records) -> Deed | None:
    for sending in reversed(records.sendings(accepted=True)):
        if _GREY not in sending.recipients:
            return sending.end
    return None


MEND = Exercise(
    id="09.b",
    title="Mend a program that reads the text",
    task=(
        "This program tries half an hour later those recipients whose mailbox is full: “it will be emptied”, thought "
        "its author. Three recipients are refused, and it comes back for the wrong one. Mend the condition at the end "
        "of `attempt`, so that the digit decides. Expected: a second connection that names `grey@lab.example` alone, "
        "and 250 for the message."
    ),
    starter=_PROGRAM.replace("CONDITION", '"full" in reply.text'),
    hints=(
        "`print(server.transcript())` in a cell of your own shows what was answered, and for whom it came back.",
        "A Reply has `code`, `ok` and `text`. Which of them tells 4 from 5?",
        "The condition is `400 <= reply.code < 500`.",
    ),
    solution=Solution(
        code=_PROGRAM.replace("CONDITION", "400 <= reply.code < 500") + '\ncheck("09.b")',
        explanation=(
            "The text is for people, and each server writes its own. What to do next stands in the first digit "
            "(RFC 5321 4.2): 4 is kept and tried again, 5 is told to the sender. The enhanced code can say the reason "
            "more exactly, such as X.2.2 for a full mailbox; whether to try again, the class says."
        ),
    ),
    done=_mended,
    praise="The program came back for the one that was put off, and left the others in peace.",
    shown="the second try, answered {code}",
    mistakes=(
        Mistake(
            name="both-again",
            find=_both,
            message=(
                "The message has gone out, but the program also came back for somebody who had been refused with 5. "
                "The same question got the same answer: {code}."
            ),
            remark="refused with 5 before, asked again",
            next_step="Let only replies that begin with 4 through: they are from 400 to 499.",
        ),
        Mistake(
            name="somebody-else",
            find=_first_time,
            message="A message was accepted, but grey@lab.example is not among its recipients.",
            remark="accepted with {code}, for somebody else",
            next_step="Leave the list of the three recipients as it was.",
        ),
        Mistake(
            name="recipient-lost",
            find=latest(lambda deed: deed.code in (500, 501, 553, 555), "RCPT"),
            message="The server could not read this recipient: {code}.",
            remark="a question of spelling",
            next_step="Leave the RCPT line as it was, and change the condition only.",
        ),
        Mistake(
            name="no-recipient",
            find=latest(lambda deed: deed.code in (503, 554), "DATA"),
            message="DATA was sent although no recipient had been taken: {code}.",
            remark="nobody to send to",
            next_step="Leave `if any(…)` as it was, and change the condition in the last line of `attempt` only.",
        ),
    ),
    otherwise="The server has answered, but no message has reached grey@lab.example by a second try yet.",
    start_with="Run the cell, look at `server.transcript()`, and change the condition at the end of `attempt`.",
    given=(_EHLO, _MAIL, *(f"RCPT TO:<{path}>" for path in (_GREY, _GONE, _QUOTA))),
    only_given=(
        "The wire shows what the program did: in its second connection it did not get grey@lab.example taken, the one "
        "recipient whose refusal began with 4. The condition still lets the wrong one through, or none."
    ),
)


# -- 09.c: let a queue do its work --------------------------------------------------------------------

_OFFICE = "mail.lab.example"
_PARTNER = "bob@partner.example"


def _from_queue(conversation: Conversation) -> bool:
    names = [deed.argument.lower() for deed in conversation.deeds if deed.verb in ("EHLO", "HELO")]
    return bool(names) and set(names) == {_OFFICE}


def _by_queue(sending: Sending) -> bool:
    return _from_queue(sending.conversation) and _PARTNER in sending.recipients


def _put_off(records: Records) -> list[Deed]:
    """The queue's RCPT that were answered with 4."""
    deeds = [deed for c in records.conversations() if _from_queue(c) for deed in c.deeds]
    return [deed for deed in deeds if deed.verb == "RCPT" and deed.code is not None and 400 <= deed.code < 500]


def _arrived(records: Records) -> Deed | None:
    sent = records.sendings(accepted=True)
    return sent[0].end if len(sent) == 1 and _by_queue(sent[0]) and len(_put_off(records)) >= 2 else None


def _by_hand(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations()):
        if not _from_queue(conversation) and conversation.deeds:
            return conversation.deeds[-1]
    return None


def _twice(records: Records) -> Deed | None:
    sent = [sending for sending in records.sendings(accepted=True) if _by_queue(sending)]
    return sent[-1].end if len(sent) > 1 else None


def _without_trouble(records: Records) -> Deed | None:
    sent = [sending for sending in records.sendings(accepted=True) if _by_queue(sending)]
    return sent[-1].end if sent and len(_put_off(records)) < 2 else None


def _not_yet(records: Records) -> Deed | None:
    waiting = _put_off(records)
    return waiting[-1] if waiting and not records.sendings(accepted=True) else None


def _wrong_recipient(records: Records) -> Deed | None:
    deeds = [deed for c in records.conversations() if _from_queue(c) for deed in c.deeds]
    others = [deed for deed in deeds if deed.verb == "RCPT" and _path(deed) != _PARTNER]
    return others[-1] if others else None


_LABS = (
    'office = Lab("open", name="office")\n'
    'partner = Lab("mx", name="09.c", domain="partner.example")\n'
    'partner.fault("RCPT", "451 4.3.0 Directory not available", times=2)\n'
)

FREE = Exercise(
    id="09.c",
    title="Let a queue do its work",
    task=(
        "Alice writes to `bob@partner.example`. Her own server, `office`, has to bring the message to `partner`, where "
        "the first two attempts fail. Leave one message with `office` (it relays for those who log in: alice, "
        "wonderland), and let time pass until it has arrived. Do not talk to `partner` yourself. Expected, in the "
        "log of `partner`: 451 twice, then 250 for one message."
    ),
    starter=_LABS + '\ncheck("09.c")',
    hints=(
        "Two things are to be done: leave the message with `office`, and move the clock of `office`.",
        "`office.smtplib()` is a client that has connected: `login`, then `sendmail`. Afterwards `office.queue` shows "
        "when the next attempt is due.",
        "The attempts are made at once, after half an hour, and two hours later: `office.clock.advance(hours=3)`.",
    ),
    solution=Solution(
        code=(
            _LABS + "client = office.smtplib()\n"
            'client.login("alice", "wonderland")\n'
            f'client.sendmail("{_ALICE}", "{_PARTNER}", "Subject: Lunch\\n\\nFriday?\\n")\n'
            "client.quit()\n"
            "office.clock.advance(hours=3)\n"
            "print(office.queue.history)\n"
            'check("09.c")'
        ),
        explanation=(
            "With its 250 `office` has taken the message on itself (RFC 5321 6.1). Each 451 leaves it in the "
            "queue, and "
            "the schedule brings the next attempt: not sooner than half an hour, then every few hours (RFC 5321 "
            "4.5.4.1). Alice does nothing: sending again herself would only make a second copy."
        ),
    ),
    done=_arrived,
    praise="Two refusals, no second copy, and the message has arrived: that is what a queue is for.",
    shown="the third attempt, answered {code}",
    mistakes=(
        Mistake(
            name="by-hand",
            find=_by_hand,
            message=(
                "This line did not come from `office`: the client called itself by another name. You went to `partner` "
                "yourself, and then no queue stands behind you that would come back."
            ),
            remark="not from mail.lab.example",
            next_step="Run the cell again for a fresh start, and leave the message with `office` instead.",
        ),
        Mistake(
            name="twice",
            find=_twice,
            message="The message has arrived more than once: it was left with `office` more than once.",
            remark="a second copy, accepted with {code}",
            next_step="Run the cell again for a fresh start, leave one message, and only move the clock.",
        ),
        Mistake(
            name="without-trouble",
            find=_without_trouble,
            message="The message has arrived, but not after two refused attempts: the order for trouble was changed.",
            remark="accepted with {code} too early for this exercise",
            next_step="Keep the line with `partner.fault` as it was.",
        ),
        Mistake(
            name="wrong-recipient",
            find=_wrong_recipient,
            message="The queue has asked for another recipient, and got {code}.",
            remark="not bob@partner.example",
            next_step="Run the cell again, and write to bob@partner.example.",
        ),
        Mistake(
            name="not-yet-due",
            find=_not_yet,
            message=(
                "The queue has tried, and was put off with {code}. It keeps the message; the next attempt is not due "
                "yet."
            ),
            remark="put off with {code}",
            next_step="Look at `office.queue` for the time of the next attempt, and move `office.clock` past it.",
        ),
    ),
    otherwise="The server of partner.example has heard something, but no message for Bob has arrived yet.",
    start_with="Leave one message with `office`; when it lies in `office.queue`, move the clock of `office`.",
)

EXERCISES = [FADED, MEND, FREE]

QUESTIONS = [
    Question(
        id="09.q1",
        prompt="A reply begins with the line `250-SIZE 10485760`. What follows from the hyphen?",
        options=(
            Option("The size is a range", "The hyphen belongs to the form of the reply, not to its text."),
            Option(
                "More lines follow, each with 250",
                "Yes: the reply ends at the first line with a space after the code.",
                right=True,
            ),
            Option("The command failed", "How it went says the first digit: 2 is success."),
            Option("The client may send its next command now", "Not before the line with the space has come."),
        ),
        rfc="RFC 5321 4.2.1",
        looks_back_to="01",
    ),
    Question(
        id="09.q2",
        prompt="Your program gets a code that stands in no table, and it begins with 4. What should it do?",
        options=(
            Option("Stop with an error: unknown codes are fatal", "Only codes outside 2 to 5 are taken as fatal."),
            Option("Look for known words in the text", "The text is for people, and every server writes its own."),
            Option("Treat it as any temporary failure: try again later", "Yes: the first digit is enough.", right=True),
            Option("Treat it as success, since it is not known to be an error", "4 and 5 are refusals, known or not."),
        ),
        rfc="RFC 5321 4.2, 4.3.2",
    ),
    Question(
        id="09.q3",
        prompt="A bounce cannot be delivered: its recipient does not exist. What does the server do?",
        options=(
            Option(
                "It sends a bounce about the bounce",
                "To whom? The reverse-path of a bounce is <>, so that this cannot happen.",
            ),
            Option("It drops it; nobody outside is told", "Yes: no notice about a notice.", right=True),
            Option("It tries for five days, since bounces are important", "5xx ends it at once, as for any message."),
            Option(
                "It sends it to the recipient of the first message",
                "That one has nothing to do with it: it was the sender who was to be told.",
            ),
        ),
        rfc="RFC 5321 6.1",
    ),
]

PREDICTIONS = [
    Prediction(
        id="09.p1",
        prompt=(
            "You leave a message with your server, and it says 250. The next server answers it "
            "`450 4.7.1 Greylisted, try again in 5 minutes`. What do you notice?"
        ),
        options=(
            Option("An error in your mail program, at once", "Your program had its 250 and is gone by then."),
            Option(
                "Nothing: the message comes a little later", "Yes: your server keeps it and tries again.", right=True
            ),
            Option("A bounce in your mailbox", "Not for a 4: first it is tried for days."),
            Option("The message is lost", "Your server has taken it on itself, and may not lose it."),
        ),
        rfc="RFC 5321 4.5.4.1, 6.1",
    ),
    Prediction(
        id="09.p2",
        prompt=(
            "A server gets it wrong and answers RCPT with `450 5.7.1 Go away`: the code begins with 4, the enhanced "
            "status code with 5. What does the sending server do?"
        ),
        options=(
            Option(
                "It returns the message: 5.7.1 is more exact",
                "More exact about the reason. What to do goes by the code.",
            ),
            Option("It keeps the message and tries again", "Yes: the reply code decides.", right=True),
            Option("It ends the connection: the reply is invalid", "It has a code and a text, and can be read."),
            Option("It goes by the text: “Go away”", "The text is for people."),
        ),
        rfc="RFC 2034 4; RFC 5321 4.3.2",
    ),
]
