"""Whatever is read – commands, replies, addresses, logs, pastes, codes – is read whole, or refused in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helpers import Transcript, decode, diagnose, hint, lookup, reference, show_bytes, solution, take_apart, views
from helpers.exercises.progress_code import BadCode
from helpers.exercises.progress_code import decode as ids_in
from helpers.exercises.registry import UnknownId
from helpers.protocol.address import mailbox_problem, read_path_argument
from helpers.protocol.reply import MalformedReply, Reply, parse_reply
from helpers.wire.events import EventKind, WireEvent
from helpers.wire.messages import StoredMessage
from tests.unit.examples import examples

TEXT = st.text(max_size=120)
LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=60)
SYNTAX = st.sampled_from(
    ["220 ", "250-", "550 5.1.1 ", "C: ", "S: ", "MAIL FROM:<", ">", "\r\n", "\n", '"', "\\", "@", "."]
)
MIXED = st.lists(st.one_of(SYNTAX, st.text(max_size=6)), max_size=30).map("".join)


# --- replies (RFC 5321 4.2) ------------------------------------------------------------------------------------------


@examples(150)
@given(code=st.integers(200, 559), lines=st.lists(LINE, min_size=1, max_size=5))
def test_a_reply_is_read_as_it_was_written(code: int, lines: list[str]) -> None:
    last = len(lines) - 1
    raw = "".join(f"{code}{'-' if n < last else ' '}{text}\r\n" for n, text in enumerate(lines)).encode()
    reply = parse_reply(raw)
    assert (reply.code, reply.lines, reply.raw) == (code, tuple(lines), raw)
    assert "\r\n".join(reply.wire_lines()).encode() + b"\r\n" == raw


NEARLY = st.lists(st.sampled_from([b"250", b"250-", b"250 ", b"550 ", b"25", b"x", b"\r", b"\n", b"\r\n"]), max_size=8)


@examples(150)
@given(st.one_of(st.binary(max_size=80), NEARLY.map(b"".join)))
def test_octets_are_a_reply_or_are_quoted_as_none(octets: bytes) -> None:
    by_grammar = all(re.match(rb"[0-9]{3}", line) for line in octets.removesuffix(b"\n").split(b"\n"))
    same_code = len({line[:3] for line in octets.removesuffix(b"\n").split(b"\n")}) == 1
    if by_grammar and same_code:
        assert parse_reply(octets).raw == octets
    else:
        with pytest.raises(MalformedReply) as refused:
            parse_reply(octets)
        assert str(refused.value).isprintable()


# --- addresses: written by the grammar of RFC 5321 4.1.2 -------------------------------------------------------------

ATEXT = "abcXYZ019!#$%&'*+-/=?^_`{|}~"
ATOM = st.text(ATEXT, min_size=1, max_size=8)
DOT_STRING = st.lists(ATOM, min_size=1, max_size=3).map(".".join)
QTEXT = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), min_size=1, max_size=3),
    st.characters(min_codepoint=32, max_codepoint=126).map(lambda c: "\\" + c),
)
QUOTED = st.lists(QTEXT, max_size=6).map(lambda parts: f'"{"".join(parts)}"')
LABEL = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,10}[A-Za-z0-9])?", fullmatch=True)
NAME = st.from_regex(r"[A-Za-z](?:[A-Za-z0-9-]{0,10}[A-Za-z0-9])?", fullmatch=True)  # or it would be an IP address
DOMAIN = st.tuples(st.lists(LABEL, max_size=3), NAME).map(lambda labels: ".".join([*labels[0], labels[1]]))
IPV4 = st.lists(st.integers(0, 255).map(str), min_size=4, max_size=4).map(lambda n: f"[{'.'.join(n)}]")
MAILBOX = st.tuples(st.one_of(DOT_STRING, QUOTED), st.one_of(DOMAIN, IPV4)).map("@".join)


@examples(200)
@given(mailbox=MAILBOX, verb=st.sampled_from(["FROM", "TO"]))
def test_a_mailbox_of_the_grammar_is_taken(mailbox: str, verb: Any) -> None:
    found = read_path_argument(verb, f"{verb}:<{mailbox}> SIZE=1", utf8=False)
    assert (found.problems, found.path, found.parameters) == ((), mailbox, (("SIZE", "1"),))


@examples(200)
@given(mailbox=st.tuples(DOT_STRING, DOMAIN).map("@".join), data=st.data())
def test_a_character_that_the_grammar_does_not_have_is_named(mailbox: str, data: st.DataObject) -> None:
    """Outside a quoted string neither part has a space, a control, or one of RFC 5321's specials."""
    odd = data.draw(st.sampled_from([*' \t\0\r\n\x7f"(),:;<>[\\]', "é", "\u202e", "\U0001f4e7"]))
    place = data.draw(st.integers(0, len(mailbox)))
    changed = mailbox[:place] + odd + mailbox[place:]
    assume(not re.fullmatch(r'".*"@.*', changed, re.DOTALL))
    problem = mailbox_problem(changed)
    assert problem is not None, changed
    assert problem.sentence.endswith(".")
    assert problem.sentence.isprintable()


# --- logs and pastes -------------------------------------------------------------------------------------------------


@examples(100)
@given(
    st.lists(st.tuples(st.booleans(), st.binary(max_size=30), st.integers(0, 40)), max_size=20),
    st.sampled_from([b"", b"kept"]),
)
def test_a_transcript_has_every_octet_that_the_log_has(parts: list[tuple[bool, bytes, int]], handshake: bytes) -> None:
    """Told or not what a reply answers, and told wrongly: no octet of the client is lost, doubled or moved."""
    events, sent = [WireEvent(EventKind.OPENED, 1)], b""
    for is_client, octets, consumed in parts:
        if is_client:
            sent += octets
            events.append(WireEvent(EventKind.CLIENT, 1, octets))
        else:
            told = None if consumed % 2 else min(consumed, len(sent))
            events.append(WireEvent(EventKind.SERVER, 1, b"250 " + octets.replace(b"\n", b"") + b"\r\n", consumed=told))
    transcript = Transcript.from_events(events)
    assert b"".join(exchange.octets for exchange in transcript) == sent
    assert sum(exchange.reply is not None for exchange in transcript) == sum(not c for c, _, _ in parts)
    if handshake:
        assert Transcript.from_events([*events, WireEvent(EventKind.TLS, 1, handshake, tls=True)]).state.tls


@examples(120)
@given(st.one_of(TEXT, MIXED))
def test_a_paste_is_a_session_or_is_refused_with_help(text: str) -> None:
    transcript = tried(lambda: Transcript.from_text(text), ValueError)
    if isinstance(transcript, ValueError):
        assert "Paste lines marked C: and S:" in str(transcript)
        return
    for shown in (transcript, show_bytes(transcript), take_apart(transcript)):
        assert shown._repr_mimebundle_()
    again = Transcript.from_text(str(transcript))
    assert [e.code for e in again] == [e.code for e in transcript]


@examples(80)
@given(st.one_of(TEXT, MIXED, st.binary(max_size=80)))
def test_whatever_is_decoded_has_a_sentence(said: str | bytes) -> None:
    assert str(decode(said)) + html_of(decode(said))
    text = said if isinstance(said, str) else said.decode("latin-1")
    assert str(diagnose(text)) + html_of(diagnose(text))
    taken = tried(lambda: take_apart(said), ValueError)
    if isinstance(taken, ValueError):
        assert "Paste lines marked" in str(taken)
        assert "\n" in text.strip()
    else:
        assert html_of(taken)


@examples(12)
@given(st.one_of(TEXT, MIXED))
def test_whatever_is_looked_up_there_is_an_answer(text: str) -> None:
    assert str(lookup(text)) + html_of(lookup(text))


def tried(call: Callable[[], Any], refusal: type[Exception]) -> Any:
    """What comes back, or the error of this kind; any other error goes on."""
    try:
        return call()
    except refusal as error:
        return error


def html_of(shown: Any) -> str:
    return str(shown._repr_mimebundle_()["text/html"])


@examples(80)
@given(st.binary(max_size=200), st.binary(max_size=40))
def test_whatever_a_message_is_it_can_be_read(raw: bytes, name: bytes) -> None:
    fields = b"".join(field + b": =?utf-8?" + name + b"?= " + raw + b"\r\n" for field in (b"Subject", b"From", b"To"))
    for octets in (raw, fields + b"\r\n" + raw, b"Content-Type: multipart/mixed; boundary=" + name + b"\r\n\r\n" + raw):
        message = StoredMessage("a@b.example", ("c@d.example",), octets)
        assert html_of(message)
        assert views.mailbox_text([message])
        assert message.body is not None


# --- what a learner calls with a word of their own -------------------------------------------------------------------

CALLS: list[tuple[Callable[[str], object], type[Exception]]] = [
    (hint, UnknownId),
    (solution, UnknownId),
    (reference.command, reference.UnknownEntry),
    (reference.enhanced_code, reference.UnknownEntry),
    (reference.extension, reference.UnknownEntry),
    (reference.mechanism, reference.UnknownEntry),
    (reference.term, reference.UnknownEntry),
    (ids_in, BadCode),
]


@examples(60)
@given(st.one_of(TEXT, st.sampled_from(["01.a", "MAIL", "5.1.1", "SIZE", "PLAIN", "SMTP-AEAQC-AQATS-5Q", "01.Z"])))
def test_a_word_that_is_not_known_gets_its_own_kind_of_error(word: str) -> None:
    for call, refusal in CALLS:
        answer = tried(lambda call=call: call(word), refusal)  # type: ignore[misc]
        assert answer is not None
        assert str(answer)


def test_numbers_that_are_no_codes() -> None:
    for code in (-1, 0, 99, 199, 1000, 10**30):
        with pytest.raises(reference.UnknownEntry):
            reference.reply_code(code)
        assert html_of(Reply(code, ("",)))
