"""The lab's certificate authority, the certificate that its server shows, and contexts that trust the authority.

Everything is made on first use: a lab without a TLS client never imports trustme.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.lab.data_files import load
from helpers.session import SessionError

if TYPE_CHECKING:
    import ssl
    import tempfile

    import trustme

OUR_AUTHORITY = "Speak SMTP lab"
UNKNOWN_AUTHORITY = "Nobody's authority"


class NoTLS(SessionError):
    """This Python cannot do TLS (as in the browser)."""


@cache
def can_tls() -> bool:
    """Whether TLS works here, found by trying: ``import ssl`` succeeds even where TLS does not."""
    try:
        import ssl

        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="lab")
    except (ImportError, NotImplementedError, AttributeError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate states: for whom, from when until when, and who says so (RFC 5280 4.1.2)."""

    names: tuple[str, ...]
    not_before: date
    not_after: date
    trusted: bool  #: signed by the authority that the lab's clients know

    @property
    def issuer(self) -> str:
        """The name of the authority that signed it."""
        return OUR_AUTHORITY if self.trusted else UNKNOWN_AUTHORITY

    def __str__(self) -> str:
        return (
            f"for        {', '.join(self.names)}\n"
            f"valid      {self.not_before} to {self.not_after}\n"
            f"signed by  {self.issuer}"
        )

    __repr__ = __str__


def certificate(kind: str, hostname: str) -> Certificate:
    """The certificate of this kind for a host, from ``data/certificates.toml``.

    Raises:
        ValueError: there is no such kind; the message lists them.
    """
    kinds = load("certificates")
    if kind not in kinds:
        raise ValueError(f"There is no certificate {kind!r}. There are: {', '.join(kinds)}.")
    entry = kinds["good"] | kinds[kind]
    return Certificate(**entry | {"names": tuple(name.format(hostname=hostname) for name in entry["names"])})


class Certificates:
    """One lab's authority, and the certificate that its server shows."""

    def __init__(self, hostname: str, kind: str = "good") -> None:
        self.certificate = certificate(kind, hostname)  #: what the one that the server shows states
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        # the server's thread and the client's ask at the same moment, and both must get the same CA
        self._lock = threading.RLock()
        self._authority: trustme.CA | None = None
        self._issuer: trustme.CA | None = None
        self._server_context: ssl.SSLContext | None = None
        self._also_trusted: list[str] = []

    @property
    def authority(self) -> trustme.CA:
        """The authority that the lab's clients trust."""
        with self._lock:
            if self._authority is None:
                self._authority = _new_authority(OUR_AUTHORITY)
            return self._authority

    @property
    def issuer(self) -> trustme.CA:
        """The authority that signed the server's certificate; the clients may not know it."""
        if self.certificate.trusted:
            return self.authority
        with self._lock:
            if self._issuer is None:
                self._issuer = _new_authority(UNKNOWN_AUTHORITY)
            return self._issuer

    @property
    def server_context(self) -> ssl.SSLContext:
        with self._lock:
            if self._server_context is None:
                import ssl

                states = self.certificate
                leaf = self.issuer.issue_cert(
                    *states.names,
                    not_before=datetime.combine(states.not_before, time.min),
                    not_after=datetime.combine(states.not_after, time.max),
                )
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                leaf.configure_cert(context)  # fails where no file can be written; the next client tries again
                self._server_context = context
            return self._server_context

    def client_context(self) -> ssl.SSLContext:
        """A context that verifies certificates and names, and trusts our authority and those added by ``trust``."""
        import ssl

        from helpers.lab.clients import LabSSLContext

        authority = self.authority
        context = LabSSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(context)
        for pem in self._also_trusted:
            context.load_verify_locations(cadata=pem)
        return context

    def trust(self, pem: str) -> None:
        """Let the contexts made from now on trust this authority, too.

        Raises:
            ValueError: ``pem`` is no certificate in PEM form.
        """
        import ssl

        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
        except (ssl.SSLError, ValueError) as error:
            raise ValueError('An authority is trusted by its certificate: "-----BEGIN CERTIFICATE-----…"') from error
        self._also_trusted.append(pem)

    def ca_file(self) -> Path:
        """Our CA's certificate as a PEM file, for ``openssl s_client -CAfile``; it lasts as long as the lab."""
        if self._folder is None:
            import tempfile

            self._folder = tempfile.TemporaryDirectory(prefix="speak-smtp-")
        path = Path(self._folder.name) / "lab-ca.pem"
        if not path.exists():
            self.authority.cert_pem.write_to_path(path)
        return path

    def clean_up(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _new_authority(name: str) -> trustme.CA:
    if not can_tls():
        raise NoTLS("This Python has no working TLS (it runs in a browser): use this lesson on a computer.")
    import trustme

    return trustme.CA(organization_name=name, organization_unit_name="test certificates only")
