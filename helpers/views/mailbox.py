"""Stored messages: the envelope beside the headers, so that what differs is seen.

The server delivers by the envelope; readers see the headers; nothing makes them agree (RFC 5321 2.3.1, 3.6.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from helpers.protocol.reply import decode
from helpers.views.markup import clipped, count, escaped, visible
from helpers.views.newest import MESSAGES
from helpers.wire.messages import StoredMessage

EMPTY: Final = "No messages."
_LINES = 60  #: lines of a body or a raw message that are shown


class _Comparison(NamedTuple):
    """One row: what the envelope says, what the headers say, and what to make of it."""

    what: str
    envelope: str
    headers: str
    remark: str


def mailbox_text(messages: Sequence[StoredMessage], title: str = "Mailbox") -> str:
    """The messages as plain text, oldest first."""
    parts = [f"{visible(title)}: {count(len(messages), 'message')}"]
    first = max(0, len(messages) - MESSAGES)
    if first:
        parts.append(f"# {_earlier(first)}")
    for n, message in enumerate(messages[first:], first + 1):
        headers = _headers(message.raw)
        parts.append(f"\n{_summary(n, message, headers)}")
        for row in _compared(message, headers):
            remark = f"   ≠ {row.remark}" if row.remark else ""
            parts.append(visible(f"  {row.what:<11} envelope: {row.envelope}   headers: {row.headers}{remark}"))
        parts += [f"  trace: {visible(line)}" for line in _trace(message)]
        parts += [f"  | {visible(clipped(line))}" for line in _body_lines(message)]
    return "\n".join(parts)


def mailbox_html(messages: Sequence[StoredMessage], title: str = "Mailbox") -> str:
    """The messages as a list, oldest first; the newest is unfolded."""
    heading = f'<p class="cap">{escaped(title)}: {count(len(messages), "message")}</p>'
    if not messages:
        return f'<div class="body">{heading}<p>{EMPTY}</p></div>'
    first = max(0, len(messages) - MESSAGES)
    left_out = f"<p>{_earlier(first)}</p>" if first else ""
    items = "".join(
        _message_html(n, message, n == len(messages)) for n, message in enumerate(messages[first:], first + 1)
    )
    start = f' start="{first + 1}"' if first else ""
    return f'<div class="body">{heading}{left_out}<ol aria-label="{escaped(title)}"{start}>{items}</ol></div>'


def _earlier(messages: int) -> str:
    return f"{count(messages, 'earlier message')} not shown; each can be had by its place, the oldest as [0]."


def _message_html(n: int, message: StoredMessage, opened: bool) -> str:
    headers = _headers(message.raw)
    rows = "".join(
        f'<tr><th scope="row">{row.what}</th><td><code>{escaped(row.envelope)}</code></td>'
        f"<td><code>{escaped(row.headers)}</code></td>"
        f"<td>{_differs(row.remark)}</td></tr>"
        for row in _compared(message, headers)
    )
    table = (
        '<table class="sides">'
        "<caption>Envelope (what the server was told) beside headers (what the reader sees)</caption>"
        '<thead><tr><th scope="col">about</th><th scope="col">envelope</th><th scope="col">headers</th>'
        f'<th scope="col">remark</th></tr></thead><tbody>{rows}</tbody></table>'
    )
    body = _box(_body_lines(message))
    trace = _trace(message)
    traced = f"<details><summary>Trace lines that the server added ({len(trace)})</summary>{_box(trace)}</details>"
    raw = [decode(line.removesuffix(b"\r")) for line in _limited(message.raw.split(b"\n"))]
    octets = f"<details><summary>Raw message ({count(len(message.raw), 'octet')})</summary>{_box(raw)}</details>"
    summary = escaped(_summary(n, message, headers))
    return (
        f'<li><details{" open" if opened else ""}><summary class="say">{summary}</summary>'
        f'<div class="body">{table}{body}{traced if trace else ""}{octets}</div></details></li>'
    )


def _differs(remark: str) -> str:
    return f'<span class="later">≠ {escaped(remark)}</span>' if remark else "✓ they agree"


def _summary(n: int, message: StoredMessage, headers: list[tuple[str, str]]) -> str:
    subject = next((_readable(value) for name, value in headers if name.lower() == "subject"), "")
    return visible(f"Message {n}: {clipped(subject, 120) or '(no subject)'}")


def _compared(message: StoredMessage, headers: list[tuple[str, str]]) -> list[_Comparison]:
    def named(*names: str) -> list[tuple[str, str]]:
        return [(name, value) for name, value in headers if name.lower() in names]

    authors = _addresses(value for _, value in named("from"))
    readers = _addresses(value for _, value in named("to", "cc", "bcc"))
    sender = ""
    if not message.sender:
        sender = "the null reverse-path: a notice that must not bounce"
    elif message.sender.lower() not in authors:
        sender = "the reverse-path is not the author in From"
    hidden = [path for path in message.recipients if path.lower() not in readers]
    known = {path.lower() for path in message.recipients}
    others = sorted(readers - known)
    remarks = []
    if hidden:
        remarks.append(f"in no header, as with Bcc: {_listed(hidden)}")
    if others:
        remarks.append(f"only in the headers: {_listed(others)}")
    return [
        _Comparison("from", f"<{clipped(message.sender, 320)}>", _fields(named("from")), clipped(sender)),
        _Comparison(
            "to",
            _listed([f"<{path}>" for path in message.recipients]),
            _fields(named("to", "cc", "bcc")),
            "; ".join(remarks),
        ),
    ]


def _fields(fields: list[tuple[str, str]]) -> str:
    return clipped("; ".join(f"{name}: {_readable(value)}" for name, value in fields)) or "(none)"


def _listed(paths: Sequence[str]) -> str:
    more = len(paths) - 10
    return ", ".join(clipped(path, 320) for path in paths[:10]) + (f" and {count(more, 'other')}" if more > 0 else "")


def _headers(raw: bytes) -> list[tuple[str, str]]:
    """The header fields as they were sent, folded lines joined (RFC 5322 2.2.3). Never fails."""
    fields: list[tuple[str, str]] = []
    for line in raw.partition(b"\r\n\r\n")[0].split(b"\n"):
        text = decode(line.removesuffix(b"\r"))
        if text[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, value + text)
        else:
            name, colon, value = text.partition(":")
            if not colon:
                break
            fields.append((name, value.strip()))
    return fields


def _readable(value: str) -> str:
    """A header's value with encoded words decoded (RFC 2047); as it is where they can't be."""
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(value))) if "=?" in value else value
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return value


def _addresses(values: Iterable[str]) -> set[str]:
    from email.utils import getaddresses

    return {address.lower() for _, address in getaddresses(list(values)) if address}


def _trace(message: StoredMessage) -> list[str]:
    return [line for field in message.trace for line in field.replace("\r\n", "\n").split("\n") if line]


def _body_lines(message: StoredMessage) -> list[str]:
    return [decode(line.removesuffix(b"\r")) for line in _limited(message.body.removesuffix(b"\r\n").split(b"\n"))]


def _limited(lines: list[bytes]) -> list[bytes]:
    if len(lines) <= _LINES:
        return lines
    left_out = f"… {count(len(lines) - _LINES, 'line')} left out here …".encode()
    return [*lines[: _LINES - 10], left_out, *lines[-10:]]


def _box(lines: Sequence[str]) -> str:
    return f'<pre class="box">{"<br>".join(escaped(clipped(line)) for line in lines)}</pre>'
