"""What the reference says of one command, for the place above its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.views.markup import escaped, prose, rfc_link

if TYPE_CHECKING:
    from helpers.reference.model import Command


def about_html(command: Command) -> str:
    """Title, summary and RFC; what can be answered and what goes wrong is folded."""
    replies = "".join(
        f'<tr><th scope="row">{reply.code}</th><td>{prose(reply.meaning)}</td><td>{prose(reply.cure)}</td></tr>'
        for reply in command.replies
    )
    mistakes = "".join(
        f"<tr><td><code>{escaped(mistake.wrong)}</code></td><td>{prose(mistake.why)}</td>"
        f"<td><code>{escaped(mistake.right)}</code></td></tr>"
        for mistake in command.mistakes
    )
    return (
        f'<p class="smtp-title"><b>{escaped(command.label)}</b> — {escaped(command.title)}</p>'
        f'<p class="soft">{prose(command.summary)} {rfc_link(command.rfc)}</p>'
        '<details class="smtp-more"><summary>Syntax, replies and common mistakes</summary>'
        f'<pre class="box">{escaped(command.syntax)}</pre><p>{prose(command.effect)}</p>'
        + _table("Replies", ("code", "meaning", "what to do"), replies)
        + _table("Common mistakes", ("wrong", "why", "right"), mistakes)
        + "".join(f"<p>{prose(limit)}</p>" for limit in command.limits)
        + "</details>"
    )


def _table(caption: str, columns: tuple[str, ...], rows: str) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
