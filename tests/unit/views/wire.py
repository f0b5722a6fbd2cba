"""A wire log written by hand, for views that need no server; and HTML read back as a browser reads it."""

from __future__ import annotations

from collections.abc import Iterable
from html.parser import HTMLParser

from helpers.wire.events import EventKind, WireLog
from helpers.wire.transcript import Transcript

EHLO_REPLY = (
    "250-mail.lab.example greets laptop.example",
    "250-SIZE 10485760",
    "250-AUTH PLAIN LOGIN CRAM-MD5",
    "250 ENHANCEDSTATUSCODES",
)


class Wire:
    """Connections, octet by octet: ``Wire().server("220 …").client("EHLO …")``."""

    def __init__(self, tls: bool = False, replay: bool = False) -> None:
        self._log = WireLog()
        self.connect(tls, replay)

    def connect(self, tls: bool = False, replay: bool = False) -> Wire:
        self._connection = self._log.next_connection()
        self._tls = tls
        self._sent = 0
        return self._add(EventKind.OPENED, b"replay" if replay else b"")

    def client(self, *lines: str | bytes) -> Wire:
        for line in lines:
            octets = line if isinstance(line, bytes) else line.encode() + b"\r\n"
            self._sent += len(octets)
            self._add(EventKind.CLIENT, octets)
        return self

    def server(self, *lines: str | bytes, unread: int = 0) -> Wire:
        """One reply; ``unread`` octets of the client's were still waiting when it was given."""
        octets = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\r\n" for line in lines)
        self._log.add(EventKind.SERVER, self._connection, octets, self._tls, self._sent - unread)
        return self

    def handshake(self) -> Wire:
        self._tls, self._sent = True, 0
        return self._add(EventKind.TLS)

    def live(self) -> Wire:
        return self._add(EventKind.REPLAYED)

    def note(self, text: str) -> Wire:
        return self._add(EventKind.NOTE, text.encode("utf-8", "surrogatepass"))

    def close(self, who: bytes = b"client") -> Wire:
        return self._add(EventKind.CLOSED, who)

    def greeted(self) -> Wire:
        return self.server("220 mail.lab.example ESMTP ready").client("EHLO laptop.example").server(*EHLO_REPLY)

    def data(self, message: bytes) -> Wire:
        """A whole transaction with this message, as it stands on the wire."""
        self.client("MAIL FROM:<alice@lab.example>").server("250 2.1.0 Ok")
        self.client("RCPT TO:<bob@lab.example>").server("250 2.1.5 Ok")
        self.client("DATA").server("354 Go ahead")
        return self.client(message).server("250 2.0.0 Taken")

    def transcript(self) -> Transcript:
        return Transcript.from_events(self._log.events)

    def _add(self, kind: EventKind, data: bytes = b"") -> Wire:
        self._log.add(kind, self._connection, data, self._tls)
        return self


class Page(HTMLParser):
    """What a browser makes of a piece of HTML: its elements with their attributes, and its text."""

    VOID = frozenset({"br"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self._text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self._text.append(data)

    def handle_comment(self, data: str) -> None:
        self.unbalanced.append(f"<!--{data}")

    handle_decl = handle_pi = handle_comment
    unknown_decl = handle_comment

    @property
    def text(self) -> str:
        return " ".join("".join(self._text).split())

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]

    def in_order(self, texts: Iterable[str]) -> bool:
        """Whether these texts stand in the page, one after the other."""
        place = 0
        for text in texts:
            place = self.text.find(text, place)
            if place < 0:
                return False
            place += len(text)
        return True
