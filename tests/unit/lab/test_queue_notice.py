"""A bounce is written from what strangers said: none of it may become a field or a part of its own."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from helpers.lab.bounce import notice
from helpers.lab.clock import START
from helpers.lab.courier import status_of
from helpers.lab.outgoing import Entry
from helpers.protocol.reply import Reply
from helpers.wire.messages import StoredMessage
from helpers.wire.queue import Attempt


def write(reply: Reply, recipient: str = "bob@other.example", raw: bytes = b"Subject: Hi\r\n\r\nText\r\n") -> bytes:
    message = StoredMessage("alice@lab.example", (recipient,), raw)
    entry = Entry(message, recipient, START, None)
    entry.attempts.append(Attempt(START, "5.0.0", reply, "RCPT", host="mail.other.example"))
    return notice(message, [entry], "mail.lab.example", "lab.example", "LAB0002", START)


def test_a_reply_of_many_lines_is_folded() -> None:
    """RFC 3461 9.2, its own example."""
    octets = write(Reply(550, ("mailbox unavailable", "user has moved with no forwarding address")))
    expected = b"Diagnostic-Code: smtp; 550-mailbox unavailable\r\n 550 user has moved with no forwarding address\r\n"
    assert expected in octets


@pytest.mark.parametrize("text", ["x\rTo: eve@x", "x\nAction: delivered", "\x00\x1b[2J", "\u202e", "é" * 5000])
def test_words_of_a_stranger_stay_words(text: str) -> None:
    octets = write(Reply(550, (text,)))
    assert octets.isascii()
    assert max(map(len, octets.split(b"\r\n"))) <= 998  # RFC 5322 2.1.1
    assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")
    report = message_from_bytes(octets, policy=policy.default)
    status = list(report.iter_parts())[1].get_payload()[1]  # type: ignore[index,union-attr]
    assert status.get_all("Action") == ["failed"]  # type: ignore[union-attr]
    assert "\x1b" not in octets.decode()


def test_eight_bit_headers_are_declared() -> None:
    report = message_from_bytes(write(Reply(550, ("No",)), raw="Subject: Grüße\r\n\r\n".encode()))
    assert report["Content-Transfer-Encoding"] == "8bit"


def test_an_address_that_is_not_ascii() -> None:
    """RFC 6533 3: utf-8-addr-xtext."""
    assert rb"Final-Recipient: utf-8; j\x{F6}rg@other.example" in write(Reply(550, ("No",)), "jörg@other.example")


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [
        (250, "2.0.0 OK", "2.0.0"),
        (250, "OK", "2.0.0"),
        (450, "4.7.1 Greylisted", "4.7.1"),
        (550, "4.7.1 They disagree", "5.0.0"),
        (499, "Never heard of", "4.0.0"),
        (599, "Never heard of", "5.0.0"),
        (199, "Out of range: fatal (RFC 5321 4.2)", "5.5.0"),
        (600, "Out of range", "5.5.0"),
    ],
)
def test_an_outcome_is_read_by_the_first_digit(code: int, text: str, status: str) -> None:
    assert status_of(Reply(code, (text,))) == status
