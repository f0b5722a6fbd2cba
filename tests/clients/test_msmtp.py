"""msmtp, a client for submission. Its exit codes are those of sysexits.h.

Where the server offers pipelining it sends MAIL, RCPT and DATA without waiting, each by a write of its own: how many
of them the server finds together is chance, so that the groups have bounds here and no exact value.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping

import pytest

from helpers.lab import Lab
from helpers.wire.transcript import Connection, Outcome
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

LOGINS = {
    "plain": ["AUTH 235"],
    "login": ["AUTH 334", "response 334", "response 235"],
    "cram-md5": ["AUTH 334", "response 235"],
    "scram-sha-256": ["AUTH 334", "response 334", "response 334", "response 235"],
}


def msmtp(
    tools: Tools, lab: Lab, settings: Mapping[str, object], *recipients: str
) -> subprocess.CompletedProcess[bytes]:
    account = {"host": lab.host, "port": lab.port, "domain": "laptop.example", "timeout": 15, **settings}
    file = tools.home / "msmtp.conf"
    file.write_text("account default\n" + "".join(f"{key} {value}\n" for key, value in account.items()))
    file.chmod(0o600)  # msmtp reads no password from a file that others can read
    to = recipients or ("bob@lab.example",)
    return tools.run("msmtp", "-C", file, "--from=alice@lab.example", "--", *to, stdin=MESSAGE)


def login(mechanism: str, password: str = "wonderland") -> dict[str, object]:
    return {"auth": mechanism, "user": "alice", "password": password}


def encrypted(lab: Lab) -> dict[str, object]:
    immediate = lab.policy.tls == "implicit"
    return {"tls": "on", "tls_starttls": "off" if immediate else "on", "tls_trust_file": lab.ca_file()}


def assert_pipelined_at_most(connection: Connection, *verbs: str) -> None:
    together = [group for group in groups(connection) if len(group) > 1]
    assert {verb for group in together for verb in group} <= set(verbs), together


def test_plain(tools: Tools, lab: Lab) -> None:
    done = msmtp(tools, lab, {})
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == PLAIN
    assert_pipelined_at_most(connection, "MAIL", "RCPT", "DATA")
    assert_delivered(lab, connection)
    assert_states(connection)


def test_starttls(tools: Tools, lab: Lab) -> None:
    done = msmtp(tools, lab, encrypted(lab))
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection) == [*UPGRADED, *SENT, "QUIT 221"]
    clear, inside = clear_and_encrypted(connection)
    assert clear == ["greeting", "EHLO", "STARTTLS"]
    assert inside == ["EHLO", "MAIL", "RCPT", "DATA", "message", "QUIT"]
    assert_pipelined_at_most(connection, "MAIL", "RCPT", "DATA")
    assert_delivered(lab, connection)


@pytest.mark.parametrize("mechanism", LOGINS)
def test_auth(tools: Tools, start: Callable[[str], Lab], mechanism: str) -> None:
    needs(tools, mechanism)
    lab = start("submission")
    done = msmtp(tools, lab, {**encrypted(lab), **login(mechanism)})
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert steps(connection)[:4] == UPGRADED
    assert steps(connection)[-5:] == [*SENT, "QUIT 221"]
    assert connection.state.authenticated == mechanism.upper()
    said = steps(connection)[4:-5]
    if mechanism == "plain":  # with the initial response or after an empty challenge, as the version has it
        assert said in (["AUTH 235"], ["AUTH 334", "response 235"])
    else:
        assert len(said) >= len(LOGINS[mechanism]) - 1
        assert said[-1] == LOGINS[mechanism][-1]
    assert_delivered(lab, connection)


def needs(tools: Tools, mechanism: str) -> None:
    """Skip where this msmtp was built without the mechanism."""
    built_in = tools.run("msmtp", "--version").stdout.decode().split()
    if mechanism not in built_in:
        reason = f"this msmtp was built without {mechanism}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def test_tls_from_the_first_octet(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("submissions")
    done = msmtp(tools, lab, {**encrypted(lab), **login("plain")})
    assert done.returncode == 0, done.stdout
    connection = only_connection(lab)
    assert clear_and_encrypted(connection)[0] == []
    assert_delivered(lab, connection)


def test_login_refused(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("submission")
    done = msmtp(tools, lab, {**encrypted(lab), **login("plain", "looking-glass")})
    assert done.returncode == os.EX_NOPERM, done.stdout
    connection = only_connection(lab)
    assert 535 in [e.code for e in connection.exchanges]
    assert not connection.transactions


def test_sender_refused_before_login(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab = start("submission")
    done = msmtp(tools, lab, encrypted(lab))
    assert done.returncode not in (0, None)
    assert b"530" in done.stdout
    connection = only_connection(lab)
    assert "MAIL 530" in steps(connection)
    assert not connection.transactions


def test_one_recipient_of_two_refused(tools: Tools, lab: Lab) -> None:
    """msmtp takes the refusal of one for the refusal of all, though DATA may have gone already."""
    done = msmtp(tools, lab, {}, "bob@lab.example", "nobody@lab.example")
    assert done.returncode != 0
    assert b"nobody@lab.example" in done.stdout
    connection = only_connection(lab)
    assert steps(connection)[2:5] == ["MAIL 250", "RCPT 250", "RCPT 550"]
    (transaction,) = connection.transactions
    assert transaction.recipients == ("bob@lab.example",)
    assert [path for path, _ in transaction.refused_recipients] == ["nobody@lab.example"]
    assert transaction.outcome is not Outcome.ACCEPTED
    assert not lab.mailboxes


def test_a_certificate_of_an_unknown_authority(tools: Tools, start: Callable[[str], Lab]) -> None:
    lab, other = start("submission"), start("mx")
    done = msmtp(tools, lab, {**encrypted(lab), "tls_trust_file": other.ca_file()})
    assert done.returncode != 0
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 220", "EHLO 250", "STARTTLS 220"]
    assert not lab.mailboxes
