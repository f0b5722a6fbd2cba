"""Two functions worth copying into a product: send a message, and ask a server what it offers.

Standard library only, and nothing of this package, so that the file can be taken as it is. By default neither
function talks to anything but this computer; ``allow_network=True`` lets it.
"""

from __future__ import annotations

import copy
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.generator import BytesGenerator
from email.message import EmailMessage
from io import BytesIO
from ipaddress import ip_address
from typing import Any, Literal, NamedTuple, TypeAlias

#: A host and a port, or a client of smtplib that has connected and said nothing yet. It is used up: QUIT ends it.
Server: TypeAlias = "tuple[str, int] | smtplib.SMTP"
Security: TypeAlias = Literal["starttls", "implicit", "none"]
Phase: TypeAlias = Literal["connect", "hello", "tls", "login", "sender", "recipients", "message"]

#: What a client says in EHLO when it has no name (RFC 5321 4.1.4); asking for a name could ask the network.
_NAMELESS = "[127.0.0.1]"

_WHAT: Mapping[Phase, str] = {
    "connect": "Connecting",
    "hello": "EHLO",
    "tls": "Switching to TLS",
    "login": "Logging in",
    "sender": "Naming the sender",
    "recipients": "Naming the recipients",
    "message": "Handing over the message",
}


class Answer(NamedTuple):
    """A server's reply."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


class MailError(Exception):
    """Nothing was sent, or nobody knows whether it was.

    ``phase`` says where it ended, ``answer`` is the server's reply where there was one, ``refused`` has the reply
    to each recipient when all were refused, and ``temporary`` whether the same may work later (RFC 5321 4.2.1).
    """

    def __init__(
        self,
        phase: Phase,
        reason: str,
        *,
        answer: Answer | None = None,
        temporary: bool = False,
        refused: Mapping[str, Answer] | None = None,
    ) -> None:
        super().__init__(f"{_WHAT[phase]} failed: {reason}")
        self.phase = phase
        self.answer = answer
        self.temporary = temporary
        self.refused = dict(refused or {})


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message: the recipients that the server took, and its reply to each of the others."""

    accepted: tuple[str, ...]
    refused: Mapping[str, Answer]
    answer: Answer  #: the reply after the message

    @property
    def complete(self) -> bool:
        """Whether everybody was taken."""
        return not self.refused

    @property
    def later(self) -> tuple[str, ...]:
        """Whom to try again: refused for now, with 4xx (RFC 5321 4.2.1)."""
        return tuple(address for address, answer in self.refused.items() if answer.code < 500)


@dataclass(frozen=True, slots=True)
class ServerReport:
    """What a server offers. The keywords are in capitals, each with its parameters (RFC 5321 4.1.1.1)."""

    greeting: Answer | None  #: None when the client was connected already: smtplib does not keep it
    tls: Security  #: "none": it offers none, or the handshake failed (then see tls_problem)
    tls_problem: str  #: why there is no TLS although it was offered; "" otherwise
    before: Mapping[str, str] = field(default_factory=dict)  #: without TLS; empty on a port with implicit TLS
    after: Mapping[str, str] = field(default_factory=dict)  #: inside TLS

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The ways to log in: those inside TLS, where there is TLS (RFC 4954 4)."""
        keywords = self.before if self.tls == "none" else self.after
        return tuple(dict.fromkeys(keywords.get("AUTH", "").split()))

    def __str__(self) -> str:
        rows = {
            "greeting": str(self.greeting) if self.greeting else "read before the probe",
            "TLS": self.tls_problem or {"none": "not offered"}.get(self.tls, f"{self.tls}, certificate verified"),
            "before TLS": " ".join(sorted(self.before)) or "–",
            "inside TLS": " ".join(sorted(self.after)) or "–",
            "mechanisms": " ".join(self.mechanisms) or "–",
        }
        return "\n".join(f"{name:<12}{value}" for name, value in rows.items())


def send_email(
    message: EmailMessage,
    server: Server,
    *,
    tls: Security = "starttls",
    context: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
    sender: str | None = None,
    recipients: Sequence[str] | None = None,
    hello: str | None = None,
    timeout: float = 30.0,
    allow_network: bool = False,
) -> Delivery:
    """Send one message in one session: EHLO, TLS, EHLO again, login, MAIL, RCPT, DATA, QUIT.

    Args:
        message: its Bcc field stays at home. Content beyond ASCII is announced as 8BITMIME (RFC 6152) where the
            server has that, and encoded otherwise.
        server: host and port, or a connected client of smtplib, which is used up.
        tls: "starttls" (RFC 3207) and "implicit" (RFC 8314 3.3) go on only with a verified certificate, and never
            without TLS; "none" uses none.
        context: whom to trust; the system's authorities when None.
        login: user and password; only inside TLS, and only when AUTH is offered (RFC 4954 4).
        sender: the reverse-path, where bounces go; the address in Sender or From when None. "" is the null path.
        recipients: the forward-paths; the addresses in To, Cc and Bcc when None.
        hello: your name in EHLO: a domain or an address literal (RFC 5321 4.1.4); for ``(host, port)`` only.
        timeout: seconds of silence before giving up, in each step.
        allow_network: let it leave this computer.

    Returns:
        Who was taken and who was refused. Look at ``refused``: some may have been.

    Raises:
        MailError: nobody got the message; or the connection ended while the server had it, then nobody knows.
        ValueError: no sender or recipient, a login without TLS, or a host beyond this computer.
    """
    if login is not None and tls == "none":
        raise ValueError('A password goes inside TLS only: take tls="starttls" or "implicit" (RFC 4954 4).')
    envelope_from = _sender(message) if sender is None else sender
    envelope_to = _addresses(message, "To", "Cc", "Bcc") if recipients is None else list(recipients)
    if not envelope_to:
        raise ValueError("Nobody to send to: the message has no To, Cc or Bcc, and recipients is empty.")
    with _session(server, tls == "implicit", context, hello, timeout, allow_network) as client:
        _hello(client)
        if tls == "starttls":
            _start_tls(client, context)
        if login is not None:
            _log_in(client, *login)
        return _transact(client, message, envelope_from, envelope_to)


def probe_server(
    server: Server,
    *,
    implicit_tls: bool = False,
    context: ssl.SSLContext | None = None,
    hello: str | None = None,
    timeout: float = 30.0,
    allow_network: bool = False,
) -> ServerReport:
    """Ask a server what it offers, before TLS and inside it. No login, no mail.

    Args:
        implicit_tls: the port speaks TLS from the first octet (465, RFC 8314 3.3).
        server, context, hello, timeout, allow_network: as for :func:`send_email`.

    Raises:
        MailError: the server could not be reached or did not take EHLO. A failed STARTTLS is part of the report.
        ValueError: a host beyond this computer.
    """
    with _session(server, implicit_tls, context, hello, timeout, allow_network) as client:
        _hello(client)
        greeting = client.greeting if isinstance(client, _Client) else None
        keywords = _keywords(client)
        if implicit_tls:
            return ServerReport(greeting, "implicit", "", after=keywords)
        if "STARTTLS" not in keywords:
            return ServerReport(greeting, "none", "", keywords)
        try:
            _start_tls(client, context)
        except MailError as problem:
            if problem.answer is None:
                client.close()  # after a broken handshake nothing can be said any more
            return ServerReport(greeting, "none", str(problem), keywords)
        return ServerReport(greeting, "starttls", "", keywords, _keywords(client))


# --- the session ----------------------------------------------------------------------------------------


class _Client(smtplib.SMTP):
    """smtplib's client, which keeps the greeting."""

    greeting: Answer | None = None

    def connect(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        code, text = super().connect(*args, **options)
        self.greeting = _answer(code, text)
        return code, text


class _TLSClient(_Client, smtplib.SMTP_SSL):
    """The same with TLS from the first octet."""


@contextmanager
def _session(
    server: Server,
    implicit: bool,
    context: ssl.SSLContext | None,
    hello: str | None,
    timeout: float,
    allow_network: bool,
) -> Iterator[smtplib.SMTP]:
    """A connection whose greeting was 220; at the end QUIT is said where somebody can still hear it."""
    client = _connected(server, implicit, context, hello, timeout, allow_network)
    try:
        yield client
    except MailError as error:
        if error.answer is None:
            client.close()
        raise
    finally:
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
        client.close()


def _connected(
    server: Server,
    implicit: bool,
    context: ssl.SSLContext | None,
    hello: str | None,
    timeout: float,
    allow_network: bool,
) -> smtplib.SMTP:
    if isinstance(server, smtplib.SMTP):
        if server.sock is None:
            raise ValueError("This client of smtplib is not connected; connect it, or give (host, port).")
        if implicit and not isinstance(server, smtplib.SMTP_SSL):
            raise ValueError("For TLS from the first octet give (host, port) or a client of smtplib.SMTP_SSL.")
        peer = getattr(server.sock, "getpeername", None)  # a client in memory has none
        if peer is not None:
            _stay_at_home(peer()[0], allow_network)
        server.sock.settimeout(timeout)
        return server
    host, port = server
    _stay_at_home(host, allow_network)
    name = hello or (None if allow_network else _NAMELESS)
    with _phase("connect"):
        if implicit:
            trust = context or ssl.create_default_context()
            return _TLSClient(host, port, local_hostname=name, timeout=timeout, context=trust)
        return _Client(host, port, local_hostname=name, timeout=timeout)


def _stay_at_home(host: str, allow_network: bool) -> None:
    if allow_network or host.lower() == "localhost":  # which never leaves the computer (RFC 6761 6.3)
        return
    with suppress(ValueError):
        if ip_address(host).is_loopback:
            return
    raise ValueError(f"{host} is not this computer. If you mean to use the network, give allow_network=True.")


def _hello(client: smtplib.SMTP) -> None:
    """EHLO, or HELO where the server does not know it (RFC 5321 4.1.1.1)."""
    with _phase("hello"):
        client.ehlo_or_helo_if_needed()


def _start_tls(client: smtplib.SMTP, context: ssl.SSLContext | None) -> None:
    """TLS with a verified certificate, then EHLO again, since all that was known before counts no more."""
    if not client.has_extn("starttls"):
        raise MailError(
            "tls",
            "the server does not offer STARTTLS. Nothing was sent, since it could have been read on the way. Is it "
            'the right port? 465 speaks TLS from the first octet (tls="implicit").',
        )
    with _phase("tls"):
        client.starttls(context=context or ssl.create_default_context())
    _hello(client)


def _log_in(client: smtplib.SMTP, user: str, password: str) -> None:
    if not client.has_extn("auth"):
        raise MailError("login", "the server does not offer AUTH here. Is it one for submission (587, 465)?")
    offered = _keywords(client)["AUTH"].upper().split()
    ways: dict[str, Any] = {"PLAIN": client.auth_plain, "LOGIN": client.auth_login, "CRAM-MD5": client.auth_cram_md5}
    way = next((name for name in ways if name in offered), None)
    if way is None:
        raise MailError("login", f"smtplib knows none of the mechanisms offered: {' '.join(offered)}.")
    with _phase("login"):
        try:
            # one way, not login(), which tries them all: three refusals for one wrong password can lock an account
            client.user, client.password = user, password
            client.auth(way, ways[way])
        except UnicodeEncodeError:
            raise MailError("login", "smtplib can send a user and a password in ASCII only.") from None


def _transact(client: smtplib.SMTP, message: EmailMessage, sender: str, recipients: Sequence[str]) -> Delivery:
    """One mail transaction (RFC 5321 3.3)."""
    utf8 = not all(address.isascii() for address in (sender, *recipients))
    if utf8 and not client.has_extn("smtputf8"):
        raise MailError("sender", "an address is not in ASCII, and the server does not offer SMTPUTF8 (RFC 6531).")
    content = _octets(message, utf8, eight_bit=client.has_extn("8bitmime"))
    options = ["SMTPUTF8"] if utf8 else []
    if client.has_extn("8bitmime") and not content.isascii():
        options.append("BODY=8BITMIME")
    if client.has_extn("size"):
        options.append(f"SIZE={len(content)}")
    with _phase("sender"):
        _demand("sender", _answer(*client.mail(sender, options)))
    refused: dict[str, Answer] = {}
    with _phase("recipients"):
        for address in recipients:
            answer = _answer(*client.rcpt(address))
            if answer.code == 421:  # the server is closing the connection (RFC 5321 3.8)
                _demand("recipients", answer)
            if answer.code not in (250, 251):
                refused[address] = answer
    accepted = tuple(address for address in recipients if address not in refused)
    if not accepted:
        told = "; ".join(f"{address}: {answer}" for address, answer in refused.items())
        raise MailError(
            "recipients",
            f"the server took nobody. {told}",
            answer=next(iter(refused.values())),
            temporary=all(answer.code < 500 for answer in refused.values()),
            refused=refused,
        )
    with _phase("message"):
        answer = _answer(*client.data(content))
        _demand("message", answer)
    return Delivery(accepted, refused, answer)


# --- what the rest is made of ---------------------------------------------------------------------------


@contextmanager
def _phase(phase: Phase) -> Iterator[None]:
    """Whatever goes wrong in here becomes a MailError of this phase."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        _demand(phase, _answer(error.smtp_code, error.smtp_error))
        raise MailError(phase, f"an unexpected answer, {error.smtp_code}") from error
    except ssl.SSLCertVerificationError as error:
        found = error.verify_message.rstrip(".")
        hint = "Nothing was sent; context says whom to trust."
        raise MailError(phase, f"the certificate was not accepted: {found}. {hint}") from error
    except ssl.SSLError as error:
        raise MailError(phase, f"no TLS came about: {error.reason or error}") from error
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        reason = "the server did not answer in time." if late else _lost(error)
        if phase == "message":
            # RFC 5321 4.5.3.2.6 and RFC 1047: the 250 may be all that was lost
            reason += " The server may have the message all the same; sent again, it may arrive twice."
        raise MailError(phase, reason, temporary=True) from error
    except smtplib.SMTPException as error:
        raise MailError(phase, str(error)) from error


def _lost(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there. Check host and port, and whether the server runs."
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the server closed the connection."
    return f"the connection could not be made or was lost ({error})."


def _demand(phase: Phase, answer: Answer) -> None:
    """Raise unless the server said yes."""
    if not 200 <= answer.code < 300:
        temporary = 400 <= answer.code < 500
        hint = " The same may work later." if temporary else ""
        raise MailError(phase, f"the server said {answer}.{hint}", answer=answer, temporary=temporary)


def _answer(code: int, text: bytes | str) -> Answer:
    return Answer(code, text.decode("utf-8", "replace") if isinstance(text, bytes) else text)


def _keywords(client: smtplib.SMTP) -> dict[str, str]:
    return {keyword.upper(): parameters.strip() for keyword, parameters in client.esmtp_features.items()}


def _addresses(message: EmailMessage, *fields: str) -> list[str]:
    """The addresses in these fields, each once."""
    values = [value for name in fields for value in message.get_all(name, [])]
    return list(dict.fromkeys(address.addr_spec for value in values for address in value.addresses))


def _sender(message: EmailMessage) -> str:
    """Sender goes before From, which may name several people (RFC 5322 3.6.2)."""
    found = _addresses(message, "Sender") or _addresses(message, "From")
    if not found:
        raise ValueError("No sender: the message has neither From nor Sender, and sender is None.")
    return found[0]


def _octets(message: EmailMessage, utf8: bool, eight_bit: bool) -> bytes:
    """The message as it goes over the wire, without its blind copies."""
    outgoing = copy.copy(message)
    del outgoing["Bcc"]
    whole: Any = message.policy  # of EmailMessage an EmailPolicy, which typeshed does not say
    policy = whole.clone(utf8=utf8, cte_type="8bit" if eight_bit else "7bit", linesep="\r\n")
    octets = BytesIO()
    BytesGenerator(octets, policy=policy).flatten(outgoing)
    return octets.getvalue()


__all__ = ["Answer", "Delivery", "MailError", "ServerReport", "probe_server", "send_email"]
