"""The gallery of failures: choose, filter, let it happen, mend it; errors are shown, and it reads without a kernel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpers import Gallery
from helpers.exercises.failures import UnknownFailure, failures
from helpers.lab import running_labs
from helpers.widgets import gallery as module
from tests.unit.widgets.conftest import Page, reading, tags_of


@pytest.fixture(params=["sockets", "memory"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("SPEAK_SMTP_TRANSPORT", request.param)
    return request.param


def test_it_lists_all_twenty_with_labels(page: Page) -> None:
    shown = Gallery()
    assert [key for _, key in shown.choice.options] == list(failures())
    assert shown.choice.options[0][0].startswith("Connect and TLS: [SSL: WRONG_VERSION_NUMBER]")
    assert shown.filter.description
    assert shown.choice.description
    assert failures()["wrong-version"].pasted in reading(shown)


def test_the_filter_finds_codes_words_and_exceptions(page: Page) -> None:
    shown = Gallery()
    for words, keys in (("5.7.26", ["dmarc"]), ("greylisted", ["greylisted"]), ("heloerror", ["need-fqdn"])):
        page.sets(shown.filter, value=words)
        assert [key for _, key in shown.choice.options] == keys
        assert shown.choice.value == keys[0]
        assert failures()[keys[0]].title in reading(shown)
    page.sets(shown.filter, value="xyzzy")
    assert shown.choice.value is None
    assert "None of the twenty" in reading(shown)
    page.clicks(shown.happen_button)
    page.sets(shown.filter, value="")
    assert len(shown.choice.options) == 20


@pytest.mark.parametrize(
    ("pasted", "keys"),
    [
        (
            "550 5.1.1 <jo@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
            ["user-unknown"],
        ),
        ("454 4.7.1 <a@b.example>: Relay access denied", ["relay-denied"]),
        ("535-5.7.8 Username and Password not accepted. For more information, go to", ["bad-credentials"]),
        ("550-5.7.26 This mail has been blocked because the sender is unauthenticated.", ["dmarc"]),
        ("smtplib.SMTPServerDisconnected: please run connect() first", ["disconnected"]),
    ],
)
def test_the_filter_takes_a_whole_error_as_it_is_pasted(page: Page, pasted: str, keys: list[str]) -> None:
    """The wordings of Postfix and Gmail, and of Python's smtplib."""
    shown = Gallery()
    page.sets(shown.filter, value=pasted)
    assert [key for _, key in shown.choice.options][: len(keys)] == keys


def test_make_it_happen_then_the_cure(page: Page, transport: str) -> None:
    shown = Gallery()
    shown.choose("user-unknown")
    page.clicks(shown.happen_button)
    said = reading(shown)
    assert "550 5.1.1 <bobb@lab.example>: no such user here" in said
    assert "SMTPRecipientsRefused" in said
    assert 'role="status"' in shown.happened.value
    assert shown.mended.value == ""
    page.clicks(shown.cure_button)
    assert "failing and working: " in reading(shown)
    assert "The server accepted a message for bob@lab.example" in reading(shown)
    shown.choose("greylisted")
    assert shown.happened.value == shown.mended.value == ""
    page.clicks(shown.cure_button)
    assert "450 4.7.1 Greylisted" in reading(shown)
    assert "failing and working: " in reading(shown)
    assert not [lab for lab in running_labs() if lab.name.startswith("failure")]


def test_what_needs_a_socket_says_so(page: Page, transport: str) -> None:
    shown = Gallery()
    shown.choose("disconnected")
    page.clicks(shown.happen_button)
    expected = "SMTPServerDisconnected" if transport == "sockets" else "Desktop only: "
    assert expected in reading(shown.happened)


def test_an_error_is_shown_and_not_raised(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(entry: object) -> None:
        raise RuntimeError("<b>out of order</b>")

    monkeypatch.setattr(module, "fail", broken)
    shown = Gallery()
    shown.choose("user-unknown")
    page.clicks(shown.happen_button)
    assert "RuntimeError: <b>out of order</b>" in reading(shown)
    assert "b" not in tags_of(shown.happened.value)
    with pytest.raises(UnknownFailure):
        shown.choose("nothing")


def test_what_is_stored_of_it() -> None:
    bundle = Gallery()._repr_mimebundle_()
    for entry in failures().values():
        assert entry.title in bundle["text/plain"]
        assert entry.key in bundle["text/html"]
    assert 'failure("relay-denied")' in bundle["text/plain"]
    assert "None" not in bundle["text/plain"]
