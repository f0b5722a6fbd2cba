"""Exercises and questions of lesson 11: sessions by hand, in a terminal."""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher
from email import message_from_bytes

from helpers.exercises.base import Exercise, Finder, Mistake, Option, Prediction, Question, Solution, holds_gap, latest
from helpers.exercises.records import Deed, Records, Sending
from helpers.wire.logins import logins
from helpers.wire.transcript import ExchangeKind

_EHLO, _MAIL, _RCPT = "EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>"
_ALICE_LOGS_IN, _BOB_LOGS_IN = "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=", "AUTH PLAIN AGJvYgBidWlsZGVyNDI="


def _bare_line_feed(deed: Deed) -> bool:
    """Refused, and it ended with LF alone."""
    return deed.refused and deed.exchange.octets.endswith(b"\n") and not deed.exchange.octets.endswith(b"\r\n")


def _never_greeted(deed: Deed) -> bool:
    return deed.code in (503, 530) and deed.exchange.before.hello is None


def _not_known(deed: Deed) -> bool:
    return deed.code == 530 and deed.exchange.tls


def _unanswered(deed: Deed) -> bool:
    return deed.code is None and deed.exchange.kind is ExchangeKind.COMMAND


# -- 11.a: what Enter sends ---------------------------------------------------------------------------


def _misspelt(deed: Deed) -> bool:
    return deed.code in (500, 502) and SequenceMatcher(None, deed.verb, "EHLO").ratio() >= 0.5


FADED = Exercise(
    id="11.a",
    title="What the Enter key sends",
    task=(
        "In a terminal `nc ___ 127.0.0.1 PORT` needs an option in its gap, or the server refuses every line. The cell "
        r'does by octets what that option does: fill its gap with the whole line as `b"EHLO laptop.example"`, with the '
        r"end that SMTP wants inside the quotes. (`\r` is CR, `\n` is LF.) Or do it with nc. Expected: 250."
    ),
    starter=(
        'practice = Lab("open", name="11.a")\n'
        'line = ...  # replace the three dots by the octets: b"EHLO laptop.example" and its end\n'
        "if line is not ...:\n"
        "    practice.connect().send_raw(line)\n"
        'check("11.a")'
    ),
    hints=(
        "Two octets end a line in SMTP, always the same two, in the same order.",
        "First the carriage return, then the line feed: what a typewriter does at the end of a line.",
        r'The gap is `b"EHLO laptop.example\r\n"`, and the option of nc is `-C`.',
    ),
    solution=Solution(
        code=(
            'practice = Lab("open", name="11.a")\n'
            'line = b"EHLO laptop.example\\r\\n"\n'
            "practice.connect().send_raw(line)\n"
            'check("11.a")'
        ),
        explanation=(
            "A line ends with CR LF and with nothing else (RFC 5321 2.3.8). A Unix terminal gives programs LF alone; "
            "telnet always, nc with `-C` and `openssl s_client` with `-crlf` put the CR before it. On macOS the option "
            "of nc is a small `-c`."
        ),
    ),
    done=latest(lambda deed: deed.code == 250, "EHLO"),
    praise="CR LF: the server found the end of your line and answered.",
    shown="ended by CR LF, answered {code}",
    mistakes=(
        Mistake(
            name="gap-sent",
            find=latest(holds_gap),
            message="The placeholder itself went over the wire, and the server takes each character at its word.",
            remark="this is the text of the gap",
            next_step="Replace the gap by the octets of the line and of its end.",
        ),
        Mistake(
            name="backslashes",
            find=latest(lambda deed: "\\r" in deed.command or "\\n" in deed.command),
            message=(
                r"The characters `\r` and `\n` went over the wire as they stand, backslashes and letters. "
                "For the server they are part of the line."
            ),
            remark="a backslash and a letter, two characters each",
            next_step=r'Write single backslashes, and no r before the quotes: `b"…\r\n"`.',
        ),
        Mistake(
            name="lf-alone",
            find=latest(_bare_line_feed),
            message="The line ended with LF alone. That is what nc sends without its option, and {code} is the answer.",
            remark="LF without CR: {code}",
            next_step=r"Put the CR before the LF: `\r\n`. In a terminal: `nc -C`.",
        ),
        Mistake(
            name="cr-alone",
            find=latest(lambda deed: _unanswered(deed) and deed.exchange.octets.endswith(b"\r")),
            message="There is a CR, and the server is still waiting for the LF after it.",
            remark="CR without LF: no answer",
            next_step=r"Both belong there, in this order: `\r\n`.",
        ),
        Mistake(
            name="no-end",
            find=latest(_unanswered),
            message="The line has no end. The server waits for the rest of it, and you wait for the server.",
            remark="no end of line: no answer",
            next_step=r"Put `\r\n` at the end, inside the quotes.",
        ),
        Mistake(
            name="helo-for-ehlo",
            find=latest(lambda deed: deed.code == 250, "HELO"),
            message="The line ended well, and it was answered. It was HELO; the task asks for EHLO.",
            remark="HELO; its answer has one line",
            next_step="Send EHLO with the same name.",
        ),
        Mistake(
            name="no-name",
            find=latest(lambda deed: deed.code == 501, "EHLO", "HELO"),
            message="The end of the line is right. Something is wrong with the name after EHLO: {code}.",
            remark="answered {code}",
            next_step="Give a full name, as in `EHLO laptop.example`.",
        ),
        Mistake(
            name="misspelt",
            find=latest(_misspelt),
            message="The line ended well, but the server finds no command that it knows in it: {code}.",
            remark="no command of this spelling",
            next_step="The four letters are E H L O, then one space, then the name of your client.",
        ),
    ),
    otherwise="The server has heard something, but no EHLO with its name and its end has reached it yet.",
    start_with="Replace the three dots by the octets of the line, and run the cell again.",
)


# -- 11.b: a letter typed into s_client -----------------------------------------------------------------

_LETTER = ("Subject: By hand", "", "Noon at the pond?", ".")
_CONTENT = b"Subject: By hand\r\n\r\nNoon at the pond?\r\n"
_COMMANDS = ("EHLO", "AUTH", "MAIL FROM", "RCPT TO", "DATA", "QUIT")


def _typed_well(records: Records) -> Deed | None:
    for sending in reversed(records.sendings(accepted=True)):
        if sending.transaction.content == _CONTENT and sending.conversation.said("QUIT", code=221):
            return sending.end
    return None


def _letters(condition: Callable[[Sending], bool]) -> Finder:
    """A finder of the message of the newest transaction that got as far as one, when this holds of it."""

    def find(records: Records) -> Deed | None:
        begun = [s for s in records.sendings() if s.end.exchange.kind is ExchangeKind.MESSAGE]
        return begun[-1].end if begun and condition(begun[-1]) else None

    return find


def _holds_a_command(sending: Sending) -> bool:
    lines = sending.end.command.splitlines()
    return any(line.upper().startswith(_COMMANDS) for line in lines)


def _no_quit(records: Records) -> Deed | None:
    newest = records.newest
    if newest is None or newest.said("QUIT"):
        return None
    return next((s.end for s in reversed(newest.sendings) if s.transaction.content == _CONTENT), None)


ORDER = Exercise(
    id="11.b",
    title="Put a typed session in order",
    task=(
        "Somebody has typed these ten lines into `openssl s_client`, on a port with implicit TLS, in the wrong order. "
        "One line is empty. Send them as they are and look at the replies. Then put them in order, so that Alice "
        "(she is in the AUTH line) writes a letter with a subject and one line of text to Bob, and leaves. "
        "Expected: 235, 354, 250 after the letter, 221."
    ),
    starter=(
        'typed = Lab("submissions", name="11.b")\n'
        f'login, letter = "{_ALICE_LOGS_IN}", ["Subject: By hand", "Noon at the pond?", ""]\n'
        f'lines = ["{_EHLO}", "DATA", *letter, login, ".", "{_MAIL}"]\n'
        f'order(typed, [*lines, "{_RCPT}", "QUIT"], "11.b")'
    ),
    hints=(
        "Begin with the commands: greeting, login, sender, recipient, DATA. Which lines are left?",
        "After DATA everything is the letter, until a line with only a dot. An empty line ends its headers.",
        "EHLO, AUTH, MAIL, RCPT, DATA, Subject, the empty line, Noon, the dot, QUIT.",
    ),
    solution=Solution(
        code=(
            'typed = Lab("submissions", name="11.b")\n'
            "session = typed.connect()\n"
            f'for line in ["{_EHLO}", "{_ALICE_LOGS_IN}", "{_MAIL}", "{_RCPT}", "DATA"]:\n'
            "    session.send(line)\n"
            'session.send_data("Subject: By hand\\n\\nNoon at the pond?\\n")\n'
            'session.send("QUIT")\n'
            'check("11.b")'
        ),
        explanation=(
            "With implicit TLS the handshake is over before the greeting, so there is one EHLO. Between 354 and the "
            "dot the server answers nothing, whatever you type: a terminal stays silent there, and that is right "
            "(RFC 5321 4.1.1.4). The empty line separates the headers from the text (RFC 5322 2.1)."
        ),
    ),
    done=_typed_well,
    praise="Ten lines, one letter. Typed into s_client in this order they do the same.",
    shown="the letter as Alice meant it, answered {code}",
    mistakes=(
        Mistake(
            name="letter-before-data",
            find=latest(lambda deed: deed.code in (500, 502) and deed.command in _LETTER),
            message="This line belongs to the letter, and the server was still waiting for commands: {code}.",
            remark="before DATA it is no command: {code}",
            next_step="Move it below DATA.",
        ),
        Mistake(
            name="not-logged-in",
            find=latest(_not_known, "MAIL", "RCPT", "DATA"),
            message="This server takes a letter only from somebody that it knows, and nobody had logged in: {code}.",
            remark="before AUTH: {code}",
            next_step="Put AUTH right after EHLO.",
        ),
        Mistake(
            name="auth-before-ehlo",
            find=latest(_never_greeted, "AUTH"),
            message="AUTH is an extension, and no EHLO had been said: {code}.",
            remark="before EHLO: {code}",
            next_step="Begin with EHLO.",
        ),
        Mistake(
            name="rcpt-before-mail",
            find=latest(lambda deed: deed.code == 503 and not _never_greeted(deed), "RCPT"),
            message="A recipient came before the sender: {code}.",
            remark="before MAIL: {code}",
            next_step="Put MAIL above RCPT.",
        ),
        Mistake(
            name="data-too-early",
            find=latest(lambda deed: deed.code in (503, 554) and not _never_greeted(deed), "DATA"),
            message="DATA came before there was somebody to send the letter to: {code}.",
            remark="no recipient yet: {code}",
            next_step="MAIL and RCPT come first, then DATA.",
        ),
        Mistake(
            name="command-in-letter",
            find=_letters(_holds_a_command),
            message="A command stands inside the letter. After 354 the server obeys nothing: it went to Bob as text.",
            remark="the letter, with a command in it",
            next_step="Move the dot up, so that it ends the letter before this command.",
        ),
        Mistake(
            name="no-dot",
            find=_letters(lambda sending: sending.end.code is None),
            message="The letter has no end. The server still waits for a line with only a dot.",
            remark="no dot after it: no answer",
            next_step="Put the dot below the text.",
        ),
        Mistake(
            name="another-letter",
            find=_letters(lambda sending: sending.accepted and sending.transaction.content != _CONTENT),
            message=(
                "The server took a letter, but not the one that was meant: the headers end at the first empty line, "
                "and the letter at the dot."
            ),
            remark="taken, with its lines in another order",
            next_step="Subject first, then the empty line, then the text, then the dot.",
        ),
        Mistake(
            name="quit-early",
            find=latest(lambda deed: not deed.conversation.said("DATA", code=354), "QUIT"),
            message="QUIT came before the letter, and the server closed the connection.",
            remark="the session ends here",
            next_step="Move QUIT to the end.",
        ),
        Mistake(
            name="no-quit",
            find=_no_quit,
            message="The letter is right. The session has no end yet.",
            remark="accepted; the server waits for more",
            next_step="End with QUIT, in the same connection.",
        ),
    ),
    otherwise="The server has answered, but no letter has gone through yet.",
    start_with="Choose Send, read the replies, then move the lines.",
)


# -- 11.c: by hand, with TLS and a login ------------------------------------------------------------------


def _sent_by_bob(records: Records) -> list[Sending]:
    """Letters from Bob to Alice alone, inside TLS and after a login."""
    envelope = ("bob@lab.example", ["alice@lab.example"])
    return [
        sending
        for sending in records.sendings(accepted=True)
        if (sending.transaction.sender, sending.recipients) == envelope
        and sending.end.exchange.tls
        and sending.end.exchange.before.authenticated
    ]


def _has_subject(sending: Sending) -> bool:
    return bool(message_from_bytes(sending.transaction.content)["Subject"])


def _letter_by_bob(records: Records) -> Deed | None:
    return next((sending.end for sending in reversed(_sent_by_bob(records)) if _has_subject(sending)), None)


def _no_subject(records: Records) -> Deed | None:
    return next((sending.end for sending in reversed(_sent_by_bob(records))), None)


def _said_to_auth(condition: Callable[[bytes], bool]) -> Finder:
    """A finder of the last login that was refused and of which this holds for a message, decoded."""

    def fits(deed: Deed) -> bool:
        if deed.code not in (501, 535) or not (deed.verb == "AUTH" or deed.exchange.kind is ExchangeKind.RESPONSE):
            return False
        login = logins((*deed.earlier, deed.exchange))[-1]
        return any(condition(message.octets or b"") for message in login.said("C"))

    return latest(fits)


def _gone_after_mail(records: Records) -> Deed | None:
    """The newest connection broke off inside TLS when RCPT would have come."""
    newest = records.newest
    if newest is None or newest.connection.closed != "client":
        return None
    last = newest.deeds[-1]
    return last if last.exchange.tls and last.verb == "MAIL" and last.accepted else None


def _another_letter(records: Records) -> Deed | None:
    sent = records.sendings(accepted=True)
    return sent[-1].end if sent else None


FREE = Exercise(
    id="11.c",
    title="A letter by hand, encrypted and logged in",
    task=(
        "Bob (user: bob, password: builder42) writes to `alice@lab.example`, from `bob@lab.example`, at his provider's "
        "server: STARTTLS, a login, and one letter with a subject. Do it in a terminal if you have one, with "
        "`openssl s_client`; any other tool will do, and so will Python. Make the base64 yourself. "
        "Expected: 235 for the login, 250 after the letter."
    ),
    starter='office = Lab("submission", name="11.c")\n\ncheck("11.c")',
    hints=(
        "The session is that of `starttls` above, with another login, sender and recipient. "
        'Run `by_hand(office, "starttls")` for the command line with the right port.',
        r"The login: `printf '\0bob\0builder42' | base64` in a terminal, "
        r'or `base64.b64encode(b"\0bob\0builder42").decode()` in Python, after `AUTH PLAIN `.',
        f"After TLS has begun: {_EHLO}; {_BOB_LOGS_IN}; MAIL FROM:<bob@lab.example>; RCPT TO:<alice@lab.example>; "
        "DATA; the letter; a line with only a dot; QUIT.",
    ),
    solution=Solution(
        code=(
            'office = Lab("submission", name="11.c")\n'
            "session = office.connect()\n"
            f'for line in ["{_EHLO}", "STARTTLS", "{_EHLO}", "{_BOB_LOGS_IN}"]:\n'
            "    session.send(line)\n"
            'for line in ["MAIL FROM:<bob@lab.example>", "RCPT TO:<alice@lab.example>", "DATA"]:\n'
            "    session.send(line)\n"
            'session.send_data("Subject: By hand\\n\\nThe wall is done.\\n")\n'
            'session.send("QUIT")\n'
            'check("11.c")'
        ),
        explanation=(
            "s_client says EHLO and STARTTLS itself; what you type begins inside TLS, where the server has forgotten "
            "that EHLO (RFC 3207 4.2). So you say it again, log in, and only then name sender and recipient. For the "
            "server it makes no difference who types: it saw the same octets as from any mail program."
        ),
    ),
    done=_letter_by_bob,
    praise="A whole submission by hand: encrypted, logged in, delivered. No mail program does more.",
    shown="inside TLS and logged in; answered {code}",
    mistakes=(
        Mistake(
            name="login-in-clear",
            find=latest(lambda deed: not deed.exchange.tls, "AUTH"),
            message="The password went over the wire before TLS: whoever listens has it. The server answered {code}.",
            remark="not inside TLS",
            next_step="With s_client use `-starttls smtp`; in Python send STARTTLS first.",
        ),
        Mistake(
            name="mail-in-clear",
            find=latest(lambda deed: deed.code == 530 and not deed.exchange.tls, "MAIL", "RCPT", "DATA"),
            message="This server takes nothing without TLS: {code}. With telnet or nc you get no further here.",
            remark="in clear text: {code}",
            next_step="Use `openssl s_client -starttls smtp`.",
        ),
        Mistake(
            name="lf-alone",
            find=latest(_bare_line_feed),
            message="Your lines end with LF alone, and the server refuses each of them: {code}.",
            remark="LF without CR: {code}",
            next_step="Start s_client again, with `-crlf`.",
        ),
        Mistake(
            name="no-ehlo-again",
            find=latest(lambda deed: _never_greeted(deed) and deed.exchange.tls),
            message="The EHLO that s_client says itself was before TLS, and the server has forgotten it: {code}.",
            remark="no EHLO inside TLS: {code}",
            next_step=f"Type `{_EHLO}` first.",
        ),
        Mistake(
            name="backslash-zero",
            find=_said_to_auth(lambda said: b"\\0" in said),
            message="A backslash and a zero stand in the message, two characters in the place of one NUL: {code}.",
            remark=r"decoded, this has `\0` spelt out",
            next_step=r"Most shells' `echo` leaves `\0` as it is. `printf '\0bob\0builder42' | base64` makes the NUL.",
        ),
        Mistake(
            name="newline-in-base64",
            find=_said_to_auth(lambda said: said.endswith(b"\n")),
            message=(
                "There is a newline at the end of what stands behind the base64, as `echo` puts it there. The server "
                "takes it as a part of the name or the password: {code}."
            ),
            remark="decoded, a login line ends with a newline",
            next_step="Use `printf` in the place of `echo`.",
        ),
        Mistake(
            name="no-nul",
            find=_said_to_auth(lambda said: said.count(b"\0") < 2 and b"bob" in said and b"builder42" in said),
            message="The message of PLAIN needs two NULs, one before the user and one before the password: {code}.",
            remark="decoded, this has fewer than two NULs",
            next_step=r"Build it with `printf '\0bob\0builder42' | base64`.",
        ),
        Mistake(
            name="wrong-password",
            find=latest(lambda deed: deed.code == 535),
            message="The server refused the login: {code}. User and password have to be exactly those of the task.",
            remark="refused with {code}",
            next_step="The user is bob, the password builder42, without spaces.",
        ),
        Mistake(
            name="not-logged-in",
            find=latest(_not_known, "MAIL", "RCPT", "DATA"),
            message="The connection is encrypted, but the server does not know who you are: {code}.",
            remark="nobody is logged in: {code}",
            next_step="Log in with AUTH PLAIN before MAIL.",
        ),
        Mistake(
            name="broke-off",
            find=_gone_after_mail,
            message=(
                "The connection was gone when RCPT should have come. Did the screen say RENEGOTIATING? Without "
                "`-quiet` s_client keeps a line that begins with R for itself."
            ),
            remark="the last line that the server heard",
            next_step="Start s_client again, with `-quiet`.",
        ),
        Mistake(
            name="no-dot",
            find=_letters(lambda sending: sending.end.code is None),
            message="The letter has no end: the server still waits for a line with only a dot.",
            remark="no dot after it: no answer",
            next_step="Type a dot alone on its line, then Enter.",
        ),
        Mistake(
            name="no-subject",
            find=_no_subject,
            message="Alice has a letter from Bob, and it has no Subject among its headers.",
            remark="the letter, without a subject",
            next_step="After 354 type `Subject: …` first, then an empty line, then the text.",
        ),
        Mistake(
            name="another-letter",
            find=_another_letter,
            message="A letter went through, but not from `bob@lab.example` to `alice@lab.example` alone.",
            remark="another sender or another recipient",
            next_step="Send one more: MAIL with Bob's address, RCPT with Alice's.",
        ),
    ),
    otherwise="You spoke with the server, but no letter from Bob has been taken yet.",
    start_with='Run `by_hand(office, "starttls")` for the command line, or connect with `office.connect()`.',
)

EXERCISES = [FADED, ORDER, FREE]

QUESTIONS = [
    Question(
        id="11.q1",
        prompt=(
            "`openssl s_client -starttls smtp …` has connected, and its last line on the screen is `250 HELP`. "
            "What do you type first?"
        ),
        options=(
            Option("STARTTLS", "s_client has sent it. Inside TLS it is refused: once is all."),
            Option("MAIL: the server has answered 250 to EHLO", "That EHLO was before TLS, and it is forgotten."),
            Option("EHLO", "Yes: after the handshake the server knows nothing of you.", right=True),
            Option("Nothing, until the server greets", "With STARTTLS the greeting came before TLS, and comes once."),
        ),
        rfc="RFC 3207 4.2",
        looks_back_to="07",
    ),
    Question(
        id="11.q2",
        prompt=(
            "Alice logs in with AUTH LOGIN. For the password she types what `echo wonderland | base64` shows: "
            "`d29uZGVybGFuZAo=`. The answer is 535. Why?"
        ),
        options=(
            Option("base64 may not end with one equals sign", "It may: one or two of them fill up the end."),
            Option(
                "The password in it is “wonderland” and a newline",
                "Yes: echo ends its line, and base64 takes that octet with the others.",
                right=True,
            ),
            Option("The line ended with LF alone", "Then 500 would be the answer, to every line, not to this one."),
            Option("LOGIN needs NUL octets", "Those belong to PLAIN, which sends name and password at once."),
        ),
        rfc="RFC 4954 4",
    ),
    Question(
        id="11.q3",
        prompt="`telnet mail.example.com 465` says “Connected”, and then nothing happens, for a long time. What is it?",
        options=(
            Option("The server is overloaded", "It may be. But this port has a better reason to be silent."),
            Option("You have to say EHLO first", "In SMTP the server speaks first, once it can."),
            Option(
                "The port speaks TLS from the first octet",
                "Yes: the server waits for a handshake that telnet cannot do. Take openssl s_client.",
                right=True,
            ),
            Option("telnet needs -crlf", "telnet ends lines with CR LF by itself, and nothing has been typed yet."),
        ),
        rfc="RFC 8314 3.3",
    ),
]

PREDICTIONS = [
    Prediction(
        id="11.p1",
        prompt="In a terminal you type `EHLO laptop.example` and Enter, into `nc` without any option. What comes back?",
        options=(
            Option("250 and the list of extensions", "So it would be if the line had ended as SMTP wants it."),
            Option(
                "500: the server does not take this end of line",
                "Yes: nc sends what the terminal gives it, a line feed without a carriage return.",
                right=True,
            ),
            Option("Nothing: nc is for files", "nc sends whatever it reads, also from a keyboard."),
            Option("503: something else has to come first", "EHLO is the right thing to say first."),
        ),
        rfc="RFC 5321 2.3.8",
    ),
    Prediction(
        id="11.p2",
        prompt=(
            "Inside TLS you type `RCPT TO:<bob@lab.example>` into `openssl s_client` without `-quiet`. EHLO and MAIL "
            "went well. What does the server answer?"
        ),
        options=(
            Option("250, the recipient is fine", "It would be, if the server heard of it."),
            Option("503, there is no transaction", "There is: MAIL was answered 250."),
            Option(
                "Nothing: it never hears this line",
                "Yes: s_client reads a line that begins with R as an order to itself.",
                right=True,
            ),
            Option("500, the line ends with LF alone", "That is what a missing -crlf does, and to every line."),
        ),
        rfc="RFC 8446 4.1.2",
    ),
]
