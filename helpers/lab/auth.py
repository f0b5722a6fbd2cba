"""The SASL mechanisms as the server plays them: pure exchanges of octets.

Each mechanism is a generator. It yields a challenge (before base64), receives the client's decoded
response, and returns an :class:`Outcome`. Nothing here reads or writes a connection, so each can be
checked against the published examples.

Source: RFC 4954 4 (the frame), RFC 4616 (PLAIN), draft-murchison-sasl-login-00 (LOGIN),
RFC 2195 (CRAM-MD5), RFC 5802 and 7677 (SCRAM-SHA-256).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

Octets = Generator[bytes, bytes, "Outcome"]
SCRAM_ITERATIONS: Final = 4096  # RFC 7677 4: at least 4096


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an exchange ended. ``problem`` is a sentence when the message's form was wrong (501)."""

    user: str | None = None  #: who logged in; None: refused
    problem: str | None = None
    claimed: str = ""  #: the user name that was tried


@dataclass(frozen=True, slots=True)
class Accounts:
    """What a mechanism needs to know: passwords, the host's name, and a source of nonces."""

    passwords: Mapping[str, str]
    hostname: str
    nonce: Callable[[], str]
    salt: bytes = b"speak smtp salt!"

    def check(self, user: str, password: str) -> Outcome:
        known = self.passwords.get(user)
        good = known is not None and hmac.compare_digest(_prepared(known), _prepared(password))
        return Outcome(user if good else None, claimed=user)


def _prepared(password: str) -> bytes:
    # RFC 4616 2 asks for SASLprep; NFKC is the part of it that a keyboard can run into
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogateescape")


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def plain(initial: bytes | None, accounts: Accounts) -> Octets:
    """PLAIN: one message, [authzid] NUL authcid NUL password."""
    message = (yield b"") if initial is None else initial
    parts = message.split(b"\0")
    if len(parts) != 3:
        return Outcome(problem=f"PLAIN is [authorise-as] NUL user NUL password: two NULs, here are {len(parts) - 1}")
    authorise_as, user, password = map(_text, parts)
    outcome = accounts.check(user, password)
    if outcome.user and authorise_as not in ("", user):
        return Outcome(claimed=user)  # nobody here may act for somebody else
    return outcome


def login(initial: bytes | None, accounts: Accounts) -> Octets:
    """LOGIN: the user name, then the password, each asked for."""
    user = (yield b"Username:") if initial is None else initial
    password = yield b"Password:"
    return accounts.check(_text(user), _text(password))


def cram_md5(initial: bytes | None, accounts: Accounts) -> Octets:
    """CRAM-MD5: user SP lower-case hex of HMAC-MD5(password, challenge)."""
    challenge = f"<{accounts.nonce()}@{accounts.hostname}>".encode()
    response = yield challenge
    user, space, digest = response.rpartition(b" ")
    if not space:
        return Outcome(problem="CRAM-MD5 is user, a space, and 32 hexadecimal digits")
    password = accounts.passwords.get(_text(user))
    if password is None:
        return Outcome(claimed=_text(user))
    expected = hmac.new(_prepared(password), challenge, "md5").hexdigest().encode()
    return Outcome(_text(user) if hmac.compare_digest(expected, digest) else None, claimed=_text(user))


def scram_sha_256(initial: bytes | None, accounts: Accounts) -> Octets:
    """SCRAM-SHA-256 without channel binding: client-first, server-first, client-final, server-final."""
    first = (yield b"") if initial is None else initial
    opening = re.fullmatch(rb"([ny],(?:a=([^,]*))?,)(n=([^,]*),r=([^,]+)(?:,.*)?)", first, re.DOTALL)
    if opening is None:
        return Outcome(problem="a SCRAM exchange opens with n,,n=user,r=nonce")
    gs2, authorise_as, bare, name, client_nonce = opening.groups()
    user = _text(name).replace("=2C", ",").replace("=3D", "=")
    nonce = client_nonce + accounts.nonce().encode()
    salt = base64.b64encode(accounts.salt)
    server_first = b"r=" + nonce + b",s=" + salt + b",i=" + str(SCRAM_ITERATIONS).encode()
    final = yield server_first
    closing = re.fullmatch(rb"(c=([^,]*),r=([^,]*)(?:,.*)?),p=([^,]*)", final, re.DOTALL)
    if closing is None:
        return Outcome(problem="the final SCRAM message is c=binding,r=nonce,p=proof", claimed=user)
    without_proof, binding, echoed, proof = closing.groups()
    password = accounts.passwords.get(user)
    if password is None or echoed != nonce or _decoded(binding) != gs2 or authorise_as not in (None, b"", name):
        return Outcome(claimed=user)
    salted = _salted(_prepared(password), accounts.salt)
    client_key = _hmac(salted, b"Client Key")
    message = bare + b"," + server_first + b"," + without_proof
    signature = _hmac(hashlib.sha256(client_key).digest(), message)
    expected = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
    if not hmac.compare_digest(expected, _decoded(proof)):
        return Outcome(claimed=user)
    yield b"v=" + base64.b64encode(_hmac(_hmac(salted, b"Server Key"), message))
    return Outcome(user, claimed=user)


def _decoded(octets: bytes) -> bytes:
    try:
        return base64.b64decode(octets, validate=True)
    except ValueError:
        return b""


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, "sha256").digest()


@lru_cache(maxsize=64)
def _salted(password: bytes, salt: bytes) -> bytes:
    """PBKDF2 with SHA-256 (RFC 8018 5.2). It takes milliseconds by design, so it is done once a password."""
    derive = getattr(hashlib, "pbkdf2_hmac", None)
    if derive is not None:
        return bytes(derive("sha256", password, salt, SCRAM_ITERATIONS))
    # a Python without OpenSSL, as in the browser: one block is all that SHA-256 needs
    block = total = _hmac(password, salt + b"\0\0\0\1")
    for _ in range(SCRAM_ITERATIONS - 1):
        block = _hmac(password, block)
        total = bytes(a ^ b for a, b in zip(total, block, strict=True))
    return total


@dataclass(frozen=True, slots=True)
class ServerMechanism:
    """A mechanism's exchange, and whether the client may speak first (RFC 4422 5)."""

    exchange: Callable[[bytes | None, Accounts], Octets]
    client_first: bool = True


MECHANISMS: Final[Mapping[str, ServerMechanism]] = {
    "PLAIN": ServerMechanism(plain),
    "LOGIN": ServerMechanism(login),
    "CRAM-MD5": ServerMechanism(cram_md5, client_first=False),
    "SCRAM-SHA-256": ServerMechanism(scram_sha_256),
}
