"""Two conversations or replies side by side; the replies are those of RFC 5321 and RFC 3207 5."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings

import helpers
from helpers import compare, views
from helpers.protocol.reply import Reply
from helpers.wire.overheard import overheard
from helpers.wire.transcript import Transcript
from tests.unit.views.test_hostile import HOSTILE, NASTY, OCTETS, assert_harmless, everywhere
from tests.unit.views.wire import Page, Wire

#: RFC 3207 5, the two replies to EHLO.
BEFORE = Reply(250, ("mail.imc.org offers a warm hug of welcome", "8BITMIME", "STARTTLS", "DSN"))
AFTER = Reply(250, ("mail.imc.org touches your hand gently for a moment", "8BITMIME", "DSN"))


def marked(text: str) -> list[str]:
    """Glyph and line of each row, without the column of words."""
    return [re.split(r" {3,}", line)[0].rstrip() for line in text.splitlines()[1:]]


def test_the_example_of_rfc_3207() -> None:
    text = str(compare(BEFORE, AFTER))
    assert text.splitlines()[0] == "before and after: 2 the same, 1 changed, 1 only before"
    assert marked(text) == [
        "≠ S: 250-mail.imc.org offers a warm hug of welcome",
        "  S: 250-mail.imc.org touches your hand gently for a moment",
        "= S: 250-8BITMIME",
        "− S: 250-STARTTLS",
        "= S: 250 DSN",
    ]
    assert text.splitlines()[4].endswith("only before")


def test_each_side_has_its_column_and_each_difference_its_word() -> None:
    page = Page(compare(BEFORE, AFTER, ("in clear", "inside TLS")).html)
    assert page.in_order(["in clear", "inside TLS", "≠ changed", "warm hug", "touches", "= the same", "8BITMIME"])
    assert "− only in clear" in page.text
    assert [attributes.get("scope") for attributes in page.all("th")] == ["col"] * 3 + ["row"] * 4


def test_which_line_is_the_last_is_no_difference() -> None:
    text = str(compare(Reply(250, ("a", "SIZE", "HELP")), Reply(250, ("a", "SIZE", "HELP", "DSN"))))
    assert text.splitlines()[0] == "before and after: 3 the same, 1 only after"


def test_a_parameter_that_changed_stays_with_its_keyword() -> None:
    text = str(compare(Reply(250, ("a", "SIZE 10", "HELP")), Reply(250, ("a", "SIZE 20", "HELP"))))
    assert marked(text)[1:3] == ["≠ S: 250-SIZE 10", "  S: 250-SIZE 20"]


def test_brief_puts_keywords_together_and_loses_none() -> None:
    keywords = "250-a\r\n250-SIZE 10\r\n250-DSN\r\n{}250-VRFY\r\n250 HELP\r\n"

    def said(keyword: str) -> str:
        return "S: 220 a\nC: EHLO b\n" + "".join(f"S: {line}\n" for line in keywords.format(keyword).splitlines())

    before = Transcript.from_text(said(""))
    after = Transcript.from_text(said("250-AUTH PLAIN\r\n250-CHUNKING\r\n250-8BITMIME\r\n"))
    assert marked(views.compare_text(before, after, brief=True)) == [
        "= S: 220 a",
        "= C: EHLO b",
        "= S: 250-a",
        "= # offers SIZE 10, DSN",
        "+ S: 250-AUTH PLAIN",
        "+ # offers CHUNKING, 8BITMIME",
        "= # offers VRFY, HELP",
    ]
    assert "offers CHUNKING, 8BITMIME" in Page(views.compare_html(before, after, brief=True)).text
    assert marked(views.compare_text(before, before, brief=True))[3:] == ["= # offers SIZE 10, DSN, VRFY, HELP"]
    assert "offers" not in views.compare_text(before, after)


def test_another_code_is_a_change() -> None:
    assert marked(str(compare(Reply(250, ("OK",)), Reply(550, ("OK",))))) == ["≠ S: 250 OK", "  S: 550 OK"]


def test_nothing_differs() -> None:
    assert str(compare(BEFORE, BEFORE)).splitlines()[0] == "before and after: 4 lines, no difference"


def conversation(*said: tuple[str, str]) -> Wire:
    wire = Wire().greeted()
    for line, reply in said:
        wire.client(line).server(reply)
    return wire


MAIL = ("MAIL FROM:<alice@lab.example>", "250 2.1.0 Ok")
BOB, ERIN = "RCPT TO:<bob@lab.example>", "RCPT TO:<erin@lab.example>"


def test_an_exchange_more_leaves_the_rest_where_it_is() -> None:
    left = conversation(MAIL, (BOB, "250 Ok")).transcript()
    right = conversation(("NOOP", "250 Ok"), MAIL, (BOB, "250 Ok")).transcript()
    text = str(compare(left, right))
    assert marked(text)[-6:] == [
        "+ C: NOOP",
        "+ S: 250 Ok",
        f"= C: {MAIL[0]}",
        "= S: 250 2.1.0 Ok",
        f"= C: {BOB}",
        "= S: 250 Ok",
    ]


def test_the_same_command_with_another_argument_and_another_reply() -> None:
    left = conversation(MAIL, (BOB, "250 Ok")).transcript()
    right = conversation(MAIL, (ERIN, "550 5.1.1 No")).transcript()
    assert marked(str(compare(left, right)))[-4:] == [
        f"≠ C: {BOB}",
        f"  C: {ERIN}",
        "≠ S: 250 Ok",
        "  S: 550 5.1.1 No",
    ]
    assert marked(str(compare(left[-1], right[-1]))) == marked(str(compare(left, right)))[-4:]


def test_messages_are_compared_line_by_line() -> None:
    left = Wire().greeted().data(b"Subject: a\r\n\r\none\r\ntwo\r\n.\r\n").transcript()
    right = Wire().greeted().data(b"Subject: a\r\n\r\nzero\r\none\r\ntwo\r\n.\r\n").transcript()
    assert [line for line in marked(str(compare(left, right))) if line[0] != "="] == ["+ C: zero"]


def test_what_went_inside_tls_says_so() -> None:
    clear = conversation(MAIL).transcript()
    secret = Wire().greeted().client("STARTTLS").server("220 go").handshake()
    secret.client("EHLO laptop.example").server("250 mail.lab.example").client(MAIL[0]).server(MAIL[1])
    shown = compare(clear, secret.transcript(), ("clear", "secret"))
    line = next(line for line in str(shown).splitlines() if MAIL[0] in line)
    assert line.endswith("🔒 inside TLS: secret")
    assert line.startswith("= ")
    assert Page(shown.html).text.count("🔒 inside TLS") == 4


def test_credentials_stay_masked() -> None:
    said = [conversation((f"AUTH PLAIN {secret}", "235 Ok")).transcript() for secret in ("AGFsaWNl", "AGJvYg==")]
    shown = compare(*said)
    assert "AGFsaWNl" not in str(shown) + shown.html
    assert "AGJvYg==" not in str(shown) + shown.html


def test_long_ones_are_cut_and_say_so() -> None:
    many = Reply(250, tuple(f"line{n}" for n in range(100)))
    assert "… 40 lines more, not compared" in str(compare(many, many))
    noops = conversation(*[("NOOP", "250 Ok")] * 300).transcript()
    assert "… 102 exchanges more, not compared" in str(compare(noops, noops))


def test_nothing_said() -> None:
    empty = Wire().transcript()
    assert str(compare(empty, empty)) == views.conversation_text(empty)


def test_a_reply_is_compared_with_a_reply() -> None:
    with pytest.raises(TypeError, match="two replies"):
        compare(BEFORE, Wire().greeted().transcript())


def test_it_is_a_front_function() -> None:
    assert "compare" in dir(helpers)


@settings(max_examples=30, deadline=None)
@given(OCTETS, OCTETS, HOSTILE)
def test_hostile_content_stays_text(one: bytes, other: bytes, name: str) -> None:
    left, right = everywhere(one), everywhere(other)
    texts = [one.decode("utf-8", "replace"), other.decode("utf-8", "replace")]
    replies = [Reply(250, (text, text, f"{text} {text}")) for text in texts]
    for a, b in ((left, right), (left[1], right[2]), replies):
        assert_harmless(views.compare_html(a, b, (name, "b")))
        text = views.compare_text(a, b, (name, "b"))
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\t" for c in text)


@pytest.mark.parametrize("evil", NASTY)
def test_what_an_eavesdropper_reads_stays_text(evil: str) -> None:
    eve = overheard(everywhere(evil.encode()).events, 1)
    html = views.to_html(eve)
    assert html is not None
    assert_harmless(html)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\t" for c in str(eve))


def test_what_an_eavesdropper_has_is_shown_line_by_line() -> None:
    transcript = conversation(MAIL).transcript()
    page = Page(views.to_html(overheard(transcript.events, 1)) or "")
    assert page.in_order(["Every octet can be read", "220 mail.lab.example ESMTP ready", MAIL[0], MAIL[1]])
    assert len(page.all("li")) == len(transcript.lines())
