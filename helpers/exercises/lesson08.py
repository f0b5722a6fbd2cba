"""Exercises and questions of lesson 08: AUTH."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable
from hashlib import md5

from helpers.exercises.base import Exercise, Finder, Mistake, Option, Prediction, Question, Solution, latest
from helpers.exercises.records import Conversation, Deed, Records
from helpers.protocol.reply import decode
from helpers.protocol.sasl import read_message
from helpers.wire.logins import Login, decoded, logins
from helpers.wire.transcript import ExchangeKind

_USER, _PASSWORD = b"bob", b"builder42"


def _login(deed: Deed) -> Login | None:
    """The login that this deed begins or goes on with, as far as it had got then."""
    if deed.verb != "AUTH" and deed.exchange.kind is not ExchangeKind.RESPONSE:
        return None
    found = logins((*deed.earlier, deed.exchange))
    return found[-1] if found else None


def _user(login: Login) -> str:
    """Who logs in, as the messages of the mechanism have it."""
    for message in login.said("C"):
        reading = read_message(message.octets or b"", "C", login.mechanism, message.turn)
        for part in reading.parts if reading else ():
            if part.name == "user":
                return decode(part.octets).removeprefix("n=")
    return ""


def _logged_in_as(condition: Callable[[str, str], bool]) -> Finder:
    """A finder of the last 235 for which this holds: mechanism and user."""

    def fits(deed: Deed) -> bool:
        login = _login(deed) if deed.code == 235 else None
        return login is not None and condition(login.mechanism, _user(login))

    return latest(fits)


# -- 08.a: build a message of PLAIN -------------------------------------------------------------------


def _plain(condition: Callable[[bytes], bool]) -> Finder:
    """A finder of the last message of PLAIN that was read, refused, and of which this holds."""

    def fits(deed: Deed) -> bool:
        login = _login(deed)
        if login is None or login.mechanism != "PLAIN" or deed.code not in (501, 534, 535):
            return False
        octets = login.messages[-1].octets if login.messages else None
        return octets is not None and condition(octets)

    return latest(fits)


def _refused_part(condition: Callable[[bytes, bytes, bytes], bool]) -> Finder:
    """A finder of the last message that has the form of PLAIN and was refused, by its three parts."""

    def fits(octets: bytes) -> bool:
        return octets.count(b"\0") == 2 and condition(*octets.split(b"\0"))

    return _plain(fits)


def _not_base64(deed: Deed) -> bool:
    login = _login(deed)
    sent = login.messages[-1] if login and login.messages else None
    return deed.code == 501 and sent is not None and sent.octets is None and not sent.cancels


def _encoded_twice(octets: bytes) -> bool:
    try:
        once_more = decoded(octets.decode("ascii"))
    except UnicodeDecodeError:
        return False
    return b"\0" in (once_more or b"")


FADED = Exercise(
    id="08.a",
    title="Build the message of PLAIN",
    task=(
        r"Log in as Bob (user: bob, password: builder42). The cell encodes and sends; fill the gap with Bob's message: "
        r'octets, written as `b"…"`, in which `\0` is NUL. Expected: 235.'
    ),
    starter=(
        "from base64 import b64encode\n\n"
        'practice = Lab("open", name="08.a")\n'
        "session = practice.connect()\n"
        'session.send("EHLO laptop.example")\n'
        'message = ...  # replace the three dots by Bob\'s message: b"…"\n'
        "if isinstance(message, str):\n"
        '    print("Not sent: this is text, and PLAIN is made of octets. Write b before the quotes.")\n'
        "elif message is not ...:\n"
        '    session.send("AUTH PLAIN " + b64encode(message).decode())\n'
        'check("08.a")'
    ),
    given=("EHLO laptop.example",),
    hints=(
        "PLAIN has three parts, and a NUL between each two of them. Bob acts for himself, so the first is empty.",
        "An empty first part, then NUL, the user, NUL, the password.",
        r'The gap is `b"\0bob\0builder42"`.',
    ),
    solution=Solution(
        code=(
            "from base64 import b64encode\n\n"
            'practice = Lab("open", name="08.a")\n'
            "session = practice.connect()\n"
            'session.send("EHLO laptop.example")\n'
            'message = b"\\0bob\\0builder42"\n'
            'session.send("AUTH PLAIN " + b64encode(message).decode())\n'
            'check("08.a")'
        ),
        explanation=(
            "PLAIN is one message: [authorization identity] NUL user NUL password, in UTF-8 (RFC 4616 2). The first "
            "part is for those who may act for somebody else; left empty, you act for yourself. The NUL after it "
            "stays. None of the parts can contain a NUL, so the server always knows where each ends."
        ),
    ),
    done=_logged_in_as(lambda mechanism, user: mechanism == "PLAIN" and user == "bob"),
    praise="Bob is logged in, by a message that you built octet by octet.",
    shown="Bob's message in base64, answered {code}",
    mistakes=(
        Mistake(
            name="other-mechanism",
            find=_logged_in_as(lambda mechanism, user: mechanism != "PLAIN"),
            message="This login worked, with another mechanism than the one of the task.",
            remark="answered {code}, but this is not PLAIN",
            next_step="Log in with `AUTH PLAIN`, over a new connection.",
        ),
        Mistake(
            name="other-user",
            find=_logged_in_as(lambda mechanism, user: user != "bob"),
            message="Somebody is logged in now, but not Bob.",
            remark="answered {code}; the user in it is another one",
            next_step="Put Bob's name and Bob's password into the message.",
        ),
        Mistake(
            name="not-greeted",
            find=latest(lambda deed: deed.code == 503 and deed.exchange.before.hello is None, "AUTH"),
            message="AUTH belongs to an extension, and no EHLO was said in this connection: {code}.",
            remark="no EHLO before this line",
            next_step="Say `EHLO laptop.example` first.",
        ),
        Mistake(
            name="not-base64",
            find=latest(_not_base64),
            message="What follows the mechanism is not base64, so the server could not read it: {code}.",
            remark="not base64",
            next_step="Give the whole message to `b64encode` and send what comes out.",
        ),
        Mistake(
            name="encoded-twice",
            find=_plain(_encoded_twice),
            message="The message was put into base64 twice. The server undid it once and found base64 again.",
            remark="base64 of base64",
            next_step="The cell encodes for you: the gap takes the plain octets.",
        ),
        Mistake(
            name="nul-spelt",
            find=_plain(lambda octets: b"\\0" in octets),
            message="A backslash and a zero went over the wire, two characters where one octet NUL should be.",
            remark="the octets 5c 30 in place of 00",
            next_step=r"Write a single backslash, `\0`, and no r before the quotes.",
        ),
        Mistake(
            name="first-nul-missing",
            find=_plain(lambda octets: octets.count(b"\0") == 1 and not octets.startswith(b"\0")),
            message=(
                "There is one NUL in this message, and there have to be two. The first part is empty, "
                "but the NUL after it stays."
            ),
            remark="user NUL password; the first NUL is missing",
            next_step=r"Begin the message with `\0`.",
        ),
        Mistake(
            name="one-nul",
            find=_plain(lambda octets: octets.count(b"\0") == 1),
            message="There is one NUL in this message, and there have to be two: the server cannot find the password.",
            remark="only one NUL in it",
            next_step="Put a NUL between the user and the password, too.",
        ),
        Mistake(
            name="no-nul",
            find=_plain(lambda octets: b"\0" not in octets),
            message="There is no NUL in this message, so the server cannot tell where the name ends.",
            remark="no NUL in it: {code}",
            next_step=r"In PLAIN the parts are separated by NUL, `\0`. No colon, space or comma can replace it.",
        ),
        Mistake(
            name="too-many-nuls",
            find=_plain(lambda octets: octets.count(b"\0") > 2),
            message="There are more than two NULs in this message, so it has more than three parts.",
            remark="more than two NULs: {code}",
            next_step="Two NULs: one before the user, one before the password, none at the end.",
        ),
        Mistake(
            name="nul-at-end",
            find=_refused_part(lambda acting, user, password: not password),
            message=(
                "The two NULs are there, but the last one stands at the end. So the server read `bob` as the "
                "authorization identity, `builder42` as the user, and an empty password."
            ),
            remark="nothing after the second NUL: {code}",
            next_step="Move the last NUL to the front.",
        ),
        Mistake(
            name="for-somebody-else",
            find=_refused_part(lambda acting, user, password: acting not in (b"", user)),
            message="The first part says for whom the user acts. This user may act for nobody else, so: {code}.",
            remark="the first part names another identity",
            next_step="Leave the first part empty.",
        ),
        Mistake(
            name="swapped",
            find=_refused_part(lambda acting, user, password: user == _PASSWORD),
            message="The password stands where the user should, and so the server looked for a user of that name.",
            remark="password before user: {code}",
            next_step="The user comes first, the password last.",
        ),
        Mistake(
            name="line-feed",
            find=_refused_part(lambda acting, user, password: password.endswith((b"\n", b"\r"))),
            message="The password ends in a line feed. It counts as an octet of the password, so it does not fit.",
            remark="a line feed is in the base64: {code}",
            next_step="Leave the line end out. At a shell `echo` adds one, and `printf` does not.",
        ),
        Mistake(
            name="address-as-user",
            find=_refused_part(lambda acting, user, password: b"@" in user),
            message=("The user is a whole mail address here. Some providers want that; here users have short names."),
            remark="an address as the user: {code}",
            next_step="The user is `bob`.",
        ),
        Mistake(
            name="wrong-user",
            find=_refused_part(lambda acting, user, password: user != _USER),
            message=(
                "The form is right, but no user of this name has this password. The server does not say which of "
                "the two is wrong: {code} is the same for both."
            ),
            remark="well formed; the user is not Bob",
            next_step="Write `bob` in small letters, without spaces.",
        ),
        Mistake(
            name="wrong-password",
            find=_refused_part(lambda acting, user, password: True),
            message="The form is right, and so is the user. The password does not fit: {code}.",
            remark="well formed; the password is another one",
            next_step="Bob's password is builder42: eight letters and two digits without a space.",
        ),
    ),
    otherwise="The server has answered, but no message of PLAIN has reached it yet.",
    start_with='Replace the three dots by Bob\'s message, as in `b"\\0…"`, and run the cell again.',
)


# -- 08.b: a login in order ---------------------------------------------------------------------------

_NAME_LINE, _PASSWORD_LINE = "YWxpY2U=", "d29uZGVybGFuZA=="  # alice, wonderland: what LOGIN's two questions get


def _slip(deed: Deed) -> str:
    """What went wrong at this line, "" where nothing did."""
    login = _login(deed)
    if login and login.mechanism == "LOGIN" and deed.exchange.kind is ExchangeKind.RESPONSE:
        if deed.command not in (_NAME_LINE, _PASSWORD_LINE):
            return "command-in-exchange"
        if deed.code == 535 and login.said("C")[0].base64 == _PASSWORD_LINE:
            return "password-first"
    match deed.verb, deed.code:
        case "AUTH", 530:
            return "auth-in-clear"
        case "AUTH", 503:
            return "no-second-ehlo"
        case "STARTTLS", 503:
            return "starttls-before-ehlo"
        case "MAIL", 530:
            return "mail-before-login"
        case _, 500 if deed.command in (_NAME_LINE, _PASSWORD_LINE):
            return "response-without-question"
        case "QUIT", 221 if not any((e.verb, e.code) == ("MAIL", 250) for e in deed.earlier):
            return "quit-early"
    return "refused" if deed.refused else ""


def _first_slip(name: str) -> Finder:
    """A finder of the first thing that went wrong in the newest connection, when it is this."""

    def find(records: Records) -> Deed | None:
        newest = records.newest
        slips = ((slip, deed) for deed in (newest.deeds if newest else ()) if (slip := _slip(deed)))
        first, deed = next(slips, ("", None))
        return deed if first == name else None

    return find


def _ordered(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations()):
        quit_ = conversation.in_order(("EHLO", 250), ("STARTTLS", 220), ("EHLO", 250), ("MAIL", 250), ("QUIT", 221))
        if quit_ and quit_.exchange.before.authenticated and not any(map(_slip, conversation.deeds)):
            return quit_
    return None


def _no_quit(records: Records) -> Deed | None:
    newest = records.newest
    if newest is None or newest.said("QUIT") or any(map(_slip, newest.deeds)):
        return None
    return next((d for d in reversed(newest.deeds) if (d.verb, d.code) == ("MAIL", 250)), None)


ORDER = Exercise(
    id="08.b",
    title="Put a login in order",
    task=(
        "This is a server for submission, as a provider runs it: TLS first, then a login, then mail. Eight lines of a "
        "session in which Alice logs in (user: alice, password: wonderland) are shuffled. Put them in an order in "
        "which nothing is refused. Two of them you must decode to tell them apart. "
        "Expected: 220 for STARTTLS, 334 twice, 235, 250 for MAIL, 221."
    ),
    starter=(
        'shuffled = Lab("submission", name="08.b")\n'
        "lines = [\n"
        f'    "{_PASSWORD_LINE}",\n    "MAIL FROM:<alice@lab.example>",\n    "EHLO laptop.example",\n'
        f'    "AUTH LOGIN",\n    "QUIT",\n    "{_NAME_LINE}",\n    "STARTTLS",\n    "EHLO laptop.example",\n'
        "]\n"
        'order(shuffled, lines, "08.b")'
    ),
    hints=(
        "What must not be overheard comes after STARTTLS. And what does TLS make both sides forget?",
        'LOGIN asks for the user first. `take_apart("YWxpY2U=")` tells you which of the two lines that is.',
        f"EHLO, STARTTLS, EHLO, AUTH LOGIN, {_NAME_LINE}, {_PASSWORD_LINE}, MAIL, QUIT.",
    ),
    solution=Solution(
        code=(
            'shuffled = Lab("submission", name="08.b")\n'
            'lines = ["EHLO laptop.example", "STARTTLS", "EHLO laptop.example", "AUTH LOGIN",\n'
            f'         "{_NAME_LINE}", "{_PASSWORD_LINE}", "MAIL FROM:<alice@lab.example>", "QUIT"]\n'
            'order(shuffled, lines, "08.b").run()\n'
            'check("08.b")'
        ),
        explanation=(
            "STARTTLS is an extension, so EHLO comes before it. After the handshake everything from before is "
            "forgotten, and a second EHLO is needed (RFC 3207 4.2); only its list offers AUTH. LOGIN asks for the "
            "user, then for the password. Before 235 this server takes no MAIL (RFC 4954 6)."
        ),
    ),
    done=_ordered,
    praise="TLS, login, mail, and nothing that mattered went in clear text: the life of every mail program.",
    shown="the session ended with {code}, all before it in order",
    mistakes=(
        Mistake(
            name="auth-in-clear",
            find=_first_slip("auth-in-clear"),
            message=(
                "The login began before TLS. The server refused with {code} and asked for nothing; "
                "it would have been in clear text."
            ),
            remark="no TLS at this point: {code}",
            next_step="Put STARTTLS, and the EHLO after it, above AUTH.",
        ),
        Mistake(
            name="starttls-before-ehlo",
            find=_first_slip("starttls-before-ehlo"),
            message="STARTTLS belongs to an extension, and only EHLO opens a session with extensions: {code}.",
            remark="no EHLO before this line",
            next_step="Start with an EHLO line.",
        ),
        Mistake(
            name="no-second-ehlo",
            find=_first_slip("no-second-ehlo"),
            message=(
                "With the handshake both sides forget what was said before it, the greeting as well (RFC 3207 4.2). "
                "For the server you have not said EHLO yet: {code}."
            ),
            remark="no EHLO since TLS began",
            next_step="One EHLO stands before STARTTLS, the other one right after it.",
        ),
        Mistake(
            name="password-first",
            find=_first_slip("password-first"),
            message="The first question of LOGIN is for the user, and it got the password: {code}.",
            remark="the answers were the wrong way round",
            next_step=f"Decode both lines, for example with `take_apart`. {_NAME_LINE} is the shorter one.",
        ),
        Mistake(
            name="command-in-exchange",
            find=_first_slip("command-in-exchange"),
            message=(
                "After 334 the server reads every line as an answer in base64, also one that looks like a command. "
                "This one was taken for an answer, and the reply was {code}."
            ),
            remark="read as an answer, not as a command",
            next_step="Let the two lines of base64 follow AUTH LOGIN at once.",
        ),
        Mistake(
            name="response-without-question",
            find=_first_slip("response-without-question"),
            message="This answer came when nothing had been asked, so the server looked for a command in it: {code}.",
            remark="no 334 before this line",
            next_step="Put it after AUTH LOGIN.",
        ),
        Mistake(
            name="mail-before-login",
            find=_first_slip("mail-before-login"),
            message="MAIL came before the login. This server takes mail only from those it knows: {code}.",
            remark="nobody is logged in at this point",
            next_step="Move MAIL below the two answers to AUTH LOGIN.",
        ),
        Mistake(
            name="quit-early",
            find=_first_slip("quit-early"),
            message="QUIT came too early. The server closed the connection, and what stands after it was never heard.",
            remark="the session ends here, before MAIL",
            next_step="Move QUIT to the end.",
        ),
        Mistake(
            name="refused",
            find=_first_slip("refused"),
            message="This line was refused with {code}, and in the order of the task nothing is.",
            remark="the first line that was refused: {code}",
            next_step="Read what the reply asks for, and move that line up.",
        ),
        Mistake(
            name="no-quit",
            find=_no_quit,
            message="The order is right so far: MAIL has been accepted. The session has no end yet.",
            remark="accepted with {code}; the server waits for more",
            next_step="Send QUIT as the last line of the same connection.",
        ),
    ),
    otherwise="The server has answered, but the login has not come about yet.",
    start_with="Move the lines with the buttons until their order makes sense, then choose Send.",
)


# -- 08.c: log in without sending the password --------------------------------------------------------

_SECRET_STAYS = ("CRAM-MD5", "SCRAM-SHA-256")
_FRIEND = "friend@other.example"


def _logged_in(conversation: Conversation) -> Login | None:
    """The login that this connection goes by."""
    return next((login for login in logins(conversation.exchanges) if login.reply and login.reply.code == 235), None)


def _to_friend(deed: Deed) -> bool:
    return deed.verb == "RCPT" and deed.code == 250 and not (deed.exchange.path or "").endswith("@lab.example")


def _relayed(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations()):
        if any(_showed_password(deed) for deed in conversation.deeds):
            continue
        login = _logged_in(conversation)
        if login and login.mechanism in _SECRET_STAYS and _user(login) == "bob":
            return next((deed for deed in reversed(conversation.deeds) if _to_friend(deed)), None)
    return None


def _showed_password(deed: Deed) -> bool:
    login = _login(deed)
    sent = [m for m in login.said("C") if m.exchange == deed.exchange.number] if login else []
    return any(_PASSWORD in (message.octets or b"") for message in sent)


def _cram(condition: Callable[[bytes, bytes, Deed], bool]) -> Finder:
    """A finder of the last refused answer of CRAM-MD5 of which this holds: challenge and answer."""

    def fits(deed: Deed) -> bool:
        login = _login(deed)
        if login is None or login.mechanism != "CRAM-MD5" or deed.code not in (501, 535):
            return False
        asked, answered = login.said("S"), login.said("C")
        return bool(asked and answered) and condition(asked[0].octets or b"", answered[-1].octets or b"", deed)

    return latest(fits)


def _digest(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, "md5").hexdigest().encode()


def _last_word(answer: bytes) -> bytes:
    return answer.rpartition(b" ")[2].strip()


def _of_another_challenge(challenge: bytes, answer: bytes, deed: Deed) -> bool:
    asked = (
        message.octets or b""
        for connection in deed.conversation.record.transcript.connections
        for login in logins(connection.exchanges)
        for message in login.said("S")
    )
    return _last_word(answer) in {_digest(_PASSWORD, text) for text in asked} - {_digest(_PASSWORD, challenge)}


def _without_key(challenge: bytes, answer: bytes, deed: Deed) -> bool:
    texts = (challenge + _PASSWORD, _PASSWORD + challenge, _PASSWORD, challenge)
    return _last_word(answer) in {md5(text, usedforsecurity=False).hexdigest().encode() for text in texts}


def _as_response(condition: Callable[[str], bool]) -> Finder:
    """A finder of the last line after 334 in CRAM-MD5 that was refused with 501, by its text."""

    def fits(deed: Deed) -> bool:
        login = _login(deed)
        return (
            deed.exchange.kind is ExchangeKind.RESPONSE
            and deed.code == 501
            and login is not None
            and login.mechanism == "CRAM-MD5"
            and condition(deed.command)
        )

    return latest(fits)


def _nobody_named(records: Records) -> Deed | None:
    newest = records.newest
    login = _logged_in(newest) if newest else None
    if newest is None or login is None or any(_to_friend(deed) for deed in newest.deeds):
        return None
    return next((deed for deed in newest.deeds if deed.code == 235), None)


FREE = Exercise(
    id="08.c",
    title="Log in and keep the password to yourself",
    task=(
        f"Bob wants to write to `{_FRIEND}`. The server passes mail on to other domains only for those it knows, and "
        "somebody is listening: there is no TLS here. Log in as Bob (user: bob, password: builder42) without sending "
        f"the password, not even in base64. Then name `bob@lab.example` as the sender and `{_FRIEND}` as a recipient "
        "in the same connection. Any tool may be used. Expected: 334, 235, 250 for MAIL, 250 for RCPT."
    ),
    starter='open_line = Lab("open", name="08.c")\nsession = open_line.connect()\n\ncheck("08.c")',
    hints=(
        "Which of the mechanisms of this lesson answers a challenge?",
        "After `AUTH CRAM-MD5` decode the challenge, make the HMAC of it with the password as the key, and send user, "
        "a space and the digits in base64. The cell of this lesson does it for Alice.",
        'After the 334: `digest = hmac.new(b"builder42", b64decode(reply.text), "md5").hexdigest()`, then '
        '`session.send(b64encode(f"bob {digest}".encode()).decode())`.',
    ),
    solution=Solution(
        code=(
            "import hmac\n"
            "from base64 import b64decode, b64encode\n\n"
            'open_line = Lab("open", name="08.c")\n'
            "session = open_line.connect()\n"
            'session.send("EHLO laptop.example")\n'
            'challenge = b64decode(session.send("AUTH CRAM-MD5").text)\n'
            'digest = hmac.new(b"builder42", challenge, "md5").hexdigest()\n'
            'session.send(b64encode(f"bob {digest}".encode()).decode())\n'
            'session.send("MAIL FROM:<bob@lab.example>")\n'
            f'session.send("RCPT TO:<{_FRIEND}>")\n'
            'check("08.c")'
        ),
        explanation=(
            "CRAM-MD5 answers a challenge that is used once: the digest proves that you know the password and does not "
            "contain it (RFC 2195 2). SCRAM-SHA-256 does it better and counts as well. The login lasts as long as the "
            "connection, so MAIL and RCPT belong into the same one. In a real session all of it goes inside TLS."
        ),
    ),
    done=_relayed,
    praise="Bob is known, his message may leave the house, and whoever listened does not have his password.",
    shown="a foreign recipient, accepted with {code} because Bob is logged in",
    mistakes=(
        Mistake(
            name="password-sent",
            find=latest(_showed_password),
            message=(
                "Here the password went over the wire. base64 hides nothing: whoever listened has it now, "
                "whatever the server answered."
            ),
            remark="decoded, this line contains the password",
            next_step="Open a new connection and use a mechanism that answers a challenge, such as CRAM-MD5.",
        ),
        Mistake(
            name="initial-response",
            find=latest(lambda deed: deed.code == 501 and len(deed.argument.split()) > 1, "AUTH"),
            message="In CRAM-MD5 the server speaks first, so there is nothing to send along with AUTH: {code}.",
            remark="a response before any challenge",
            next_step="Send `AUTH CRAM-MD5` alone and wait for the 334.",
        ),
        Mistake(
            name="not-base64",
            find=_as_response(lambda text: text != "*" and decoded(text) is None),
            message="This answer is not base64, so the server could not read it: {code}.",
            remark="not base64",
            next_step="Encode user, space and digits together: `b64encode(…).decode()`.",
        ),
        Mistake(
            name="digest-alone",
            find=_cram(lambda challenge, answer, deed: b" " not in answer),
            message="There is no space in this answer. The server needs to know who answers: {code}.",
            remark="a digest without a user, or without the space",
            next_step="The answer is the user, one space, and 32 digits.",
        ),
        Mistake(
            name="upper-case",
            find=_cram(lambda challenge, answer, deed: _last_word(answer) == _digest(_PASSWORD, challenge).upper()),
            message="The digest is right, but its digits are in upper case. They have to be in lower case: {code}.",
            remark="A to F in place of a to f",
            next_step="Use `hexdigest()` as it is.",
        ),
        Mistake(
            name="digest-of-base64",
            find=_cram(lambda challenge, answer, deed: _last_word(answer) == _digest(_PASSWORD, b64encode(challenge))),
            message="The digest was made of the challenge as it came, still in base64. The server made it of the text.",
            remark="the digest of the base64: {code}",
            next_step="Decode first: `b64decode(reply.text)`.",
        ),
        Mistake(
            name="key-and-text-swapped",
            find=_cram(lambda challenge, answer, deed: _last_word(answer) == _digest(challenge, _PASSWORD)),
            message="Key and text are the wrong way round: here the challenge was the key.",
            remark="HMAC with the challenge as its key: {code}",
            next_step="The password is the key, the challenge the text: `hmac.new(password, challenge, …)`.",
        ),
        Mistake(
            name="no-key",
            find=_cram(_without_key),
            message="This is a plain MD5. CRAM-MD5 wants HMAC-MD5, in which the password is the key.",
            remark="MD5 without a key: {code}",
            next_step='Use `hmac.new(b"builder42", challenge, "md5")`.',
        ),
        Mistake(
            name="old-challenge",
            find=_cram(_of_another_challenge),
            message="This digest belongs to another challenge. Each challenge is good for one answer only.",
            remark="the answer to an earlier question: {code}",
            next_step="Make the digest anew, of the challenge that has just come.",
        ),
        Mistake(
            name="wrong-digest",
            find=_cram(lambda challenge, answer, deed: deed.code == 535),
            message="The answer has the right form, but the digest is not the one that Bob's password gives: {code}.",
            remark="another digest than Bob's",
            next_step="Check user and password: `bob` and `builder42`, as octets, without a line feed.",
        ),
        Mistake(
            name="other-user",
            find=_logged_in_as(lambda mechanism, user: user != "bob"),
            message="This login worked, but it is not Bob's.",
            remark="logged in with {code}, as somebody else",
            next_step="Open a new connection and put Bob's name and password in.",
        ),
        Mistake(
            name="not-relayed",
            find=latest(lambda deed: deed.code == 550 and deed.exchange.before.authenticated is None, "RCPT"),
            message=(
                "The server does not know you in this connection, so it passes nothing on to another domain: {code}. "
                "A login counts for the connection in which it was made."
            ),
            remark="nobody is logged in at this point",
            next_step="Log in first, and name the recipient in the same connection.",
            side="S",
        ),
        Mistake(
            name="nobody-named",
            find=_nobody_named,
            message="The login is done, without the password on the wire. Bob's friend has not been named yet.",
            remark="logged in; no recipient at another domain so far",
            next_step=f"In the same connection: `MAIL FROM:<bob@lab.example>`, then `RCPT TO:<{_FRIEND}>`.",
        ),
    ),
    otherwise="You spoke with the server, but nobody has tried to log in yet.",
    start_with='Begin with `session.send("EHLO laptop.example")`, then name a mechanism.',
)

EXERCISES = [FADED, ORDER, FREE]

QUESTIONS = [
    Question(
        id="08.q1",
        prompt=(
            "At the lab's open server a client says EHLO and MAIL, without a login, and then "
            "`RCPT TO:<friend@other.example>`. What is the reply?"
        ),
        options=(
            Option("250: the address is well written", "A server that takes this from anybody is an open relay."),
            Option("530: a login is required", "That comes where no mail is taken without one, and then to MAIL."),
            Option("535: the login was refused", "That answers a login, and nobody has tried one here."),
            Option(
                "550: relaying denied",
                "Yes: to its own people the server takes mail from anybody, to other domains only from those it knows.",
                right=True,
            ),
        ),
        rfc="RFC 5321 3.6.2",
        looks_back_to="03",
    ),
    Question(
        id="08.q2",
        prompt=(
            "Somebody asks for help and posts this debug output:\n"
            "`send: 'AUTH LOGIN'`\n"
            "`reply: b'334 VXNlcm5hbWU6'`\n"
            "`send: 'YWxpY2U='`\n"
            "`reply: b'334 UGFzc3dvcmQ6'`\n"
            "`send: 'd29uZGVybGFuZA=='`\n"
            "What should they do first?"
        ),
        options=(
            Option("Change the password", "Yes: the last line is the password, and anyone can decode it.", right=True),
            Option("Nothing: the password is encrypted", "base64 has no key. Decode the last line and see."),
            Option("Nothing: the session ran inside TLS", "TLS protects the line between the two, not what is posted."),
            Option("Try PLAIN, which is safer", "PLAIN says the same in one message. The harm is done already."),
        ),
        rfc="RFC 4648 12",
    ),
    Question(
        id="08.q3",
        prompt=(
            "A program has sent mail through a provider for years. Since today the answer is 535, and the password is "
            "the one that works on the provider's web page. What is likely?"
        ),
        options=(
            Option("The base64 is broken", "Then the answer is 501, and a program does not unlearn it overnight."),
            Option(
                "The rules for logins have changed",
                "Yes: the text often says so. An app password or a token is wanted, or this way in is switched off.",
                right=True,
            ),
            Option(
                "The server is busy; try again every minute", "For that there is 454; and each 535 counts against you."
            ),
            Option("TLS is missing", "That is 530 or 538, or AUTH is not in the list after EHLO."),
        ),
        rfc="RFC 4954 6",
    ),
]

PREDICTIONS = [
    Prediction(
        id="08.p1",
        prompt=(
            "There is no TLS, and somebody who listens sees one line: `AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=`. "
            "What do they have now?"
        ),
        options=(
            Option("Nothing: it is encrypted", "Encryption needs a key. Which one would it be?"),
            Option("The user's name; the password is encrypted", "Both are in that one text, and neither is."),
            Option(
                "A digest against which they can try passwords", "PLAIN makes no digest; it has the password itself."
            ),
            Option("User and password", "Yes: base64 only writes octets down, and anybody can undo it.", right=True),
        ),
        rfc="RFC 4648 12",
    ),
    Prediction(
        id="08.p2",
        prompt="After `AUTH LOGIN` and its first 334 the client has had enough and sends `QUIT`. What comes back?",
        options=(
            Option("221, and the connection is closed", "It would, were it reading commands at this point."),
            Option(
                "334, the next question", "Yes: QUIT is valid base64, so it is taken for a user's name.", right=True
            ),
            Option("501, the login is cancelled", "That answers a line with only an asterisk."),
            Option("503, wrong order", "The server does not look for a command here, so none can be out of order."),
        ),
        rfc="RFC 4954 4",
    ),
]
