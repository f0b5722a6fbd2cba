"""Exercises, case files and questions of lesson 10: why a message was refused.

Each case is a session that really runs (see ``cases.py``); its cause has to be named and its cure to be spoken.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from helpers.exercises.base import Exercise, Finder, Mistake, Option, Prediction, Question, Solution, latest
from helpers.exercises.cases import Case, Suspect
from helpers.exercises.records import Deed, Records, Sending
from helpers.session import SessionError
from helpers.wire.transcript import ExchangeKind, Outcome

if TYPE_CHECKING:
    from helpers.lab import Lab

_EHLO, _MAIL, _RCPT = "EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>"
_BOB, _CAROL, _GREY = "bob@lab.example", "carol@lab.example", "grey@lab.example"
_ELSEWHERE = "carol@other.example"

_SENDER, _NOBODY = "sender", "nobody (wait)"
_RECIPIENT, _THEIR_ADMIN = "recipient", "recipient's administrator"


def _say(*lines: str) -> Callable[[Lab], None]:
    """A program that sends these lines one by one, whatever the replies."""

    def play(lab: Lab) -> None:
        with lab.connect() as session:
            for line in lines:
                session.send(line)

    return play


def _on(verb: str, code: int | None = None) -> Finder:
    """The last such command of the recorded session."""
    return latest(lambda deed: code in (None, deed.code), verb)


def _message(records: Records) -> Deed | None:
    """The last message in the recorded session."""
    return latest(lambda deed: deed.exchange.kind is ExchangeKind.MESSAGE)(records)


def _accepted(condition: Callable[[Sending], bool]) -> Finder:
    """A finder of the last message that was taken and of which the condition holds."""

    def find(records: Records) -> Deed | None:
        return next((s.end for s in reversed(records.sendings(accepted=True)) if condition(s)), None)

    return find


# -- 10.a: the scanner ----------------------------------------------------------------------------------

_SCANNER = Case(
    profile="strict",
    play=_say("EHLO scanner", "HELO scanner", _MAIL, "QUIT"),
    causes=(
        Suspect(
            name="sequence-error",
            text="the scanner forgets EHLO",
            answer="It did say EHLO, and it even tried HELO. A later refusal often only follows from an earlier one.",
            find=_on("EHLO"),
            remark="here it is, and it was refused",
        ),
        Suspect(
            name="sender-not-allowed",
            text="alice@lab.example may not send from this machine",
            answer=(
                "The words after 503 do not speak of Alice. No MAIL would have been taken here, whatever its address."
            ),
            find=_on("MAIL"),
            remark="the words speak of EHLO, not of Alice",
            side="S",
        ),
        Suspect(
            name="helo-rejected",
            text="the server does not take the name with which the scanner introduces itself",
            answer=(
                "Yes: the first refusal in the log, not the last. `scanner` is no full host name (RFC 5321, 4.1.1.1), "
                "and where no EHLO is taken, MAIL is out of order."
            ),
            find=_on("EHLO", 504),
            remark="the first refusal: it names the reason and an example",
            side="S",
            right=True,
        ),
        Suspect(
            name="service-unavailable",
            text="the server has trouble of its own",
            answer="Then the reply would begin with 4 and speak of the server. Each refusal here begins with 5.",
            find=_on("EHLO"),
            remark="permanent, and about the name that was given",
            side="S",
        ),
    ),
    actors=(
        Suspect(
            name="sender's administrator",
            text="",
            answer=(
                "Whoever set the scanner up gives it a full name, such as scanner.lab.example, in its network settings."
            ),
            find=_on("EHLO"),
            remark="this name comes from the scanner's settings",
            right=True,
        ),
        Suspect(
            name=_NOBODY,
            text="",
            answer="The same line will get the same reply tomorrow: it begins with 5.",
            find=_on("EHLO", 504),
            remark="5xx: the same again fails again",
            side="S",
        ),
        Suspect(
            name=_THEIR_ADMIN,
            text="",
            answer="The server may insist on a full name; it even says how one looks. Mend what can be mended at home.",
            find=_on("EHLO", 504),
            remark="it tells what it needs",
            side="S",
        ),
    ),
    proof="Let the scanner introduce itself in a way that this server takes, and send its MAIL again.",
)


def _taken_by_strict(own_name: bool) -> Callable[[Deed], bool]:
    """MAIL was taken by the right kind of server, from a client that used the server's name, or did not."""

    def fits(deed: Deed) -> bool:
        named = (deed.exchange.before.client_name or "").casefold()
        return deed.code == 250 and deed.profile == "strict" and (named == "mail.lab.example") is own_name

    return fits


FADED = Exercise(
    id="10.a",
    title="The scanner that cannot send",
    task=(
        "Prove it: the cell below is the scanner's program, and its server is as strict as the one in the log. "
        "Replace the three dots by the line with which the scanner should begin. Expected: 250 for MAIL."
    ),
    starter=(
        'server = Lab("strict", name="10.a")\n'
        "session = server.connect()\n"
        "session.send(...)  # replace the three dots by the scanner's first line\n"
        f'print(session.send("{_MAIL}"))\n'
        'check("10.a")'
    ),
    given=(_MAIL,),
    hints=(
        "Start with the first refusal in the log, not with the last one. Which line did it answer?",
        "The reply to it says what the server needs, and gives an example.",
        'Conclude helo-rejected and the sender\'s administrator; then `session.send("EHLO scanner.lab.example")`.',
    ),
    solution=Solution(
        code=(
            "from helpers import case\n\n"
            'case("10.a").conclude("helo-rejected", "sender\'s administrator")\n'
            'server = Lab("strict", name="10.a")\n'
            "session = server.connect()\n"
            'session.send("EHLO scanner.lab.example")\n'
            f'print(session.send("{_MAIL}"))\n'
            'check("10.a")'
        ),
        explanation=(
            "503 was the last reply and only a consequence. The first refusal was 504 to EHLO: the name must be a full "
            "host name, or an address such as [192.0.2.7] (RFC 5321 4.1.1.1, 4.1.3). A program that does not look at "
            "the reply to EHLO goes on, and reports the wrong error."
        ),
    ),
    done=latest(_taken_by_strict(own_name=False), "MAIL"),
    praise="The name was the reason, and you have shown it: with a full one the same MAIL is taken.",
    shown="the same MAIL, answered {code}",
    mistakes=(
        Mistake(
            name="other-server",
            find=latest(lambda deed: deed.code == 250 and deed.profile != "strict", "MAIL"),
            message="This server is more forgiving than the one in the log, so its 250 proves nothing about that one.",
            remark="taken by a server that is not strict",
            next_step='Use `Lab("strict", name="10.a")`.',
        ),
        Mistake(
            name="its-own-name",
            find=latest(_taken_by_strict(own_name=True), "MAIL"),
            message=(
                "That is the server's own name. This one takes it, but many refuse a client that claims to be them: "
                "only a forger would say so."
            ),
            remark="from somebody who introduced itself as the server",
            next_step="Give the scanner a name of its own: `EHLO scanner.lab.example`.",
        ),
        Mistake(
            name="no-name",
            find=latest(lambda deed: deed.code == 501, "EHLO", "HELO"),
            message="The server cannot make a name of this: {code}.",
            remark="answered {code}",
            next_step="Send EHLO, one space, and a full host name such as `scanner.lab.example`.",
        ),
        Mistake(
            name="short-name",
            find=latest(lambda deed: deed.code == 504, "EHLO", "HELO"),
            message="`{argument}` is still no full host name: {code}. The server wants one with a domain behind it.",
            remark="no dot, so no domain",
            next_step="Put a domain behind the name: `EHLO scanner.lab.example`.",
        ),
        Mistake(
            name="not-introduced",
            find=latest(lambda deed: deed.code == 503 and not deed.conversation.said("EHLO", "HELO"), "MAIL"),
            message="Something was sent before MAIL, but nobody has been introduced to the server: {code}.",
            remark="still no EHLO that was taken",
            next_step="Begin with `EHLO` and the scanner's full name.",
        ),
    ),
    otherwise="The server has heard you, but MAIL has not been taken yet.",
    start_with="Read the log from its top, and replace the three dots by a better first line.",
    case=_SCANNER,
)


# -- 10.b: Carol's copy ---------------------------------------------------------------------------------

_OFFER = "From: alice@lab.example\nTo: bob@lab.example, carol@lab.example\nSubject: Offer\n\nFriday at noon?\n"
_SEND_OFFER = f'letter = "{_OFFER}"'.replace("\n", "\\n") + "\nsession.send_data(letter)"


def _send_offer(lab: Lab) -> None:
    with lab.connect() as session:
        for line in (_EHLO, _MAIL, _RCPT, "DATA"):
            session.send(line)
        session.send_data(_OFFER)
        session.send("QUIT")


_COPY = Case(
    profile="open",
    play=_send_offer,
    causes=(
        Suspect(
            name="spam-content",
            text="a filter has taken Carol's copy away",
            answer="There was no copy to take away: the server was asked for one recipient, and this was Bob.",
            find=_on("RCPT"),
            remark="the only recipient that was named",
        ),
        Suspect(
            name="mailbox-unknown",
            text="the server does not know Carol",
            answer="It would have said 550 to an RCPT with her address. No such RCPT was sent, so nobody has asked it.",
            find=_on("DATA"),
            remark="the recipients end here, and Carol was not among them",
        ),
        Suspect(
            name="not-in-envelope",
            text="nobody named Carol to the server",
            answer=(
                "Yes: she stands in the header To, which the server does not read. It delivers to those whom "
                "RCPT named "
                "(RFC 5321, 2.3.1), and 250 promises no more than that."
            ),
            find=_on("RCPT"),
            remark="one RCPT for a letter to two",
            right=True,
        ),
        Suspect(
            name="greylisted",
            text="Carol's copy was put off and is still on its way",
            answer="Putting off is a reply that begins with 4. There is none: the message was taken, for Bob.",
            find=_message,
            remark="no 4xx anywhere, and here all was done",
            side="S",
        ),
    ),
    actors=(
        Suspect(
            name=_RECIPIENT,
            text="",
            answer="Carol may look through every folder: nothing was ever addressed to her mailbox.",
            find=_on("RCPT"),
            remark="not Carol's address",
        ),
        Suspect(
            name=_THEIR_ADMIN,
            text="",
            answer="The server did all that it was asked to do, and said so.",
            find=_message,
            remark="taken, for everybody who had been named",
            side="S",
        ),
        Suspect(
            name=_SENDER,
            text="",
            answer="The program that sends has to make an RCPT of each address in To, Cc and Bcc.",
            find=_on("RCPT"),
            remark="the program's own line, and the only one",
            right=True,
        ),
    ),
    proof="Mend the program, so that one message reaches both mailboxes.",
    mailbox=_CAROL,
)


def _both(sending: Sending) -> bool:
    return {_BOB, _CAROL} <= set(sending.recipients)


def _named_and_left(records: Records) -> Deed | None:
    """Both are named, and no message followed."""
    for sending in reversed(records.sendings(accepted=False)):
        if _both(sending) and sending.transaction.outcome is not Outcome.REFUSED:
            return sending.deeds("RCPT")[-1]
    return None


MEND = Exercise(
    id="10.b",
    title="The offer that Carol never saw",
    task=(
        "Prove it: below is the program that sent the offer, and it works as it did. Mend it, so that one message "
        "reaches Bob and Carol. Expected: 250 for each recipient, 250 for the message, and a copy in both mailboxes."
    ),
    starter=(
        'server = Lab("open", name="10.b")\n'
        "session = server.connect()\n"
        f'for line in ["{_EHLO}", "{_MAIL}", "{_RCPT}", "DATA"]:\n'
        "    session.send(line)\n"
        f"{_SEND_OFFER}\n"
        "print(sorted(server.mailboxes))  # who has mail now\n"
        'check("10.b")'
    ),
    given=(_EHLO, _MAIL, _RCPT, "DATA", _OFFER.replace("\n", "\r\n") + "."),
    hints=(
        "diagnose() finds no refusal, and it is right. So compare: to whom is the letter, and whom was the "
        "server told?",
        "Which command names a recipient? Count how often the log has it.",
        f'Conclude not-in-envelope and the sender; then put `"RCPT TO:<{_CAROL}>"` into the list, before "DATA".',
    ),
    solution=Solution(
        code=(
            "from helpers import case\n\n"
            'case("10.b").conclude("not-in-envelope", "sender")\n'
            'server = Lab("open", name="10.b")\n'
            "session = server.connect()\n"
            f'recipients = ["{_RCPT}", "RCPT TO:<{_CAROL}>"]\n'
            f'for line in ["{_EHLO}", "{_MAIL}", *recipients, "DATA"]:\n'
            "    session.send(line)\n"
            f"{_SEND_OFFER}\n"
            "print(sorted(server.mailboxes))\n"
            'check("10.b")'
        ),
        explanation=(
            "The envelope decides who gets a message, the headers are for reading (RFC 5321 2.3.1). A program that "
            "builds its own envelope has to name everybody in it. The mirror of this is Bcc: in the envelope, "
            "and not in "
            "the headers. smtplib's send_message reads To, Cc and Bcc for you; sendmail takes whom you give it."
        ),
    ),
    done=_accepted(_both),
    praise="Both were named to the server, so both have it. The header had promised what the envelope did not say.",
    shown="taken for both recipients with {code}",
    mistakes=(
        Mistake(
            name="two-in-one",
            find=latest(lambda deed: deed.code == 501, "RCPT"),
            message="One RCPT names one recipient. This line has more in it than an address: {code}.",
            remark="answered {code}",
            next_step=f"Send a line for each: first for Bob, then `RCPT TO:<{_CAROL}>`.",
        ),
        Mistake(
            name="unknown",
            find=latest(lambda deed: deed.code == 550, "RCPT"),
            message="The server knows nobody at this address: {code}. Somebody was named, but not Carol.",
            remark="{argument} is refused",
            next_step=f"Write the address as it stands in the header: `RCPT TO:<{_CAROL}>`.",
        ),
        Mistake(
            name="out-of-order",
            find=latest(lambda deed: deed.code == 503, "RCPT"),
            message="There is no open transaction here to which Carol could be added: {code}.",
            remark="out of order",
            next_step="Name all recipients after MAIL and before DATA.",
        ),
        Mistake(
            name="bcc-header",
            find=_accepted(lambda s: not _both(s) and b"\nbcc:" in b"\n" + s.transaction.content.lower()),
            message="A header again: the server does not read Bcc either, and now Bob can read it.",
            remark="taken for those whom RCPT named, with a Bcc in the text",
            next_step=f"Leave the message as it was, and send `RCPT TO:<{_CAROL}>` before DATA.",
        ),
        Mistake(
            name="bob-left-out",
            find=_accepted(lambda s: _CAROL in s.recipients and _BOB not in s.recipients),
            message="Carol has this one, and now the program leaves Bob out. The mended program has to reach both.",
            remark="taken for Carol alone",
            next_step="Keep the RCPT for Bob and put one for Carol beside it.",
        ),
        Mistake(
            name="nobody-new",
            find=_accepted(lambda s: not _both(s) and not s.deeds("RCPT", code=550)),
            message="The server took this message as it took the first one: Carol is not among those whom RCPT named.",
            remark="taken, but not for Carol",
            next_step=f"Send `RCPT TO:<{_CAROL}>` before DATA.",
        ),
        Mistake(
            name="no-message",
            find=_named_and_left,
            message="Both are named, and then no message followed; so neither mailbox has anything.",
            remark="the last recipient: {code}",
            next_step="Send DATA, and the message with `send_data`.",
        ),
    ),
    otherwise="You spoke with the server, but no message has been taken for Bob and Carol.",
    start_with="Look for what the log does not have, and put it into the program.",
    case=_COPY,
)


# -- 10.c: half a recipe --------------------------------------------------------------------------------

_RECIPE = "From: alice@lab.example\nTo: bob@lab.example\nSubject: Recipe\n\nHeat the oil.\n.\nAdd the onions.\nServe.\n"
_WHOLE = b"\r\nHeat the oil.\r\n.\r\nAdd the onions.\r\nServe.\r\n"


def _send_recipe(lab: Lab) -> None:
    with lab.connect() as session:
        for line in (_EHLO, _MAIL, _RCPT, "DATA"):
            session.send(line)
        session.send_raw(_RECIPE.replace("\n", "\r\n").encode() + b".\r\n")
        session.send("QUIT")


def _unknown_word(records: Records) -> Deed | None:
    return next((deed for deed in records.deeds() if deed.code == 500), None)


_HALF = Case(
    profile="open",
    play=_send_recipe,
    causes=(
        Suspect(
            name="syntax-error",
            text="the program sends commands that do not exist",
            answer="What got 500 is no command of the program's. Read these lines once more: to whom do they speak?",
            find=_unknown_word,
            remark="a sentence of the letter, read as a command",
        ),
        Suspect(
            name="message-too-big",
            text="the server keeps only the beginning of a message",
            answer="A server takes a message whole or refuses it (552). This one said 250 to what it had got.",
            find=_message,
            remark="taken as it came, in whole",
            side="S",
        ),
        Suspect(
            name="timeout",
            text="the connection broke in the middle",
            answer="Both sides went on talking until QUIT, and nobody waited for long.",
            find=_on("QUIT"),
            remark="the session ended as it should",
            side="S",
        ),
        Suspect(
            name="cut-at-dot",
            text="a line of the letter ended the message",
            answer=(
                "Yes: a line with only a dot is the end of the data (RFC 5321, 4.1.1.4). The program has not "
                "doubled it "
                "(4.5.2), so what followed was read as commands. It got its 250 and looked no further."
            ),
            find=_message,
            remark="the message ends at its line with only a dot, and there comes the 250",
            side="S",
            right=True,
        ),
    ),
    actors=(
        Suspect(
            name=_SENDER,
            text="",
            answer="Whoever wrote the program has to double a dot at the beginning of a line, or let a library do it.",
            find=_unknown_word,
            remark="the program sent this after it had ended the message itself",
            right=True,
        ),
        Suspect(
            name=_RECIPIENT,
            text="",
            answer="Bob's mail program shows all that is in his mailbox; the rest never was in the message.",
            find=_message,
            remark="all that belongs to the message came before this",
            side="S",
        ),
        Suspect(
            name=_THEIR_ADMIN,
            text="",
            answer="The server has read the lines as the rules say. Any other one would do the same.",
            find=_message,
            remark="the end of data, rightly taken for it",
            side="S",
        ),
    ),
    proof="Send the whole recipe, its line with the dot included, so that it arrives as it was written.",
    mailbox=_BOB,
)


def _content(sending: Sending) -> bytes:
    return b"\r\n" + sending.transaction.content


def _never_ended(records: Records) -> Deed | None:
    deed = _message(records)
    return deed if deed is not None and deed.reply is None else None


FREE = Exercise(
    id="10.c",
    title="The recipe that stops in the middle",
    task=(
        "Prove it: send the recipe of the cell below from Alice to Bob, so that he gets every line of it, the one with "
        "only a dot included. Any tool may be used. Expected: 250 for the message, no 500, and the whole text in Bob's "
        "mailbox."
    ),
    starter=(f'recipe = """{_RECIPE}"""\nserver = Lab("open", name="10.c")'),
    hints=(
        "In the log, find the line that got 250, and then the lines that got 500. Where do those come from?",
        "What does a line with only a dot mean after 354? And how does a client send one that means nothing?",
        "Conclude cut-at-dot and the sender. After DATA, `session.send_data(recipe)` doubles the dot for you; in raw "
        "octets the line is `..`.",
    ),
    solution=Solution(
        code=(
            "from helpers import case\n\n"
            'case("10.c").conclude("cut-at-dot", "sender")\n'
            f'recipe = """{_RECIPE}"""\n'
            'server = Lab("open", name="10.c")\n'
            "session = server.connect()\n"
            f'for line in ["{_EHLO}", "{_MAIL}", "{_RCPT}", "DATA"]:\n'
            "    session.send(line)\n"
            "session.send_data(recipe)\n"
            'check("10.c")'
        ),
        explanation=(
            "Every line of the text that begins with a dot gets one more, and the server takes it off again (RFC 5321 "
            "4.5.2). Then no line of the letter can be the end of it. send_data does so, and so does smtplib; a "
            "program "
            "that writes to the socket itself has to. The refusals after 250 were the witness: they quote the letter."
        ),
    ),
    done=_accepted(lambda s: _WHOLE in _content(s)),
    praise="Bob can cook: every line has arrived, and the dot is one of them.",
    shown="the end of the whole recipe, taken with {code}",
    mistakes=(
        Mistake(
            name="cut-again",
            find=_accepted(lambda s: b"Heat" in _content(s) and b"onions" not in _content(s)),
            message="The message ends in the middle again: the line with the dot was taken for its end.",
            remark="the end of this message",
            next_step="Double the dot: after DATA send the line `..`, or use `session.send_data(recipe)`.",
        ),
        Mistake(
            name="dot-doubled-twice",
            find=_accepted(lambda s: b"\r\n..\r\n" in _content(s)),
            message="All of it has arrived, and the lone dot has become two: somebody doubled it after you had.",
            remark="in this message the line is `..` even after the server took one dot off",
            next_step="Double it yourself or let `send_data` do it, not both.",
        ),
        Mistake(
            name="dot-left-out",
            find=_accepted(lambda s: b"onions" in _content(s) and b"\r\n.\r\n" not in _content(s)),
            message="This is another text: it arrives because its line with the dot is gone or looks different.",
            remark="a message without the line that made the trouble",
            next_step="Leave the recipe as it is, and send it with its lone dot doubled.",
        ),
        Mistake(
            name="other-text",
            find=_accepted(lambda s: True),
            message="A message was taken, but it is not the recipe.",
            remark="another message",
            next_step="Send the text of the variable `recipe`.",
        ),
        Mistake(
            name="never-ended",
            find=_never_ended,
            message=(
                "The message has no end: the server waits for a line with only a dot, and lines end with CR LF, "
                "not with LF alone."
            ),
            remark="the message so far, and no reply",
            next_step="Begin anew, and end the message: `session.send_data(recipe)` does it.",
        ),
        Mistake(
            name="no-transaction",
            find=latest(lambda deed: deed.code in (503, 554), "DATA"),
            message="DATA needs a sender and a recipient before it: {code}.",
            remark="answered {code}",
            next_step="Send EHLO, MAIL and RCPT first.",
        ),
    ),
    otherwise="You spoke with the server, but Bob has no message yet.",
    start_with="Begin with `session = server.connect()`, and send the recipe with the tool that you like.",
    case=_HALF,
)


# -- 10.d: the silent minute ----------------------------------------------------------------------------

_ALICE_LOGIN = "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ="


def _wait_for_greeting(lab: Lab) -> None:
    with suppress(SessionError):
        lab.connect(tls=False)
    with lab.connect() as session:
        for line in (_EHLO, "AUTH PLAIN AGJvYgBidWlsZGVyNDI=", "MAIL FROM:<bob@lab.example>", "QUIT"):
            session.send(line)


_SILENCE = Case(
    profile="submissions",
    play=_wait_for_greeting,
    causes=(
        Suspect(
            name="service-unavailable",
            text="the server was down in that minute",
            answer="It took Alice's connection, and it served Bob at the same time.",
            find=_on("EHLO"),
            remark="Bob is served",
            side="S",
        ),
        Suspect(
            name="tls-problem",
            text="Alice's program waits for a greeting in clear text, where TLS has to come first",
            answer=(
                "Yes: on a port with implicit TLS the server says nothing before the handshake (RFC 8314, 3.3), and "
                "Alice's program waits for 220 before it sends anything. So both wait."
            ),
            find=_on("EHLO"),
            remark="above this line Bob's connection has what Alice's lacks: TLS, and then a greeting",
            right=True,
        ),
        Suspect(
            name="bad-credentials",
            text="Alice's password is wrong",
            answer=(
                "A wrong password is answered, with 535. Alice's program never came to AUTH: it sent nothing at all."
            ),
            find=_on("AUTH"),
            remark="the only login in this log is Bob's",
        ),
        Suspect(
            name="rate-limited",
            text="the server turns Alice away, since she connects too often",
            answer="A server that turns somebody away says so, with 421 or 554. Here it says nothing.",
            find=_on("MAIL"),
            remark="the first MAIL in the log, and it is Bob's",
        ),
    ),
    actors=(
        Suspect(
            name="provider",
            text="",
            answer="Nothing is wrong with the server: the same port works for Bob.",
            find=_on("MAIL"),
            remark="the same server and port, working",
            side="S",
        ),
        Suspect(
            name=_NOBODY,
            text="",
            answer="Tomorrow both sides will wait for each other again.",
            find=_on("EHLO"),
            remark="only who begins with TLS comes as far as this",
        ),
        Suspect(
            name=_SENDER,
            text="",
            answer="Alice changes one setting: “SSL/TLS” in place of “STARTTLS” on this port, or the port to 587.",
            find=_on("EHLO"),
            remark="so it goes with the right setting",
            right=True,
        ),
    ),
    proof="Connect as the port wants it, log in as Alice, and open her transaction.",
)


def _in_safe(condition: Callable[[Deed], bool]) -> Callable[[Deed], bool]:
    return lambda deed: deed.profile == "submissions" and condition(deed)


SILENT = Exercise(
    id="10.d",
    title="The minute of silence",
    task=(
        "Prove it: connect to this server as it wants it, log in as Alice, and open a transaction with "
        f"`{_MAIL}`. Alice's login is `{_ALICE_LOGIN}`. Any tool may be used. Expected: 220, 250, 235, 250."
    ),
    starter='server = Lab("submissions", name="10.d")',
    hints=(
        "Look at what the log does not have: in the first connection not even the greeting. Who should have spoken?",
        "Compare with the second connection. Which line stands above its greeting?",
        "Conclude tls-problem and the sender. `server.connect()` does as the profile wants; then EHLO, AUTH and MAIL. "
        "(`server.connect(tls=False)` does as Alice's program did.)",
    ),
    solution=Solution(
        code=(
            "from helpers import case\n\n"
            'case("10.d").conclude("tls-problem", "sender")\n'
            'server = Lab("submissions", name="10.d")\n'
            "session = server.connect(tls=True)\n"
            f'for line in ["{_EHLO}", "{_ALICE_LOGIN}", "{_MAIL}"]:\n'
            "    print(session.send(line))\n"
            'check("10.d")'
        ),
        explanation=(
            "Two doors look alike and work differently. With implicit TLS (port 465) the client begins with the "
            "handshake; with STARTTLS (587) the server begins with 220 in clear text (RFC 8314 3.3, RFC 3207 4). "
            "Take the one "
            "for the other and either both wait, or the client reads “220” as TLS: WRONG_VERSION_NUMBER."
        ),
    ),
    done=latest(_in_safe(lambda d: d.code == 250 and d.exchange.before.authenticated is not None), "MAIL"),
    praise="With TLS from the first octet the server greets, knows Alice, and takes her mail.",
    shown="inside TLS and logged in: {code}",
    mistakes=(
        Mistake(
            name="other-server",
            find=latest(lambda deed: deed.profile != "submissions", "EHLO", "HELO", "MAIL"),
            message=(
                "This is another kind of server. Moving to one with STARTTLS is a cure, too; but what you have named "
                "is to be proved on the one that Alice has."
            ),
            remark="said to a server that speaks first",
            next_step='Use `Lab("submissions", name="10.d")`.',
        ),
        Mistake(
            name="starttls-inside",
            find=latest(lambda deed: True, "STARTTLS"),
            message="This connection is inside TLS already, so there is nothing to start: {code}.",
            remark="answered {code}",
            next_step="Leave STARTTLS out: EHLO, AUTH, MAIL.",
        ),
        Mistake(
            name="wrong-password",
            find=latest(lambda deed: deed.code == 535),
            message="TLS is right. The login was refused: {code}.",
            remark="refused with {code}",
            next_step=f"Send `{_ALICE_LOGIN}` as it stands in the task.",
        ),
        Mistake(
            name="no-ehlo",
            find=latest(lambda deed: deed.code == 503, "AUTH", "MAIL"),
            message="TLS is right. The server wants to be greeted before this: {code}.",
            remark="before EHLO: {code}",
            next_step=f"Send `{_EHLO}` first.",
        ),
        Mistake(
            name="not-logged-in",
            find=latest(lambda deed: deed.code == 530),
            message="TLS is right. The server does not know yet who sends: {code}.",
            remark="nobody is logged in: {code}",
            next_step="Log in before MAIL.",
        ),
    ),
    otherwise="The server answers you, so TLS is right. MAIL has not been taken yet.",
    start_with="Open a connection with `server.connect()`, and see whether a greeting comes.",
    case=_SILENCE,
)


# -- 10.e: put off --------------------------------------------------------------------------------------

_TO_GREY = f"RCPT TO:<{_GREY}>"
_PUT_OFF = Case(
    profile="open",
    play=_say(_EHLO, _MAIL, _TO_GREY, "QUIT"),
    causes=(
        Suspect(
            name="mailbox-unknown",
            text="the customer gave a wrong address",
            answer="That is 550 5.1.1. This reply begins with 4, and so does its enhanced code: not now.",
            find=_on("RCPT"),
            remark="4, and no word of an unknown user",
            side="S",
        ),
        Suspect(
            name="ip-blocklisted",
            text="the shop's server stands on a blocklist",
            answer=(
                "X.7.1 is said of blocklists as well; so read on. No list is named, and none would end in five minutes."
            ),
            find=_on("RCPT"),
            remark="no list, no page to go to; but a time",
            side="S",
        ),
        Suspect(
            name="greylisted",
            text="the server puts everybody off whom it sees for the first time",
            answer=(
                "Yes: the words say so. Many programs that send spam never come back, and a mail server does "
                "(RFC 6647, 2.4). "
                "It costs a few minutes, once."
            ),
            find=_on("RCPT"),
            remark="the word, the class 4, and the time to wait",
            side="S",
            right=True,
        ),
        Suspect(
            name="mailbox-full",
            text="the customer's mailbox is full",
            answer="That is X.2.2, and the words would speak of a quota.",
            find=_on("RCPT"),
            remark="X.7.1 is about policy, not about a mailbox",
            side="S",
        ),
    ),
    actors=(
        Suspect(
            name=_RECIPIENT,
            text="",
            answer="The customer can do nothing about it, and need not: the address is right.",
            find=_on("RCPT"),
            remark="nothing here is about the customer",
            side="S",
        ),
        Suspect(
            name=_NOBODY,
            text="",
            answer="The shop's mail server tries again by itself; after five minutes it is let in.",
            find=_on("RCPT"),
            remark="try again: a server does this without anybody's help",
            side="S",
            right=True,
        ),
        Suspect(
            name=_THEIR_ADMIN,
            text="",
            answer="It is meant to be so, and it will be over before anybody has read your complaint.",
            find=_on("RCPT"),
            remark="a rule of the house, and one that ends by itself",
            side="S",
        ),
    ),
    proof="Do what the shop's mail server would do, and bring the message to the customer.",
)


def _to_grey(sending: Sending) -> bool:
    return _GREY in sending.recipients


def _asked_grey(times: int) -> Finder:
    """The last time that grey was put off, if it was so often and is not let in yet."""

    def find(records: Records) -> Deed | None:
        asked = [deed for deed in records.deeds("RCPT") if (deed.exchange.path or "").lower() == _GREY]
        if not asked or any(deed.accepted for deed in asked):
            return None
        return asked[-1] if len(asked) >= times else None

    return find


def _let_in(records: Records) -> Deed | None:
    asked = [deed for deed in records.deeds("RCPT", accepted=True) if (deed.exchange.path or "").lower() == _GREY]
    return asked[-1] if asked and not any(_to_grey(s) for s in records.sendings(accepted=True)) else None


WAIT = Exercise(
    id="10.e",
    title="The customer who cannot be reached",
    task=(
        f"Prove it: be the shop's mail server, and bring a message from Alice to `{_GREY}`. The lab's clock moves with "
        "`server.clock.advance(minutes=5)`. Any tool may be used. Expected: 450, and later 250 for the recipient and "
        "250 for the message."
    ),
    starter='server = Lab("open", name="10.e")',
    hints=(
        "What does the first digit of the reply say about trying again?",
        "diagnose() names the cause and who can act. Then read the words: they even say when.",
        "Conclude greylisted and nobody (wait). Send MAIL and RCPT, advance the clock, and do it again with a message.",
    ),
    solution=Solution(
        code=(
            "from helpers import case\n\n"
            'case("10.e").conclude("greylisted", "nobody (wait)")\n'
            'server = Lab("open", name="10.e")\n'
            "for minutes in (0, 5):\n"
            "    server.clock.advance(minutes=minutes)\n"
            "    session = server.connect()\n"
            f'    for line in ["{_EHLO}", "{_MAIL}", "{_TO_GREY}"]:\n'
            "        answer = session.send(line)\n"
            "    print(answer)\n"
            'session.send("DATA")\n'
            'session.send_data("Subject: Your order\\n\\nThank you.\\n")\n'
            'check("10.e")'
        ),
        explanation=(
            "4xx means that the same may work later, so a mail server keeps the message and tries again (RFC "
            "5321 4.2.1, "
            "4.5.4.1). The server remembers who came from where to whom, and lets them in when they return. A "
            "person who "
            "sees the first reply alone takes it for a refusal."
        ),
    ),
    done=_accepted(_to_grey),
    praise="Nothing was wrong with the address: five minutes later the customer has the message.",
    shown="taken with {code}, at the second visit",
    mistakes=(
        Mistake(
            name="too-soon",
            find=_asked_grey(2),
            message=(
                "You have tried again, but too soon by the lab's clock, or with another sender: {code}. The server "
                "remembers sender and recipient together, and waits for these two."
            ),
            remark="still {code}",
            next_step="Call `server.clock.advance(minutes=5)`, and then try once more with the same sender.",
        ),
        Mistake(
            name="given-up",
            find=_asked_grey(1),
            message="Put off, as in the log: {code}. Nobody has tried again yet.",
            remark="“not now”, and the last word so far",
            next_step="Advance the lab's clock by five minutes, and send MAIL and RCPT again.",
        ),
        Mistake(
            name="no-message",
            find=_let_in,
            message="The customer's server takes it now. Nothing has followed yet.",
            remark="let in: {code}",
            next_step="Send DATA and a message in the same connection.",
        ),
        Mistake(
            name="somebody-else",
            find=latest(lambda deed: (deed.exchange.path or "").lower() != _GREY, "RCPT"),
            message="This is somebody else. The customer's address is another one.",
            remark="not the customer",
            next_step=f"Name the customer: `{_TO_GREY}`.",
        ),
    ),
    otherwise="You spoke with the server, but the customer has not been named yet.",
    start_with=f"Open a connection, and name the customer: EHLO, MAIL, `{_TO_GREY}`.",
    case=_PUT_OFF,
)


# -- 10.f: the wrong house ------------------------------------------------------------------------------

_TO_CAROL = f"RCPT TO:<{_ELSEWHERE}>"
_WRONG_HOUSE = Case(
    profile="mx",
    play=_say("EHLO mail.shop.example", "MAIL FROM:<orders@shop.example>", _TO_CAROL, "QUIT"),
    causes=(
        Suspect(
            name="relay-denied",
            text="the shop's server has not logged in, or has no right to relay",
            answer=(
                "The words are those of relaying, and at your own server a login would be the cure. But the "
                "shop's server did "
                "what DNS told it to do, and a domain's MX takes mail for its own people from everybody (RFC "
                "5321, 5.1)."
            ),
            find=_on("EHLO"),
            remark="this server offers no AUTH: it is no place to log in, and it is not other.example's",
            side="S",
        ),
        Suspect(
            name="mailbox-unknown",
            text="there is no Carol at other.example",
            answer="That would be 5.1.1. This server does not know the whole domain, so it cannot know of Carol.",
            find=_on("RCPT"),
            remark="5.7.1: not allowed; nothing about who exists",
            side="S",
        ),
        Suspect(
            name="receiver-misconfig",
            text="the MX record of other.example names a server that knows nothing of this domain",
            answer=(
                "Yes: by its DNS other.example says “this server takes my mail”, and the server says “not mine”. "
                "One of the two is mistaken, and only other.example's side can put it right."
            ),
            find=_on("RCPT"),
            remark="the server that its MX record names does not take this domain for its own",
            side="S",
            right=True,
        ),
        Suspect(
            name="ip-blocklisted",
            text="the shop's server has a bad reputation",
            answer="The words speak of relaying to this recipient; they name no list and no address of the client.",
            find=_on("MAIL"),
            remark="up to here nobody objects to the shop",
            side="S",
        ),
    ),
    actors=(
        Suspect(
            name=_SENDER,
            text="",
            answer="The shop may send as often as it likes: DNS will lead it to the same wrong door.",
            find=_on("RCPT"),
            remark="5xx, and nothing in this line is wrong",
        ),
        Suspect(
            name="provider",
            text="",
            answer="If this server relayed to everywhere for everybody, it would be an open relay (RFC 2505, 2.1).",
            find=_on("RCPT"),
            remark="rightly refused: it is not for this domain",
            side="S",
        ),
        Suspect(
            name=_THEIR_ADMIN,
            text="",
            answer=(
                "Whoever looks after other.example corrects the MX record, or adds the domain to the server. "
                "Tell them by phone."
            ),
            find=_on("RCPT"),
            remark="their DNS has led the shop to this answer",
            side="S",
            right=True,
        ),
    ),
    proof="Be the administrator of other.example: let the MX be a server for this domain, and try the recipient there.",
)


def _named_carol(condition: Callable[[Deed], bool]) -> Finder:
    return latest(lambda deed: (deed.exchange.path or "").lower() == _ELSEWHERE and condition(deed), "RCPT")


MISLED = Exercise(
    id="10.f",
    title="The server that says: not mine",
    task=(
        "Prove it: now you look after other.example. The lab below is the server that your MX record names; "
        "correct it, "
        f"and let the shop's `{_TO_CAROL}` come again, without a login. Any tool may be used. Expected: 250 for RCPT."
    ),
    starter='server = Lab("mx", name="10.f", domain="lab.example")  # whose mail does this server take?',
    hints=(
        "diagnose() says relay-denied, from the words. Ask the second question: whom did the client want to reach, and "
        "who is answering? The greeting tells.",
        "Is this the sender's own server, or the recipient's? What does an MX demand from strangers?",
        'Conclude receiver-misconfig and the recipient\'s administrator. Then `Lab("mx", name="10.f", '
        'domain="other.example")`, EHLO, MAIL, and RCPT.',
    ),
    solution=Solution(
        code=(
            "from helpers import case\n\n"
            'case("10.f").conclude("receiver-misconfig", "recipient\'s administrator")\n'
            'server = Lab("mx", name="10.f", domain="other.example")\n'
            "session = server.connect()\n"
            f'for line in ["EHLO mail.shop.example", "MAIL FROM:<orders@shop.example>", "{_TO_CAROL}"]:\n'
            "    print(session.send(line))\n"
            'check("10.f")'
        ),
        explanation=(
            "The same words mean two things. From the server that you send through they mean: log in. From the "
            "server that "
            "the recipient's DNS names they mean: the recipient's side is set up wrongly, since an MX must take mail "
            "for its own domain (RFC 5321 5.1). Only the session tells which one is speaking."
        ),
    ),
    done=_named_carol(lambda deed: deed.code == 250 and deed.profile == "mx"),
    praise="The right server knows Carol, and asks for no login. The shop has not changed a thing.",
    shown="taken with {code}, by a server that is meant for other.example",
    mistakes=(
        Mistake(
            name="open-relay",
            find=_named_carol(lambda deed: deed.code == 250 and deed.profile == "naive"),
            message="This server takes mail for everybody from everybody. That is an open relay, and no cure.",
            remark="taken from anybody for anywhere",
            next_step='Use an `mx` server for the domain: `Lab("mx", name="10.f", domain="other.example")`.',
        ),
        Mistake(
            name="passed-on",
            find=_named_carol(lambda deed: deed.code == 250),
            message=(
                "This server takes the message in order to pass it on. Then it asks DNS in its turn, and comes "
                "to the same "
                "wrong door as the shop."
            ),
            remark="taken by a server that will only relay it",
            next_step="The server that the MX record names has to be one for other.example: change `domain`.",
        ),
        Mistake(
            name="no-such-user",
            find=latest(
                lambda deed: deed.code == 550 and deed.reply is not None and "5.1.1" in str(deed.reply), "RCPT"
            ),
            message=(
                "The server looked for this mailbox and does not have it: {code}. So the domain is right, the "
                "name is not."
            ),
            remark="{argument}: unknown",
            next_step=f"Use the shop's line: `{_TO_CAROL}`.",
        ),
        Mistake(
            name="same-server",
            find=_named_carol(lambda deed: deed.code == 550),
            message="The same answer as in the log: {code}. This server is still not one for other.example.",
            remark="as in the log",
            next_step='Change the server, not the client: `domain="other.example"`.',
        ),
        Mistake(
            name="login",
            find=latest(lambda deed: True, "AUTH"),
            message="The shop has no account here, and an MX asks for none: {code}.",
            remark="a login where none is offered: {code}",
            next_step="Leave AUTH out, and correct the server.",
        ),
        Mistake(
            name="somebody-else",
            find=latest(lambda deed: deed.code == 250, "RCPT"),
            message="This recipient is taken, but it is not whom the shop wants to reach.",
            remark="another recipient",
            next_step=f"Use the shop's line: `{_TO_CAROL}`.",
        ),
    ),
    otherwise="You spoke with the server, but the shop's recipient has not been named yet.",
    start_with="Decide whose server the MX record should name, and open a connection to it.",
    case=_WRONG_HOUSE,
)

EXERCISES = [FADED, MEND, FREE, SILENT, WAIT, MISLED]

QUESTIONS = [
    Question(
        id="10.q1",
        prompt=(
            "A bounce from MAILER-DAEMON@yourhouse.example lies in your mailbox, its reverse-path is `<>`. It says: "
            "`host mx.other.example said: 550 5.1.1 User unknown (in reply to RCPT TO command)`. Who refused?"
        ),
        options=(
            Option("Your own server, MAILER-DAEMON", "It only tells you: it wrote the bounce. Look at who “said” it."),
            Option(
                "The server mx.other.example",
                "Yes: the words after “said” are its reply. Your server passes them on in a bounce from `<>`.",
                right=True,
            ),
            Option("The recipient, who does not want your mail", "Nobody has read it: RCPT comes before the message."),
            Option(
                "Whoever is at `<>`", "The null reverse-path is nobody: it says that no bounce may answer a bounce."
            ),
        ),
        rfc="RFC 5321 4.5.5",
        looks_back_to="02",
    ),
    Question(
        id="10.q2",
        prompt="`SMTPNotSupportedError: SMTP AUTH extension not supported by server.` Who says this?",
        options=(
            Option("The server, since the password is wrong", "A server's words come with a code: 535. Here is none."),
            Option(
                "The client's library, which found no AUTH on the server's list",
                "Yes: it did not even try. Mostly the list was read before TLS, where many servers do not offer AUTH.",
                right=True,
            ),
            Option("The recipient's server", "The program has not come so far: it has not yet logged in at its own."),
            Option(
                "A filter on the way", "A filter answers the message, or breaks the line. Look whether there is a code."
            ),
        ),
        rfc="RFC 4954 3",
    ),
    Question(
        id="10.q3",
        prompt="diagnose() answers “not sure” to a bounce that you have pasted. What do you do first?",
        options=(
            Option(
                "Find out which command the refusal answered, and read what was said before it",
                "Yes: the phase tells whom it can be about, and the first refusal is often not the last.",
                right=True,
            ),
            Option("Look the code up in a table", "That is done already; with the words it was not enough."),
            Option("Send the message again until it works", "After 5xx the same will fail again, and it may harm you."),
            Option("Take the most likely cause", "That is a guess. You would write to the wrong person."),
        ),
        rfc="RFC 5321 4.2.1",
    ),
]

PREDICTIONS = [
    Prediction(
        id="10.p1",
        prompt=(
            "Three messages come back, each with `550 5.7.1`. The table says of X.7.1: “Delivery not authorized, "
            "message refused”. What do the three have in common?"
        ),
        options=(
            Option("The recipients do not exist", "For that there is X.1.1; and 550 alone has many meanings."),
            Option("The sender has to log in", "That is one of the things which it can mean."),
            Option("The same person has to act", "Wait for the next cell: it shows three with three."),
            Option(
                "That they are refused for good, and no more than that",
                "Yes: the first digit is certain. Why, and who can act, stands in the words and in the session.",
                right=True,
            ),
        ),
        rfc="RFC 3463 3.8",
    ),
    Prediction(
        id="10.p2",
        prompt="Somebody pastes one line, `554 Transaction failed`, and asks why. What will diagnose() say?",
        options=(
            Option(
                "Spam: 554 mostly is",
                "Often it is. But it also is the answer to DATA without a recipient, and to much else.",
            ),
            Option(
                "Permanent, and not sure why",
                "Yes: the class is certain, and nothing else is said. It tells you what to look at next.",
                right=True,
            ),
            Option(
                "The recipient does not exist", "That would be 550, and the words would speak of a user or mailbox."
            ),
            Option("Try again later", "The first digit is a 5."),
        ),
        rfc="RFC 5321 4.2.3",
    ),
]
