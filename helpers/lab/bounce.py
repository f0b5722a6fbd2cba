"""The notice that a message was not delivered: a multipart/report, as octets.

Source: RFC 5321 6.1 (who gets it), RFC 6522 (multipart/report), RFC 3464 (message/delivery-status),
RFC 3461 6 (what the sender wished) and 9.2 (an SMTP reply in Diagnostic-Code),
RFC 6533 (addresses and headers in UTF-8).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime

from helpers.lab import wishes
from helpers.lab.data_files import load
from helpers.lab.outgoing import Entry
from helpers.protocol.text import visible
from helpers.wire.messages import StoredMessage
from helpers.wire.queue import in_words

_LONGEST = 900  # octets of a folded line that is the peer's; a line of a message may have 998 (RFC 5322 2.1.1)


def notice(
    message: StoredMessage, failed: Sequence[Entry], hostname: str, domain: str, identifier: str, now: datetime
) -> bytes:
    """The notice to the sender of ``message``, which could not be delivered to the recipients of ``failed``."""
    kind, returned = _returned(message)
    boundary = f"{identifier}/{hostname}"
    while boundary.encode() in returned:
        boundary += "="
    encoding = "7bit" if returned.isascii() else "8bit"
    head = [
        f"From: Mail delivery <postmaster@{domain}>",
        f"To: <{message.sender}>",
        f"Subject: {load('outgoing')['notice']['subject']}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{identifier}@{hostname}>",
        "Auto-Submitted: auto-replied",  # RFC 3834 5: no automatic answer to this one, please
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        f"Content-Transfer-Encoding: {encoding}",
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        *_for_people(failed, hostname),
        "",
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; {hostname}",
        *_envelope_id(message),
        f"Arrival-Date: {format_datetime(failed[0].since)}",
    ]
    for entry in failed:
        head += ["", *_status_fields(entry)]
    head += [
        "",
        f"--{boundary}",
        f"Content-Type: {kind}",
        f"Content-Transfer-Encoding: {encoding}",
        "",
        "",
    ]
    return "\r\n".join(head).encode("utf-8", "backslashreplace") + returned + f"\r\n--{boundary}--\r\n".encode()


def _returned(message: StoredMessage) -> tuple[str, bytes]:
    """The third part: the whole message where the sender wished it and it is no burden, else its headers."""
    headers = message.raw.partition(b"\r\n\r\n")[0] + b"\r\n"
    # the usual types have ASCII headers (RFC 2046 5.2.1), and for others there are types of their own (RFC 6533 4)
    utf8 = "SMTPUTF8" in message.parameters and not headers.isascii()
    short = len(message.raw) <= load("outgoing")["notice"]["full_octets"]
    if short and wishes.wants_whole_message(message.parameters) and "BODY=BINARYMIME" not in message.parameters:
        return "message/global" if utf8 else "message/rfc822", message.raw
    return "message/global-headers" if utf8 else "text/rfc822-headers", headers


def _envelope_id(message: StoredMessage) -> list[str]:
    identifier = wishes.value(message.parameters, "ENVID")
    return [] if identifier is None else [f"Original-Envelope-Id: {_ascii(wishes.decoded(identifier))}"]


def _for_people(failed: Sequence[Entry], hostname: str) -> list[str]:
    texts = load("outgoing")["notice"]
    lines = [*texts["opening"].format(hostname=hostname).split("\n"), ""]
    for entry in failed:
        last = entry.attempts[-1]
        times = f"{len(entry.attempts)} times" if len(entry.attempts) > 1 else "once"
        said = last.reply.wire_lines() if last.reply else [last.problem]
        expired = last.status.startswith("4")
        why = texts["expired"].format(attempts=times, age=in_words(last.time - entry.since))
        lines += [
            f"  <{_ascii(entry.recipient)}>",
            *(f"    {_ascii(line)}" for line in said),
            f"    {why if expired else texts['refused']}",
            "",
        ]
    return [*lines, texts["closing"]]


def _status_fields(entry: Entry) -> list[str]:
    """The fields of one recipient (RFC 3464 2.3, RFC 3461 6.3)."""
    recipient, last = entry.recipient, entry.attempts[-1]
    kind = "rfc822" if recipient.isascii() else "utf-8"
    written = "".join(c if c.isascii() else f"\\x{{{ord(c):X}}}" for c in recipient)  # RFC 6533 3
    fields = [f"Final-Recipient: {kind}; {written}", "Action: failed", f"Status: {last.status}"]
    if original := wishes.value(entry.parameters, "ORCPT"):
        form, _, address = original.partition(";")
        fields.insert(0, f"Original-Recipient: {_ascii(form)}; {_ascii(wishes.decoded(address))}")
    if last.reply is not None:
        # the field says whose words the diagnostic is, so it stands only where another server spoke
        reply = "\r\n ".join(_ascii(line) for line in last.reply.wire_lines())
        fields += [f"Remote-MTA: dns; {last.host}", f"Diagnostic-Code: smtp; {reply}"]
    return [*fields, f"Last-Attempt-Date: {format_datetime(last.time)}"]


def _ascii(text: str) -> str:
    """Words of a peer for a header or a part in ASCII: nothing in them can end the line or begin another."""
    return visible(text).encode("ascii", "backslashreplace").decode()[:_LONGEST]
