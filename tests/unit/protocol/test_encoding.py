"""Text to base64: what the RFCs print, what the lab's people send, and what stays as it is."""

from __future__ import annotations

import pytest

from helpers.protocol.encoding import base64_of, typed_of

PRINTED = [
    (r"test\0test\01234", "dGVzdAB0ZXN0ADEyMzQ="),  # RFC 4954 4.1, PLAIN; the digits belong to the password
    # RFC 4954 4.1 and RFC 2195 2, CRAM-MD5
    ("rjs3 ec3a59fed395aba1ec6367c4f4b41ac0", "cmpzMyBlYzNhNTlmZWQzOTVhYmExZWM2MzY3YzRmNGI0MWFjMA=="),
    ("tim b913a602c7eda7a495b4e6e7334d3890", "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"),
    ("foobar", "Zm9vYmFy"),  # RFC 4648 10
    ("fooba", "Zm9vYmE="),
    ("foob", "Zm9vYg=="),
]
#: Written by coreutils: printf '\0alice\0wonderland' | base64, and so on.
WRITTEN_BY_BASE64 = [
    (r"\0alice\0wonderland", "AGFsaWNlAHdvbmRlcmxhbmQ="),
    (r"\0tim\0tanstaaftanstaaf", "AHRpbQB0YW5zdGFhZnRhbnN0YWFm"),  # the messages of RFC 4616 4
    (r"Ursel\0Kurt\0xipj3plmq", "VXJzZWwAS3VydAB4aXBqM3BsbXE="),
    ("alice", "YWxpY2U="),
    ("café-noir", "Y2Fmw6ktbm9pcg=="),
]


@pytest.mark.parametrize(("typed", "base64"), [*PRINTED, *WRITTEN_BY_BASE64])
def test_text_and_base64(typed: str, base64: str) -> None:
    assert base64_of(typed) == base64
    assert typed_of(base64) == typed


@pytest.mark.parametrize("value", ["", "*", "="])
def test_what_auth_gives_a_meaning_of_its_own_stays(value: str) -> None:
    assert base64_of(value) == value == typed_of(value)


def test_any_text_has_base64_and_not_any_text_is_base64() -> None:
    assert base64_of("\ud800") == "7aCA"
    with pytest.raises(ValueError, match="base64"):
        typed_of("alice")
