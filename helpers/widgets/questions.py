"""Questions and predictions: choose, and each choice is answered."""

from __future__ import annotations

from threading import RLock

import ipywidgets as widgets

from helpers.exercises.base import Prediction, Question
from helpers.exercises.front import note_done
from helpers.exercises.registry import registry
from helpers.views.glyphs import STATUS
from helpers.views.markup import escaped, prose
from helpers.views.style import card
from helpers.views.verdict import verdict_html
from helpers.widgets.layout import foundation
from helpers.widgets.stored import Stored
from helpers.widgets.trouble import alert, told
from helpers.wire.messages import Verdict


def quiz(question: str) -> QuestionCard:
    """A question ("01.q1"). In code: ``quiz("01.q1").answer("b")``.

    Raises:
        UnknownId: there is no such question; the message names near ones.
    """
    return QuestionCard(registry().question(question), "quiz")


def predict(prediction: str) -> QuestionCard:
    """A prediction ("01.p1"): what will the server say? In code: ``predict("01.p1").answer("503")``.

    Raises:
        UnknownId: there is no such prediction; the message names near ones.
    """
    return QuestionCard(registry().prediction(prediction), "predict")


class QuestionCard(Stored):
    """A question, its options and, once one is chosen, the answer to that choice."""

    def __init__(self, question: Question, call: str) -> None:
        self.question = question
        self._call = call
        self._lock = RLock()
        options = [(f"{letter}) {_bare(option.text)}", letter) for letter, option in question.lettered()]
        self.choices = widgets.RadioButtons(options=options, index=None, description="Your choice:")
        self.choices.layout.width = "auto"
        self.choices.layout.margin = "0 14px"
        self.button = widgets.Button(description="Answer", tooltip="Answer the question with your choice")
        self.button.on_click(lambda _: self._clicked())
        self.button.layout.width = "fit-content"
        self.button.layout.margin = "8px 14px"
        self.result = widgets.HTML()
        prompt = widgets.HTML(f'<div class="body"><p class="say">{prose(question.prompt)}</p></div>')
        super().__init__([foundation(), prompt, self.choices, self.button, self.result])
        for name in ("smtp", "smtp-bench", "smtp-question"):
            self.add_class(name)

    def answer(self, choice: str | int) -> Verdict:
        """Choose by letter ("b") or by the beginning of an option's text ("503").

        Raises:
            ValueError: no option, or more than one, fits; the message lists them.
        """
        option = self.question.option(str(choice))
        verdict = self.question.judge(option)
        with self._lock:
            self.choices.index = self.question.options.index(option)
            self.result.value = f'<div role="status">{verdict_html(verdict)}</div>'
            if option.right and not isinstance(self.question, Prediction):
                note_done(self.question.id)
        return verdict

    def _clicked(self) -> None:
        """Answer the choice made."""
        with told(self._trouble):
            if self.choices.value is None:
                self.result.value = '<div class="body" role="status">○ Choose one of the options first.</div>'
            else:
                self.answer(self.choices.value)

    def _trouble(self, sentence: str) -> None:
        self.result.value = alert(sentence)

    def _plain(self) -> str:
        question = self.question
        options = "\n".join(f"  {letter}) {option.text}" for letter, option in question.lettered())
        how = f'Choose one, or in code: {self._call}("{question.id}").answer("a")'
        return f"{question.title} ({question.id}): {question.prompt}\n{options}\n{how}"

    def _fallback(self) -> str:
        question = self.question
        items = []
        for letter, option in question.lettered():
            verdict = question.judge(option)
            items.append(
                f"<li><details><summary>{letter}) {prose(option.text)}</summary>"
                f'<p class="note">{STATUS[verdict.status]}. {prose(option.answer)}</p></details></li>'
            )
        head = f"{question.title} ({question.id})"
        return card(
            f'<div class="body"><p class="cap">{escaped(head)}</p><p class="say">{prose(question.prompt)}</p>'
            f"<ul>{''.join(items)}</ul><p class='soft'>Unfold a choice to read the answer to it.</p></div>",
            head,
        )


def _bare(text: str) -> str:
    """Text for a label, which has no markup."""
    return text.replace("`", "")
