"""Lets a failure happen in a lab, and its cure; what comes of it is read from the lab's log."""

from __future__ import annotations

import inspect
import smtplib
import textwrap
from dataclasses import dataclass, replace
from typing import Final

from helpers.exercises.failures.entries import Failure
from helpers.exercises.failures.recipes import RECIPES, Program, Stage
from helpers.lab.tls import can_tls
from helpers.lab.transport import default_transport
from helpers.wire.transcript import Connection, Outcome, Transcript

#: What a program may run into. Anything else is a mistake of ours, and is not caught.
_EXPECTED: Final = (smtplib.SMTPException, OSError, UnicodeError)

_TLS_RECORD: Final = b"\x16\x03"  # how a handshake begins (RFC 8446 5.1)
#: How a broken handshake ends on the server's side depends on who closes first.
_BY_CHANCE: Final = ("the connection broke", "the TLS handshake failed")


@dataclass(frozen=True, slots=True)
class Raised:
    """The exception that a program ran into. Not its text: OpenSSL's differs between versions."""

    type: str  #: "smtplib.SMTPDataError"
    code: int | None = None  #: of the reply in it

    def __str__(self) -> str:
        return f"{self.type} ({self.code})" if self.code else self.type


@dataclass(frozen=True, slots=True)
class Happened:
    """What a program did: the session, and the exception that it ended with."""

    session: Transcript
    raised: Raised | None = None

    @property
    def delivered(self) -> tuple[str, ...]:
        """The recipients for whom the server has taken the message."""
        sent = (t for t in self.session.transactions if t.outcome is Outcome.ACCEPTED)
        return tuple(path for transaction in sent for path in transaction.recipients)


def missing(failure: Failure) -> str:
    """Why it cannot happen here, in a sentence; "" where it can."""
    if failure.needs == "sockets" and default_transport() != "sockets":
        return "Desktop only: this failure needs a socket, and here there is none."
    if failure.needs and not can_tls():
        return "Desktop only: this failure needs TLS, which this Python cannot do."
    return ""


def fail(failure: Failure) -> Happened:
    """Run the program that fails, in a fresh lab."""
    return _run(RECIPES[failure.key].failing, failure, failure.profile)


def cure(failure: Failure) -> Happened:
    """Run the program with the cure, in a fresh lab of the same kind, unless the cure is another server."""
    return _run(RECIPES[failure.key].cured, failure, failure.elsewhere or failure.profile)


def program(failure: Failure, *, cured: bool) -> str:
    """The code that is run, as a learner would write it."""
    source = inspect.getsource(RECIPES[failure.key].cured if cured else RECIPES[failure.key].failing)
    return textwrap.dedent(source.partition("\n")[2]).rstrip()


def _run(recipe: Program, failure: Failure, profile: str) -> Happened:
    raised = None
    with Stage(profile, name=f"failure {failure.key}", certificate=failure.certificate) as lab:
        try:
            recipe(lab)
        except _EXPECTED as error:
            raised = Raised(_name(error), _code(error))
        return Happened(_last_connection(lab.transcript()), raised)


def _name(error: Exception) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _code(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((code for code, _ in error.recipients.values()), None)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None


def _last_connection(transcript: Transcript) -> Transcript:
    """The newest connection, without what is no text or differs from run to run."""
    if not transcript.connections:
        return transcript
    connection = transcript.connections[-1]
    text = tuple(e for e in connection.exchanges if not _after_a_handshake(e.number, connection))
    last = text[-1].number if text else 0
    notes = tuple(n for n in connection.notes if n[0] <= last and not n[1].startswith(_BY_CHANCE))
    return Transcript([replace(connection, exchanges=text, notes=notes)], (), transcript.name)


def _after_a_handshake(number: int, connection: Connection) -> bool:
    """Whether this exchange is, or follows, a handshake that came where the server waits for a command."""
    return any(e.octets.startswith(_TLS_RECORD) and e.number <= number for e in connection.exchanges)
