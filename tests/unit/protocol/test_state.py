"""The session's state machine against the dialogues of the RFCs, retold with our own names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.protocol.state import Phase, SessionState, after_reply, path_in, verb_of

C, G, S, R, M, A, E = Phase

EHLO = ("EHLO laptop.example", 250, ("mail.lab.example greets laptop.example", "8BITMIME", "SIZE 1000", "DSN"))

#: name -> (source, [(client's line, code, texts of the reply, phase after it)])
DIALOGUES: dict[str, tuple[str, list[tuple[str, int, tuple[str, ...], Phase]]]] = {
    "a typical transaction": (
        "RFC 5321 D.1",
        [
            (*EHLO, G),
            ("MAIL FROM:<alice@laptop.example>", 250, ("OK",), S),
            ("RCPT TO:<bob@lab.example>", 250, ("OK",), R),
            ("RCPT TO:<nobody@lab.example>", 550, ("No such user",), R),
            ("RCPT TO:<carol@lab.example>", 250, ("OK",), R),
            ("DATA", 354, ("Go on",), M),
            ("Subject: x", 250, ("OK",), G),
            ("QUIT", 221, ("Bye",), E),
        ],
    ),
    "an aborted transaction": (
        "RFC 5321 D.2",
        [
            (*EHLO, G),
            ("MAIL FROM:<alice@laptop.example>", 250, ("OK",), S),
            ("RCPT TO:<bob@lab.example>", 250, ("OK",), R),
            ("RCPT TO:<nobody@lab.example>", 550, ("No such user",), R),
            ("RSET", 250, ("OK",), G),
            ("QUIT", 221, ("Bye",), E),
        ],
    ),
    "a relay's step": (
        "RFC 5321 D.3, step 2: an EHLO reply of one line",
        [
            ("EHLO relay.example", 250, ("mail.lab.example is on the air",), G),
            ("MAIL FROM:<alice@laptop.example>", 250, ("OK",), S),
            ("RCPT TO:<bob@LAB.EXAMPLE>", 250, ("OK",), R),
            ("DATA", 354, ("Go on",), M),
            ("Received: from laptop.example", 250, ("OK",), G),
            ("QUIT", 221, ("Bye",), E),
        ],
    ),
    "verify, then send": (
        "RFC 5321 D.4",
        [
            (*EHLO, G),
            ("VRFY bob", 250, ("Bob <bob@lab.example>",), G),
            ("MAIL FROM:<alice@laptop.example>", 250, ("OK",), S),
            ("RCPT TO:<bob@lab.example>", 250, ("OK",), R),
            ("DATA", 354, ("Go on",), M),
            ("text", 250, ("OK",), G),
        ],
    ),
    "EHLO again resets, a refused EHLO does not": (
        "RFC 5321 4.1.4",
        [
            ("NOOP", 250, ("OK",), C),
            ("VRFY bob", 252, ("perhaps",), C),
            (*EHLO, G),
            ("MAIL FROM:<a@b.example>", 250, ("OK",), S),
            ("EHLO !!", 501, ("bad name",), S),
            ("MAIL FROM:<c@d.example>", 503, ("nested",), S),
            ("RCPT TO:<b@b.example>", 250, ("OK",), R),
            ("HELO laptop.example", 250, ("hi",), G),
            ("RCPT TO:<b@b.example>", 503, ("no MAIL",), G),
            ("DATA", 503, ("no MAIL",), G),
        ],
    ),
    "QUIT before EHLO": ("RFC 5321 4.1.4", [("QUIT", 221, ("Bye",), E)]),
    "a refused sender, a refused message": (
        "RFC 5321 3.3, 4.1.1.4: the buffers are cleared whatever the reply to the message is",
        [
            (*EHLO, G),
            ("MAIL FROM:<>", 550, ("no",), G),
            ("MAIL FROM:<>", 250, ("OK",), S),
            ("DATA", 503, ("no RCPT",), S),
            ("RCPT TO:<b@b.example>", 251, ("will forward",), R),
            ("DATA", 451, ("later",), R),
            ("DATA", 354, ("Go on",), M),
            ("text", 554, ("spam",), G),
        ],
    ),
    "421 ends it anywhere": (
        "RFC 5321 4.2.2 and 3.8",
        [
            (*EHLO, G),
            ("MAIL FROM:<a@b.example>", 250, ("OK",), S),
            ("NOOP", 421, ("closing",), E),
            ("NOOP", 250, (), E),
        ],
    ),
    "STARTTLS": (
        "RFC 3207 4.2 and 6",
        [
            ("EHLO laptop.example", 250, ("mail.lab.example", "STARTTLS", "DSN"), G),
            ("STARTTLS", 220, ("Go ahead",), C),
            ("EHLO laptop.example", 250, ("mail.lab.example", "DSN"), G),
        ],
    ),
    "STARTTLS refused": (
        "RFC 3207 4: 454 TLS not available",
        [("EHLO laptop.example", 250, ("m", "STARTTLS"), G), ("STARTTLS", 454, ("no",), G)],
    ),
    "AUTH PLAIN with an initial response": (
        "RFC 4954 4, first example",
        [(*EHLO, G), ("AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=", 235, ("2.7.0 ok",), G)],
    ),
    "AUTH PLAIN without one": (
        "RFC 4954 4, second example",
        [(*EHLO, G), ("AUTH PLAIN", 334, ("",), A), ("dGVzdAB0ZXN0ADEyMzQ=", 235, ("2.7.0 ok",), G)],
    ),
    "AUTH cancelled, then failed in two steps": (
        "RFC 4954 4",
        [
            (*EHLO, G),
            ("AUTH LOGIN", 334, ("VXNlcm5hbWU6",), A),
            ("*", 501, ("cancelled",), G),
            ("AUTH LOGIN", 334, ("VXNlcm5hbWU6",), A),
            ("QUIT", 334, ("UGFzc3dvcmQ6",), A),  # not a command: it answers the challenge
            ("d3Jvbmc=", 535, ("5.7.8 no",), G),
        ],
    ),
    "BDAT in one chunk": (
        "RFC 3030 4.1",
        [
            (*EHLO, G),
            ("MAIL FROM:<a@b.example>", 250, ("OK",), S),
            ("RCPT TO:<c@d.example>", 250, ("OK",), R),
            ("BDAT 86 LAST", 250, ("86 octets",), G),
        ],
    ),
    "BDAT in chunks, the last one empty": (
        "RFC 3030 4.2",
        [
            (*EHLO, G),
            ("MAIL FROM:<a@b.example> BODY=BINARYMIME", 250, ("OK",), S),
            ("RCPT TO:<c@d.example>", 250, ("OK",), R),
            ("BDAT 100000", 250, ("octets",), R),
            ("BDAT 324", 250, ("octets",), R),
            ("bdat 0 last", 250, ("OK",), G),
        ],
    ),
    "a refused chunk": (
        "RFC 3030 2: the transaction is broken until RSET",
        [
            (*EHLO, G),
            ("MAIL FROM:<a@b.example>", 250, ("OK",), S),
            ("RCPT TO:<c@d.example>", 250, ("OK",), R),
            ("BDAT 10", 250, ("OK",), R),
            ("BDAT 10 LAST", 552, ("too much",), R),
            ("RSET", 250, ("OK",), G),
        ],
    ),
}


@pytest.mark.parametrize("name", DIALOGUES)
def test_dialogue(name: str) -> None:
    state = SessionState()
    for line, code, texts, phase in DIALOGUES[name][1]:
        state = after_reply(state, line, code, texts)
        assert state.phase is phase, line


def _run(*steps: tuple[str, int, tuple[str, ...]]) -> SessionState:
    state = SessionState()
    for line, code, texts in steps:
        state = after_reply(state, line, code, texts)
    return state


def test_ehlo_and_helo_are_remembered() -> None:
    state = _run(EHLO)
    assert (state.hello, state.client_name) == ("EHLO", "laptop.example")
    assert state.keywords == {"8BITMIME", "SIZE", "DSN"}
    state = after_reply(state, "helo other.example", 250, ("hello",))
    assert (state.hello, state.client_name, state.keywords) == ("HELO", "other.example", frozenset())


def test_rset_keeps_hello_tls_and_auth() -> None:
    # RFC 5321 4.1.1.5; a new EHLO keeps them too
    state = _run(("EHLO a.example", 250, ("m", "STARTTLS")), ("STARTTLS", 220, ("go",)))
    state = after_reply(state, "EHLO a.example", 250, ("m", "AUTH PLAIN"))
    state = after_reply(state, "AUTH plain AGEAYg==", 235, ("ok",))
    for line in ("RSET", "EHLO a.example"):
        state = after_reply(state, line, 250, ("m", "AUTH PLAIN"))
        assert (state.tls, state.authenticated, state.hello) == (True, "PLAIN", "EHLO")


def test_starttls_forgets() -> None:
    # RFC 3207 4.2
    state = _run(("EHLO a.example", 250, ("m", "STARTTLS", "SIZE")), ("STARTTLS", 220, ("go",)))
    assert state == SessionState(tls=True)


def test_the_envelope() -> None:
    state = _run(
        EHLO, ("MAIL FROM:<> SIZE=5 AUTH=<>", 250, ("OK",)), ("RCPT TO:<Postmaster> NOTIFY=NEVER", 250, ("OK",))
    )
    assert state.in_transaction
    assert state.reverse_path == ""
    assert state.mail_parameters == ("SIZE=5", "AUTH=<>")  # the brackets of AUTH=<> are not the path's
    assert state.forward_paths == ("Postmaster",)
    assert not after_reply(state, "RSET", 250).in_transaction


@pytest.mark.parametrize(("line", "code"), [("QUIT", 221), ("NOOP", 421), ("DATA", 421)])
def test_the_end_of_a_session_cancels_the_transaction(line: str, code: int) -> None:
    # RFC 5321 4.1.1.10
    state = _run(EHLO, ("MAIL FROM:<a@b.example>", 250, ("OK",)), ("RCPT TO:<c@d.example>", 250, ("OK",)))
    state = after_reply(state, line, code)
    assert (state.phase, state.in_transaction, state.forward_paths) == (Phase.ENDED, False, ())


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("MAIL FROM:<alice@lab.example> SIZE=5", "alice@lab.example"),
        ("mail from: <alice@lab.example>", "alice@lab.example"),
        ("MAIL FROM:alice@lab.example BODY=7BIT", "alice@lab.example"),
        ("MAIL FROM:<>", ""),
        ('RCPT TO:<"a>b"@lab.example>', '"a>b"@lab.example'),
        ("RCPT TO:<@hosta.int,@jkl.org:userc@d.bar.org>", "userc@d.bar.org"),  # RFC 5321 Appendix C
        ("RCPT TO:<bob>", "bob"),
        ("RCPT TO:<bob@lab.example", "bob@lab.example"),
    ],
)
def test_path_in(line: str, path: str) -> None:
    assert path_in(line) == path


@pytest.mark.parametrize(
    ("line", "verb"), [("mail from:<a@b>", "MAIL"), ("QUIT", "QUIT"), ("", ""), ("MAIL:<a>", "MAIL"), ("  ", "")]
)
def test_verb_of(line: str, verb: str) -> None:
    assert verb_of(line) == verb


_LINES = st.sampled_from(
    [line for _, steps in DIALOGUES.values() for line, *_ in steps]
    + ["", "BDAT", "BDAT x LAST", "AUTH", "EHLO", "\udcff"]
)


@given(st.lists(st.tuples(_LINES | st.text(max_size=12), st.integers(200, 599)), max_size=25))
def test_any_dialogue_keeps_the_state_sound(steps: list[tuple[str, int]]) -> None:
    state = SessionState()
    for line, code in steps:
        state = after_reply(state, line, code, ("x", "SIZE"))
        assert state.in_transaction or not state.forward_paths
        assert (state.mechanism is not None) or state.phase is not Phase.AUTH
        assert state.phase is not Phase.RECIPIENTS or state.forward_paths
        if state.phase is Phase.GREETED:
            assert state.hello
            assert not state.in_transaction
