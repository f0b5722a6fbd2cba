"""Plain types of a diagnosis: what a refusal means, and what that rests on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clue:
    """Something in a refusal that points to a cause: the part that was seen, the rule, and the rule's source."""

    seen: str  #: "no such user", "5.1.1", "550"
    kind: str  #: "words", "enhanced code", "code", "error", or "phase": what is likeliest there
    cause: str  #: the cause that it speaks for
    rule: str  #: the rule's name
    source: str  #: RFC and section, provider documentation, or the server's own source
    weight: float  #: 0 to 1: what it is worth alone

    def __str__(self) -> str:
        return f"{self.kind} “{self.seen}” → {self.cause} ({self.source})"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a message was refused, as far as the refusal tells."""

    cause: str | None  #: "mailbox-unknown", …; None: not sure, or no refusal at all
    temporary: bool  #: whether sending the same again later can work
    phase: str | None  #: connect, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, end-of-data, any; None: not known
    who: str  #: sender, sender's administrator, recipient, recipient's administrator, provider, nobody (wait)
    explanation: str
    steps: tuple[str, ...]
    confidence: float  #: 0 to 1
    evidence: tuple[Clue, ...] = ()
    reply: str = ""  #: the reply or error that was read
    refused: bool = True  #: False for a reply that is no refusal
    told: bool = True  #: False where nothing, no code and no cause, tells temporary from permanent

    @property
    def title(self) -> str:
        """The finding in a few words."""
        if not self.refused:
            return "no refusal"
        return self.cause or "not sure"

    @property
    def lasting(self) -> str:
        """What trying again does, in words; empty where nothing was refused."""
        if not self.refused:
            return ""
        if not self.told:
            return "nothing tells whether trying again helps"
        return "temporary: trying again later can work" if self.temporary else "permanent: the same again fails again"

    @property
    def asks(self) -> str:
        """What ``who`` answers: who can end it, or, where the cause is not known, who has to look further."""
        return "Who can act" if self.cause else "Who looks further"

    def __str__(self) -> str:
        rows = [f"{'✓' if not self.refused else '?' if self.cause is None else '✕'} {self.title}"]
        if self.refused:
            rows[0] += f" — {self.lasting}"
        rows.append(self.explanation)
        if self.phase:
            rows.append(f"Phase: {self.phase}")
        if self.refused:
            rows.append(f"{self.asks}: {self.who}")
        rows += [f"{n}. {step}" for n, step in enumerate(self.steps, 1)]
        if self.evidence:
            rows.append(f"Rests on (sure to {self.confidence:.0%}):")
            rows += [f"  {clue}" for clue in self.evidence]
        return "\n".join(rows)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from helpers.protocol.display import bundle

        return bundle(self, str(self))
