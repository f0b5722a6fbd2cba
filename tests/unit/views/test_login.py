"""AUTH taken apart: every octet of the published messages gets its name."""

from __future__ import annotations

import tomllib
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from helpers import reference, take_apart
from helpers.protocol.reply import Reply
from helpers.protocol.sasl import read_message
from helpers.reference.model import Vector
from helpers.wire.transcript import Transcript
from tests.unit.views.wire import Page, Wire

RFC: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parents[2] / "data" / "rfc" / "sasl-vectors.toml").read_text("utf-8")
)
EXIM = Path(__file__).parents[2] / "data" / "captures" / "31-swaks-exim-auth-login-bad.txt"
DECODABLE = [
    (mechanism.name, mechanism.client_first, vector)
    for mechanism in reference.mechanisms()
    for vector in mechanism.vectors
    if mechanism.messages or mechanism.messages_of
]


def rows(said: Transcript | Reply | str | bytes) -> dict[str, str]:
    """The parts by name, as the plain text shows them."""
    found = {}
    for line in str(take_apart(said)).splitlines():
        name, _, rest = line.strip().partition("  ")
        if line.startswith("     ") and rest:
            found[name] = rest.partition("   # ")[0].strip()
    return found


def login(mechanism: str, client_first: bool, messages: tuple[str, ...], reply: str = "235 2.7.0 Ok") -> Transcript:
    """A whole login with these messages, the client's first with the command where it speaks first."""
    wire = Wire().greeted()
    waiting = list(messages)
    wire.client(f"AUTH {mechanism} {waiting.pop(0)}" if client_first else f"AUTH {mechanism}")
    while waiting:
        wire.server(f"334 {waiting.pop(0)}").client(waiting.pop(0) if waiting else "")
    return wire.server(reply).transcript()


@pytest.mark.parametrize(("mechanism", "client_first", "vector"), DECODABLE, ids=lambda v: getattr(v, "source", None))
def test_every_published_message_is_read_to_the_last_octet(mechanism: str, client_first: bool, vector: Vector) -> None:
    for number, message in enumerate(vector.messages):
        octets = b64decode(message)
        sender = "C" if (number % 2 == 0) is client_first else "S"
        reading = read_message(octets, sender, mechanism, number // 2)
        assert reading is not None
        assert not reading.problem
        assert b"".join(part.octets for part in reading.parts) == octets
        assert all(part.name for part in reading.parts)
        assert "between the fields" not in [part.name for part in reading.parts]


@pytest.mark.parametrize(("mechanism", "client_first", "vector"), DECODABLE, ids=lambda v: getattr(v, "source", None))
def test_a_whole_login_is_read(mechanism: str, client_first: bool, vector: Vector) -> None:
    said = login(mechanism, client_first, vector.messages)
    text = str(take_apart(said))
    assert "✕" not in text
    assert text.startswith(f"AUTH {mechanism}: ")
    assert text.endswith("S: 235 2.7.0 Ok")
    user = rows(said)["user"] if mechanism != "OAUTHBEARER" else rows(said)["opening"]
    assert vector.user in user


@pytest.mark.parametrize("row", RFC["plain"], ids=lambda row: row["message"][:5])
def test_plain(row: dict[str, Any]) -> None:
    """RFC 4616 4 and RFC 4954 4.1: base64, AUTH line and octets say the same."""
    authorise_as, user, password = row["message"].split("\0")
    base64 = b64encode(row["message"].encode()).decode()
    wanted = {"authorization identity": authorise_as or "(empty)", "NUL": r"\x00", "user": user, "password": password}
    for said in (base64, f"AUTH PLAIN {base64}", f"auth plain {base64}\r\n", row["message"].encode()):
        assert rows(said) == wanted


@pytest.mark.parametrize("row", RFC["cram-md5"][:1], ids=["RFC 2195 2"])
def test_cram_md5(row: dict[str, Any]) -> None:
    challenge, response = row["wire"]
    assert rows(challenge) == rows(f"334 {challenge}") == {"challenge": row["challenge"]}
    assert rows(response) == {"user": row["user"], "a space": "(space)", "digest": row["digest"]}
    upper = b64encode(f"{row['user']} {row['digest'].upper()}".encode()).decode()
    assert "✕ The digits are in upper case" in str(take_apart(upper))


@pytest.mark.parametrize("row", RFC["scram"], ids=lambda row: row["mechanism"])
def test_scram(row: dict[str, Any]) -> None:
    names = [
        {"opening", "user", "client's nonce"},
        {"nonce", "salt", "number of iterations"},
        {"opening again", "nonce", "client's proof"},
        {"server's signature"},
    ]
    for message, wanted in zip(row["messages"], names, strict=True):
        found = rows(b64encode(message.encode()).decode())
        assert set(found) - {"a comma"} == wanted
        assert all(value in message for value in found.values())


def test_tokens() -> None:
    (vector,) = reference.mechanism("XOAUTH2").vectors
    assert rows(vector.messages[0])["token"] == f"auth=Bearer {vector.password}"
    (row,) = RFC["oauthbearer"]
    found = rows(b64encode(row["message"].encode()).decode())
    assert found["host"] == "host=server.example.com"
    assert found["port"] == "port=587"
    assert found["opening"] == f"n,a={row['user']},"


def test_a_refused_token() -> None:
    """RFC 7628 4.4, which names the user in another way than its own grammar (3.1)."""
    (row,) = RFC["oauthbearer-refused"]
    text = str(take_apart(login("OAUTHBEARER", True, tuple(row["wire"]), "535-5.7.1 No\r\n535 5.7.1 See https://x")))
    assert "✕" not in text
    assert '"status":"invalid_token"' in text
    assert "OAUTHBEARER: the answer to a refusal (RFC 7628 3.2.3)" in text
    assert text.endswith("S: 535-5.7.1 No\nS: 535 5.7.1 See https://x")


def test_a_captured_login() -> None:
    """swaks against Exim 4.96; the user and the password it was given are in the capture's own text."""
    text = str(take_apart(EXIM.read_text("utf-8")))
    assert [line.split()[1] for line in text.splitlines() if line.lstrip().startswith(("user ", "password "))] == [
        "alice",
        "wrong",
    ]
    assert text.endswith("S: 535 Incorrect authentication data")


def test_login_knows_the_password_by_its_turn() -> None:
    """With the name in the AUTH line the server asks only once."""
    started = Wire().greeted().client("AUTH LOGIN YWxpY2U=").server("334 UGFzc3dvcmQ6").client("d29uZGVybGFuZA==")
    found = rows(started.server("235 Ok").transcript())
    assert found == {"user": "alice", "question": "Password:", "password": "wonderland"}


def test_a_reply() -> None:
    assert rows(Reply(334, ("VXNlcm5hbWU6",))) == {"question": "Username:"}


def test_one_exchange_of_a_login() -> None:
    said = login("LOGIN", False, reference.mechanism("LOGIN").vectors[0].messages)
    text = str(take_apart(said[-1]))
    assert "wonderland" in text
    assert "does not tell by itself" in text  # the second answer or the first? the exchange alone does not say
    assert "CRAM-MD5" not in str(take_apart(said[2]))
    assert str(take_apart(said[1])) == "There is no login here: no AUTH that the server took up."


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("AUTH PLAIN YWxpY2UAd29uZGVybGFuZA==", "✕ The first NUL is missing"),
        ("YWxpY2UAd29uZGVybGFuZA==", "✕ The first NUL is missing"),
        ("AUTH PLAIN YWxpY2U=", "✕ This does not have the form: [authorization identity] NUL user NUL password"),
        ("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQK", "The last octet is a line feed"),
        ("YWxpY2U=", "A text that does not tell by itself"),
        ("AUTH GSSAPI YWxpY2U=", "tokens of Kerberos"),
        ("AUTH FOO YWxpY2U=", "A text that does not tell by itself"),
        ("alice", "Base64 comes in groups of four"),
        ("AUTH PLAIN alice:wonderland", "This is not base64, which has no ':'"),
        ("*", "An asterisk alone cancels the login (RFC 4954 4)."),
        ("AUTH EXTERNAL =", "An empty message (RFC 4954 4)."),
        ("334 ", "An empty challenge: the client speaks first (RFC 4954 4)."),
        ("dXNlcj1hQGV4YW1wbGUuY29tAWF1dGg9QmVhcmVyIHgB", "✕ Two octets ^A stand at the end."),
    ],
)
def test_what_is_wrong_is_said(said: str, expected: str) -> None:
    shown = take_apart(said)
    assert expected in str(shown)
    assert expected in Page(shown.html).text


def test_the_page_says_the_same_in_a_table() -> None:
    shown = take_apart("AGFsaWNlAHdvbmRlcmxhbmQ=")
    page = Page(shown.html)
    assert page.elements[0][1]["aria-label"] == "AUTH taken apart"
    assert page.in_order(["17 octets", "authorization identity", "NUL", "alice", "61 6c 69 63 65", "wonderland"])
    assert shown._repr_mimebundle_()["text/plain"] == str(shown)


def test_a_long_conversation_shows_its_newest_logins() -> None:
    wire = Wire().greeted()
    for number in range(30):
        wire.client("AUTH LOGIN " + b64encode(f"user{number}".encode()).decode()).server("504 5.5.4 No")
    text = str(take_apart(wire.transcript()))
    assert text.count("AUTH LOGIN: ") == 20
    assert "user29" in text
