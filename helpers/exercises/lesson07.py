"""Exercises and questions of lesson 07: STARTTLS and certificates."""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher

from helpers.exercises.base import Exercise, Finder, Mistake, Option, Prediction, Question, Solution, holds_gap, latest
from helpers.exercises.records import Conversation, Deed, Records
from helpers.session_tls import UNKNOWN_SIGNER
from helpers.wire.overheard import overheard

_HELLO = ("EHLO", "HELO")
_EHLO, _MAIL, _RCPT = "EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>"


def _inside(condition: Callable[[Deed], bool]) -> Callable[[Deed], bool]:
    """The condition, for what went inside TLS only."""
    return lambda deed: deed.exchange.tls and condition(deed)


def _greeted(deed: Deed) -> bool:
    return deed.exchange.before.hello is not None


# -- 07.a: EHLO again ---------------------------------------------------------------------------------


def _misspelt(deed: Deed) -> bool:
    return deed.code in (500, 502) and SequenceMatcher(None, deed.verb, "EHLO").ratio() >= 0.5


def _not_greeted(deed: Deed) -> bool:
    """Inside TLS, refused, and nothing that went wrong there before is the reason."""
    tried = any(e.tls and (e.verb in _HELLO or (e.code or 0) >= 500) for e in deed.earlier)
    return deed.code == 503 and not tried and not _greeted(deed)


FADED = Exercise(
    id="07.a",
    title="The line after the handshake",
    task=(
        "The cell switches to TLS, and then its MAIL is refused with 503. Fill the gap with the line that is missing "
        "between the two, so that inside TLS you know again what the server offers. Expected: 250 for MAIL."
    ),
    starter=(
        'practice = Lab("open", name="07.a")\n'
        "session = practice.connect()\n"
        f'session.send("{_EHLO}")\n'
        'session.send("STARTTLS")\n'
        "session.send(...)  # replace the three dots by the whole line, in quotes\n"
        "if not session.closed:\n"
        f'    session.send("{_MAIL}")\n'
        'check("07.a")'
    ),
    given=(_EHLO, "STARTTLS", _MAIL),
    hints=(
        "After the handshake the server knows nothing of you. What does a client say first to a server?",
        "The greeting with the answer of many lines: HELO would not tell you what the server offers.",
        f'The line is `"{_EHLO}"`, the same as before STARTTLS.',
    ),
    solution=Solution(
        code=(
            'practice = Lab("open", name="07.a")\n'
            "session = practice.connect()\n"
            f'session.send("{_EHLO}")\n'
            'session.send("STARTTLS")\n'
            f'session.send("{_EHLO}")\n'
            f'session.send("{_MAIL}")\n'
            'check("07.a")'
        ),
        explanation=(
            "The handshake puts the session back to where the greeting left it. The server forgets the name of the "
            "client, the client forgets the list of extensions, and EHLO is the first thing to say (RFC 3207 4.2). "
            "There is no second 220 to wait for. smtplib does this EHLO by itself before `login()` and `sendmail()`."
        ),
    ),
    done=latest(_inside(lambda deed: deed.code == 250 and deed.exchange.before.hello == "EHLO"), "MAIL"),
    praise="EHLO came once more, inside TLS, and the transaction could begin: nobody on the path reads any of it.",
    shown="inside TLS, answered {code}",
    mistakes=(
        Mistake(
            name="gap-sent",
            find=latest(holds_gap),
            message="The placeholder itself went over the wire, and the server takes each character at its word.",
            remark="this is the text of the gap",
            next_step="Replace the gap by a whole line in quotes.",
        ),
        Mistake(
            name="helo-for-ehlo",
            find=latest(_inside(lambda deed: deed.code == 250), "HELO"),
            message=(
                "HELO opens the session again, and MAIL is taken. But its answer names no extension, so inside TLS you "
                "may use none: no AUTH, no SIZE."
            ),
            remark="HELO; its answer has one line",
            next_step="Send EHLO with the same name.",
        ),
        Mistake(
            name="no-name",
            find=latest(_inside(lambda deed: deed.code == 501), *_HELLO),
            message="The right command, but something is wrong with the name after it: {code}.",
            remark="answered {code}",
            next_step=f"Give a full name after EHLO, as in `{_EHLO}`.",
        ),
        Mistake(
            name="starttls-again",
            find=latest(_inside(lambda deed: True), "STARTTLS"),
            message=(
                "The connection is encrypted already. STARTTLS is permitted once, and so the server does not offer it "
                "any more (RFC 3207 4.2)."
            ),
            remark="a second STARTTLS, answered {code}",
            next_step="Say who you are instead: the server has forgotten it.",
        ),
        Mistake(
            name="misspelt",
            find=latest(_inside(_misspelt)),
            message="The server finds no command that it knows in this line: {code} says so.",
            remark="no command of this spelling",
            next_step="The four letters are E H L O, then one space, then the name of your client.",
        ),
        Mistake(
            name="in-clear",
            find=latest(lambda deed: deed.code == 250 and not deed.exchange.tls, "MAIL"),
            message="MAIL was taken, but in clear text: without STARTTLS anybody on the path reads the address.",
            remark="not inside TLS",
            next_step="Keep the line with STARTTLS, and fill the gap after it.",
        ),
        Mistake(
            name="left",
            find=latest(_inside(lambda deed: deed.code == 221), "QUIT"),
            message="QUIT ends the session, so nobody is there for MAIL any more.",
            remark="the connection ends here",
            next_step="Put a greeting in the gap.",
        ),
        Mistake(
            name="not-greeted",
            find=latest(_inside(_not_greeted), "MAIL", "RCPT", "DATA"),
            message=(
                "The server answers {code}: it does not know who you are. The EHLO at the top was said before the "
                "handshake, and the handshake made both sides forget it."
            ),
            remark="no EHLO inside TLS before this line",
            next_step="Put into the gap what a client says first.",
        ),
    ),
    otherwise="You spoke with the server, but no MAIL has been answered 250 inside TLS yet.",
    start_with="Replace the three dots by a line in quotes, then run the cell again.",
)


# -- 07.b: nothing that matters before TLS -------------------------------------------------------------


def _addressed(deed: Deed) -> bool:
    return deed.verb in ("MAIL", "RCPT")


def _starttls_refused(deed: Deed) -> bool:
    """STARTTLS stands above this line and was refused: that is what went wrong, not the place of this line."""
    return any(e.verb == "STARTTLS" and (e.code or 0) >= 400 for e in deed.earlier)


def _kept_from_the_path(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations()):
        steps = (("EHLO", 250), ("STARTTLS", 220), ("EHLO", 250), ("MAIL", 250), ("RCPT", 250), ("QUIT", 221))
        said = conversation.exchanges
        clear = any(e.verb in ("MAIL", "RCPT") and not e.tls for e in said)
        if conversation.in_order(*steps) and not clear and all((e.code or 0) < 400 for e in said):
            return conversation.in_order(*steps[:-1])
    return None


def _no_quit(records: Records) -> Deed | None:
    newest = records.newest
    if newest is None or newest.said("QUIT"):
        return None
    return newest.in_order(("STARTTLS", 220), ("MAIL", 250), ("RCPT", 250))


def _quit_early(deed: Deed) -> bool:
    return not any(e.verb in ("MAIL", "RCPT") or (e.code or 0) >= 400 for e in deed.earlier)


ORDER = Exercise(
    id="07.b",
    title="Nothing for the eavesdropper",
    task=(
        "A program names sender and recipient first and wants to encrypt afterwards. Send its lines as they are to see "
        "what the server says to that. Then put them in an order in which nobody on the path reads an address and "
        "nothing is refused; you need all six lines. "
        "Expected: 220 for STARTTLS, then 250 for EHLO, MAIL and RCPT inside TLS, and 221."
    ),
    starter=(
        'program = Lab("open", name="07.b")\n'
        f'addresses = ["{_MAIL}", "{_RCPT}"]\n'
        f'order(program, ["{_EHLO}", *addresses, "STARTTLS", "{_EHLO}", "QUIT"], "07.b")'
    ),
    hints=(
        "Which lines may anybody read? They can stay before STARTTLS. Which lines hold an address?",
        "STARTTLS needs an EHLO before it, and MAIL needs an EHLO after the handshake: there are two of them.",
        "EHLO, STARTTLS, EHLO, MAIL, RCPT, QUIT.",
    ),
    solution=Solution(
        code=(
            'program = Lab("open", name="07.b")\n'
            "session = program.connect()\n"
            f'addresses = ["{_MAIL}", "{_RCPT}"]\n'
            f'for line in ["{_EHLO}", "STARTTLS", "{_EHLO}", *addresses, "QUIT"]:\n'
            "    session.send(line)\n"
            'check("07.b")'
        ),
        explanation=(
            "STARTTLS is an extension, so EHLO comes before it (RFC 5321 2.2). It is not permitted inside a "
            "transaction, since the handshake would make the server forget the transaction. And whatever stands above "
            "STARTTLS has been read already. So it comes as early as it can, with nothing but EHLO before it."
        ),
    ),
    done=_kept_from_the_path,
    praise="EHLO, STARTTLS, EHLO, and only then the addresses. Whoever listens knows that you talk, not to whom.",
    shown="inside TLS, as MAIL was; answered {code}",
    mistakes=(
        Mistake(
            name="starttls-in-transaction",
            find=latest(lambda deed: deed.code == 503 and deed.exchange.before.in_transaction, "STARTTLS"),
            message=(
                "STARTTLS came inside a transaction, and the server refuses that: the handshake makes it forget "
                "everything, the transaction too. And the addresses have been read by then."
            ),
            remark="a transaction is open: answered {code}",
            next_step="Move STARTTLS up, above MAIL.",
            side="S",
        ),
        Mistake(
            name="starttls-first",
            find=latest(lambda deed: deed.code == 503 and not _greeted(deed) and not deed.exchange.tls, "STARTTLS"),
            message="STARTTLS is an extension: you may use it when the reply to EHLO has offered it, not before.",
            remark="no EHLO before this line: answered {code}",
            next_step="Leave one EHLO above STARTTLS.",
        ),
        Mistake(
            name="no-ehlo-after",
            find=latest(_inside(lambda deed: deed.code == 503 and not _greeted(deed)), "MAIL"),
            message="The connection is encrypted, and the server has forgotten your EHLO: {code}.",
            remark="no EHLO after the handshake",
            next_step="One of the two EHLO lines belongs directly below STARTTLS.",
        ),
        Mistake(
            name="starttls-again",
            find=latest(_inside(lambda deed: True), "STARTTLS"),
            message="The connection was encrypted already when this STARTTLS came: {code}.",
            remark="inside TLS already",
            next_step="Send STARTTLS once, over a new connection.",
        ),
        Mistake(
            name="rcpt-before-mail",
            find=latest(_inside(lambda deed: deed.code == 503 and _greeted(deed)), "RCPT"),
            message="Inside TLS the order is as ever: the sender is named first, then the recipients. {code}.",
            remark="no MAIL before this line",
            next_step="Put MAIL above RCPT.",
        ),
        Mistake(
            name="address-in-clear",
            find=latest(lambda deed: _addressed(deed) and not deed.exchange.tls and not _starttls_refused(deed)),
            message="This address went over the wire in clear text: whoever listens has read it.",
            remark="not inside TLS",
            next_step="Let MAIL and RCPT come after STARTTLS and the second EHLO.",
        ),
        Mistake(
            name="quit-early",
            find=latest(_quit_early, "QUIT"),
            message="QUIT came before the addresses. The server closed the connection and heard no more.",
            remark="the session ends here",
            next_step="Move QUIT to the end.",
        ),
        Mistake(
            name="no-quit",
            find=_no_quit,
            message="The order is right, and nothing was read on the way. The session has no end yet.",
            remark="accepted; the server waits for more",
            next_step="Send QUIT as the last line of the same connection.",
        ),
    ),
    otherwise="The server has answered, but the six lines have not gone through in one connection yet.",
    start_with="Choose Send, read the reply to STARTTLS, then move the lines.",
)


# -- 07.c: a certificate that does not fit --------------------------------------------------------------

_NEW_NAME = "smtp.newhost.example"


def _asked_for(conversation: Conversation) -> str | None:
    """The server's name as the client gave it in the handshake."""
    return overheard(conversation.record.transcript.events, conversation.connection.number).server_name


def _right_house(deed: Deed) -> bool:
    return _NEW_NAME in deed.conversation.record.certificate_names


def _right_name(deed: Deed) -> bool:
    return _asked_for(deed.conversation) == _NEW_NAME


def _handshake_failed(condition: Callable[[Conversation], bool]) -> Finder:
    """A finder of the STARTTLS whose handshake failed, in the newest connection with a STARTTLS."""

    def find(records: Records) -> Deed | None:
        broken = records.broken_handshake()
        return broken if broken and condition(broken.conversation) else None

    return find


def _signer_unknown(conversation: Conversation) -> bool:
    return any(UNKNOWN_SIGNER in note for _, note in conversation.connection.notes)


FREE = Exercise(
    id="07.c",
    title="The server has moved house",
    task=(
        "The server has moved to another provider. Your settings still call it mail.lab.example, and its new "
        "certificate does not suit your client at all. You cannot change the server. The provider tells you on the "
        "telephone: the certificate is genuine, `moved.issuer()` is our authority, and the name in it is our name. "
        "Cure on your side what is wrong, one error after the other, without switching the check off, and say EHLO "
        "inside TLS. Any tool may be used. Expected: no TLSFailed any more, and 250 for EHLO inside TLS."
    ),
    starter=(
        'moved = Lab("open", name="07.c", certificate="foreign")\n'
        "session = moved.connect()\n"
        f'session.send("{_EHLO}")\n'
        "\n"
        'check("07.c")'
    ),
    given=(_EHLO,),
    hints=(
        "Send STARTTLS and read the reason in TLSFailed. Which of the three is it: signer, name or time? "
        "A failed handshake ends the connection: try again on a new one.",
        "There are two errors, one behind the other. `moved.certificate` shows what the certificate states; you have "
        "seen both cures in this lesson.",
        f'`moved.trust(moved.issuer())` and `moved.server_name = "{_NEW_NAME}"`; then connect, EHLO, STARTTLS, EHLO.',
    ),
    solution=Solution(
        code=(
            'moved = Lab("open", name="07.c", certificate="foreign")\n'
            "moved.trust(moved.issuer())\n"
            f'moved.server_name = "{_NEW_NAME}"\n'
            "session = moved.connect()\n"
            f'for line in ["{_EHLO}", "STARTTLS", "{_EHLO}"]:\n'
            "    session.send(line)\n"
            'check("07.c")'
        ),
        explanation=(
            "The client asks first who signed, then for whom (RFC 7817 3, RFC 5280 6). Trust in a signer is yours to "
            "give, and a certificate that arrives over the doubtful connection itself cannot earn it: that is why "
            "the provider had to be asked on another way. The name belongs in your settings, as the certificate has "
            "it. Had you switched the check off, anybody on the path could have shown you a certificate of his own."
        ),
    ),
    done=latest(_inside(lambda deed: deed.code == 250 and _right_house(deed) and _right_name(deed)), "EHLO"),
    praise=f"Your client asked for {_NEW_NAME}, checked the certificate, and found it good: it knows whom it tells.",
    shown="inside TLS, answered {code}",
    mistakes=(
        Mistake(
            name="other-server",
            find=latest(_inside(lambda deed: not _right_house(deed))),
            message=(
                "This conversation is encrypted, but with another server: its certificate is not the one of this "
                "exercise. You have to cure it on your side."
            ),
            remark="inside TLS, with another certificate",
            next_step='Make the lab as the cell does: `moved = Lab("open", name="07.c", certificate="foreign")`.',
        ),
        Mistake(
            name="unverified",
            find=latest(_inside(lambda deed: _right_house(deed) and not _right_name(deed))),
            message=(
                "This is encrypted, but with whom? Your client did not ask for the name that stands in the "
                "certificate, so it cannot have compared the two. Whoever sits in between could be at the other end."
            ),
            remark="inside TLS, though the certificate is for another name",
            next_step="Leave the check on, and put the name of the certificate into `moved.server_name`.",
        ),
        Mistake(
            name="helo-for-ehlo",
            find=latest(_inside(lambda deed: deed.code == 250), "HELO"),
            message="Encrypted, and checked. HELO was answered, too, but the task asks for the greeting with the list.",
            remark="HELO; its answer has one line",
            next_step="Send EHLO in the same session.",
        ),
        Mistake(
            name="no-ehlo-again",
            find=latest(_inside(lambda deed: deed.code == 503)),
            message="The handshake has succeeded. The server has forgotten you, though, and answers {code}.",
            remark="no EHLO after the handshake",
            next_step=f"Send `{_EHLO}` in the same session.",
        ),
        Mistake(
            name="went-on-in-clear",
            find=latest(lambda deed: _addressed(deed) and not deed.exchange.tls),
            message=(
                "You went on in clear text. Then anybody on the path reads the address, and whoever wants that only "
                "has to spoil your handshake."
            ),
            remark="not inside TLS",
            next_step="No TLS, no mail: cure the certificate first.",
        ),
        Mistake(
            name="no-ehlo-before",
            find=latest(lambda deed: deed.code == 503 and not deed.exchange.tls, "STARTTLS"),
            message="A new connection starts from nothing: EHLO comes before STARTTLS, here too.",
            remark="answered {code}",
            next_step="Send EHLO, then STARTTLS, then EHLO.",
        ),
        Mistake(
            name="signer-unknown",
            find=_handshake_failed(_signer_unknown),
            message=(
                "Your client broke off the handshake: it trusts nobody who signed this certificate. "
                "That is what it is for; now decide whether you trust that authority."
            ),
            remark="220, then a failed handshake",
            next_step="The provider has vouched for its authority: `moved.trust(moved.issuer())`. Then try again.",
        ),
        Mistake(
            name="name-differs",
            find=_handshake_failed(lambda conversation: not _signer_unknown(conversation)),
            message=(
                "Your client broke off the handshake. It trusts the signer now; "
                "but the certificate is for another name than the one in your settings."
            ),
            remark="220, then a failed handshake",
            next_step="Read the name in `moved.certificate`, put it into `moved.server_name`, and try again.",
        ),
    ),
    otherwise="You spoke with the server, but EHLO has not come inside TLS yet.",
    start_with='Send STARTTLS in this session, `session.send("STARTTLS")`, and read the reason of the TLSFailed.',
)

EXERCISES = [FADED, ORDER, FREE]

QUESTIONS = [
    Question(
        id="07.q1",
        prompt="A client has said EHLO. After which of these does it have to say EHLO again before MAIL?",
        options=(
            Option("RSET", "RSET drops the transaction only. The session, with your EHLO, stays as it is."),
            Option("550 to a RCPT", "A refused recipient changes nothing at all: the transaction goes on."),
            Option("STARTTLS", "Yes: the handshake puts the session back to its beginning.", right=True),
            Option("The final dot of a message", "The transaction is over then, the session is not: MAIL may follow."),
        ),
        rfc="RFC 3207 4.2; RFC 5321 4.1.1.5",
        looks_back_to="05",
    ),
    Question(
        id="07.q2",
        prompt=(
            "Your program connects to 192.0.2.25 and says that the certificate is for another name. "
            "The certificate is for mail.lab.example. What do you change?"
        ),
        options=(
            Option(
                "Put mail.lab.example in place of the address",
                "Yes: that is the name you mean, and the one that the certificate vouches for.",
                right=True,
            ),
            Option(
                "Switch the check of the name off",
                "Then any certificate will do, also that of somebody who sits between you and the server.",
            ),
            Option(
                "Trust the authority that signed it",
                "The signer is not in doubt; it is about the name. A second trusted signer changes nothing.",
            ),
            Option(
                "Use port 465 in place of STARTTLS",
                "The same certificate is shown there, and the same comparison fails.",
            ),
        ),
        rfc="RFC 7817 3",
    ),
    Question(
        id="07.q3",
        prompt="Alice sends Bob a message over STARTTLS. What can somebody on the path still learn?",
        options=(
            Option("Nothing at all", "Her first EHLO was in clear text, and so was the server's name."),
            Option("Alice's and Bob's addresses", "MAIL and RCPT came after the handshake: they are encrypted, too."),
            Option(
                "The subject, but not the text",
                "Headers and text are one message, and all of it went inside TLS.",
            ),
            Option(
                "Which server she talks to, when, and how much",
                "Yes: names of hosts, times and sizes remain. What was said does not.",
                right=True,
            ),
        ),
        rfc="RFC 3207 6",
    ),
]

PREDICTIONS = [
    Prediction(
        id="07.p1",
        prompt=(
            "You have said EHLO, STARTTLS was answered 220, and the handshake is done. "
            "Now you send `MAIL FROM:<alice@lab.example>`. What comes?"
        ),
        options=(
            Option("250: EHLO has been said", "It was said before the handshake, and that counts no more."),
            Option(
                "220: a new greeting, inside TLS",
                "Nobody greets again: the server waits for you. A client that waits as well waits forever.",
            ),
            Option(
                "503: wrong order",
                "Yes: the server knows nothing of what you said before the handshake, so EHLO is missing.",
                right=True,
            ),
            Option("530: authentication required", "This server demands no login. Others do, but EHLO comes first."),
        ),
        rfc="RFC 3207 4.2",
    ),
    Prediction(
        id="07.p2",
        prompt="The certificate of a server ran out at the end of 2024. You send STARTTLS. Who notices, and how?",
        options=(
            Option(
                "The server, and answers 454",
                "It says 220 and shows the old certificate: most servers never look at the date of their own.",
            ),
            Option(
                "Your client, and it ends the connection",
                "Yes: the check is the client's. No SMTP reply tells of it, since the handshake comes before any.",
                right=True,
            ),
            Option(
                "Your client, and it goes on in clear text",
                "A careless one does. Then whoever wants to read your mail only needs a bad certificate.",
            ),
            Option(
                "Nobody: an old certificate encrypts as well",
                "It would. But it says who you talk to, and nobody vouches for that any more.",
            ),
        ),
        rfc="RFC 3207 4.1",
    ),
]
