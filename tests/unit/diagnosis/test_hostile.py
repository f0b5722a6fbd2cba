"""Odd and hostile input: nothing raises, nothing is slow, nothing becomes markup."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import diagnose
from helpers.diagnosis.rules import causes, rules
from helpers.protocol.reply import Reply

WORDS = st.sampled_from(
    (
        "550",
        "5.1.1",
        "451-4.7.1",
        "(535,",
        "b'",
        "user",
        "unknown",
        "spam",
        "\\r\\n",
        "S:",
        "C:",
        "<x@y>",
        "'",
        "\n",
        "250",
    )
)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=30).map(" ".join)))
def test_no_text_raises(text: str) -> None:
    found = diagnose(text)
    assert found.cause is None or found.cause in causes()
    assert 0 <= found.confidence <= 1
    assert str(found)
    assert found._repr_mimebundle_()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.lists(st.text(max_size=80), max_size=4))
def test_no_reply_raises(code: int, lines: list[str]) -> None:
    assert diagnose(Reply(code, tuple(lines))) is not None


@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "550 ",
        "550-",
        "x",
        "(550, b'",
        "5.1.1 ",
        "user ",
        "https://",
        "ip ",
        "sender domain ",
        "\n",
        "C: a\nS: 550 b\n",
    ],
)
def test_a_long_text_costs_no_more_than_its_length(piece: str) -> None:
    rules()
    text = "550 " + piece * (1_000_000 // len(piece))
    if piece.startswith("C:"):
        text = piece * 2000  # a session: each line is an exchange
    began = perf_counter()
    diagnose(text)
    assert perf_counter() - began < 5


def test_what_a_peer_said_is_no_markup() -> None:
    html = diagnose("550 5.1.1 <script>alert(1)</script> no such user <img src=x>")._repr_mimebundle_()["text/html"]
    assert "<script>" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    assert "mailbox-unknown" in html
    assert "Who can act" in html


@pytest.mark.parametrize(
    "piece",
    [
        "&lt;",
        "=20",
        "=\n",
        "<p ",
        "> ",
        "said: 550 ",
        "Diagnostic-Code: smtp; ",
        "recipient address ",
        "header ",
        "192.0.2.1 ",
    ],
)
@pytest.mark.parametrize("begin", ["550 ", ""])
def test_hostile_text_of_100_kB_takes_no_longer_than_a_moment(piece: str, begin: str) -> None:
    """Measured: below a second for each; the bound leaves room for a busy machine."""
    rules()
    began = perf_counter()
    diagnose(begin + piece * (100_000 // len(piece)))
    assert perf_counter() - began < 5
