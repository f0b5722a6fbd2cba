"""The shapes of exercises and questions, and how an exercise is judged.

Each refuses to be made malformed, so a mistake in a lesson's module shows when it is loaded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from helpers.exercises.cases import Case
from helpers.exercises.records import Deed, Records
from helpers.wire.messages import Status, Verdict

#: "01.a" an exercise, "01.q1" a question, "01.p1" a prediction; a lesson in two notebooks has "07" and "07b".
EXERCISE_ID: Final = re.compile(r"([0-9]{2}[a-z]?)\.[a-z]")
QUESTION_ID: Final = re.compile(r"([0-9]{2}[a-z]?)\.q[1-9][0-9]?")
PREDICTION_ID: Final = re.compile(r"([0-9]{2}[a-z]?)\.p[1-9][0-9]?")

Finder = Callable[[Records], Deed | None]


class MalformedEntry(ValueError):
    """An exercise or question that lacks something; the message names it and says what."""


def latest(condition: Callable[[Deed], bool], *verbs: str) -> Finder:
    """A finder of the learner's last deed (of these verbs) of which the condition holds."""

    def find(records: Records) -> Deed | None:
        return next((deed for deed in reversed(records.deeds(*verbs)) if condition(deed)), None)

    return find


def holds_gap(deed: Deed) -> bool:
    """Whether the placeholder of a gap was sent itself, as text."""
    return any(mark in deed.command for mark in ("...", "…", "___"))


@dataclass(frozen=True, slots=True)
class Mistake:
    """A known mistake. Its texts may quote what was sent: ``{command}``, ``{argument}``, ``{code}``."""

    name: str  #: for tests: "helo-for-ehlo"
    find: Finder
    message: str  #: what happened, and why it is not yet what was asked
    remark: str  #: beside the line of the wire
    next_step: str
    side: str = "C"  #: which line to show: "C" what was sent, "S" the reply

    def verdict(self, exercise: Exercise, deed: Deed) -> Verdict:
        return Verdict(
            exercise.id,
            exercise.title,
            Status.NOT_YET,
            _fill(self.message, deed),
            (deed.show(_fill(self.remark, deed), self.side),),
            self.name,
            _fill(self.next_step, deed),
        )


@dataclass(frozen=True, slots=True)
class Solution:
    """``code`` solves the exercise when it runs in the lesson's kernel after the set-up cell."""

    code: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Exercise:
    """A task that is judged from the wire.

    An exercise talks to a lab of its own, ``Lab(…, name="01.a")``, so that what the lesson's other cells
    say is nobody's attempt, and a second try starts clean. Without such a lab all labs count.
    """

    id: str
    title: str
    task: str
    starter: str  #: the cell as the learner finds it; run untouched, it sends what is ``given`` at most
    hints: tuple[str, ...]  #: from a nudge to nearly the answer
    solution: Solution
    done: Finder  #: the deed that completes the exercise
    praise: str  #: the message then, and ``shown`` beside the line
    shown: str
    mistakes: tuple[Mistake, ...]  #: where two meet in one line, the earlier one is told
    otherwise: str  #: something was said, but neither the goal nor a known mistake is in it
    start_with: str  #: the next step while nothing has been said
    given: tuple[str, ...] = ()  #: lines that the starter sends by itself; they alone are no attempt
    #: the message when only those were heard
    only_given: str = "The server has heard only what the cell sends by itself, and nothing of your own yet."
    case: Case | None = None  #: a recorded session to investigate: then its cause has to be named as well

    def __post_init__(self) -> None:
        _demand(self.id, EXERCISE_ID.fullmatch(self.id) is not None, 'an id such as "01.a"')
        for name in ("title", "task", "starter", "praise", "shown", "otherwise", "start_with", "only_given"):
            _demand(self.id, bool(getattr(self, name).strip()), f"a {name}")
        _demand(self.id, bool(self.hints) and all(hint.strip() for hint in self.hints), "at least one hint, none empty")
        _demand(self.id, bool(self.solution.explanation.strip()), "an explanation of its solution")
        for what, code in (("solution", self.solution.code), ("starter", self.starter)):
            try:
                compile(code, self.id, "exec")
            except SyntaxError as error:
                raise MalformedEntry(f"{self.id}: its {what} is not Python: {error}") from None
        _demand(self.id, bool(self.mistakes), "at least one known mistake")
        names = [mistake.name for mistake in self.mistakes]
        _demand(self.id, len(set(names)) == len(names), "a different name for each mistake")
        for mistake in self.mistakes:
            for text in (mistake.message, mistake.remark, mistake.next_step):
                try:
                    text.format(command="", argument="", code=0)
                except (KeyError, IndexError, ValueError):
                    raise MalformedEntry(f"{self.id}: {mistake.name} has a brace that is no field: {text}") from None

    @property
    def lesson(self) -> str:
        return self.id.partition(".")[0]

    def check(self, records: Records) -> Verdict:
        """Judge the exercise from what was said. Of several mistakes the last one made is told."""
        records = records.of(self.id)
        verdict = self._verdict(records)
        if self.case is not None:
            verdict = self.case.with_conclusion(verdict, records.conclusions.get(self.id))
        if len(records.labs) > 1:
            return verdict
        return replace(verdict, evidence=tuple(replace(line, lab="") for line in verdict.evidence))

    def _last_attempt(self, records: Records) -> Deed | None:
        """The last line that is the learner's own: in each connection one of each given line is the starter's."""
        for conversation in reversed(records.conversations()):
            given = Counter(self.given)
            given.subtract(deed.command for deed in conversation.deeds)
            for deed in reversed(conversation.deeds):
                if given[deed.command] < 0:
                    return deed
        return None

    def _verdict(self, records: Records) -> Verdict:
        if completed := self.done(records):
            line = completed.show(_fill(self.shown, completed))
            return Verdict(self.id, self.title, Status.DONE, self.praise, (line,))
        last = self._last_attempt(records)
        if last is None:
            message = "Nothing has been said to the server of this exercise yet."
            if records.last():
                message = self.only_given
            return Verdict(self.id, self.title, Status.NOT_ATTEMPTED, message, next_step=self.start_with)
        made = [(mistake, deed) for mistake in self.mistakes if (deed := mistake.find(records))]
        if made:
            newest = max(_order(records, deed) for _, deed in made)
            mistake, deed = next(pair for pair in made if _order(records, pair[1]) == newest)
            return mistake.verdict(self, deed)
        answer = f", answered {last.code}" if last.code else ""
        evidence = (last.show(f"this is the last line that you sent{answer}"),)
        step = f'Read the task again, or ask hint("{self.id}").'
        return Verdict(self.id, self.title, Status.NOT_YET, self.otherwise, evidence, None, step)


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a question; ``answer`` speaks to the idea that leads to this choice."""

    text: str
    answer: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question with one right choice, answered by a widget or in code."""

    id: str
    prompt: str
    options: tuple[Option, ...]
    rfc: str  #: where the answer stands: "RFC 5321 4.1.1.1"
    looks_back_to: str | None = None  #: the earlier lesson that taught it

    def __post_init__(self) -> None:
        shape, example = (PREDICTION_ID, "01.p1") if isinstance(self, Prediction) else (QUESTION_ID, "01.q1")
        _demand(self.id, shape.fullmatch(self.id) is not None, f'an id such as "{example}"')
        _demand(self.id, bool(self.prompt.strip()), "a prompt")
        _demand(self.id, re.match(r"RFC \d+", self.rfc) is not None, 'a source such as "RFC 5321 4.2.1"')
        _demand(self.id, 2 <= len(self.options) <= 6, "two to six options")
        _demand(self.id, sum(option.right for option in self.options) == 1, "exactly one right option")
        _demand(
            self.id, all(o.text.strip() and o.answer.strip() for o in self.options), "a text and an answer an option"
        )
        texts = {option.text.casefold() for option in self.options}
        _demand(self.id, len(texts) == len(self.options), "options that differ")
        back = self.looks_back_to
        _demand(self.id, back is None or back < self.lesson, "an earlier lesson to look back to")

    @property
    def lesson(self) -> str:
        return self.id.partition(".")[0]

    @property
    def title(self) -> str:
        return "Question"

    def lettered(self) -> list[tuple[str, Option]]:
        """The options with the letters by which they can be named."""
        return list(zip("abcdef", self.options, strict=False))

    def option(self, choice: str) -> Option:
        """The option with this letter, or the one whose text is or begins with ``choice``.

        Raises:
            ValueError: no option, or more than one, fits; the message lists them.
        """
        wanted = choice.strip().casefold()
        options = self.lettered()
        for fits in (
            [o for letter, o in options if letter == wanted],
            [o for _, o in options if o.text.casefold() == wanted],
            [o for _, o in options if wanted and o.text.casefold().startswith(wanted)],
        ):
            if len(fits) == 1:
                return fits[0]
        listed = "; ".join(f"{letter}) {o.text}" for letter, o in options)
        raise ValueError(f"{self.id} has no single option {choice!r}. The options are: {listed}")

    def judge(self, option: Option) -> Verdict:
        """The answer to a choice."""
        status = Status.DONE if option.right else Status.NOT_YET
        source = f" ({self.rfc})" if option.right else ""
        step = "" if option.right else self._after_wrong()
        return Verdict(self.id, self.title, status, f"{option.text}: {option.answer}{source}", next_step=step)

    def _after_wrong(self) -> str:
        return "Choose again."


@dataclass(frozen=True, slots=True)
class Prediction(Question):
    """A question about what the server will say, asked before it says it."""

    @property
    def title(self) -> str:
        return "Prediction"

    def _after_wrong(self) -> str:
        return "Choose again, or run the next cell and see what the server says."


def _fill(text: str, deed: Deed) -> str:
    return text.format(command=deed.command, argument=deed.argument, code=deed.code)


def _order(records: Records, deed: Deed) -> tuple[int, int]:
    """When it was: labs by age, then the place in the lab's transcript (logs of two labs share no clock)."""
    ages: Iterable[int] = (n for n, lab in enumerate(records.labs) if lab is deed.conversation.record)
    return next(iter(ages)), deed.exchange.number


def _demand(entry: str, holds: bool, what: str) -> None:
    if not holds:
        raise MalformedEntry(f"{entry}: it needs {what}")
