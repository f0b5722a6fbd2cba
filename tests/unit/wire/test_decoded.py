"""Any reply, digit by digit. Expected: RFC 5321 4.2, 4.2.1, 4.3.2; RFC 2034 4; RFC 3463 2."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import reference
from helpers.protocol.reply import Reply, parse_reply
from helpers.views.decoded import decoded_html
from helpers.wire.decoded import Decoded, decode


def says(decoded: Decoded, name: str) -> str:
    (reply,) = decoded.replies
    (part,) = [part for part in reply.parts if part.name == name]
    return part.says


def odd(decoded: Decoded) -> str:
    lines = [*decoded.strays, *(line for reply in decoded.replies for line in reply.lines)]
    return " ".join([*(o for reply in decoded.replies for o in reply.odd), *(o for line in lines for o in line.odd)])


@pytest.mark.parametrize(
    ("code", "first", "second"),
    [
        (250, "success", "mail system"),
        (211, "success", "information"),
        (220, "success", "connection"),
        (354, "go on", "mail system"),
        (334, "go on", "no category"),
        (421, "temporary failure", "connection"),
        (452, "temporary failure", "mail system"),
        (500, "permanent failure", "syntax"),
        (535, "permanent failure", "no category"),
        (549, "permanent failure", "no category"),
    ],
)
def test_first_and_second_digit(code: int, first: str, second: str) -> None:
    decoded = decode(f"{code} text")
    assert says(decoded, "first digit").startswith(first)
    assert says(decoded, "second digit").startswith(second)
    assert not odd(decoded)


@pytest.mark.parametrize(
    ("subject", "word"),
    tuple(
        enumerate(
            (
                "other",
                "address",
                "mailbox",
                "mail system",
                "network and routing",
                "protocol",
                "content",
                "security or policy",
            )
        )
    ),
)
def test_the_subjects_of_rfc_3463(subject: int, word: str) -> None:
    assert says(decode(f"550 5.{subject}.0 x"), "subject").startswith(word)


def test_the_detail_is_that_of_the_registry() -> None:
    assert "mailbox does not exist" in says(decode("550 5.1.1 No such user"), "detail")
    assert "mailbox is full" in says(decode("452 4.2.2 Full"), "detail")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("250 OK", "It goes on"),
        ("354 Go", "sends the rest"),
        ("450 4.7.1 Later", "tries again"),
        ("550 5.1.1 No", "bounce from the null reverse-path"),
        ("499 Never heard of", "tries again"),
        ("599 5.9.99 Never heard of", "stops trying"),
        ("299 Never heard of", "It goes on"),
        ("199 Out of range", "ends the transaction"),
        ("650 Out of range", "ends the transaction"),
        ("450 5.7.1 The two disagree", "tries again"),
        ("550 4.7.1 The two disagree", "stops trying"),
    ],
)
def test_what_a_sending_server_does_goes_by_the_first_digit_of_the_code(reply: str, words: str) -> None:
    assert words in decode(reply).replies[0].sender


def test_unknown_codes_are_said_to_be_unknown() -> None:
    decoded = decode("599 5.9.99 What")
    assert "not in the reference" in says(decoded, "the whole code")
    assert "not in the registry" in says(decoded, "subject")
    assert "not in the reference" in says(decoded, "detail")
    assert "no category" in says(decoded, "second digit")


def test_the_lines_of_one_reply() -> None:
    """The example of RFC 5321 4.2.1: digits in the text are text."""
    (reply,) = decode(
        "250-First line\r\n250-Second line\r\n250-234 Text beginning with numbers\r\n250 The last line"
    ).replies
    assert [line.role.split(":")[0] for line in reply.lines] == [*["a hyphen after the code"] * 3, "the last line"]
    assert {line.code for line in reply.lines} == {250}


def test_several_replies_one_after_the_other() -> None:
    decoded = decode("S: 250-mail.lab.example\nS: 250 HELP\nS: 503 5.5.1 Wrong order")
    assert [reply.code for reply in decoded.replies] == [250, 503]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("550-5.1.1 a\n250 5.1.1 b", "changes from 550 to 250"),
        ("550-5.1.1 a\n550 5.1.2 b", "same enhanced code"),
        ("550-5.1.1 a\n550 b", "same enhanced code"),
        ("450 5.7.1 a", "The two disagree"),
        ("354 3.0.0 a", "carries no enhanced code"),
        ("354 2.0.0 a", "carries no enhanced code"),
        ("250-a\n250-b", "not complete"),
        ("550:a", "instead of a space or a hyphen"),
        ("550 Refused (5.7.26)", "5.7.26 stands inside the text"),
        ("550 #5.1.0 Address rejected", "# is no part"),
        ("250-a\nwrapped\n250 b", "does not begin with three digits"),
        ("Returned:\n550 5.1.1 a", "does not begin with three digits"),
    ],
)
def test_what_is_odd_is_said(text: str, words: str) -> None:
    assert words in odd(decode(text))


@pytest.mark.parametrize(
    ("text", "code", "enhanced"),
    [
        ("host mx.x.example[192.0.2.1] said: 550 5.1.1 No such user (in reply to RCPT TO command)", 550, "5.1.1"),
        ("{'bob@x.example': (550, b'5.1.1 no such user')}", 550, "5.1.1"),
        ("(421, b'4.7.0 Too many errors\\n4.7.0 Bye')", 421, "4.7.0"),
        ("<** 530 5.7.0 Must issue a STARTTLS command first", 530, "5.7.0"),
        ("127.0.0.1 said 450 4.2.0 Busy", 450, "4.2.0"),
        ("421", 421, None),
        ("550 192.0.2.1.example is listed", 550, None),
    ],
)
def test_a_reply_inside_something_else(text: str, code: int, enhanced: str | None) -> None:
    (reply,) = decode(text).replies
    assert (reply.code, reply.enhanced) == (code, enhanced)


@pytest.mark.parametrize("text", ["", "  \n ", "garbage", "4", "55", "5501", "55O 5.1.1", "-550 x", "192.0.2.1"])
def test_what_is_no_reply_is_told_what_one_looks_like(text: str) -> None:
    decoded = decode(text)
    assert not decoded.replies
    assert "begins with three digits" in str(decoded)


def test_a_reply_that_came() -> None:
    reply = parse_reply(b"550-5.1.1 One\r\n550 5.1.1 Two\r\n")
    assert decode(reply) == decode("550-5.1.1 One\n550 5.1.1 Two") == decode(reply.raw)


def test_the_same_words_in_text_and_html() -> None:
    html = decoded_html(decode("450 5.7.1 <b>&amp;"))
    assert "The two disagree" in html
    assert "<b>450</b> 5.7.1 &lt;b&gt;&amp;amp;" in html


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"\A\d{3}[ -]\d\.\d{1,3}\.\d{1,3} .{0,20}\Z") | st.binary(max_size=40))
def test_nothing_makes_it_fail_or_prints_what_cannot_be_seen(text: str | bytes) -> None:
    decoded = decode(text)
    assert all(line.isprintable() or "\t" in line for line in str(decoded).split("\n"))
    assert "<script" not in decoded_html(decode(f"550 <script>{text!r}"))


def test_a_long_paste_is_cut() -> None:
    assert sum(len(reply.lines) for reply in decode("250-x\n" * 100_000).replies) == 100


def test_a_reply_of_odd_shape_made_by_hand() -> None:
    assert decode(Reply(7, ("x",))).replies == ()


def test_the_places_are_those_of_the_rfcs() -> None:
    """Four first digits and six second ones (RFC 5321 4.2.1), three classes and eight subjects (RFC 3463 2)."""
    firsts = [reference.digit(f"{n}yz") for n in (2, 3, 4, 5)]
    assert all(digit.sender for digit in firsts)
    for place in (*(f"x{n}z" for n in range(6)), *(f"{n}.X.X" for n in (2, 4, 5)), *(f"X.{n}.X" for n in range(8))):
        assert re.fullmatch(r"RFC \d+ [\d., ]+", reference.digit(place).rfc)
    for place in ("1yz", "6yz", "x6z", "3.X.X", "X.8.X"):
        with pytest.raises(reference.UnknownEntry):
            reference.digit(place)
