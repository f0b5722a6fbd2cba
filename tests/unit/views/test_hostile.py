"""Whatever a peer sends, it stays text: no element or attribute but ours, nothing that turns the line round."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import take_apart, views
from helpers.protocol.reply import Reply
from helpers.protocol.state import Phase, SessionState
from helpers.views.markup import visible
from helpers.wire.messages import Evidence, Status, StoredMessage, Verdict
from helpers.wire.transcript import Transcript
from tests.unit.views.wire import Page, Wire

ELEMENTS = {
    *("div", "style", "p", "ol", "li", "details", "summary", "b", "code", "span", "br", "small", "i", "pre"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"class", "role", "aria-label", "aria-current", "value", "open", "scope", "colspan"}
BIDI = "\u202e\u202d\u2066\u2067\u2069\u200f\u061c"

NASTY = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload='alert(1)'>",
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "</code></summary></details></li></ol><h1>mine</h1>",
    "<!-- gone -->",
    "&lt;script&gt; &#60;b&#62;",
    "`<i>code</i>`",
    "]]><?php ?>",
    f"abc{BIDI}xyz",
    "\x00\x1b[2J\x07\x08\x7f\x9b",
    "\u2028\u2029\ufeff\u200b",
    "{pairs}%(accents)s%s{0}",
    "=?utf-8?b?PHNjcmlwdD4=?= =?x?q?=3Cb=3E?=",
]
HOSTILE = st.one_of(
    st.sampled_from(NASTY),
    st.lists(st.sampled_from(NASTY), min_size=2, max_size=3).map("".join),
    st.text(st.characters(exclude_characters="\r\n"), max_size=60),
)
OCTETS = st.one_of(HOSTILE.map(lambda t: t.encode("utf-8", "surrogatepass")), st.binary(max_size=60)).map(
    lambda b: b.replace(b"\r", b"").replace(b"\n", b"")
)


def everywhere(evil: bytes) -> Transcript:
    """A conversation with these octets in every place that a peer can fill."""
    wire = Wire().server(b"220 " + evil)
    wire.client(b"EHLO " + evil + b"\r\n").server(b"250-" + evil, b"250-" + evil, b"250 SIZE " + evil)
    wire.note(evil.decode("utf-8", "replace"))
    wire.client(evil + b"\r\n").server(b"500 5.5.2 " + evil)
    wire.client(b"AUTH " + evil + b"\r\n").server(b"504 5.5.4 " + evil)
    wire.client(b"AUTH LOGIN\r\n").server(b"334 " + evil)
    wire.client(evil + b"\r\n").server(b"535 5.7.8 " + evil)
    encoded = b64encode(evil)
    wire.client(b"AUTH PLAIN " + encoded + b"\r\n").server(b"334 " + encoded)
    wire.client(encoded + b"\r\n").server(b"535 5.7.8 " + evil)
    wire.client(b"MAIL FROM:<" + evil + b"> SIZE=" + evil + b"\r\n").server(b"250 2.1.0 " + evil)
    first, second = b"RCPT TO:<" + evil + b">\r\n", b"RCPT TO:" + evil + b"\r\n"
    wire.client(first + second).server(b"250 " + evil, unread=len(second)).server(b"250 " + evil)
    wire.client("DATA").server(b"354 " + evil)
    wire.client(evil + b": " + evil + b"\r\n\r\n." + evil + b"\r\n.\r\n").server(b"250 " + evil)
    wire.client(evil).close(b"dropped")
    return wire.connect().server(b"421 " + evil).close(b"server").transcript()


def message(evil: bytes) -> StoredMessage:
    text = evil.decode("utf-8", "backslashreplace")
    raw = b"".join(name + b": " + evil + b"\r\n" for name in (b"From", b"To", b"Cc", b"Bcc", b"Subject", evil))
    return StoredMessage(text, (text, "bob@lab.example"), raw + b"\r\n" + evil + b"\r\n", (text,), 1, text, (text,))


def verdict(text: str) -> Verdict:
    evidence = (Evidence(1, text, text, text), Evidence(2, text, text, "b"))
    return Verdict(text, text, Status.NOT_YET, text, evidence, text, text)


def assert_harmless(html: str) -> Page:
    page = Page(html)
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    assert page.unbalanced == []
    assert page.open == []
    assert not any(unicodedata.category(c) in ("Cf", "Cs", "Zl", "Zp") for c in html)
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in html)
    html.encode()
    return page


TRANSCRIPT_VIEWS: list[Callable[[Transcript], str]] = [
    views.conversation_html,
    lambda t: views.conversation_html(t, secrets=True),
    views.bytes_html,
    lambda t: views.bytes_html(t, secrets=True),
    lambda t: take_apart(t).html,
    views.sequence_html,
    lambda t: "".join(views.exchange_html(exchange, opened=True) for exchange in t),
    lambda t: "".join(views.state_map_html(exchange.after) for exchange in t),
    lambda t: views.to_html(t) or "",
]


@settings(max_examples=40, deadline=None)
@given(OCTETS)
def test_a_conversation_stays_text(evil: bytes) -> None:
    transcript = everywhere(evil)
    for view in TRANSCRIPT_VIEWS:
        assert_harmless(view(transcript))


@settings(max_examples=60, deadline=None)
@given(OCTETS, HOSTILE)
def test_a_mailbox_stays_text(evil: bytes, title: str) -> None:
    assert_harmless(views.mailbox_html([message(evil), message(b"")], title))


@settings(max_examples=60, deadline=None)
@given(HOSTILE)
def test_other_data_stays_text(text: str) -> None:
    state = SessionState(Phase.RECIPIENTS, "EHLO", text, (text,), False, text, text, text, (text,), (text,) * 5)
    for html in (
        views.to_html(verdict(text)),
        views.to_html(Reply(550, (text, text))),
        views.to_html(state),
        views.hints_html([text], 2),
        views.solution_html(text, text),
        views.card("", text),
    ):
        assert html is not None
        assert_harmless(html)


@pytest.mark.parametrize("evil", NASTY)
def test_what_was_sent_can_be_read_in_full(evil: str) -> None:
    shown = " ".join(visible(evil).split())
    page = assert_harmless(views.conversation_html(everywhere(evil.encode()), secrets=True))
    assert page.text.count(shown) >= 10


@settings(max_examples=40, deadline=None)
@given(OCTETS)
def test_plain_text_moves_no_cursor(evil: bytes) -> None:
    transcript = everywhere(evil)
    texts = [view(transcript) for view in (views.conversation_text, views.bytes_text, views.sequence_text)]
    texts += [str(take_apart(transcript)), str(take_apart(evil))]
    texts += [views.mailbox_text([message(evil)]), views.sequence_mermaid(transcript)]
    texts += [views.state_map_text(exchange.after) for exchange in transcript]
    texts += [views.as_session(transcript), views.as_smtplib(transcript), views.as_terminal(transcript, "h", 25)]
    for text in texts:
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\t" for c in text)


@settings(max_examples=60, deadline=None)
@given(OCTETS)
def test_code_is_python_whatever_was_sent(evil: bytes) -> None:
    transcript = everywhere(evil)
    for number in (1, 2):
        compile(views.as_session(transcript.connection(number), evil.decode("utf-8", "replace")), "session", "exec")
        compile(views.as_smtplib(transcript.connection(number)), "smtplib", "exec")


@settings(max_examples=60, deadline=None)
@given(OCTETS)
def test_mermaid_reads_only_our_lines(evil: bytes) -> None:
    """Mermaid's own marks (; # : < > % { } - and line ends) reach it as numbered entities only."""
    for line in views.sequence_mermaid(everywhere(evil)).splitlines()[5:]:
        arrow, _, label = line.strip(" ").partition(":")
        assert arrow in ("C->>S", "S-->>C", "Note over C,S")
        assert not set(re.sub(r"#\d+;", "", label)) & set("#;:<>%{}\"'`\\")


def test_a_planted_fault_is_seen() -> None:
    for html in ("<script></script>", '<p onclick="x">', "<p>\u202e</p>", "<p></div>", "<!-- x -->"):
        with pytest.raises(AssertionError):
            assert_harmless(html)
