"""The head of a widget: with which server, over what, and the buttons for the connection as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ipywidgets as widgets

from helpers.views.markup import escaped
from helpers.widgets.contact import Contact

Action = Callable[[], object]


class Header(widgets.HBox):  # type: ignore[misc]
    """One line about the connection, and buttons.

    ``actions`` are (tooltip, action) by label; ``run`` is called with the action of the button pressed.
    """

    def __init__(self, actions: Mapping[str, tuple[str, Action]], run: Callable[[Action], None]) -> None:
        self.about = widgets.HTML().add_class("smtp-about")
        self.buttons = {}
        for label, (tooltip, action) in actions.items():
            button = self.buttons[label] = widgets.Button(description=label, tooltip=tooltip)
            button.on_click(lambda _, action=action: run(action))
        super().__init__([self.about, widgets.HBox(list(self.buttons.values())).add_class("smtp-buttons")])
        self.add_class("smtp-head")

    def show(self, contact: Contact) -> None:
        lab, state = contact.lab, contact.state
        is_open = not (contact.lab_gone() or contact.ending())
        there = '<span class="ok">● connected</span> to' if is_open else '<span class="no">○ not connected</span> to'
        facts = [
            f"{lab.host}:{lab.port}" if lab.can_sockets else "in memory",
            "encrypted (TLS)" if state.tls else "not encrypted",
        ]
        self.about.value = (
            f"{there} <b>{escaped(lab.hostname)}</b> "
            f'<span class="soft">{escaped(" · ".join(facts))} · policy: <b>{escaped(lab.policy.title)}</b></span>'
        )
