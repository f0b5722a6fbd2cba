"""Exercises and questions of lesson 06: VRFY and EXPN."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from helpers.exercises.base import Exercise, Mistake, Option, Prediction, Question, Solution, holds_gap, latest
from helpers.exercises.records import Conversation, Deed, Records, Sending
from helpers.wire.transcript import Outcome

_BOB, _CAROL = "bob@lab.example", "carol@lab.example"
_PUBLIC = "mx"


# -- 06.a: a question that fits one person ------------------------------------------------------------

_AMBIGUOUS = "VRFY smith"


def _asked_again(deed: Deed) -> bool:
    """The question of the cell once more: it has been asked in this connection before."""
    return deed.command == _AMBIGUOUS and any(e.command == _AMBIGUOUS for e in deed.earlier)


def _misspelt(deed: Deed) -> bool:
    """A word that the server does not know and that looks like VRFY, or like the word it is short for."""
    alike = max(SequenceMatcher(None, deed.verb, word).ratio() for word in ("VRFY", "VERIFY"))
    return deed.code in (500, 502) and alike >= 0.6


def _names(deed: Deed, address: str) -> bool:
    return deed.reply is not None and f"<{address}>" in deed.reply.text


FADED = Exercise(
    id="06.a",
    title="Ask for one person",
    task=(
        "You want to write to Carol Smith and do not know her address. The cell asks for smith, and that fits two "
        "people. Fill the gap with a question that fits her alone. Expected: 250, with her address in the reply."
    ),
    starter=(
        'practice = Lab("open", name="06.a")\n'
        "session = practice.connect()\n"
        f'session.send("{_AMBIGUOUS}")\n'
        "line = ...  # replace the three dots by the whole command, in quotes\n"
        "session.send(line)\n"
        'check("06.a")'
    ),
    hints=(
        "The command stays the same. Only what follows it has to be more exact.",
        "Her first name, her whole name, or the address that stood in the reply 553: the server takes all three.",
        'The line is `line = "VRFY Carol Smith"`, with the quotes.',
    ),
    solution=Solution(
        code=(
            'practice = Lab("open", name="06.a")\n'
            "session = practice.connect()\n"
            f'session.send("{_AMBIGUOUS}")\n'
            'line = "VRFY Carol Smith"\n'
            "session.send(line)\n"
            'check("06.a")'
        ),
        explanation=(
            "What follows VRFY is free text: a server must know its own mailboxes by their names there, should take "
            "whole addresses, and may take more, such as a person's name (RFC 5321 3.5.1). When the question fits "
            "several, 553 says so and may list them. A 250 names exactly one mailbox, in angle brackets "
            "(RFC 5321 3.5.2)."
        ),
    ),
    done=latest(lambda deed: deed.code == 250 and _names(deed, _CAROL), "VRFY"),
    praise="You asked for one person, and the server named her mailbox.",
    shown="answered {code}, with Carol's address",
    mistakes=(
        Mistake(
            name="gap-sent",
            find=latest(holds_gap),
            message="The placeholder itself went over the wire, and the server takes each character at its word.",
            remark="this is the text of the gap, not a command",
            next_step="Replace the whole gap by one command in quotes.",
        ),
        Mistake(
            name="misspelt",
            find=latest(_misspelt),
            message="The server finds no command that it knows in this line: {code} says so.",
            remark="no command of this spelling",
            next_step="The four letters are V R F Y, then one space, then whom you mean.",
        ),
        Mistake(
            name="no-argument",
            find=latest(lambda deed: deed.code == 501, "VRFY"),
            message="VRFY stands alone here. The server cannot guess whom you mean.",
            remark="nobody is named; the answer is {code}",
            next_step="Add a space and a name that fits Carol Smith alone.",
        ),
        Mistake(
            name="expn-for-vrfy",
            find=latest(lambda deed: True, "EXPN"),
            message="EXPN asks who is on a list. Carol is a person; about people you ask with the other command.",
            remark="a question about a list, answered {code}",
            next_step="Use VRFY.",
        ),
        Mistake(
            name="as-in-rcpt",
            find=latest(lambda deed: re.match(r"(?i)(to|from)\s*:", deed.argument) is not None, "VRFY"),
            message=(
                "TO: and FROM: belong to RCPT and MAIL. Here the server took them as a part of the name, "
                "and found nobody of that name."
            ),
            remark="searched with all its letters, answered {code}",
            next_step="Let the name follow VRFY directly, after one space.",
        ),
        Mistake(
            name="recipient-for-question",
            find=latest(lambda deed: True, "RCPT"),
            message="RCPT names a recipient for a message. You want to know an address, not to send anything yet.",
            remark="a recipient, answered {code}",
            next_step="Ask with VRFY.",
        ),
        Mistake(
            name="asked-again",
            find=latest(_asked_again, "VRFY"),
            message="This is the question that the cell has asked already, and the answer is the same: {code}.",
            remark="the same question again",
            next_step="Ask for Carol Smith alone. What tells her from the other one stands in the reply.",
        ),
        Mistake(
            name="still-ambiguous",
            find=latest(lambda deed: deed.code == 553 and deed.command != _AMBIGUOUS, "VRFY"),
            message="This fits both of them still: the server answered {code} again.",
            remark="fits more than one person",
            next_step="Add what tells the two apart. It stands in the reply.",
        ),
        Mistake(
            name="somebody-else",
            find=latest(lambda deed: deed.code in (250, 251) and not _names(deed, _CAROL), "VRFY"),
            message="The server answered with one mailbox, but it is not Carol's.",
            remark="a good question about somebody else",
            next_step="Ask for Carol Smith.",
        ),
        Mistake(
            name="other-domain",
            find=latest(lambda deed: deed.code == 252, "VRFY"),
            message="That address is at another domain. The server knows its own people only, so it says neither.",
            remark="answered {code}: neither yes nor no",
            next_step="Leave the domain out, or write lab.example.",
        ),
        Mistake(
            name="unknown",
            find=latest(lambda deed: deed.code == 550, "VRFY"),
            message="Nobody here is called {argument}, letter by letter as you wrote it.",
            remark="no such user, answered {code}",
            next_step="Write the name without quotes or commas: her first name is enough.",
        ),
    ),
    otherwise="You said something, but no VRFY has brought Carol's address yet.",
    start_with="Replace the three dots by one command in quotes, then run the cell again.",
    given=(_AMBIGUOUS,),
)


# -- 06.b: a program that misreads 252 ----------------------------------------------------------------

_GIVEN = ("EHLO laptop.example", "VRFY bob", "QUIT")


def _asked_for_bob(sending: Sending) -> bool:
    end = sending.end.exchange.number
    return any(
        e.verb == "VRFY" and e.code == 252 and "bob" in (e.command or "").lower() and e.number < end
        for e in sending.conversation.exchanges
    )


def _delivered(records: Records, *, asked: bool) -> Deed | None:
    """The end of the last message that Bob got from this server, with or without a question before it."""
    for sending in reversed(records.sendings(accepted=True)):
        at_mx = sending.conversation.record.profile == _PUBLIC
        if at_mx and _BOB in sending.recipients and _asked_for_bob(sending) is asked:
            return sending.end
    return None


def _somebody_else(records: Records) -> Deed | None:
    return next((s.end for s in reversed(records.sendings(accepted=True)) if _BOB not in s.recipients), None)


def _not_ended(records: Records) -> Deed | None:
    unfinished = (Outcome.OPEN, Outcome.DROPPED)
    sendings = (s for s in reversed(records.sendings()) if s.transaction.outcome in unfinished and s.recipients)
    return next((s.end for s in sendings), None)


def _wants_250(deed: Deed) -> bool:
    return deed.code == 252 and deed.command not in _GIVEN and not deed.conversation.said("MAIL")


_SCRIPT = (
    'careful = Lab("mx", name="06.b")\n'
    "session = careful.connect()\n"
    'session.send("EHLO laptop.example")\n'
    "{line}\n"
    '    for command in ["MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>", "DATA"]:\n'
    "        session.send(command)\n"
    r'    session.send_data("Subject: Lunch\n\nFriday?\n")'
    '\nsession.send("QUIT")'
)

MEND = Exercise(
    id="06.b",
    title="Mend a careful program",
    task=(
        "This program asks for Bob before it writes to him. On the open server it works. On this one, a public mail "
        "exchanger, nothing is ever sent, although Bob is there. Find the line that misreads a reply, and mend it; "
        "the question stays in. Expected: 252 for VRFY, 250 for the message, and one message in Bob's mailbox."
    ),
    starter=_SCRIPT.format(line='if session.send("VRFY bob").code == 250:'),
    hints=(
        "What does this server answer to VRFY? `print(session.send(…))` shows it.",
        "The first digit of 252 is 2. What does the program do with a 252, and what should it do?",
        'The fourth line becomes `if session.send("VRFY bob").ok:`. `ok` is true for every reply with 2 or 3 in front.',
    ),
    solution=Solution(
        code=_SCRIPT.format(line='if session.send("VRFY bob").ok:') + '\ncheck("06.b")',
        explanation=(
            "252 is a success code: the server does not say whether Bob is there, but it would take a message for him "
            "and try (RFC 5321 3.5.3). A program that waits for 250 takes “I do not say” for “no”. Only a reply that "
            "begins with 5 is a no. Whether the mailbox exists shows at RCPT, or later in a bounce; so most programs "
            "do not ask at all."
        ),
    ),
    done=lambda records: _delivered(records, asked=True),
    praise="252 was read as what it is, a success, and Bob has the message.",
    shown="the message was accepted with {code}",
    mistakes=(
        Mistake(
            name="other-server",
            find=latest(lambda deed: deed.profile != _PUBLIC),
            message="This line went to a server that answers VRFY openly. There the program was right from the start.",
            remark="another server, answered {code}",
            next_step='Keep the first line as it was: `careful = Lab("mx", name="06.b")`.',
        ),
        Mistake(
            name="not-asked",
            find=lambda records: _delivered(records, asked=False),
            message=(
                "Bob has the message, but nobody asked for him first. That is what most programs do; "
                "here the question is to stay, and its reply to be read rightly."
            ),
            remark="delivered without VRFY before it",
            next_step="Put `VRFY bob` back in, and go on when its reply is no refusal.",
        ),
        Mistake(
            name="somebody-else",
            find=_somebody_else,
            message="A message was delivered, but Bob is not among its recipients.",
            remark="accepted with {code}, for somebody else",
            next_step=f"Name `<{_BOB}>` in RCPT.",
        ),
        Mistake(
            name="wants-250",
            find=latest(_wants_250, "VRFY"),
            message=(
                "You asked in other words and got {code} again. This server says 252 to every name, "
                "so no spelling will bring a 250."
            ),
            remark="the same answer as to any other name",
            next_step="Leave the question as it was, and change what the program does with a 252.",
        ),
        Mistake(
            name="expn-for-vrfy",
            find=latest(lambda deed: True, "EXPN"),
            message="EXPN asks about lists, and this server does not do it at all: {code}.",
            remark="answered {code}",
            next_step="Ask with VRFY, and read its 252.",
        ),
        Mistake(
            name="recipient-refused",
            find=latest(lambda deed: deed.refused and deed.code != 503, "RCPT"),
            message="This recipient was refused with {code}. Bob's address is another one.",
            remark="not Bob's address",
            next_step=f"Use the line as it was given: `RCPT TO:<{_BOB}>`.",
        ),
        Mistake(
            name="too-early",
            find=latest(lambda deed: deed.code == 503, "MAIL", "RCPT", "DATA"),
            message="The server answered {command} with {code}: something has to come before it.",
            remark="one step too early",
            next_step="Keep the order: EHLO, VRFY, MAIL, RCPT, DATA, the message.",
        ),
        Mistake(
            name="not-ended",
            find=_not_ended,
            message="The transaction was opened, but its message has not been ended. So far Bob has nothing.",
            remark="the last line of a transaction without its message",
            next_step="Send DATA, then the message; `send_data` writes the dot at its end.",
        ),
    ),
    otherwise="The server has answered, but no message for Bob has followed a 252 yet.",
    start_with="See in `careful.transcript()` what VRFY was answered, then mend the line that begins with `if`.",
    given=_GIVEN,
    only_given=(
        "The wire shows what the program did as you found it: the reply to VRFY is 252, and QUIT follows at once. "
        "It still takes 252 for a no."
    ),
)


# -- 06.c: what a stranger can learn ------------------------------------------------------------------

_WANTED = {"alice@lab.example", "dave@lab.example", "erin@lab.example"}
_ANSWERS = (250, 550)


def _path(deed: Deed) -> str:
    return (deed.exchange.path or "").lower()


def _probes(records: Records) -> list[Deed]:
    """RCPT for one of the three, answered by yes or no."""
    deeds = records.deeds("RCPT", profile=_PUBLIC)
    return [deed for deed in deeds if _path(deed) in _WANTED and deed.code in _ANSWERS]


def _audited(records: Records) -> Deed | None:
    probes = _probes(records)
    if {_path(deed) for deed in probes} != _WANTED or records.sendings(accepted=True):
        return None
    last = probes[-1]
    after = (deed for deed in _deeds_after(last.conversation, last) if deed.verb in ("RSET", "QUIT"))
    return next((deed for deed in after if deed.accepted), None)


def _deeds_after(conversation: Conversation, deed: Deed) -> list[Deed]:
    return [other for other in conversation.deeds if other.index > deed.index]


def _some_missing(records: Records) -> Deed | None:
    probes = _probes(records)
    return probes[-1] if probes and {_path(deed) for deed in probes} != _WANTED else None


def _left_open(records: Records) -> Deed | None:
    probes = _probes(records)
    return probes[-1] if {_path(deed) for deed in probes} == _WANTED and not _audited(records) else None


def _sent(records: Records) -> Deed | None:
    return next((s.end for s in reversed(records.sendings(accepted=True))), None)


FREE = Exercise(
    id="06.c",
    title="See what a stranger can learn",
    task=(
        "You look after this public server and want to know what it tells strangers. Find out from outside which of "
        "Alice, Dave and Erin have a mailbox at lab.example. Send no message to anybody, and end with RSET or QUIT. "
        "Any tool may be used. Expected: a clear yes or no for each of the three, 250 or 550, and then 250 for RSET "
        "or 221 for QUIT."
    ),
    starter='audit = Lab("mx", name="06.c")\nsession = audit.connect()\n\ncheck("06.c")',
    hints=(
        "VRFY tells you nothing here. Which other command names a person and gets a reply of its own?",
        "Open a transaction as if you were going to send: EHLO, MAIL FROM. Then name one of the three.",
        "EHLO, MAIL, RCPT for Alice, RCPT for Dave, RCPT for Erin, and RSET where DATA would come.",
    ),
    solution=Solution(
        code=(
            'audit = Lab("mx", name="06.c")\n'
            "session = audit.connect()\n"
            'session.send("EHLO laptop.example")\n'
            'session.send("MAIL FROM:<postmaster@other.example>")\n'
            'for name in ("alice", "dave", "erin"):\n'
            '    print(session.send(f"RCPT TO:<{name}@lab.example>"))\n'
            'session.send("RSET")\n'
            'check("06.c")'
        ),
        explanation=(
            "RCPT is answered by yes or no for each recipient, so that a sender learns of a mistyped address at once "
            "(RFC 5321 3.3). That makes it a second way to ask who is there, as good as VRFY and open on every "
            "server that takes mail. RSET drops the transaction, so nobody gets anything, and nobody inside notices, "
            "except whoever reads the log: many refused recipients and no message."
        ),
    ),
    done=_audited,
    praise="Alice and Dave have a mailbox, Erin has none, and nobody got a message. Any stranger can learn that.",
    shown="the transaction ended with {code}, before any message",
    mistakes=(
        Mistake(
            name="other-server",
            find=latest(lambda deed: deed.profile != _PUBLIC),
            message="This line went to another server. What it says tells you nothing about the public one.",
            remark="another server, answered {code}",
            next_step='Talk to the one of this exercise: `audit = Lab("mx", name="06.c")`.',
        ),
        Mistake(
            name="sent",
            find=_sent,
            message="Now a message has been delivered. The question can be asked without that.",
            remark="accepted with {code}: somebody has mail",
            next_step="Run the cell again from its first line, and stop after the recipients: RSET instead of DATA.",
        ),
        Mistake(
            name="vrfy",
            find=latest(lambda deed: True, "VRFY"),
            message="VRFY is answered {code} here, for people who are there and for people who are not.",
            remark="neither yes nor no",
            next_step="Use the command with which a sender names a recipient.",
        ),
        Mistake(
            name="expn",
            find=latest(lambda deed: True, "EXPN"),
            message="EXPN asks about lists, and this server does not do it: {code}.",
            remark="answered {code}",
            next_step="Use the command with which a sender names a recipient.",
        ),
        Mistake(
            name="no-sender",
            find=latest(lambda deed: deed.code == 503, "MAIL", "RCPT"),
            message="The server answered {command} with {code}: a greeting and a sender have to come before it.",
            remark="one step too early",
            next_step="Send EHLO and MAIL first, in the same connection.",
        ),
        Mistake(
            name="syntax",
            find=latest(lambda deed: deed.code in (501, 555), "RCPT"),
            message="The server could not read this recipient. Its {code} is about the spelling, not about the person.",
            remark="answered {code}",
            next_step="Write the whole address in angle brackets: `RCPT TO:<alice@lab.example>`.",
        ),
        Mistake(
            name="elsewhere",
            find=latest(lambda deed: deed.refused and not _path(deed).endswith("@lab.example"), "RCPT"),
            message=(
                "This address is at another domain. The server refuses to pass mail on, {code}, "
                "and has not looked for the person at all."
            ),
            remark="refused for its domain",
            next_step="Ask for addresses at lab.example.",
        ),
        Mistake(
            name="data-begun",
            find=latest(lambda deed: deed.code == 354, "DATA"),
            message="After DATA the server waits for a message, and RSET or QUIT would be text in it.",
            remark="answered {code}: a message has begun",
            next_step="Drop this connection with `session.close()`, and ask again without DATA.",
        ),
        Mistake(
            name="left-open",
            find=_left_open,
            message="You have asked for all three. The transaction is still open.",
            remark="the last of the three, answered {code}",
            next_step="Send `RSET` or `QUIT` in this connection.",
        ),
        Mistake(
            name="some-missing",
            find=_some_missing,
            message="This is a clear answer. Not all three people have been asked for yet.",
            remark="answered {code}: one of the three",
            next_step="Ask for Alice, Dave and Erin, a RCPT for each.",
        ),
    ),
    otherwise="You spoke with the server, but it has not said yes or no about any of the three yet.",
    start_with='Begin with `session.send("EHLO laptop.example")` and open a transaction.',
)

EXERCISES = [FADED, MEND, FREE]

QUESTIONS = [
    Question(
        id="06.q1",
        prompt=(
            "You ask the public server of lab.example with `RCPT TO:<dave@other.example>` and get "
            "`550 5.7.1`, relaying denied. What have you learned about dave@other.example?"
        ),
        options=(
            Option("There is no such mailbox", "That would be 5.1.1. Here the second number is 5.7.1."),
            Option("The mailbox exists, but is closed", "That would be 5.2.1. The server has looked for no mailbox."),
            Option(
                "Nothing",
                "Yes: the server refused because of the domain. It would not pass mail on to anybody there.",
                right=True,
            ),
            Option(
                "The server of other.example is down",
                "This server has not spoken to any other. It refused at once, by its own rule.",
            ),
        ),
        rfc="RFC 5321 3.6.2; RFC 3463 3.8",
        looks_back_to="03",
    ),
    Question(
        id="06.q2",
        prompt=(
            "For safety an administrator does not want VRFY to tell anything. "
            "Which reply to every VRFY is right by RFC 5321, 7.3?"
        ),
        options=(
            Option(
                "250 with the address that was asked for",
                "It claims that the address was verified. The RFC forbids that where only the spelling was looked at.",
            ),
            Option("252", "Yes: no promise and no denial, and the client may go on.", right=True),
            Option(
                "550",
                "It claims that nobody is there. The RFC names this as a breach, as wrong as a 250 for everybody.",
            ),
            Option(
                "502, since VRFY has been removed from SMTP",
                "It never was: VRFY is one of the nine commands that every server needs. "
                "Servers do answer 502, but not in full compliance.",
            ),
        ),
        rfc="RFC 5321 7.3, 3.5.3, 4.5.1",
    ),
    Question(
        id="06.q3",
        prompt="Why does a server not hide its people at RCPT as well, by taking every recipient with 250?",
        options=(
            Option(
                "It could never refuse a recipient after that",
                "It could, but only after the dot and for all at once, or later by a bounce. That is the trouble.",
            ),
            Option(
                "It would have to send a bounce for each wrong address later",
                "Yes: and the sender's address in spam is often forged, so the bounces go to people who sent nothing.",
                right=True,
            ),
            Option(
                "RCPT may not be answered 250 for unknown users",
                "It may: a server in front of another one often cannot know. It is allowed, and has its price.",
            ),
            Option(
                "252 hides them already",
                "It hides them from VRFY. RCPT gives its own answer.",
            ),
        ),
        rfc="RFC 5321 6.1",
    ),
]

PREDICTIONS = [
    Prediction(
        id="06.p1",
        prompt="Carol Smith and Dave Smith have mailboxes here. You send `VRFY smith`. What comes?",
        options=(
            Option("250, and one of the two", "A 250 has to name the one mailbox that was verified. Here are two."),
            Option(
                "250, with a line for each of them",
                "So EXPN answers, which asks for many. VRFY asks for one, and two fit.",
            ),
            Option("553", "Yes: ambiguous. The server may list whom it could mean.", right=True),
            Option("550", "That means that nobody was found. Here too many were."),
        ),
        rfc="RFC 5321 3.5.1",
    ),
    Prediction(
        id="06.p2",
        prompt=(
            "The public server takes mail for Alice and has nobody called Erin. "
            "You send it `VRFY alice`, then `VRFY erin`. What comes?"
        ),
        options=(
            Option("250, then 550", "So the open server answers. A public one would be telling this to everybody."),
            Option("252, then 550", "Then 252 would mean “yes”, and the secret would be out all the same."),
            Option("252 both times", "Yes: the reply must not depend on who is there.", right=True),
            Option(
                "502 both times",
                "Some servers do so. It says “I do not have this command”, although every server needs it.",
            ),
        ),
        rfc="RFC 5321 7.3",
    ),
]
