"""A diagnosis: what was found, who can act, what to do, and what it rests on."""

from __future__ import annotations

from helpers.views.markup import clipped, escaped, prose
from helpers.wire.diagnosis import Diagnosis


def diagnosis_html(diagnosis: Diagnosis) -> str:
    """A diagnosis. What it rests on is folded."""
    glyph, accent = ("✓", "ok") if not diagnosis.refused else ("?", "soft") if diagnosis.cause is None else ("✕", "no")
    lasting = f" — {diagnosis.lasting}" if diagnosis.refused else ""
    parts = [f'<p class="say {accent}">{glyph} {escaped(diagnosis.title)}{lasting}</p>']
    if diagnosis.reply:
        parts.append(f'<pre class="box">{_lines(clipped(diagnosis.reply))}</pre>')
    parts.append(f"<p>{prose(diagnosis.explanation)}</p>")
    facts = [("Phase", diagnosis.phase)] if diagnosis.phase else []
    if diagnosis.refused:
        facts += [(diagnosis.asks, diagnosis.who), ("How sure", f"{diagnosis.confidence:.0%}")]
    if facts:
        rows = "".join(f'<tr><th scope="row">{name}</th><td>{escaped(value or "")}</td></tr>' for name, value in facts)
        parts.append(f'<table aria-label="In short"><tbody>{rows}</tbody></table>')
    if diagnosis.steps:
        steps = "".join(f"<li>{n}. {prose(step)}</li>" for n, step in enumerate(diagnosis.steps, 1))
        parts.append(f'<ol aria-label="What to do">{steps}</ol>')
    if diagnosis.evidence:
        rows = "".join(
            f"<tr><td>{escaped(clue.kind)}</td><td><code>{escaped(clipped(clue.seen, 200))}</code></td>"
            f"<td>{escaped(clue.cause)}</td><td>{escaped(clue.source)}</td></tr>"
            for clue in diagnosis.evidence
        )
        head = "".join(f'<th scope="col">{name}</th>' for name in ("Kind", "Seen", "Speaks for", "Source"))
        parts.append(
            "<details><summary>What this rests on</summary>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
        )
    return f'<div class="body" role="group" aria-label="Diagnosis: {escaped(diagnosis.title)}">{"".join(parts)}</div>'


def _lines(text: str) -> str:
    return "\n".join(map(escaped, text.split("\n")))
