"""TLS over any pipe, by ``ssl.MemoryBIO``: the same on a socket and in memory."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import Final

from helpers.session import ConnectionClosed, Pipe, SessionError, TLSFailed

UNKNOWN_SIGNER: Final = "the other side refused the certificate: it knows nobody who signed it"

#: What the other side said before it broke off (RFC 8446 6.2).
_ALERTS: Final = {
    "BAD_CERTIFICATE": "the other side refused the certificate",
    "CERTIFICATE_EXPIRED": "the other side refused the certificate: its time is over",
    "UNKNOWN_CA": UNKNOWN_SIGNER,
}


def reason(error: BaseException) -> str:
    """Why a handshake failed, in words that do not change with OpenSSL's version."""
    if isinstance(error, ssl.SSLCertVerificationError):
        text = error.verify_message.lower()
        if "hostname mismatch" in text or "ip address mismatch" in text:
            return "the certificate is for another name than the one you connected to"
        if "expired" in text:
            return "the certificate has expired"
        if "not yet valid" in text:
            return "the certificate is not valid yet"
        return "nobody you trust has signed the certificate"
    said = (isinstance(error, ssl.SSLError) and error.reason) or ""
    if said in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        return "the other side does not speak TLS here: it answered in clear text"
    for word, meaning in _ALERTS.items():
        if said.endswith(f"ALERT_{word}"):
            return meaning
    if isinstance(error, (ssl.SSLEOFError, ConnectionError, ConnectionClosed)):
        return "the other side closed the connection during the handshake"
    return "the two sides could not agree"


class TLSPipe:
    """A pipe inside a pipe. The handshake is done when the object exists."""

    def __init__(self, inner: Pipe, context: ssl.SSLContext, hostname: str) -> None:
        self.connection = inner.connection
        self._inner = inner
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        try:
            self._handshake()
        except (ssl.SSLError, SessionError) as error:
            with suppress(ConnectionClosed):
                self._flush()  # the alert that tells the server why (RFC 8446 6.2)
            inner.close()
            raise TLSFailed(f"No TLS with {hostname}: {reason(error)}.") from error

    @property
    def version(self) -> str | None:
        return self._object.version()

    def _handshake(self) -> None:
        while True:
            try:
                self._object.do_handshake()
                self._flush()
                return
            except ssl.SSLWantReadError:
                self._flush()
                self._take_in(self._inner.read())

    def _flush(self) -> None:
        octets = self._outgoing.read()
        if octets:
            self._inner.write(octets)

    def _take_in(self, octets: bytes) -> None:
        if octets:
            self._incoming.write(octets)
        else:
            self._incoming.write_eof()

    def write(self, octets: bytes) -> None:
        self._object.write(octets)
        self._flush()

    def _decrypted(self) -> bytes | None:
        """What has been decrypted; None: more is needed; b"": the end."""
        try:
            return self._object.read(65536)
        except ssl.SSLWantReadError:
            self._flush()
            return None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def read(self) -> bytes:
        while (octets := self._decrypted()) is None:
            self._take_in(self._inner.read())
        return octets

    def read_ready(self) -> bytes | None:
        while (octets := self._decrypted()) is None:
            more = self._inner.read_ready()
            if more is None:
                return None
            self._take_in(more)
        return octets

    def close(self) -> None:
        self._inner.close()

    def drop(self) -> None:
        self._inner.drop()
