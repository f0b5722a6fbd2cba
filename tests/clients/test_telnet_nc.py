"""telnet and netcat: what a person types goes to the server as it is."""

from __future__ import annotations

import pytest

from helpers.lab import Lab
from helpers.protocol.state import Phase
from helpers.wire.transcript import Outcome
from tests.clients.programs import Terminal, Tools
from tests.clients.reading import MESSAGE, PLAIN, assert_delivered, assert_states, only_connection, steps

pytestmark = pytest.mark.clients

ENDS_LINES = [("telnet",), ("nc", "-C")]  # both send CR LF for Enter
NAMES = ["telnet", "nc -C"]


def dial(tools: Tools, lab: Lab, program: tuple[str, ...]) -> Terminal:
    terminal = tools.open(*program, lab.host, lab.port)
    terminal.see(b"220 mail.lab.example ESMTP ready")
    return terminal


@pytest.mark.parametrize("program", ENDS_LINES, ids=NAMES)
def test_a_session_by_hand(tools: Tools, lab: Lab, program: tuple[str, ...]) -> None:
    with dial(tools, lab, program) as terminal:
        terminal.say("EHLO laptop.example", b"250 HELP")
        terminal.say("MAIL FROM:<alice@lab.example>", b"250 2.1.0")
        terminal.say("RCPT TO:<bob@lab.example>", b"250 2.1.5")
        terminal.say("DATA", b"354 ")
        for line in MESSAGE.decode().splitlines():
            terminal.type((("." if line.startswith(".") else "") + line + "\n").encode())
        terminal.say(".", b"250 2.0.0")
        terminal.say("QUIT", b"221 ")
        assert terminal.end() == 0
    connection = only_connection(lab)
    assert steps(connection) == PLAIN
    assert_delivered(lab, connection)
    assert_states(connection)


@pytest.mark.parametrize("program", ENDS_LINES, ids=NAMES)
def test_mistakes_by_hand(tools: Tools, lab: Lab, program: tuple[str, ...]) -> None:
    with dial(tools, lab, program) as terminal:
        terminal.say("MAIL FROM:<alice@lab.example>", b"503 5.5.1")
        terminal.say("HELLO", b"500 5.5.1")
        terminal.say("", b"500 5.5.2")
        terminal.say("ehlo laptop.example", b"250 HELP")
        terminal.say("mail from:<alice@lab.example>", b"250 2.1.0")
        terminal.say("RCPT TO:<nobody@lab.example>", b"550 5.1.1")
        terminal.say("DATA", b"554 5.5.1")
        terminal.say("RSET", b"250 2.0.0")
        terminal.say("QUIT", b"221 ")
        terminal.end()
    connection = only_connection(lab)
    assert [e.code for e in connection.exchanges] == [220, 503, 500, 500, 250, 250, 550, 554, 250, 221]
    assert [e.verb for e in connection.exchanges[4:6]] == ["EHLO", "MAIL"], "verbs are compared without regard to case"
    (transaction,) = connection.transactions
    assert transaction.outcome is Outcome.RESET
    assert transaction.recipients == ()


def test_the_server_hangs_up(tools: Tools, lab: Lab) -> None:
    with dial(tools, lab, ("telnet",)) as terminal:
        terminal.say("EHLO laptop.example", b"250 HELP")
        lab.stop()
        terminal.see(b"421 4.3.2")
        terminal.see(b"Connection closed by foreign host")
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 220", "EHLO 250", "unasked 421"]
    assert connection.closed == "server"


def test_the_client_hangs_up(tools: Tools, lab: Lab) -> None:
    with dial(tools, lab, ("nc", "-C")) as terminal:
        terminal.say("EHLO laptop.example", b"250 HELP")
        terminal.say("MAIL FROM:<alice@lab.example>", b"250 2.1.0")
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 220", "EHLO 250", "MAIL 250"]
    assert connection.closed == "client"
    assert [t.outcome for t in connection.transactions] == [Outcome.DROPPED]
    assert connection.state.phase is Phase.ENDED


def test_nc_sends_bare_line_feeds_and_is_told_so(tools: Tools, lab: Lab) -> None:
    """RFC 5321 2.3.8: a line ends with CR LF and with nothing else."""
    with dial(tools, lab, ("nc",)) as terminal:
        terminal.say("EHLO laptop.example", b"500 5.5.2 The line ended with LF alone: SMTP lines end with CR LF")
        terminal.type(b"QUIT\r\n")
        terminal.see(b"221 ")
        assert terminal.end() == 0
    connection = only_connection(lab)
    assert [(e.octets, e.code) for e in connection.exchanges] == [
        (b"", 220),
        (b"EHLO laptop.example\n", 500),
        (b"QUIT\r\n", 221),
    ]
    assert connection.exchanges[1].after.hello is None


def test_a_dot_between_bare_line_feeds_ends_no_message(tools: Tools, lab: Lab) -> None:
    """RFC 5321 4.1.1.4: only CR LF . CR LF does."""
    with dial(tools, lab, ("nc",)) as terminal:
        for line, answer in (("EHLO laptop.example", b"250 HELP"), ("MAIL FROM:<alice@lab.example>", b"250 2.1.0")):
            terminal.say(line + "\r", answer)
        terminal.say("RCPT TO:<bob@lab.example>\r", b"250 2.1.5")
        terminal.say("DATA\r", b"354 ")
        terminal.type(b"Subject: Bare\n\nfirst\n.\nsecond\r\n")
        terminal.say(".\r", b"250 2.0.0")
        terminal.say("QUIT\r", b"221 ")
        terminal.end()
    connection = only_connection(lab)
    assert steps(connection) == PLAIN
    assert_delivered(lab, connection, b"Subject: Bare\n\nfirst\n.\nsecond\r\n")
