"""The outgoing queue as text and as HTML: the same facts, a word beside every glyph, nothing of a peer as markup."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from helpers import views
from helpers.lab.clock import START
from helpers.protocol.reply import Reply
from helpers.wire.messages import StoredMessage
from helpers.wire.queue import Attempt, Delivery, DeliveryState, Queue, in_words
from tests.unit.views.wire import Page

MESSAGE = StoredMessage("alice@lab.example", ("bob@other.example",), b"Subject: Hi\r\n\r\n", identifier="LAB0001")


def queue(*attempts: Attempt, state: DeliveryState, recipient: str = "bob@other.example") -> Queue:
    due = None if state.final else START + timedelta(minutes=30)
    delivery = Delivery(MESSAGE, recipient, START, START + timedelta(minutes=10), state, attempts, due)
    return Queue([delivery], delivery.now)


def shown(queue: Queue) -> tuple[str, str]:
    html = views.to_html(queue)
    assert html is not None
    return str(queue), Page(html).text


@pytest.mark.parametrize(
    ("state", "glyph"), list(zip(DeliveryState, ["○", "↻", "✓", "✕", "✕"], strict=True)), ids=lambda value: str(value)
)
def test_every_state_has_a_glyph_and_a_word(state: DeliveryState, glyph: str) -> None:
    attempt = Attempt(START, "4.2.0", Reply(450, ("4.2.0 Busy",)), "RCPT")
    for text in shown(queue(attempt, state=state)):
        assert f"{glyph} {state}" in text
        assert "bob@other.example" in text
        assert "450 4.2.0 Busy" in text
        assert "1 attempt" in text
        assert ("Mon 5 Jan 09:30" in text) is not state.final


def test_every_cell_names_its_column_for_a_page_that_is_too_narrow_for_a_table() -> None:
    html = views.to_html(queue(state=DeliveryState.WAITING)) or ""
    named = re.findall(r'<td data-column="([^"]+)"', html)
    assert named == re.findall(r'<th scope="col">([^<]+)', html)[1:5]
    assert "attr(data-column)" in html


def test_nothing_of_a_peer_is_markup() -> None:
    attempt = Attempt(START, "5.0.0", Reply(550, ("<script>x</script>\x1b[2J",)), "RCPT")
    bad = queue(attempt, state=DeliveryState.BOUNCED, recipient='"<img src=x>"@other.example')
    html = views.to_html(bad) or ""
    assert "<script" not in html
    assert "<img" not in html
    assert "\x1b" not in html + str(bad) + bad.history


def test_an_empty_queue() -> None:
    text, page = shown(Queue([], START))
    assert "0 messages" in text
    assert "No messages." in page


def test_a_long_history_shows_its_ends() -> None:
    attempts = [Attempt(START + timedelta(hours=n), "4.4.1", problem="no answer") for n in range(20)]
    history = queue(*attempts, state=DeliveryState.DEFERRED).history
    assert "14 attempts are not shown" in history
    assert "  20  Tue 6 Jan 04:00" in history


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 min"), (30, "30 min"), (150, "2 h 30 min"), (1440, "1 day"), (7200, "5 days"), (1501, "1 day 1 h 1 min")],
)
def test_a_span_in_words(minutes: int, words: str) -> None:
    assert in_words(timedelta(minutes=minutes)) == words


def test_a_picture_without_its_lab_cannot_run() -> None:
    with pytest.raises(ValueError, match=r"lab\.queue\.run"):
        Queue([], START).run()
