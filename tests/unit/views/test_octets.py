"""The octets: line ends, dots, base64, NUL and 8-bit made visible."""

from __future__ import annotations

from helpers import views
from helpers.wire.transcript import Transcript
from tests.unit.views.wire import Page, Wire


def test_every_octet_has_its_hexadecimal_and_its_line_end() -> None:
    transcript = Wire().server("220 x").client("NOOP").server("250 ok").transcript()
    assert views.bytes_text(transcript).splitlines() == [
        "S      0  220 x␍␊",
        "          32 32 30 20 78 0d 0a",
        "C      0  NOOP␍␊",
        "          4e 4f 4f 50 0d 0a",
        "S      0  250 ok␍␊",
        "          32 35 30 20 6f 6b 0d 0a",
    ]
    assert Page(views.bytes_html(transcript)).in_order(["S 0", "NOOP", "CR LF", "4e 4f 4f 50 0d 0a"][1:])


def test_offsets_count_in_a_turn() -> None:
    lines = views.bytes_text(Wire().greeted().data(b"ab\r\nc\r\n.\r\n").transcript()).splitlines()
    assert [line[1:9].strip() for line in lines if line.startswith("C") and line[10:] in ("ab␍␊", "c␍␊")] == ["0", "4"]


def test_stuffed_dots_and_the_last_one_are_told_apart() -> None:
    """RFC 5321 4.5.2."""
    text = views.bytes_text(Wire().greeted().data(b"..a\r\nb\r\n..\r\n.\r\n").transcript())
    assert text.count("stuffed: the first dot is not in the message") == 2
    assert text.count("the end of the message") == 1


def test_a_bare_lf_a_bare_cr_and_a_missing_end_are_told() -> None:
    text = views.bytes_text(Wire().server("220 x").client(b"NOOP\n").server("250 ok").transcript())
    assert "NOOP␊   # bare LF" in text
    text = views.bytes_text(Wire().server("220 x").client(b"NO\rOP\r\n").server("500 x").transcript())
    assert r"NO\x0dOP␍␊   # a bare CR inside the line" in text
    text = views.bytes_text(Wire().server("220 x").client(b"NOO").transcript())
    assert "NOO   # no line end" in text


def test_nul_and_eight_bit_octets_are_visible() -> None:
    transcript = Wire().greeted().data(b"caf\xc3\xa9 \x00\xff\r\n.\r\n").transcript()
    text = views.bytes_text(transcript)
    assert r"caf\xc3\xa9 \x00\xff␍␊   # NUL; 8-bit octets" in text
    assert "63 61 66 c3 a9 20 00 ff 0d 0a" in text
    assert Page(views.bytes_html(transcript)).in_order([r"caf\xc3\xa9", "NUL", "8-bit octets"])


def test_base64_is_decoded_beside_and_credentials_only_when_asked() -> None:
    """The prompts and answers of an AUTH LOGIN against Exim 4.96 (captured 2026-11-23)."""
    wire = Wire().greeted().client("AUTH LOGIN").server("334 VXNlcm5hbWU6").client("YWxpY2U=")
    transcript = (
        wire.server("334 UGFzc3dvcmQ6").client("d3Jvbmc=").server("535 Incorrect authentication data").transcript()
    )
    masked, shown = views.bytes_text(transcript), views.bytes_text(transcript, secrets=True)
    for prompt in ("base64 for “Username:”", "base64 for “Password:”"):
        assert prompt in masked
    assert "alice" not in masked
    assert "wrong" not in masked
    assert masked.count("credentials, masked") == 2
    assert "base64 for “alice”" in shown
    assert "base64 for “wrong”" in shown


def test_octets_inside_tls_are_marked() -> None:
    text = views.bytes_text(Wire(tls=True).greeted().transcript())
    assert text.count("🔒 inside TLS") == 3  # greeting, EHLO, its reply
    assert "🔒" not in views.bytes_text(Wire().greeted().transcript())


def test_long_lines_and_long_messages_are_cut_with_a_count() -> None:
    text = views.bytes_text(Wire().greeted().data(b"x" * 500 + b"\r\n" + b"y\r\n" * 200 + b".\r\n").transcript())
    assert "404 octets more in this line, not shown" in text
    assert "… 147 lines left out here …" in text
    assert "y" * 3 not in text


def test_nothing_said_yet() -> None:
    assert views.bytes_text(Transcript()) == "Nothing has been said yet."
    assert Page(views.bytes_html(Transcript())).text == "Nothing has been said yet."
