"""The facts that were added for looking things up: titles of enhanced codes, ports, trials."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from helpers import reference
from helpers.protocol.commandline import values_in
from helpers.protocol.state import verb_of
from helpers.reference import Library, MalformedEntry


def refusal(tmp_path: Path, kind: str, text: str) -> str:
    (tmp_path / f"{kind}.toml").write_text(text, "utf-8")
    with pytest.raises(MalformedEntry) as caught:
        Library(tmp_path).entries(kind)
    return str(caught.value)


def test_every_enhanced_code_has_a_short_title_of_its_own() -> None:
    titles = [code.title for code in reference.enhanced_codes()]
    assert all(1 <= len(title.split()) <= 5 for title in titles), titles
    assert len({*titles}) == len(titles)


@pytest.mark.parametrize(
    ("number", "name", "tls", "rfc"),
    [
        (25, "smtp", "starttls", "RFC 5321"),  # RFC 5321 4.5.4.2
        (465, "submissions", "implicit", "RFC 8314"),  # RFC 8314 3.3 and 7.3
        (587, "submission", "starttls", "RFC 6409"),  # RFC 6409 3.1
    ],
)
def test_ports_as_the_rfcs_name_them(number: int, name: str, tls: str, rfc: str) -> None:
    (port,) = (port for port in reference.ports() if port.port == number)
    assert (port.name, port.tls) == (name, tls)
    assert port.rfc.startswith(rfc)
    assert str(number) in port.by_hand
    assert ("-starttls smtp" in port.by_hand) == (number == 587)


def test_no_standard_names_port_2525() -> None:
    (port,) = (port for port in reference.ports() if port.port == 2525)
    assert (port.name, port.rfc) == ("", "")


@pytest.mark.parametrize(
    ("mechanism", "wire"),
    # RFC 4616 4, put into base64; the second line of LOGIN is the same message of draft-murchison-sasl-login
    [("PLAIN", "AHRpbQB0YW5zdGFhZnRhbnN0YWFm"), ("LOGIN", "dGlt\ndGFuc3RhYWZ0YW5zdGFhZg==")],
)
def test_the_shell_line_of_a_mechanism_makes_its_message(mechanism: str, wire: str) -> None:
    line = reference.mechanism(mechanism).by_hand.replace("NAME", "tim").replace("PASSWORD", "tanstaaftanstaaf")
    assert subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True).stdout.strip() == wire


@pytest.mark.parametrize("trial", reference.trials(), ids=lambda trial: trial.name)
def test_a_trial_is_made_of_what_the_reference_knows(trial: reference.model.Trial) -> None:
    assert reference.reply_code(trial.code).standard
    if trial.enhanced:
        assert int(trial.enhanced[0]) == trial.code // 100
        assert int(trial.enhanced[0]) in reference.enhanced_code(trial.enhanced).classes
    for line in trial.lines:
        assert values_in(reference.command(verb_of(line)), line) is not None, line
    names = {entry.keyword for entry in reference.extensions()} | {entry.name for entry in reference.mechanisms()}
    assert names >= {*trial.keywords}


PORT = "name = 'a'\ntitle = 'b'\nmeaning = 'c'\ntls = 'starttls'\nrfc = ''\nby_hand = 'd'"


@pytest.mark.parametrize(
    ("kind", "text", "named"),
    [
        ("ports", f"[smtp]\n{PORT}", ["[smtp]", "no port", "number"]),
        ("ports", "[25]\n" + PORT.replace("starttls", "maybe"), ["tls", "maybe", "implicit"]),
        ("ports", "[25]\ntitle = 'b'", ["'name'", "missing"]),
        ("trials", "[x]\nlines = []\ncode = 250", ["[x] lines", "empty"]),
        ("trials", "[x]\nlines = ['NOOP']\ncode = '250'", ["code", "whole number"]),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, kind: str, text: str, named: list[str]) -> None:
    message = refusal(tmp_path, kind, text)
    assert all(part in message for part in (f"{kind}.toml", *named)), message
