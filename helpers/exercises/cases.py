"""Case files: a session that really ran, to be investigated from its log to the root cause.

A case is part of an exercise. Its session is played against a lab of its own when the file is opened, so the log
is the wire's, and line numbers cannot go stale. What the learner concludes is judged here; the cure, as every
exercise, by what is said to the exercise's lab.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from helpers.exercises.records import Deed, LabRecord, Records
from helpers.wire.messages import Evidence, Status, Verdict

if TYPE_CHECKING:
    from helpers.lab import Lab

#: Said of a cure as long as the cause is not named: the praise of the exercise would give it away.
_WORKS: Final = "The cure is right: the same session works now."

#: What the learners of this kernel have concluded last, by case. It is no fact of the wire, so it is kept here.
_concluded: Final[dict[str, Verdict]] = {}


@dataclass(frozen=True, slots=True)
class Suspect:
    """Something that may be the root cause, or somebody who may have to act."""

    name: str  #: "relay-denied", "sender"
    text: str  #: what it would mean, in words; "" where the name says it
    answer: str  #: what the log says for or against it
    find: Callable[[Records], Deed | None]  #: the line of the recorded session that shows it
    remark: str  #: beside that line
    side: str = "C"  #: which line: "C" what was sent, "S" the reply
    right: bool = False

    def evidence(self, record: LabRecord) -> Evidence:
        """The line that decides.

        Raises:
            LookupError: the recorded session has no such line.
        """
        deed = self.find(Records((record,)))
        if deed is None:
            raise LookupError(f"{self.name}: the recorded session has no line that shows it")
        return replace(deed.show(self.remark, self.side), lab="")


@dataclass(frozen=True, slots=True)
class Case:
    """A recorded session, what may have happened in it, and who may have to act."""

    profile: str
    play: Callable[[Lab], None]  #: what the program did: it talks to a lab of this profile
    causes: tuple[Suspect, ...]
    actors: tuple[Suspect, ...]
    proof: str  #: the next step once the cause is named
    mailbox: str = ""  #: whose mailbox belongs to the file

    def __post_init__(self) -> None:
        for what, suspects in (("cause", self.causes), ("actor", self.actors)):
            if sum(suspect.right for suspect in suspects) != 1 or len({s.name for s in suspects}) < 3:
                raise ValueError(f"a case needs exactly one right {what} among three or more that differ")

    def judge(self, exercise: str, title: str, cause: Suspect, actor: Suspect, record: LabRecord) -> Verdict:
        """The answer to a conclusion: what is wrong in it first, with the lines that show it."""
        wrong = [suspect for suspect in (cause, actor) if not suspect.right]
        told = wrong or [cause, actor]
        return Verdict(
            exercise,
            title,
            Status.NOT_YET if wrong else Status.DONE,
            "\n".join(f"{suspect.name}: {suspect.answer}" for suspect in told),
            tuple(suspect.evidence(record) for suspect in told),
            wrong[0].name if wrong else None,
            "Read the log again, and conclude anew." if wrong else self.proof,
        )

    def with_conclusion(self, wire: Verdict, concluded: Verdict | None) -> Verdict:
        """The verdict on the whole case, from that on the cure and that on the conclusion."""
        if concluded is None:
            if not wire.done:
                return wire
            step = f'Choose the root cause and who can act in `case("{wire.exercise}")`.'
            return replace(
                wire, status=Status.NOT_YET, message=f"{_WORKS} The cause is not named yet, though.", next_step=step
            )
        if not concluded.done:
            if wire.status is Status.NOT_YET:  # what was sent last is answered first
                return replace(wire, message=f"{wire.message} The conclusion does not fit yet, either.")
            opening = f"{_WORKS} The conclusion does not fit yet, though.\n" if wire.done else ""
            step = f'Read the log in `case("{wire.exercise}")` again, and conclude anew.'
            return replace(concluded, title=wire.title, message=opening + concluded.message, next_step=step)
        if wire.status is Status.NOT_ATTEMPTED:
            message = "The root cause is named. What is missing is the proof: the same session, working."
            return replace(wire, status=Status.NOT_YET, message=message, next_step=self.proof)
        return wire


def record(exercise: str, case: Case) -> LabRecord:
    """Play the case's session against a lab of its own, and keep what its wire and its mailboxes show."""
    from helpers.lab import Lab

    with Lab(case.profile, name=f"{exercise} recorded") as lab:
        case.play(lab)
        return LabRecord(exercise, lab.profile, lab.transcript(), lab.mailboxes, lab.queue)


def suspect_named(suspects: tuple[Suspect, ...], choice: str) -> Suspect:
    """The suspect with this name, or with this letter.

    Raises:
        ValueError: there is none; the message lists them.
    """
    wanted = choice.strip().casefold()
    for letter, suspect in lettered(suspects):
        if wanted in (letter, suspect.name.casefold()):
            return suspect
    raise ValueError(f"no {choice!r} here; choose one of: {', '.join(suspect.name for suspect in suspects)}")


def lettered(suspects: tuple[Suspect, ...]) -> list[tuple[str, Suspect]]:
    """The suspects with the letters by which they can be named."""
    return list(zip("abcdef", suspects, strict=False))


def note_conclusion(verdict: Verdict) -> None:
    """Remember what was concluded last; check() asks for it."""
    _concluded[verdict.exercise] = verdict


def conclusions() -> Mapping[str, Verdict]:
    """What was concluded last, by case."""
    return dict(_concluded)
