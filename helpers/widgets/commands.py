"""The command bar: a button a command, grouped as in the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

import ipywidgets as widgets

from helpers.protocol.permission import Permission
from helpers.widgets.buttons import CHOSEN, NOT_NOW, Choice, Option

if TYPE_CHECKING:
    from helpers.reference.model import Command


class CommandBar(widgets.VBox):  # type: ignore[misc]
    """Buttons for the commands offered; those that only continue another appear when it is their turn."""

    def __init__(
        self, offered: Iterable[Command], continuations: Iterable[Command], on_choose: Callable[[str], None]
    ) -> None:
        from helpers.reference.loader import GROUPS

        offered, continuations = tuple(offered), tuple(continuations)
        self._continuations = {command.verb for command in continuations}
        self.options: dict[str, Option] = {}
        rows = []
        in_order = sorted((*offered, *continuations), key=lambda command: GROUPS.index(command.group))
        for group, commands in groupby(in_order, key=lambda command: command.group):
            row = Choice(group, [(c.verb, c.label) for c in commands], on_choose)
            self.options |= row.options
            rows.append(row)
        self._rows = rows
        legend = widgets.HTML(f'<span class="soft">{CHOSEN} chosen · {NOT_NOW} not permitted now</span>')
        super().__init__([widgets.HBox(rows).add_class("smtp-commands"), legend.add_class("smtp-legend")])

    def show(self, chosen: Command, permissions: Mapping[str, Permission], continuation: Command | None) -> None:
        """Mark what is chosen and what would be refused now; offer ``continuation``."""
        for verb, option in self.options.items():
            permitted = permissions[verb]
            tooltip = permitted.reason if permitted.allowed else f"Not permitted now. {permitted.reason}"
            option.show(chosen=verb == chosen.verb, not_now=not permitted.allowed, tooltip=tooltip)
            wanted = verb not in self._continuations or verb in (chosen.verb, continuation and continuation.verb)
            option.layout.display = None if wanted else "none"
        for row in self._rows:
            there = any(option.layout.display != "none" for option in row.options.values())
            row.layout.display = None if there else "none"
