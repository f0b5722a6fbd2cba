"""The wire log read as a conversation."""

from __future__ import annotations

import gc
from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.protocol.state import Phase
from helpers.wire.events import EventKind, WireEvent
from helpers.wire.transcript import ExchangeKind, Outcome, Transcript, unstuff
from tests.unit.wire.log import Script, greeted

MESSAGE = b"Subject: dots\r\n\r\n..one\r\n...two\r\n.\x00x\r\nend\r\n.\r\n"


def _whole_session() -> Script:
    script = greeted()
    script.c("AUTH LOGIN").s("334 VXNlcm5hbWU6").c("YWxpY2U=").s("334 UGFzc3dvcmQ6").c("d29uZGVybGFuZA==").s(
        "235 2.7.0 ok"
    )
    script.c("MAIL FROM:<alice@lab.example>").s("250 2.1.0 ok").c("RCPT TO:<bob@lab.example>").s("250 2.1.5 ok")
    script.c("RCPT TO:<nobody@lab.example>").s("550 5.1.1 unknown").c("DATA").s("354 go on").c(MESSAGE).s(
        "250 2.0.0 queued"
    )
    return script.c("QUIT").s("221 2.0.0 bye").add(EventKind.CLOSED, b"server")


def test_a_whole_session() -> None:
    transcript = _whole_session().transcript()
    assert [(e.kind.value, e.verb, e.code) for e in transcript] == [
        ("greeting", None, 220),
        ("command", "EHLO", 250),
        ("command", "AUTH", 334),
        ("response", None, 334),
        ("response", None, 235),
        ("command", "MAIL", 250),
        ("command", "RCPT", 250),
        ("command", "RCPT", 550),
        ("command", "DATA", 354),
        ("message", None, 250),
        ("command", "QUIT", 221),
    ]
    assert transcript[0].command is None
    assert transcript[3].command == "YWxpY2U="
    assert transcript[1].reply is not None
    assert transcript[1].reply.lines == ("mail.lab.example", "PIPELINING", "SIZE 1000")
    assert [e.number for e in transcript] == list(range(1, 12))
    assert transcript[4].after.authenticated == "LOGIN"
    assert (transcript[6].path, transcript[8].path) == ("bob@lab.example", None)
    assert transcript.state.phase is Phase.ENDED
    assert transcript.connections[0].closed == "server"


def test_its_transaction() -> None:
    (transaction,) = _whole_session().transcript().transactions
    assert (transaction.sender, transaction.recipients, transaction.outcome) == (
        "alice@lab.example",
        ("bob@lab.example",),
        Outcome.ACCEPTED,
    )
    assert [(path, reply.code) for path, reply in transaction.refused_recipients] == [("nobody@lab.example", 550)]
    # RFC 5321 4.5.2: one leading dot goes, the final line goes
    assert transaction.content == b"Subject: dots\r\n\r\n.one\r\n..two\r\n\x00x\r\nend\r\n"


@pytest.mark.parametrize(
    ("octets", "content"),
    [
        (b".\r\n", b""),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"a\r\n..\r\n.\r\n", b"a\r\n.\r\n"),
        (b"The end.\r\n", b"The end.\r\n"),  # broken off: the full stop is not the final dot
        (b"", b""),
        (b"a\n.\r\n", b"a\n"),  # a lax server took LF . CR LF as the end
    ],
)
def test_unstuff(octets: bytes, content: bytes) -> None:
    assert unstuff(octets) == content


def _shape(transcript: Transcript) -> list[object]:
    return [(replace(e, sent_at=0.0, replied_at=0.0), e.octets) for e in transcript]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_packets_do_not_matter(size: int) -> None:
    script = _whole_session()
    cut: list[WireEvent] = []
    for event in script.events:
        if event.kind is EventKind.CLIENT:
            cut += [replace(event, data=event.data[n : n + size]) for n in range(0, len(event.data), size)]
        else:
            cut.append(event)
    assert _shape(Transcript.from_events(cut)) == _shape(script.transcript())


@given(st.data())
def test_any_cut_gives_the_same_transcript(data: st.DataObject) -> None:
    script = _whole_session()
    cut: list[WireEvent] = []
    for event in script.events:
        if event.kind is EventKind.CLIENT:
            places = sorted(data.draw(st.sets(st.integers(1, max(1, len(event.data) - 1)), max_size=4)))
            for start, end in zip([0, *places], [*places, len(event.data)], strict=True):
                cut.append(replace(event, data=event.data[start:end]))
        else:
            cut.append(event)
    assert _shape(Transcript.from_events(cut)) == _shape(script.transcript())


def test_the_grammar_splits_what_the_log_does_not() -> None:
    script = _whole_session()
    without = [replace(event, consumed=None) for event in script.events]
    assert _shape(Transcript.from_events(without)) == _shape(script.transcript())


def test_a_pipelined_group() -> None:
    # RFC 2920 3.1, retold: one group up to DATA, the next from the message to QUIT
    script = greeted()
    began = script.sent
    group = ["MAIL FROM:<a@lab.example>", "RCPT TO:<b@lab.example>", "RCPT TO:<c@lab.example>", "DATA"]
    script.c(*group)
    read = began
    for line, reply in zip(group, ["250 ok", "250 ok", "550 no", "354 go on"], strict=True):
        read += len(line) + 2
        script.s(reply, consumed=read)
    began = script.sent
    script.c(b"hi\r\n.\r\n", "QUIT").s("250 sent", consumed=began + 7).s("221 bye")
    transcript = script.transcript()
    assert [(e.command, e.code) for e in transcript][2:6] == list(zip(group, [250, 250, 550, 354], strict=True))
    assert [(e.kind, e.code) for e in transcript][6:] == [(ExchangeKind.MESSAGE, 250), (ExchangeKind.COMMAND, 221)]
    groups = [e.group for e in transcript]
    assert len(set(groups[2:6])) == 1
    assert len(set(groups[6:])) == 1
    assert len({groups[0], groups[1], groups[2], groups[6]}) == 4
    assert transcript.transactions[0].outcome is Outcome.ACCEPTED


def test_bdat_chunks() -> None:
    script = greeted().c("MAIL FROM:<>").s("250 ok").c("RCPT TO:<b@lab.example>").s("250 ok")
    script.c(b"BDAT 15\r\nSubject: x\r\n\r\n\r").s("250 15 octets").c(b"BDAT 8 LAST\r\n\n\xff\r\n.\r\nz").s("250 ok")
    for events in (script.events, [replace(e, consumed=None) for e in script.events]):
        transcript = Transcript.from_events(events)
        assert [e.command for e in transcript][-2:] == ["BDAT 15", "BDAT 8 LAST"]
        assert transcript[-2].after.chunking
        (transaction,) = transcript.transactions
        assert transaction.content == b"Subject: x\r\n\r\n\r\n\xff\r\n.\r\nz"
        assert transaction.outcome is Outcome.ACCEPTED


def test_an_absurd_chunk_size_is_no_number() -> None:
    events = [
        WireEvent(EventKind.CLIENT, 1, b"BDAT " + b"9" * 5000 + b"\r\n"),
        WireEvent(EventKind.SERVER, 1, b"501 no\r\n"),
    ]
    assert Transcript.from_events(events)[0].code == 501


def test_an_unasked_421() -> None:
    transcript = greeted().s("421 4.4.2 timeout").add(EventKind.CLOSED, b"server").transcript()
    last = transcript[-1]
    assert (last.kind, last.command, last.code) == (ExchangeKind.UNASKED, None, 421)
    assert last.after.phase is Phase.ENDED


def test_a_421_in_a_transaction_drops_it() -> None:
    script = greeted().c("MAIL FROM:<a@lab.example>").s("250 ok").s("421 4.4.2 timeout")
    assert [t.outcome for t in script.transcript().transactions] == [Outcome.DROPPED]


def test_a_log_that_begins_with_a_command_has_no_greeting() -> None:
    events = [WireEvent(EventKind.CLIENT, 1, b"EHLO a.example\r\n"), WireEvent(EventKind.SERVER, 1, b"250 hi\r\n")]
    transcript = Transcript.from_events(events)
    assert [(e.kind, e.verb, e.code) for e in transcript] == [(ExchangeKind.COMMAND, "EHLO", 250)]
    assert transcript.state.phase is Phase.GREETED


def test_a_client_that_talks_before_the_greeting() -> None:
    script = Script().c("EHLO a.example").s("220 ready", consumed=0).s("250 hi")
    assert [(e.kind.value, e.code) for e in script.transcript()] == [("greeting", 220), ("command", 250)]


def test_starttls_throws_away_what_came_too_early() -> None:
    script = greeted()
    before = script.sent
    script.c("STARTTLS", "MAIL FROM:<evil@lab.example>").s("220 go", consumed=before + len("STARTTLS\r\n")).start_tls()
    script.c("EHLO laptop.example").s("250 mail.lab.example")
    transcript = script.transcript()
    assert [e.verb for e in transcript] == [None, "EHLO", "STARTTLS", "EHLO"]
    assert [e.tls for e in transcript] == [False, False, False, True]
    assert transcript.transactions == ()
    assert transcript.state.tls
    text = str(transcript)
    assert "evil" not in text
    assert "# 30 octets sent before the handshake were thrown away" in text


def test_implicit_tls() -> None:
    transcript = Script(tls=True).s("220 ready").c("EHLO a.example").s("250 hi").transcript()
    assert all(e.tls and e.before.tls for e in transcript)


def test_a_replay_is_marked() -> None:
    script = Script(data=b"replay").s("220 ready").c("EHLO a.example").s("250 hi").c("MAIL FROM:<>").s("250 ok")
    script.add(EventKind.REPLAYED).c("RSET").s("250 ok")
    transcript = script.transcript()
    assert [e.replayed for e in transcript] == [True, True, True, False]
    assert transcript.connections[0].replay
    assert transcript.transactions[0].replayed is False


def test_an_unanswered_command_and_a_dropped_connection() -> None:
    script = (
        greeted()
        .c("MAIL FROM:<a@lab.example>")
        .s("250 ok")
        .c("RCPT TO:<b@lab.example>")
        .add(EventKind.CLOSED, b"dropped")
    )
    transcript = script.transcript()
    assert (transcript[-1].verb, transcript[-1].reply, transcript[-1].code) == ("RCPT", None, None)
    assert transcript.transactions[0].outcome is Outcome.DROPPED
    assert transcript.state.phase is Phase.ENDED
    assert str(transcript).endswith("# the connection was dropped without a word")


def test_two_connections_stay_apart() -> None:
    first, second = greeted(), greeted()
    second = [replace(e, connection=2) for e in second.c("MAIL FROM:<z@lab.example>").s("250 ok").events]
    mixed = [event for pair in zip(first.events, second, strict=False) for event in pair] + second[len(first.events) :]
    transcript = Transcript.from_events(mixed)
    assert [c.number for c in transcript.connections] == [1, 2]
    assert [e.connection for e in transcript] == [1, 2, 1, 2, 2]
    assert len(transcript.connection(2)) == 3
    assert [e.number for e in transcript.connection(2)] == [2, 4, 5]
    with pytest.raises(KeyError, match="no connection 3"):
        transcript.connection(3)


def test_something_that_is_no_reply_becomes_a_remark() -> None:
    transcript = greeted().c("NOOP").add(EventKind.SERVER, b"\x1b[2Jboo\r\n", 999).transcript()
    assert "# the server sent something that is not a reply" in str(transcript)


HOSTILE = "\x1b]0;owned\x07\x08\x7f\u202e\u2028\x85\x00"


def test_nothing_in_the_text_moves_a_cursor() -> None:
    script = (
        greeted().c(f"NOOP {HOSTILE}").s(f"250 {HOSTILE}").c("DATA").s("354 go").c(f"x{HOSTILE}\rfake", ".").s("250 ok")
    )
    script.add(EventKind.NOTE, f"handler failed: {HOSTILE}".encode()).c(b"\xff\xfe\r\n").s("500 what")
    text = str(script.transcript())
    assert all(c.isprintable() for line in text.split("\n") for c in line)
    assert "\\x1b]0;owned\\x07" in text
    assert "\\u202e\\u2028" in text


def test_lines_are_numbered_and_carry_their_exchange() -> None:
    lines = greeted().transcript().lines()
    assert [(line.number, line.side, line.exchange) for line in lines] == [
        (1, "S", 1),
        (2, "C", 2),
        (3, "S", 2),
        (4, "S", 2),
        (5, "S", 2),
    ]
    assert str(lines[1]) == "C: EHLO laptop.example"


def test_the_empty_transcript() -> None:
    transcript = Transcript.from_events([])
    assert not transcript
    assert len(transcript) == 0
    assert str(transcript) == ""
    assert transcript.state.phase is Phase.CONNECTED


@given(st.lists(st.tuples(st.sampled_from(list(EventKind)), st.binary(max_size=30), st.booleans()), max_size=20))
def test_no_log_breaks_the_reader(parts: list[tuple[EventKind, bytes, bool]]) -> None:
    events = []
    for kind, data, ready in parts:
        if kind is EventKind.CLOSED:
            data = b"client"
        if kind is EventKind.SERVER and ready:
            data = b"250 " + data
        events.append(WireEvent(kind, 1, data, consumed=None))
    transcript = Transcript.from_events(events)
    assert all(c.isprintable() or c in "\t\n" for c in str(transcript))
    assert len(transcript.transactions) <= len(transcript)


def _long(exchanges: int) -> list[WireEvent]:
    script = greeted()
    for _ in range(exchanges // 5):
        script.c("MAIL FROM:<a@lab.example>").s("250 ok").c("RCPT TO:<b@lab.example>").s("250 ok").c("DATA").s("354 go")
        script.c(b"Subject: x\r\n\r\nhello\r\n.\r\n").s("250 ok").c("NOOP").s("250 ok")
    return script.events


def _pipelined(exchanges: int) -> list[WireEvent]:
    script = greeted()
    began = script.sent
    script.c(*["NOOP"] * exchanges)
    for n in range(exchanges):
        script.s("250 ok", consumed=began + 6 * (n + 1))
    return script.events


@pytest.mark.parametrize("make", [_long, _pipelined])
@pytest.mark.parametrize("told", [True, False], ids=["consumed", "by grammar"])
def test_growth_is_linear(make: object, told: bool) -> None:
    def seconds(exchanges: int) -> float:
        events = make(exchanges)  # type: ignore[operator]
        if not told:
            events = [replace(e, consumed=None) for e in events]
        best = 1e9
        gc.disable()  # its pauses grow with everything else that the test run holds
        try:
            for _ in range(4):
                began = process_time()
                transcript = Transcript.from_events(events)
                str(transcript)
                _ = transcript.transactions
                best = min(best, process_time() - began)
        finally:
            gc.enable()
        return best

    # measured 9 to 14 on a busy machine; quadratic growth would be near 100
    assert seconds(10_000) <= 25 * seconds(1_000)
