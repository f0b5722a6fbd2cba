"""The grammars of the forms: RFC examples fit, each named mistake has a sentence of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import reference
from helpers.protocol.grammar import GRAMMARS


def test_the_facts_use_only_grammars_that_exist_and_their_examples_fit() -> None:
    for command in reference.commands():
        for argument in command.arguments:
            assert GRAMMARS[argument.grammar].check(argument.example) is None, (command.verb, argument.name)
            if argument.default:
                assert GRAMMARS[argument.grammar].check(argument.default) is None, (command.verb, argument.name)


@pytest.mark.parametrize("grammar", GRAMMARS.values(), ids=list(GRAMMARS))
def test_its_own_example_fits(grammar: object) -> None:
    assert grammar.check(grammar.example) is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reverse-path", ""),
        ("reverse-path", '"Joe\\,Smith"@foo.com'),
        ("forward-path", "Postmaster"),
        ("hello-name", "[IPv6:2001:db8::1]"),
        ("hello-name", "localhost"),
        ("string", "Crispin"),  # RFC 5321 D.4
        ("string", "Example-People"),  # RFC 5321 3.5
        ("string", '"Mark Crispin"'),
        ("string", "bob@lab.example"),  # RFC 5321 3.5.1
        ("size", "0"),
        ("size", "9" * 20),  # RFC 1870 4: 1*20DIGIT
        ("body", "8bitmime"),
        ("ret", "hdrs"),
        ("notify", "never"),
        ("notify", "SUCCESS,FAILURE,DELAY"),
        ("orcpt", "rfc822;Bob@Example.COM"),  # RFC 3461 10
        ("orcpt", "rfc822;a+2Bb@Example.COM"),
        ("xtext", "QQ314159"),
        ("xtext", "e+3Dmc2@example.com"),  # RFC 4954 5
        ("xtext", "<>"),
        ("base64", "dGVzdAB0ZXN0ADEyMzQ="),  # RFC 4954 4
        ("base64", "="),
        ("base64", "Zg=="),  # this and the next two: RFC 4648 10
        ("base64", "Zm8="),
        ("base64", "Zm9vYmFy"),
        ("auth-response", "*"),
        ("auth-response", ""),
        ("mechanism", "SCRAM-SHA-256-PLUS"),
        ("mechanism", "plain"),
        ("chunk-size", "0"),
        ("last", "last"),
        ("message", ""),
        ("message", "x" * 998 + "\r\n"),
    ],
)
def test_fits(name: str, value: str) -> None:
    assert GRAMMARS[name].check(value) is None


WRONG = [
    ("reverse-path", "<alice@lab.example>", "angle brackets"),
    ("reverse-path", "Alice <alice@lab.example>", "person's name"),
    ("reverse-path", "alice @lab.example", "space"),
    ("reverse-path", "alice", "no @"),
    ("reverse-path", "alice@lab@example", "more than one @"),
    ("reverse-path", "alice@lab.example.", "dot at its end"),
    ("reverse-path", "alice@my_lab.example", "underscore"),
    ("reverse-path", "alice@lab..example", "empty"),
    ("reverse-path", "<alice@lab.example", "partner"),
    ("reverse-path", "@a.example:alice@lab.example", "source route"),
    ("reverse-path", "jürgen@lab.example", "SMTPUTF8"),
    ("forward-path", "", "missing"),
    ("forward-path", "<bob@lab.example>", "angle brackets"),
    ("domain", "[192.0.2.1]", "EHLO"),
    ("domain", "192.0.2.1", "square brackets"),
    ("hello-name", "192.0.2.1", "square brackets"),
    ("string", "Mark Crispin", "double quotes"),
    ("string", "", "missing"),
    ("size", "1 MB", "digits"),
    ("size", "-1", "digits"),
    ("size", "9" * 21, "20 digits"),
    ("size", "٣", "digits"),
    ("body", "BINARY", "7BIT, 8BITMIME or BINARYMIME"),
    ("keyword-flag", "SMTPUTF8=1", "no value"),
    ("xtext", "a b", "+20"),
    ("xtext", "a=b", "+3D"),
    ("xtext", "a+b", "+2B"),
    ("xtext", "a+3d", "upper case"),  # RFC 3461 4: two upper case hexadecimal digits
    ("ret", "HEADERS", "FULL or HDRS"),
    ("notify", "NEVER,SUCCESS", "alone"),  # RFC 3461 4.1
    ("notify", "SUCCESS, FAILURE", "commas"),
    ("notify", "ALWAYS", "NEVER"),
    ("orcpt", "bob@lab.example", "rfc822;"),
    ("orcpt", "rfc822;a+b@lab.example", "+2B"),
    ("orcpt", "rfc822;" + "a" * 500, "500"),
    ("mechanism", "A" * 21, "1 to 20"),  # RFC 4422 3.1
    ("mechanism", "SCRAM SHA", "1 to 20"),
    ("base64", "alice:secret", "not base64"),
    ("base64", "Zg", "groups of four"),
    ("base64", "Zg=a", "only at the end"),
    ("base64", "Zg =", "a space"),
    ("base64", "", "= alone"),
    ("auth-response", "=", "AUTH line"),
    ("message", "ok\n" + "x" * 999, "Line 2 has 999 octets"),  # RFC 5321 4.5.3.1.6
    ("chunk-size", "86 LAST", "digits"),
    ("last", "FIRST", "LAST"),
]


@pytest.mark.parametrize(("name", "value", "word"), WRONG)
def test_a_mistake_is_said_with_a_valid_example(name: str, value: str, word: str) -> None:
    sentence = GRAMMARS[name].check(value)
    assert sentence is not None
    assert word in sentence
    assert sentence.endswith(f"For example: {GRAMMARS[name].example}")


def test_the_named_mistakes_of_a_path_differ() -> None:
    sentences = [GRAMMARS[name].check(value) for name, value, _ in WRONG if name == "reverse-path"]
    assert len(set(sentences)) == len(sentences)


def test_smtputf8_lets_utf8_in() -> None:
    assert GRAMMARS["forward-path"].check("jürgen@münchen.example", utf8=True) is None


@given(st.sampled_from(list(GRAMMARS.values())), st.text(max_size=60), st.booleans())
def test_any_text_gets_none_or_a_sentence(grammar: object, value: str, utf8: bool) -> None:
    sentence = grammar.check(value, utf8=utf8)  # type: ignore[attr-defined]
    assert sentence is None or sentence.isprintable() or "\n" in grammar.example or not value.isprintable()  # type: ignore[attr-defined]
