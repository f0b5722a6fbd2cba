"""The state map: one place is yours, the way to it is done, TLS and login are told."""

from __future__ import annotations

import pytest

from helpers import views
from helpers.protocol.state import Phase, SessionState
from helpers.wire.transcript import Transcript
from tests.unit.views.wire import Page, Wire

PLACES = ["connected", "greeted", "sender named", "recipients named", "message body"]


def after(*turns: tuple[str, str]) -> SessionState:
    wire = Wire().server("220 ready")
    for command, reply in turns:
        wire.client(command).server(reply)
    return wire.transcript().state


HELLO = ("EHLO laptop.example", "250 mail.lab.example")
MAIL = ("MAIL FROM:<alice@lab.example>", "250 ok")
RCPT = ("RCPT TO:<bob@lab.example>", "250 ok")

WAYS = {
    "connected": [],
    "greeted": [HELLO],
    "sender named": [HELLO, MAIL],
    "recipients named": [HELLO, MAIL, RCPT],
    "message body": [HELLO, MAIL, RCPT, ("DATA", "354 go")],
}


@pytest.mark.parametrize("place", PLACES)
def test_you_are_in_one_place_and_the_way_there_is_done(place: str) -> None:
    state = after(*WAYS[place])
    text = views.state_map_text(state)
    marks = {
        line.strip().split("  ")[0]: line for line in text.splitlines() if line.startswith("  ") and "|" not in line
    }
    for n, name in enumerate(PLACES):
        here = name == place
        assert ("● you are here" in marks[name]) is here
        assert ("✓ done" in marks[name]) is (n < PLACES.index(place))
    page = Page(views.state_map_html(state))
    current = [attributes for attributes in page.all("div") if attributes.get("aria-current") == "step"]
    assert len(current) == 1
    assert page.in_order([*PLACES[: PLACES.index(place) + 1], "● you are here"])
    assert page.in_order(
        ["connected", "EHLO ↓", "greeted", "MAIL FROM ↓", "sender", "RCPT TO ↓", "DATA ↓", "message body"]
    )


def test_what_the_session_knows_stands_at_its_place() -> None:
    state = after(*WAYS["recipients named"], ("RCPT TO:<carol@lab.example>", "250 ok"))
    text = views.state_map_text(state)
    assert "EHLO laptop.example" in text
    assert "<alice@lab.example>" in text
    assert "<bob@lab.example>, <carol@lab.example>" in text


def test_the_null_reverse_path_is_shown_as_such() -> None:
    assert "<>" in views.state_map_text(after(HELLO, ("MAIL FROM:<>", "250 ok")))


def test_an_ended_session() -> None:
    for state in (after(HELLO, ("QUIT", "221 bye")), after(HELLO, ("NOOP", "421 bye"))):
        page = Page(views.state_map_html(state))
        assert page.in_order(["connected", "✓ done", "greeted", "✓ done", "message body", "ended", "● you are here"])
        assert page.text.count("you are here") == 1


def test_a_login_under_way_and_done() -> None:
    half = after(HELLO, ("AUTH LOGIN", "334 VXNlcm5hbWU6"))
    page = Page(views.state_map_html(half))
    assert page.in_order(["greeted", "✓ done", "AUTH ↓", "auth exchange", "● you are here", "LOGIN"])
    assert page.text.count("✓ done") == 2
    assert "○ not logged in" in views.state_map_text(half)
    done = after(HELLO, ("AUTH PLAIN AHRlc3QAMTIzNA==", "235 ok"))
    assert "✓ logged in with AUTH PLAIN" in views.state_map_text(done)


def test_tls_sends_you_back_to_ehlo() -> None:
    """RFC 3207 4.2: after the handshake the client says EHLO again."""
    wire = Wire().greeted().client("STARTTLS").server("220 go").handshake()
    text = views.state_map_text(wire.transcript().state)
    assert "🔒 inside TLS" in text
    assert "EHLO, again inside TLS" in text
    assert "○ not encrypted" in views.state_map_text(SessionState())


def test_helo_and_bdat_change_their_edges() -> None:
    assert "| HELO" in views.state_map_text(SessionState(Phase.GREETED, "HELO", "x"))
    assert "| BDAT" in views.state_map_text(SessionState(Phase.RECIPIENTS, "EHLO", "x", reverse_path="", chunking=True))


def test_a_transcript_without_connections() -> None:
    assert "● you are here" in views.state_map_text(Transcript().state)


def test_a_state_shows_itself_as_the_map() -> None:
    import helpers  # noqa: F401  (registers)

    state = after(*WAYS["sender named"])
    bundle = state._repr_mimebundle_()
    assert bundle["text/plain"] == views.state_map_text(state)
    assert "● you are here" in Page(bundle["text/html"]).text


def test_nothing_of_a_transaction_is_left_on_the_map_of_an_ended_session() -> None:
    """RFC 5321 4.1.1.10."""
    for last in (("QUIT", "221 bye"), ("DATA", "421 bye")):
        assert "alice" not in views.state_map_text(after(*WAYS["recipients named"], last))
