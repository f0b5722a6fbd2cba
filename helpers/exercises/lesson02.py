"""Exercises and questions of lesson 02: MAIL FROM."""

from __future__ import annotations

from collections.abc import Callable

from helpers.exercises.base import Exercise, Finder, Mistake, Option, Prediction, Question, Solution, holds_gap, latest
from helpers.exercises.records import Conversation, Deed, Records
from helpers.protocol.address import Kind, PathArgument, read_path_argument

_HELLO = ("EHLO", "HELO")
_SPACES = (Kind.SPACE_BEFORE_COLON, Kind.SPACE_AFTER_COLON)

Condition = Callable[[Deed], bool]


def _path(deed: Deed) -> PathArgument:
    return read_path_argument("FROM", deed.argument, utf8=True)


def _sender(deed: Deed) -> str:
    """The reverse-path of a MAIL; an address is compared without its case, as the lab's mailboxes are."""
    return _path(deed).path.lower()


def _parameter(deed: Deed, keyword: str) -> str | None:
    """The value of a parameter of MAIL; "" for one without a value, None where it is missing."""
    found = dict(_path(deed).parameters)
    return (found[keyword] or "") if keyword in found else None


def _opened(deed: Deed) -> bool:
    """A MAIL that opened a transaction, written as RFC 5321 has it."""
    return deed.verb == "MAIL" and deed.code == 250 and not _path(deed).problems


def _first_wrong(*kinds: Kind) -> Condition:
    """What is wrong first in this MAIL is of one of these kinds."""

    def holds(deed: Deed) -> bool:
        problem = _path(deed).problem()
        return problem is not None and problem.kind in kinds

    return holds


def _without_colon(deed: Deed) -> bool:
    return _first_wrong(Kind.NO_COLON)(deed) or not deed.argument


def _without_path(deed: Deed) -> bool:
    return _first_wrong(Kind.MISSING)(deed) and not _path(deed).path


def _too_early(deed: Deed) -> bool:
    return deed.code == 503 and deed.exchange.before.hello is None


def _nested(deed: Deed) -> bool:
    return deed.code == 503 and deed.exchange.before.in_transaction


# -- 02.a: open a transaction -------------------------------------------------------------------------

_CAROL = "carol@lab.example"

FADED = Exercise(
    id="02.a",
    title="Open a transaction for Carol",
    task=(
        "Fill the gap: open a transaction on the strict server. Its reverse-path is `carol@lab.example`. "
        "Expected: a reply with the code 250 that repeats the address."
    ),
    starter=(
        'practice = Lab("strict", name="02.a")\n'
        "session = practice.connect()\n"
        'session.send("EHLO laptop.example")\n'
        "session.send(...)  # replace the three dots by the whole command, in quotes\n"
        'check("02.a")'
    ),
    hints=(
        "The line has two parts: the words MAIL FROM with a colon, and the path.",
        "The path is the address between < and >. Nothing stands between the colon and the <.",
        'The gap becomes `"MAIL FROM:<carol@lab.example>"`, with the quotes.',
    ),
    solution=Solution(
        code=(
            'practice = Lab("strict", name="02.a")\n'
            "session = practice.connect()\n"
            'session.send("EHLO laptop.example")\n'
            'session.send("MAIL FROM:<carol@lab.example>")\n'
            'check("02.a")'
        ),
        explanation=(
            "MAIL FROM and a colon, then the path in angle brackets, and no space beside the colon "
            "(RFC 5321 3.3, 4.1.1.2). Capital letters do not matter in the words MAIL FROM. The server keeps the "
            "address as the reverse-path of this transaction and waits for recipients."
        ),
    ),
    done=latest(lambda deed: _opened(deed) and _sender(deed) == _CAROL, "MAIL"),
    praise="The transaction is open, and a bounce would go to Carol.",
    shown="the reverse-path is Carol's, answered {code}",
    mistakes=(
        Mistake(
            name="gap-sent",
            find=latest(holds_gap),
            message="The three dots themselves went over the wire, and the server takes each character at its word.",
            remark="this is the text of the gap",
            next_step='Replace the whole gap by a line in quotes: `session.send("MAIL FROM:<…>")` with the address.',
        ),
        Mistake(
            name="too-early",
            find=latest(_too_early, "MAIL"),
            message="MAIL came before EHLO in this connection, so the server answered {code}: wrong order.",
            remark="no EHLO before this line",
            next_step="Send EHLO and MAIL over the same session, in this order.",
        ),
        Mistake(
            name="nested",
            find=latest(_nested, "MAIL"),
            message="A transaction was open already, and there is one at a time. The server kept the first sender.",
            remark="the second MAIL, answered {code}",
            next_step="Send RSET before it, or run the cell again for a fresh connection.",
        ),
        Mistake(
            name="from-header",
            find=latest(lambda deed: deed.verb.startswith("FROM")),
            message="This is the header line that readers see. It belongs into the message; the command is MAIL FROM.",
            remark="no command, answered {code}",
            next_step="Begin the line with MAIL, one space, then FROM and its colon.",
        ),
        Mistake(
            name="rcpt-for-mail",
            find=latest(lambda deed: True, "RCPT"),
            message="RCPT names a recipient. It comes after MAIL, which names the sender and opens the transaction.",
            remark="a recipient, answered {code}",
            next_step="Put Carol's address into MAIL FROM.",
        ),
        Mistake(
            name="run-together",
            find=latest(lambda deed: deed.verb.startswith("MAILFROM")),
            message="The space between MAIL and FROM is missing, so the server read one long word that is no command.",
            remark="one word, answered {code}",
            next_step="Put a space after MAIL. It is the only one in this line.",
        ),
        Mistake(
            name="no-colon",
            find=latest(_without_colon, "MAIL"),
            message="After MAIL come the word FROM and a colon. They are part of the command and not only decoration.",
            remark="no FROM: after MAIL, answered {code}",
            next_step="Begin the line with `MAIL FROM:`.",
        ),
        Mistake(
            name="display-name",
            find=latest(_first_wrong(Kind.DISPLAY_NAME), "MAIL"),
            message=(
                "A person's name stands in the line, as it does in a From: header. The envelope has addresses only."
            ),
            remark="a name before the path, answered {code}",
            next_step="Take the name out, and the space that came with it: the < follows the colon.",
        ),
        Mistake(
            name="space-at-colon",
            find=latest(_first_wrong(*_SPACES), "MAIL"),
            message="There is a space beside the colon. Many servers overlook it, and this one does not.",
            remark="a space too many, answered {code}",
            next_step="Write `FROM:<` without a gap.",
        ),
        Mistake(
            name="no-path",
            find=latest(_without_path, "MAIL"),
            message="The line ends after the colon. Even a sender who is nobody is written, as <>.",
            remark="no path, answered {code}",
            next_step="Put Carol's address after the colon, between < and >.",
        ),
        Mistake(
            name="no-brackets",
            find=latest(_first_wrong(Kind.NO_BRACKETS), "MAIL"),
            message="The address stands there without its angle brackets.",
            remark="no < and >, answered {code}",
            next_step="Put < before the address and > after it.",
        ),
        Mistake(
            name="open-bracket",
            find=latest(_first_wrong(Kind.UNCLOSED_BRACKET), "MAIL"),
            message="The path begins with < and never ends.",
            remark="no > at the end, answered {code}",
            next_step="Close the path with >.",
        ),
        Mistake(
            name="parameter",
            find=latest(lambda deed: deed.code == 555 or _first_wrong(Kind.BAD_PARAMETER)(deed), "MAIL"),
            message="Something follows the path that the server does not take: {code}.",
            remark="the part after the path, answered {code}",
            next_step="End the line at the >. This transaction needs no parameter.",
        ),
        Mistake(
            name="not-an-address",
            find=latest(lambda deed: bool(_path(deed).problems), "MAIL"),
            message="What stands in the brackets is no address. The reply says which part of it is not one.",
            remark="answered {code}",
            next_step="Write exactly carol@lab.example between < and >, without a space.",
        ),
        Mistake(
            name="null-path",
            find=latest(lambda deed: _opened(deed) and not _sender(deed), "MAIL"),
            message="This transaction is open, and its reverse-path is empty, as in a bounce. The task wants Carol.",
            remark="nobody would get a bounce",
            next_step="Run the cell again with Carol's address between < and >.",
        ),
        Mistake(
            name="other-sender",
            find=latest(_opened, "MAIL"),
            message="This transaction is open, but its reverse-path is another one than the task asks for.",
            remark="accepted, with this sender",
            next_step="Run the cell again with carol@lab.example.",
        ),
    ),
    otherwise="The server has heard from you, but no MAIL for Carol has been answered 250 yet.",
    start_with="Replace the three dots by a line in quotes that begins with MAIL FROM, then run the cell again.",
    given=("EHLO laptop.example",),
)


# -- 02.b: mend a dialogue ----------------------------------------------------------------------------

_ALICE = "alice@lab.example"
_OCTETS = "2000"
_BROKEN = ("EHLO laptop.example", f"MAIL FROM: <{_ALICE}> SIZE=2kB", "MAIL FROM:", "QUIT")


def _of_alice(deed: Deed) -> bool:
    return _opened(deed) and _sender(deed) == _ALICE and _parameter(deed, "SIZE") == _OCTETS


def _of_a_bounce(deed: Deed) -> bool:
    return _opened(deed) and not _sender(deed)


def _mended(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations()):
        if (quit_ := _complete(conversation)) and not any(deed.refused for deed in conversation.deeds):
            return quit_
    return None


def _complete(conversation: Conversation) -> Deed | None:
    """The QUIT that ends both transactions."""
    steps: list[Condition] = [_of_alice, _of_a_bounce, lambda deed: deed.verb == "QUIT" and deed.code == 221]
    for deed in conversation.deeds:
        if steps[0](deed):
            if len(steps) == 1:
                return deed
            steps.pop(0)
    return None


def _trouble(records: Records) -> Deed | None:
    """The first line of the newest conversation that has to change, whatever was sent after it.

    The whole list is sent each time, so that the last mistake in it is not the one to begin with.
    """
    conversation = records.newest
    if conversation is None:
        return None
    deeds = conversation.deeds
    if quit_ := _complete(conversation):
        return quit_
    first = next((n for n, deed in enumerate(deeds) if _of_alice(deed)), None)
    rest = deeds if first is None else deeds[first + 1 :]
    refused = next((deed for deed in rest if deed.refused), None)
    return refused or next((deed for deed in rest if _opened(deed) and not _of_a_bounce(deed)), deeds[-1])


def _trouble_is(condition: Condition) -> Finder:
    def find(records: Records) -> Deed | None:
        deed = _trouble(records)
        return deed if deed is not None and condition(deed) else None

    return find


def _mail_and(condition: Condition) -> Finder:
    return _trouble_is(lambda deed: deed.verb == "MAIL" and condition(deed))


def _after_alice(deed: Deed) -> bool:
    earlier = (Deed(deed.conversation, n) for n in range(deed.index))
    return any(_of_alice(before) for before in earlier)


def _bounce_elsewhere(records: Records) -> Deed | None:
    """The bounce was opened over another connection than Alice's message."""
    found = None
    alice = False
    for conversation in records.conversations():
        deeds = conversation.deeds
        bounce = next((deed for deed in deeds if _of_a_bounce(deed)), None)
        if alice and bounce and not any(_of_alice(deed) for deed in deeds):
            found = bounce
        alice |= any(_of_alice(deed) for deed in deeds) and _complete(conversation) is None
    return found if found and found.conversation == records.newest else None


MEND = Exercise(
    id="02.b",
    title="Mend a program's lines",
    task=(
        "A program wants to open two transactions in one session: one for a message from `alice@lab.example` that has "
        "2000 octets, and then one for a bounce. Its two MAIL lines are wrong, and between them a line is missing. "
        "Run the cell, read the replies, mend the list and run it again, until nothing is refused. "
        "Expected: 250 for each line, and 221 for QUIT."
    ),
    starter=(
        'broken = Lab("strict", name="02.b")\n'
        "session = broken.connect()\n"
        'print(session.send("EHLO laptop.example").code)\n'
        f'for line in ["{_BROKEN[1]}", "{_BROKEN[2]}", "{_BROKEN[3]}"]:\n'
        '    print(line, "→", session.send(line))\n'
        'check("02.b")'
    ),
    hints=(
        "Begin with the first reply that is no 250. It says what is wrong in its line, and only the first thing.",
        "SIZE counts octets and takes digits only. And while one transaction is open, no other can begin.",
        "Between the two MAIL lines stands RSET. The reverse-path of a bounce is written with two characters.",
        'The list: `["MAIL FROM:<alice@lab.example> SIZE=2000", "RSET", "MAIL FROM:<>", "QUIT"]`.',
    ),
    solution=Solution(
        code=(
            'broken = Lab("strict", name="02.b")\n'
            "session = broken.connect()\n"
            'print(session.send("EHLO laptop.example").code)\n'
            'for line in ["MAIL FROM:<alice@lab.example> SIZE=2000", "RSET", "MAIL FROM:<>", "QUIT"]:\n'
            '    print(line, "→", session.send(line))\n'
            'check("02.b")'
        ),
        explanation=(
            "No space beside the colon (RFC 5321 3.3), and a size in digits only (RFC 1870 6). MAIL is permitted only "
            "while no transaction is open (RFC 5321 4.1.4): a real program ends the first one by sending its message, "
            "this one by RSET. A bounce has the null reverse-path, <> (RFC 5321 4.5.5)."
        ),
    ),
    done=_mended,
    praise="Two transactions in one session, each opened by a clean MAIL line, and nothing refused.",
    shown="the session ended with {code}, and all before it was accepted",
    mistakes=(
        Mistake(
            name="went-on-after-refusal",
            find=_trouble_is(lambda deed: deed.verb == "QUIT" and _complete(deed.conversation) == deed),
            message="Both transactions came about, but a line before was refused in the same session.",
            remark="the end of a session with a refusal in it",
            next_step="Take the refused line out and send the list over a new connection.",
        ),
        Mistake(
            name="bounce-in-another-connection",
            find=_bounce_elsewhere,
            message="The bounce went over another connection than Alice's message; the task asks for one session.",
            remark="a new connection",
            next_step="Send both MAIL lines over the same session, with RSET between them.",
        ),
        Mistake(
            name="too-early",
            find=_mail_and(_too_early),
            message="MAIL came before EHLO in this connection: {code}.",
            remark="no EHLO before this line",
            next_step="Send EHLO first.",
        ),
        Mistake(
            name="nested",
            find=_mail_and(_nested),
            message="The first transaction was still open, so the server took no second MAIL: {code}.",
            remark="one transaction is open already",
            next_step="Put a line before it that drops what is open: RSET.",
        ),
        Mistake(
            name="display-name",
            find=_mail_and(_first_wrong(Kind.DISPLAY_NAME)),
            message="A name stands before the path. It has no place in the envelope.",
            remark="a name before the path, answered {code}",
            next_step="Keep the address alone, between < and >.",
        ),
        Mistake(
            name="space-at-colon",
            find=_mail_and(_first_wrong(*_SPACES)),
            message="There is a space beside the colon of FROM, and the strict server answers {code}.",
            remark="a space at the colon",
            next_step="Take the space out, then read the next reply: it may name another mistake.",
        ),
        Mistake(
            name="no-brackets",
            find=_mail_and(_first_wrong(Kind.NO_BRACKETS, Kind.UNCLOSED_BRACKET)),
            message="The path lacks an angle bracket.",
            remark="not between < and >, answered {code}",
            next_step="Write the address between < and >.",
        ),
        Mistake(
            name="no-path",
            find=_mail_and(_without_path),
            message="After the colon there is nothing. The sender of a bounce is nobody, and nobody is written too.",
            remark="no path, answered {code}",
            next_step="Write the null reverse-path, the two angle brackets with nothing between them: `MAIL FROM:<>`.",
        ),
        Mistake(
            name="size-not-a-number",
            find=_mail_and(lambda deed: deed.code == 501 and not (_parameter(deed, "SIZE") or "0").isdigit()),
            message="SIZE takes digits only. Units such as kB and signs such as a comma are not part of it.",
            remark="no number of octets, answered {code}",
            next_step="Write the number of octets: SIZE=2000.",
        ),
        Mistake(
            name="parameter",
            find=_mail_and(lambda deed: deed.refused),
            message="The server does not take this line: {code}. Read what its reply says about the part after FROM:.",
            remark="answered {code}",
            next_step="Between the path and SIZE=2000 stands exactly one space, and nothing else follows.",
        ),
        Mistake(
            name="size-left-out",
            find=_mail_and(lambda deed: _sender(deed) == _ALICE and _parameter(deed, "SIZE") is None),
            message="Alice's transaction is open, but its size is not announced.",
            remark="accepted, without a size",
            next_step="Put the parameter back, one space after the path: SIZE=2000.",
        ),
        Mistake(
            name="other-size",
            find=_mail_and(lambda deed: _sender(deed) == _ALICE and not _after_alice(deed) and not _of_alice(deed)),
            message="Alice's transaction is open, and another size is announced than the message has.",
            remark="accepted, with another size",
            next_step="The message has 2000 octets: SIZE=2000.",
        ),
        Mistake(
            name="bounce-with-sender",
            find=_mail_and(lambda deed: bool(_sender(deed)) and _after_alice(deed)),
            message="The second transaction has a sender. A bounce must not be answered by a bounce, so it has none.",
            remark="accepted, with this reverse-path",
            next_step="Give it the null reverse-path: `MAIL FROM:<>`.",
        ),
        Mistake(
            name="other-sender",
            find=_mail_and(lambda deed: _sender(deed) not in ("", _ALICE)),
            message="The first transaction belongs to alice@lab.example; here it has another sender.",
            remark="accepted, with this sender",
            next_step="Put Alice's address between < and >.",
        ),
        Mistake(
            name="no-second-transaction",
            find=_trouble_is(lambda deed: deed.verb == "QUIT" and _after_alice(deed)),
            message="The session ended after Alice's transaction. The one for the bounce is missing.",
            remark="the end, after one transaction",
            next_step="Before QUIT, drop the first transaction and open the second: RSET, then `MAIL FROM:<>`.",
        ),
        Mistake(
            name="no-quit",
            find=_trouble_is(lambda deed: any(_of_a_bounce(d) and _after_alice(d) for d in deed.conversation.deeds)),
            message="Both transactions have come about. The session has no end yet.",
            remark="accepted; the server waits for more",
            next_step="Send QUIT over the same connection.",
        ),
    ),
    otherwise="You spoke with the server, but the two transactions have not come about in one session yet.",
    start_with="Read the first reply that is no 250, mend its line in the list, and run the cell again.",
    given=_BROKEN,
)


# -- 02.c: announce a message -------------------------------------------------------------------------

_ZOE = "zoë@lab.example"
_LONG = "48200"


def _announced(deed: Deed) -> bool:
    return (
        _opened(deed)
        and _sender(deed) == _ZOE
        and _parameter(deed, "SIZE") == _LONG
        and (_parameter(deed, "BODY") or "").upper() == "8BITMIME"
    )


FREE = Exercise(
    id="02.c",
    title="Announce a message",
    task=(
        "A message from `zoë@lab.example` is to go to a mail exchanger, a server that takes a domain's mail. "
        "It has 48200 octets, and its body has octets above 127. Open the transaction with one MAIL line that "
        "announces all of this: the size, the 8-bit body, and the address that is not ASCII. Any tool may be used. "
        "Expected: 250 for EHLO, 250 for MAIL."
    ),
    starter='mx = Lab("mx", name="02.c")\nsession = mx.connect()\n\ncheck("02.c")',
    hints=(
        "Look at the reply to EHLO first: which of its lines belong to the three things to announce?",
        "Three parameters follow the path, in any order, one space before each: SIZE=…, BODY=…, and one without value.",
        "The values: 48200 for SIZE, 8BITMIME for BODY; SMTPUTF8 stands alone.",
    ),
    solution=Solution(
        code=(
            'mx = Lab("mx", name="02.c")\n'
            "session = mx.connect()\n"
            'session.send("EHLO laptop.example")\n'
            'session.send("MAIL FROM:<zoë@lab.example> SIZE=48200 BODY=8BITMIME SMTPUTF8")\n'
            'check("02.c")'
        ),
        explanation=(
            "Each parameter belongs to an extension that the EHLO reply offers: SIZE (RFC 1870 6), BODY to 8BITMIME "
            "(RFC 6152 3), and SMTPUTF8 (RFC 6531 3.4), which is its own parameter and takes no value. "
            "Their order is free. Without SMTPUTF8 the address is refused with 553."
        ),
    ),
    done=latest(_announced, "MAIL"),
    praise="One line announces all: how big, which octets, which script. The server took it.",
    shown="all three are announced, answered {code}",
    mistakes=(
        Mistake(
            name="too-early",
            find=latest(_too_early, "MAIL"),
            message="MAIL came before the greeting: {code}.",
            remark="no EHLO before this line",
            next_step='Send `session.send("EHLO laptop.example")` first, over the same session.',
        ),
        Mistake(
            name="nested",
            find=latest(_nested, "MAIL"),
            message="A transaction was open already. Its announcement cannot be changed by a second MAIL.",
            remark="the second MAIL, answered {code}",
            next_step="Send RSET, then the whole MAIL line.",
        ),
        Mistake(
            name="after-helo",
            find=latest(lambda deed: deed.code in (501, 553, 555) and deed.exchange.before.hello == "HELO", "MAIL"),
            message="This session was opened with HELO, which offers no extension, so that no parameter is known.",
            remark="after HELO, answered {code}",
            next_step="Greet with EHLO and send the same line again.",
        ),
        Mistake(
            name="not-utf8-announced",
            find=latest(lambda deed: deed.code == 553 and _parameter(deed, "SMTPUTF8") is None, "MAIL"),
            message="The ë is not ASCII, and nothing in the line announces that: {code}.",
            remark="no SMTPUTF8, answered {code}",
            next_step="Add SMTPUTF8 at the end, after a space.",
        ),
        Mistake(
            name="keyword-for-parameter",
            find=latest(lambda deed: deed.code == 555 and _parameter(deed, "8BITMIME") is not None, "MAIL"),
            message="8BITMIME is the name of the extension. Its parameter has another name, and 8BITMIME is its value.",
            remark="the keyword itself, answered {code}",
            next_step="Write BODY=8BITMIME.",
        ),
        Mistake(
            name="not-offered",
            find=latest(lambda deed: deed.code == 555, "MAIL"),
            message="The line has a parameter that this server does not offer: {code}.",
            remark="a parameter that is not in the EHLO list, answered {code}",
            next_step="Use only SIZE, BODY=8BITMIME and SMTPUTF8, which the EHLO reply offers.",
        ),
        Mistake(
            name="badly-separated",
            find=latest(lambda deed: _first_wrong(Kind.BAD_PARAMETER)(deed) or "," in deed.argument, "MAIL"),
            message="The parameters are not separated as they should be: one space before each, no commas, none at =.",
            remark="answered {code}",
            next_step="After the >, write each parameter with exactly one space before it.",
        ),
        Mistake(
            name="path-syntax",
            find=latest(lambda deed: bool(_path(deed).problems), "MAIL"),
            message="The part before the parameters is not written as a path. The reply names what is wrong in it.",
            remark="answered {code}",
            next_step="Begin with `MAIL FROM:<zoë@lab.example>`.",
        ),
        Mistake(
            name="bad-value",
            find=latest(lambda deed: deed.code in (501, 552), "MAIL"),
            message="One parameter has a value that does not fit it. The reply names the parameter.",
            remark="answered {code}",
            next_step="SIZE takes digits only, BODY takes 8BITMIME, and SMTPUTF8 takes no value.",
        ),
        Mistake(
            name="other-sender",
            find=latest(lambda deed: _opened(deed) and _sender(deed) != _ZOE, "MAIL"),
            message="This transaction has another reverse-path than the message in the task.",
            remark="accepted, with this sender",
            next_step="Copy the address with its ë: zoë@lab.example. Send RSET before you try again.",
        ),
        Mistake(
            name="size-missing",
            find=latest(lambda deed: _opened(deed) and _parameter(deed, "SIZE") is None, "MAIL"),
            message="The transaction is open, but the server does not know how big the message will be.",
            remark="accepted, without SIZE",
            next_step="Send RSET, then the line with SIZE=48200 in it.",
        ),
        Mistake(
            name="other-size",
            find=latest(lambda deed: _opened(deed) and _parameter(deed, "SIZE") != _LONG, "MAIL"),
            message="The transaction is open, and another size is announced than the message has.",
            remark="accepted, with another size",
            next_step="Send RSET, then the line with SIZE=48200.",
        ),
        Mistake(
            name="body-missing",
            find=latest(lambda deed: _opened(deed) and _parameter(deed, "BODY") is None, "MAIL"),
            message="Without BODY a message counts as plain 7-bit ASCII, and this one has octets above 127.",
            remark="accepted, without BODY",
            next_step="Send RSET, then the line with BODY=8BITMIME in it.",
        ),
        Mistake(
            name="other-body",
            find=latest(_opened, "MAIL"),
            message="BODY announces another kind of content than this message has: its octets go above 127.",
            remark="accepted, with another BODY",
            next_step="Send RSET, then the line with BODY=8BITMIME.",
        ),
    ),
    otherwise="You spoke with the server, but no MAIL for Zoë has been answered yet.",
    start_with='Greet first, `session.send("EHLO laptop.example")`, then send the MAIL line.',
)

EXERCISES = [FADED, MEND, FREE]

QUESTIONS = [
    Question(
        id="02.q1",
        prompt=(
            "A server answers EHLO with these three lines. Which MAIL line may follow?\n"
            "`S: 250-mx.example greets laptop.example`\n"
            "`S: 250-SIZE 10485760`\n"
            "`S: 250 8BITMIME`"
        ),
        options=(
            Option(
                "MAIL FROM:<alice@lab.example> SMTPUTF8",
                "SMTPUTF8 does not stand in the list, so it may not be used here: 555.",
            ),
            Option(
                "MAIL FROM:<alice@lab.example> BODY=8BITMIME",
                "Yes: the keyword 8BITMIME offers the parameter BODY. The last line counts as much as the others.",
                right=True,
            ),
            Option(
                "MAIL FROM:<alice@lab.example> 8BITMIME",
                "8BITMIME is the keyword by which the server offers it. In MAIL the parameter is called BODY.",
            ),
            Option(
                "MAIL FROM:<alice@lab.example>, SIZE=500",
                "SIZE is offered, but between the path and a parameter stands a space and no comma.",
            ),
        ),
        rfc="RFC 6152 2, 3",
        looks_back_to="01",
    ),
    Question(
        id="02.q2",
        prompt=(
            "`MAIL FROM:<news-bounces@list.example>` opened the transaction, and the message begins with "
            "`From: Carol <carol@lab.example>`. Later it turns out that it cannot be delivered. Who gets the bounce?"
        ),
        options=(
            Option("carol@lab.example", "She is whom readers see. Servers do not look at headers to send a bounce."),
            Option("The postmaster of the server", "Only where the reverse-path itself is of no use any more."),
            Option("Nobody", "Nobody would get one if the reverse-path were <>. Here it is an address."),
            Option(
                "news-bounces@list.example",
                "Yes: a bounce goes to the reverse-path. Mailing lists use that to collect bounces.",
                right=True,
            ),
        ),
        rfc="RFC 5321 3.6.3",
    ),
    Question(
        id="02.q3",
        prompt="Why is a bounce sent with `MAIL FROM:<>`?",
        options=(
            Option(
                "So that no bounce is sent for it",
                "Yes: if the bounce cannot be delivered either, there is no address to report to. The circle ends.",
                right=True,
            ),
            Option("So that nobody knows who sent it", "The Received: lines and the text tell. <> hides nothing."),
            Option("Because the server has no mailbox", "It may well have one: postmaster exists at every domain."),
            Option(
                "Because it is an error message, and so the line is wrong", "The line is right: <> is in the grammar."
            ),
        ),
        rfc="RFC 5321 3.6.3, 4.5.5",
    ),
]

PREDICTIONS = [
    Prediction(
        id="02.p1",
        prompt=(
            "`MAIL FROM:<alice@lab.example>` has been accepted. The message that follows begins with the line "
            "`From: Bob <bob@lab.example>`. What does our lab do?"
        ),
        options=(
            Option(
                "It refuses: the two senders differ",
                "They often differ for good reasons, as in a mailing list. SMTP itself compares them nowhere.",
            ),
            Option(
                "It writes Alice into the From: line",
                "A server passes on the message as it is. It adds lines above it and changes none.",
            ),
            Option(
                "It takes the message and keeps both",
                "Yes: one belongs to the envelope, the other to the message.",
                right=True,
            ),
            Option(
                "It sends bounces to Bob now",
                "A bounce goes to the reverse-path, and that is still Alice. The header changes nothing.",
            ),
        ),
        rfc="RFC 5321 2.3.1",
    ),
    Prediction(
        id="02.p2",
        prompt="A client says `HELO laptop.example`, then `MAIL FROM:<alice@lab.example> SIZE=500`. What comes?",
        options=(
            Option("250, the transaction is open", "So it would after EHLO. HELO has offered no extension."),
            Option("503, wrong order", "The order is right: a greeting, then MAIL. The reason is in the parameter."),
            Option("552, the message is too big", "500 octets are little. The server does not get so far as to count."),
            Option(
                "555, parameter not recognised",
                "Yes: SIZE belongs to an extension, and in this session none is offered.",
                right=True,
            ),
        ),
        rfc="RFC 5321 2.2, 4.1.1.11",
    ),
]
