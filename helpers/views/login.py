"""Logins taken apart: the line of the wire, the octets that its base64 stands for, and the name of each part.

It hides nothing, since base64 hides nothing either: what is taken apart here shows its password.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from helpers.protocol.grammar import GRAMMARS
from helpers.protocol.reply import decode
from helpers.protocol.sasl import Part, find_mechanism, read_message
from helpers.views.markup import clipped, count, escaped, visible
from helpers.wire.logins import Login, LoginMessage

NO_LOGIN: Final = "There is no login here: no AUTH that the server took up."
_LOGINS = 20  # logins that are shown, the newest
_MESSAGES = 20  # messages of one login that are shown
_OCTETS = 32  # octets of one part that are shown in hexadecimal
_LINE = 300  # characters of one line or part that are shown


class _Step(NamedTuple):
    """One message: its line, what to say about it, and its parts."""

    message: LoginMessage
    remarks: tuple[str, ...]
    parts: tuple[Part, ...] = ()


def login_text(logins: Sequence[Login]) -> str:
    """The logins as plain text."""
    lines: list[str] = []
    for login in logins[-_LOGINS:]:
        lines += [""] * bool(lines) + _heading(login)
        for step in _steps(login):
            side = f"{step.message.sender}: " if step.message.sender else ""
            lines.append(visible(f"{side}{clipped(step.message.line, _LINE)}").rstrip())
            lines += [f"   {visible(remark)}" for remark in step.remarks]
            lines += [f"     {row}" for row in _rows(step.parts)]
        lines += [visible(f"S: {line}") for line in _end(login)]
    return "\n".join(lines) or NO_LOGIN


def login_html(logins: Sequence[Login]) -> str:
    """The logins, a table for each message."""
    return "".join(f'<div class="body">{"".join(_html(login))}</div>' for login in logins[-_LOGINS:]) or (
        f'<div class="body"><p>{NO_LOGIN}</p></div>'
    )


def _html(login: Login) -> Iterator[str]:
    yield from (f'<p class="say">{escaped(line)}</p>' for line in _heading(login))
    for step in _steps(login):
        yield _line(step.message.sender, clipped(step.message.line, _LINE))
        yield f'<p class="soft">{"<br>".join(map(escaped, step.remarks))}</p>'
        if step.parts:
            yield _table(step.parts)
    yield from (_line("S", line) for line in _end(login))


def _line(side: str, text: str) -> str:
    """A line of the wire as the conversation shows it; of base64 alone the side is not known."""
    who = f"<b>{side}:</b> " if side else ""
    return f'<div class="{side or "C"}"><div class="row">{who}<code>{escaped(text)}</code></div></div>'


def _table(parts: Sequence[Part]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in ("part", "octets", "hexadecimal"))
    rows = "".join(
        f'<tr class="{"" if part.is_field else "soft"}"><th scope="row">{escaped(part.name)}</th>'
        f"<td><code>{_marked(part)}</code>{_below(part.note)}</td>"
        f'<td><code class="hex">{_hex(part.octets) or "–"}</code></td></tr>'
        for part in parts
    )
    return f'<table aria-label="The parts"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _below(note: str) -> str:
    return f'<br><small class="soft">{escaped(note)}</small>' if note else ""


def _heading(login: Login) -> list[str]:
    if not login.mechanism or not login.whole:
        return []
    mechanism = find_mechanism(login.mechanism)
    return [visible(f"AUTH {clipped(login.mechanism, _LINE)}{f': {mechanism.title}' if mechanism else ''}")]


def _end(login: Login) -> list[str]:
    return [clipped(line, _LINE) for line in login.reply.wire_lines()] if login.reply else []


def _steps(login: Login) -> Iterator[_Step]:
    for message in login.messages[:_MESSAGES]:
        yield _step(message, login.mechanism)


def _step(message: LoginMessage, mechanism: str) -> _Step:
    octets = message.octets
    if message.cancels:
        return _Step(message, ("An asterisk alone cancels the login (RFC 4954 4).",))
    if octets is None:
        why = GRAMMARS["auth-response"].check(message.base64) or "This is not base64."
        return _Step(message, (clipped(why, _LINE),))
    if not octets:
        whose = "An empty challenge: the client speaks first" if message.sender == "S" else "An empty message"
        return _Step(message, (f"{whose} (RFC 4954 4).",))
    remarks = [f"base64 for {count(len(octets), 'octet')}"]
    reading = read_message(octets, message.sender, mechanism, message.turn)
    if reading:
        remarks.append(f"{reading.title} ({reading.rfc.removeprefix('none; ')})")
        remarks += [f"✕ {reading.problem}"] * bool(reading.problem)
    elif (known := find_mechanism(mechanism)) and message.turn is not None:
        unfit = "✕ This does not have the form: " if known.messages or known.messages_of else ""
        remarks.append(f"{unfit}{known.message_format} ({known.rfc})")
    else:
        remarks.append("A text that does not tell by itself which mechanism it belongs to.")
    parts = reading.parts if reading else (Part(octets, "text"),)
    if octets.endswith(b"\n"):
        remarks.append("The last octet is a line feed, and it counts: echo adds one, printf does not.")
    return _Step(message, tuple(remarks), parts)


def _shown(part: Part) -> str:
    if not part.octets.strip(b" "):
        return "(space)" if part.octets else "(empty)"
    return clipped(visible(decode(part.octets)), _LINE)


def _rows(parts: Sequence[Part]) -> Iterator[str]:
    """Name, octets and remark of each part, in columns; the octets in hexadecimal below."""
    width = max((len(part.name) for part in parts), default=0)
    for part in parts:
        remark = f"   # {part.note}" if part.note else ""
        yield f"{part.name:<{width}}  {_shown(part)}{remark}"
        pairs = _hex(part.octets).split()
        yield from (f"{'':{width}}  {' '.join(pairs[n : n + 16])}" for n in range(0, len(pairs), 16))


def _marked(part: Part) -> str:
    """The octets as text, those that print nothing made to stand out."""
    text = escaped(_shown(part))
    return text if part.octets.isascii() and decode(part.octets).isprintable() else f'<i class="odd">{text}</i>'


def _hex(octets: bytes) -> str:
    return octets[:_OCTETS].hex(" ") + (" …" if len(octets) > _OCTETS else "")
