"""What of an AUTH exchange must not be shown until somebody asks for it.

Both the initial response in the AUTH line and the lines after 334 carry credentials (RFC 4954 4). They
are replaced by a mask of one length, so that not even the length of a password shows.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import Final, NamedTuple

from helpers.protocol.reply import decode
from helpers.views.markup import visible
from helpers.wire.transcript import Exchange, ExchangeKind

MASK: Final = "••••••••"
#: A mechanism's name is at most 20 characters (RFC 4422 3.1); anything else after AUTH may be a credential.
_AUTH: Final = re.compile(rb"(\s*AUTH(?:[\s=]+(?:[\w-]{1,20}(?:\s+|$))?|$))(.*)", re.IGNORECASE | re.DOTALL)
_NO_SECRET: Final = (b"", b"*", b"=")  # a cancelled exchange, an empty response
#: A command in its full form. No password in base64 looks like this; anything less could be one.
_COMMAND: Final = re.compile(
    rb"(?:MAIL FROM|RCPT TO):\s*<.*|(?:EHLO|HELO) \S+|(?:QUIT|RSET|NOOP|DATA|STARTTLS)", re.IGNORECASE
)


class SentLine(NamedTuple):
    """A line of the client: what anyone may see, the credentials after it, the line end."""

    public: bytes
    secret: bytes
    end: bytes

    @property
    def is_command(self) -> bool:
        """Whether what stands in the place of credentials is a command sent too early."""
        return _COMMAND.fullmatch(self.secret.strip()) is not None

    def text(self, secrets: bool = False) -> str:
        """The line without its end; the credentials only when ``secrets`` are asked for."""
        return visible(decode(self.public) + (decode(self.secret) if secrets else MASK if self.secret else ""))


def sent_lines(exchange: Exchange) -> list[SentLine]:
    """The client's part of an exchange, a line each, with the credentials apart."""
    lines = []
    in_auth = exchange.kind is ExchangeKind.RESPONSE
    octets = exchange.octets
    for line in octets.split(b"\n"):
        end = b"\r\n" if line.endswith(b"\r") else b"\n"
        lines.append(_sent_line(line.removesuffix(b"\r"), end, in_auth, exchange.kind))
        # what follows AUTH in the same octets is its response, sent before the server asked for it
        in_auth = in_auth or (exchange.kind is ExchangeKind.COMMAND and bool(_AUTH.match(line)))
    last = lines.pop()
    if octets and not octets.endswith(b"\n"):
        text = octets.rpartition(b"\n")[2]
        lines.append(last._replace(end=text[len(last.public) + len(last.secret) :]))
    return lines


def _sent_line(line: bytes, end: bytes, in_auth: bool, kind: ExchangeKind) -> SentLine:
    if in_auth:
        public, secret = b"", line
    elif kind is ExchangeKind.COMMAND and (match := _AUTH.fullmatch(line)):
        public, secret = match[1], match[2]
    else:
        public, secret = line, b""
    return SentLine(public + secret, b"", end) if secret.strip() in _NO_SECRET else SentLine(public, secret, end)


def in_clear_text(exchange: Exchange) -> bool:
    """Whether the exchange shows credentials to anyone who can read the connection."""
    return not exchange.tls and any(line.secret for line in sent_lines(exchange))


def from_base64(text: str | bytes) -> bytes | None:
    """The octets that ``text`` encodes, None when it is not base64 (RFC 4648 4)."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
