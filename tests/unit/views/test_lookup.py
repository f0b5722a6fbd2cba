"""Looking facts up: what is found, and how it is shown."""

from __future__ import annotations

import pytest

from helpers import lookup, reference
from helpers.reference.model import PHASES
from helpers.views.lookup import GROUPS, Entry, codes_in, entries, find, lookup_html, lookup_text, trial_command


def keys(found: tuple[Entry, ...]) -> list[str]:
    return [entry.key for entry in found]


def test_everything_that_the_reference_has_can_be_looked_up() -> None:
    sizes = {group: sum(entry.group == group for entry in entries()) for group in GROUPS}
    assert sizes == {
        "commands": len(reference.commands()),
        "replies": len(reference.reply_codes()),
        "enhanced codes": len(reference.enhanced_codes()),
        "extensions": len(reference.extensions()),
        "mechanisms": len(reference.mechanisms()),
        "ports": len(reference.ports()),
    }
    for entry in entries():
        assert entry.title
        assert entry.facts
        labels = [fact.label for fact in entry.facts]
        assert len({*labels}) == len(labels), entry.key


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("550", ["550"]),
        ("5.7.1", ["X.7.1"]),
        ("550 5.1.1", ["550", "X.1.1"]),
        ("550-5.7.26 This mail has been blocked", ["550", "X.7.26"]),
        ("550 5.1.1 <bob@lab.example>: Recipient address rejected: User unknown", ["550", "X.1.1"]),
        ("{'bob@lab.example': (550, b'5.1.1 no such user')}", ["550", "X.1.1"]),
        ("(535, b'5.7.8 Username and Password not accepted')", ["535", "X.7.8"]),
        ("451 4.7.1 Greylisted from 203.0.113.5, see 4.7.1", ["451", "X.7.1"]),
        ("554 Client host [203.0.113.5] blocked", ["554"]),
        ("421-4.7.0 [198.51.100.7] Try again later", ["421", "X.7.0"]),
        ("port 587", []),
        ("mailbox full", []),
        ("RFC 5321", []),
        ("", []),
    ],
)
def test_codes_are_read_out_of_what_was_pasted(text: str, codes: list[str]) -> None:
    assert codes_in(text) == codes
    if codes:
        assert keys(find(text)) == codes


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("port 465", "465"),
        ("rcpt", "RCPT TO"),
        ("MAIL FROM", "MAIL FROM"),
        ("starttls", "STARTTLS"),
        ("587", "587"),
        ("size", "SIZE"),
        ("scram-sha-256", "SCRAM-SHA-256"),
        ("mailbox full", "X.2.2"),
        ("greylisting", "RCPT TO"),
    ],
)
def test_words_find_the_closest_first(text: str, first: str) -> None:
    assert keys(find(text))[0] == first


def test_all_words_have_to_be_there() -> None:
    assert set(keys(find("mailbox full"))) <= set(keys(find("mailbox")))
    assert find("mailbox xyzzy") == ()


def test_a_code_without_an_entry_is_looked_for_as_words() -> None:
    assert find("599") == ()
    assert keys(find("550 5.9.9")) == ["550"]


def test_filters() -> None:
    later = find("later", group="replies", reply_class=4)
    assert later
    assert all(entry.group == "replies" and entry.key[0] == "4" for entry in later)
    assert keys(find(group="commands", phase="message body")) == ["Message"]
    assert keys(find(group="commands", phase="auth exchange")) == ["AUTH response"]
    # RFC 5321 4.1.4: what may be sent once a sender is named
    assert set(keys(find(group="commands", phase="sender named"))) == {
        *("EHLO", "HELO", "RCPT TO", "RSET", "NOOP", "QUIT", "HELP", "VRFY", "EXPN")
    }
    assert "354" in keys(find(group="replies", phase="recipients named"))
    assert "354" not in keys(find(group="replies", phase="connected"))
    assert {"421", "500"} <= set(keys(find(group="replies", phase="connected")))
    assert set(keys(find(group="enhanced", reply_class=2))) < set(keys(find(group="enhanced")))
    assert "X.1.5" in keys(find(group="enhanced", reply_class=2))
    assert "X.1.1" not in keys(find(group="enhanced", reply_class=2))


@pytest.mark.parametrize(
    ("filters", "named"),
    [
        ({"group": "e"}, "enhanced codes"),
        ({"group": "nothing"}, "commands"),
        ({"phase": "lunch"}, "recipients named"),
        ({"reply_class": 6}, "2 to 5"),
    ],
)
def test_a_wrong_filter_is_told(filters: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        find(**filters)


def test_what_no_rfc_defines_comes_last() -> None:
    found = find("temporary", group="replies")
    standard = [bool(entry.rfc) for entry in found]
    assert standard == sorted(standard, reverse=True)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry.group}-{entry.key}")
def test_every_entry_in_full(entry: Entry) -> None:
    text, html = lookup_text([entry], entry.key), lookup_html([entry], entry.key)
    flat = " ".join(text.split())
    assert all(len(line) <= 100 or max(map(len, line.split())) > 60 for line in text.splitlines())
    for fact in entry.facts:
        assert fact.label in text
        for item in fact.items:
            assert " ".join(item.text.split()) in flat
    assert html.count("<table") == html.count("</table>") == 1
    assert entry.phases <= {*PHASES}
    if entry.trial is not None:
        assert trial_command(entry.trial).label
        assert " ".join(entry.trial.lines[-1].splitlines()[-1].split()) in flat


def test_many_are_listed_with_the_named_one_in_full() -> None:
    text = str(lookup("size"))
    assert text.startswith(f"{len(find('size'))} found: ")
    assert "SIZE – message size (extension)" in text
    assert "The words stand also in:" in text


def test_nothing_found_says_what_to_do() -> None:
    text = str(lookup("STARTLS"))
    assert text.startswith("Nothing found.")
    assert "STARTTLS" in text


def test_what_was_typed_does_not_become_markup() -> None:
    evil = '<img src=x onerror="alert(1)">'
    assert "<img" not in lookup_html(find(evil), evil)


def test_the_notebook_gets_a_card_and_text() -> None:
    bundle = lookup("550 5.1.1")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "2 found: 1 reply, 1 enhanced code" in bundle["text/plain"]
    assert bundle["text/html"].count("<details open>") == 2
