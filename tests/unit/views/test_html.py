"""What all HTML of the views must be: readable without CSS and script, labelled, in order."""

from __future__ import annotations

import re

import pytest

from helpers import views
from helpers.protocol.reply import Reply
from helpers.protocol.state import Phase, SessionState
from helpers.views.glyphs import CLASSES, STATUS
from helpers.views.style import ACCENTS, STYLE, SURFACES
from helpers.wire.messages import Evidence, Messages, Status, StoredMessage, Verdict
from helpers.wire.transcript import Transcript
from tests.unit.views.wire import Page, Wire

TRANSCRIPT = (
    Wire().greeted().data(b"Subject: x\r\n\r\nHi\r\n.\r\n").client("QUIT").server("221 Bye").close().transcript()
)
MESSAGE = StoredMessage(
    "alice@lab.example", ("bob@lab.example",), b"From: alice@lab.example\r\n\r\nHi\r\n", ("Received: x",)
)
VERDICT = Verdict("01.a", "say hello", Status.NOT_YET, "Say `EHLO`.", (Evidence(2, "C: HELO x", "an old word"),))

FRAGMENTS = {
    "conversation": views.conversation_html(TRANSCRIPT),
    "exchange": views.exchange_html(TRANSCRIPT[1], opened=True),
    "bytes": views.bytes_html(TRANSCRIPT),
    "sequence": views.sequence_html(TRANSCRIPT),
    "state map": views.state_map_html(TRANSCRIPT.state),
    "mailbox": views.mailbox_html([MESSAGE], "bob"),
    "verdict": views.verdict_html(VERDICT),
    "hints": views.hints_html(["one", "two"], 3),
    "solution": views.solution_html("x = 1\ny = 2", "It assigns."),
    "reply": views.reply_html(Reply(550, ("5.1.1 no", "one"))),
}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_fragments_are_well_formed_and_carry_no_style(name: str) -> None:
    page = Page(FRAGMENTS[name])
    assert page.unbalanced == []
    assert page.open == []
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"style", "script", "h1", "h2", "h3"}
    assert not any("id" in attributes for _, attributes in page.elements)


@pytest.mark.parametrize("name", FRAGMENTS)
def test_tables_have_a_caption_and_scoped_heads(name: str) -> None:
    page = Page(FRAGMENTS[name])
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(head.get("scope") in ("col", "row") for head in page.all("th"))
    if page.all("table"):
        assert page.all("th")


@pytest.mark.parametrize("name", FRAGMENTS)
def test_lists_are_labelled_and_details_have_a_summary(name: str) -> None:
    page = Page(FRAGMENTS[name])
    assert all(attributes.get("aria-label") for attributes in page.all("ol"))
    assert len(page.all("summary")) == len(page.all("details"))


def test_text_stands_in_reading_order() -> None:
    assert Page(FRAGMENTS["conversation"]).in_order(
        [
            "S: 220",
            "C: EHLO",
            "S: 250-mail",
            "C: MAIL",
            "S: 250",
            "C: RCPT",
            "C: DATA",
            "S: 354",
            "C: Hi",
            "C: .",
            "C: QUIT",
        ]
    )
    assert Page(FRAGMENTS["verdict"]).in_order(
        ["✕ Not yet", "say hello", "Say EHLO", "What the wire shows", "line 2", "C: HELO x", "an old word"]
    )
    assert Page(FRAGMENTS["hints"]).in_order(["Hint 1 of 3", "one", "Hint 2 of 3", "two"])
    assert Page(FRAGMENTS["reply"]).in_order(["S: 550-5.1.1 no", "S: 550 one", "✕ refused"])


def test_every_class_and_status_has_glyph_word_and_accent() -> None:
    marks = [*CLASSES.values(), *STATUS.values()]
    for mark in marks:
        assert mark.glyph
        assert re.search("[a-z]", mark.word)
        assert mark.accent in ACCENTS
    assert len({mark.glyph for mark in CLASSES.values()}) == len(CLASSES)
    assert len({mark.glyph for mark in STATUS.values()}) == len(STATUS)


def test_the_card_is_labelled_and_scoped() -> None:
    page = Page(views.card("<p>x</p>", 'a "label"'))
    assert page.elements[0] == ("div", {"class": "smtp", "role": "group", "aria-label": 'a "label"'})
    for selector in re.findall(r"(?:^|[{}])([^{}]+)\{", STYLE):
        if not selector.startswith("@"):
            assert all(".smtp" in part for part in re.split(r",(?![^(]*\))", selector)), selector


def test_the_stylesheet_is_short_and_asks_for_nothing() -> None:
    assert len(STYLE.encode()) < 6000
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert "<" not in STYLE
    used = set(re.findall(r"var\((--jp-[a-z0-9-]+)", STYLE))
    assert used <= {
        "--jp-layout-color0", "--jp-content-font-color1", "--jp-border-color2", "--jp-brand-color1",
        "--jp-code-font-family", "--jp-content-font-size1", "--jp-content-font-family",
    }  # fmt: skip
    assert all(f"var({name}," in STYLE for name in used)  # each has a fallback


def luminance(colour: str) -> float:
    """Relative luminance of #rgb or #rrggbb (WCAG 2.2)."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    channels = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


#: Surfaces of JupyterLab 4.6's light and dark themes on which a card may stand (--jp-layout-color0 and 1,
#: --jp-cell-editor-background), and of a page without any theme.
GROUNDS = (("#fff", "#f5f5f5"), ("#111", "#212121"))


def test_contrast_is_measured_right() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # WCAG's own example of the limit


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("accent", ACCENTS)
def test_accents_can_be_read_on_both_themes(accent: str, theme: int) -> None:
    grounds = [*GROUNDS[theme], *(pair[theme] for pair in SURFACES.values())]
    for ground in grounds:
        assert contrast(ACCENTS[accent][theme], ground) >= 4.5, (accent, ground)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_on_our_surfaces(theme: int) -> None:
    ink = ("#212121", "#ffffff")[theme]  # --jp-content-font-color1: 87 % black on white, white
    for pair in SURFACES.values():
        assert contrast(ink, pair[theme]) >= 4.5


def test_the_rich_display_of_each_type() -> None:
    labels = {
        "Transcript": TRANSCRIPT,
        "Reply": Reply(250, ("ok",)),
        "Stored message": MESSAGE,
        "Mailbox": Messages("Mailbox", [MESSAGE, MESSAGE]),
        "Verdict": VERDICT,
        "Where you are": SessionState(Phase.GREETED, "EHLO", "laptop.example"),
    }
    for label, shown in labels.items():
        html = views.to_html(shown)
        assert html is not None
        page = Page(html)
        assert page.elements[0][1]["aria-label"] == label
        assert page.elements[1][0] == "style"
    assert views.to_html("text") is None
    assert views.to_html([]) is None
    assert views.to_html([1]) is None


def test_the_display_is_made_by_the_registered_views() -> None:
    import helpers  # noqa: F401  (registers)

    bundle = Reply(250, ("ok",))._repr_mimebundle_()
    assert bundle["text/plain"] == "250 ok"
    assert "✓ done" in Page(bundle["text/html"]).text


def test_a_long_transcript_shows_its_end_and_says_so() -> None:
    wire = Wire().greeted()
    for n in range(views.SHOWN + 50):
        wire.client(f"NOOP {n}").server("250 2.0.0 Ok")
    html = views.to_html(wire.transcript())
    assert html is not None
    page = Page(html)
    assert "52 earlier exchanges are not shown" in page.text
    assert "NOOP 49" not in page.text
    assert page.in_order(["NOOP 50", f"NOOP {views.SHOWN + 49}"])


def test_an_empty_transcript_has_a_display() -> None:
    assert "Nothing has been said yet." in (views.to_html(Transcript()) or "")
