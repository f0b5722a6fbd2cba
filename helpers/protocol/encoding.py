"""The text that somebody types in place of base64, and the base64 that goes over the wire."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Final

from helpers.protocol.text import decode

#: How NUL is typed: a keyboard has no key for it, and PLAIN cannot do without (RFC 4616 2).
NUL: Final = r"\0"

#: What has a meaning of its own in AUTH: nothing, "cancel", and an empty initial response (RFC 4954 4).
AS_THEY_ARE: Final = ("", "*", "=")


def base64_of(typed: str) -> str:
    """The base64 of a text in UTF-8, in which ``\\0`` stands for NUL (RFC 4648 4, with padding).

    An empty text, ``*`` and ``=`` stay as they are: AUTH gives them a meaning of their own (RFC 4954 4).
    """
    if typed in AS_THEY_ARE:
        return typed
    return b64encode(typed.replace(NUL, "\0").encode("utf-8", "surrogatepass")).decode("ascii")


def typed_of(base64: str) -> str:
    """How a value in base64 is typed as text: the way back from :func:`base64_of`.

    Raises:
        ValueError: it is not base64.
    """
    if base64 in AS_THEY_ARE:
        return base64
    return decode(b64decode(base64, validate=True)).replace("\0", NUL)
