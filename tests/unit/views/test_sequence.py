"""The sequence diagram: arrows in the order of the wire."""

from __future__ import annotations

from helpers import views
from helpers.wire.transcript import Transcript
from tests.unit.views.wire import Page, Wire

PIPELINED = (
    Wire()
    .greeted()
    .client(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n")
    .server("250 2.1.0 Ok", unread=15)
    .server("550 5.1.1 No")
    .transcript()
)


def test_arrows_point_the_right_way() -> None:
    lines = views.sequence_text(PIPELINED).splitlines()
    assert lines[0].split() == ["client", "server"]
    assert all(line.endswith(">|") for line in lines if "EHLO" in line or "MAIL" in line)
    assert all(line.startswith("   |<") for line in lines if " 220 " in line or " 550 " in line)
    assert len({len(line) for line in lines[1:]}) == 1


def test_what_was_sent_together_stands_before_its_replies() -> None:
    order = ["MAIL FROM:<a@b>", "RCPT TO:<c@d>", "250 2.1.0 Ok", "550 5.1.1 No"]
    assert Page(views.sequence_html(PIPELINED)).in_order(order)
    text = views.sequence_text(PIPELINED)
    assert sorted(order, key=text.index) == order


def test_the_diagram_without_pictures_names_sides_directions_and_marks() -> None:
    page = Page(views.sequence_html(PIPELINED))
    assert page.in_order(["client", "direction", "server", "→", "←", "✕ refused"])
    assert "→ 🔒 TLS" in Page(views.sequence_html(Wire(tls=True).greeted().transcript())).text


def test_a_message_is_one_arrow() -> None:
    text = views.sequence_text(Wire().greeted().data(b"a: b\r\n\r\nHi\r\n.\r\n").transcript())
    assert "message, 4 lines, 15 octets on the wire" in text
    assert "Hi" not in text


def test_mermaid_has_a_title_and_a_description() -> None:
    lines = views.sequence_mermaid(PIPELINED).splitlines()
    assert lines[0] == "sequenceDiagram"
    assert lines[1].startswith("    accTitle: ")
    assert lines[2].startswith("    accDescr: 7 messages")
    assert "    C->>S: MAIL FROM#58;#60;a@b#62;" in lines
    assert "    S-->>C: 550 5.1.1 No  ✕ refused" in lines


def test_nothing_said_yet() -> None:
    assert views.sequence_text(Transcript()) == "Nothing has been said yet."
    assert Page(views.sequence_html(Transcript())).text == "Nothing has been said yet."
