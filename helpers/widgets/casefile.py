"""A case file: the recorded session, and a place to say what happened in it and who can act."""

from __future__ import annotations

from dataclasses import replace
from threading import RLock

import ipywidgets as widgets

from helpers.exercises.base import Exercise
from helpers.exercises.cases import Case, Suspect, lettered, note_conclusion, record, suspect_named
from helpers.exercises.front import check
from helpers.exercises.registry import UnknownId, registry
from helpers.views import conversation_html, conversation_text, mailbox_html, mailbox_text, verdict_html
from helpers.views.glyphs import STATUS
from helpers.views.markup import escaped, prose
from helpers.views.style import card
from helpers.widgets.layout import foundation
from helpers.widgets.stored import Stored
from helpers.widgets.trouble import alert, told
from helpers.wire.messages import Status, Verdict
from helpers.wire.transcript import Transcript

_ASKED = ("What is the root cause?", "Who can act?")


def case(exercise: str) -> CaseFile:
    """The file of a case ("10.a"): its session is played against a server now, and its log shown.

    In code: ``case("10.a").transcript`` is the log, ``case("10.a").conclude("greylisted", "nobody (wait)")``
    says what you found.

    Raises:
        UnknownId: there is no such case; the message names near ones.
    """
    task = registry().exercise(exercise)
    if task.case is None:
        cases = ", ".join(entry.id for entry in registry().exercises.values() if entry.case)
        raise UnknownId(f"{task.id} is an exercise without a case file; there are: {cases}.")
    return CaseFile(task, task.case)


class CaseFile(Stored):
    """The log of a case, its suspects, and the answer to a conclusion."""

    def __init__(self, task: Exercise, file: Case) -> None:
        self._task = task
        self._case = file
        self._record = record(task.id, file)
        self._lock = RLock()
        self.causes = _choices(_ASKED[0], file.causes)
        self.actors = _choices(_ASKED[1], file.actors)
        self.button = widgets.Button(description="Conclude", tooltip="Say what you found")
        self.button.on_click(lambda _: self._clicked())
        self.button.layout.width = "fit-content"
        self.button.layout.margin = "8px 14px"
        self.result = widgets.HTML()
        parts = [foundation(), widgets.HTML(self._file_html()), self.causes, self.actors, self.button, self.result]
        super().__init__(parts)
        self.add_class("smtp")
        self.add_class("smtp-bench")

    @property
    def transcript(self) -> Transcript:
        """The log: give it to ``diagnose``, ``show_bytes`` or ``take_apart``."""
        return self._record.transcript

    def conclude(self, cause: str, who: str) -> Verdict:
        """Say what the root cause is and who can act, by name or by letter.

        Raises:
            ValueError: no such suspect; the message lists them.
        """
        chosen = suspect_named(self._case.causes, cause), suspect_named(self._case.actors, who)
        verdict = self._case.judge(self._task.id, "Conclusion", *chosen, self._record)
        with self._lock:
            self.causes.index = self._case.causes.index(chosen[0])
            self.actors.index = self._case.actors.index(chosen[1])
            note_conclusion(verdict)
            said = [verdict]
            if verdict.done and (whole := check(self._task.id)).done:
                verdict = replace(verdict, next_step="")  # the proof was there before the conclusion
                said = [verdict, whole]
            self.result.value = f'<div role="status">{"".join(map(verdict_html, said))}</div>'
        return verdict

    def _clicked(self) -> None:
        """Conclude as chosen."""
        with told(self._trouble):
            if None in (self.causes.value, self.actors.value):
                self.result.value = '<div class="body" role="status">○ Choose a root cause and who can act first.</div>'
            else:
                self.conclude(self.causes.value, self.actors.value)

    def _trouble(self, sentence: str) -> None:
        self.result.value = alert(sentence)

    @property
    def _title(self) -> str:
        return f"Case {self._task.id}: {self._task.title}"

    def _file_html(self) -> str:
        parts = [f'<p class="cap">{escaped(self._title)}</p>', conversation_html(self.transcript)]
        mail = ""
        if owner := self._case.mailbox:
            mail = mailbox_html(self._record.mailboxes.get(owner, ()), f"Mailbox of {owner}")
        return f'<div class="body">{"".join(parts)}</div>{mail}'

    def _plain(self) -> str:
        rows = [self._title, conversation_text(self.transcript)]
        if owner := self._case.mailbox:
            rows.append(mailbox_text(self._record.mailboxes.get(owner, ()), f"Mailbox of {owner}"))
        for asked, suspects in zip(_ASKED, (self._case.causes, self._case.actors), strict=True):
            rows += [asked, *(f"  {letter}) {_line(suspect)}" for letter, suspect in lettered(suspects))]
        return "\n".join([*rows, f'Choose, or in code: case("{self._task.id}").conclude("a", "a")'])

    def _fallback(self) -> str:
        parts = []
        for asked, suspects in zip(_ASKED, (self._case.causes, self._case.actors), strict=True):
            items = "".join(
                f"<li><details><summary>{letter}) {prose(_line(suspect))}</summary>"
                f'<p class="note">{STATUS[Status.DONE if suspect.right else Status.NOT_YET]}. '
                f"{prose(suspect.answer)}</p></details></li>"
                for letter, suspect in lettered(suspects)
            )
            parts.append(f'<div class="body"><p class="say">{asked}</p><ul>{items}</ul></div>')
        return card(self._file_html() + "".join(parts), self._title)


def _line(suspect: Suspect) -> str:
    return f"{suspect.name}: {suspect.text}" if suspect.text else suspect.name


def _choices(asked: str, suspects: tuple[Suspect, ...]) -> widgets.RadioButtons:
    options = [(f"{letter}) {_line(suspect)}".replace("`", ""), letter) for letter, suspect in lettered(suspects)]
    choices = widgets.RadioButtons(options=options, index=None, description=asked)
    choices.layout.width = "auto"
    choices.layout.margin = "4px 14px"
    return choices
