"""openssl s_client: the lines of a session typed by hand inside TLS."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.lab import Lab
from helpers.protocol.state import Phase
from tests.clients.programs import Terminal, Tools
from tests.clients.reading import (
    MESSAGE,
    SENT,
    UPGRADED,
    assert_delivered,
    clear_and_encrypted,
    only_connection,
    steps,
)

pytestmark = pytest.mark.clients

QUIET = ("-quiet", "-crlf", "-verify_return_error")


def s_client(tools: Tools, lab: Lab, *arguments: object) -> Terminal:
    return tools.open("openssl", "s_client", "-connect", f"{lab.host}:{lab.port}", *arguments)


def send_a_message(terminal: Terminal) -> None:
    terminal.say("MAIL FROM:<alice@lab.example>", b"250 2.1.0")
    terminal.say("RCPT TO:<bob@lab.example>", b"250 2.1.5")
    terminal.say("DATA", b"354 ")
    stuffed = b"".join((b"." if line.startswith(b".") else b"") + line for line in MESSAGE.splitlines(keepends=True))
    terminal.type(stuffed)
    terminal.say(".", b"250 2.0.0")
    terminal.say("QUIT", b"221 ")


def test_starttls(tools: Tools, lab: Lab) -> None:
    trusted = ("-CAfile", lab.ca_file(), "-verify_hostname", "mail.lab.example")
    with s_client(tools, lab, "-starttls", "smtp", *QUIET, *trusted) as terminal:
        terminal.see(b"250 HELP")  # the last line of the reply to s_client's own EHLO
        terminal.say("EHLO laptop.example", b"250 HELP")
        send_a_message(terminal)
        assert terminal.end() == 0
    connection = only_connection(lab)
    assert steps(connection) == [*UPGRADED, *SENT, "QUIT 221"]
    assert clear_and_encrypted(connection)[0] == ["greeting", "EHLO", "STARTTLS"]
    own, after = connection.exchanges[1], connection.exchanges[3]
    assert own.command == "EHLO mail.example.com", "the name that s_client gives itself"
    assert after.command == "EHLO laptop.example"
    assert "STARTTLS" in own.after.keywords
    assert "STARTTLS" not in after.after.keywords, "not inside TLS (RFC 3207 4.2)"
    assert_delivered(lab, connection)


def test_tls_from_the_first_octet(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("submissions")
    trusted = ("-CAfile", lab.ca_file(), "-verify_ip", lab.host)
    with s_client(tools, lab, *QUIET, *trusted) as terminal:
        terminal.see(b"220 mail.lab.example")
        terminal.say("EHLO laptop.example", b"250 HELP")
        terminal.say("MAIL FROM:<alice@lab.example>", b"530 5.7.0")
        terminal.say("AUTH LOGIN", b"334 VXNlcm5hbWU6")  # "Username:"
        terminal.say("YWxpY2U=", b"334 UGFzc3dvcmQ6")  # "alice"; "Password:"
        terminal.say("d29uZGVybGFuZA==", b"235 2.7.0")  # "wonderland"
        send_a_message(terminal)
        assert terminal.end() == 0
    connection = only_connection(lab)
    login = ["AUTH 334", "response 334", "response 235"]
    assert steps(connection) == ["greeting 220", "EHLO 250", "MAIL 530", *login, *SENT, "QUIT 221"]
    assert clear_and_encrypted(connection)[0] == []
    assert connection.state.authenticated == "LOGIN"
    assert_delivered(lab, connection)


@pytest.mark.parametrize("name", ["mail.lab.example", "mail.elsewhere.example"])
def test_who_trusts_the_wrong_one_gets_no_further(
    tools: Tools, lab: Lab, start: Callable[[str], Lab], name: str
) -> None:
    """An unknown authority, and the right authority with another name than the one asked for."""
    trusted = lab if name != "mail.lab.example" else start("mx")
    verify = ("-CAfile", trusted.ca_file(), "-verify_hostname", name)
    with s_client(tools, lab, "-starttls", "smtp", *QUIET, *verify) as terminal:
        assert terminal.end() == 1
        assert b"verify error" in terminal.shown
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 220", "EHLO 250", "STARTTLS 220"]
    assert any("handshake failed" in text for _, text in connection.notes), connection.notes
    assert connection.state.phase is Phase.ENDED


def test_without_quiet_a_line_that_begins_with_r_never_reaches_the_server(tools: Tools, lab: Lab) -> None:
    """The classic trap: R asks s_client to renegotiate, which TLS 1.3 does not know."""
    with s_client(tools, lab, "-starttls", "smtp", "-crlf", "-CAfile", lab.ca_file()) as terminal:
        terminal.see(b"250 HELP")
        terminal.say("EHLO laptop.example", b"250 HELP")
        terminal.say("MAIL FROM:<alice@lab.example>", b"250 2.1.0")
        terminal.type(b"RCPT TO:<bob@lab.example>\n")
        terminal.see(b"RENEGOTIATING")
        assert terminal.end() != 0
    assert steps(only_connection(lab)) == [*UPGRADED, "MAIL 250"]


def test_clear_text_on_the_port_for_tls_is_told_off(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("submissions")
    with s_client(tools, lab, "-starttls", "smtp", *QUIET) as terminal:
        assert terminal.end() == 1  # s_client waits for a greeting in clear text, and 421 comes after three seconds
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 421"]
    assert connection.closed == "server"
