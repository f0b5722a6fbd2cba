"""The lab: a mail server in the notebook's own kernel, for one person to talk to and to break."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.lab.clock import LabClock
from helpers.lab.dialogue import Dialogue
from helpers.lab.engine import Engine, History
from helpers.lab.faults import Faults, make_fault
from helpers.lab.mailroom import Mailroom
from helpers.lab.people import people
from helpers.lab.postman import Postman
from helpers.lab.profiles import profile as find_profile
from helpers.lab.tls import Certificate, Certificates, can_tls
from helpers.lab.transport import Transport, can_sockets, default_transport
from helpers.protocol.address import domain_problem
from helpers.session import Pipe, Session
from helpers.wire.events import EventKind, WireLog
from helpers.wire.messages import Messages, StoredMessage
from helpers.wire.queue import Queue
from helpers.wire.transcript import Exchange, ExchangeKind, Transcript

if TYPE_CHECKING:
    import smtplib
    import ssl

    from helpers.wire.overheard import Overheard

CLIENT_NAME = "laptop.example"

_labs: dict[str, Lab] = {}
_labs_lock = threading.RLock()


def running_labs() -> list[Lab]:
    """Every running lab of this kernel, the oldest first."""
    with _labs_lock:
        return list(_labs.values())


class Lab:
    """A running SMTP server. Making one with the name of another replaces that one at once.

    Args:
        profile: what the server offers and demands: "open", "submission", "submissions", "mx", "strict",
            "legacy" or "naive".
        name: what the lab is called, when one profile is wanted twice; the profile's name otherwise.
        domain: the mail domain that it serves; its host name is ``mail.<domain>``.
        transport: "sockets" or "memory"; chosen by what works here otherwise.
        certificate: which one it shows: "good", "expired", "wrong-name" or "unknown-ca".

    Raises:
        ValueError: no such profile, transport or certificate, or not a domain.
    """

    def __init__(
        self,
        profile: str = "open",
        *,
        name: str | None = None,
        domain: str = "lab.example",
        transport: str | None = None,
        certificate: str = "good",
    ) -> None:
        if problem := domain_problem(domain):
            raise ValueError(f'A lab serves a domain such as "lab.example". {problem.sentence}')
        self.policy = find_profile(profile)
        self.profile = profile
        self.name = name or profile
        self.domain = domain.lower()
        self.hostname = f"mail.{self.domain}"
        self.clock = LabClock()
        self.log = WireLog()
        self._people = people(self.domain)
        self._mailroom = Mailroom(self._people, self.hostname, lambda: self.clock.now)
        self._faults = Faults()
        self._certificates = Certificates(self.hostname, certificate)
        self.server_name = self.hostname  #: the name in your clients' settings, for which they want a certificate
        self._live: dict[Engine, None] = {}
        self._histories: dict[int, History] = {}
        self._transport = self._make_transport(transport or default_transport())
        self._running = False
        self.postman = Postman(self, self._mailroom, running_labs)
        self.clock.on_advance.append(self._time_passed)
        self.clock.pass_time = self.postman.pass_time
        with _labs_lock:
            self._start(_labs.pop(self.name, None))
            _labs[self.name] = self

    def _make_transport(self, name: str) -> Transport:
        if name == "sockets":
            from helpers.lab.sockets import SocketTransport

            return SocketTransport(self._engine, self.clock)
        if name == "memory":
            from helpers.lab.memory import MemoryTransport

            return MemoryTransport(self._engine, self.clock)
        raise ValueError(f"A transport is 'sockets' or 'memory', not {name!r}.")

    def _start(self, before: Lab | None) -> None:
        port = 0
        if before is not None:
            if before.transport == "sockets":
                port = before.port
            before.stop()
        try:
            self._transport.start(port)
        except OSError:
            if not port:
                raise
            self._transport.start(0)  # somebody else has taken the old port meanwhile
        self._running = True

    def _engine(self, loop: asyncio.AbstractEventLoop) -> Engine:
        dialogue = Dialogue(self.policy, self.hostname, self._mailroom, lambda: self._nonce(engine), can_tls())
        engine = Engine(
            loop,
            self.log,
            dialogue,
            self._faults,
            self.clock,
            lambda: self._certificates.server_context,
            self._transport.wait,
            self._live,
            self._histories,
        )
        return engine

    def _nonce(self, engine: Engine) -> str:
        """A number used once: another for each connection and exchange, the same for its replay."""
        import hashlib

        history = engine.history
        history.nonces += 1
        digest = hashlib.sha256(f"{self.name} {history.original} {history.nonces}".encode()).hexdigest()
        return f"{int(digest[:8], 16)}.{int(history.began.timestamp())}"

    # --- where it is and who lives there ----------------------------------------------------------

    @property
    def transport(self) -> str:
        """ "sockets" or "memory"."""
        return self._transport.name

    @property
    def host(self) -> str:
        """The address that a program on this computer connects to. Raises NoSockets in memory."""
        return self._transport.address[0]

    @property
    def port(self) -> int:
        """The port, chosen by the system. Raises NoSockets in memory."""
        return self._transport.address[1]

    @property
    def running(self) -> bool:
        return self._running

    @property
    def can_sockets(self) -> bool:
        """Whether a terminal or another program can reach this lab."""
        return self.transport == "sockets"

    @property
    def can_tls(self) -> bool:
        """Whether this Python can do TLS."""
        return can_tls()

    @property
    def users(self) -> dict[str, str]:
        """Who can log in: user name to password. None of it is a real credential."""
        return {user.local_part: user.password for user in self._people.users.values()}

    @property
    def lists(self) -> dict[str, list[str]]:
        """The mailing lists and their members' addresses."""
        return {
            key: [self._people.address(member) for member in entry.members] for key, entry in self._people.lists.items()
        }

    @property
    def special_recipients(self) -> dict[str, str]:
        """Recipients that answer RCPT in their own way: address to what it stands for."""
        return {self._people.address(key): entry.meaning for key, entry in self._people.special.items()}

    # --- talking to it -----------------------------------------------------------------------------

    def connect(self, tls: bool | None = None) -> Session:
        """Open a connection and read the greeting.

        Args:
            tls: True for TLS from the first octet, False for none; None: as the profile has it.

        Raises:
            ConnectionClosed: the lab has stopped, or it ended the connection at once.
            NothingToWaitFor: no greeting comes: the server waits for a TLS handshake.
            TLSFailed: the handshake did not succeed.
        """
        return self._begin(self._transport.connect(), self.policy.tls == "implicit" if tls is None else tls)

    def _begin(self, pipe: Pipe, tls: bool) -> Session:
        """A session up to the greeting; where none comes, nothing stays open."""
        session = Session(pipe, self.hostname, self._secure)
        try:
            if tls:
                session.start_tls()
            session.read_greeting()
        except BaseException:
            session.close()
            raise
        return session

    def smtplib(self) -> smtplib.SMTP:
        """A connected ``smtplib.SMTP``; the greeting has been read.

        Raises:
            ConnectionClosed: the lab has stopped.
            ValueError: the profile speaks implicit TLS, which is ``smtplib.SMTP_SSL``'s business.
        """
        if self.policy.tls == "implicit":
            raise ValueError(
                "This lab speaks TLS from the first octet: use "
                "smtplib.SMTP_SSL(lab.host, lab.port, context=lab.client_context())."
            )
        client = self._transport.smtp_client(self.hostname, CLIENT_NAME)
        client._host = self.server_name  # type: ignore[attr-defined]  # what starttls() wants a certificate for
        return client

    def replay(self, exchanges: Iterable[Exchange]) -> Session:
        """A fresh connection on which these exchanges of one connection have been said again.

        The replay is marked in the log and delivers nothing; faults that struck strike again, and
        challenges repeat, so that the replies are those of the first time.
        """
        said = [e for e in exchanges if e.kind not in (ExchangeKind.GREETING, ExchangeKind.UNASKED)]
        original = said[0].connection if said else 0

        def rehearse(engine: Engine) -> None:
            before = self._histories.get(original, engine.history)
            engine.replay = dict(before.struck)
            engine.history.original, engine.history.began = before.original, before.began
            engine.dialogue.rehearsal = list(before.decisions)

        pipe = self._transport.connect(rehearse)
        session = self._begin(pipe, self.policy.tls == "implicit")
        for exchange in said:
            if session.closed:
                break  # what the client still sent was never answered
            session.send_raw(exchange.octets)
            if exchange.verb == "STARTTLS" and exchange.code == 220:
                session.start_tls()
        self._transport.run(lambda: self._end_replay(pipe.connection))
        return session

    def _end_replay(self, connection: int) -> None:
        for engine in self._live:
            if engine.connection == connection:
                engine.replay = None
                engine.dialogue.rehearsal = None
                self.log.add(EventKind.REPLAYED, connection)

    def _secure(self, pipe: Pipe) -> Pipe:
        """TLS over a session's pipe. Raises TLSFailed."""
        from helpers.session_tls import TLSPipe

        return TLSPipe(pipe, self.client_context(), self.server_name)

    @property
    def certificate(self) -> Certificate:
        """What the server's certificate states: names, validity, who signed it."""
        return self._certificates.certificate

    def issuer(self) -> str:
        """The certificate (PEM) of the authority that signed the server's: what its administrator would hand you."""
        return self._certificates.issuer.cert_pem.bytes().decode("ascii")

    def trust(self, authority: str) -> None:
        """Let your clients trust one more authority, by its certificate (PEM), as ``issuer()`` gives it.

        Raises:
            ValueError: it is no certificate.
        """
        self._certificates.trust(authority)

    def client_context(self) -> ssl.SSLContext:
        """A fresh TLS context that trusts this lab's CA and verifies names, on both transports.

        Raises:
            NoTLS: this Python has none.
        """
        return self._certificates.client_context()

    def ca_file(self) -> Path:
        """The lab's CA certificate as a PEM file, for ``openssl s_client -CAfile``."""
        return self._certificates.ca_file()

    # --- what it has seen --------------------------------------------------------------------------

    def transcript(self) -> Transcript:
        """Everything that has been said to this lab, by any client."""
        self._transport.settle()
        return Transcript.from_events(list(self.log.events), self.name)

    def eavesdrop(self, connection: int | None = None) -> Overheard:
        """What somebody on the path has of a connection (None: of the newest): inside TLS, records without a key.

        Raises:
            KeyError: there is no connection with this number.
        """
        transcript = self.transcript()
        numbers = [c.number for c in transcript.connections]
        if not numbers or connection not in (None, *numbers):
            raise KeyError(f"no connection {connection or ''} here; there are {numbers}")
        from helpers.wire.overheard import overheard

        return overheard(transcript.events, numbers[-1] if connection is None else connection)

    def mailbox(self, address: str) -> Messages:
        """The messages in a mailbox, oldest first; empty when none has come."""
        address = address.strip("<> ").lower()
        return Messages(f"Mailbox of {address}", self._mailroom.mailboxes.get(address, ()))

    @property
    def mailboxes(self) -> dict[str, list[StoredMessage]]:
        """All mailboxes that have mail."""
        now = dict(self._mailroom.mailboxes)  # the server may open another one meanwhile
        return {address: list(messages) for address, messages in now.items()}

    @property
    def queue(self) -> Queue:
        """Messages accepted for other domains, what was tried with each and what comes next, at this moment.

        The first attempt is made by ``lab.queue.run()`` or when the lab's clock is next moved, the others as the
        clock moves. The servers of other domains are the other labs of this kernel; nothing ever goes further.
        """
        now = self.clock.now
        return Queue(self._mailroom.outgoing.deliveries(now), now, self._run_queue)

    def _run_queue(self) -> Queue:
        self.postman.run()
        return self.queue

    def in_server(self, action: Callable[[], None]) -> None:
        """Do something with what the server keeps, while the server does nothing with it."""
        self._transport.run(action)

    # --- trouble on order --------------------------------------------------------------------------

    def fault(
        self, where: str, reply: str | None = None, *, drop: bool = False, delay: float = 0.0, times: int | None = None
    ) -> None:
        """Let something go wrong at a command, at ``CONNECT`` or at ``END-OF-DATA``.

        Args:
            where: a verb ("RCPT"), "CONNECT" or "END-OF-DATA".
            reply: one line to answer instead: "450 4.2.0 Try again later".
            drop: close the connection without a word.
            delay: seconds before the answer, by the lab's clock for a Session.
            times: how often; None: until ``clear_faults()``.

        Raises:
            ValueError: nothing to do, or not a possible reply.
        """
        self._faults.add(make_fault(where, reply, drop, delay, times))

    def clear_faults(self) -> None:
        """Let everything go right again."""
        self._faults.clear()

    def _time_passed(self) -> None:
        def check() -> None:
            for engine in list(self._live):
                idle = (self.clock.now - engine.heard_at).total_seconds()
                if idle >= self.policy.timeout:
                    engine.time_out()

        self._transport.run(check)

    # --- the end -----------------------------------------------------------------------------------

    def stop(self) -> None:
        """Say 421 to whoever is connected and stop. Safe to call twice."""
        if not self._running:
            return
        self._running = False
        with _labs_lock:
            if _labs.get(self.name) is self:
                del _labs[self.name]
        self._transport.stop()
        self._transport.run(self._say_goodbye)
        self._certificates.clean_up()

    def _say_goodbye(self) -> None:
        for engine in list(self._live):
            engine.shut_down()

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = f"{self.host}:{self.port}" if self.can_sockets else "in memory"
        state = "running" if self._running else "stopped"
        return f"<Lab {self.name!r}: {self.hostname}, {self.policy.title}, {state} {where}>"


@atexit.register
def _stop_all() -> None:
    for lab in running_labs():
        lab.stop()


__all__ = ["Lab", "can_sockets", "running_labs"]
