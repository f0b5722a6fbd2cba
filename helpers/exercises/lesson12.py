"""Exercises and questions of lesson 12: mail from Python."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes

from helpers.exercises.base import Exercise, Finder, Mistake, Option, Prediction, Question, Solution, latest
from helpers.exercises.records import Deed, Records, Sending

_EHLO, _MAIL, _RCPT = "EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>"
_AUTH = "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ="
_BOB, _GREY = "bob@lab.example", "grey@lab.example"


def _inside(condition: Callable[[Deed], bool]) -> Callable[[Deed], bool]:
    """The condition, for what went inside TLS only."""
    return lambda deed: deed.exchange.tls and condition(deed)


def _refused_in_clear(deed: Deed) -> bool:
    return deed.code == 530 and not deed.exchange.tls


def _known(deed: Deed) -> bool:
    """Inside TLS, after a login."""
    return deed.exchange.tls and deed.exchange.before.authenticated is not None


def _not_known(deed: Deed) -> bool:
    return deed.code == 530 and deed.exchange.tls and deed.exchange.before.hello is not None


def _never_greeted(deed: Deed) -> bool:
    return deed.code in (503, 530) and deed.exchange.tls and deed.exchange.before.hello is None


def _first(deed: Deed, verb: str) -> bool:
    """Whether this stands before the first such command, and not after one that was refused."""
    return all(exchange.verb != verb for exchange in deed.earlier)


_WRONG_PASSWORD = Mistake(
    name="wrong-password",
    find=latest(lambda deed: deed.code == 535),
    message="The server refused the login: {code}. User and password have to be exactly those of the task.",
    remark="refused with {code}",
    next_step="The user is alice, the password wonderland, both in small letters.",
)


# -- 12.a: log in ---------------------------------------------------------------------------------------

FADED = Exercise(
    id="12.a",
    title="Log in from Python",
    task=(
        "The cell connects to a server for submission and switches to TLS. Then its MAIL is refused. Replace the three "
        "dots by the one call of `client` that is missing, and log in as alice (password: wonderland). "
        "Expected: 235 for the login, 250 for MAIL."
    ),
    starter=(
        'practice = Lab("submission", name="12.a")\n'
        "client = practice.smtplib()\n"
        "client.starttls(context=practice.client_context())\n"
        "answer = ...  # replace the three dots by the missing call\n"
        "client.ehlo_or_helo_if_needed()\n"
        'client.mail("alice@lab.example")'
    ),
    given=(
        "ehlo laptop.example",
        "STARTTLS",
        "ehlo laptop.example",
        "mail FROM:<alice@lab.example>",
        "mail from:<alice@lab.example>",  # smtplib's spelling from Python 3.13 on
    ),
    hints=(
        "Which method of the client makes AUTH out of a user and a password?",
        "It is called login, and it says EHLO by itself where that is missing.",
        'In place of the dots: `client.login("alice", "wonderland")`.',
    ),
    solution=Solution(
        code=(
            'practice = Lab("submission", name="12.a")\n'
            "client = practice.smtplib()\n"
            "client.starttls(context=practice.client_context())\n"
            'answer = client.login("alice", "wonderland")\n'
            "client.ehlo_or_helo_if_needed()\n"
            'client.mail("alice@lab.example")'
        ),
        explanation=(
            "login() says EHLO again, since the handshake made both sides forget the first one (RFC 3207 4.2), reads "
            "in the new list which mechanisms there are, and sends AUTH (RFC 4954 4). Only then does a server for "
            "submission take MAIL."
        ),
    ),
    done=latest(lambda deed: deed.code == 250 and _known(deed), "MAIL"),
    praise="TLS, EHLO again, a login, and MAIL: the order of every program that submits mail.",
    shown="inside TLS and logged in, so it was answered {code}",
    mistakes=(
        Mistake(
            name="login-in-clear",
            find=latest(lambda deed: not deed.exchange.tls, "AUTH"),
            message="The login came before TLS, so whoever listens has the password; the server answered {code}.",
            remark="not inside TLS",
            next_step="Call starttls first, then login.",
        ),
        _WRONG_PASSWORD,
        Mistake(
            name="not-offered",
            find=latest(lambda deed: deed.code == 504, "AUTH"),
            message="The server does not know this mechanism: {code}.",
            remark="a mechanism that is not on the list",
            next_step="Let `client.login(user, password)` choose one from the server's list.",
        ),
        Mistake(
            name="no-ehlo-again",
            find=latest(_never_greeted, "AUTH", "MAIL"),
            message="Inside TLS the server knows nothing of you yet, and refuses with {code} what needs an EHLO.",
            remark="before EHLO, answered {code}",
            next_step="Use `client.login`, which says EHLO by itself, or call `client.ehlo()` first.",
        ),
        Mistake(
            name="not-encrypted",
            find=latest(_refused_in_clear, "MAIL"),
            message="This server takes nothing without TLS: {code}.",
            remark="in clear text: {code}",
            next_step="Keep the line with starttls.",
        ),
        Mistake(
            name="not-logged-in",
            find=latest(_not_known, "MAIL"),
            message="The connection is encrypted, but nobody has logged in: {code}.",
            remark="nobody is logged in: {code}",
            next_step="Call the client's login before MAIL.",
        ),
    ),
    otherwise="You spoke with the server, but MAIL has not been sent after a login.",
    start_with="Replace the three dots by a call of the client that logs in.",
)


# -- 12.b: the order of a product -----------------------------------------------------------------------


def _safely_sent(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations()):
        if any(e.verb == "AUTH" and not e.tls for e in conversation.exchanges):
            continue
        named = [d for d in conversation.deeds if d.verb == "RCPT" and d.code == 250 and _known(d)]
        if named and conversation.said("QUIT", code=221):
            return named[-1]
    return None


def _no_quit(records: Records) -> Deed | None:
    newest = records.newest
    if newest is None or newest.said("QUIT"):
        return None
    return next((deed for deed in reversed(newest.deeds) if deed.verb == "RCPT" and deed.accepted), None)


ORDER = Exercise(
    id="12.b",
    title="Mend a program's order",
    task=(
        "Somebody has written a program whose password was stolen. These are its lines; send them as they are and look "
        "at the replies. Then put all seven into the order in which `send_email` works. "
        "Expected: 220, 235, 250 for MAIL and RCPT, 221, and no password outside TLS."
    ),
    starter=(
        'program = Lab("submission", name="12.b")\n'
        f'auth = "{_AUTH}"\n'
        f'lines = ["{_EHLO}", auth, "STARTTLS", "{_MAIL}"]\n'
        f'order(program, [*lines, "{_EHLO}", "{_RCPT}", "QUIT"], "12.b")'
    ),
    hints=(
        "Which line must nobody on the path read? What has to come before it?",
        "After STARTTLS the server has forgotten everything. What does a client say first?",
        "EHLO, STARTTLS, EHLO, AUTH, MAIL, RCPT, QUIT.",
    ),
    solution=Solution(
        code=(
            'program = Lab("submission", name="12.b")\n'
            "session = program.connect()\n"
            f'auth = "{_AUTH}"\n'
            f'for line in ["{_EHLO}", "STARTTLS", "{_EHLO}", auth, "{_MAIL}", "{_RCPT}", "QUIT"]:\n'
            "    session.send(line)\n"
            'check("12.b")'
        ),
        explanation=(
            "A refused login in clear text is as bad as an accepted one: the password has been on the wire. So TLS "
            "comes first, then EHLO, whose new list offers AUTH (RFC 3207 4.2, RFC 4954 4), then the login, "
            "and at last the transaction."
        ),
    ),
    done=_safely_sent,
    praise="Nobody on the path has seen the password or an address. This is the order of send_email.",
    shown="inside TLS and logged in; answered {code}",
    mistakes=(
        Mistake(
            name="password-in-clear",
            find=latest(lambda deed: not deed.exchange.tls, "AUTH"),
            message=(
                "The password went over the wire in clear text. The server's {code} came too late: "
                "whoever listens has read it."
            ),
            remark="not inside TLS",
            next_step="Move AUTH below STARTTLS.",
        ),
        Mistake(
            name="mail-in-clear",
            find=latest(_refused_in_clear, "MAIL", "RCPT"),
            message="This server takes no transaction before TLS: {code}.",
            remark="in clear text: {code}",
            next_step="Move this line below STARTTLS.",
        ),
        Mistake(
            name="no-ehlo-again",
            find=latest(lambda deed: _never_greeted(deed) and _first(deed, "AUTH"), "AUTH", "MAIL", "RCPT"),
            message="The handshake made the server forget your EHLO, so it refuses this line: {code}.",
            remark="nobody has said EHLO inside TLS: {code}",
            next_step="Put the second EHLO right after STARTTLS.",
        ),
        Mistake(
            name="mail-before-login",
            find=latest(lambda deed: _not_known(deed) and _first(deed, "AUTH"), "MAIL", "RCPT"),
            message="The server wants to know who sends, before it takes this: {code}.",
            remark="nobody is logged in: {code}",
            next_step="Move AUTH up, between the second EHLO and MAIL.",
        ),
        Mistake(
            name="rcpt-before-mail",
            find=latest(lambda deed: deed.code == 503 and _known(deed) and _first(deed, "MAIL"), "RCPT"),
            message="There is no transaction to which this recipient could belong: {code}.",
            remark="before MAIL: {code}",
            next_step="Put MAIL before RCPT.",
        ),
        Mistake(
            name="quit-early",
            find=latest(lambda deed: _first(deed, "RCPT"), "QUIT"),
            message="QUIT ends the session, and no recipient had been named by then.",
            remark="the end, before any recipient",
            next_step="Move QUIT to the end.",
        ),
        Mistake(
            name="no-quit",
            find=_no_quit,
            message="The order is right, but the program leaves without a word.",
            remark="the last line of the session",
            next_step="End with QUIT.",
        ),
    ),
    otherwise="The server has heard you, but no recipient has been named after a login inside TLS.",
    start_with="Choose Send to see what the server says to the lines as they are.",
)


# -- 12.c: try again ------------------------------------------------------------------------------------


def _alternatives(sending: Sending) -> bool:
    """Text and HTML of one letter (RFC 2046 5.1.4)."""
    found = [part.get_content_type() for part in message_from_bytes(sending.transaction.content).walk()]
    return "multipart/alternative" in found and {"text/plain", "text/html"} <= set(found)


def _reached(records: Records, address: str) -> list[Sending]:
    return [sending for sending in records.sendings(accepted=True) if address in sending.recipients]


def _delivered(records: Records) -> Deed | None:
    bob, grey = _reached(records, _BOB), _reached(records, _GREY)
    if len(bob) == len(grey) == 1 and _alternatives(bob[0]) and _alternatives(grey[0]):
        return grey[0].deeds("RCPT", code=250)[-1]
    return None


def _no_html(records: Records) -> Deed | None:
    sent = records.sendings(accepted=True)
    return None if not sent or _alternatives(sent[-1]) else sent[-1].end


def _twice(records: Records) -> Deed | None:
    for address in (_BOB, _GREY):
        reached = _reached(records, address)
        if len(reached) > 1:
            return reached[-1].end
    return None


def _grey_puts_off(times: int) -> Finder:
    def find(records: Records) -> Deed | None:
        asked = [deed for deed in records.deeds("RCPT", code=450) if (deed.exchange.path or "").lower() == _GREY]
        return asked[-1] if len(asked) >= times and not _reached(records, _GREY) else None

    return find


def _bob_left_out(records: Records) -> Deed | None:
    return _reached(records, _GREY)[-1].end if _reached(records, _GREY) and not _reached(records, _BOB) else None


FREE = Exercise(
    id="12.c",
    title="Deliver to all, and to nobody twice",
    task=(
        "Write to `bob@lab.example` and `grey@lab.example`, as alice (password: wonderland), from alice@lab.example. "
        "The message has a text and the same as HTML. Grey is put off at first: move the lab's clock with "
        "`office.clock.advance(minutes=5)`, and try again, but only those whom the server put off. Any tool may be "
        "used. Expected: 250 for Bob and 450 for grey, then 250 for grey alone; one copy for each."
    ),
    starter='office = Lab("submission", name="12.c")',
    hints=(
        "`send_email` returns whom the server refused. Its result has a list of those to try again.",
        "Make an EmailMessage with `set_content` and `add_alternative(…, subtype='html')`, send it to both, advance "
        "the clock, and send it again with `recipients=…`.",
        "The second call is `send_email(letter, office.smtplib(), recipients=done.later, login=…, context=…)`.",
    ),
    solution=Solution(
        code=(
            "from email.message import EmailMessage\n\n"
            'office = Lab("submission", name="12.c")\n'
            "letter = EmailMessage()\n"
            'letter["From"], letter["To"] = "alice@lab.example", "bob@lab.example, grey@lab.example"\n'
            'letter.set_content("Friday at noon?")\n'
            'letter.add_alternative("<p>Friday at <b>noon</b>?</p>", subtype="html")\n'
            'options = {"login": ("alice", "wonderland"), "context": office.client_context()}\n'
            "done = send_email(letter, office.smtplib(), **options)\n"
            "office.clock.advance(minutes=5)\n"
            "send_email(letter, office.smtplib(), recipients=done.later, **options)"
        ),
        explanation=(
            "A 4xx to one recipient is “not now” for this one and says nothing about the others (RFC 5321 4.2.1). So "
            "a program remembers whom it has to try again, waits, and sends to them alone: the envelope decides who "
            "gets it, though To still names both. Real programs wait for longer from time to time and give up after "
            "days (RFC 5321 4.5.4.1)."
        ),
    ),
    done=_delivered,
    praise="Both have the letter, and each has it once. That is all of a mail queue, in small.",
    shown="taken with {code} at the second try",
    mistakes=(
        Mistake(
            name="login-in-clear",
            find=latest(lambda deed: not deed.exchange.tls, "AUTH"),
            message="The password went over the wire before TLS; the server answered {code}.",
            remark="not inside TLS",
            next_step="Use `send_email`, or call starttls with a context before login.",
        ),
        _WRONG_PASSWORD,
        Mistake(
            name="no-tls",
            find=latest(_refused_in_clear, "MAIL"),
            message="This server takes no mail without TLS: {code}.",
            remark="in clear text: {code}",
            next_step='Leave `tls="none"` out and give `context=office.client_context()`.',
        ),
        Mistake(
            name="not-trusted",
            find=Records.broken_handshake,
            message="Your client broke off the handshake, since it does not trust the certificate, and sent nothing.",
            remark="{code}, then a failed handshake",
            next_step="Tell it whom to trust here: give `context=office.client_context()`.",
        ),
        Mistake(
            name="no-login",
            find=latest(_not_known, "MAIL"),
            message="The server does not know who sends: {code}.",
            remark="nobody is logged in: {code}",
            next_step='Give `login=("alice", "wonderland")`.',
        ),
        Mistake(
            name="twice",
            find=_twice,
            message="Somebody has this letter twice: the second try went to people who had been taken before.",
            remark="a second copy for the same person",
            next_step="Run the cell again with a new lab, and try again only `done.later`.",
        ),
        Mistake(
            name="no-html",
            find=_no_html,
            message="The server took this message, but it does not have a text and the same as HTML.",
            remark="a message without the two forms",
            next_step="Call `set_content(…)`, then `add_alternative(…, subtype='html')`; start with a new lab.",
        ),
        Mistake(
            name="too-soon",
            find=_grey_puts_off(2),
            message="Grey was tried again and put off again: the five minutes had not passed on the lab's clock.",
            remark="still {code}",
            next_step="Call `office.clock.advance(minutes=5)` between the two tries.",
        ),
        Mistake(
            name="given-up",
            find=_grey_puts_off(1),
            message="Grey was put off with {code}. That is no refusal for good, and nobody has tried again.",
            remark="“not now”, and the last word so far",
            next_step="Advance the lab's clock, and send once more to those in `done.later`.",
        ),
        Mistake(
            name="bob-left-out",
            find=_bob_left_out,
            message="Grey has the letter. Bob was not among the recipients.",
            remark="the message, without Bob in its envelope",
            next_step="Name both in To, and send to both at first.",
        ),
    ),
    otherwise="You spoke with the server, but nothing has been sent to Bob and grey yet.",
    start_with="Make an EmailMessage, and give it to `send_email` with `office.smtplib()`.",
)

EXERCISES = [FADED, ORDER, FREE]

QUESTIONS = [
    Question(
        id="12.q1",
        prompt="A program calls `client.starttls()` without a context, and it works. What is certain now?",
        options=(
            Option("The server is the one that was meant", "For that somebody has to look at the certificate."),
            Option(
                "Nobody who only listens can read what follows",
                "Yes, and no more: smtplib verifies nothing by itself, so somebody in between may be the other end.",
                right=True,
            ),
            Option("Both of it", "Encrypted to whom? Without a context the certificate is not verified."),
            Option("The password was right", "A login comes after TLS, and is a command of its own."),
        ),
        rfc="RFC 8314 5.3",
        looks_back_to="07",
    ),
    Question(
        id="12.q2",
        prompt=(
            "All of the message is sent, with the dot, and then the connection breaks before any reply. "
            "What does a program know?"
        ),
        options=(
            Option("The message is lost", "Perhaps the server has it, and only its 250 was lost."),
            Option("The message was delivered", "It may have been. Without a 250 nobody has promised it."),
            Option(
                "Nothing: sent again, it may arrive twice",
                "Yes. Programs send it again, since twice is better than never; keep the Message-ID the same.",
                right=True,
            ),
            Option("Every recipient was refused", "A refusal is a reply, and none came."),
        ),
        rfc="RFC 5321 4.5.3.2.6",
    ),
    Question(
        id="12.q3",
        prompt="`done = send_email(…)` raised nothing. What do you do before you tell the user that all went well?",
        options=(
            Option("Nothing: errors are raised", "Only when nobody was taken. A few refused ones raise nothing."),
            Option("Read the mailbox of each recipient", "You cannot: it belongs to somebody else's server."),
            Option("Send it once more, to be sure", "Then everybody who has it gets it twice."),
            Option(
                "Look at `done.refused`",
                "Yes: each recipient has an answer of its own, and some may be refused while others are taken.",
                right=True,
            ),
        ),
        rfc="RFC 5321 3.3",
    ),
]

PREDICTIONS = [
    Prediction(
        id="12.p1",
        prompt=(
            "The text of a message is “Café um zwölf?”. A strict server offers 8BITMIME, and Python's "
            "`send_message(message)` sends it there. What happens?"
        ),
        options=(
            Option("Python raises UnicodeEncodeError", "EmailMessage knows how to write such a text as octets."),
            Option("It is taken: smtplib announces BODY=8BITMIME", "It could, for the server offers it. Look closely."),
            Option("It is taken: smtplib encodes the text in ASCII", "EmailMessage has left it in eight bits."),
            Option(
                "The server refuses it with 554",
                "Yes: eight-bit content went out and MAIL had not announced it. A strict server objects.",
                right=True,
            ),
        ),
        rfc="RFC 6152 3",
    ),
    Prediction(
        id="12.p2",
        prompt=(
            "A program calls `client.login` once, with a wrong password. The server offers PLAIN, LOGIN, CRAM-MD5 and "
            "SCRAM-SHA-256. How many refusals does the server count?"
        ),
        options=(
            Option("One: there was one call", "One call, but look at how many mechanisms smtplib knows."),
            Option("Two: PLAIN and LOGIN", "CRAM-MD5 is tried as well, before these two."),
            Option(
                "Three: one for each mechanism that smtplib knows",
                "Yes. Each of them is tried with the same password, and each counts against you.",
                right=True,
            ),
            Option("Four: one for each mechanism offered", "smtplib does not know SCRAM."),
        ),
        rfc="RFC 4954 4",
    ),
]
