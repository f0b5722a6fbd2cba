"""Questions and predictions: by mouse, in code, and as they are stored."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import ipywidgets as widgets
import pytest

from helpers import Lab, predict, quiz
from helpers.exercises import progress
from helpers.exercises.base import Option, Prediction, Question
from helpers.exercises.progress import FOLDER_VARIABLE
from helpers.exercises.registry import UnknownId, registry
from helpers.widgets.questions import QuestionCard

ALL = [*registry().questions.values(), *registry().predictions.values()]


@pytest.fixture(autouse=True)
def empty_progress(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))


def test_the_stylesheet_or_the_browser_marks_what_unfolds() -> None:
    """A marker in the text would stand beside theirs."""
    stored = QuestionCard(ALL[0], "quiz")._fallback()
    assert re.findall(r"<summary>(.)", stored) == list("abcd")[: len(ALL[0].options)]


def text_of(html: str) -> str:
    """The text of some HTML, styles left out."""
    found: list[str] = []

    class Reader(HTMLParser):
        style = False

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.style = tag == "style"

        def handle_data(self, data: str) -> None:
            if not self.style:
                found.append(data)

    Reader().feed(html)
    return " ".join("".join(found).split())


def test_a_click_answers_the_choice() -> None:
    card = quiz("00.q1")
    card.button.click()
    assert "Choose one of the options first" in card.result.value
    card.choices.value = "a"
    assert "minus" not in card.result.value, "moving through the options with the arrow keys answers nothing yet"
    card.button.click()
    assert "✕ Not yet" in card.result.value
    assert "minus sign" in card.result.value
    assert progress.done() == set()
    card.choices.value = "b"
    card.button.click()
    assert "✓ Done" in card.result.value
    assert "RFC 5321 4.2.1" in card.result.value
    assert 'role="status"' in card.result.value
    assert progress.done() == {"00.q1"}


def test_the_same_in_code() -> None:
    verdict = predict("01.p1").answer("503")
    assert verdict.done
    assert str(verdict).startswith("✓ Done — Prediction (01.p1)\n503, wrong order: Yes")
    assert predict("01.p1").answer("d") == verdict == predict("01.p1").answer(503)
    wrong = predict("01.p1").answer("501")
    assert not wrong.done
    assert "501 is for arguments" in wrong.message
    assert "run the next cell" in wrong.next_step
    assert progress.done() == set(), "a prediction is a guess and does not count"


def test_an_answer_that_is_no_option_lists_them() -> None:
    with pytest.raises(ValueError, match=r"no single option '250'.*a\) 503.*b\) 250"):
        predict("01.p2").answer("250")
    for choice in ("", " ", "z", "e", "nothing"):
        with pytest.raises(ValueError, match="The options are"):
            predict("01.p1").answer(choice)
    with pytest.raises(UnknownId, match=r'no question "01\.q7"\. Did you mean'):
        quiz("01.q7")
    with pytest.raises(UnknownId, match="use predict"):
        quiz("01.p1")


def card_of(question: Question) -> QuestionCard:
    return predict(question.id) if isinstance(question, Prediction) else quiz(question.id)


def test_every_choice_has_an_answer_of_its_own() -> None:
    for question in ALL:
        answers = {card_of(question).answer(letter).message for letter, _ in question.lettered()}
        assert len(answers) == len(question.options)


def test_what_is_stored_is_the_same_on_every_run_and_says_it_all() -> None:
    for question in ALL:
        first, again = card_of(question), card_of(question)
        first.answer("a")
        stored = [
            {kind: data for kind, data in card._repr_mimebundle_().items() if kind.startswith("text/")}
            for card in (first, again)
        ]
        assert stored[0] == stored[1]
        html, plain = stored[0]["text/html"], stored[0]["text/plain"]
        assert repr(first) == plain
        assert "<script" not in html
        assert html.count("<details>") == html.count("<summary>") == len(question.options)
        for option in question.options:
            assert option.text in plain
            assert option.answer not in plain, "the plain text does not give it away"
            assert option.answer.replace("`", "") in text_of(html)
        assert re.findall("✓ Done|✕ Not yet", text_of(html)).count("✓ Done") == 1


def test_controls_have_labels() -> None:
    card = quiz("01.q1")
    assert card.choices.description
    assert card.button.description
    assert [label for label, _ in card.choices.options] == [
        f"{letter}) {option.text}" for letter, option in card.question.lettered()
    ]


def test_markup_in_a_question_stays_text() -> None:
    evil = "<img src=x onerror=alert(1)>"
    question = registry().question("00.q1")
    options = (Option(evil, evil, right=True), *question.options[2:])
    card = QuestionCard(replace(question, prompt=evil, options=options), "quiz")
    card.answer("a")
    for html in (card._fallback(), *(part.value for part in card.children if isinstance(part, widgets.HTML))):
        assert "<img" not in html
        assert "onerror" not in html or "&lt;img" in html


def test_an_error_in_the_handler_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    card = quiz("00.q1")
    card.choices.value = "b"

    def broken(identifier: str) -> None:
        raise RuntimeError("<b>broken</b>")

    monkeypatch.setattr("helpers.widgets.questions.note_done", broken)
    card.button.click()
    assert "✕" in card.result.value
    assert "&lt;b&gt;broken" in card.result.value


def test_the_lab_says_what_the_predictions_say() -> None:
    with Lab("open", name="predictions", transport="memory") as lab:
        session = lab.connect()
        mail = "MAIL FROM:<alice@lab.example>"
        assert predict("01.p1").answer(session.send(mail).code).done
        session.send("EHLO laptop.example")
        session.send(mail)
        assert lab.transcript().state.in_transaction
        assert session.send("EHLO laptop.example").code == 250
        assert not lab.transcript().state.in_transaction
        assert predict("01.p2").answer("250, and the transaction is gone").done
