"""The diagram says what the rules of the protocol say, as a drawing, as a table and as text."""

from __future__ import annotations

import re
from html import unescape

import pytest

from helpers import flow
from helpers.protocol.state import Phase, SessionState, after_reply
from helpers.views.flow import flow_diagram, flow_html, flow_text, place_number, steps


def words(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)))


@pytest.mark.parametrize(
    "shown", [flow_text(), words(flow_html()), words(flow_diagram())], ids=["text", "html", "drawing"]
)
def test_every_step_and_every_place_is_in_it(shown: str) -> None:
    for step in steps():
        assert step.label in shown
    for phase in Phase:
        assert phase in shown


def test_text_and_drawing_have_the_same_arrows() -> None:
    arrows = [line.rpartition("→ ")[2] for line in flow_text().splitlines() if "→" in line]
    assert arrows.count("2 greeted") == 6
    assert arrows.count("ended") == 4
    drawn = flow_diagram()
    assert drawn.count('class="rail"') == 2  # back to connected, back to greeted
    assert drawn.count("↑") == 5
    assert drawn.count("↓") == 4


def test_the_drawing_is_not_read_out_but_its_table_is() -> None:
    html = flow_html()
    assert '<div class="flow" aria-hidden="true">' in html
    assert "<caption>" in html
    assert html.count('<th scope="row">') == sum(
        "→" in line or "stay here" in line for line in flow_text().splitlines()
    )


def test_places_are_numbered_on_the_way_down() -> None:
    assert [place_number(phase) for phase in ("connected", "greeted", "sender named", "recipients named")] == [
        1,
        2,
        3,
        4,
    ]
    assert [place_number(phase) for phase in ("message body", "auth exchange", "ended")] == [5, 6, None]


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.ENDED])
def test_421_ends_a_session_from_every_place_as_the_diagram_says(phase: Phase) -> None:
    assert after_reply(SessionState(phase=phase), "NOOP", 421).phase is Phase.ENDED
    assert "421" in flow_text()


def test_the_front_name_shows_both() -> None:
    bundle = flow()._repr_mimebundle_()
    assert bundle["text/plain"] == flow_text()
    assert "The flow of the protocol" in bundle["text/html"]
