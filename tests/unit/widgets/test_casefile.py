"""A case file: by mouse, in code, and as it is stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpers import Lab, case
from helpers.exercises import cases, progress
from helpers.exercises.cases import Case, Suspect
from helpers.exercises.progress import FOLDER_VARIABLE
from helpers.exercises.records import LabRecord, Records
from helpers.exercises.registry import UnknownId, registry
from helpers.wire.messages import Status
from tests.unit.exercises.live import say
from tests.unit.widgets.conftest import reading, tags_of, text_of


@pytest.fixture(autouse=True)
def nothing_done_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(cases, "_concluded", {})


def test_by_mouse() -> None:
    file = case("10.a")
    assert "504 <scanner>" in reading(file)
    file.button.click()
    assert "Choose a root cause and who can act first" in file.result.value
    file.causes.value = "a"
    file.button.click()
    assert "Choose a root cause and who can act first" in file.result.value
    file.actors.value = "b"
    file.button.click()
    said = text_of(file.result.value)
    assert "✕ Not yet" in said
    assert "sequence-error: It did say EHLO" in said
    assert "nobody (wait): The same line" in said
    assert "C: EHLO scanner" in said
    file.causes.value, file.actors.value = "c", "a"
    file.button.click()
    said = text_of(file.result.value)
    assert "✓ Done — Conclusion (10.a)" in said
    assert "send its MAIL again" in said
    assert 'role="status"' in file.result.value


def test_the_proof_may_come_before_the_conclusion() -> None:
    lab = Lab("strict", name="10.a", transport="memory")
    say(lab, ["EHLO scanner.lab.example", "MAIL FROM:<alice@lab.example>"])
    file = case("10.a")
    assert file.conclude("c", "a").next_step == ""
    assert "✓ Done — The scanner that cannot send (10.a)" in text_of(file.result.value)
    assert (file.causes.value, file.actors.value) == ("c", "a")
    assert progress.done() == {"10.a"}
    lab.stop()


def test_the_last_conclusion_counts() -> None:
    file = case("10.a")
    file.conclude("helo-rejected", "sender's administrator")
    file.conclude("helo-rejected", "nobody (wait)")
    assert cases.conclusions()["10.a"].status is Status.NOT_YET


def test_names_that_are_none_list_the_others() -> None:
    with pytest.raises(ValueError, match=r"greylisted.*sequence-error, sender-not-allowed, helo-rejected"):
        case("10.a").conclude("greylisted", "a")
    with pytest.raises(UnknownId, match=r"without a case file; there are: 10\.a, 10\.b"):
        case("01.a")
    with pytest.raises(UnknownId, match="no exercise"):
        case("10.z")


def test_what_a_notebook_keeps() -> None:
    bundle = case("10.c")._repr_mimebundle_()
    plain, html = bundle["text/plain"], bundle["text/html"]
    for text in (plain, text_of(html)):
        assert "Add the onions." in text
        assert "Mailbox of bob@lab.example: 1 message" in text
        assert "cut-at-dot: a line of the letter ended the message" in text
    assert 'case("10.c").conclude("a", "a")' in plain
    assert "Yes: a line with only a dot" not in plain, "the answers are folded, and not in the text"
    again = case("10.c")._repr_mimebundle_()
    assert (plain, html) == (again["text/plain"], again["text/html"])


def test_what_a_peer_sent_does_not_become_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    def play(lab: Lab) -> None:
        say(lab, ["EHLO <img src=x>", "MAIL FROM:<alice@lab.example>"])

    task = registry().exercise("10.a")
    assert task.case is not None
    hostile = replace(task, case=replace(task.case, play=play))
    monkeypatch.setitem(registry().exercises, "10.a", hostile)
    file = case("10.a")
    assert "img" not in tags_of(file._fallback())
    file.conclude("sequence-error", "a")
    assert "img" not in tags_of(file.result.value)


def test_a_malformed_case_is_refused() -> None:
    suspect = Suspect("a", "", "because", lambda records: None, "here", right=True)
    others = (replace(suspect, name="b", right=False), replace(suspect, name="c", right=False))
    fine = (suspect, *others)
    for causes, actors in [(fine, others), (fine, fine[:2]), ((suspect, suspect, *others), fine)]:
        with pytest.raises(ValueError, match="exactly one right"):
            Case("open", lambda lab: None, causes, actors, "prove it")
    with pytest.raises(LookupError, match="no line that shows it"):
        suspect.evidence(LabRecord("x", "open", case("10.a").transcript))
    assert Records().conclusions == {}
