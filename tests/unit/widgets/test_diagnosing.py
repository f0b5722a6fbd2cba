"""The box to paste an error into."""

from __future__ import annotations

import pytest

from helpers import DiagnosisBox, diagnose
from tests.unit.widgets.conftest import Page, reading, tags_of, text_of

UNKNOWN = "550 5.1.1 <bbo@lab.example>: no such user here"


def test_paste_and_click(page: Page) -> None:
    box = DiagnosisBox()
    page.clicks(box.button)
    assert "Paste something first" in box.result.value
    page.sets(box.text, value=UNKNOWN)
    page.clicks(box.button)
    said = text_of(box.result.value)
    assert "mailbox-unknown — permanent" in said
    assert "Who can act" in said
    assert 'role="status"' in box.result.value
    assert box.phase.label == "I do not know", "no choice is not an empty choice"
    page.sets(box.text, value="   ")
    page.clicks(box.button)
    assert "Paste something first" in box.result.value


def test_the_phase_that_was_chosen_is_used(page: Page) -> None:
    box = DiagnosisBox()
    page.sets(box.text, value="554 Transaction failed")
    page.sets(box.phase, index=[value for _, value in box.phase.options].index("end-of-data"))
    page.clicks(box.button)
    assert "end-of-data" in text_of(box.result.value)
    assert "policy-other" in text_of(box.result.value), (
        "RFC 5321 4.2.3: 554 after the dot; without a phase nothing is sure"
    )
    page.sets(box.phase, index=0)
    page.clicks(box.button)
    assert "not sure" in text_of(box.result.value)


def test_in_code() -> None:
    box = DiagnosisBox()
    assert box.diagnose(UNKNOWN, phase="rcpt to") == diagnose(UNKNOWN, phase="RCPT")
    assert (box.text.value, box.phase.value) == (UNKNOWN, "RCPT")
    box.diagnose("450 4.7.1 Greylisted")
    assert box.phase.label == "I do not know"
    with pytest.raises(ValueError, match="no phase 'lunch'"):
        box.diagnose(UNKNOWN, phase="lunch")


def test_a_text_to_begin_with() -> None:
    box = DiagnosisBox(UNKNOWN, phase="RCPT")
    assert "mailbox-unknown" in reading(box)
    assert "mailbox-unknown" not in reading(DiagnosisBox())


def test_what_is_pasted_does_not_become_markup(page: Page) -> None:
    box = DiagnosisBox()
    page.sets(box.text, value="550 5.1.1 <img src=x onerror=alert(1)> no such user <script>x</script>")
    page.clicks(box.button)
    assert not {"img", "script"} & tags_of(box.result.value)


def test_every_control_has_a_name() -> None:
    box = DiagnosisBox()
    assert [control.description for control in (box.text, box.phase, box.button)] == [
        "What you got:", "It answered:", "Find out why",
    ]  # fmt: skip


def test_what_a_notebook_keeps() -> None:
    bundle = DiagnosisBox()._repr_mimebundle_()
    assert "diagnose('550 5.1.1" in bundle["text/plain"]
    assert "diagnose('550 5.1.1" in text_of(bundle["text/html"])
    assert "textarea" not in tags_of(bundle["text/html"])
