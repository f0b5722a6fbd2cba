"""curl, which many have at hand. Its exit codes are those of its manual page."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from helpers.lab import Lab
from helpers.wire.transcript import Outcome
from tests.clients.programs import Tools
from tests.clients.reading import (
    ON_THE_WIRE,
    PLAIN,
    SENT,
    UPGRADED,
    assert_delivered,
    assert_states,
    clear_and_encrypted,
    groups,
    only_connection,
    steps,
)

pytestmark = pytest.mark.clients

# -q: no .curlrc; the path of the address is the name in EHLO
TO_BOB = ("--mail-from", "alice@lab.example", "--mail-rcpt", "bob@lab.example", "--upload-file", "-")


def curl(
    tools: Tools, lab: Lab, *arguments: object, scheme: str = "smtp", stdin: bytes = ON_THE_WIRE
) -> subprocess.CompletedProcess[bytes]:
    address = f"{scheme}://{lab.host}:{lab.port}/laptop.example"
    return tools.run("curl", "-q", "-sS", "--noproxy", "*", "--max-time", 15, address, *arguments, stdin=stdin)


def encrypted(lab: Lab, user: str = "alice") -> tuple[object, ...]:
    return ("--ssl-reqd", "--cacert", lab.ca_file(), "--user", f"{user}:{lab.users[user]}")


def test_plain(tools: Tools, lab: Lab) -> None:
    done = curl(tools, lab, *TO_BOB)
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == PLAIN
    assert all(len(together) == 1 for together in groups(connection))
    assert_delivered(lab, connection)
    assert_states(connection)


def test_starttls_and_a_login_of_its_own_choice(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("submission")
    done = curl(tools, lab, *encrypted(lab), *TO_BOB)
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection)[:4] == UPGRADED
    assert steps(connection)[-5:] == [*SENT, "QUIT 221"]
    assert clear_and_encrypted(connection)[0] == ["greeting", "EHLO", "STARTTLS"]
    assert connection.state.authenticated in {"CRAM-MD5", "SCRAM-SHA-256", "PLAIN", "LOGIN"}
    assert_delivered(lab, connection)


@pytest.mark.parametrize(
    ("mechanism", "said"),
    [
        ("PLAIN", ["AUTH 334", "response 235"]),
        ("LOGIN", ["AUTH 334", "response 334", "response 235"]),
        ("CRAM-MD5", ["AUTH 334", "response 235"]),
    ],
)
def test_auth(tools: Tools, start: Callable[[str], Lab], mechanism: str, said: list[str]) -> None:
    """Carol's password is not ASCII: it travels as UTF-8 (RFC 4616 2)."""
    lab = start("submission")
    done = curl(tools, lab, *encrypted(lab, "carol"), "--login-options", f"AUTH={mechanism}", *TO_BOB)
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == [*UPGRADED, *said, *SENT, "QUIT 221"]
    assert connection.state.authenticated == mechanism
    assert_delivered(lab, connection)


def test_an_initial_response(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("submission")
    done = curl(tools, lab, *encrypted(lab), "--login-options", "AUTH=PLAIN", "--sasl-ir", *TO_BOB)
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == [*UPGRADED, "AUTH 235", *SENT, "QUIT 221"]


def test_smtps(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("submissions")
    login = ("--cacert", lab.ca_file(), "--user", "alice:wonderland")
    done = curl(tools, lab, *login, *TO_BOB, scheme="smtps")
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert clear_and_encrypted(connection)[0] == []
    assert connection.state.authenticated
    assert_delivered(lab, connection)


@pytest.mark.parametrize(
    ("arguments", "command", "answer"),
    [
        (("-X", "VRFY alice"), "VRFY alice", b"250 2.1.5 Alice Arden <alice@lab.example>\r\n"),
        (("--mail-rcpt", "alice"), "VRFY alice", b"250 2.1.5 Alice Arden <alice@lab.example>\r\n"),
        (
            ("-X", "EXPN", "--mail-rcpt", "staff"),
            "EXPN staff SMTPUTF8",  # where the extension is offered, curl announces it (RFC 6531 3.7.4.2)
            b"250-2.1.5 Alice Arden <alice@lab.example>\r\n"
            b"250-2.1.5 Bob Brook <bob@lab.example>\r\n"
            b"250 2.1.5 Carol Smith <carol@lab.example>\r\n",
        ),
    ],
)
def test_vrfy_and_expn(tools: Tools, lab: Lab, arguments: tuple[str, ...], command: str, answer: bytes) -> None:
    done = curl(tools, lab, *arguments)
    assert done.returncode == 0, done.stdout
    assert done.stdout == answer
    connection = only_connection(lab)
    asked = connection.exchanges[2]
    assert steps(connection) == ["greeting 220", "EHLO 250", f"{asked.verb} 250", "QUIT 221"]
    assert asked.command == command
    assert asked.reply is not None
    assert asked.reply.raw == answer


def test_help(tools: Tools, lab: Lab) -> None:
    done = curl(tools, lab, "-X", "HELP")
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith(b"214 "), "RFC 5321 4.1.1.8 and 4.2.3: HELP is answered with 214"
    assert steps(only_connection(lab)) == ["greeting 220", "EHLO 250", "HELP 214", "QUIT 221"]


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [(("-X", "VRFY nobody"), "VRFY 550"), (("-X", "EXPN nolist"), "EXPN 550"), (("-X", "HELP FOO"), "HELP 504")],
)
def test_exit_8_a_question_refused(tools: Tools, lab: Lab, arguments: tuple[str, ...], refused: str) -> None:
    assert curl(tools, lab, *arguments).returncode == 8
    assert steps(only_connection(lab)) == ["greeting 220", "EHLO 250", refused, "QUIT 221"]


def test_a_refused_recipient(tools: Tools, lab: Lab) -> None:
    done = curl(tools, lab, "--mail-from", "alice@lab.example", "--mail-rcpt", "gone@lab.example", "-T", "-")
    assert done.returncode != 0
    connection = only_connection(lab)
    assert steps(connection)[:4] == ["greeting 220", "EHLO 250", "MAIL 250", "RCPT 550"]
    assert [t.outcome for t in connection.transactions] == [Outcome.DROPPED]
    assert not lab.mailboxes


def test_exit_67_login_refused(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("submission")
    done = curl(tools, lab, "--ssl-reqd", "--cacert", lab.ca_file(), "--user", "alice:looking-glass", *TO_BOB)
    assert done.returncode == 67, done.stdout
    connection = only_connection(lab)
    assert connection.exchanges[-1].code in (221, 535)
    assert 535 in [e.code for e in connection.exchanges]
    assert connection.state.authenticated is None
    assert not lab.mailboxes


def test_nothing_goes_in_clear_text_where_tls_is_demanded(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("legacy")
    assert curl(tools, lab, "--ssl-reqd", *TO_BOB).returncode != 0
    assert steps(only_connection(lab))[:2] == ["greeting 220", "EHLO 500"]
    assert "MAIL" not in [e.verb for e in only_connection(lab).exchanges]


@pytest.mark.parametrize("profile", ["submission", "submissions"])
def test_exit_60_a_certificate_of_an_unknown_authority(tools: Tools, start: Callable[[str], Lab], profile: str) -> None:
    lab, other = start(profile), start("mx")
    scheme = "smtps" if profile == "submissions" else "smtp"
    done = curl(tools, lab, "--ssl-reqd", "--cacert", other.ca_file(), *TO_BOB, scheme=scheme)
    assert done.returncode == 60, done.stdout
    connection = only_connection(lab)
    assert any("handshake failed" in text for _, text in connection.notes), connection.notes
    assert not any(e.tls for e in connection.exchanges)
