"""The conversation view: marks, masks, remarks, numbers."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import pytest

from helpers import views
from helpers.views.conversation import LONGEST
from helpers.wire.transcript import Transcript
from tests.unit.views.wire import Page, Wire

CLEAR = "⚠ sent in clear text: anyone on the path can read it"


def text_line(transcript: Transcript, start: str) -> str:
    return next(line for line in views.conversation_text(transcript).splitlines() if line.startswith(start))


def test_the_bench_picture() -> None:
    """The dialogue of the picker's design, with the marks it shows."""
    wire = Wire().server("220 mail.lab.example ESMTP ready").client("EHLO laptop.example")
    wire.server("250-mail.lab.example greets laptop.example", "250-SIZE 10485760", "250 ENHANCEDSTATUSCODES")
    wire.client("RCPT TO:<bob@lab.example>").server("503 5.5.1 Error: need MAIL command")
    lines = [" ".join(line.split()) for line in views.conversation_text(wire.transcript()).splitlines()]
    assert lines == [
        "S: 220 mail.lab.example ESMTP ready ✓ ready",
        "C: EHLO laptop.example",
        "S: 250-mail.lab.example greets laptop.example",
        "S: 250-SIZE 10485760 + extension",
        "S: 250 ENHANCEDSTATUSCODES ✓ done",
        "C: RCPT TO:<bob@lab.example>",
        "S: 503 5.5.1 Error: need MAIL command ✕ wrong order",
    ]
    page = Page(views.conversation_html(wire.transcript()))
    assert page.in_order(lines)


@pytest.mark.parametrize(
    ("reply", "mark"),
    [
        ("250 ok", "✓ done"),
        ("354 go", "→ send the message"),
        ("450 busy", "↻ try later"),
        ("550 no", "✕ refused"),
        ("500 what", "✕ syntax"),
        ("501 what", "✕ syntax"),
        ("503 order", "✕ wrong order"),
        ("421 bye", "↻ closing"),
        ("221 bye", "✓ closing"),
        ("999 x", "? unknown class"),
    ],
)
def test_every_class_has_a_glyph_and_a_word(reply: str, mark: str) -> None:
    transcript = Wire().greeted().client("NOOP").server(reply).transcript()
    assert text_line(transcript, f"S: {reply}").endswith(mark)
    assert mark in Page(views.conversation_html(transcript)).text


def test_each_line_unfolds_its_explanation_without_script() -> None:
    page = Page(views.conversation_html(Wire().greeted().transcript(), open_line=4))
    lines = page.all("li")
    assert len(page.all("details")) == len(lines) == 6
    assert [n for n, details in enumerate(page.all("details"), 1) if "open" in details] == [4]
    assert page.in_order(["S: 250-SIZE 10485760", "The hyphen after 250", "RFC 1870", "10 MiB", "S: 250-AUTH"])


def test_numbers_are_those_of_the_transcript() -> None:
    """A verdict names a line by ``Transcript.lines()``; the list without CSS shows the same number."""
    wire = Wire().note("a remark").greeted().client("NOOP").server("250 Ok").note("another")
    transcript = wire.connect().greeted().close().transcript()
    page = Page(views.conversation_html(transcript))
    assert len(page.all("li")) == len(transcript.lines())
    assert page.in_order(line.text for line in transcript.lines())


def test_numbers_skip_what_is_left_out() -> None:
    body = b"".join(b"line %d\r\n" % n for n in range(100))
    transcript = Wire().greeted().data(body + b".\r\n").client("QUIT").server("221 Bye").transcript()
    shown, number = {}, 0
    page = Page(views.conversation_html(transcript))
    for attributes in page.all("li"):
        number = int(attributes.get("value") or number + 1)
        shown[number] = attributes
    last = transcript.lines()[-1].number
    assert max(shown) == last
    assert len(shown) < last
    assert page.in_order(["line 0", "lines of the client left out here", "line 99", "C: ."])


@pytest.mark.parametrize("render", [views.conversation_text, views.conversation_html])
def test_a_long_message_loses_its_middle_with_a_count(render: Callable[[Transcript], str]) -> None:
    short = Wire().greeted().data(b"x\r\n" * (LONGEST - 1) + b".\r\n").transcript()
    assert "left out" not in render(short)
    long = Wire().greeted().data(b"x\r\n" * 99 + b".\r\n").transcript()
    assert "… 65 lines of the client left out here …" in render(long)


@pytest.mark.parametrize(
    ("secret", "sent"),
    [
        # RFC 4954 4.1, RFC 4616 4 (base64 of the second example), the LOGIN prompts of an Exim 4.96
        ("dGVzdAB0ZXN0ADEyMzQ=", ["AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ="]),
        ("VXJzZWwAS3VydAB4aXBqM3BsbXE=", ["auth plain VXJzZWwAS3VydAB4aXBqM3BsbXE="]),
        ("VXJzZWwAS3VydAB4aXBqM3BsbXE=", ["AUTH  PLAIN\tVXJzZWwAS3VydAB4aXBqM3BsbXE="]),
        ("VXJzZWwAS3VydAB4aXBqM3BsbXE=", ["AUTH VXJzZWwAS3VydAB4aXBqM3BsbXE="]),
    ],
)
def test_an_initial_response_is_masked_until_asked_for(secret: str, sent: list[str]) -> None:
    transcript = Wire().greeted().client(*sent).server("535 5.7.8 no").transcript()
    views_of_it: list[Callable[..., str]] = [
        views.conversation_text, views.conversation_html, views.bytes_text, views.bytes_html,
        views.sequence_text, views.sequence_html, views.sequence_mermaid,
    ]  # fmt: skip
    for view in views_of_it:
        assert secret not in view(transcript)
        assert secret.encode().hex(" ") not in view(transcript)
    for view in views_of_it[:4]:
        assert secret in view(transcript, secrets=True)
    assert "••••••••" in views.conversation_text(transcript)
    assert "AUTH" in views.conversation_text(transcript).upper()


def test_responses_are_masked_whatever_their_length() -> None:
    def shown(password: str) -> str:
        wire = Wire().greeted().client("AUTH LOGIN").server("334 VXNlcm5hbWU6").client("YWxpY2U=")
        wire.server("334 UGFzc3dvcmQ6").client(password).server("535 Incorrect authentication data")
        transcript = wire.client("NOOP").server("250 Ok").transcript()
        return "".join(view(transcript) for view in (views.conversation_html, views.bytes_html, views.sequence_html))

    assert shown("d3Jvbmc=") == shown("d29uZGVybGFuZCBhbmQgbW9yZQ==")
    assert "YWxpY2U=" not in shown("d3Jvbmc=")


def test_giving_up_is_no_secret() -> None:
    transcript = (
        Wire().greeted().client("AUTH LOGIN").server("334 VXNlcm5hbWU6").client("*").server("501 x").transcript()
    )
    assert "C: *" in views.conversation_text(transcript)
    assert CLEAR not in views.conversation_text(transcript)


def test_responses_sent_before_the_question_are_masked() -> None:
    transcript = Wire().greeted().client(b"AUTH LOGIN\r\nYWxpY2U=\r\nd3Jvbmc=\r\n").transcript()
    assert "YWxpY2U" not in views.conversation_text(transcript)
    assert "d3Jvbmc" not in views.bytes_text(transcript)


def test_a_word_auth_in_a_message_is_no_secret() -> None:
    transcript = Wire().greeted().data(b"AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=\r\n.\r\n").transcript()
    assert "dGVzdAB0ZXN0ADEyMzQ=" in views.conversation_html(transcript)


def test_credentials_in_clear_text_are_said_to_be() -> None:
    clear = Wire().greeted().client("AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=").server("235 ok").transcript()
    sealed = Wire(tls=True).greeted().client("AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=").server("235 ok").transcript()
    for view in (views.conversation_text, views.conversation_html, views.bytes_html):
        assert CLEAR in view(clear)
        assert CLEAR not in view(sealed)


def test_tls_is_marked_with_glyph_and_words() -> None:
    wire = Wire().greeted().client("STARTTLS").server("220 Go").handshake().client("EHLO laptop.example")
    transcript = wire.server("250 mail.lab.example").transcript()
    lines = views.conversation_text(transcript).splitlines()
    marked = [line for line in lines if "🔒 inside TLS" in line]
    assert len(marked) == 1
    assert marked[0].startswith("C: EHLO")
    assert lines.index("# TLS started: from here on every line travels encrypted") < lines.index(marked[0])
    assert views.exchange_html(transcript[-1]).count("🔒 inside TLS") == 1


def test_what_was_sent_together_is_marked() -> None:
    wire = Wire().greeted().client(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n")
    transcript = wire.server("250 Ok", unread=15).server("550 No").transcript()
    assert text_line(transcript, "C: MAIL").endswith("⇉ sent together, 1 of 2")
    assert text_line(transcript, "C: RCPT").endswith("⇉ sent together, 2 of 2")
    assert "sent together" not in text_line(transcript, "C: EHLO")


def test_a_replay_is_marked() -> None:
    transcript = Wire(replay=True).greeted().live().client("NOOP").server("250 Ok").transcript()
    assert text_line(transcript, "C: EHLO").endswith("⟲ replayed")
    assert "replayed" not in text_line(transcript, "C: NOOP")


def test_remarks_of_the_lab_and_the_end_are_shown() -> None:
    transcript = Wire().greeted().client("NOOP").note("a fault dropped the line").close(b"dropped").transcript()
    page = Page(views.conversation_html(transcript))
    assert page.in_order(["a fault dropped the line", "the connection was dropped without a word"])
    assert text_line(transcript, "C: NOOP").endswith("… no reply")


def test_nothing_said_yet() -> None:
    assert views.conversation_text(Transcript()) == "Nothing has been said yet."
    assert Page(views.conversation_html(Transcript())).text == "Nothing has been said yet."


def test_since_leaves_out_the_beginning_and_keeps_the_numbers() -> None:
    transcript = Wire().greeted().client("NOOP").server("250 Ok").transcript()
    html = views.conversation_html(transcript, since=transcript[-1].number)
    assert Page(html).text.startswith("C: NOOP")
    assert Page(html).all("li")[0]["value"] == "7"


@pytest.mark.parametrize(
    "view", [views.conversation_html, views.conversation_text, views.bytes_html, views.sequence_html]
)
def test_ten_thousand_exchanges_grow_linearly(view: Callable[[Transcript], str]) -> None:
    """Four times the exchanges take about four times the time; sixteen times would be quadratic."""

    def seconds(exchanges: int) -> float:
        wire = Wire().greeted()
        for _ in range(exchanges):
            wire.client("NOOP").server("250 2.0.0 Ok")
        transcript = wire.transcript()
        times = []
        for _ in range(3):
            began = process_time()
            view(transcript)
            times.append(process_time() - began)
        return min(times)

    seconds(100)
    assert seconds(10_000) < 8 * seconds(2_500)
