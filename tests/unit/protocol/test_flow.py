"""The flow of the protocol, against what RFC 5321 3 and 4.1.4, RFC 3207 4.2, RFC 4954 4 and RFC 3030 2 say."""

from __future__ import annotations

import pytest

from helpers import reference
from helpers.protocol.commandline import compose, values_in
from helpers.protocol.flow import Step, flow, way_to
from helpers.protocol.state import Phase

IN_USE = [command for command in reference.commands() if command.status != "obsolete"]
STEPS = flow(IN_USE)


def led(before: str, after: str) -> dict[str, tuple[int, ...]]:
    return {step.label: step.codes for step in STEPS if (step.before, step.after) == (before, after)}


@pytest.mark.parametrize(
    ("before", "after", "labels"),
    [
        ("connected", "greeted", {"EHLO", "HELO"}),
        ("greeted", "sender named", {"MAIL FROM"}),
        ("sender named", "recipients named", {"RCPT TO"}),
        ("recipients named", "message body", {"DATA"}),
        ("message body", "greeted", {"Message"}),  # accepted or not, the transaction is over
        ("greeted", "connected", {"STARTTLS"}),  # both sides forget what came before
        ("greeted", "auth exchange", {"AUTH"}),
        ("auth exchange", "greeted", {"AUTH response"}),
        ("sender named", "greeted", {"RSET", "EHLO", "HELO"}),  # EHLO drops a transaction as RSET does
        ("recipients named", "greeted", {"RSET", "EHLO", "HELO", "BDAT LAST"}),
        ("connected", "sender named", set()),
        ("greeted", "recipients named", set()),
        ("sender named", "message body", set()),
        ("message body", "ended", set()),
        ("auth exchange", "ended", set()),
    ],
)
def test_what_leads_where(before: str, after: str, labels: set[str]) -> None:
    assert {*led(before, after)} == labels


def test_quit_ends_a_session_wherever_commands_are_read() -> None:
    ending = {step.before for step in STEPS if step.after is Phase.ENDED}
    assert ending == {Phase.CONNECTED, Phase.GREETED, Phase.SENDER, Phase.RECIPIENTS}
    assert {step.label for step in STEPS if step.after is Phase.ENDED} == {"QUIT"}


def test_the_answers_that_decide() -> None:
    assert led("recipients named", "message body") == {"DATA": (354,)}
    assert led("greeted", "auth exchange") == {"AUTH": (334,)}
    assert led("greeted", "greeted")["AUTH"] == (235,)
    assert led("greeted", "connected") == {"STARTTLS": (220,)}
    assert {250, 554} <= {*led("message body", "greeted")["Message"]}
    assert led("recipients named", "recipients named")["RCPT TO"] == (250, 251)


def test_noop_help_vrfy_and_expn_change_nothing() -> None:
    for step in STEPS:
        if step.command.verb in ("NOOP", "HELP", "VRFY", "EXPN", "ETRN"):
            assert step.before is step.after


def test_a_command_that_a_lesson_adds_is_in_it() -> None:
    extra = reference.Library(
        extra={
            "commands": {
                "XYZZY": {
                    "wire": "XYZZY",
                    "label": "XYZZY",
                    "title": "say the magic word",
                    "group": "session",
                    "status": "core",
                    "summary": "Made up.",
                    "syntax": "-",
                    "rfc": "none",
                    "effect": "None.",
                    "permitted_in": ["greeted"],
                    "not_permitted": "Say EHLO first.",
                    "replies": [{"code": 250, "meaning": "Nothing happens."}],
                }
            }
        }
    )
    with reference.using(extra):
        steps = flow(reference.commands())
    assert [(s.before, s.after) for s in steps if s.label == "XYZZY"] == [(Phase.GREETED, Phase.GREETED)]


def test_the_way_to_a_place() -> None:
    assert way_to(Phase.CONNECTED, IN_USE) == ()
    assert [line.partition(" ")[0] for line in way_to(Phase.MESSAGE, IN_USE)] == ["EHLO", "MAIL", "RCPT", "DATA"]
    assert [line.partition(" ")[0] for line in way_to(Phase.AUTH, IN_USE)] == ["EHLO", "AUTH"]
    assert way_to(Phase.ENDED, IN_USE) == ()


def test_steps_do_not_repeat() -> None:
    assert len({*STEPS}) == len(STEPS)
    assert all(isinstance(step, Step) for step in STEPS)


# the values of a line


@pytest.mark.parametrize("command", reference.commands(), ids=lambda command: command.verb)
@pytest.mark.parametrize("which", ["required", "all"])
def test_values_in_a_line_are_those_it_was_made_of(command: reference.model.Command, which: str) -> None:
    values = {a.name: a.example for a in command.arguments if which == "all" or a.required}
    line = compose(command, values)
    found = values_in(command, line)
    assert found is not None
    assert compose(command, found) == line
    assert {name: value for name, value in found.items() if value} == {n: v for n, v in values.items() if v}


@pytest.mark.parametrize(
    ("verb", "line"),
    [
        ("RCPT", "MAIL FROM:<a@b.example>"),
        ("MAIL", "MAIL FROM:a@b.example"),
        ("QUIT", "QUIT now"),
        ("AUTH", "AUTH NTLM"),
    ],
)
def test_a_line_of_another_form_has_no_values(verb: str, line: str) -> None:
    assert values_in(reference.command(verb), line) is None
