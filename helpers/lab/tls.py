"""The lab's own certificate authority, its server certificate, and contexts that trust it.

Everything is made on first use: a lab without a TLS client never imports trustme.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.session import SessionError

if TYPE_CHECKING:
    import ssl
    import tempfile

    import trustme


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


class Certificates:
    """One lab's CA and certificate, for its host name and for loopback."""

    def __init__(self, hostname: str) -> None:
        self._hostname = hostname
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        # the server's thread and the client's ask at the same moment, and both must get the same CA
        self._lock = threading.RLock()
        self._authority: trustme.CA | None = None
        self._server_context: ssl.SSLContext | None = None

    @property
    def authority(self) -> trustme.CA:
        if not can_tls():
            raise NoTLS("This Python has no working TLS (it runs in a browser): use this lesson on a computer.")
        with self._lock:
            if self._authority is None:
                import trustme

                self._authority = trustme.CA(
                    organization_name="Speak SMTP lab", organization_unit_name="test certificates only"
                )
            return self._authority

    @property
    def server_context(self) -> ssl.SSLContext:
        with self._lock:
            if self._server_context is None:
                import ssl

                certificate = self.authority.issue_cert(self._hostname, "localhost", "127.0.0.1")
                self._server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                certificate.configure_cert(self._server_context)
            return self._server_context

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
