"""Looking something up with the widget: the search, the filters, the entry, and trying it on a lab."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from helpers import Lab, Lookup, lookup, reference
from helpers.lab import running_labs
from helpers.protocol.commandline import compose
from helpers.views.lookup import entries
from tests.unit.widgets.conftest import Page, reading, text_of


@pytest.fixture
def look(lab: Lab) -> Iterator[Lookup]:
    made = Lookup(lab)
    yield made
    for other in running_labs():
        if other.name.startswith("lookup-"):
            other.stop()


def keys(look: Lookup) -> list[str]:
    return [entry.key for entry in look.found]


def test_at_first_everything_is_there(look: Lookup) -> None:
    assert len(look.found) == len(look.results.options) == len(entries())
    assert f"{len(entries())} found" in text_of(look.status.value)
    assert look.chosen is not None
    assert look.chosen.key == "EHLO"


def test_a_pasted_reply_and_the_filters_narrow_the_list(look: Lookup) -> None:
    look.text.value = "550 5.1.1 <jo@example.org>: User unknown"
    assert keys(look) == ["550", "X.1.1"]
    assert 'role="status"' in look.status.value
    assert "2 found: 1 reply, 1 enhanced code" in text_of(look.status.value)
    look.group.value = "enhanced codes"
    assert keys(look) == ["X.1.1"]
    assert "no such mailbox" in text_of(look.entry.value)
    look.clear_button.click()
    assert len(look.found) == len(entries())
    assert (look.text.value, look.group.value) == ("", "")
    look.phase.value = "message body"
    look.group.value = "commands"
    assert keys(look) == ["Message"]


def test_the_list_has_a_label_on_every_control_and_shows_the_chosen_entry(look: Lookup) -> None:
    assert [control.description for control in (look.text, look.group, look.phase, look.reply_class, look.results)] == [
        *("Search", "Group", "Place in the session", "Class of reply", "Found")
    ]
    look.find("rcpt", group="replies", reply_class=4)
    look.results.index = 1
    assert look.chosen is not None
    assert look.chosen.key in text_of(look.entry.value)


def test_in_code_it_finds_what_the_function_finds(look: Lookup) -> None:
    found = look.find("later", group="repl", reply_class=4)
    assert [entry.key for entry in found] == keys(look)
    assert look.group.value == "replies"
    assert look.reply_class.value == 4
    assert all(entry.key in str(lookup("later", group="replies", reply_class=4)) for entry in found)
    assert look.choose("450").key == "450"
    with pytest.raises(reference.UnknownEntry):
        look.choose("550")
    with pytest.raises(ValueError, match="Groups"):
        look.find(group="lunch")


def test_nothing_found_says_what_to_do_and_offers_nothing(look: Lookup) -> None:
    look.text.value = "xyzzy"
    assert "Nothing found." in text_of(look.status.value)
    assert "[Try it" not in reading(look)
    with pytest.raises(ValueError, match="nothing to try"):
        look.try_it()


def test_try_it_opens_a_picker_at_the_place_of_the_line(look: Lookup, lab: Lab, page: Page) -> None:
    look.find("550 5.1.1")
    look.try_button.click()
    assert look.picker is not None
    assert look.bench.children == (look.picker,)
    assert "RCPT TO:<nobody@lab.example>" in reading(look)
    assert [exchange.verb for exchange in lab.transcript()][1:] == ["EHLO", "MAIL"]  # nothing of it is sent yet
    page.clicks(look.picker.send_button)
    assert "550 5.1.1 <nobody@lab.example>" in reading(look)
    before = look.picker.session
    look.choose("X.1.1")
    look.try_it()
    assert before is not None
    assert before.closed, "the picker that is replaced leaves no connection behind"


def test_what_the_open_lab_does_not_say_is_tried_on_another(look: Lookup) -> None:
    look.find("538")
    picker = look.try_it()
    assert "a lab of the profile “strict”" in reading(look)
    assert picker.send("AUTH", mechanism="PLAIN", initial_response="AGFsaWNlAHdvbmRlcmxhbmQ=").code == 538


def test_where_the_data_have_nothing_there_is_no_button(look: Lookup) -> None:
    for text in ("521", "REQUIRETLS", "NTLM", "587", "441"):
        look.find(text)
        assert "[Try it" not in reading(look), text
    for text in ("550", "5.7.8", "SIZE", "PLAIN", "RCPT", "DATA"):
        look.find(text)
        assert "[Try it" in reading(look), text


def test_everything_that_can_be_tried_opens_with_its_line() -> None:
    lab = Lab("open", name="lookup-all", transport="memory")
    look = Lookup(lab)
    tried = set()
    try:
        for index, entry in enumerate(look.found):
            if entry.trial is not None and entry.trial.lines not in tried:
                look.results.index = index
                picker = look.try_it()
                tried.add(entry.trial.lines)
                line = compose(picker.chosen, picker._form.values)
                assert line.split() == entry.trial.lines[-1].split(), entry.key
    finally:
        for other in running_labs():
            if other.name.startswith("lookup-"):
                other.stop()
    assert len(tried) > 40


def test_an_error_is_told_in_the_widget(look: Lookup, lab: Lab) -> None:
    look.find("550")
    lab.fault("MAIL", drop=True)
    look.try_button.click()
    assert "✕" in text_of(look.notice.value)


def test_a_lab_that_was_stopped_is_replaced(make_lab: Callable[..., Lab]) -> None:
    gone = make_lab()
    look = Lookup(gone)
    gone.stop()
    look.find("250")
    assert look.try_it().session is not None
    for other in running_labs():
        if other.name.startswith("lookup-"):
            other.stop()


def test_a_search_is_text_and_never_markup(look: Lookup) -> None:
    look.text.value = "<img src=x onerror=alert(1)>"
    assert "<img" not in look.status.value + look.entry.value


def test_what_a_notebook_keeps_reads_without_a_kernel(look: Lookup) -> None:
    bundle = look._repr_mimebundle_()
    assert "lookup(" in bundle["text/plain"]
    assert all(f"<b>{key}</b>" in bundle["text/html"] for key in ("RCPT TO", "550", "X.7.1", "SIZE", "PLAIN", "587"))
    look.find("550")
    assert look._repr_mimebundle_()["text/html"] == bundle["text/html"], "the same whatever was clicked"
