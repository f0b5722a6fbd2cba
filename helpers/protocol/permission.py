"""Whether a command may be sent now, and why: from the command's facts and the session's state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from helpers.protocol.state import Phase, SessionState

if TYPE_CHECKING:
    from helpers.reference.model import Argument, Command


@dataclass(frozen=True, slots=True)
class Permission:
    """``reason`` is one plain sentence in both cases."""

    allowed: bool
    reason: str


_WHY_ALLOWED: Final = {
    Phase.CONNECTED: "the connection is open and you have not said hello yet",
    Phase.GREETED: "the server has greeted you and no transaction is open",
    Phase.SENDER: "the sender is named and the server waits for recipients",
    Phase.RECIPIENTS: "at least one recipient is accepted",
    Phase.MESSAGE: "the server said 354 and waits for the message",
    Phase.AUTH: "the server said 334 and waits for your response",
    Phase.ENDED: "the session has ended",
}

#: Here the server reads no commands at all, so the command's own reason would mislead.
_NO_COMMANDS: Final = {
    Phase.MESSAGE: "The server takes every line as part of the message: end it with a line that holds only a dot.",
    Phase.AUTH: "The server waits for an authentication response: send one in base64, or * to cancel.",
    Phase.ENDED: "The session has ended: open a new connection first.",
}


def permission(command: Command, state: SessionState) -> Permission:
    """Whether ``command`` is permitted in ``state`` (RFC 5321 4.1.4, and what the command's facts add)."""
    if state.phase not in command.permitted_in:
        return Permission(False, _NO_COMMANDS.get(state.phase, command.not_permitted))
    for condition in command.conditions:
        reason = _CONDITIONS[condition](command, state)
        if reason is not None:
            return Permission(False, reason)
    return Permission(True, f"Allowed now: {_why_allowed(state)}.")


def parameter_permission(argument: Argument, state: SessionState) -> Permission:
    """Whether this argument may be used: a parameter needs its extension in the EHLO reply (RFC 5321 2.2)."""
    if argument.extension is None:
        return Permission(True, "Allowed now: it needs no extension.")
    reason = _not_announced(argument.extension, state)
    if reason is not None:
        return Permission(False, reason)
    return Permission(True, f"Allowed now: {argument.extension} is in the EHLO reply of this session.")


def _why_allowed(state: SessionState) -> str:
    if state.phase is Phase.CONNECTED and state.tls:
        return "TLS is active and the server knows nothing of you yet"
    return _WHY_ALLOWED[state.phase]


def _not_announced(keyword: str, state: SessionState) -> str | None:
    if keyword.upper() in state.keywords:
        return None
    if state.hello is None:
        return f"{keyword} is an extension: send EHLO first, and the server lists what it offers."
    return _not_ehlo(keyword, state) or f"{keyword} is not in the EHLO reply of this session."


def _not_ehlo(keyword: str, state: SessionState) -> str | None:
    if state.hello == "HELO":
        return f"{keyword} is an extension, and HELO opens a session without any: send EHLO."
    return None


#: One function for each of ``reference.model.CONDITIONS``: None when it is met, otherwise why not.
_CONDITIONS: Final[dict[str, Callable[[Command, SessionState], str | None]]] = {
    "announced": lambda command, state: _not_announced(command.keyword or command.verb, state),
    "ehlo": lambda command, state: (
        _not_ehlo(command.verb, state)
        if state.hello
        else f"{command.verb} needs a session opened with EHLO: send it first."
    ),
    "no-tls": lambda command, state: (
        f"TLS is already active, so there is nothing left for {command.verb} to start." if state.tls else None
    ),
    "not-authenticated": lambda command, state: (
        f"You have already authenticated with {state.authenticated}, and a session does that once."
        if state.authenticated
        else None
    ),
    "not-chunking": lambda command, state: (
        f"This transaction has begun its message with BDAT, which does not mix with {command.verb}: go on with BDAT."
        if state.chunking
        else None
    ),
    "not-binarymime": lambda command, state: (
        f"MAIL said BODY=BINARYMIME, which {command.verb} cannot carry: send the message with BDAT."
        if "BODY=BINARYMIME" in (parameter.upper() for parameter in state.mail_parameters)
        else None
    ),
}
