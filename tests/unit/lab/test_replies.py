"""Every reply that the lab can give, provoked once: its code and its enhanced code are those of the RFCs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from helpers.lab import Lab, replies
from helpers.lab.data_files import load
from helpers.lab.dialogue import Dialogue
from helpers.protocol.reply import Reply
from helpers.session import Session
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import BODY, EHLO, MAIL, PLAIN_ALICE, RCPT, TRANSACTION, b64, raw_pipe

Step = str | bytes | Callable[[Lab, Session], object]


@dataclass(frozen=True)
class Scene:
    """What to say, and the reply's code and enhanced code ("-": none) as the RFC named beside it has them."""

    code: int
    enhanced: str
    steps: tuple[Step, ...] = ()
    profile: str = "open"
    policy: dict[str, Any] = field(default_factory=dict)


def scene(code: int, enhanced: str, *steps: Step, profile: str = "open", **policy: Any) -> Scene:
    return Scene(code, enhanced, steps, profile, policy)


def advance(lab: Lab, session: Session) -> None:
    lab.clock.advance(minutes=5)


def stop(lab: Lab, session: Session) -> None:
    lab.stop()


BAD_LOGIN = "AUTH PLAIN " + b64("\0alice\0wrong")
RECEIVED = b"Received: from a.example by b.example; Mon, 5 Jan 2026 09:00:00 +0000\r\n" * 100

# 5321 is RFC 5321, and so on. Enhanced codes: RFC 3463, 4954 6 (AUTH), 6531 3.6 (5.6.7), 2034 4 (where none stands).
SCENES: dict[str, Scene] = {
    "greeting": scene(220, "-"),  # 5321 4.2, 4.3.1; 2034 4
    "greeting-legacy": scene(220, "-", profile="legacy"),
    "hello": scene(250, "-", "HELO laptop.example"),
    "hello-ehlo": scene(250, "-", EHLO),
    "hello-missing": scene(501, "-", "EHLO"),  # 5321 4.1.1.1, 4.2.2
    "hello-syntax": scene(501, "-", "EHLO a b"),
    "hello-not-fqdn": scene(504, "-", "EHLO laptop", profile="strict"),  # 5321 4.3.2
    "unknown": scene(500, "5.5.1", "FOO"),  # 5321 4.2.4; 3463 3.6
    "empty-line": scene(500, "5.5.2", ""),
    "leading-space": scene(500, "5.5.2", " NOOP"),
    "not-ascii": scene(500, "5.5.2", "ÉHLO x"),
    "control-character": scene(500, "5.5.2", b"NOOP \x07\r\n"),
    "bare-lf": scene(500, "5.5.2", b"NOOP\n"),  # 5321 2.3.8
    "bare-cr": scene(500, "5.5.2", b"NOOP a\rb\r\n"),
    "line-too-long": scene(500, "5.5.2", "NOOP " + "x" * 506),  # 5321 4.5.3.1.9
    "not-implemented": scene(502, "5.5.1", "TURN"),  # 5321 4.2.4
    "no-argument-taken": scene(501, "5.5.4", "RSET x"),
    "argument-needed": scene(501, "5.5.4", "VRFY"),
    "too-many-errors": scene(421, "4.7.0", *["FOO"] * 20),
    "idle": scene(421, "4.4.2", advance, "NOOP"),  # 5321 3.8
    "shutdown": scene(421, "4.3.2", stop, "NOOP"),  # 5321 3.8
    "local-error": scene(451, "4.3.0", "NOOP"),  # 5321 4.2.3 (451)
    "send-hello": scene(503, "5.5.1", MAIL),  # 5321 4.1.4
    "needs-ehlo": scene(503, "5.5.1", "HELO laptop.example", "STARTTLS"),
    "nested-mail": scene(503, "5.5.1", EHLO, MAIL, MAIL),  # 5321 4.1.4
    "need-mail": scene(503, "5.5.1", EHLO, RCPT),  # 5321 3.3
    "need-rcpt": scene(503, "5.5.1", EHLO, MAIL, "DATA"),  # 5321 3.3
    "no-valid-rcpt": scene(554, "5.5.1", EHLO, MAIL, "RCPT TO:<nobody@lab.example>", "DATA"),  # 5321 3.3
    "data-after-bdat": scene(503, "5.5.1", *TRANSACTION, b"BDAT 2\r\nab", "DATA"),  # 3030 2
    "binary-needs-bdat": scene(
        503,
        "5.5.1",
        EHLO,
        MAIL + " BODY=BINARYMIME",
        RCPT,
        "DATA",  # 3030 3
        extensions=frozenset({"8BITMIME", "CHUNKING", "BINARYMIME", "ENHANCEDSTATUSCODES"}),
    ),
    "tls-first": scene(530, "5.7.0", EHLO, MAIL, profile="submission"),  # 3207 4
    "auth-first": scene(530, "5.7.0", EHLO, MAIL, profile="submissions"),  # 4954 6
    "mail-ok": scene(250, "2.1.0", EHLO, MAIL),
    "path-syntax-mail": scene(501, "5.1.7", EHLO, "MAIL FROM:alice@lab.example"),
    "path-syntax-rcpt": scene(501, "5.1.3", EHLO, MAIL, "RCPT TO:bob@lab.example"),
    "null-rcpt": scene(501, "5.1.3", EHLO, MAIL, "RCPT TO:<>"),
    "parameter-syntax": scene(501, "5.5.4", EHLO, MAIL + " SIZE=big"),
    "parameter-unknown": scene(555, "5.5.4", EHLO, MAIL + " FOO=1"),  # 5321 4.1.1.11
    "need-smtputf8": scene(553, "5.6.7", EHLO, "MAIL FROM:<élan@lab.example>"),  # 6531 3.6
    "declared-too-big": scene(552, "5.3.4", EHLO, MAIL + " SIZE=10485761"),  # 1870 6.1
    "rcpt-ok": scene(250, "2.1.5", *TRANSACTION),
    "rcpt-relayed": scene(250, "2.1.5", EHLO, PLAIN_ALICE, MAIL, "RCPT TO:<x@other.example>"),
    "user-unknown": scene(550, "5.1.1", EHLO, MAIL, "RCPT TO:<nobody@lab.example>"),
    "relay-denied": scene(550, "5.7.1", EHLO, MAIL, "RCPT TO:<x@other.example>"),  # 5321 3.6.2
    "too-many-recipients": scene(452, "4.5.3", *TRANSACTION, *[RCPT] * 100),  # 5321 4.5.3.1.10
    "data-go-ahead": scene(354, "-", *TRANSACTION, "DATA"),
    "accepted": scene(250, "2.0.0", *TRANSACTION, "DATA", BODY + b".\r\n"),
    "too-big": scene(552, "5.3.4", *TRANSACTION, "DATA", b"x" * 98 + b"\r\n.\r\n", max_size=99),  # 1870 6.3
    "text-line-too-long": scene(500, "5.5.2", *TRANSACTION, "DATA", b"x" * 999 + b"\r\n.\r\n"),  # 5321 4.5.3.1.9
    "not-8bit": scene(554, "5.6.1", *TRANSACTION, "DATA", "é\r\n.\r\n".encode(), profile="strict"),  # 6152 3
    "bare-lf-in-data": scene(554, "5.6.0", *TRANSACTION, "DATA", b"a\nb\r\n.\r\n", profile="strict"),
    "dmarc-refused": scene(
        550, "5.7.26", *TRANSACTION, "DATA", b"From: a@freemail.example\r\n\r\n.\r\n", profile="mx"
    ),  # 7372 3.4
    "mail-loop": scene(554, "5.4.6", *TRANSACTION, "DATA", RECEIVED + b"\r\n.\r\n"),  # 5321 6.3
    "chunk-ok": scene(250, "2.0.0", *TRANSACTION, b"BDAT 4\r\nabcd"),  # 3030 2
    "chunk-syntax": scene(501, "5.5.4", *TRANSACTION, "BDAT four"),
    "rset-ok": scene(250, "2.0.0", "RSET"),
    "noop-ok": scene(250, "2.0.0", "NOOP"),
    "bye": scene(221, "2.0.0", "QUIT"),
    "vrfy-found": scene(250, "2.1.5", "VRFY alice"),  # 5321 3.5.1
    "vrfy-forward": scene(251, "2.1.5", "VRFY away"),  # 5321 3.5.1
    "vrfy-noncommittal": scene(252, "2.5.0", "VRFY alice", profile="mx"),  # 5321 3.5.3
    "vrfy-unknown": scene(550, "5.1.1", "VRFY nobody"),
    "vrfy-foreign": scene(252, "2.5.0", "VRFY <x@other.example>"),
    "vrfy-ambiguous": scene(553, "5.1.4", "VRFY Smith"),  # 5321 3.5.1
    "vrfy-candidate": scene(553, "5.1.4", "VRFY Smith"),
    "expn-member": scene(250, "2.1.5", "EXPN staff"),
    "expn-unknown": scene(550, "5.1.1", "EXPN nobody"),
    "expn-private": scene(252, "2.5.0", "EXPN board"),
    "help": scene(214, "2.0.0", "HELP"),  # 5321 4.1.1.8
    "help-command": scene(214, "2.0.0", "HELP MAIL"),
    "help-unknown": scene(504, "5.5.4", "HELP FOO"),
    "tls-ready": scene(220, "2.0.0", EHLO, b"STARTTLS\r\n"),  # 3207 4
    "tls-active": scene(503, "5.5.1", EHLO, "STARTTLS", EHLO, "STARTTLS"),
    "tls-in-transaction": scene(503, "5.5.1", *TRANSACTION, "STARTTLS"),
    "tls-unavailable": scene(454, "4.7.0", EHLO, "STARTTLS"),  # 3207 4
    "auth-ok": scene(235, "2.7.0", EHLO, PLAIN_ALICE),
    "auth-bad": scene(535, "5.7.8", EHLO, BAD_LOGIN),
    "auth-weak": scene(534, "5.7.9", EHLO, "AUTH PLAIN " + b64("\0dave\0hal9000")),
    "auth-syntax": scene(501, "5.5.4", EHLO, "AUTH"),
    "auth-base64": scene(501, "5.5.2", EHLO, "AUTH PLAIN !!!"),
    "auth-format": scene(501, "5.5.2", EHLO, "AUTH PLAIN " + b64("no NUL")),
    "auth-cancelled": scene(501, "5.7.0", EHLO, "AUTH PLAIN", "*"),
    "auth-no-initial": scene(501, "5.7.0", EHLO, "AUTH CRAM-MD5 YWJj"),  # 4954 4
    "auth-mechanism": scene(504, "5.5.4", EHLO, "AUTH GSSAPI"),
    "auth-twice": scene(503, "5.5.1", EHLO, PLAIN_ALICE, PLAIN_ALICE),
    "auth-in-transaction": scene(503, "5.5.1", EHLO, MAIL, PLAIN_ALICE),
    "auth-encryption": scene(538, "5.7.11", EHLO, PLAIN_ALICE, profile="strict"),
    "auth-failures": scene(421, "4.7.0", EHLO, *[BAD_LOGIN] * 3),
    "auth-line-too-long": scene(500, "5.5.6", EHLO, "AUTH PLAIN", "A" * 12288),  # 4954 4: 12288 with CR LF
}
ELSEWHERE = {"early-talk", "plain-on-tls-port"}  # no session gets that far: see below


def test_every_reply_of_the_lab_is_provoked_here() -> None:
    assert {*SCENES, *ELSEWHERE} == set(load("replies"))


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the replies that were given."""
    keys: list[str] = []
    real = replies.Wording.__call__

    def record(self: replies.Wording, key: str, /, **values: object) -> str:
        keys.append(key)
        return real(self, key, **values)

    monkeypatch.setattr(replies.Wording, "__call__", record)
    return keys


def play(lab: Lab, steps: tuple[Step, ...]) -> Reply:
    session = lab.connect()
    reply = session.greeting
    for step in steps:
        if isinstance(step, str):
            reply = session.send(step)
        elif isinstance(step, bytes):
            [reply] = session.send_raw(step)
        else:
            step(lab, session)
    return reply


@pytest.mark.parametrize("key", SCENES)
def test_reply(key: str, start: Start, spoken: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = SCENES[key]
    if key == "tls-unavailable":
        monkeypatch.setattr("helpers.lab.lab.can_tls", lambda: False)
    lab = start(expected.profile, **expected.policy)
    if key == "local-error":
        monkeypatch.setitem(Dialogue._METHODS, "NOOP", lambda dialogue, argument: 1 / 0)
    reply = play(lab, expected.steps)
    assert key in spoken
    assert reply.code == expected.code
    for line in reply.lines:
        found = re.match(r"([245]\.\d+\.\d+) ", line)
        assert (found[1] if found else "-") == expected.enhanced
    if key in ("too-many-errors", "idle", "shutdown", "auth-failures", "bye"):
        assert lab.transcript().connections[0].state.phase == "ended"


def test_early_talk_is_told_off() -> None:
    """Only a client from outside can talk before the greeting: a Session waits for it (RFC 5321 3.1)."""
    import socket

    with Lab("strict", transport="sockets") as lab, socket.create_connection((lab.host, lab.port), 5) as client:
        client.sendall(b"EHLO laptop.example\r\n")
        with client.makefile("rb") as replies_in:
            assert replies_in.read().startswith(b"554 ")


def test_plain_client_on_the_tls_port_is_told_off(start: Start) -> None:
    pipe = raw_pipe(start("submissions"))
    pipe.write(b"EHLO laptop.example\r\n")
    assert pipe.read().startswith(b"421 This port speaks TLS")
    assert pipe.read() == b""


@pytest.mark.parametrize("key", sorted(load("replies")))
def test_the_text_is_one_plain_line(key: str) -> None:
    code, enhanced, text = load("replies")[key].split(" ", 2)
    assert re.fullmatch(r"[2-5][0-5]\d", code)
    # RFC 3463 2: the class of an enhanced code is that of the reply
    assert enhanced == "-" or re.fullmatch(rf"{code[0]}\.\d\.\d{{1,2}}", enhanced)
    assert (enhanced == "-") == (
        code[0] == "3" or key.startswith(("greeting", "hello")) or key in ELSEWHERE
    )  # RFC 2034 4
    assert text.isascii()
    assert text.isprintable()
    assert not text.endswith((".", " "))


@pytest.mark.parametrize(
    "line",
    [
        "VRFY " + "x" * 480,
        "EXPN " + "ü" * 240,
        "HELP " + "y" * 490,
        "EHLO " + "é.example",
        "MAIL FROM:<“a”@lab.example>",
        "MAIL FROM:<a@lab.example> " + "K" * 400,
        "VRFY a\u2028250 2.0.0 b",
        "RCPT TO:<bob@lab.example> NOTIFY=" + "ß" * 90,
    ],
)
def test_what_comes_back_is_ascii_and_fits_a_reply_line(lab: Lab, line: str) -> None:
    """RFC 5321 4.2 (textstring) and 4.5.3.1.5 (512 octets with code and CR LF)."""
    session = lab.connect()
    session.send(EHLO)
    if line.startswith("RCPT"):
        session.send(MAIL)
    reply = session.send(line)
    assert reply.code >= 500
    for octets in reply.raw.splitlines(keepends=True):
        assert len(octets) <= 512
        assert octets.endswith(b"\r\n")
        assert all(octet == 9 or 32 <= octet <= 126 for octet in octets[:-2])


def test_an_internationalised_address_comes_back_as_it_was_sent(lab: Lab) -> None:
    """RFC 6531 3.3: once SMTPUTF8 is agreed, addresses are UTF-8."""
    session = lab.connect()
    session.send(EHLO)
    assert "<élan@lab.example>" in session.send("MAIL FROM:<élan@lab.example> SMTPUTF8").text


def test_without_enhanced_codes_no_reply_has_one(start: Start) -> None:
    session = start("legacy").connect()
    for line in ("HELO laptop.example", "FOO", MAIL, "RCPT TO:<busy@lab.example>", RCPT, "RSET", "VRFY Smith", "QUIT"):
        reply = session.send(line)
        assert not any(re.match(r"[245]\.\d", text) for text in reply.lines)
