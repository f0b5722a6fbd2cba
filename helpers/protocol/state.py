"""The session's state machine as a client sees it: a state, one exchange, the next state.

Source: RFC 5321 3.1–3.3, 3.9, 4.1.1, 4.1.4, 4.3.2; RFC 3207 4.2; RFC 4954 4; RFC 3030 2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from helpers.protocol.address import read_path_argument, split_path
from helpers.protocol.display import bundle


class Phase(StrEnum):
    """The places of a session; the names are those of ``reference.model.PHASES``."""

    CONNECTED = "connected"
    GREETED = "greeted"
    SENDER = "sender named"
    RECIPIENTS = "recipients named"
    MESSAGE = "message body"
    AUTH = "auth exchange"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SessionState:
    """What both sides know at one moment of the session."""

    phase: Phase = Phase.CONNECTED
    hello: str | None = None  #: "EHLO" or "HELO", once accepted
    client_name: str | None = None  #: the argument of EHLO or HELO
    extensions: tuple[str, ...] = ()  #: the lines of the EHLO reply after the first: "SIZE 10485760"
    tls: bool = False
    authenticated: str | None = None  #: the mechanism of the successful AUTH
    mechanism: str | None = None  #: the mechanism of the AUTH exchange that is going on
    reverse_path: str | None = None  #: the accepted sender; "" is the null reverse-path
    mail_parameters: tuple[str, ...] = ()
    forward_paths: tuple[str, ...] = ()  #: the accepted recipients
    chunking: bool = False  #: a BDAT chunk was accepted in this transaction

    @property
    def keywords(self) -> frozenset[str]:
        """The EHLO keywords announced in this session, in upper case."""
        return frozenset(line.split(" ", 1)[0].upper() for line in self.extensions if line)

    @property
    def in_transaction(self) -> bool:
        return self.reverse_path is not None

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return bundle(self, repr(self))


def verb_of(line: str) -> str:
    """The verb of a command line, in upper case: "mail from:<a@b>" gives "MAIL"."""
    return line.split(" ", 1)[0].split(":", 1)[0].strip().upper()


def path_in(line: str) -> str:
    """The address in a MAIL or RCPT line, without angle brackets and source route ("" for the null reverse-path)."""
    verb = verb_of(line)
    return read_path_argument("TO" if verb == "RCPT" else "FROM", line.lstrip()[len(verb) :].lstrip(), utf8=True).path


def _parameters_in(line: str) -> tuple[str, ...]:
    _, _, rest = line.partition(":")
    return tuple(split_path(rest.strip())[1].split())


def after_reply(state: SessionState, line: str, code: int, reply_lines: tuple[str, ...] = ()) -> SessionState:
    """The state after the server answered ``line`` with ``code``.

    ``line`` is the command, the AUTH response or the message that the reply answers; which of them it
    is follows from ``state.phase``. ``reply_lines`` are the texts of the reply (EHLO needs them).
    """
    if code == 421 or state.phase is Phase.ENDED:
        return replace(_no_transaction(state), phase=Phase.ENDED)  # RFC 5321 4.1.1.10: a pending one is cancelled
    if state.phase is Phase.MESSAGE:
        return _no_transaction(state)
    if state.phase is Phase.AUTH:
        return _after_auth(state, state.mechanism or "", code)
    verb = verb_of(line)
    if verb in ("EHLO", "HELO"):
        if code != 250:
            return state
        argument = line.split(" ", 1)[1].strip() if " " in line else ""
        announced = reply_lines[1:] if verb == "EHLO" else ()
        state = replace(_no_transaction(state), phase=Phase.GREETED)
        return replace(state, hello=verb, client_name=argument, extensions=announced)
    if verb == "QUIT" and code == 221:
        return replace(_no_transaction(state), phase=Phase.ENDED)
    if verb == "RSET" and code == 250:
        return _no_transaction(state)
    if verb == "STARTTLS" and code == 220:
        # RFC 3207 4.2: both sides forget what they learned before the handshake
        return SessionState(tls=True)
    if verb == "AUTH":
        words = line.split()
        return _after_auth(state, words[1].upper() if len(words) > 1 else "", code)
    if verb == "MAIL" and code == 250 and state.reverse_path is None:
        return replace(
            state,
            phase=Phase.SENDER,
            reverse_path=path_in(line),
            mail_parameters=_parameters_in(line),
            forward_paths=(),
            chunking=False,
        )
    if verb == "RCPT" and code in (250, 251, 252) and state.in_transaction:
        return replace(state, phase=Phase.RECIPIENTS, forward_paths=(*state.forward_paths, path_in(line)))
    if verb == "DATA" and code == 354:
        return replace(state, phase=Phase.MESSAGE)
    if verb == "BDAT" and state.in_transaction:
        if code == 250 and line.upper().split()[-1] != "LAST":
            return replace(state, chunking=True)
        refused = code >= 400 and code not in (501, 503, 530) and "CHUNKING" in state.keywords and state.forward_paths
        if code == 250 or refused:  # a refused chunk is the end of the transaction (RFC 3030 2)
            return _no_transaction(state)
    return state


def _no_transaction(state: SessionState) -> SessionState:
    phase = Phase.GREETED if state.hello else Phase.CONNECTED
    return replace(
        state, phase=phase, reverse_path=None, mail_parameters=(), forward_paths=(), chunking=False, mechanism=None
    )


def _after_auth(state: SessionState, mechanism: str, code: int) -> SessionState:
    if code == 334:
        return replace(state, phase=Phase.AUTH, mechanism=mechanism)
    if state.phase is Phase.AUTH:
        state = _no_transaction(state)
    return replace(state, authenticated=mechanism) if code == 235 else state
