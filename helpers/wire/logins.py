"""The logins in a conversation: the messages of each AUTH exchange, decoded from base64.

Source: RFC 4954 4. Nothing is masked here: a view or a check decides what may be shown.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field

from helpers.protocol.reply import Reply
from helpers.wire.transcript import Exchange, ExchangeKind

_AUTH = re.compile(r"\s*AUTH\s+(\S+)(?:\s+(\S.*?))?\s*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class LoginMessage:
    """One message of a login, as it came over the wire and decoded."""

    sender: str  #: "C" or "S"; "" where that is not known
    line: str  #: the whole line: "AUTH PLAIN AGFsaWNl…", "334 VXNlcm5hbWU6"
    base64: str  #: what of the line is the message
    octets: bytes | None  #: None: it is not base64, as the "*" that cancels is not
    turn: int | None = None  #: how many messages with something in them its sender had sent before, where known
    exchange: int = 0  #: the number of the exchange

    @property
    def cancels(self) -> bool:
        return self.sender != "S" and self.base64 == "*"


@dataclass(slots=True)
class Login:
    """An AUTH exchange: what both sides said in it, and the reply that ended it."""

    mechanism: str  #: in upper case; "" where that is not known
    messages: list[LoginMessage] = field(default_factory=list, repr=False)
    reply: Reply | None = None  #: None: the exchange goes on, or broke off
    whole: bool = True  #: False: its beginning is not known

    def said(self, sender: str) -> list[LoginMessage]:
        """The messages of one side in which there is something."""
        return [message for message in self.messages if message.sender == sender and message.octets]

    def _add(self, sender: str, line: str, base64: str, exchange: int) -> None:
        turn = len(self.said(sender)) if self.whole else None
        self.messages.append(LoginMessage(sender, line, base64, decoded(base64), turn, exchange))


def decoded(text: str) -> bytes | None:
    """The octets that a message's base64 stands for; None when it is not base64.

    A single equals sign after the mechanism stands for no octets (RFC 4954 4).
    """
    if text == "=":
        return b""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def logins(exchanges: Iterable[Exchange]) -> list[Login]:
    """The AUTH exchanges among these exchanges of one connection."""
    found: list[Login] = []
    for exchange in exchanges:
        line = exchange.command or ""
        match = _AUTH.fullmatch(line) if exchange.verb == "AUTH" else None
        if match:
            found.append(Login(match[1].upper()))
            if match[2] is not None:
                found[-1]._add("C", line, match[2], exchange.number)
        elif exchange.kind is ExchangeKind.RESPONSE:
            if not found:
                found.append(Login(exchange.before.mechanism or "", whole=False))
            found[-1]._add("C", line, line, exchange.number)
        else:
            continue
        reply = exchange.reply
        if reply is not None and reply.code == 334:
            found[-1]._add("S", str(reply), reply.text.strip(), exchange.number)
        else:
            found[-1].reply = reply
    return found


def login_in(said: str | bytes) -> Login:
    """A login of which one message is known.

    ``said`` is a line of the wire (an AUTH line, a 334 reply, or base64 alone), or the octets of a message
    before base64.
    """
    if isinstance(said, bytes):
        base64 = b64encode(said).decode("ascii")
        return Login("", [LoginMessage("", base64, base64, said)], whole=False)
    line = said.strip()
    if match := _AUTH.fullmatch(line):
        login = Login(match[1].upper())
        login._add("C", line, match[2] or "", 0)
        return login
    challenge = re.fullmatch(r"334(?:[ -](.*))?", line, re.DOTALL)
    base64 = (challenge[1] or "").strip() if challenge else line
    return Login("", [LoginMessage("S" if challenge else "", line, base64, decoded(base64))], whole=False)
