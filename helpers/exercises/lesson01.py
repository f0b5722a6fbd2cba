"""Exercises and questions of lesson 01: EHLO and HELO."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from helpers.exercises.base import Exercise, Mistake, Option, Prediction, Question, Solution, holds_gap, latest
from helpers.exercises.records import Conversation, Deed, Records
from helpers.protocol.grammar import domain_problem, is_fqdn

_HELLO = ("EHLO", "HELO")
_IP_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


# -- 01.a: greet with EHLO and a full name ------------------------------------------------------------


def _gap(deed: Deed) -> bool:
    """The placeholder itself was sent, as text, or words in angle brackets in its place."""
    return holds_gap(deed) or re.search(r"<[^.>]*>", deed.argument) is not None


def _misspelt(deed: Deed) -> bool:
    """A word that the server does not know and that looks like EHLO, or EHLO without the space."""
    if deed.code not in (500, 502) or deed.command.partition(" ")[0].upper() in _HELLO:
        return False
    alike = SequenceMatcher(None, deed.verb, "EHLO").ratio() >= 0.6 or sorted(deed.verb) == sorted("EHLO")
    return alike or deed.verb.startswith("EHLO")


FADED = Exercise(
    id="01.a",
    title="Greet with EHLO and a full name",
    task=(
        "Fill the gap: greet the server with EHLO and a fully qualified name of your choice. "
        "Expected: a reply of several lines, each with the code 250."
    ),
    starter=(
        'practice = Lab("open", name="01.a")\n'
        "line = ...  # replace the three dots by the whole command, in quotes\n"
        "practice.connect().send(line)\n"
        'check("01.a")'
    ),
    hints=(
        "Two words with one space between them: the command, then the name under which your client introduces itself.",
        "A fully qualified name has at least one dot, as in laptop.example. No @ and no http:// belong in it.",
        'The line is `"EHLO laptop.example"`, with the quotes. Any full name will do.',
    ),
    solution=Solution(
        code=(
            'practice = Lab("open", name="01.a")\n'
            'line = "EHLO laptop.example"\n'
            "practice.connect().send(line)\n"
            'check("01.a")'
        ),
        explanation=(
            "EHLO takes one argument: the client's fully qualified domain name, or an address literal such as "
            "[192.0.2.1] where the client has no name (RFC 5321 4.1.1.1, 4.1.4). The server answers 250 with its own "
            "name on the first line and one extension on each line after it. The case of the command does not matter: "
            "ehlo is EHLO (RFC 5321 2.4)."
        ),
    ),
    done=latest(lambda deed: deed.code == 250 and is_fqdn(deed.argument), "EHLO"),
    praise="You greeted the server with EHLO and a full name, and it told you its extensions.",
    shown="a full name, answered {code}",
    mistakes=(
        Mistake(
            name="gap-sent",
            find=latest(_gap),
            message="The placeholder itself went over the wire, and the server takes each character at its word.",
            remark="this is the text of the gap, not a name",
            next_step="Replace the whole gap by the command and a real name, as in `EHLO laptop.example`.",
        ),
        Mistake(
            name="helo-for-ehlo",
            find=latest(lambda deed: True, "HELO"),
            message=(
                "This is HELO, the older greeting. The server answers it with a single line and names no extension; "
                "the task asks for the newer one."
            ),
            remark="HELO; its answer has one line",
            next_step="Send EHLO with the same name and compare the two replies.",
        ),
        Mistake(
            name="misspelt",
            find=latest(_misspelt),
            message="The server finds no command that it knows in this line: {code} says so.",
            remark="no command of this spelling",
            next_step="The four letters are E H L O, then one space, then the name.",
        ),
        Mistake(
            name="no-argument",
            find=latest(lambda deed: deed.command.strip().upper() == "EHLO"),
            message="EHLO stands alone here. It needs the name of your client after it.",
            remark="no name follows; the answer is {code}",
            next_step="Add a space and a full name: `EHLO laptop.example`.",
        ),
        Mistake(
            name="angle-brackets",
            find=latest(lambda deed: "<" in deed.argument, "EHLO"),
            message="The name stands in angle brackets. Those belong to mail addresses; EHLO takes the name alone.",
            remark="a name in brackets, answered {code}",
            next_step="Leave out < and >: `EHLO laptop.example`.",
        ),
        Mistake(
            name="url",
            find=latest(lambda deed: "://" in deed.argument, "EHLO"),
            message="{argument} is a web address. EHLO takes the bare name of the client's machine.",
            remark="a web address, answered {code}",
            next_step="Keep only the host name: no http://, no slashes.",
        ),
        Mistake(
            name="mail-address",
            find=latest(lambda deed: "@" in deed.argument, "EHLO"),
            message=(
                "{argument} is a mailbox. EHLO names the machine that speaks; "
                "the sender's mailbox has its own command later, MAIL."
            ),
            remark="a mail address, answered {code}",
            next_step="Keep only a host name, with no @ in it: `EHLO laptop.example`.",
        ),
        Mistake(
            name="several-words",
            find=latest(lambda deed: len(deed.argument.split()) > 1, "EHLO"),
            message="More than one word follows EHLO. It takes a single name without spaces.",
            remark="several words, answered {code}",
            next_step="Send one name whose parts are joined by dots: `EHLO laptop.example`.",
        ),
        Mistake(
            name="address-literal",
            find=latest(lambda deed: deed.argument.startswith("["), "EHLO"),
            message=(
                "An address in square brackets is right for a machine that has no name. This task asks for a name."
            ),
            remark="an address literal, answered {code}",
            next_step="Use a full name instead: `EHLO laptop.example`.",
        ),
        Mistake(
            name="bare-address",
            find=latest(lambda deed: _IP_ADDRESS.fullmatch(deed.argument) is not None, "EHLO"),
            message=(
                "{argument} is an IP address. Without square brackets a server reads it as a name, which it is not; "
                "and this task asks for a name."
            ),
            remark="an IP address without brackets, answered {code}",
            next_step="Use a full name instead: `EHLO laptop.example`.",
        ),
        Mistake(
            name="no-dot",
            find=latest(lambda deed: "." not in deed.argument.strip("."), "EHLO"),
            message=(
                "{argument} is a short name: it has no dot, so it means something in one network only. "
                "Many servers refuse such a name, this one or not."
            ),
            remark="a name without a dot, answered {code}",
            next_step="Add a domain to it, as in {argument}.example.",
        ),
        Mistake(
            name="not-a-domain",
            find=latest(lambda deed: domain_problem(deed.argument) is not None, "EHLO"),
            message=(
                "{argument} has a character that a domain name cannot have. Letters, digits, hyphens inside a part, "
                "and single dots between the parts are all there is."
            ),
            remark="not a domain name, answered {code}",
            next_step="Choose a plain name: `EHLO laptop.example`.",
        ),
    ),
    otherwise="You spoke with the server, but no EHLO with a full name has been answered 250 yet.",
    start_with="Replace the three dots by a line in quotes that begins with EHLO, then run the cell again.",
)


# -- 01.b: put the dialogue in order ------------------------------------------------------------------


def _ordered(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations()):
        quit_ = conversation.in_order(("EHLO", 250), ("MAIL", 250), ("QUIT", 221))
        if quit_ and quit_.exchange.before.in_transaction and all(e.code != 503 for e in conversation.exchanges):
            return quit_
    return None


def _spread(records: Records) -> Deed | None:
    """The first line of a connection without EHLO, where an earlier connection was greeted and left."""
    found = None
    greeted_and_left = False
    for conversation in records.conversations():
        if greeted_and_left and conversation.deeds and not conversation.said(*_HELLO):
            found = conversation.deeds[0]
        greeted_and_left |= conversation.said("EHLO", code=250) and not conversation.said("QUIT")
    return found


def _no_quit(records: Records) -> Deed | None:
    """MAIL was accepted in the newest conversation and QUIT has not come."""
    for conversation in reversed(records.conversations()):
        if conversation.deeds:
            mail = conversation.in_order(("EHLO", 250), ("MAIL", 250))
            return mail if mail and not conversation.said("QUIT") else None
    return None


def _after_refusal(deed: Deed) -> bool:
    mended = any(e.verb == "MAIL" and e.code == 250 for e in deed.earlier)
    return mended and any(e.code == 503 for e in deed.earlier)


ORDER = Exercise(
    id="01.b",
    title="Put a conversation in order",
    task=(
        "Four lines of one conversation are shuffled. Put them in an order in which the server refuses nothing, "
        "MAIL opens a transaction, and QUIT ends the session. Expected: 220, then the lines of EHLO with 250, "
        "250 for MAIL, 221 at the end, and no 503. One of the lines fits in more than one place."
    ),
    starter=(
        'shuffled = Lab("open", name="01.b")\n'
        'lines = ["MAIL FROM:<alice@lab.example>", "QUIT", "NOOP", "EHLO laptop.example"]\n'
        'order(shuffled, lines, "01.b")'
    ),
    hints=(
        "Ask of each line: what must the server know already, before it can do this?",
        "The greeting comes first and the farewell last. NOOP asks for nothing, so it may stand anywhere between.",
        "EHLO, MAIL, NOOP, QUIT is one order that works.",
    ),
    solution=Solution(
        code=(
            'shuffled = Lab("open", name="01.b")\n'
            "session = shuffled.connect()\n"
            'for line in ["EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "NOOP", "QUIT"]:\n'
            "    session.send(line)\n"
            'check("01.b")'
        ),
        explanation=(
            "A session opens with EHLO, and a transaction with MAIL; RFC 5321 4.1.4 asks for this order. NOOP may come "
            "at any time and changes nothing. QUIT comes last: the server answers 221 and closes the connection, so "
            "whatever stands after it is never heard. Ending the session with a transaction open is allowed; "
            "nothing is sent then."
        ),
    ),
    done=_ordered,
    praise="EHLO, MAIL, QUIT, in one connection and without a refusal. That is the order of every session.",
    shown="the session ended with {code}, all before it in order",
    mistakes=(
        Mistake(
            name="several-connections",
            find=_spread,
            message=(
                "The lines went over more than one connection. Each new connection starts from nothing: "
                "the server does not remember that you greeted it in another one."
            ),
            remark="the first line of a new connection; EHLO was said in an earlier one",
            next_step="Keep one session, `session = shuffled.connect()`, and send all lines with `session.send(…)`.",
        ),
        Mistake(
            name="went-on-after-503",
            find=latest(_after_refusal, "QUIT"),
            message="The session is complete now, but a 503 came up in it on the way: one line was too early.",
            remark="the end of a session with a 503 in it",
            next_step="Open a new connection and send the lines again, with EHLO before MAIL.",
        ),
        Mistake(
            name="mail-before-ehlo",
            find=latest(lambda deed: deed.code == 503 and deed.exchange.before.hello is None, "MAIL"),
            message="MAIL came before the greeting, and the server answered 503: wrong order.",
            remark="no EHLO before this line",
            next_step="Move EHLO above MAIL and send the lines again over a new connection.",
        ),
        Mistake(
            name="reset-by-ehlo",
            find=latest(lambda deed: deed.code == 250 and deed.exchange.before.in_transaction, *_HELLO),
            message=(
                "A second greeting came after MAIL. It is answered 250 and looks harmless, but it empties the "
                "transaction (RFC 5321 4.1.4): the server has forgotten the sender."
            ),
            remark="the transaction that MAIL opened ends here",
            next_step="Greet once, before MAIL.",
        ),
        Mistake(
            name="reset-by-rset",
            find=latest(lambda deed: deed.code == 250 and deed.exchange.before.in_transaction, "RSET"),
            message="RSET threw the transaction away that MAIL had opened.",
            remark="the transaction ends here",
            next_step="Send the four lines only.",
        ),
        Mistake(
            name="quit-first",
            find=latest(lambda deed: not any(e.verb == "MAIL" for e in deed.earlier), "QUIT"),
            message=(
                "QUIT came too early. The server says 221 and closes the connection, "
                "so the lines after it were never heard."
            ),
            remark="the session ends here, before MAIL",
            next_step="Move QUIT to the end.",
        ),
        Mistake(
            name="helo-for-ehlo",
            find=latest(lambda deed: deed.code == 250, "HELO"),
            message="You greeted with HELO. The line in the task is EHLO, whose reply has several lines.",
            remark="HELO; its answer has one line",
            next_step="Use the EHLO line as it stands.",
        ),
        Mistake(
            name="no-quit",
            find=_no_quit,
            message="The order is right so far. The session has no end yet: QUIT is missing.",
            remark="accepted; the server waits for more",
            next_step="Send QUIT as the last line of the same connection.",
        ),
    ),
    otherwise="The server has answered, but the whole conversation has not come about in one connection yet.",
    start_with="Move the lines with the buttons until their order makes sense, then choose Send.",
)


# -- 01.c: a server that knows HELO only --------------------------------------------------------------

_OLD = "legacy"
_UNKNOWN = (500, 502)  # "command unrecognized" and "not implemented" (RFC 5321 4.2.4)


def _fell_back(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations(_OLD)):
        if quit_ := conversation.in_order(("EHLO", *_UNKNOWN), ("HELO", 250), ("QUIT", 221)):
            return quit_
    return None


def _refused_ehlo(conversation: Conversation) -> Deed | None:
    return conversation.in_order(("EHLO", *_UNKNOWN))


def _gave_up(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations(_OLD)):
        if conversation.deeds:
            return None if conversation.said("HELO") else _refused_ehlo(conversation)
    return None


def _helo_without_ehlo(records: Records, *, after_reconnecting: bool) -> Deed | None:
    tried = False
    found = None
    for conversation in records.conversations(_OLD):
        helo = next((deed for deed in conversation.deeds if deed.verb == "HELO" and deed.code == 250), None)
        if helo and not any(e.verb == "EHLO" for e in helo.earlier) and tried is after_reconnecting:
            found = helo
        tried |= _refused_ehlo(conversation) is not None
    return found


def _no_farewell(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations(_OLD)):
        if conversation.deeds:
            helo = conversation.in_order(("EHLO", *_UNKNOWN), ("HELO", 250))
            return helo if helo and not conversation.said("QUIT") else None
    return None


FREE = Exercise(
    id="01.c",
    title="Open a session with an old server",
    task=(
        "The server of this exercise is from before 1993 and does not know EHLO. Do what a real client does: try EHLO "
        "first, see that it fails, open the session in the same connection all the same, and end it politely. "
        "Any tool may be used: `session.send`, a picker, `smtplib`. Expected: a refusal, 250 with one line, 221."
    ),
    starter='old = Lab("legacy", name="01.c")\nsession = old.connect()\n\ncheck("01.c")',
    hints=(
        "A reply that begins with 5 refuses one command. The connection stays open, and you may say something else.",
        "Before EHLO there was another greeting, with the same argument. You met it in this lesson.",
        'After the refusal: `session.send("HELO laptop.example")`, and at the end `session.send("QUIT")`.',
    ),
    solution=Solution(
        code=(
            'old = Lab("legacy", name="01.c")\n'
            "session = old.connect()\n"
            'session.send("EHLO laptop.example")\n'
            'session.send("HELO laptop.example")\n'
            'session.send("QUIT")\n'
            'check("01.c")'
        ),
        explanation=(
            "The old server answers EHLO with 500, “command not recognized”. A client that still wants to deliver "
            "falls back to HELO in the same connection (RFC 5321 3.2) and then does without extensions; smtplib has "
            "`ehlo_or_helo_if_needed()` for it. QUIT asks the server to close; it says 221 first (RFC 5321 4.1.1.10)."
        ),
    ),
    done=_fell_back,
    praise="EHLO was refused, HELO was taken in the same connection, and QUIT ended it politely: the full fallback.",
    shown="the session ended with {code}",
    mistakes=(
        Mistake(
            name="other-server",
            find=latest(lambda deed: deed.code == 250 and deed.profile != _OLD, *_HELLO),
            message="This greeting went to a server that knows EHLO, so there is nothing to fall back from.",
            remark="answered {code} by a modern server",
            next_step='Talk to the old one: `old = Lab("legacy", name="01.c")`, then `session = old.connect()`.',
        ),
        Mistake(
            name="no-argument",
            find=latest(lambda deed: deed.profile == _OLD and deed.code == 501 and not deed.argument, *_HELLO),
            message="This greeting has no name after it, and the server answered {code}: the argument is missing.",
            remark="no name follows",
            next_step="Add your client's name: `HELO laptop.example`.",
        ),
        Mistake(
            name="reconnected",
            find=lambda records: _helo_without_ehlo(records, after_reconnecting=True),
            message=(
                "HELO went over a new connection. That works, but it was not necessary: 500 refuses a command, "
                "it does not end the connection."
            ),
            remark="HELO, in another connection than EHLO",
            next_step="Open one connection and send EHLO, HELO and QUIT in it.",
        ),
        Mistake(
            name="helo-first",
            find=lambda records: _helo_without_ehlo(records, after_reconnecting=False),
            message=(
                "HELO worked at once, since you knew what this server is. A client that does not know tries EHLO "
                "first, so that it misses no extension where there are some."
            ),
            remark="no EHLO before this line",
            next_step="Open a new connection: EHLO first, then HELO, then QUIT.",
        ),
        Mistake(
            name="gave-up",
            find=_gave_up,
            message=(
                "The server refused EHLO, and no HELO came after it. {code} is about this one command: "
                "the server still listens in the same connection."
            ),
            remark="refused with {code}; the conversation stops here",
            next_step="Send the older greeting with the same name, in the same connection.",
            side="S",
        ),
        Mistake(
            name="no-quit",
            find=_no_farewell,
            message="The session is open: EHLO was refused and HELO was taken. It has not been ended politely yet.",
            remark="accepted; no QUIT after it",
            next_step="Send `QUIT` and wait for 221 before you close.",
        ),
    ),
    otherwise="You spoke with the server, but EHLO has not been tried on it yet.",
    start_with='Send the first greeting: `session.send("EHLO laptop.example")`.',
)

EXERCISES = [FADED, ORDER, FREE]

QUESTIONS = [
    Question(
        id="01.q1",
        prompt=(
            "Read this conversation. How many replies did the server send?\n"
            "`S: 220 mail.lab.example ESMTP ready`\n"
            "`C: EHLO laptop.example`\n"
            "`S: 250-mail.lab.example greets laptop.example`\n"
            "`S: 250-SIZE 10485760`\n"
            "`S: 250 HELP`"
        ),
        options=(
            Option(
                "4 replies", "Four lines, yes, but the three lines with 250 are one reply: two of them say “go on”."
            ),
            Option("3 replies", "You may have counted the lines after EHLO. They are one reply of three lines."),
            Option("2 replies", "Yes: the greeting, and one reply of three lines to EHLO.", right=True),
            Option("1 reply", "220 counts too. The greeting is a reply, though no command asked for it."),
        ),
        rfc="RFC 5321 4.2.1",
        looks_back_to="00",
    ),
    Question(
        id="01.q2",
        prompt="A client greets with HELO although the server knows EHLO. What does it lose?",
        options=(
            Option(
                "Nothing: both open the session",
                "Both do, but the reply to HELO names no extension, so the client may use none in this session.",
            ),
            Option(
                "It may not send mail",
                "MAIL, RCPT and DATA are all there after HELO. Plain mail was sent so for years.",
            ),
            Option(
                "The extensions, STARTTLS and AUTH among them",
                "Yes: only the reply to EHLO announces them, and what was not announced must not be used.",
                right=True,
            ),
            Option(
                "The encryption that EHLO switches on",
                "EHLO encrypts nothing. It tells whether the server offers STARTTLS, and that is another command.",
            ),
        ),
        rfc="RFC 5321 3.2, 4.1.1.1",
    ),
    Question(
        id="01.q3",
        prompt="A laptop has no name in the DNS, only the address 192.0.2.7. What may it say after EHLO?",
        options=(
            Option("EHLO [192.0.2.7]", "Yes: an address literal, the address in square brackets.", right=True),
            Option(
                "EHLO 192.0.2.7",
                "Without brackets this reads as a name whose last part is 7, and there is no such name.",
            ),
            Option("EHLO", "The argument is not optional: a server answers 501 when it is missing."),
            Option(
                "EHLO mail.lab.example",
                "That is the server's name. Whoever borrows it claims to be that server, and many servers refuse that.",
            ),
        ),
        rfc="RFC 5321 4.1.3",
    ),
]

PREDICTIONS = [
    Prediction(
        id="01.p1",
        prompt="Nobody has said EHLO yet. How does our lab answer `MAIL FROM:<alice@lab.example>`?",
        options=(
            Option(
                "250, and a transaction is open",
                "Some real servers do that: Postfix does not demand a greeting unless it is told to. Our lab does.",
            ),
            Option(
                "500, it does not know MAIL yet",
                "It knows the command at any time. 500 is for words that it cannot read as a command.",
            ),
            Option(
                "501, something is wrong in the line",
                "The line is spelt well; its time is wrong. 501 is for arguments.",
            ),
            Option(
                "503, wrong order", "Yes: the command is known and well written, and it comes too early.", right=True
            ),
        ),
        rfc="RFC 5321 4.1.4",
    ),
    Prediction(
        id="01.p2",
        prompt="A transaction is open: MAIL was accepted. Now the client sends EHLO again. What happens?",
        options=(
            Option("503, EHLO may come only once", "A client may greet again at any time; no reply forbids it."),
            Option(
                "250, and the transaction is gone",
                "Yes: the second EHLO works as RSET does. Sender and recipients are forgotten, without a warning.",
                right=True,
            ),
            Option(
                "250, and the transaction goes on",
                "The reply is 250, but it hides a loss: EHLO empties the transaction, as RSET does.",
            ),
            Option(
                "421, and the connection is closed",
                "421 is for a server that has to stop. A second greeting is not unusual: after STARTTLS it is a duty.",
            ),
        ),
        rfc="RFC 5321 4.1.4",
    ),
]
