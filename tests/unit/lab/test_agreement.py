"""The server's own state and the state that the transcript reads from the log are the same after every step.

And whatever octets come, the server answers each command with one well-formed reply.
"""

from __future__ import annotations

import base64
import random
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.lab import Lab
from helpers.lab.clock import START
from helpers.lab.dialogue import Answer, Dialogue, Next
from helpers.lab.mailroom import Mailroom
from helpers.lab.people import people
from helpers.lab.profiles import profile, profile_names
from helpers.protocol.reply import parse_reply
from helpers.protocol.state import Phase, SessionState
from helpers.session import Session
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import EHLO, MAIL, PLAIN_ALICE, RCPT, b64

STEPS: list[str | bytes] = [
    EHLO,
    EHLO,
    "HELO laptop.example",
    "EHLO",
    "EHLO a b",
    "STARTTLS",
    "STARTTLS x",
    PLAIN_ALICE,
    "AUTH PLAIN " + b64("\0alice\0wrong"),
    "AUTH LOGIN",
    "AUTH CRAM-MD5",
    "AUTH FOO",
    "*",
    b64("alice"),
    b64("wonderland"),
    "!",
    MAIL,
    MAIL,
    "MAIL FROM: <alice@lab.example>",
    "MAIL FROM:<>",
    "mail from:<élan@lab.example> SMTPUTF8 body=8bitmime SIZE=99",
    "MAIL FROM:<@a.example,@b.example:c@d.example>",
    'MAIL FROM:<"a > b"@lab.example> SIZE=5',
    "MAIL FROM:<a@b.example> SIZE=99999999",
    "MAIL FROM:alice@lab.example",
    "MAIL FROM:<alice@lab.example> FOO",
    RCPT,
    RCPT,
    "RCPT TO:<away@lab.example>",
    "RCPT TO:<busy@lab.example>",
    "RCPT TO:<grey@lab.example>",
    "RCPT TO:<nobody@lab.example>",
    "RCPT TO:<x@other.example>",
    "RCPT TO:<Postmaster>",
    "RCPT TO:<>",
    "DATA",
    "DATA",
    "DATA x",
    ".",
    "Subject: x",
    b"line\r\n.\r\n",
    b"\xff\r\n.\r\n",
    b"BDAT 4\r\nNOOP",
    b"BDAT 2 LAST\r\n\r\n",
    b"BDAT 0 LAST\r\n",
    b"BDAT 2000\r\n" + b"x" * 2000,
    "BDAT x",
    "RSET",
    "RSET x",
    "NOOP",
    "VRFY Smith",
    "EXPN staff",
    "HELP",
    "FOO",
    "QUIT x",
    b"NOOP\n",
    b"NOOP\r\nRSET\r\n" + MAIL.encode() + b"\r\n",
    f"{MAIL}\r\n{RCPT}\r\nDATA\r\n".encode(),
]


def engine_of(lab: Lab, session: Session) -> Any:
    [engine] = [engine for engine in lab._live if engine.connection == session.connection]
    return engine


def server_state(engine: Any) -> dict[str, object]:
    dialogue = engine.dialogue
    transaction = dialogue.transaction
    if engine._now_waiting is Next.MESSAGE:
        phase = Phase.MESSAGE
    elif dialogue._auth is not None:
        phase = Phase.AUTH
    elif transaction is not None:
        phase = Phase.RECIPIENTS if transaction.recipients else Phase.SENDER
    else:
        phase = Phase.GREETED if dialogue.hello else Phase.CONNECTED
    return {
        "phase": phase,
        "hello": dialogue.hello,
        "name": dialogue.client,
        "tls": dialogue.tls,
        "authenticated": dialogue.user is not None,
        "sender": transaction.sender if transaction else None,
        "recipients": len(transaction.recipients) if transaction else 0,
        "chunking": bool(transaction and transaction.chunks is not None),
    }


def transcript_state(state: SessionState) -> dict[str, object]:
    return {
        "phase": state.phase,
        "hello": state.hello,
        "name": state.client_name or "",
        "tls": state.tls,
        "authenticated": state.authenticated is not None,
        "sender": state.reverse_path,
        "recipients": len(state.forward_paths),
        "chunking": state.chunking,
    }


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", profile_names())
def test_server_and_transcript_agree(start: Start, name: str, seed: int) -> None:
    dice = random.Random(f"{name} {seed}")
    lab = start(name, max_errors=10_000, max_auth_failures=10_000, max_size=1000)
    session = lab.connect()
    said: list[str | bytes] = []
    for _ in range(150):
        step = dice.choice(STEPS)
        said.append(step)
        octets = step if isinstance(step, bytes) else step.encode() + b"\r\n"
        replies = session.send_raw(octets)
        if step == "STARTTLS" and replies and replies[-1].code == 220:
            session.start_tls()
        transcript = lab.transcript().connection(session.connection)
        assert transcript_state(transcript.state) == server_state(engine_of(lab, session)), said[-6:]
    accepted = [t for t in transcript.transactions if t.outcome == "accepted"]
    assert len(accepted) == len(lab._mailroom.accepted)
    for transaction, message in zip(accepted, lab._mailroom.accepted, strict=True):
        assert transaction.sender == message.sender
        assert transaction.recipients == message.recipients
        assert transaction.content == message.raw


# --- arbitrary octets ----------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [step.encode() if isinstance(step, str) else step for step in STEPS]
    + [
        b" ",
        b"\t",
        b"\0",
        b"\r",
        b"\n",
        b"\x7f",
        b"\xff",
        b"<",
        b">",
        b"@",
        b'"',
        b"\\",
        b":",
        b"=",
        b"[",
        b"\xe2\x80\xa8",
    ]
)
LINES = st.one_of(
    st.binary(max_size=700),
    st.lists(WORDS, max_size=5).map(b"".join),
    st.tuples(WORDS, st.binary(max_size=30)).map(b"".join),
    st.tuples(st.sampled_from([b"MAIL FROM:", b"RCPT TO:", b"AUTH ", b"EHLO ", b"VRFY ", b"BDAT "]), st.binary()).map(
        b"".join
    ),
)


def new_dialogue(name: str) -> Dialogue:
    mailroom = Mailroom(people("lab.example"), "mail.lab.example", lambda: START)
    return Dialogue(profile(name), "mail.lab.example", mailroom, lambda: "1.2")


def check_reply(answer: Answer) -> None:
    raw = answer.reply.encode() + b"\r\n"
    reply = parse_reply(raw)
    assert 200 <= reply.code <= 559
    for line in raw.split(b"\r\n")[:-1]:
        assert re.fullmatch(
            rb"[2-5][0-5]\d[ -][\t -~]*|[23]5\d [^\0-\x08\n-\x1f\x7f]*|5[0-5]\d [^\0-\x08\n-\x1f\x7f]*", line
        )
        assert len(line) <= 510


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(profile_names()), lines=st.lists(LINES, min_size=1, max_size=12), tls=st.booleans())
def test_any_octets_get_an_answer(name: str, lines: list[bytes], tls: bool) -> None:
    dialogue = new_dialogue(name)
    if tls:
        dialogue.tls_started()
    step = Next.COMMAND
    for line in lines:
        if step is Next.RESPONSE:
            answer = dialogue.response(line + b"\r\n")
        elif step is Next.MESSAGE:
            answer = dialogue.message(line + b"\r\n.\r\n")
        else:
            answer = dialogue.command(line.replace(b"\n", b"") + b"\r\n")
        if answer.next is Next.CHUNK:
            size = min(answer.octets, 100)
            answer = dialogue.chunk(b"x" * size, answer.reply, size, line.upper().endswith(b"LAST"))
        check_reply(answer)
        step = answer.next
        if step in (Next.CLOSE, Next.TLS):
            break


@settings(max_examples=60, deadline=None)
@given(response=st.one_of(st.binary(max_size=60), st.sampled_from([b"n,,n=alice,r=x", b"c=biws,r=x1.2,p=x", b"\0\0"])))
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"])
def test_any_response_gets_an_answer(mechanism: str, response: bytes) -> None:
    dialogue = new_dialogue("open")
    dialogue.command(EHLO.encode() + b"\r\n")
    answer = dialogue.command(f"AUTH {mechanism}\r\n".encode())
    for octets in (response, response, b"", base64.b64encode(response)):
        if answer.next is not Next.RESPONSE:
            break
        answer = dialogue.response(base64.b64encode(octets) + b"\r\n")
        check_reply(answer)
        assert answer.reply[:3] in ("334", "501", "535")
    assert dialogue.user is None
