"""Lines put in order: with the buttons, in code, and as they are stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from helpers import Lab, order
from helpers.exercises import check, progress
from helpers.exercises.progress import FOLDER_VARIABLE
from helpers.lab import running_labs
from helpers.widgets.contact import LabGone

LINES = ["MAIL FROM:<alice@lab.example>", "QUIT", "NOOP", "EHLO laptop.example"]


@pytest.fixture(params=["sockets", "memory"])
def lab(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Lab]:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    for other in running_labs():
        other.stop()
    with Lab("open", name="01.b", transport=request.param) as made:
        yield made


def test_the_buttons_move_the_chosen_line(lab: Lab) -> None:
    card = order(lab, LINES)
    assert card.lines == LINES
    card.up.click()
    assert card.lines == LINES, "the first line cannot go higher"
    card.choice.index = 3
    for _ in range(3):
        card.up.click()
    assert card.lines == [LINES[3], *LINES[:3]]
    assert card.choice.index == 0, "the moved line stays chosen"
    card.choice.index = 2
    card.down.click()
    card.down.click()
    assert card.lines == [LINES[3], LINES[0], LINES[2], LINES[1]]
    assert [label for label, _ in card.choice.options][3] == "4. QUIT"
    assert len(lab.transcript()) == 0, "moving says nothing to the server"


def test_the_buttons_for_both_ends(lab: Lab) -> None:
    card = order(lab, LINES)
    card.choice.index = 2
    card.to_top.click()
    assert card.lines == [LINES[2], LINES[0], LINES[1], LINES[3]]
    assert card.choice.index == 0, "the moved line stays chosen"
    card.to_top.click()
    assert card.lines[0] == LINES[2]
    card.to_bottom.click()
    assert card.lines == [LINES[0], LINES[1], LINES[3], LINES[2]]
    assert card.choice.index == 3
    assert (card.to_top.description, card.to_bottom.description) == ("To top", "To bottom")
    empty = order(lab, [])
    empty.to_top.click()
    empty.to_bottom.click()
    assert empty.lines == []


def test_equal_lines_can_be_told_apart(lab: Lab) -> None:
    card = order(lab, ["NOOP", "QUIT", "NOOP"])
    card.choice.index = 2
    card.up.click()
    assert (card.lines, card.choice.index) == (["NOOP", "NOOP", "QUIT"], 1)


def test_an_empty_line_has_a_label_and_is_sent_empty(lab: Lab) -> None:
    card = order(lab, ["NOOP", ""])
    assert [label for label, _ in card.choice.options] == ["1. NOOP", "2. (empty line)"]
    bundle = card._repr_mimebundle_()
    assert all("(empty line)" in bundle[kind] for kind in ("text/plain", "text/html"))
    assert [e.octets for e in card.run()][1:] == [b"NOOP\r\n", b"\r\n"]


def test_send_shows_the_conversation_and_the_verdict(lab: Lab) -> None:
    card = order(lab, LINES, "01.b")
    card.send.click()
    assert "503" in card.result.value
    assert "✕ Not yet" in card.result.value
    assert "2 lines were not sent" in card.result.value
    assert check("01.b").mistake == "mail-before-ehlo"
    for index, moves in ((3, 3), (2, 0), (2, 0)):
        card.choice.index = index
        for _ in range(moves):
            card.up.click()
    card.choice.index = 2
    card.down.click()
    assert card.lines == [LINES[3], LINES[0], LINES[2], LINES[1]]
    card.send.click()
    assert "✓ Done" in card.result.value
    assert "not sent" not in card.result.value
    assert progress.done() == {"01.b"}
    assert [c.closed for c in lab.transcript().connections] == ["server", "server"]


def test_the_same_in_code(lab: Lab) -> None:
    card = order(lab, LINES)
    transcript = card.run(["EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "QUIT"])
    assert [e.code for e in transcript] == [220, 250, 250, 221]
    assert check("01.b").done
    assert [e.verb for e in card.run()][1:] == ["MAIL", "QUIT"]
    card.run(["NOOP"])
    until = monotonic() + 5  # over a socket the server hears of the end a moment later
    while lab.transcript().connections[-1].closed is None and monotonic() < until:
        sleep(0.01)
    assert [c.closed for c in lab.transcript().connections] == ["server", "server", "client"], "none is left open"


def test_a_lab_that_is_gone_and_a_message_without_end(lab: Lab) -> None:
    card = order(
        lab, ["EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>", "DATA", "x"]
    )
    card.send.click()
    assert "354" in card.result.value
    assert 'role="alert"' in card.result.value
    assert "dot" in card.result.value
    lab.stop()
    card.send.click()
    assert "stopped" in card.result.value
    with pytest.raises(LabGone):
        card.run()


def test_lines_of_a_message_are_not_answered_one_by_one(lab: Lab) -> None:
    """RFC 5321 3.3: after 354 the server reads on until a line with only a dot."""
    opening = ["EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>"]
    transcript = order(lab, []).run([*opening, "DATA", "Subject: Lunch", "", "Friday?", ".", "QUIT", "NOOP"])
    assert [e.code for e in transcript] == [220, 250, 250, 250, 354, 250, 221]
    assert [m.raw for m in lab.mailbox("bob@lab.example")] == [b"Subject: Lunch\r\n\r\nFriday?\r\n"]


def test_what_is_stored(lab: Lab) -> None:
    card = order(lab, [*LINES, "<script>alert(1)</script>"], "01.b")
    before = card._repr_mimebundle_()
    card.send.click()
    card.choice.index = 1
    card.up.click()
    after = card._repr_mimebundle_()
    assert {k: before[k] for k in ("text/plain", "text/html")} == {k: after[k] for k in ("text/plain", "text/html")}
    assert "<script" not in after["text/html"] + card.result.value
    assert "QUIT" in after["text/html"]
    assert repr(card) == after["text/plain"]
    assert card.choice.description
    assert all(button.description for button in (card.up, card.down, card.to_top, card.to_bottom, card.send))
