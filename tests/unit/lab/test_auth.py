"""AUTH (RFC 4954): the mechanisms against their published examples and against clients by others."""

from __future__ import annotations

import base64
import hashlib
import hmac
import smtplib
import tomllib
from pathlib import Path
from typing import Any

import pytest
import scramp

from helpers.lab import Lab, auth
from helpers.lab.auth import Accounts, Outcome
from helpers.session import Session
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import EHLO, MAIL, PLAIN_ALICE, b64, say

VECTORS: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parents[2] / "data" / "rfc" / "sasl-vectors.toml").read_text(encoding="utf-8")
)


def accounts(users: dict[str, str], nonce: str = "", hostname: str = "", salt: bytes = b"salt") -> Accounts:
    return Accounts(users, hostname, lambda: nonce, salt)


def run(exchange: auth.Octets, *responses: bytes) -> tuple[list[bytes], Outcome]:
    """All challenges and the outcome of an exchange."""
    challenges: list[bytes] = []
    try:
        challenges.append(next(exchange))
        for response in responses:
            challenges.append(exchange.send(response))  # noqa: PERF401 - StopIteration must come out as itself
    except StopIteration as end:
        return challenges, end.value
    raise AssertionError("the exchange goes on")


# --- published examples ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["plain"], ids=lambda v: v["source"])
def test_plain_vector(vector: dict[str, Any]) -> None:
    authorise_as, user, password = vector["message"].split("\0")
    challenges, outcome = run(auth.plain(vector["message"].encode(), accounts({user: password})))
    assert challenges == []
    assert outcome.claimed == user
    assert (outcome.user == user) == (authorise_as in ("", user))
    assert run(auth.plain(vector["message"].encode(), accounts({user: password + "x"})))[1].user is None


@pytest.mark.parametrize("vector", VECTORS["cram-md5"], ids=lambda v: v["source"])
def test_cram_md5_vector(vector: dict[str, Any]) -> None:
    challenge, response = (base64.b64decode(part) for part in vector["wire"])
    nonce, _, host = challenge.decode()[1:-1].partition("@")
    users = {vector["user"]: vector["password"]}
    challenges, outcome = run(auth.cram_md5(None, accounts(users, nonce, host)), response)
    assert challenges == [challenge]
    assert outcome.user == vector["user"]
    wrong = {vector["user"]: vector["password"] + "x"}
    assert run(auth.cram_md5(None, accounts(wrong, nonce, host)), response)[1].user is None


SCRAM = next(vector for vector in VECTORS["scram"] if vector["mechanism"] == "SCRAM-SHA-256")


def scram_accounts(password: str = SCRAM["password"]) -> Accounts:
    client_first, server_first = SCRAM["messages"][:2]
    fields = dict(part.split("=", 1) for part in server_first.split(","))
    nonce = fields["r"].removeprefix(client_first.split("r=")[1])
    assert int(fields["i"]) == auth.SCRAM_ITERATIONS
    return accounts({SCRAM["user"]: password}, nonce, salt=base64.b64decode(fields["s"]))


@pytest.mark.parametrize("initial", [True, False])
@pytest.mark.parametrize("openssl", [True, False])
def test_scram_vector(initial: bool, openssl: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not openssl:
        monkeypatch.delattr("hashlib.pbkdf2_hmac")  # as in a browser's Python
    auth._salted.cache_clear()
    first, server_first, final, server_final = (message.encode() for message in SCRAM["messages"])
    if initial:
        challenges, outcome = run(auth.scram_sha_256(first, scram_accounts()), final, b"")
        assert challenges == [server_first, server_final]
    else:
        challenges, outcome = run(auth.scram_sha_256(None, scram_accounts()), first, final, b"")
        assert challenges == [b"", server_first, server_final]
    assert outcome.user == "user"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ((b"p=dHz", b"p=dHy"), "another proof"),
        ((b"c=biws", b"c=eSws"), "another GS2 header than at first: a downgrade"),
        ((b"k0,p", b"k1,p"), "another nonce"),
    ],
)
def test_scram_refuses(change: tuple[bytes, bytes], reason: str) -> None:
    first, _, final, _ = (message.encode() for message in SCRAM["messages"])
    assert final.replace(*change) != final
    assert run(auth.scram_sha_256(first, scram_accounts()), final.replace(*change))[1] == Outcome(claimed="user")


def test_scram_refuses_a_wrong_password_and_acting_for_another() -> None:
    first, _, final, _ = (message.encode() for message in SCRAM["messages"])
    assert run(auth.scram_sha_256(first, scram_accounts("pencils")), final)[1].user is None
    assert scram_for_another(b"")[1].user == "user"
    assert scram_for_another(b"user")[1].user == "user"
    assert scram_for_another(b"admin")[1].user is None


def scram_for_another(authorise_as: bytes) -> tuple[list[bytes], Outcome]:
    """Log in as "user" with the right proof, computed as RFC 5802 3 has it, acting for somebody."""
    header = b"n," + (b"a=" + authorise_as if authorise_as else b"") + b","
    exchange = auth.scram_sha_256(header + b"n=user,r=abc", scram_accounts())
    server_first = next(exchange)
    nonce, salt, iterations = (field.split(b"=", 1)[1] for field in server_first.split(b","))
    final = b"c=" + base64.b64encode(header) + b",r=" + nonce
    message = b",".join((b"n=user,r=abc", server_first, final))
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", base64.b64decode(salt), int(iterations))
    key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True)))
    try:
        return [exchange.send(final + b",p=" + proof), *run_on(exchange)], Outcome("user")
    except StopIteration as end:
        return [], end.value


def run_on(exchange: auth.Octets) -> list[bytes]:
    """The client's empty answer to the server's signature: it must end the exchange."""
    with pytest.raises(StopIteration) as end:
        exchange.send(b"")
    assert end.value.value.user == "user"
    return []


@pytest.mark.parametrize("first", [b"", b"p=tls-unique,,n=u,r=x", b"n,,m=ext,n=u,r=x", b"n,,n=u", b"x"])
def test_scram_refuses_another_form(first: bytes) -> None:
    assert run(auth.scram_sha_256(first, scram_accounts()))[1].problem


# --- clients by others -------------------------------------------------------------------------------------------


class ScramClient:
    """Steps of scramp's client, as octets."""

    def __init__(self, user: str, password: str) -> None:
        self._client = scramp.ScramClient(["SCRAM-SHA-256"], user, password)

    def first(self) -> bytes:
        return self._client.get_client_first().encode()

    def final(self, server_first: bytes) -> bytes:
        self._client.set_server_first(server_first.decode())
        return self._client.get_client_final().encode()

    def verify(self, server_final: bytes) -> None:
        self._client.set_server_final(server_final.decode())


def scram(session: Session, user: str, password: str, initial: bool) -> int:
    """Log in by SCRAM with scramp's client; the last code."""
    client = ScramClient(user, password)
    if initial:
        reply = session.send("AUTH SCRAM-SHA-256 " + b64(client.first()))
    else:
        session.send("AUTH SCRAM-SHA-256")
        reply = session.send(b64(client.first()))
    reply = session.send(b64(client.final(base64.b64decode(reply.text))))
    if reply.code != 334:
        return reply.code
    client.verify(base64.b64decode(reply.text))
    return session.send("").code


@pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
@pytest.mark.parametrize("initial", [True, False])
def test_scram_by_scramp(lab: Lab, initial: bool, tls: bool) -> None:
    session = lab.connect()
    session.send(EHLO)
    if tls:
        say(session, "STARTTLS", EHLO)
    assert scram(session, "dave", "wrong", initial) == 535
    assert scram(session, "dave", "hal9000", initial) == 235
    assert lab.transcript().state.authenticated == "SCRAM-SHA-256"


@pytest.mark.parametrize("profile", ["open", "submission"])
@pytest.mark.parametrize("mechanism", ["plain", "login", "cram_md5"])
def test_smtplib(start: Start, mechanism: str, profile: str) -> None:
    lab = start(profile)
    with lab.smtplib() as client:
        if profile == "submission":
            client.starttls(context=lab.client_context())
        client.ehlo()
        client.user, client.password = "alice", "wonderland"
        name = mechanism.upper().replace("_", "-")
        assert client.auth(name, getattr(client, f"auth_{mechanism}"))[0] == 235
        assert lab.transcript().state.authenticated == name


def test_a_password_with_accents(lab: Lab) -> None:
    session = lab.connect()
    session.send(EHLO)
    assert session.send("AUTH PLAIN " + b64("\0carol\0cafe\u0301-noir")).code == 235  # RFC 4616 2: SASLprep (NFKC)


@pytest.mark.parametrize("initial", [True, False])
def test_login(lab: Lab, initial: bool) -> None:
    session = lab.connect()
    session.send(EHLO)
    if initial:
        assert session.send("AUTH LOGIN " + b64("alice")).text == b64("Password:")
    else:
        assert session.send("AUTH LOGIN").text == b64("Username:")
        assert session.send(b64("alice")).text == b64("Password:")
    assert session.send(b64("wonderland")).code == 235


# --- the frame (RFC 4954 4) --------------------------------------------------------------------------------------


def test_the_space_after_334_stands_when_the_challenge_is_empty(lab: Lab) -> None:
    session = lab.connect()
    assert say(session, EHLO, "AUTH PLAIN").raw == b"334 \r\n"


def test_an_equals_sign_is_an_empty_initial_response_and_no_response(lab: Lab) -> None:
    session = lab.connect()
    session.send(EHLO)
    assert session.send("AUTH PLAIN =").enhanced == "5.5.2"
    assert session.send("AUTH LOGIN =").text == b64("Password:")
    assert session.send("*").code == 501
    session.send("AUTH LOGIN")
    assert (reply := session.send("=")).code == 501
    assert reply.enhanced == "5.5.2"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"])
@pytest.mark.parametrize(("line", "enhanced"), [("*", "5.7.0"), ("!!!", "5.5.2"), ("YQ", "5.5.2"), ("Y Q==", "5.5.2")])
def test_after_a_refused_response_commands_are_read_again(lab: Lab, mechanism: str, line: str, enhanced: str) -> None:
    session = lab.connect()
    assert say(session, EHLO, f"AUTH {mechanism}").code == 334
    reply = session.send(line)
    assert (reply.code, reply.enhanced) == (501, enhanced)
    assert session.send("NOOP").code == 250
    assert session.send(PLAIN_ALICE).code == 235


@pytest.mark.parametrize("line", ["AUTH", "AUTH PLAIN a b", "AUTH PLAIN YQ", "AUTH PLAIN é"])
def test_malformed_auth(lab: Lab, line: str) -> None:
    assert say(lab.connect(), EHLO, line).code == 501


def test_after_login_a_new_ehlo_keeps_it_and_rset_too(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, PLAIN_ALICE, EHLO, "RSET")
    assert session.send(PLAIN_ALICE).code == 503


def test_the_auth_parameter_of_mail(lab: Lab, start: Start) -> None:
    """RFC 4954 5: known where AUTH is offered."""
    assert say(lab.connect(), EHLO, MAIL + " AUTH=<>").code == 250
    assert say(lab.connect(), EHLO, MAIL + " AUTH=e+3Dmc2@example.com").code == 250
    assert say(lab.connect(), EHLO, MAIL + " AUTH=e+3dmc2").code == 501  # RFC 3461 4: upper-case digits
    assert say(start("mx").connect(), EHLO, MAIL + " AUTH=<>").code == 555


def test_challenges_differ_from_one_another(lab: Lab) -> None:
    session = lab.connect()
    session.send(EHLO)
    challenges = set()
    for _ in range(3):
        challenges.add(session.send("AUTH CRAM-MD5").text)
        session.send("*")
    other = lab.connect()
    challenges.add(say(other, EHLO, "AUTH CRAM-MD5").text)
    assert len(challenges) == 4
    assert all(base64.b64decode(text).endswith(b"@mail.lab.example>") for text in challenges)


def test_smtplib_login_chooses_and_reports(lab: Lab) -> None:
    with lab.smtplib() as client:
        client.login("bob", "builder42")
        assert lab.transcript().state.authenticated == "CRAM-MD5"
    other = lab.smtplib()
    with pytest.raises(smtplib.SMTPAuthenticationError):
        other.login("bob", "wrong")
    other.close()
