"""Which exchange of a session is the refusal that matters."""

from __future__ import annotations

from typing import Final

from helpers.protocol.state import verb_of
from helpers.wire.transcript import Exchange, ExchangeKind, Transcript

_PHASES: Final = {
    "EHLO": "EHLO",
    "HELO": "EHLO",
    "LHLO": "EHLO",
    "STARTTLS": "STARTTLS",
    "AUTH": "AUTH",
    "MAIL": "MAIL",
    "RCPT": "RCPT",
    "DATA": "DATA",
    "BDAT": "end-of-data",
}
_KINDS: Final = {
    ExchangeKind.GREETING: "connect",
    ExchangeKind.RESPONSE: "AUTH",
    ExchangeKind.MESSAGE: "end-of-data",
    ExchangeKind.UNASKED: "any",
}
_CURABLE: Final = ("EHLO", "STARTTLS", "AUTH", "MAIL", "DATA", "end-of-data")


def phase_of_command(command: str | None) -> str | None:
    """The phase of the command that was answered; None where it is not known."""
    return _PHASES.get(verb_of(command), "any") if command else None


def phase_of(exchange: Exchange) -> str:
    """The phase that an exchange belongs to."""
    return _KINDS.get(exchange.kind) or phase_of_command(exchange.command) or "any"


def asked_about(transcript: Transcript) -> bool:
    """Whether the client speaks in it at all."""
    return any(exchange.octets for exchange in transcript)


def refusals(transcript: Transcript) -> list[Exchange]:
    """The refused exchanges, oldest first, without those that a later try cured.

    A command to which no reply came on a connection that has ended counts as refused.
    """
    found: list[Exchange] = []
    for connection in transcript.connections:
        ended = connection.closed in ("server", "dropped")
        for exchange in connection.exchanges:
            phase = phase_of(exchange)
            if exchange.reply is None:
                if ended:
                    found.append(exchange)
            elif exchange.reply.code >= 400:
                found.append(exchange)
            elif phase in _CURABLE and exchange.reply.code != 334:
                found = [e for e in found if e.connection != exchange.connection or phase_of(e) != phase]
    return found


def is_consequence(exchange: Exchange, cause: str | None) -> bool:
    """Whether this refusal may only follow from an earlier one: out of order since a step before it failed."""
    return cause == "sequence-error" and phase_of(exchange) in ("MAIL", "RCPT", "DATA", "end-of-data", "any")
