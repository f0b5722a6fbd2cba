"""A glyph and a word for everything that could be told by colour alone, from one table each."""

from __future__ import annotations

from typing import Final, NamedTuple

from helpers.protocol.reply import Reply, ReplyClass
from helpers.wire.messages import Status
from helpers.wire.transcript import Exchange


class Mark(NamedTuple):
    """How a line is marked: a glyph, a word, and the name of the accent in the stylesheet."""

    glyph: str
    word: str
    accent: str

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"


CLASSES: Final = {
    ReplyClass.SUCCESS: Mark("✓", "done", "ok"),
    ReplyClass.INTERMEDIATE: Mark("→", "go on", "go"),
    ReplyClass.TEMPORARY: Mark("↻", "try later", "later"),
    ReplyClass.PERMANENT: Mark("✕", "refused", "no"),
    ReplyClass.UNKNOWN: Mark("?", "unknown class", "no"),
}

#: A more exact word where the code has one meaning whatever it answers (RFC 5321 4.2.3, RFC 4954 6).
WORDS: Final = {
    211: "help",
    214: "help",
    220: "ready",
    221: "closing",
    235: "logged in",
    251: "forwarded",
    252: "not checked",
    334: "your turn",
    354: "send the message",
    421: "closing",
    432: "new password",
    454: "not now",
    500: "syntax",
    501: "syntax",
    502: "not offered",
    503: "wrong order",
    504: "parameter",
    521: "no mail here",
    530: "not yet allowed",
    534: "mechanism too weak",
    535: "login failed",
    538: "TLS first",
    555: "parameter",
    556: "no mail there",
}

STATUS: Final = {
    Status.DONE: Mark("✓", "Done", "ok"),
    Status.NOT_ATTEMPTED: Mark("○", "Not attempted", "soft"),
    Status.NOT_YET: Mark("✕", "Not yet", "no"),
}

EXTENSION: Final = Mark("+", "extension", "soft")
TLS: Final = Mark("🔒", "inside TLS", "tls")
CLEAR_AUTH: Final = Mark("⚠", "sent in clear text: anyone on the path can read it", "later")
REPLAYED: Final = Mark("⟲", "replayed", "soft")
TOGETHER: Final = Mark("⇉", "sent together", "soft")
REMARK: Final = Mark("#", "remark", "soft")
HERE: Final = Mark("●", "you are here", "client")
PASSED: Final = Mark("✓", "done", "ok")
NO_REPLY: Final = Mark("…", "no reply", "soft")

SAME: Final = Mark("=", "the same", "soft")
CHANGED: Final = Mark("≠", "changed", "go")
ONLY_LEFT: Final = Mark("−", "only", "later")
ONLY_RIGHT: Final = Mark("+", "only", "ok")


def of_reply(reply: Reply) -> Mark:
    """The mark of a reply, by its class and, where there is a more exact word, by its code."""
    mark = CLASSES[reply.kind]
    return mark._replace(word=WORDS[reply.code]) if reply.code in WORDS else mark


def of_reply_line(exchange: Exchange, index: int) -> Mark | None:
    """The mark of one line of a reply: the last says how it ended, an EHLO keyword says what it is."""
    reply = exchange.reply
    if reply is None:
        return None
    if index == len(reply.lines) - 1:
        return of_reply(reply)
    return EXTENSION if index and exchange.verb == "EHLO" and reply.code == 250 else None
