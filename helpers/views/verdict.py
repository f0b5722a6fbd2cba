"""What a check says, with the lines of the wire that show it; and hints, folded."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.views.glyphs import STATUS
from helpers.views.markup import clipped, escaped, prose
from helpers.wire.messages import Verdict


def verdict_html(verdict: Verdict) -> str:
    """A verdict. Its message and remarks may set words in `backticks` as code."""
    mark = STATUS[verdict.status]
    parts = [f'<p class="say {mark.accent}">{mark} — {escaped(verdict.title)} ({escaped(verdict.exercise)})</p>']
    if verdict.message:
        parts.append(f"<p>{prose(verdict.message)}</p>")
    if verdict.evidence:
        labs = len({evidence.lab for evidence in verdict.evidence}) > 1
        rows = "".join(
            f'<tr><th scope="row">{e.where}{f" of {escaped(e.lab)}" if labs and e.lab else ""}</th>'
            f"<td><code>{escaped(clipped(e.text, 300))}</code></td><td>← {prose(e.remark)}</td></tr>"
            for e in verdict.evidence
        )
        parts.append(f"<table><caption>What the wire shows</caption><tbody>{rows}</tbody></table>")
    if verdict.next_step:
        parts.append(f"<p><b>Next:</b> {prose(verdict.next_step)}</p>")
    return f'<div class="body" role="group" aria-label="Verdict on {escaped(verdict.exercise)}">{"".join(parts)}</div>'


def hints_html(hints: Sequence[str], total: int) -> str:
    """The hints given so far, of ``total``: the newest unfolded, the others folded."""
    newest = len(hints)
    items = "".join(
        f"<li><details{' open' if n == newest else ''}><summary>Hint {n} of {total}</summary>"
        f'<p class="note">{prose(hint)}</p></details></li>'
        for n, hint in enumerate(hints, 1)
    )
    return f'<div class="body"><ol aria-label="Hints">{items}</ol></div>'


def hints_text(hints: Sequence[str], total: int) -> str:
    """The hints given so far, a line each."""
    return "\n".join(f"Hint {n} of {total}: {hint}" for n, hint in enumerate(hints, 1))


def solution_html(code: str, explanation: str) -> str:
    """A solution: what it does, and its code."""
    return (
        f'<div class="body"><p class="say">A solution</p><p>{prose(explanation)}</p>'
        f'<pre class="box">{escaped_lines(code)}</pre></div>'
    )


def escaped_lines(code: str) -> str:
    """Lines of code for HTML, their line feeds kept."""
    return "\n".join(map(escaped, code.split("\n")))
