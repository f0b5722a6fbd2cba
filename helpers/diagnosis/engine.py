"""diagnose(): weighs what the rules find."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from helpers.diagnosis.reading import Refusal, canonical_phase, read_reply, read_text
from helpers.diagnosis.rules import Rule, causes, politeness, rules
from helpers.diagnosis.sessions import asked_about, is_consequence, phase_of, phase_of_command, refusals
from helpers.protocol.reply import Reply
from helpers.wire.diagnosis import Clue, Diagnosis
from helpers.wire.transcript import Exchange, Transcript

ENOUGH: Final = 0.4  #: below this a cause is a guess
SESSION: Final = 200_000  #: characters of a pasted session that are read
RIVAL: Final = 0.4  #: how much of a rival cause's score is taken from the confidence
GENERAL: Final = "policy-other"  #: what is left when nothing better is known; it contradicts no other cause

#: An address that is quoted from the envelope: words in it say nothing of the cause.
_QUOTED: Final = re.compile(r"<[^<>\s@]{1,64}@[^<>\s@]{1,255}>")

_SESSION: Final = re.compile(r"^[ \t]{0,8}(?:[CS]: |<[-~]|[-~]>|<\*\*|\*\*>|send: |reply: )", re.MULTILINE)

_NOT_SURE: Final = (
    "This does not say enough to name one cause. The first digit is certain; everything else would be a guess.",
    (
        "Read the words after the code: which part do they speak of, you, your server's address, the recipient or the "
        "message?",
        "Look at which command it answers: a refusal of RCPT is about the recipient or your right to reach it, one "
        "after the final dot about the message.",
        "Look for an address of a page in the reply, and for an identifier that the server's administrator can find.",
    ),
)
_NO_REPLY: Final = (
    "There is no reply code in this, and no wording that is known: it may not be what the server or the program said.",
    (
        "Paste the words themselves: the bounce with its Diagnostic-Code, the line of the log, or the last line of the "
        "exception.",
        "Where your program hides them, let it show the session: `set_debuglevel(1)` of smtplib, `-v` of curl.",
    ),
)
_NO_REFUSAL: Final = "This is no refusal: 2xx says that the command was done, 3xx asks you to go on."
_NOTHING: Final = "Nothing was refused in what you gave."


def diagnose(what: str | Reply | Transcript | Exchange, *, phase: str | None = None) -> Diagnosis:
    """Why was it refused?

    Takes a reply, an exchange, a transcript (its last refusal that was not cured), or text as it is pasted: a reply, a
    bounce, smtplib's exception, a session. ``phase`` says what was answered, where that is known.

    Raises:
        TypeError: ``what`` is none of these.
        ValueError: there is no such phase.
    """
    at = canonical_phase(phase)
    match what:
        case Transcript():
            return _of_transcript(what, at)
        case Exchange():
            if what.reply is None:
                return _weigh(read_text("Connection unexpectedly closed", at or phase_of(what)))
            return _weigh(read_reply(what.reply, at or phase_of(what)))
        case Reply():
            return _weigh(read_reply(what, at or phase_of_command(what.command)))
        case str():
            transcript = _session_in(what)
            return _of_transcript(transcript, at) if transcript else _weigh(read_text(what, at))
    raise TypeError(f"give a reply, an exchange, a transcript or text, not {type(what).__name__}")


def _session_in(pasted: str) -> Transcript | None:
    """A pasted session that has commands in it; None for anything else."""
    pasted = pasted[:SESSION]
    if len(_SESSION.findall(pasted)) < 2:
        return None
    try:
        transcript = Transcript.from_text(pasted)
    except ValueError:
        return None
    return transcript if any(exchange.reply for exchange in transcript) and asked_about(transcript) else None


def _of_transcript(transcript: Transcript, phase: str | None) -> Diagnosis:
    found: Diagnosis | None = None
    for exchange in reversed(refusals(transcript)):
        diagnosis = diagnose(exchange, phase=phase)
        if not is_consequence(exchange, diagnosis.cause):
            return diagnosis
        found = found or diagnosis
    return found or Diagnosis(None, False, phase, "nobody (wait)", _NOTHING, (), 1.0, refused=False)


def _weigh(refusal: Refusal) -> Diagnosis:
    if refusal.ok:
        failed = replace(refusal, code=None)
        if not any(rule.kind == "error" and rule.clue(failed) for rule in rules()):
            return Diagnosis(
                None, False, refusal.phase, "nobody (wait)", _NO_REFUSAL, (), 1.0, reply=refusal.whole, refused=False
            )
        refusal = failed  # the last reply was fine, then the client gave up
    read = replace(refusal, text=_QUOTED.sub("<a@b>", politeness().sub(" ", refusal.text)))
    hits = _heard([(rule, clue) for rule in rules() if (clue := rule.clue(read))])
    ranked = sorted(_scores([clue for _, clue in hits]).items(), key=lambda item: -item[1])
    top, score = ranked[0] if ranked else ("", 0.0)
    if score < ENOUGH:
        told = bool(refusal.code or refusal.enhanced)
        explanation, steps = _NOT_SURE if told else _NO_REPLY
        evidence = tuple(clue for _, clue in hits)
        return Diagnosis(
            None, _temporary(refusal, False), refusal.phase, "sender", explanation, steps,
            round(score, 2), evidence, refusal.whole, told=told,
        )  # fmt: skip
    cause = causes()[top]
    speaking = sorted((hit for hit in hits if hit[0].cause == top), key=lambda hit: -hit[1].weight)
    said = [
        rule.temporary
        for rule, _ in speaking
        if rule.temporary is not None and not (rule.kind == "error" and refusal.enhanced)
    ]
    return Diagnosis(
        top,
        said[0] if said else _temporary(refusal, cause.temporary),
        refusal.phase,
        next((rule.who for rule, _ in speaking if rule.who), cause.who),
        next((rule.explanation for rule, _ in speaking if rule.explanation), cause.explanation),
        next((rule.steps for rule, _ in speaking if rule.steps), cause.steps),
        round(score * (1 - RIVAL * _rival(top, hits)), 2),
        tuple(clue for _, clue in speaking),
        refusal.whole,
    )


def _heard(hits: list[tuple[Rule, Clue]]) -> list[tuple[Rule, Clue]]:
    """Without what is only likely in this phase, where anything better names a cause."""
    better = [hit for hit in hits if hit[0].kind != "phase"]
    named = max(_scores([clue for _, clue in better]).values(), default=0.0) >= ENOUGH
    return better if named else hits


def _rival(top: str, hits: list[tuple[Rule, Clue]]) -> float:
    """The score of the next best cause. A general refusal by policy, and a code where words speak, are no rivals."""
    words = any(clue.cause == top and clue.kind in ("words", "error") for _, clue in hits)
    others = [
        clue for _, clue in hits
        if clue.cause not in (top, GENERAL) and not (words and clue.kind in ("code", "enhanced code"))
    ]  # fmt: skip
    return max(_scores(others).values(), default=0.0)


def _scores(clues: list[Clue]) -> dict[str, float]:
    """For each cause: the best clue of each kind, taken as independent of the others."""
    best: dict[tuple[str, str], float] = {}
    for clue in clues:
        key = clue.cause, clue.kind
        best[key] = max(best.get(key, 0.0), clue.weight)
    against: dict[str, float] = {}
    for (cause, _), weight in best.items():
        against[cause] = against.get(cause, 1.0) * (1 - weight)
    return {cause: 1 - doubt for cause, doubt in against.items()}


def _temporary(refusal: Refusal, otherwise: bool) -> bool:
    """The first digit decides (RFC 5321 4.2.1); without one the class of the enhanced code (RFC 3463 3.1)."""
    if refusal.code is not None:
        return refusal.code < 500
    if refusal.enhanced:
        return refusal.enhanced[0] == "4"
    return otherwise
