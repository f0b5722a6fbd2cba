"""aiosmtplib: a client for asyncio programs, on a loop of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import aiosmtplib
import pytest

from helpers.lab import Lab
from tests.clients.programs import SECONDS
from tests.clients.reading import (
    MESSAGE,
    PLAIN,
    SENT,
    UPGRADED,
    assert_delivered,
    assert_states,
    clear_and_encrypted,
    only_connection,
    steps,
)

pytestmark = pytest.mark.clients

ALICE, BOB = "alice@lab.example", "bob@lab.example"


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, SECONDS))


def client_of(lab: Lab, **options: Any) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(hostname=lab.host, port=lab.port, local_hostname="laptop.example", timeout=10, **options)


def trusting(lab: Lab) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(lab.ca_file()))


def test_plain(lab: Lab) -> None:
    async def talk() -> None:
        async with client_of(lab, start_tls=False) as client:
            refused, said = await client.sendmail(ALICE, [BOB], MESSAGE)
            assert refused == {}
            assert "accepted" in said

    run(talk())
    connection = only_connection(lab)
    assert steps(connection) == PLAIN
    assert_delivered(lab, connection)
    assert_states(connection)


def test_starttls_wherever_it_is_offered(start: Callable[[str], Lab]) -> None:
    """The library's default: it upgrades by itself."""
    lab = start("submission")

    async def talk() -> None:
        options = {"tls_context": trusting(lab), "username": "alice", "password": "wonderland"}
        async with client_of(lab, **options) as client:
            await client.sendmail(ALICE, [BOB], MESSAGE)

    run(talk())
    connection = only_connection(lab)
    assert steps(connection)[:4] == UPGRADED
    assert steps(connection)[-5:] == [*SENT, "QUIT 221"]
    assert clear_and_encrypted(connection)[0] == ["greeting", "EHLO", "STARTTLS"]
    assert connection.state.authenticated
    assert_delivered(lab, connection)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_each_mechanism_by_hand(start: Callable[[str], Lab], mechanism: str) -> None:
    lab = start("submission")

    async def talk() -> None:
        client = client_of(lab, start_tls=False)
        await client.connect()
        assert (await client.starttls(tls_context=trusting(lab))).code == 220
        await client.ehlo()
        login = getattr(client, f"auth_{mechanism.lower().replace('-', '')}")
        assert (await login("alice", "wonderland")).code == 235
        await client.sendmail(ALICE, [BOB], MESSAGE)
        assert (await client.quit()).code == 221

    run(talk())
    connection = only_connection(lab)
    assert steps(connection)[:4] == UPGRADED
    assert connection.state.authenticated == mechanism
    assert_delivered(lab, connection)


def test_send_with_tls_from_the_first_octet(start: Callable[[str], Lab]) -> None:
    lab = start("submissions")

    async def talk() -> None:
        refused, _ = await aiosmtplib.send(
            MESSAGE,
            sender=ALICE,
            recipients=[BOB],
            hostname=lab.host,
            port=lab.port,
            use_tls=True,
            tls_context=trusting(lab),
            username="alice",
            password="wonderland",
        )
        assert refused == {}

    run(talk())
    connection = only_connection(lab)
    assert clear_and_encrypted(connection)[0] == []
    assert steps(connection)[-5:] == [*SENT, "QUIT 221"]
    assert_delivered(lab, connection)


def test_some_recipients_are_refused(lab: Lab) -> None:
    async def talk() -> None:
        async with client_of(lab, start_tls=False) as client:
            refused, _ = await client.sendmail(ALICE, [BOB, "nobody@lab.example"], MESSAGE)
            assert {path: answer.code for path, answer in refused.items()} == {"nobody@lab.example": 550}

    run(talk())
    (transaction,) = only_connection(lab).transactions
    assert transaction.recipients == (BOB,)
    assert [path for path, _ in transaction.refused_recipients] == ["nobody@lab.example"]


def test_login_refused(lab: Lab) -> None:
    async def talk() -> None:
        async with client_of(lab, start_tls=False) as client:
            await client.ehlo()
            with pytest.raises(aiosmtplib.SMTPAuthenticationError) as error:
                await client.auth_plain("alice", "looking-glass")
            assert error.value.code == 535

    run(talk())
    connection = only_connection(lab)
    assert "AUTH 535" in steps(connection)
    assert connection.state.authenticated is None
