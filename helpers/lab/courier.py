"""The sending side of SMTP: hands one message over to another server, as a client.

Everything is said through a :class:`~helpers.session.Session`, so the other server's wire log has every octet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from helpers.lab import wishes
from helpers.lab.data_files import load
from helpers.protocol.reply import MalformedReply, Reply, ReplyClass
from helpers.session import Session, SessionError, TLSFailed
from helpers.wire.messages import StoredMessage
from helpers.wire.queue import END_OF_DATA


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it for one recipient, or for all of them."""

    status: str  #: an enhanced status code
    reply: Reply | None = None
    place: str = ""
    problem: str = ""
    connection: int = 0


class _Over(Exception):
    """The conversation cannot go on, and this is why."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


def status_of(reply: Reply) -> str:
    """The outcome that a reply stands for: its enhanced code where that agrees with the code, else only the class.

    A code out of range is fatal (RFC 5321 4.2).
    """
    if reply.kind is ReplyClass.UNKNOWN:
        return "5.5.0"
    digit = str(reply.code)[0]
    if reply.kind is ReplyClass.INTERMEDIATE:
        return "5.5.0"  # only DATA waits for one
    enhanced = reply.enhanced or ""
    return enhanced if enhanced.startswith(digit) else f"{digit}.0.0"


def problem(key: str, host: str) -> str:
    """The words for something that went wrong without a reply."""
    text: str = load("outgoing")["problems"][key]
    return text.format(host=host)


def hand_over(
    connect: Callable[[], Session],
    host: str,
    hostname: str,
    message: StoredMessage,
    recipients: Mapping[str, Sequence[str]],
) -> list[Outcome]:
    """Hand a message over to ``host`` and return what came of it, recipient by recipient.

    ``recipients`` has the parameters of each one's RCPT; those of DSN go on to a server that offers it.

    TLS is used where it is offered and works (RFC 7435): mail that nobody could read on its way is better, and mail
    in clear text is still mail. A server that speaks nothing but TLS is tried again later.
    """
    try:
        return _Handover(connect, host, hostname, message).run(recipients)
    except TLSFailed:
        return _Handover(connect, host, hostname, message, tls=False).run(recipients)


class _Handover:
    def __init__(
        self, connect: Callable[[], Session], host: str, hostname: str, message: StoredMessage, tls: bool = True
    ) -> None:
        self._connect = connect
        self._host = host
        self._hostname = hostname
        self._message = message
        self._tls = tls
        self._place = "connection"
        self._connection = 0

    def run(self, recipients: Mapping[str, Sequence[str]]) -> list[Outcome]:
        decided: dict[str, Outcome] = {}
        session: Session | None = None
        try:
            session = self._connect()
            self._connection = session.connection
            self._deliver(session, recipients, decided)
        except _Over as over:
            decided = dict.fromkeys(recipients, over.outcome) | decided
        except TLSFailed:
            if session is not None:  # after STARTTLS: another connection may do without
                raise
            decided = dict.fromkeys(recipients, self._silence("4.7.5", "no-tls"))
        except SessionError:
            decided = dict.fromkeys(recipients, self._silence("4.4.2", "cut-off")) | decided
        except MalformedReply:
            decided = dict.fromkeys(recipients, self._silence("4.5.0", "no-reply")) | decided
        finally:
            if session is not None:
                self._leave(session)
        return [decided[recipient] for recipient in recipients]

    def _deliver(self, session: Session, recipients: Mapping[str, Sequence[str]], decided: dict[str, Outcome]) -> None:
        """As many transactions as the server needs. An _Over or an error holds for all that are not decided then."""
        self._demand(session.greeting, 220)
        offers = self._hello(session)
        content = self._content()
        mail = f"MAIL FROM:<{self._message.sender}>{self._parameters(content, offers)}"
        left = dict(recipients)
        while left:
            self._say(session, "MAIL", mail)
            left = {path: left[path] for path in self._transaction(session, offers, content, left, decided)}

    def _transaction(
        self,
        session: Session,
        offers: frozenset[str],
        content: bytes,
        recipients: Mapping[str, Sequence[str]],
        decided: dict[str, Outcome],
    ) -> list[str]:
        """A RCPT for each, one DATA; returns those for whom another transaction is worth it at once.

        A server that has enough recipients says so, takes the message for these, and then takes the next ones
        (RFC 5321 4.5.3.1.10). So there is another transaction only after one that has brought something.
        """
        accepted, later = [], []
        for path, parameters in recipients.items():
            wished = wishes.passed_on(parameters, ("NOTIFY", "ORCPT")) if "DSN" in offers else ""
            reply = self._ask(session, "RCPT", f"RCPT TO:<{path}>{wished}")
            if reply.code == 421:  # it is closing, whatever it was asked (RFC 5321 3.8)
                raise _Over(self._outcome(reply))
            if reply.kind is ReplyClass.SUCCESS:
                accepted.append(path)
                continue
            decided[path] = self._outcome(reply)
            if _has_enough(reply):
                if reply.code == 552:
                    decided[path] = replace(decided[path], status="4.5.3")
                later.append(path)
        if not accepted:
            return []
        self._demand(self._ask(session, "DATA", "DATA"), 354)
        self._place = END_OF_DATA
        end = session.send_data(content)
        decided.update(dict.fromkeys(accepted, self._outcome(end)))
        if end.kind is not ReplyClass.SUCCESS:
            return []
        for path in later:
            del decided[path]
        return later

    def _hello(self, session: Session) -> frozenset[str]:
        """Say EHLO, or HELO to a server that does not know it (RFC 5321 3.2); STARTTLS where it is offered."""
        reply = self._ask(session, "EHLO", f"EHLO {self._hostname}")
        if reply.kind is ReplyClass.PERMANENT:
            self._say(session, "HELO", f"HELO {self._hostname}")
            return frozenset()
        self._demand(reply, 250)
        offers = _offers(reply)
        if self._tls and not session.tls and "STARTTLS" in offers:
            if self._ask(session, "STARTTLS", "STARTTLS").code != 220:
                return offers
            return _offers(self._say(session, "EHLO", f"EHLO {self._hostname}"))
        return offers

    def _content(self) -> bytes:
        """The message with this server's Received line on top; Return-Path is for the last server (RFC 5321 4.4)."""
        received = [line for line in self._message.trace if line.startswith("Received:")]
        return "".join(f"{line}\r\n" for line in received).encode("utf-8", "surrogateescape") + self._message.raw

    def _parameters(self, content: bytes, offers: frozenset[str]) -> str:
        parameters = f" SIZE={len(content)}" if "SIZE" in offers else ""
        if not content.isascii():
            if "8BITMIME" not in offers:
                raise _Over(self._silence("5.6.3", "eight-bit"))
            parameters += " BODY=8BITMIME"
        if "SMTPUTF8" in self._message.parameters:
            if "SMTPUTF8" not in offers:
                raise _Over(self._silence("5.6.7", "utf8"))
            parameters += " SMTPUTF8"
        if "DSN" in offers:
            parameters += wishes.passed_on(self._message.parameters, ("RET", "ENVID"))
        return parameters

    def _ask(self, session: Session, place: str, line: str) -> Reply:
        self._place = place
        return session.send(line)

    def _say(self, session: Session, place: str, line: str) -> Reply:
        """Send a command that has to succeed."""
        reply = self._ask(session, place, line)
        self._demand(reply, 250)
        return reply

    def _demand(self, reply: Reply, code: int) -> None:
        """What was not expected is read by its first digit alone (RFC 5321 4.3.2)."""
        if reply.code // 100 != code // 100:
            raise _Over(self._outcome(reply))

    def _outcome(self, reply: Reply) -> Outcome:
        return Outcome(status_of(reply), reply, self._place, connection=self._connection)

    def _silence(self, status: str, key: str) -> Outcome:
        return Outcome(status, None, self._place, problem(key, self._host), self._connection)

    def _leave(self, session: Session) -> None:
        try:
            if not session.closed:
                session.send("QUIT")
        except (SessionError, MalformedReply):
            pass  # the message is where it is, with or without a farewell
        finally:
            session.close()


def _has_enough(reply: Reply) -> bool:
    """Too many recipients: 452, or the 552 of RFC 821 (RFC 5321 4.5.3.1.10). Other reasons name themselves."""
    if reply.code == 452:
        return reply.enhanced in (None, "4.5.3")
    return reply.code == 552 and reply.enhanced == "5.5.3"


def _offers(reply: Reply) -> frozenset[str]:
    return frozenset(line.split()[0].upper() for line in reply.lines[1:] if line.strip())
