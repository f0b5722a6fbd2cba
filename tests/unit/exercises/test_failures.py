"""Each of the twenty failures really happens on the wire, becomes its exception, is diagnosed, and is mended."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest

from helpers.diagnosis import diagnose
from helpers.exercises.base import MalformedEntry
from helpers.exercises.failures import Failure, Reproduction, UnknownFailure, failure, failures
from helpers.exercises.failures.entries import read
from helpers.exercises.failures.recipes import RECIPES
from helpers.exercises.failures.shown import about_html, happened_html, mended_html
from helpers.lab import running_labs
from helpers.views import card
from helpers.wire.transcript import Outcome, Transcript
from tests.unit.views.test_hostile import NASTY
from tests.unit.widgets.conftest import tags_of

#: What the wire must show, and the class that Python's documentation has for it: the reply's code, the command that it
#: answers ("." is a message; None: no reply is the failure), and the exception ("": none).
#: Codes: RFC 3207 4 (530), RFC 4954 6 (535), RFC 5321 4.2 and 4.5.3.1 (501, 503, 504, 550, 450, 500), RFC 1870 6 (552),
#: RFC 7372 3.4 (550 5.7.26).
WIRE: dict[str, tuple[int | None, str, str]] = {
    "wrong-version": (None, "", "ssl.SSLError"),
    "disconnected": (None, "", "smtplib.SMTPServerDisconnected"),
    "certificate": (None, "", "ssl.SSLCertVerificationError"),
    "starttls-first": (530, "MAIL", "smtplib.SMTPSenderRefused"),
    "auth-not-supported": (None, "", "smtplib.SMTPNotSupportedError"),
    "bad-credentials": (535, "AUTH", "smtplib.SMTPAuthenticationError"),
    "password-word": (535, "AUTH", "smtplib.SMTPAuthenticationError"),
    "need-fqdn": (504, "EHLO", "smtplib.SMTPHeloError"),
    "address-syntax": (501, "MAIL", "smtplib.SMTPSenderRefused"),
    "nested-mail": (503, "MAIL", "smtplib.SMTPSenderRefused"),
    "relay-denied": (550, "RCPT", "smtplib.SMTPRecipientsRefused"),
    "user-unknown": (550, "RCPT", "smtplib.SMTPRecipientsRefused"),
    "greylisted": (450, "RCPT", "smtplib.SMTPRecipientsRefused"),
    "too-big": (552, "MAIL", "smtplib.SMTPSenderRefused"),
    "unicode": (None, "", "UnicodeEncodeError"),
    "line-too-long": (500, ".", "smtplib.SMTPDataError"),
    "bare-lf": (554, ".", "smtplib.SMTPDataError"),
    "lone-dot": (500, "MILK", ""),
    "dmarc": (550, ".", "smtplib.SMTPDataError"),
    "nobody-got-it": (None, "", ""),
}
#: What the texts that people paste must contain, from the list of what learners bring along.
KNOWN_BY = (
    "[SSL: WRONG_VERSION_NUMBER]", "SMTPServerDisconnected", "SMTP AUTH extension not supported by server",
    "530 5.7.0 Must issue a STARTTLS command first", "5.7.8 Username and Password not accepted",
    "authentication failed: UGFzc3dvcmQ6", "554 5.7.1", "Relay access denied", "501 5.1.7 Bad sender address syntax",
    "555 5.5.2", "bare <LF>", "nested MAIL command", "504 5.5.2", "need fully-qualified hostname", "Greylisted",
    "5.7.26", "nobody got it", "UnicodeEncodeError", "Line too long", "a line with only a dot",
)  # fmt: skip
NEEDS_SOCKETS = {"wrong-version", "disconnected"}
EVERY = pytest.mark.parametrize("name", WIRE)


@cache
def once(name: str, transport: str) -> Reproduction:
    """What happened, with the labs of the fixture; it never changes."""
    return failure(name)


def not_here(found: Reproduction, transport: str) -> bool:
    """Whether it could not happen, which is right for two of them where there are no sockets, and for no other."""
    assert bool(found.missing) == (transport == "memory" and found.entry.key in NEEDS_SOCKETS)
    return bool(found.missing)


def refusals(session: Transcript) -> list[tuple[int, str]]:
    """(code, what it answers) of each refusal of a session."""
    found = []
    for exchange in session:
        if exchange.code is not None and exchange.code >= 400:
            what = {"message": ".", "response": "AUTH"}.get(str(exchange.kind), exchange.verb or "")
            found.append((exchange.code, what))
    return found


def test_there_are_twenty_and_they_are_those_that_people_bring() -> None:
    assert len(failures()) == 20
    assert list(failures()) == list(WIRE) == list(RECIPES)
    text = "\n".join(f"{entry.title}\n{entry.pasted}" for entry in failures().values())
    assert [known for known in KNOWN_BY if known not in text] == []
    assert len({entry.title for entry in failures().values()}) == 20


@EVERY
def test_it_happens_on_the_wire(name: str, transport: str) -> None:
    code, what, _ = WIRE[name]
    found = once(name, transport)
    if not_here(found, transport):
        return
    if code is None:
        assert refusals(found.failing) == []
    else:
        assert refusals(found.failing)[0] == (code, what)
    assert found.entry.code == (code or 0)


@EVERY
def test_smtplib_raises_what_is_said(name: str, transport: str) -> None:
    code, _, exception = WIRE[name]
    found = once(name, transport)
    if not_here(found, transport):
        return
    assert (found.exception.type if found.exception else "") == exception == found.entry.exception
    if found.exception and found.exception.type.startswith("smtplib.") and code:
        assert found.exception.code == code


@EVERY
def test_the_cure_delivers(name: str, transport: str) -> None:
    found = once(name, transport)
    if not_here(found, transport):
        return
    assert found.mended is not None
    assert found.failed is not None
    assert found.mended.raised is None
    assert refusals(found.cured) == []
    assert [t.outcome for t in found.cured.transactions][-1] is Outcome.ACCEPTED
    assert found.cured.exchanges[-1].code == 221
    wanted = {
        "relay-denied": ("x@other.example",),
        "greylisted": ("grey@lab.example",),
        "nobody-got-it": ("bob@lab.example", "carol@lab.example"),
    }
    assert found.mended.delivered == wanted.get(name, ("bob@lab.example",))
    taken_all_the_same = {"lone-dot", "nobody-got-it"}
    assert found.failed.delivered == (("bob@lab.example",) if name in taken_all_the_same else ())


@EVERY
def test_the_diagnosis_agrees(name: str, transport: str) -> None:
    found = once(name, transport)
    if not_here(found, transport):
        return
    cause = found.entry.cause
    if cause:
        assert diagnose(found.pasted).cause == cause
        assert found.diagnosis is not None
        assert found.diagnosis.cause == cause
    else:
        assert found.diagnosis is None
    if cause and WIRE[name][0] is not None:
        assert diagnose(found.failing).cause == cause
    assert not diagnose(found.cured).refused


def test_what_cannot_happen_here_says_so(transport: str) -> None:
    for name in NEEDS_SOCKETS:
        found = failure(name)
        assert bool(found.missing) == (transport == "memory")
        if found.missing:
            assert found.missing.startswith("Desktop only: ")
            assert found.missing in str(found)
            assert found.missing in found._repr_mimebundle_()["text/html"]
            assert not found.failing
            assert not found.cured
            assert found.exception is None


@EVERY
def test_it_is_the_same_every_time_and_leaves_nothing_running(name: str, transport: str) -> None:
    before = running_labs()
    first, again = failure(name), failure(name)
    assert first._repr_mimebundle_() == again._repr_mimebundle_()
    assert running_labs() == before


@EVERY
def test_what_is_shown_holds_everything(name: str, transport: str) -> None:
    found = once(name, transport)
    if not_here(found, transport):
        return
    bundle = found._repr_mimebundle_()
    entry = found.entry
    for part in (entry.title, entry.source, entry.who, entry.rfc, entry.why.replace("`", ""), "failing and working: "):
        assert part in bundle["text/plain"]
    assert entry.pasted in bundle["text/plain"]
    html = bundle["text/html"]
    assert '<th scope="col">failing</th><th scope="col">working</th>' in html
    assert "only working" in html or "changed" in html
    assert not re.search(r"_ssl\.c", re.sub(r"<pre.*?</pre>", "", html)), "OpenSSL's texts differ between versions"


def test_the_cut_off_part_never_arrived(transport: str) -> None:
    found = failure("lone-dot")
    [cut], [whole] = found.failing.transactions, found.cured.transactions
    assert (cut.content, whole.content) == (
        b"Subject: List\r\n\r\nBread\r\n",
        b"Subject: List\r\n\r\nBread\r\n.\r\nMilk\r\n",  # RFC 5321 4.5.2: the doubled dot is one again
    )


def test_bare_lf_differs_in_nothing_but_line_ends(transport: str) -> None:
    found = failure("bare-lf")
    bare = next(e.octets for e in found.failing if str(e.kind) == "message")
    [good] = found.cured.transactions
    assert b"\n" in bare.replace(b"\r\n", b"")
    assert b"\n" not in good.content.replace(b"\r\n", b"")
    assert bare.replace(b"\r\n", b"\n").split() == [*good.content.split(), b"."]


def test_the_blind_copy_is_read_by_the_wrong_one(transport: str) -> None:
    found = failure("nobody-got-it")
    assert b"Bcc: carol@lab.example" in found.failing.transactions[0].content
    assert b"Bcc" not in found.cured.transactions[0].content


def test_the_keywords_of_the_login_that_is_not_supported(transport: str) -> None:
    found = failure("auth-not-supported")
    before, after = [e.reply for e in found.cured if e.verb == "EHLO" and e.reply]
    assert [any(line.startswith("AUTH") for line in reply.lines) for reply in (before, after)] == [False, True]
    assert not any(e.verb == "AUTH" for e in found.failing)


def test_an_unknown_name_names_near_ones() -> None:
    with pytest.raises(UnknownFailure, match="relay-denied"):
        failure("relay-refused")
    with pytest.raises(UnknownFailure, match="wrong-version"):
        failure("\0")


def test_a_malformed_file_is_refused_with_the_entry() -> None:
    entry = {name: getattr(failures()["dmarc"], name) for name in Failure.__slots__ if name != "key"}
    good = {"phases": ["Message"], "failures": {"dmarc": entry}}
    assert list(read(good)) == ["dmarc"]
    for change, message in (
        ({"colour": "red"}, "colour"),
        ({"code": "550"}, "wrong type.*code"),
        ({"phase": "Weather"}, "Weather"),
    ):
        with pytest.raises(MalformedEntry, match=f"dmarc.*{message}"):
            read({**good, "failures": {"dmarc": entry | change}})
    with pytest.raises(MalformedEntry, match="cure"):
        read({**good, "failures": {"dmarc": {name: value for name, value in entry.items() if name != "cure"}}})


@pytest.mark.parametrize("text", NASTY)
def test_hostile_text_stays_text(text: str) -> None:
    base = failure("user-unknown")
    assert base.failed is not None
    assert base.mended is not None
    words = dict.fromkeys(("title", "pasted", "source", "why", "who", "cure", "rfc", "remark", "says"), text)
    entry = replace(base.entry, **words, cause="policy-other")
    html = about_html(entry) + happened_html(entry, base.failed) + mended_html(entry, base.failed, base.mended)
    ours = about_html(base.entry) + happened_html(base.entry, base.failed)
    ours += mended_html(replace(base.entry, remark="x"), base.failed, base.mended)
    assert tags_of(html) <= tags_of(ours) | {"br"}
    assert tags_of(card(html, text)) <= tags_of(card(ours, "")) | {"br"}
