"""Pasted sessions: real captures and outputs, and the notations of the RFCs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.protocol.state import Phase
from helpers.wire.events import EventKind
from helpers.wire.pasted import events_in
from helpers.wire.transcript import ExchangeKind, Outcome, Transcript
from tests.unit.wire.log import greeted

DATA = Path(__file__).parents[2] / "data"


def _read(name: str) -> Transcript:
    return Transcript.from_text((DATA / name).read_bytes().decode())


def _said(transcript: Transcript) -> list[tuple[str | None, int | None]]:
    return [(e.command, e.code) for e in transcript]


def _plan(transcript: Transcript) -> list[tuple[str, int | None]]:
    """Verb, or kind, and code."""
    return [(e.verb or e.kind.value, e.code) for e in transcript]


CAPTURES = {
    "31-swaks-exim-auth-login-bad": "greeting 220, EHLO 250, AUTH 334, response 334, response 535, QUIT 221",
    "32-swaks-postfix-unknown-recipient": "greeting 220, EHLO 250, MAIL 250, RCPT 550, QUIT 221",
    "33-swaks-postfix-relay-denied": "greeting 220, EHLO 250, MAIL 250, RCPT 554, QUIT 221",
    "34-swaks-postfix-tls-required": "greeting 220, EHLO 250, MAIL 530, QUIT 221",
    "36-postfix-auth-refusals": (
        "greeting 220, EHLO 250, AUTH 535, AUTH 535, AUTH 535, AUTH 334, response 501, AUTH 334, response 501, "
        "MAIL 250, RCPT 553, RSET 250, AUTH 535, MAIL 250, RCPT 250, QUIT 221"
    ),
    "37-postfix-helo-checks": (
        "greeting 220, MAIL 503, HELO 250, MAIL 250, RCPT 504, RSET 250, HELO 250, MAIL 250, RCPT 504, HELO 501, "
        "QUIT 221"
    ),
    "41-postfix-timeout-421": "greeting 220, EHLO 250, unasked 421",
    "45-postfix-bdat": "greeting 220, EHLO 250, MAIL 250, RCPT 250, BDAT 250, BDAT 250, QUIT 221",
    "49-exim-sequence-and-syntax": (
        "greeting 220, EHLO 501, EHLO 501, HELO 501, EHLO 250, MAIL 250, MAIL 503, MAIL None"
    ),
    "51-exim-long-line": "greeting 220, EHLO 250, MAIL 250, RCPT 250, DATA 354, message 550, QUIT 221",
    "52-postfix-vrfy": "greeting 220, EHLO 250, VRFY 252, VRFY 550, VRFY 252, EXPN 500, QUIT 221",
    "53-postfix-vrfy-disabled": "greeting 220, EHLO 250, VRFY 502, VRFY 502, QUIT 221",
    "54-exim-vrfy": "greeting 220, EHLO 250, VRFY 252, VRFY 252, VRFY 501, EXPN 550, QUIT 221",
    "55-exim-vrfy-permitted": "greeting 220, EHLO 250, VRFY 250, VRFY 550, VRFY 501, EXPN 550, QUIT 221",
}


def test_every_capture_is_expected_here() -> None:
    assert {path.stem for path in (DATA / "captures").iterdir()} == set(CAPTURES)


@pytest.mark.parametrize("name", CAPTURES)
def test_capture(name: str) -> None:
    transcript = _read(f"captures/{name}.txt")
    assert ", ".join(f"{what} {code}" for what, code in _plan(transcript)) == CAPTURES[name]
    assert len(transcript.connections) == 1


def test_states_and_transactions_of_the_captures() -> None:
    refused = _read("captures/32-swaks-postfix-unknown-recipient.txt")
    assert [e.after.phase.value for e in refused] == ["connected", "greeted", "sender named", "sender named", "ended"]
    (transaction,) = refused.transactions
    assert transaction.recipients == ()
    assert [(path, reply.enhanced) for path, reply in transaction.refused_recipients] == [
        ("nobody@example.test", "5.1.1")
    ]

    chunks = _read("captures/45-postfix-bdat.txt")
    assert [e.content for e in chunks if e.verb == "BDAT"] == [b"Subject: x\r\n\r", b"\nhello\n"]  # 13 and 7 octets
    assert chunks.transactions[0].outcome is Outcome.ACCEPTED

    login = _read("captures/31-swaks-exim-auth-login-bad.txt")
    assert [e.before.phase for e in login][3:5] == [Phase.AUTH, Phase.AUTH]
    assert login[4].after.authenticated is None

    long_line = _read("captures/51-exim-long-line.txt")
    assert long_line.transactions[0].outcome is Outcome.REFUSED
    assert long_line[5].content.startswith(b"Subject: l\r\n\r\nxxx")

    nested = _read("captures/49-exim-sequence-and-syntax.txt")
    assert nested.transactions[0].sender == "a@nodomain"
    assert nested[6].reply is not None
    assert nested[6].reply.lines == ("sender already given", "Too many syntax or protocol errors")


def test_swaks() -> None:
    transcript = _read("pasted/swaks-plain.txt")
    assert _plan(transcript) == [
        ("greeting", 220),
        ("EHLO", 250),
        ("MAIL", 250),
        ("RCPT", 250),
        ("DATA", 354),
        ("message", 250),
        ("QUIT", 221),
    ]
    (transaction,) = transcript.transactions
    assert (transaction.sender, transaction.recipients) == ("alice@client.example", ("bob@example.test",))
    assert b"\r\n\r\n.dot first\r\nlast line\r\n" in transaction.content  # swaks shows the stuffed dot
    assert transcript.connections[0].closed == "client"


def test_swaks_marks_tls_line_by_line() -> None:
    transcript = _read("pasted/swaks-tls-auth.txt")
    assert [e.tls for e in transcript] == [False] * 3 + [True] * 10
    assert transcript[6].after.authenticated == "LOGIN"
    assert transcript.transactions[0].refused_recipients[0][0] == "nobody@example.test"
    refused = _read("pasted/swaks-auth-refused.txt")
    assert _plan(refused)[-2:] == [("AUTH", 535), ("QUIT", 221)]
    assert refused.state.authenticated is None
    assert _plan(_read("pasted/swaks-tls-missing.txt")) == [("greeting", 220), ("EHLO", 250), ("QUIT", 221)]


def test_swaks_whose_handshake_failed_was_never_inside_tls() -> None:
    transcript = _read("pasted/swaks-tls-failed.txt")
    assert _plan(transcript)[:3] == [("greeting", 220), ("EHLO", 250), ("STARTTLS", 220)]
    assert not any(e.tls for e in transcript)
    assert EventKind.TLS not in [event.kind for event in transcript.events]


def test_swaks_with_tls_from_the_start() -> None:
    text = "=== Trying 127.0.0.1:465...\n=== TLS started with cipher X\n<~  220 hi\n ~> QUIT\n<~  221 bye\n"
    transcript = Transcript.from_text(text)
    assert [e.tls for e in transcript] == [True, True]
    assert transcript[0].before.tls


def test_two_runs_of_swaks_are_two_connections() -> None:
    text = (DATA / "pasted/swaks-plain.txt").read_text() * 2
    transcript = Transcript.from_text(text)
    assert [len(c.exchanges) for c in transcript.connections] == [7, 7]


@pytest.mark.parametrize("python", ["3.11.7", "3.12.1", "3.13.0"])
def test_smtplib_debug_output(python: str) -> None:
    transcript = _read(f"pasted/smtplib-{python}-level1.txt")
    assert [e.code for e in transcript] == [220, 250, 250, 250, 550, 354, 250, 221]
    assert [e.verb for e in transcript] == [None, "EHLO", "MAIL", "RCPT", "RCPT", "DATA", None, "QUIT"]
    (transaction,) = transcript.transactions
    # what the script gave to sendmail, octet by octet
    assert transaction.content == b'Subject: it\'s a "test"\r\n\r\n.dot first\r\nback\\slash caf\xe9\r\n'

    starttls = _read(f"pasted/smtplib-{python}-level2-starttls.txt")
    assert _plan(starttls)[:4] == [("EHLO", 250), ("STARTTLS", 220), ("EHLO", 250), ("AUTH", 235)]
    assert [e.tls for e in starttls][:4] == [False, False, True, True]
    assert starttls.state.authenticated == "PLAIN"


def test_smtplib_summaries_alone() -> None:
    text = "send: 'ehlo x.example\\r\\n'\nreply: retcode (250); Msg: b'mx\\nSIZE 5\\nHELP'\nsend: 'noop\\r\\n'\n"
    transcript = Transcript.from_text(text)
    assert transcript[0].reply is not None
    assert transcript[0].reply.wire_lines() == ["250-mx", "250-SIZE 5", "250 HELP"]
    assert transcript[1].reply is None


def test_curl_does_not_show_the_message() -> None:
    transcript = _read("pasted/curl-verbose.txt")
    assert _plan(transcript)[-2:] == [("DATA", 354), ("message", 250)]
    assert transcript.transactions[0].outcome is Outcome.ACCEPTED
    assert "# the paste does not show the message" in str(transcript)


NOTES = """\
S: 220 mail.lab.example ESMTP ready
C: EHLO laptop.example
S: 250-mail.lab.example greets laptop.example
S: 250 SIZE 1000
C: MAIL FROM:<alice@lab.example>
S: 250 OK
C: RCPT TO:<bob@lab.example>
S: 250 OK
C: DATA
S: 354 go on
C: Subject: x
C:
C:     indented
C: .
S: 250 OK
C: QUIT
S: 221 bye
"""


@pytest.mark.parametrize(
    ("client", "server"),
    [
        ("C:", "S:"),
        ("C", "S"),
        (">", "<"),
        (">>>", "<<<"),
        ("-->", "<--"),
        (" ->", "<- "),
        ("Client:", "Server:"),
        ("SMTP>>", "SMTP<<"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("before", ["", "    ", "\t", "12:01:02.345 ", "[2026-11-23 12:01:02] "])
def test_notations(client: str, server: str, line_end: str, before: str) -> None:
    expected = Transcript.from_text(NOTES)
    text = NOTES.replace("C:", client).replace("S:", server).replace("\n", line_end)
    text = "".join(before + line for line in text.splitlines(keepends=True))
    transcript = Transcript.from_text(text)
    assert _said(transcript) == _said(expected)
    assert transcript.transactions[0].content == b"Subject: x\r\n\r\n    indented\r\n"


def test_notes_inside_a_quotation() -> None:
    quoted = "\n".join(f"> {line}" for line in NOTES.splitlines())
    assert _said(Transcript.from_text(quoted)) == _said(Transcript.from_text(NOTES))


def test_a_message_noted_without_marks() -> None:
    text = NOTES.replace("C: Subject: x\nC:\nC:     indented\nC: .", "\nSubject: x\n\nhello\n.")
    transcript = Transcript.from_text(text)
    assert transcript.transactions[0].content == b"Subject: x\r\n\r\nhello\r\n"
    assert transcript[-1].code == 221


def test_the_sender_and_receiver_of_old_rfcs() -> None:
    # RFC 3030 4.1, retold: S is the sender there, and the chunk's size is not the paste's
    text = """
        R: <wait for connection on TCP port 25>
        S: <open connection to server>
        R: 220 mail.lab.example SMTP service ready
        S: EHLO laptop.example
        R: 250-mail.lab.example says hello
        R: 250 CHUNKING
        S: MAIL FROM:<alice@lab.example>
        R: 250 ok
        S: RCPT TO:<bob@lab.example>
        R: 250 ok
        S: BDAT 86 LAST
        S: To: bob@lab.example<CR><LF>
        S: Subject: nothing in it<CR><LF>
        R: 250 Message OK, 86 octets received
        S: QUIT
        R: 221 Goodbye
    """.replace("        S: <open connection to server>\n", "")
    transcript = Transcript.from_text(text)
    assert _plan(transcript)[-3:] == [("RCPT", 250), ("BDAT", 250), ("QUIT", 221)]
    assert transcript.transactions[0].content.startswith(b"To: bob@lab.example")


def test_pipelined_chunks_of_another_size() -> None:
    # RFC 3030 4.2, retold
    text = """
        S: 220 ready
        C: EHLO laptop.example
        S: 250-mail.lab.example
        S: 250 CHUNKING
        C: MAIL FROM:<alice@lab.example> BODY=BINARYMIME
        C: RCPT TO:<bob@lab.example>
        S: 250 ok
        S: 250 ok
        C: BDAT 100000
        C: (the first 100000 octets)
        C: BDAT 324
        C: (324 more)
        C: BDAT 0 LAST
        S: 250 100000 octets received
        S: 250 324 octets received
        S: 250 message ok
        C: QUIT
        S: 221 bye
    """
    transcript = Transcript.from_text(text)
    assert [e.command for e in transcript if e.verb == "BDAT"] == ["BDAT 100000", "BDAT 324", "BDAT 0 LAST"]
    assert transcript[-1].command == "QUIT"
    assert transcript.transactions[0].content == b"(the first 100000 octets)\r\n(324 more)\r\n"


def test_pipelining() -> None:
    # RFC 2920 4.2, retold
    text = """
        S: 220 ready
        C: EHLO laptop.example
        S: 250-mail.lab.example
        S: 250 PIPELINING
        C: MAIL FROM:<alice@lab.example>
        C: RCPT TO:<bob@lab.example>
        C: RCPT TO:<nobody@lab.example>
        C: DATA
        S: 250 sender ok
        S: 250 recipient ok
        S: 550 no such mailbox
        S: 354 go on
        C: hello
        C: .
        C: QUIT
        S: 250 sent
        S: 221 bye
    """
    transcript = Transcript.from_text(text)
    assert _plan(transcript)[2:] == [
        ("MAIL", 250),
        ("RCPT", 250),
        ("RCPT", 550),
        ("DATA", 354),
        ("message", 250),
        ("QUIT", 221),
    ]
    assert len({e.group for e in transcript[2:6]}) == 1


def test_starttls_in_notes() -> None:
    # RFC 3207 6, retold
    text = """
        S: 220 mail.lab.example ready
        C: EHLO laptop.example
        S: 250-mail.lab.example
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 Go ahead
        C: <starts TLS negotiation>
        C: EHLO laptop.example
        S: 250 mail.lab.example
    """.replace("        C: <starts TLS negotiation>\n", "")
    events = events_in(text)
    assert [e.kind for e in events].count(EventKind.TLS) == 1
    transcript = Transcript.from_events(events)
    assert [e.tls for e in transcript] == [False, False, False, True]
    assert transcript.state.tls
    assert transcript.state.phase is Phase.GREETED


def test_a_client_that_talks_first_is_not_mistaken() -> None:
    transcript = Transcript.from_text("C: EHLO a.example\nS: 220 ready\nS: 250 hi\n")
    assert [(e.kind, e.code) for e in transcript] == [(ExchangeKind.GREETING, 220), (ExchangeKind.COMMAND, 250)]


def test_notes_without_a_greeting() -> None:
    transcript = Transcript.from_text("C: RCPT TO:<bob@lab.example>\nS: 550 5.1.1 unknown\n")
    assert _said(transcript) == [("RCPT TO:<bob@lab.example>", 550)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("550 5.1.1 No such user", ["550 5.1.1 No such user"]),
        ("  \n550 5.1.1 No such user\r\n", ["550 5.1.1 No such user"]),
        (
            "550-5.7.26 Unauthenticated\n550 5.7.26 see the page",
            ["550-5.7.26 Unauthenticated", "550 5.7.26 see the page"],
        ),
        ("554", ["554 "]),
    ],
)
def test_a_reply_alone(text: str, lines: list[str]) -> None:
    transcript = Transcript.from_text(text)
    assert len(transcript) == 1
    assert transcript[0].reply is not None
    assert transcript[0].reply.wire_lines() == lines
    assert [e.kind for e in transcript.events] == [EventKind.SERVER]
    assert transcript.events[0].consumed is None


def test_a_terminal_without_marks() -> None:
    text = """\
Trying 127.0.0.1...
Connected to localhost.
Escape character is '^]'.
220 mail.lab.example ESMTP ready
HELLO laptop.example
500 5.5.2 Unknown command
EHLO laptop.example
250-mail.lab.example
250 SIZE 1000
MAIL FROM:<alice@lab.example>
250 OK
RCPT TO:<bob@lab.example>
250 OK
DATA
354 go on
Subject: x

250 things to do
.
250 queued
QUIT
221 bye
Connection closed by foreign host.
"""
    transcript = Transcript.from_text(text)
    assert _said(transcript)[:3] == [(None, 220), ("HELLO laptop.example", 500), ("EHLO laptop.example", 250)]
    assert transcript.transactions[0].content == b"Subject: x\r\n\r\n250 things to do\r\n"
    assert transcript[-1].code == 221


def test_its_own_text_reads_back() -> None:
    script = (
        greeted().c("STARTTLS").s("220 go").start_tls().c("EHLO laptop.example").s("250-mail.lab.example", "250 SIZE")
    )
    script.c("MAIL FROM:<>").s("250 ok").c("RCPT TO:<b@lab.example>").s("250 ok").c("DATA").s("354 go")
    original = script.c(b"..x\r\n\r\n.\r\n").s("250 ok").c("QUIT").s("221 bye").transcript()
    again = Transcript.from_text(str(original))
    assert _said(again) == _said(original)
    assert [e.tls for e in again] == [e.tls for e in original]
    assert again.transactions[0].content == original.transactions[0].content


@pytest.mark.parametrize(
    "text", ["", "hello", "C:", "S: <waits>", ">>> lab.connect()\n>>> 1 + 1", "> quoted mail\n> more", "send: spam"]
)
def test_what_is_no_session_is_refused_with_help(text: str) -> None:
    with pytest.raises(ValueError, match="No line here is a line of an SMTP session"):
        events_in(text)


_PIECES = st.sampled_from(
    [
        *["C: ", "S: ", "R: 220 x", "250-", "250 ", "354 go", "DATA", "BDAT 5 LAST", "BDAT 99999999999999999999999 "],
        *["STARTTLS", "220 ", " ~> ", "<~  ", "=== Trying x", "=== TLS started with cipher", "send: '", "reply: b'"],
        *["\\r\\n'", "\\x", "retcode (250); Msg: b'x'", "\n", "\r\n", ".", "AUTH LOGIN", "334 ", "[raw] "],
        *["# connection 2", "EHLO x", "421 ", "\ud800"],
    ]
)


@settings(max_examples=300)
@given(st.text(max_size=200) | st.lists(_PIECES | st.text(max_size=5), max_size=40).map("".join))
def test_any_text_gives_a_session_or_a_value_error(text: str) -> None:
    try:
        events = events_in(text)
    except ValueError as error:
        assert "No line here" in str(error)  # noqa: PT017
    else:
        transcript = Transcript.from_events(events)
        assert events
        str(transcript)
        assert len(transcript.transactions) <= len(transcript)
