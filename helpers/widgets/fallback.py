"""What a stored notebook keeps of a widget: a card to read, with the calls that do the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpers.views import card
from helpers.views.markup import escaped
from helpers.widgets.form import python_name

if TYPE_CHECKING:
    from helpers.reference.model import Command


def picker_html(lab: str, commands: Sequence[Command]) -> str:
    """The card of a command picker: its commands, and how to send them without it."""
    rows = "".join(
        f'<tr><th scope="row"><code>{escaped(command.label)}</code></th><td>{escaped(command.title)}</td>'
        f"<td><code>{escaped(command.syntax)}</code></td></tr>"
        for command in commands
    )
    head = '<th scope="col">command</th><th scope="col">what it does</th><th scope="col">syntax</th>'
    first = commands[0]
    arguments = "".join(f", {python_name(a.name)}={a.example!r}" for a in first.arguments if a.required)
    return card(
        '<div class="body">'
        f'<p class="say">Command picker for the lab “{escaped(lab)}”</p>'
        "<p>Run this cell to use it: choose a command, see the exact line, send it, read the reply.</p>"
        f"<table><caption>What it offers</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        "<p>The same in code, with a name for the picker:</p>"
        f'<pre class="box">{escaped(f"picker.send({first.verb!r}{arguments})")}</pre></div>',
        "Command picker",
    )


def console_html(lab: str) -> str:
    """The card of a console."""
    return card(
        '<div class="body">'
        f'<p class="say">Console for the lab “{escaped(lab)}”</p>'
        "<p>Run this cell to use it: type a line, press Enter, read the reply.</p>"
        "<p>The same in code, with a name for the console:</p>"
        f'<pre class="box">{escaped("console.send(" + repr("EHLO laptop.example") + ")")}</pre></div>',
        "Console",
    )
