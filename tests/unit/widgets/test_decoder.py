"""The decoder: what is typed is read at once, and the stored notebook keeps it."""

from __future__ import annotations

from helpers import Decoder, decode


def test_what_is_typed_is_decoded() -> None:
    decoder = Decoder()
    decoder.entry.value = "452 4.2.2 Full"
    assert "The mailbox is full" in decoder.result.value
    decoder.entry.value = "<img src=x>"
    assert "begins with three digits" in decoder.result.value
    assert "<img" not in decoder.result.value


def test_code_does_the_same() -> None:
    decoder = Decoder()
    assert decoder.decode("450 5.7.1 x") == decode("450 5.7.1 x")
    assert decoder.entry.value == "450 5.7.1 x"


def test_the_field_has_a_label_and_the_result_is_spoken() -> None:
    decoder = Decoder("250 OK")
    assert decoder.entry.description
    assert 'role="status"' in decoder.result.value


def test_without_a_kernel_it_reads_as_text() -> None:
    bundle = Decoder("250 OK")._repr_mimebundle_()
    assert "decode('250 OK')" in bundle["text/plain"]
    assert "success" in bundle["text/plain"]
    assert "decode(&#x27;250 OK&#x27;)" in bundle["text/html"]
