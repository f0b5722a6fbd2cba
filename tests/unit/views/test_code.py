"""The same conversation as code: the Python runs and says the same; the commands keep to the shell's rules."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from helpers import Lab, views
from helpers.lab import running_labs
from helpers.wire.transcript import Transcript
from tests.unit.views.wire import Wire


@pytest.fixture(params=["memory", "sockets"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("SPEAK_SMTP_TRANSPORT", request.param)
    yield request.param
    for lab in running_labs():
        lab.stop()


def said(transcript: Transcript) -> list[tuple[bytes, str]]:
    return [(exchange.octets, str(exchange.reply)) for exchange in transcript]


def run(code: str) -> Transcript:
    names: dict[str, Any] = {}
    exec(compile(code, "as code", "exec"), names)
    lab = names["lab"]
    transcript: Transcript = lab.transcript()
    lab.stop()
    return transcript


def recorded(conversation: str) -> Transcript:
    """A conversation with a live lab, by name."""
    lab = Lab("open", name="first")
    session = lab.connect()
    session.send("EHLO laptop.example")
    match conversation:
        case "transaction":
            session.send("RCPT TO:<bob@lab.example>")
            session.send("MAIL FROM:<alice@lab.example> SIZE=100 BODY=8BITMIME")
            session.send("RCPT TO:<bob@lab.example>")
            session.send("RCPT TO:<nobody@lab.example>")
            session.send("DATA")
            session.send_data(b"Subject: caf\xc3\xa9 \"'\r\n\r\n.dot\r\n..two\r\n\r\n")
            session.send("RSET")
            session.send("VRFY bob")
            session.send("NOOP \"quoted\" 'both'")
        case "raw":
            session.send_raw(b"NOOP\r\nMAIL FROM:<alice@lab.example>\r\nRCPT TO:<bob@lab.example>\r\nDATA\r\n")
            session.send_raw(b"no end of line, then \x00 and \xff\r\n..\r\n.\r\n")
            session.send_raw(b"NO\xffOP\r\n")
            session.send("MAIL FROM:<alice@lab.example>")
            session.send("RCPT TO:<bob@lab.example>")
            session.send_raw(b"BDAT 12 LAST\r\nSubject: x\r\n")
        case "login":
            session.send("AUTH PLAIN AGFsaWNlAHdyb25n")
            session.send("AUTH LOGIN")
            session.send("YWxpY2U=")
            session.send("*")
            session.send("AUTH PLAIN")
            session.send("AGFsaWNlAHdvbmRlcmxhbmQ=")
        case "empty message":
            session.send("MAIL FROM:<>")
            session.send("RCPT TO:<bob@lab.example>")
            session.send("DATA")
            session.send_data(b"")
    session.send("QUIT")
    transcript: Transcript = lab.transcript()
    lab.stop()
    return transcript


def without_credentials(transcript: Transcript) -> list[str]:
    return views.conversation_text(transcript).splitlines()


@pytest.mark.parametrize("conversation", ["transaction", "raw", "login", "empty message"])
def test_session_code_repeats_the_conversation(transport: str, conversation: str) -> None:
    transcript = recorded(conversation)
    again = run(views.as_session(transcript))
    if conversation == "login":
        assert without_credentials(again) == without_credentials(transcript)
        assert again[-2].octets == b"AGFsaWNlAHdvbmRlcmxhbmQ=\r\n"
    else:
        assert said(again) == said(transcript)


@pytest.mark.parametrize("conversation", ["transaction", "raw", "login", "empty message"])
def test_smtplib_code_repeats_the_conversation(transport: str, conversation: str) -> None:
    """smtplib writes verbs in small letters; RFC 5321 2.4 lets it."""
    transcript = recorded(conversation)
    again = run(views.as_smtplib(transcript))

    def folded(lines: list[str]) -> list[str]:
        return [line.casefold() for line in lines]

    assert folded(without_credentials(again)) == folded(without_credentials(transcript))


def test_session_code_repeats_cram_md5(transport: str) -> None:
    from base64 import b64decode, b64encode
    from hmac import digest

    lab = Lab("open", name="first")
    session = lab.connect()
    session.send("EHLO laptop.example")
    challenge = b64decode(session.send("AUTH CRAM-MD5").text)
    proof = digest(b"wonderland", challenge, "md5").hex()
    session.send(b64encode(f"alice {proof}".encode()).decode())
    transcript = lab.transcript()
    lab.stop()
    for code in (views.as_session(transcript), views.as_smtplib(transcript)):
        assert run(code).state.authenticated == "CRAM-MD5"
        assert "wonderland" not in code


def test_tls_is_repeated(transport: str) -> None:
    lab = Lab("open", name="first")
    session = lab.connect()
    for line in ("EHLO laptop.example", "STARTTLS", "EHLO laptop.example", "QUIT"):
        session.send(line)
    transcript = lab.transcript()
    lab.stop()
    for code in (views.as_session(transcript), views.as_smtplib(transcript)):
        again = run(code)
        assert [(e.verb, e.code, e.tls) for e in again] == [(e.verb, e.code, e.tls) for e in transcript]


def test_no_code_has_the_password() -> None:
    wire = Wire().greeted().client("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=").server("235 ok")
    transcript = wire.transcript()
    for code in (
        views.as_session(transcript),
        views.as_smtplib(transcript),
        views.as_terminal(transcript, "127.0.0.1", 2525),
        views.as_swaks(transcript, "127.0.0.1", 2525),
    ):
        assert "wonderland" not in code
        assert "AGFsaWNlAHdvbmRlcmxhbmQ=" not in code
        assert "alice" in code or "••••••••" in code


def test_scram_is_said_to_be_left_out() -> None:
    wire = Wire().greeted().client("AUTH SCRAM-SHA-256").server("334 ").client("biwsbj11c2VyLHI9eA==").server("535 no")
    for code in (views.as_session(wire.transcript()), views.as_smtplib(wire.transcript())):
        assert "# AUTH SCRAM-SHA-256 is left out" in code
        assert "biws" not in code


def test_terminal_lines_in_the_clear() -> None:
    text = views.as_terminal(Wire().greeted().data(b"Subject: x\r\n\r\n..a\r\n.\r\n").transcript(), "127.0.0.1", 2525)
    lines = text.splitlines()
    assert lines[0] == "telnet 127.0.0.1 2525"
    assert "nc -C 127.0.0.1 2525" in lines[1]
    typed = [line for line in lines if not line.startswith("#")][1:]
    assert typed == [
        "EHLO laptop.example",
        "MAIL FROM:<alice@lab.example>",
        "RCPT TO:<bob@lab.example>",
        "DATA",
        "Subject: x",
        "",
        "..a",
        ".",
    ]


def test_terminal_lines_inside_tls_leave_starttls_to_openssl() -> None:
    wire = Wire().greeted().client("STARTTLS").server("220 go").handshake().client("EHLO b").server("250 x")
    text = views.as_terminal(wire.transcript(), "127.0.0.1", 2525, "starttls")
    assert text.startswith("openssl s_client -connect 127.0.0.1:2525 -starttls smtp -crlf -quiet\n")
    assert [line for line in text.splitlines()[1:] if not line.startswith("#")] == ["EHLO b"]
    implicit = views.as_terminal(Wire(tls=True).greeted().transcript(), "127.0.0.1", 465, "implicit")
    assert implicit.startswith("openssl s_client -connect 127.0.0.1:465 -crlf -quiet\n")


def swaks(transcript: Transcript, tls: views.code.Tls = "none") -> list[list[str]]:
    commands = shlex.split(views.as_swaks(transcript, "127.0.0.1", 2525, tls), comments=True)
    starts = [n for n, word in enumerate(commands) if word == "swaks"]
    return [commands[a:b] for a, b in zip(starts, [*starts[1:], len(commands)], strict=True)]


def test_swaks_says_the_same_transaction() -> None:
    [command] = swaks(Wire().greeted().data(b"Subject: it's $HOME\r\n\r\n..a `b`\r\n.\r\n").transcript())
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options == {
        "--server": "127.0.0.1",
        "--port": "2525",
        "--helo": "laptop.example",
        "--from": "alice@lab.example",
        "--to": "bob@lab.example",
        "--data": "Subject: it's $HOME\n\n.a `b`",
    }


def test_swaks_one_command_a_transaction() -> None:
    wire = (
        Wire().greeted().client("MAIL FROM:<>").server("250 ok").client("RSET").server("250 ok").data(b"a: b\r\n.\r\n")
    )
    transcript = wire.transcript()
    first, second = swaks(transcript, "starttls")
    assert first[-4:] == ["--from", "<>", "--quit-after", "MAIL"]
    assert "--tls" in first
    assert "--data" in second
    assert "# swaks does not send RSET" in views.as_swaks(transcript, "127.0.0.1", 2525)
    [hello] = swaks(Wire(tls=True).greeted().transcript(), "implicit")
    assert hello[-3:] == ["--tls-on-connect", "--quit-after", "HELO"]


@pytest.mark.parametrize("evil", ["'; rm -rf ~; '", "$(id)", "`id`", "a\nb", "--exec", "@file"])
def test_a_shell_reads_no_command_in_what_was_sent(evil: str) -> None:
    line = evil.replace("\n", "\r\n")
    wire = Wire().server("220 x").client(f"EHLO {evil.splitlines()[0]}").server("250 x")
    wire.client("MAIL FROM:<a@b>").server("250 ok").client("RCPT TO:<c@d>").server("250 ok").client("DATA").server(
        "354 go"
    )
    [command] = swaks(wire.client(f"{line}\r\n.\r\n".encode()).server("250 ok").transcript())
    assert command[command.index("--data") + 1] == evil
    assert command[command.index("--helo") + 1] == evil.splitlines()[0]


def test_a_line_without_a_reply_is_not_sent_again() -> None:
    transcript = Wire().greeted().client("NOOP").close(b"dropped").transcript()
    for code in (views.as_session(transcript), views.as_smtplib(transcript)):
        assert "# got no reply, so it isn't sent here: NOOP" in code


def test_nothing_said_yet() -> None:
    for code in (views.as_session(Transcript()), views.as_smtplib(Transcript()), views.as_swaks(Transcript(), "h", 25)):
        assert code == "# Nothing has been said yet."
