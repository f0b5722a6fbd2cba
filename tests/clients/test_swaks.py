"""swaks, the testers' client. Its exit codes are those of its manual (swaks --help, EXIT CODES)."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from helpers.lab import Lab
from helpers.wire.transcript import Outcome
from tests.clients.programs import Tools
from tests.clients.reading import (
    MESSAGE,
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

ALICE = ("--auth-user", "alice", "--auth-password", "wonderland")
IN_ONE = {"PLAIN": ["AUTH 235"]}
CHALLENGED = {
    "LOGIN": ["AUTH 334", "response 334", "response 235"],
    "CRAM-MD5": ["AUTH 334", "response 235"],
}
MECHANISMS = IN_ONE | CHALLENGED


def swaks(
    tools: Tools, lab: Lab, *arguments: object, sender: str = "alice@lab.example", to: str = "bob@lab.example"
) -> subprocess.CompletedProcess[bytes]:
    command = ("--server", lab.host, "--port", lab.port, "--ehlo", "laptop.example", "--from", sender, "--to", to)
    # swaks ends the data with CR LF of its own
    return tools.run("swaks", *command, "--data", "-", *arguments, stdin=MESSAGE.removesuffix(b"\n"))


def verified(lab: Lab) -> tuple[object, ...]:
    return ("--tls-verify", "--tls-ca-path", lab.ca_file())


def test_plain(tools: Tools, lab: Lab) -> None:
    done = swaks(tools, lab)
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == PLAIN
    assert all(len(together) == 1 for together in groups(connection))
    assert_delivered(lab, connection)
    assert_states(connection)


def test_pipelining(tools: Tools, lab: Lab) -> None:
    done = swaks(tools, lab, "--pipeline")
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert groups(connection) == [["greeting"], ["EHLO"], ["MAIL", "RCPT", "DATA"], ["message"], ["QUIT"]]
    assert steps(connection) == PLAIN
    assert_delivered(lab, connection)


def test_starttls(tools: Tools, lab: Lab) -> None:
    done = swaks(tools, lab, "--tls", *verified(lab))
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == [*UPGRADED, *SENT, "QUIT 221"]
    clear, encrypted = clear_and_encrypted(connection)
    assert clear == ["greeting", "EHLO", "STARTTLS"]
    assert encrypted == ["EHLO", "MAIL", "RCPT", "DATA", "message", "QUIT"]
    assert connection.exchanges[3].before.hello is None, "STARTTLS makes both sides forget EHLO (RFC 3207 4.2)"
    assert_delivered(lab, connection)


def test_tls_from_the_first_octet(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("submissions")
    done = swaks(tools, lab, "--tls-on-connect", *verified(lab), "--auth", "PLAIN", *ALICE)
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 220", "EHLO 250", "AUTH 235", *SENT, "QUIT 221"]
    assert all(e.tls for e in connection.exchanges)
    assert_delivered(lab, connection)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_auth_under_tls(tools: Tools, start: Callable[[str], Lab], mechanism: str) -> None:
    lab = start("submission")
    done = swaks(tools, lab, "--tls", *verified(lab), "--auth", mechanism, *ALICE)
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == [*UPGRADED, *MECHANISMS[mechanism], *SENT, "QUIT 221"]
    assert connection.state.authenticated == mechanism
    assert connection.exchanges[4].tls
    assert_delivered(lab, connection)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_auth_in_clear_text(tools: Tools, lab: Lab, mechanism: str) -> None:
    done = swaks(tools, lab, "--auth", mechanism, *ALICE)
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 220", "EHLO 250", *MECHANISMS[mechanism], *SENT, "QUIT 221"]
    assert connection.state.authenticated == mechanism
    assert not connection.state.tls
    assert_delivered(lab, connection)


@pytest.mark.parametrize(
    ("profile", "code", "refused"), [("submission", 23, "MAIL 530"), ("submissions", 23, "MAIL 530")]
)
def test_exit_23_mail_refused(tools: Tools, start: Callable[[str], Lab], profile: str, code: int, refused: str) -> None:
    """Who has not logged in may not send (RFC 4954 6)."""
    lab = start(profile)
    tls = "--tls" if profile == "submission" else "--tls-on-connect"
    done = swaks(tools, lab, tls, *verified(lab))
    assert done.returncode == code, done.stdout
    connection = only_connection(lab)
    assert steps(connection)[-2:] == [refused, "QUIT 221"]
    assert not connection.transactions
    assert not lab.mailboxes


@pytest.mark.parametrize(
    ("to", "reply"),
    [("nobody@lab.example", "RCPT 550"), ("someone@elsewhere.example", "RCPT 550"), ("full@lab.example", "RCPT 452")],
)
def test_exit_24_every_recipient_refused(tools: Tools, lab: Lab, to: str, reply: str) -> None:
    done = swaks(tools, lab, to=to)
    assert done.returncode == 24, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 220", "EHLO 250", "MAIL 250", reply, "QUIT 221"]
    (transaction,) = connection.transactions
    assert transaction.outcome is Outcome.DROPPED
    assert [path for path, _ in transaction.refused_recipients] == [to]


def test_exit_25_data_refused(tools: Tools, lab: Lab) -> None:
    lab.fault("DATA", "451 4.3.0 No room at the moment", times=1)
    done = swaks(tools, lab)
    assert done.returncode == 25, done.stdout
    connection = only_connection(lab)
    assert steps(connection)[-2:] == ["DATA 451", "QUIT 221"]
    assert not lab.mailboxes


def test_exit_26_message_refused(tools: Tools, lab: Lab) -> None:
    lab.fault("END-OF-DATA", "554 5.6.0 Not this one", times=1)
    done = swaks(tools, lab)
    assert done.returncode == 26, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == [*PLAIN[:-2], "message 554", "QUIT 221"]
    assert [t.outcome for t in connection.transactions] == [Outcome.REFUSED]
    assert not lab.mailboxes


@pytest.mark.parametrize(("mechanism", "answers"), [("PLAIN", 1), ("LOGIN", 3), ("CRAM-MD5", 2)])
def test_exit_28_login_refused(tools: Tools, lab: Lab, mechanism: str, answers: int) -> None:
    done = swaks(tools, lab, "--auth", mechanism, "--auth-user", "alice", "--auth-password", "looking-glass")
    assert done.returncode == 28, done.stdout
    connection = only_connection(lab)
    said = steps(connection)[2:-1]
    assert len(said) == answers
    assert said[-1].endswith(" 535")
    assert connection.state.authenticated is None


def test_exit_28_no_login_offered_in_clear_text(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("mx")
    assert swaks(tools, lab, "--auth", *ALICE).returncode == 28
    assert "AUTH" not in [e.verb for e in only_connection(lab).exchanges]


def test_exit_29_no_tls_offered(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("legacy")
    assert swaks(tools, lab, "--tls").returncode == 29
    assert steps(only_connection(lab))[:3] == ["greeting 220", "EHLO 500", "HELO 250"]


def test_a_legacy_server_takes_mail_after_helo(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("legacy")
    done = swaks(tools, lab)
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 220", "EHLO 500", "HELO 250", *SENT, "QUIT 221"]
    assert connection.state.hello == "HELO"
    assert_delivered(lab, connection)


def test_a_certificate_of_an_unknown_authority_is_refused(tools: Tools, lab: Lab, start: Callable[[str], Lab]) -> None:
    other = start("mx")
    done = swaks(tools, lab, "--tls", *verified(other))
    assert done.returncode == 29, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 220", "EHLO 250", "STARTTLS 220"]
    assert not lab.mailboxes
