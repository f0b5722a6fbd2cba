"""The same conversation as code: Python with a Session, Python with smtplib, a terminal, swaks.

Each function takes a transcript and writes its newest connection. A password is never written: the code
takes it from the lab, and a refused one is replaced by another that is refused. Whatever a tool can't
repeat is said in a comment.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import groupby
from typing import Final, Literal, NamedTuple

from helpers.protocol.reply import decode
from helpers.protocol.state import verb_of
from helpers.views.markup import count, visible
from helpers.views.secrets import MASK, from_base64, sent_lines
from helpers.wire.transcript import Connection, Exchange, ExchangeKind, Outcome, Transcript

Tls = Literal["none", "starttls", "implicit"]

_RESPONSES: Final = {"PLAIN": 1, "LOGIN": 2, "CRAM-MD5": 1}
_WRONG: Final = "not the password"
_LONGEST = 20_000  # octets of a message that are written out
_NOTHING: Final = "# Nothing has been said yet."
_BASE64: Final = "\ndef base64(text):\n    return b64encode(text.encode()).decode()\n"


class _Login(NamedTuple):
    """An AUTH exchange read for its user, so that it can be repeated without its password."""

    mechanism: str
    user: str | None  #: None when the responses are not what the mechanism asks for
    initial: bool  #: the first response stood in the AUTH line
    whole: bool  #: every response that the mechanism asks for was sent
    accepted: bool

    @property
    def password(self) -> str:
        """The password as an expression of Python."""
        return f"lab.users[{_quoted(self.user or '')}]" if self.accepted else _quoted(_WRONG)


def as_session(transcript: Transcript, profile: str = "open") -> str:
    """Python that repeats the newest connection with a ``Session`` on a lab of this profile."""
    connection = _newest(transcript)
    if connection is None:
        return _NOTHING
    body: list[str] = []
    for turn in _turns(connection):
        body += _session_turn(turn)
    if not _said_quit(connection):
        body.append("session.close()")
    opening = ["session = lab.connect()", "print(session.greeting)"]
    return _program(["from helpers import Lab"], [f"lab = Lab({_quoted(profile)})", *opening, *body])


def as_smtplib(transcript: Transcript, profile: str = "open") -> str:
    """Python that repeats the newest connection with the standard library's ``smtplib``."""
    connection = _newest(transcript)
    if connection is None:
        return _NOTHING
    body: list[str] = []
    turns = [*_turns(connection)]
    for before, turn, after in zip([[], *turns], turns, [*turns[1:], []], strict=False):
        body += _smtplib_turn(before, turn, after)
    if not _said_quit(connection):
        body.append("smtp.close()")
    opening = [
        f"lab = Lab({_quoted(profile)})",
        "smtp = lab.smtplib()  # elsewhere: smtplib.SMTP(host, port); it writes most verbs in small letters",
    ]
    imports = ["import smtplib\n"] if any("smtplib." in line for line in body) else []
    return _program([*imports, "from helpers import Lab"], [*opening, *body])


def as_terminal(transcript: Transcript, host: str, port: int, tls: Tls = "none") -> str:
    """The command that connects from a terminal, and the lines to type.

    Args:
        tls: "starttls" and "implicit" use ``openssl s_client``, "none" uses telnet.
    """
    connection = _newest(transcript)
    if connection is None:
        return _NOTHING
    address = shlex.quote(f"{host}:{port}")
    if tls == "none":
        lines = [
            f"telnet {shlex.quote(host)} {port}",
            f"# or, for the same with CR LF ends: nc -C {shlex.quote(host)} {port}",
        ]
    else:
        start = "-starttls smtp " if tls == "starttls" else ""
        lines = [
            f"openssl s_client -connect {address} {start}-crlf -quiet",
            "# without -quiet, a line that begins with R or Q is a command to openssl and never sent",
        ]
    if tls == "starttls":
        lines.append("# openssl itself says EHLO and STARTTLS; go on with your own EHLO")
    lines.append("# then type, waiting for the reply after each:")
    typed: list[str] = []
    for exchange in connection.exchanges:
        if tls == "starttls" and not exchange.tls:
            continue
        if tls == "none" and exchange.verb == "STARTTLS" and exchange.code == 220:
            typed.append("# STARTTLS: from here telnet cannot go on, openssl s_client -starttls smtp can")
            break
        typed += _typed(exchange)
    if any(MASK in line for line in typed):
        lines.append(f"# ({MASK} stands for your credentials in base64)")
    return "\n".join([*lines, *typed])


def as_swaks(transcript: Transcript, host: str, port: int, tls: Tls = "none") -> str:
    """The swaks commands that come nearest to the newest connection: one for each transaction."""
    connection = _newest(transcript)
    if connection is None:
        return _NOTHING
    transactions = connection.transactions
    lines = [f"# {remark}" for remark in _beyond_swaks(connection)]
    options = _swaks_options(connection, host, port, tls)
    if not transactions:
        lines.append(shlex.join([*options, "--quit-after", "AUTH" if "--auth" in options else "HELO"]))
    for transaction in transactions:
        command = [*options, "--from", transaction.sender or "<>"]
        paths = [exchange.path or "" for exchange in transaction.exchanges if exchange.verb == "RCPT"]
        if paths:
            command += ["--to", ",".join(paths)]
        if transaction.outcome in (Outcome.ACCEPTED, Outcome.REFUSED) and paths:
            content = transaction.content
            if len(content) > _LONGEST:
                lines.append(f"# the message had {count(len(content), 'octet')}; here is its beginning")
            text = content[:_LONGEST].replace(b"\r\n", b"\n").replace(b"\0", b"").removesuffix(b"\n")
            command += ["--data", decode(text)]
            if len({e.group for e in transaction.exchanges}) < len(transaction.exchanges):
                command.append("--pipeline")
        else:
            command += ["--quit-after", "RCPT" if paths else "MAIL"]
        lines.append(shlex.join(command))
    return "\n".join(lines)


def _newest(transcript: Transcript) -> Connection | None:
    return transcript.connections[-1] if transcript.connections else None


def _said_quit(connection: Connection) -> bool:
    return any(exchange.verb == "QUIT" and exchange.code == 221 for exchange in connection.exchanges)


def _turns(connection: Connection) -> Iterator[list[Exchange]]:
    """The exchanges as they have to be sent: one by one, a pipelined group at once, a login as a whole."""
    login: list[Exchange] = []
    for _, group in groupby((e for e in connection.exchanges if e.octets), key=lambda exchange: exchange.group):
        together = list(group)
        if len(together) == 1 and together[0].kind is ExchangeKind.RESPONSE and login:
            login.append(together[0])
            continue
        if login:
            yield login
        login = together if len(together) == 1 and together[0].verb == "AUTH" else []
        if not login:
            yield together
    if login:
        yield login


def _program(imports: list[str], lines: list[str]) -> str:
    text = "\n".join(lines)
    helper = ""
    if "base64(" in text:
        names = ["b64encode"]
        if "b64decode(" in text:
            names.insert(0, "b64decode")
        imports = [f"from base64 import {', '.join(names)}", *imports]
        helper = _BASE64 + "\n"
    if "hmac." in text:
        imports = ["import hmac", *imports]
    return "\n".join(imports) + "\n" + helper + "\n" + text + "\n"


def _session_turn(turn: list[Exchange]) -> list[str]:
    first = turn[0]
    if any(exchange.reply is None for exchange in turn):
        return [_unanswered(turn)]
    if first.verb == "AUTH" and first.kind is ExchangeKind.COMMAND and _is_alone(turn):
        return _session_login(turn)
    if len(turn) > 1:
        return [f"for reply in session.send_raw({_octets(turn)}):  # sent together", "    print(reply)"]
    if _is_message(turn):
        note, content = _message(first.content)
        return [*note, f"print(session.send_data({content}))"]
    line = _plain_line(first)
    return [f"print(*session.send_raw({_octets(turn)}))" if line is None else f"print(session.send({_quoted(line)}))"]


def _session_login(turn: list[Exchange]) -> list[str]:
    login = _login(turn)
    if login.mechanism.startswith("SCRAM-"):
        return [_no_scram(login)]
    if login.mechanism == "CRAM-MD5" and login.user is not None and login.whole:
        return [
            'challenge = session.send("AUTH CRAM-MD5")',
            f'digest = hmac.new({login.password}.encode(), b64decode(challenge.text), "md5").hexdigest()',
            f"print(session.send(base64({_quoted(login.user + ' ')} + digest)))",
        ]
    return [f"print(session.send({expression}))" for expression in _login_lines(turn, login)]


def _login_lines(turn: list[Exchange], login: _Login) -> list[str]:
    """The client's lines of an AUTH exchange as expressions, without the password."""
    answers: list[str] = []
    if login.user is not None and login.mechanism == "PLAIN":
        answers = [f"base64({_quoted(chr(0) + login.user + chr(0))} + {login.password})"]
    elif login.user is not None and login.mechanism == "LOGIN":
        answers = [f"base64({_quoted(login.user)})", f"base64({login.password})"]
    lines = []
    for exchange in turn:
        public, secret, _ = sent_lines(exchange)[0]
        answer = (answers.pop(0) if answers else _quoted("?")) if secret else ""
        text = decode(public)
        lines.append(" + ".join(filter(None, [_quoted(text) if text or not answer else "", answer])))
    return lines


def _smtplib_turn(before: list[Exchange], turn: list[Exchange], after: list[Exchange]) -> list[str]:
    first = turn[0]
    if any(exchange.reply is None for exchange in turn):
        return [_unanswered(turn)]
    if first.verb == "AUTH" and first.kind is ExchangeKind.COMMAND and _is_alone(turn):
        return _smtplib_login(turn)
    if _is_data(turn) and _is_message(after):
        note, content = _message(after[0].content)
        return [*note, f"print(smtp.data({content}))  # says DATA, too"]
    if _is_message(turn) and _is_data(before):
        return []
    line = _plain_line(first)
    if len(turn) > 1 or line is None or not line.isascii():
        return [f"smtp.send({_octets(turn)})"] + ["print(smtp.getreply())"] * len(turn)
    return [f"print({_smtplib_call(first, line)})"]


def _smtplib_call(exchange: Exchange, line: str) -> str:
    """The method that sends this line, or ``docmd``, which sends any."""
    verb, _, rest = line.partition(" ")
    if verb == "STARTTLS" and exchange.code == 220:
        return "smtp.starttls(context=lab.client_context())"
    if verb in ("EHLO", "HELO") and rest:
        return f"smtp.{verb.lower()}({_quoted(rest)})"
    if line in ("NOOP", "RSET", "QUIT"):
        return f"smtp.{line.lower()}()"
    if verb in ("VRFY", "EXPN") and re.fullmatch(r"[\w.+-]+@[\w.-]+|[\w.-]+", rest, re.ASCII):
        return f"smtp.{'verify' if verb == 'VRFY' else 'expn'}({_quoted(rest)})"
    path = exchange.path or ""
    options = line.partition(">")[2].split()
    exact = re.fullmatch(r"[\w.+-]+@[\w.-]+", path, re.ASCII) or (path == "" and verb == "MAIL")
    if exact and line == f"{exchange.verb} {'FROM' if verb == 'MAIL' else 'TO'}:<{path}>" + "".join(
        f" {o}" for o in options
    ):
        method = "mail" if verb == "MAIL" else "rcpt"
        return f"smtp.{method}({_quoted(path)}{f', {options!r}' if options else ''})"
    return f"smtp.docmd({_quoted(line)})"


def _smtplib_login(turn: list[Exchange]) -> list[str]:
    login = _login(turn)
    if login.mechanism.startswith("SCRAM-"):
        return [_no_scram(login), "# smtplib has no SCRAM"]
    method = {"PLAIN": "auth_plain", "LOGIN": "auth_login", "CRAM-MD5": "auth_cram_md5"}.get(login.mechanism)
    if method is None or login.user is None or not login.whole:
        return [f"print(smtp.docmd({expression}))" for expression in _login_lines(turn, login)]
    initial = "" if login.initial else ", initial_response_ok=False"
    call = f'print(smtp.auth("{login.mechanism}", smtp.{method}{initial}))'
    lines = [f"smtp.user, smtp.password = {_quoted(login.user)}, {login.password}"]
    if login.accepted:
        return [*lines, call]
    return [
        *lines,
        "try:",
        f"    {call}",
        "except smtplib.SMTPAuthenticationError as error:",
        "    print((error.smtp_code, error.smtp_error))",
    ]


def _is_alone(turn: list[Exchange]) -> bool:
    return all(len(sent_lines(exchange)) == 1 for exchange in turn)


def _login(turn: list[Exchange]) -> _Login:
    words = (turn[0].command or "").split()
    mechanism = words[1].upper() if len(words) > 1 else ""
    initial = bool(sent_lines(turn[0])[0].secret)
    responses = [line.secret for exchange in turn for line in sent_lines(exchange) if line.secret]
    user = _user(mechanism, [from_base64(response.strip()) for response in responses])
    whole = len(responses) == _RESPONSES.get(mechanism) and len(turn) + initial == len(responses) + 1
    return _Login(visible(mechanism), user, initial, whole, turn[-1].code == 235)


def _user(mechanism: str, responses: list[bytes | None]) -> str | None:
    first = responses[0] if responses else None
    if first is None or None in responses or len(responses) > _RESPONSES.get(mechanism, 0):
        return None
    if mechanism == "PLAIN" and first.startswith(b"\0") and first.count(b"\0") == 2:
        return decode(first.split(b"\0")[1])
    if mechanism == "LOGIN":
        return decode(first)
    if mechanism == "CRAM-MD5" and b" " in first:
        return decode(first.rpartition(b" ")[0])
    return None


def _no_scram(login: _Login) -> str:
    return (
        f"# AUTH {login.mechanism} is left out: its messages hold a new nonce each time, so fixed lines don't repeat it"
    )


def _unanswered(turn: list[Exchange]) -> str:
    said = "; ".join(visible(line.text()) for exchange in turn for line in sent_lines(exchange)[:3])
    return f"# got no reply, so it isn't sent here: {said[:200]}"


def _plain_line(exchange: Exchange) -> str | None:
    """The text of a line that a text method can say; None when only raw octets will do."""
    octets = exchange.octets
    if exchange.kind is ExchangeKind.MESSAGE or not octets.endswith(b"\r\n"):
        return None
    if b"\n" in octets[:-2] or b"\r" in octets[:-2]:
        return None
    try:
        return octets[:-2].decode()
    except UnicodeDecodeError:
        return None


def _is_data(turn: list[Exchange]) -> bool:
    return len(turn) == 1 and turn[0].octets == b"DATA\r\n" and turn[0].code == 354


def _is_message(turn: list[Exchange]) -> bool:
    """Whether ``send_data`` and ``smtplib``, which stuff dots and add the last one, make these very octets."""
    if len(turn) != 1 or turn[0].kind is not ExchangeKind.MESSAGE or turn[0].reply is None:
        return False
    first = turn[0]
    content = first.content
    stuffed = re.sub(rb"(?m)^\.", b"..", content) + b".\r\n"
    return content.endswith(b"\r\n") and not re.search(rb"(?<!\r)\n|\r(?!\n)", content) and stuffed == first.octets


def _message(content: bytes) -> tuple[list[str], str]:
    if len(content) <= _LONGEST:
        return [], _bytes(content)
    note = f"# the message had {count(len(content), 'octet')}; here is its beginning"
    return [note], _bytes(content[:_LONGEST])


def _octets(turn: list[Exchange]) -> str:
    return _bytes(b"".join(exchange.octets for exchange in turn))


def _bytes(octets: bytes) -> str:
    """Octets as a literal of Python, a line of the literal for each line of the octets."""
    lines = octets.split(b"\n")
    parts = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    if len(parts) < 2:
        return _literal(octets)
    return "\n" + "\n".join(f"    {_literal(part)}" for part in parts) + "\n"


def _literal(octets: bytes) -> str:
    text = repr(octets)
    return f'b"{text[2:-1]}"' if b'"' not in octets and b"'" not in octets else text


def _quoted(text: str) -> str:
    quoted = repr(text)
    return f'"{quoted[1:-1]}"' if '"' not in text and "'" not in text else quoted


def _typed(exchange: Exchange) -> list[str]:
    """The lines of one exchange as they are typed."""
    lines = sent_lines(exchange)
    if exchange.kind is ExchangeKind.UNASKED:
        return ["# here the server spoke unasked"]
    if any(line.end != b"\r\n" for line in lines):
        note = ["# the next line did not end in CR LF; a terminal tool always sends CR LF"]
    elif any(not (line.public + line.secret).isascii() for line in lines):
        note = ["# octets beyond ASCII depend on your terminal's encoding"]
    else:
        note = []
    typed = [line.text() for line in lines[:200]]
    if len(lines) > 200:
        typed.append(f"# … {count(len(lines) - 200, 'line')} more")
    return note + typed


def _swaks_options(connection: Connection, host: str, port: int, tls: Tls) -> list[str]:
    options = ["swaks", "--server", host, "--port", str(port)]
    hello = [e for e in connection.exchanges if e.verb in ("EHLO", "HELO") and e.code == 250]
    if hello:
        options += ["--helo", hello[-1].after.client_name or ""]
        if hello[-1].verb == "HELO":
            options += ["--protocol", "SMTP"]
    options += {"none": [], "starttls": ["--tls"], "implicit": ["--tls-on-connect"]}[tls]
    for turn in _turns(connection):
        if turn[0].verb == "AUTH" and turn[-1].code == 235:
            login = _login(turn)
            options += ["--auth", login.mechanism, *(["--auth-user", login.user] if login.user else [])]
    return options


def _beyond_swaks(connection: Connection) -> Iterator[str]:
    """What swaks will not say."""
    exchanges = connection.exchanges
    others = {"NOOP", "RSET", "VRFY", "EXPN", "HELP", "BDAT", "ETRN"} & {e.verb for e in exchanges}
    if others:
        yield f"swaks does not send {', '.join(sorted(o for o in others if o))}"
    if any(
        e.kind is ExchangeKind.COMMAND and verb_of(e.command or "") and e.code in (500, 501, 503) for e in exchanges
    ):
        yield "swaks keeps to the order and the grammar: the lines that got 500, 501 or 503 are left out"
    if any(
        transaction_parameters := [e for e in exchanges if e.verb in ("MAIL", "RCPT") and "> " in (e.command or "")]
    ):
        yield f"swaks leaves out the parameters of {count(len(transaction_parameters), 'MAIL or RCPT line')}"
    if len(connection.transactions) > 1:
        yield "swaks sends one message a run: here is a command for each transaction, each with a connection of its own"
    if any(e.verb == "AUTH" and e.code in (235, 334) for e in exchanges):
        yield "swaks asks for the password"
    if any(b"\\n" in t.content or b"%" in t.content for t in connection.transactions):
        yield "in --data, swaks reads \\n as a line end and replaces words such as %DATE%"
    if any(b"\0" in t.content or not t.content.isascii() for t in connection.transactions):
        yield "octets beyond ASCII and NUL can't all stand in a command line; the message differs in them"
