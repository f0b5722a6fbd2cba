"""Pasted sessions: text in one of the usual notations in, wire events out.

Read are ``C:``/``S:`` notes (also ``C ``/``S ``, ``>``/``<``, ``>>>``/``<<<``, ``-->``/``<--``, and the ``S:``/``R:``,
sender and receiver, of RFC 821 and RFC 3030), the output of swaks and of ``curl -v``, smtplib's debug output, and a
terminal's text without marks, down to one reply alone. ``#`` begins a remark. After ``C: [raw]`` stand exact octets,
with ``\\r``, ``\\n`` and ``\\xNN``, and no line end is added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from helpers.protocol.reply import decode, is_last_line
from helpers.protocol.state import Phase, SessionState, after_reply, verb_of
from helpers.wire.events import EventKind, WireEvent
from helpers.wire.transcript import unit_size

_STAMP: Final = re.compile(
    r"\s*\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?\]?\s+", re.ASCII
)
_MARKED: Final = re.compile(
    r"""\s*(?:[>|]\s*(?=[CS]:))?(?:
        (?P<client>C:|C(?=\s|\Z)|Client:|>>>|-->|->|~>|\*\*>|\*~>|SMTP>>|>(?=\s|\Z))
      | (?P<server>(?:S:|Server:|<<<|<--|<-|<~\*|<~|<\*\*|SMTP<<|[S<](?=\s+\d{3}))\s*)
      | (?P<remark>===|\*\*\*|\#|\*(?=\s))
    )\ ?(?P<text>.*)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_SENDER_RECEIVER: Final = re.compile(
    r"\s*(?:(?P<client>S:)|(?P<server>R:\s*)|(?P<remark>\#))\ ?(?P<text>.*)", re.VERBOSE | re.DOTALL
)
_SWAKS_MARKS: Final = ("->", "~>", "**>", "*~>")
_DEBUG: Final = re.compile(r"\s*(send|reply|connect): ?(.*)", re.DOTALL)
_LITERAL: Final = re.compile(r"""(b?)(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*""", re.DOTALL)
_RETCODE: Final = re.compile(r"retcode \((\d{3})\); Msg: (.*)", re.ASCII | re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROL: Final = {"r": "\r", "n": "\n", "t": "\t"}
_REPLY: Final = re.compile(rb"[0-9]{3}")
_BARE_REPLY: Final = re.compile(r"\s*([2-5][0-5][0-9](?:[ -].*)?)", re.DOTALL)
_VERBS: Final = re.compile(
    r"(?i)\s*(?:(?:EHLO|HELO|LHLO|AUTH|VRFY|EXPN|BDAT|ETRN)\s+\S|(?:MAIL\s+FROM|RCPT\s+TO)\s*:"
    r"|(?:EHLO|HELO|DATA|RSET|NOOP|QUIT|HELP|STARTTLS)\s*$)"
)
_NOISE: Final = re.compile(
    r"\s*(?:$|Trying |Connected to |Escape character|Connection (?:closed|to )|CONNECTED|DONE|closed|---|read R BLOCK)"
)
_CURL_DATA: Final = re.compile(r"[{}] \[\d+ bytes data\]")
_NEXT_CHUNK: Final = re.compile(rb"(?i)\nBDAT +\d")
_CRLF: Final = b"\r\n"


class _Said(NamedTuple):
    """One line of the paste: who says what. ``side`` is "C", "S" or "#"."""

    side: str
    octets: bytes
    tls: bool | None = None  #: the notation tells whether the line was inside TLS


def events_in(text: str) -> list[WireEvent]:
    """The wire events of a pasted session.

    ``consumed`` is set only where the paste shows a chunk of another size than BDAT says.

    Raises:
        ValueError: no line of the text is a line of an SMTP session.
    """
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    session = _Session()
    if any(_debug_line(line) for line in lines):
        for said in _debug_output(lines):
            session.take(said)
    elif any(_is_marked_server_line(line) or re.match(r"\s*C: *\S", line) for line in lines):
        _read_marked(lines, session)
    else:
        _read_bare(lines, session)
    session.end_reply()
    if not session.spoken:
        raise ValueError(
            "No line here is a line of an SMTP session. Paste lines marked C: and S:, the output of swaks, "
            "smtplib's debug output, or a reply such as 550 5.1.1 No such user."
        )
    return session.events


class _Session:
    """Turns what is said into events, and follows the session's state on the way."""

    def __init__(self) -> None:
        self.events: list[WireEvent] = []
        self.spoken = False  # a client or a server has said something
        self.follows_marks = False  # the notation marks TLS line by line, so a 220 need not mean TLS
        self._connection = 1
        self._tls = False
        self._begin()

    def _begin(self) -> None:
        self.state = SessionState(tls=self._tls)
        self.replies = 0
        self._stream = bytearray()  # what the client said and no reply has answered
        self._taken = 0
        self._reply: list[bytes] = []

    @property
    def waits_for_message(self) -> bool:
        """The server said 354 and the client has sent nothing yet, or no final dot."""
        stream = self._stream
        return self.state.phase is Phase.MESSAGE and not (stream == b".\r\n" or stream.endswith(b"\r\n.\r\n"))

    @property
    def message_begun(self) -> bool:
        return bool(self._stream)

    def take(self, said: _Said) -> None:
        if said.side == "#":
            self._remark(decode(said.octets))
            return
        if said.tls and not self._tls:
            self.end_reply()
            self._start_tls()
        if said.side == "C":
            self._client(said.octets)
        else:
            self._server(said.octets)

    def end_reply(self) -> None:
        """The reply is complete, also if its last line is missing."""
        if not self._reply:
            return
        lines, self._reply = self._reply, []
        code = int(lines[0][:3])
        texts = tuple(decode(line[4:]) for line in lines)
        if self.state.phase is Phase.MESSAGE and not self._stream and code != 421:
            self._add(EventKind.NOTE, b"the paste does not show the message")
            self._client(b"." + _CRLF)
        size, consumed = self._answered(code)
        line = decode(bytes(self._stream[:size]).partition(b"\n")[0]).rstrip("\r")
        del self._stream[:size]
        self._taken += size
        self._add(EventKind.SERVER, _CRLF.join(lines) + _CRLF, consumed)
        self.replies += 1
        asked_for_tls = self.state.phase is not Phase.MESSAGE and verb_of(line) == "STARTTLS" and code == 220
        if size or code == 421:
            self.state = after_reply(self.state, line, code, texts)
        if asked_for_tls and not self.follows_marks:
            self._start_tls()

    def _answered(self, code: int) -> tuple[int, int | None]:
        """How many octets of the stream the reply answers, and ``consumed`` where the transcript could not tell."""
        stream = self._stream
        if not self.replies and code == 220 and stream and verb_of(decode(bytes(stream[:8]))) != "STARTTLS":
            return 0, 0  # the greeting, noted after a client that talked too early
        size = unit_size(stream, self.state.phase)
        head = stream.find(b"\n") + 1
        if self.state.phase is Phase.MESSAGE or verb_of(decode(bytes(stream[:5]))) != "BDAT":
            return size, None
        words = bytes(stream[:head]).split()
        declared = int(words[1]) if len(words) > 1 and re.fullmatch(rb"\d{1,20}", words[1]) else 0
        if size == head + declared and (size == len(stream) or stream[size - 1 : size] == b"\n"):
            return size, None
        following = _NEXT_CHUNK.search(stream, head - 1)
        size = following.start() + 1 if following else len(stream)
        return size, self._taken + size

    def _client(self, octets: bytes) -> None:
        self.end_reply()
        self.spoken = True
        self._stream += octets
        self._add(EventKind.CLIENT, octets)

    def _server(self, line: bytes) -> None:
        if not _REPLY.match(line):
            return
        if self._reply and self._reply[0][:3] != line[:3]:
            self.end_reply()
        self.spoken = True
        self._reply.append(line)
        if is_last_line(line):
            self.end_reply()

    def _remark(self, text: str) -> None:
        self.end_reply()
        if re.match(r"\s*(?:Trying |connection \d+$)", text):
            if self.spoken and (self.replies or self._stream):
                self._connection += 1
                self._tls = False
                self._begin()
        elif text.startswith("TLS started with"):
            self._start_tls()
        elif text.startswith("Connection closed"):
            self._add(EventKind.CLOSED, b"client")
        elif text.startswith("Remote host closed"):
            self._add(EventKind.CLOSED, b"server")

    def _start_tls(self) -> None:
        if self._tls:
            return
        self._tls = True
        if self.replies or self._stream:
            self._add(EventKind.TLS)
            self._stream.clear()
            self._taken = 0
        else:
            self._add(EventKind.OPENED)
        self.state = SessionState(tls=True)

    def _add(self, kind: EventKind, data: bytes = b"", consumed: int | None = None) -> None:
        self.events.append(WireEvent(kind, self._connection, data, self._tls, consumed=consumed))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _unescaped(text: str, encoding: str) -> bytes:
    """The octets of a text with Python's escapes, as ``repr`` writes them."""

    def plain(match: re.Match[str]) -> str:
        octet, unit, char = match.groups()
        if octet or unit:
            return chr(int(octet or unit, 16))
        return _CONTROL.get(char, char)

    return _ESCAPE.sub(plain, text).encode(encoding, "backslashreplace")


# --- marked lines: notes, swaks, curl ------------------------------------------------------------------------------


def _is_marked_server_line(line: str) -> bool:
    match = _MARKED.match(_without_stamp(line))
    if match is None or match["server"] is None:
        return bool(re.match(r"\s*R: *\d{3}", line))
    return bool(re.match(r"[0-9]{3}", match["text"]))


def _without_stamp(line: str) -> str:
    stamp = _STAMP.match(line)
    return line[stamp.end() :] if stamp else line


def _read_marked(lines: list[str], session: _Session) -> None:
    receiver = any(re.match(r"\s*R: *\d{3}", line) for line in lines)
    notation = _SENDER_RECEIVER if receiver and not any(re.match(r"\s*C:", line) for line in lines) else _MARKED
    session.follows_marks = any(re.match(r"\s*(?:~>|<~|=== |\*\*\* )", line) for line in lines)  # swaks
    unmarked_message = False
    for line in lines:
        match = notation.match(_without_stamp(line))
        if match is not None:
            unmarked_message = False
            session.take(_said(match))
        elif session.waits_for_message and (unmarked_message or not session.message_begun):
            # a message noted without marks, up to its dot; an empty line before it is only layout
            unmarked_message = unmarked_message or bool(line.strip() and not _CURL_DATA.match(line))
            if unmarked_message:
                session.take(_Said("C", _encoded(line) + _CRLF))


def _said(match: re.Match[str]) -> _Said:
    text: str = match["text"]
    if match["remark"] is not None:
        return _Said("#", _encoded(text))
    if match["server"] is not None:
        return _Said("S", _encoded(text), "~" in match["server"])
    tls = "~" in match["client"]
    if match["client"] not in _SWAKS_MARKS and text.startswith("[raw] "):
        return _Said("C", _unescaped(text.removeprefix("[raw] "), "latin-1"), tls)
    return _Said("C", _encoded(text) + _CRLF, tls)


# --- smtplib's debug output ----------------------------------------------------------------------------------------


def _debug_line(line: str) -> re.Match[str] | None:
    match = _DEBUG.match(_without_stamp(line))
    if match is None or match[1] == "connect":
        return None
    return match if _LITERAL.fullmatch(match[2]) or _RETCODE.fullmatch(match[2]) else None


def _debug_output(lines: list[str]) -> Iterator[_Said]:
    shown = False  # the reply's own lines were there, so its summary says nothing new
    for line in lines:
        match = _DEBUG.match(_without_stamp(line))
        if match is None:
            continue
        kind, rest = match[1], match[2]
        summary = _RETCODE.fullmatch(rest)
        if kind == "connect":
            if rest.startswith("to "):
                yield _Said("#", b"Trying " + _encoded(rest))
        elif kind == "send" and (sent := _literal(rest)) is not None:
            shown = False
            yield _Said("C", sent)
        elif kind == "reply" and summary is None and (reply := _literal(rest)) is not None:
            shown = True
            yield _Said("S", reply.rstrip(_CRLF))
        elif kind == "reply" and summary is not None:
            if not shown:
                yield from _summarised(summary[1], _literal(summary[2]) or b"")
            shown = False


def _summarised(code: str, message: bytes) -> Iterator[_Said]:
    lines = message.split(b"\n")
    for number, line in enumerate(lines, 1):
        separator = b" " if number == len(lines) else b"-"
        yield _Said("S", code.encode() + separator + line)


def _literal(text: str) -> bytes | None:
    match = _LITERAL.fullmatch(text)
    if match is None:
        return None
    body = match[2] if match[2] is not None else match[3]
    return _unescaped(body, "latin-1" if match[1] else "utf-8")


# --- a terminal's text, without marks ------------------------------------------------------------------------------


def _read_bare(lines: list[str], session: _Session) -> None:
    held: str | None = None  # an unknown line: a command with a slip, if a reply follows
    for line in lines:
        reply = _BARE_REPLY.fullmatch(line)
        if session.waits_for_message:
            session.take(_Said("C", _encoded(line) + _CRLF))
        elif reply is not None:
            if held is not None and session.replies:
                session.take(_Said("C", _encoded(held) + _CRLF))
            held = None
            session.take(_Said("S", _encoded(reply[1])))
        elif _NOISE.match(line):
            if line.strip():
                session.take(_Said("#", _encoded(line)))
        elif _VERBS.match(line) or session.state.phase is Phase.AUTH:
            held = None
            session.take(_Said("C", _encoded(line.strip()) + _CRLF))
        else:
            held = line.strip()
