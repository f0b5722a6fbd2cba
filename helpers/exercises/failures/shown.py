"""A failure as text and as HTML: what was pasted, why, what happened in the lab, and the cure beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from helpers.exercises.failures.entries import Failure, find
from helpers.exercises.failures.stage import Happened, Raised, cure, fail, missing, program
from helpers.views import card, compare_html, compare_text, conversation_html
from helpers.views.markup import escaped, prose
from helpers.wire.diagnosis import Diagnosis
from helpers.wire.transcript import Transcript

NAMES: Final = ("failing", "working")


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A failure that has just happened in a lab, and its cure. ``failing`` and ``cured`` are what was said."""

    entry: Failure = field(repr=False)
    failed: Happened | None = field(repr=False)
    mended: Happened | None = field(repr=False)
    missing: str = ""  #: why nothing could happen here; "" where it did

    @property
    def pasted(self) -> str:
        return self.entry.pasted

    @property
    def explanation(self) -> str:
        return self.entry.why

    @property
    def diagnosis(self) -> Diagnosis | None:
        return self.entry.diagnosis

    @property
    def who(self) -> str:
        return self.entry.who

    @property
    def rfc(self) -> str:
        return self.entry.rfc

    @property
    def failing(self) -> Transcript:
        return self.failed.session if self.failed else Transcript()

    @property
    def exception(self) -> Raised | None:
        return self.failed.raised if self.failed else None

    @property
    def cured(self) -> Transcript:
        return self.mended.session if self.mended else Transcript()

    def __str__(self) -> str:
        parts = [_about_text(self.entry)]
        if self.failed is None or self.mended is None:
            return "\n\n".join([*parts, self.missing])
        parts += [
            f"The program\n{_indented(program(self.entry, cured=False))}",
            _plain(ended(self.entry, self.failed)),
            f"The cure: {_plain(self.entry.cure)}",
            _indented(program(self.entry, cured=True)),
            _plain(ended(self.entry, self.mended, cured=True)),
        ]
        if self.entry.remark:
            parts.append(f"Note: {_plain(self.entry.remark)}")
        return "\n\n".join([*parts, compare_text(self.failing, self.cured, NAMES, brief=True)])

    __repr__ = __str__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        entry = self.entry
        if self.failed is None or self.mended is None:
            live = f'<div class="body"><p class="later">⚠ {escaped(self.missing)}</p></div>'
        else:
            live = happened_html(entry, self.failed, compared=True) + mended_html(entry, self.failed, self.mended)
        return {"text/plain": str(self), "text/html": card(about_html(entry) + live, f"Failure: {entry.title}")}


def failure(name: str) -> Reproduction:
    """Let a failure happen, live in a lab: ``failure("relay-denied")``. All of it is in what the cell shows.

    Raises:
        UnknownFailure: there is none of this name; the message names near ones.
    """
    entry = find(name)
    if why := missing(entry):
        return Reproduction(entry, None, None, why)
    return Reproduction(entry, fail(entry), cure(entry))


def ended(entry: Failure, happened: Happened, *, cured: bool = False) -> str:
    """How a program ended, in words: its exception, and for whom the server took the message."""
    what = f"It raises `{happened.raised.type}`" if happened.raised else "It raises nothing"
    told = "" if cured else f": {entry.says}"
    return f"{what}{told}. The server accepted a message for {' and '.join(happened.delivered) or 'nobody'}."


# --- HTML -------------------------------------------------------------------------------------------------------


def about_html(entry: Failure) -> str:
    """What was pasted and what it means: all that is known before anything happens."""
    rows = [("Who can act", escaped(entry.who))]
    if (found := entry.diagnosis) is not None:
        rows.append(("diagnose() finds", f"{escaped(found.title)} — {escaped(found.lasting)}"))
    rows.append(("Rule", escaped(entry.rfc)))
    facts = "".join(f'<tr><th scope="row">{name}</th><td>{value}</td></tr>' for name, value in rows)
    return (
        f'<div class="body"><p class="say no">✕ {escaped(entry.title)}</p>'
        f'<pre class="box">{escaped(entry.pasted)}</pre><p class="soft">Source: {escaped(entry.source)}</p>'
        f'<p>{prose(entry.why)}</p><table aria-label="In short"><tbody>{facts}</tbody></table></div>'
    )


def happened_html(entry: Failure, failed: Happened, *, compared: bool = False) -> str:
    """The program that failed and how it ended; with its session, unless that stands in a comparison."""
    session = "" if compared else conversation_html(failed.session)
    return (
        f'<div class="body"><p class="say">The program that fails</p>{_program(entry, cured=False)}'
        f"<p>{prose(ended(entry, failed))}</p>{session}</div>"
    )


def mended_html(entry: Failure, failed: Happened, mended: Happened) -> str:
    """The cure, and both sessions side by side."""
    remark = f'<p class="soft">{prose(entry.remark)}</p>' if entry.remark else ""
    return (
        f'<div class="body"><p class="say ok">✓ The cure</p><p>{prose(entry.cure)}</p>{_program(entry, cured=True)}'
        f"<p>{prose(ended(entry, mended, cured=True))}</p>{remark}</div>"
        f'<div class="body">{compare_html(failed.session, mended.session, NAMES, brief=True)}</div>'
    )


def _program(entry: Failure, *, cured: bool) -> str:
    lines = "\n".join(escaped(line) for line in program(entry, cured=cured).split("\n"))
    return f'<pre class="box">{lines}</pre>'


# --- text -------------------------------------------------------------------------------------------------------


def _about_text(entry: Failure) -> str:
    rows = [f"✕ {entry.title}", f"  {entry.pasted}", f"  Source: {entry.source}", ""]
    rows += [_plain(entry.why), f"Who can act: {entry.who}"]
    if (found := entry.diagnosis) is not None:
        rows.append(f"diagnose() finds: {found.title} — {found.lasting}")
    return "\n".join([*rows, f"Rule: {entry.rfc}"])


def _indented(code: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in code.split("\n"))


def _plain(text: str) -> str:
    return text.replace("`", "")
