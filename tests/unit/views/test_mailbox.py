"""The mailbox: what the envelope says beside what the headers say."""

from __future__ import annotations

import pytest

from helpers import views
from helpers.wire.messages import StoredMessage
from tests.unit.views.wire import Page


def stored(
    raw: bytes, sender: str = "alice@lab.example", *recipients: str, trace: tuple[str, ...] = ()
) -> StoredMessage:
    return StoredMessage(sender, recipients or ("bob@lab.example",), raw, trace)


AGREE = b"From: Alice <alice@lab.example>\r\nTo: Bob <BOB@lab.example>\r\nSubject: Lunch\r\n\r\nNoon?\r\n"


@pytest.mark.parametrize("render", [views.mailbox_text, views.mailbox_html])
def test_agreement_is_silent(render: object) -> None:
    text = (
        Page(views.mailbox_html([stored(AGREE)])).text
        if render is views.mailbox_html
        else views.mailbox_text([stored(AGREE)])
    )
    assert "≠" not in text
    assert "Message 1: Lunch" in text
    assert "Noon?" in text


@pytest.mark.parametrize(
    ("message", "remark"),
    [
        (
            stored(AGREE, "alice@lab.example", "bob@lab.example", "carol@lab.example"),
            "in no header, as with Bcc: carol@lab.example",
        ),
        (stored(AGREE, "mallory@other.example"), "the reverse-path is not the author in From"),
        (stored(AGREE, ""), "the null reverse-path"),
        (stored(AGREE.replace(b"To:", b"Cc: carol@lab.example\r\nTo:")), "only in the headers: carol@lab.example"),
        (stored(b"Hi\r\n"), "in no header, as with Bcc: bob@lab.example"),
    ],
)
def test_what_differs_is_said(message: StoredMessage, remark: str) -> None:
    assert f"≠ {remark}" in views.mailbox_text([message])
    assert f"≠ {remark}" in Page(views.mailbox_html([message])).text


def test_folded_and_encoded_headers_are_read() -> None:
    """RFC 5322 2.2.3 (folding) and the example of RFC 2047 8."""
    raw = b"From: alice@lab.example\r\nTo: x@lab.example,\r\n bob@lab.example\r\nSubject: =?ISO-8859-1?Q?a_b?=\r\n\r\n"
    text = views.mailbox_text([stored(raw)])
    assert "Message 1: a b" in text
    assert "only in the headers: x@lab.example" in text
    assert "in no header" not in text


@pytest.mark.parametrize(
    "value", [b"=?utf-8?b?!!!?=", b"=?no-such?q?x?=", b"=?utf-8?q?=ff=fe?=", b"=?", b"\xff\xfe", b"<@@>, ((", b'"' * 50]
)
def test_malformed_headers_never_fail(value: bytes) -> None:
    raw = b"".join(name + b": " + value + b"\r\n" for name in (b"From", b"To", b"Subject")) + b"\r\nbody\r\n"
    assert "body" in views.mailbox_text([stored(raw)])
    assert "body" in Page(views.mailbox_html([stored(raw)])).text


def test_trace_lines_stand_apart_and_the_raw_message_is_folded() -> None:
    message = stored(AGREE, trace=("Return-Path: <alice@lab.example>", "Received: from laptop.example\r\n\tby mail"))
    page = Page(views.mailbox_html([message], "bob@lab.example"))
    assert page.in_order(["Noon?", "Trace lines that the server added (3)", "Return-Path"])
    assert page.in_order(["Noon?", f"Raw message ({len(AGREE)} octets)", "From: Alice"])
    assert [("open" in d) for d in page.all("details")] == [True, False, False]
    assert "trace: Return-Path: <alice@lab.example>" in views.mailbox_text([message])


def test_the_newest_message_is_unfolded() -> None:
    page = Page(views.mailbox_html([stored(AGREE), stored(AGREE)], "bob"))
    assert "bob: 2 messages" in page.text
    assert page.in_order(["Message 1", "Message 2"])
    assert "open" not in page.all("details")[0]


def test_an_empty_mailbox() -> None:
    assert views.mailbox_text([], "bob") == "bob: 0 messages"
    assert "No messages." in Page(views.mailbox_html([], "bob")).text
