"""What lessons show on purpose: octets, and a mailbox as a cell's result."""

from __future__ import annotations

from IPython.core.formatters import DisplayFormatter

from helpers import show_bytes
from helpers.wire.messages import Messages, StoredMessage
from tests.unit.views.wire import Page, Wire

LUNCH = StoredMessage(
    "alice@lab.example", ("bob@lab.example",), b"From: carol@lab.example\r\nSubject: Lunch\r\n\r\nNoon\r\n"
)


def display_bundle(shown: object) -> dict[str, str]:
    """What IPython makes of it: it has its own mind about text of lists and their subclasses."""
    bundle, _ = DisplayFormatter().format(shown)
    return bundle


def test_the_octets_of_a_conversation() -> None:
    """The dots of RFC 5321 4.5.2."""
    shown = show_bytes(Wire().greeted().data(b"..a\r\n.\r\n").transcript())
    assert shown._repr_mimebundle_()["text/plain"] == str(shown)
    assert "C      0  ..a␍␊   # stuffed" in str(shown)
    assert "2e 2e 61 0d 0a" in str(shown)
    page = Page(shown.html)
    assert page.elements[0][1]["aria-label"] == "Octets"
    assert page.in_order(["EHLO laptop.example", "..a", "2e 2e 61 0d 0a", "the end of the message"])


def test_the_octets_of_one_exchange() -> None:
    transcript = Wire().greeted().data(b"a\r\n.\r\n").transcript()
    rows = [line for line in str(show_bytes(transcript[-1])).splitlines() if line[0] in "CS"]
    assert rows[:2] == ["C      0  a␍␊", "C      3  .␍␊   # the end of the message"]
    assert [row[:14] for row in rows[2:]] == ["S      0  250 "]


def test_credentials_are_masked_until_asked_for() -> None:
    said = Wire().greeted().client("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=").server("235 2.7.0 Ok").transcript()[-1]
    assert "AGFsaWNl" not in str(show_bytes(said)) + show_bytes(said).html
    assert "AGFsaWNl" in str(show_bytes(said, secrets=True))


def test_a_mailbox_is_shown_with_the_envelope_beside_the_headers() -> None:
    mailbox = Messages("Mailbox of bob@lab.example", [LUNCH])
    assert mailbox == [LUNCH]
    assert mailbox[-1] is LUNCH
    assert mailbox[:0] == []
    bundle = display_bundle(mailbox)
    for text in (bundle["text/plain"], Page(bundle["text/html"]).text):
        assert "Mailbox of bob@lab.example: 1 message" in text
        assert "≠ the reverse-path is not the author in From" in text
    empty = display_bundle(Messages("Mailbox of <script>"))
    assert "<script" not in empty["text/html"]
    assert "0 messages" in empty["text/plain"]


def test_a_message_has_the_same_text_twin() -> None:
    bundle = display_bundle(LUNCH)
    assert "envelope: <alice@lab.example>" in bundle["text/plain"]
    assert "envelope" in Page(bundle["text/html"]).text
