"""Python's own client, as any program would use it: by host and port."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

import pytest

from helpers.lab import Lab
from helpers.wire.transcript import Outcome
from tests.clients.reading import (
    MESSAGE,
    ON_THE_WIRE,
    PLAIN,
    SENT,
    UPGRADED,
    assert_delivered,
    assert_states,
    clear_and_encrypted,
    connections,
    only_connection,
    steps,
)

pytestmark = pytest.mark.clients

ALICE, BOB = "alice@lab.example", "bob@lab.example"


def dial(lab: Lab) -> smtplib.SMTP:
    return smtplib.SMTP(lab.host, lab.port, local_hostname="laptop.example", timeout=10)


def trusting(lab: Lab) -> ssl.SSLContext:
    """A context that knows the lab's authority and none of this project's code."""
    return ssl.create_default_context(cafile=str(lab.ca_file()))


def test_sendmail(lab: Lab) -> None:
    with dial(lab) as client:
        assert client.sendmail(ALICE, [BOB], ON_THE_WIRE) == {}
    connection = only_connection(lab)
    assert steps(connection) == PLAIN
    assert connection.exchanges[2].command == f"mail FROM:<{ALICE}> size={len(ON_THE_WIRE)}"
    assert_delivered(lab, connection)
    assert_states(connection)


def test_send_message_beyond_ascii(lab: Lab) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = ALICE, BOB, "Grüße"
    message.set_content("Käse\n.\n..\n", cte="8bit")
    with dial(lab) as client:
        assert client.send_message(message, mail_options=["BODY=8BITMIME"]) == {}
    connection = only_connection(lab)
    assert "BODY=8BITMIME" in [word.upper() for word in connection.exchanges[3].before.mail_parameters]
    assert_delivered(lab, connection, message.as_bytes(policy=SMTP_POLICY))


def test_an_address_beyond_ascii(lab: Lab) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "zoë@café.example", BOB, "Hello"
    message.set_content("From afar.\n")
    with dial(lab) as client:
        assert client.send_message(message) == {}
    (stored,) = lab.mailbox(BOB)
    assert stored.sender == "zoë@café.example"
    (transaction,) = only_connection(lab).transactions
    assert transaction.sender == "zoë@café.example"
    assert "SMTPUTF8" in transaction.exchanges[0].after.mail_parameters


def test_some_recipients_are_refused(lab: Lab) -> None:
    with dial(lab) as client:
        refused = client.sendmail(
            ALICE, [BOB, "nobody@lab.example", "full@lab.example", "staff@lab.example"], MESSAGE.decode()
        )
    assert {path: code for path, (code, _) in refused.items()} == {"nobody@lab.example": 550, "full@lab.example": 452}
    (transaction,) = only_connection(lab).transactions
    assert transaction.outcome is Outcome.ACCEPTED
    assert transaction.recipients == (BOB, "staff@lab.example")
    assert [(path, reply.code) for path, reply in transaction.refused_recipients] == [
        ("nobody@lab.example", 550),
        ("full@lab.example", 452),
    ]
    mailboxes = {address: [m.raw for m in messages] for address, messages in lab.mailboxes.items()}
    assert mailboxes == {address: [ON_THE_WIRE] for address in (ALICE, BOB, "carol@lab.example")}


def test_all_recipients_are_refused(lab: Lab) -> None:
    with dial(lab) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as error:
            client.sendmail(ALICE, ["nobody@lab.example", "away@elsewhere.example"], MESSAGE)
        assert {code for code, _ in error.value.recipients.values()} == {550}
        assert client.noop()[0] == 250, "the connection is as good as before"
    connection = only_connection(lab)
    assert steps(connection)[2:] == ["MAIL 250", "RCPT 550", "RCPT 550", "RSET 250", "NOOP 250", "QUIT 221"]
    assert [t.outcome for t in connection.transactions] == [Outcome.RESET]


def test_the_message_is_refused(lab: Lab) -> None:
    with dial(lab) as client, pytest.raises(smtplib.SMTPDataError) as error:
        client.sendmail(ALICE, [BOB], b"Subject: Long\r\n\r\n" + b"x" * 1100)
    assert error.value.smtp_code == 500  # a line may have 1000 octets (RFC 5321 4.5.3.1.6)
    connection = only_connection(lab)
    assert [t.outcome for t in connection.transactions] == [Outcome.REFUSED]
    assert not lab.mailboxes


def test_too_big_is_known_before_it_is_sent(lab: Lab) -> None:
    with dial(lab) as client, pytest.raises(smtplib.SMTPSenderRefused) as error:
        client.sendmail(ALICE, [BOB], b"Subject: Big\r\n\r\n" + (b"x" * 70 + b"\r\n") * 160_000)
    assert error.value.smtp_code == 552  # RFC 1870 6.1
    assert "DATA" not in [e.verb for e in only_connection(lab).exchanges]


def test_starttls_and_login(start: Callable[[str], Lab]) -> None:
    lab = start("submission")
    with dial(lab) as client:
        assert client.starttls(context=trusting(lab))[0] == 220
        assert client.login("alice", "wonderland")[0] == 235
        assert client.sendmail(ALICE, [BOB], ON_THE_WIRE) == {}
    connection = only_connection(lab)
    assert steps(connection) == [*UPGRADED, "AUTH 334", "response 235", *SENT, "QUIT 221"]
    assert clear_and_encrypted(connection)[0] == ["greeting", "EHLO", "STARTTLS"]
    assert connection.state.authenticated == "CRAM-MD5"  # smtplib's first choice
    assert_delivered(lab, connection)


@pytest.mark.parametrize(
    ("mechanism", "said"),
    [
        ("PLAIN", ["AUTH 235"]),
        ("LOGIN", ["AUTH 334", "response 235"]),  # the user name goes with AUTH LOGIN
        ("CRAM-MD5", ["AUTH 334", "response 235"]),
    ],
)
def test_smtp_ssl_and_each_mechanism(start: Callable[[str], Lab], mechanism: str, said: list[str]) -> None:
    lab = start("submissions")
    with smtplib.SMTP_SSL(
        lab.host, lab.port, local_hostname="laptop.example", timeout=10, context=trusting(lab)
    ) as client:
        client.ehlo()
        client.user, client.password = "bob", "builder42"
        answer = getattr(client, f"auth_{mechanism.lower().replace('-', '_')}")
        initial = mechanism != "CRAM-MD5"
        assert client.auth(mechanism, answer, initial_response_ok=initial)[0] == 235
        assert client.sendmail(ALICE, [BOB], ON_THE_WIRE) == {}
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 220", "EHLO 250", *said, *SENT, "QUIT 221"]
    assert clear_and_encrypted(connection)[0] == []
    assert connection.state.authenticated == mechanism
    assert_delivered(lab, connection)


def test_login_refused(start: Callable[[str], Lab]) -> None:
    lab = start("submission")
    with dial(lab) as client:
        client.starttls(context=trusting(lab))
        client.ehlo()
        client.user, client.password = "alice", "looking-glass"
        with pytest.raises(smtplib.SMTPAuthenticationError) as error:
            client.auth("PLAIN", client.auth_plain)
        assert error.value.smtp_code == 535
        with pytest.raises(smtplib.SMTPSenderRefused) as sender:
            client.sendmail(ALICE, [BOB], ON_THE_WIRE)
        assert sender.value.smtp_code == 530
    connection = only_connection(lab)
    assert [s for s in steps(connection) if s.startswith(("AUTH", "MAIL"))] == ["AUTH 535", "MAIL 530"]


@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_certificate_that_must_not_be_trusted(lab: Lab, start: Callable[[str], Lab], wrong: str) -> None:
    trusted = start("mx") if wrong == "authority" else lab
    client = dial(lab)
    if wrong == "name":
        client._host = "mail.elsewhere.example"  # type: ignore[attr-defined]  # what starttls() compares with
    with pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(context=trusting(trusted))
    client.close()
    connection = only_connection(lab)
    assert steps(connection) == ["greeting 220", "EHLO 250", "STARTTLS 220"]
    assert any("handshake failed" in text for _, text in connection.notes), connection.notes


def test_a_dropped_connection(lab: Lab) -> None:
    lab.fault("RCPT", drop=True, times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        dial(lab).sendmail(ALICE, [BOB], ON_THE_WIRE)
    connection = only_connection(lab)
    assert connection.closed == "dropped"
    assert steps(connection) == ["greeting 220", "EHLO 250", "MAIL 250", "RCPT None"]
    assert [t.outcome for t in connection.transactions] == [Outcome.DROPPED]


def test_two_clients_at_once_are_kept_apart(lab: Lab) -> None:
    first, second = dial(lab), dial(lab)
    first.ehlo()
    second.helo()
    second.quit()
    first.quit()
    one, two = connections(lab, 2)
    assert steps(one) == ["greeting 220", "EHLO 250", "QUIT 221"]
    assert steps(two) == ["greeting 220", "HELO 250", "QUIT 221"]
    assert all(e.connection == c.number for c in (one, two) for e in c.exchanges)
