"""The lab's own certificate authority, its server certificate, and contexts that trust it.

Everything is made on first use: a lab without a TLS client never imports trustme.
"""

from __future__ import annotations

import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.session import SessionError

if TYPE_CHECKING:
    import ssl

    import trustme


class NoTLS(SessionError):
    """This Python cannot do TLS (as in the browser)."""


def can_tls() -> bool:
    """Whether TLS works here, found by trying: ``import ssl`` succeeds even where TLS does not."""
    try:
        import ssl

        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="lab")
    except (ImportError, NotImplementedError, AttributeError):
        return False
    return True


class Certificates:
    """One lab's CA and certificate, for its host name and for loopback."""

    def __init__(self, hostname: str) -> None:
        self._hostname = hostname
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @cached_property
    def authority(self) -> trustme.CA:
        if not can_tls():
            raise NoTLS("This Python has no working TLS (it runs in a browser): use this lesson on a computer.")
        import trustme

        return trustme.CA(organization_name="Speak SMTP lab", organization_unit_name="test certificates only")

    @cached_property
    def server_context(self) -> ssl.SSLContext:
        import ssl

        certificate = self.authority.issue_cert(self._hostname, "localhost", "127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """A context that verifies certificates and names, and trusts this CA alone."""
        import ssl

        from helpers.lab.clients import LabSSLContext

        authority = self.authority
        context = LabSSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(context)
        return context

    def ca_file(self) -> Path:
        """The CA's certificate as a PEM file, for ``openssl s_client -CAfile``; it lasts as long as the lab."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="speak-smtp-")
        path = Path(self._folder.name) / "lab-ca.pem"
        if not path.exists():
            self.authority.cert_pem.write_to_path(path)
        return path

    def clean_up(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
