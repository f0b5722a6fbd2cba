"""From form values to the exact line of the RFCs' examples."""

from __future__ import annotations

import pytest

from helpers import reference
from helpers.protocol.commandline import compose, line_problem, problems
from helpers.reference.model import Argument, Command


def _command(wire: str, *arguments: Argument) -> Command:
    return Command("X", wire, wire, "", "session", "core", "", "", "", "", ("greeted",), "", arguments=arguments)


@pytest.mark.parametrize(
    ("verb", "values", "line"),
    [
        ("EHLO", ["bar.com"], "EHLO bar.com"),  # RFC 5321 D.1
        ("HELO", ["bar.com"], "HELO bar.com"),
        ("MAIL", ["Smith@bar.com"], "MAIL FROM:<Smith@bar.com>"),
        ("MAIL", [""], "MAIL FROM:<>"),
        ("RCPT", ["Jones@foo.com"], "RCPT TO:<Jones@foo.com>"),
        ("DATA", [], "DATA"),
        ("RSET", [], "RSET"),
        ("QUIT", [], "QUIT"),
        ("NOOP", [""], "NOOP"),
        ("VRFY", ["Crispin"], "VRFY Crispin"),  # RFC 5321 D.4
        ("AUTH", ["PLAIN", "dGVzdAB0ZXN0ADEyMzQ="], "AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ="),  # RFC 4954 4.1
        ("AUTH", ["EXTERNAL", "="], "AUTH EXTERNAL ="),
        ("BDAT", ["86", "LAST"], "BDAT 86 LAST"),  # RFC 3030 4.1
        ("BDAT", ["100000", ""], "BDAT 100000"),
        ("RESPONSE", ["dGVzdAB0ZXN0ADEyMzQ="], "dGVzdAB0ZXN0ADEyMzQ="),
        ("EHLO", [""], "EHLO"),  # a required word that is missing leaves no trailing space
    ],
)
def test_lines_of_the_rfcs(verb: str, values: list[str], line: str) -> None:
    command = reference.command(verb)
    names = [argument.name for argument in command.arguments]
    assert compose(command, dict(zip(names, values, strict=False))) == line


def test_parameters_in_the_order_of_the_facts() -> None:
    values = {"SIZE": "500", "BODY": "8BITMIME", "RET": "HDRS", "ENVID": "QQ314159"}
    command = reference.command("MAIL")
    path = command.arguments[0].name
    # RFC 3461 10: MAIL FROM:<Alice@Example.ORG> RET=HDRS ENVID=QQ314159
    assert compose(command, {path: "Alice@Example.ORG", **values}) == (
        "MAIL FROM:<Alice@Example.ORG> SIZE=500 BODY=8BITMIME RET=HDRS ENVID=QQ314159"
    )


def test_a_bare_verb_gets_the_space_that_its_template_lacks() -> None:
    argument = Argument("word", "Word", "string", "x", "{}")
    assert compose(_command("XFOO", argument, argument), {"word": "y"}) == "XFOO y y"
    assert compose(_command("XFOO FROM:", argument), {"word": "y"}) == "XFOO FROM:y"


def test_a_value_is_put_in_as_it_is() -> None:
    argument = Argument("word", "Word", "string", "x", " {}")
    assert compose(_command("XFOO", argument), {"word": "{0.__class__}{}"}) == "XFOO {0.__class__}{}"


def test_problems() -> None:
    command = reference.command("RCPT")
    path = command.arguments[0].name
    assert problems(command, {path: "bob@lab.example"}) == {}
    found = problems(command, {path: "<bob@lab.example>", "NOTIFY": "NEVER,DELAY"})
    assert list(found) == [path, "NOTIFY"]
    assert "missing" in problems(command, {})[path]
    assert "line break" in problems(command, {path: "bob@lab.example>\r\nDATA"})[path]


def test_the_null_reverse_path_is_a_value() -> None:
    command = reference.command("MAIL")
    assert problems(command, {command.arguments[0].name: ""}) == {}


def test_choices_are_a_closed_set() -> None:
    argument = Argument("BODY", "BODY", "body", "7BIT", " BODY={}", choices=("", "7BIT", "8BITMIME"))
    command = _command("MAIL FROM:", argument)
    assert problems(command, {"BODY": "8bitmime"}) == {}
    assert problems(command, {"BODY": "BINARYMIME"}) == {"BODY": "Choose one of 7BIT, 8BITMIME."}


def test_smtputf8_in_the_same_form_or_the_transaction_allows_utf8() -> None:
    command = reference.command("MAIL")
    path = command.arguments[0].name
    assert path in problems(command, {path: "jürgen@lab.example"})
    assert problems(command, {path: "jürgen@lab.example", "SMTPUTF8": "SMTPUTF8"}) == {}
    assert problems(command, {path: "jürgen@lab.example"}, utf8=True) == {}


def test_a_message_has_lines() -> None:
    command = reference.command("MESSAGE")
    assert problems(command, {command.arguments[0].name: "Subject: x\r\n\r\nbody\n"}) == {}


def test_line_problem() -> None:
    # RFC 5321 4.5.3.1.4: 512 octets with CR LF
    assert line_problem("NOOP " + "x" * 505) is None
    assert "511 octets" in str(line_problem("NOOP " + "x" * 506))
    assert "512 octets" in str(line_problem("NOOP x" + "ü" * 253))
    assert line_problem("NOOP " + "x" * 506, growth=26) is None
    for line in ("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>", "NOOP\n", "NOOP\r"):
        assert "CR or LF" in str(line_problem(line))
