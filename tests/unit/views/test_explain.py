"""The explanations: what they say about codes, keywords and challenges."""

from __future__ import annotations

import pytest

from helpers import reference, views
from helpers.protocol.reply import Reply
from helpers.views.explain import explain, explain_reply
from helpers.wire.transcript import Exchange
from tests.unit.views.wire import Wire


def notes(exchange: Exchange) -> dict[tuple[str, int], str]:
    return {(note.side, note.index): note.text for note in explain(exchange)}


def answered(command: str, *reply: str) -> dict[tuple[str, int], str]:
    return notes(Wire().greeted().client(command).server(*reply).transcript()[-1])


def challenge(mechanism: str, text: str) -> str:
    return answered(f"AUTH {mechanism}", f"334 {text}")["S", 0]


def test_a_code_means_what_it_means_as_the_answer_to_that_verb() -> None:
    """250 to RCPT and 250 after the message say different things (RFC 5321 4.3.2)."""
    transcript = Wire().greeted().data(b"Subject: x\r\n\r\nHi\r\n.\r\n").transcript()
    said = [notes(exchange)["S", 0] for exchange in transcript[2:]]
    for text, verb in zip(said, ("MAIL", "RCPT", "DATA", "MESSAGE"), strict=True):
        meaning = next(m for m in reference.command(verb).replies if f"{m.code}: " in text)
        assert meaning.meaning.rstrip(".") in text
    assert len(set(said)) == 4


def test_the_cure_of_a_refusal_is_named() -> None:
    text = answered("RCPT TO:<bob@lab.example>", "503 5.5.1 x")
    cure = next(m.cure for m in reference.command("RCPT").replies if m.code == 503)
    assert cure in text["S", 0]
    assert "Not permitted at this place" in text["C", 0]


def test_lines_of_one_reply() -> None:
    text = notes(Wire().greeted().transcript()[1])
    assert "hyphen after 250 means that more lines follow" in text["S", 0]
    assert "hyphen" in text["S", 1]
    assert "space after 250 marks the last line" in text["S", 3]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("SIZE 10485760", ["10485760 octets, 10 MiB", "RFC 1870"]),
        ("SIZE 0", ["RFC 1870"]),
        ("8BITMIME", ["RFC 6152"]),
        ("PIPELINING", ["RFC 2920"]),
        ("STARTTLS", ["RFC 3207"]),
        ("AUTH=LOGIN", ["RFC 4954"]),
        ("X-WIDGET 1", ["reference does not list"]),
        ("", ["reference does not list"]),
    ],
)
def test_each_keyword_is_explained(line: str, said: list[str]) -> None:
    text = answered("EHLO laptop.example", "250-x", f"250-{line}", "250 HELP")["S", 1]
    for words in said:
        assert words in text


@pytest.mark.parametrize(
    ("mechanism", "text", "plain"),
    [
        ("LOGIN", "VXNlcm5hbWU6", "“Username:”"),
        ("LOGIN", "UGFzc3dvcmQ6", "“Password:”"),
        ("LOGIN", "VXNlciBOYW1lAA==", r"“User Name\x00”"),  # the draft's prompt, with its NUL
        # RFC 2195 2
        (
            "CRAM-MD5",
            "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+",
            "“<1896.697170952@postoffice.reston.mci.net>”",
        ),
        # RFC 7677 3
        (
            "SCRAM-SHA-256",
            "cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29Fc1VFamI2"
            "Z1E9PSxpPTQwOTY=",
            "nonce r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0, salt s=W22ZaJ0SNY7soEsUEjb6gQ==, "
            "number of iterations i=4096",
        ),
        ("PLAIN", "", "challenge is empty"),
        ("LOGIN", "Username:", "not base64"),
    ],
)
def test_a_challenge_is_decoded(mechanism: str, text: str, plain: str) -> None:
    shown = views.conversation_html(
        Wire().greeted().client(f"AUTH {mechanism}").server(f"334 {text}").transcript(), secrets=False
    )
    if "\\x00" in plain:
        assert plain in shown
    else:
        assert plain in challenge(mechanism, text)


def test_no_explanation_tells_a_password() -> None:
    for line in ("AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=", "auth plain dGVzdAB0ZXN0ADEyMzQ="):
        for text in answered(line, "535 5.7.8 no").values():
            assert "dGVzdAB0ZXN0ADEyMzQ=" not in text
            assert "1234" not in text


def test_an_enhanced_code_is_explained() -> None:
    text = answered("MAIL FROM:<a@b>", "550 5.7.1 no")["S", 0]
    assert "5.7.1: " in text
    assert "RFC 3463" in text
    assert "5.99.99" in answered("NOOP", "550 5.99.99 no")["S", 0]


@pytest.mark.parametrize(
    ("code", "digit"), [(299, "did what it was asked"), (399, "waits for more"), (499, "not now"), (599, "refused")]
)
def test_an_unknown_code_says_what_its_first_digit_says(code: int, digit: str) -> None:
    """RFC 5321 4.2.1: a client may go by the first digit alone."""
    assert digit in answered("NOOP", f"{code} x")["S", 0]
    assert "RFC 5321 4.2.1" in explain_reply(Reply(code, ("x",)))


def test_a_code_outside_smtp() -> None:
    assert "no reply code of SMTP" in answered("NOOP", "999 x")["S", 0]


def test_unknown_commands_however_long() -> None:
    assert "no command" in answered("XYZZY", "500 x")["C", 0]
    assert "no command" in answered("X" * 100_000, "500 x")["C", 0]


def test_the_server_spoke_unasked() -> None:
    transcript = Wire().greeted().server("421 4.4.2 too slow").transcript()
    assert "without being asked" in notes(transcript[-1])["S", 0]


def test_a_message_is_counted_and_its_dots_told() -> None:
    """RFC 5321 4.5.2: a line that begins with a dot travels with two."""
    message = b"Subject: x\r\n\r\n..one\r\n..\r\nno\r\n"
    text = notes(Wire().greeted().data(message + b".\r\n").transcript()[-1])
    assert "Here: 27 octets in 5 lines." in text["C", 0]
    assert "2 lines with a dot doubled" in text["C", 0]
    assert "ends before it" in text["C", 5]


def test_parameters_of_the_line_are_explained() -> None:
    size = next(a for a in reference.command("MAIL").arguments if a.name == "SIZE")
    assert size.help.rstrip(".") in answered("MAIL FROM:<a@b> SIZE=100", "250 ok")["C", 0]
    assert size.help.rstrip(".") not in answered("MAIL FROM:<a@b>", "250 ok")["C", 0]


def test_every_note_has_a_tag_and_text() -> None:
    transcript = Wire().greeted().client("AUTH LOGIN").server("334 VXNlcm5hbWU6").client("*").server("501 5.0.0 x")
    for exchange in transcript.data(b"a: b\r\n.\r\n").transcript():
        for note in explain(exchange):
            assert note.tag
            assert note.text.endswith((".", "!", "?", ")")), note
