"""What each line of an exchange means, made from the reference facts and the session's state.

No sentence about a particular command, code or extension stands here: those are entries of the reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers import reference
from helpers.protocol.permission import permission
from helpers.protocol.reply import ENHANCED, Reply, decode
from helpers.protocol.sasl import find_mechanism, read_message
from helpers.protocol.state import Phase
from helpers.views import glyphs
from helpers.views.markup import count
from helpers.views.secrets import from_base64, sent_lines
from helpers.wire.transcript import Exchange, ExchangeKind

if TYPE_CHECKING:
    from helpers.reference import model

_LONGEST_KEY = 40  # the search for near matches grows with the key, and a peer may send a key of any length


@dataclass(frozen=True, slots=True)
class LineNote:
    """The explanation of one line of an exchange."""

    side: str  #: "C" or "S"
    index: int  #: which of that side's lines, from 0
    tag: str  #: a few words: "✕ wrong order", "open a mail transaction"
    text: str  #: one to four sentences with the RFC's section


def explain(exchange: Exchange) -> tuple[LineNote, ...]:
    """Notes for the lines of an exchange: on the client's first line (a message also has one on its final
    dot) and on every line of the reply."""
    return (*_client_notes(exchange), *_server_notes(exchange))


def explain_reply(reply: Reply) -> str:
    """What a reply says by itself, when what it answers is not known."""
    return " ".join([_code_note(reply), _enhanced_note(reply.enhanced) if reply.enhanced else ""]).strip()


def _client_notes(exchange: Exchange) -> Iterator[LineNote]:
    if not exchange.octets:
        return
    command = _answered(exchange)
    if command is None:
        text = "This word is no command of SMTP or of an extension that the reference lists."
        yield LineNote("C", 0, "unknown command", text)
        return
    said = [_cited(command.summary, command.rfc)]
    if exchange.before.phase is not Phase.ENDED:
        allowed = permission(command, exchange.before)
        if not allowed.allowed:
            said.append(f"Not permitted at this place: {_sentence(allowed.reason)}")
    if exchange.kind is ExchangeKind.MESSAGE:
        said.append(_message_note(exchange))
    else:
        said.extend(_argument_notes(command, exchange))
    yield LineNote("C", 0, command.title, " ".join(filter(None, said)))
    if _ended(exchange) and (last := exchange.octets.count(b"\n") - 1):
        text = "A dot alone on its line: the message ends before it (RFC 5321 4.1.1.4)."
        yield LineNote("C", last, "end of the message", text)


def _ended(exchange: Exchange) -> bool:
    return exchange.kind is ExchangeKind.MESSAGE and (b"\r\n" + exchange.octets).endswith(b"\r\n.\r\n")


def _message_note(exchange: Exchange) -> str:
    content = exchange.content
    lines = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
    said = f"Here: {count(len(content), 'octet')} in {count(lines, 'line')}."
    stuffed = (b"\n" + exchange.octets).count(b"\n.") - _ended(exchange)
    if stuffed:
        said += f" {count(stuffed, 'line')} with a dot doubled on the wire (RFC 5321 4.5.2)."
    return said


def _argument_notes(command: model.Command, exchange: Exchange) -> Iterator[str]:
    """What the parameters in the line are for, and the mechanism of AUTH."""
    words = decode(sent_lines(exchange)[0].public).split()[1:]
    parameters = {argument.name.upper(): argument for argument in command.arguments if argument.extension}
    for word in words:
        argument = parameters.pop(word.partition("=")[0].upper(), None)
        if argument is not None and argument.help:
            yield f"{argument.name}: {_sentence(argument.help)}"
    name = words[0] if words and command.verb == "AUTH" else exchange.before.mechanism
    mechanism = find_mechanism(name) if name else None
    if mechanism is not None:
        yield f"{mechanism.name}: {_sentence(mechanism.message_format)}"


def _server_notes(exchange: Exchange) -> Iterator[LineNote]:
    reply = exchange.reply
    if reply is None:
        return
    last = len(reply.lines) - 1
    for index, text in enumerate(reply.lines):
        mark = glyphs.of_reply_line(exchange, index)
        said = []
        if index < last:
            said.append(f"The hyphen after {reply.code} means that more lines follow (RFC 5321 4.2.1).")
        elif last:
            said.append(f"The space after {reply.code} marks the last line (RFC 5321 4.2.1).")
        if exchange.verb == "EHLO" and reply.code == 250:
            said.append(_extension_note(text) if index else "The server's name, and a greeting for people.")
        if index == last:
            said.extend(_meaning(exchange, reply))
            if reply.code == 334:
                said.append(_challenge_note(text, exchange.after.mechanism or ""))
        if match := ENHANCED.match(text):
            said.append(_enhanced_note(match[1]))
        yield LineNote("S", index, str(mark) if mark else "more lines follow", " ".join(filter(None, said)))


def _meaning(exchange: Exchange, reply: Reply) -> Iterator[str]:
    """What the code says as the answer to what the client sent."""
    if exchange.kind is ExchangeKind.UNASKED:
        yield "The server said this without being asked."
    command = _answered(exchange)
    for meaning in command.replies if command else ():
        if command and meaning.code == reply.code:
            yield _cited(f"{reply.code}: {meaning.meaning}", meaning.rfc or command.rfc)
            if meaning.cure:
                yield _sentence(meaning.cure)
            return
    yield _code_note(reply)


def _code_note(reply: Reply) -> str:
    """What the code says whatever it answers."""
    try:
        code = reference.reply_code(reply.code)
    except reference.UnknownEntry:
        pass
    else:
        return _cited(f"{code.code}: {code.meaning}", code.rfc)
    try:
        first = reference.digit(f"{reply.code // 100}yz")
    except reference.UnknownEntry:
        return f"{reply.code} is no reply code of SMTP: the first digit is 2, 3, 4 or 5 (RFC 5321 4.2.1)."
    return f"{reply.code} is not in the reference; its first digit says: {first.meaning} (RFC 5321 4.2.1)."


def _answered(exchange: Exchange) -> model.Command | None:
    """The reference entry whose replies apply: of the command, or of what continues it."""
    if exchange.kind is ExchangeKind.MESSAGE:
        return _command("MESSAGE")
    if exchange.kind is ExchangeKind.RESPONSE:
        return _command("RESPONSE")
    return _command(exchange.verb) if exchange.verb else None


def _extension_note(line: str) -> str:
    words = line.replace("=", " ", 1).split()
    try:
        extension = reference.extension(words[0][:_LONGEST_KEY] if words else "")
    except reference.UnknownEntry:
        return "An extension that the reference does not list; a client that does not know it lets it be."
    said = _cited(f"{extension.keyword}: {extension.meaning}", extension.rfc)
    if extension.keyword == "SIZE" and len(words) > 1 and words[1].isdecimal() and len(words[1]) < 20 and int(words[1]):
        said += f" Here: {_size(int(words[1]))}."
    elif len(words) > 1 and extension.parameter:
        said += f" After the keyword: {_sentence(extension.parameter)}"
    return said


def _size(octets: int) -> str:
    for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if octets >= size:
            return f"{octets} octets, {octets / size:.4g} {unit}"
    return count(octets, "octet")


def _enhanced_note(code: str) -> str:
    try:
        entry = reference.enhanced_code(code)
    except reference.UnknownEntry:
        return f"{code} is an enhanced status code that the reference does not list (RFC 3463 2)."
    return _cited(f"{code}: {entry.meaning}", entry.rfc)


def _challenge_note(text: str, mechanism: str) -> str:
    challenge = text.strip()
    if not challenge:
        return "The challenge is empty: it is your turn to speak (RFC 4954 4)."
    octets = from_base64(challenge)
    if octets is None:
        return "What follows is not base64, though it should be (RFC 4954 4)."
    plain = decode(octets)
    reading = read_message(octets, "S", mechanism)
    fields = [part for part in reading.parts if part.is_field] if reading else []
    if reading and len(fields) > 1:
        parts = ", ".join(f"{part.name} {decode(part.octets)}" for part in fields)
        return f"Base64 for “{plain}”: {parts} ({reading.rfc})."
    return f"Base64 for “{plain}” (RFC 4954 4)."


def _command(verb: str) -> model.Command | None:
    try:
        return reference.command(verb[:_LONGEST_KEY])
    except reference.UnknownEntry:
        return None


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."


def _cited(text: str, rfc: str) -> str:
    """``text`` as a sentence that ends with its source."""
    sentence = _sentence(text)
    return f"{sentence[:-1]} ({rfc}){sentence[-1]}" if rfc and sentence else sentence
