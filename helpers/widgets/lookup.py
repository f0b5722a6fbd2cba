"""Looking something up with a mouse or a keyboard, and trying it on a lab."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from helpers import reference
from helpers.lab import Lab
from helpers.protocol.commandline import values_in
from helpers.reference.model import PHASES
from helpers.views import card
from helpers.views.lookup import (
    GROUPS,
    REPLY_CLASSES,
    Entry,
    advice,
    entries,
    entry_html,
    find,
    lookup_html,
    tally,
    trial_command,
)
from helpers.views.markup import escaped
from helpers.widgets.layout import foundation
from helpers.widgets.picker import CommandPicker
from helpers.widgets.stored import Stored
from helpers.widgets.trouble import told

if TYPE_CHECKING:
    from collections.abc import Callable

_ANY = "any"


class Lookup(Stored):
    """Everything that the reference has, narrowed by a text and filters; what can be tried opens a command picker.

    Args:
        lab: the lab for what is tried; None: one is made when it is needed. What another profile shows is tried on a
            lab of that profile, which is made beside it.
    """

    def __init__(self, lab: Lab | None = None) -> None:
        self._labs = {lab.profile: lab} if lab is not None else {}
        self._all = entries()
        self.found: tuple[Entry, ...] = ()  #: what fits, in the order of the list
        self._lock = RLock()
        self._drawing = False
        self.picker: CommandPicker | None = None  #: what "Try it" has opened

        self.text = widgets.Text(description="Search", placeholder="a word, a code, or a reply as you got it")
        self.group = _dropdown("Group", [(name, name) for name in GROUPS])
        self.phase = _dropdown("Place in the session", [(name, name) for name in PHASES])
        self.reply_class = _dropdown("Class of reply", [(word, digit) for digit, word in REPLY_CLASSES.items()])
        self._filters = (self.text, self.group, self.phase, self.reply_class)
        self.clear_button = widgets.Button(description="Show all", tooltip="Empty the search and take all filters away")
        self.status = widgets.HTML().add_class("smtp-tally")
        self.results = widgets.Select(description="Found", rows=14)
        self.entry = widgets.HTML().add_class("smtp-entry-facts")
        self.try_button = widgets.Button().add_class("smtp-send")
        self.notice = widgets.HTML()
        self.bench = widgets.VBox().add_class("smtp-try")
        self._arrange()
        self._search()

    def _arrange(self) -> None:
        for control in self._filters:
            control.observe(lambda _: self._run(self._search), "value")
        self.results.observe(lambda _: self._run(self._draw), "index")
        self.clear_button.on_click(lambda _: self._run(self.clear))
        self.try_button.on_click(lambda _: self._run(self.try_it))
        fields = [widgets.VBox([control]).add_class("smtp-field") for control in self._filters]
        fields[0].add_class("smtp-wide")
        facts = widgets.VBox([widgets.HBox([self.try_button]).add_class("smtp-row"), self.notice, self.entry])
        super().__init__(
            [
                foundation(),
                widgets.HBox(fields).add_class("smtp-fields").add_class("smtp-search"),
                widgets.HBox([self.status, self.clear_button]).add_class("smtp-row").add_class("smtp-search"),
                widgets.HBox(
                    [
                        widgets.VBox([self.results]).add_class("smtp-field").add_class("smtp-found"),
                        facts.add_class("smtp-facts"),
                    ]
                ).add_class("smtp-two"),
                self.bench,
            ]
        )
        for name in ("smtp", "smtp-bench", "smtp-lookup"):
            self.add_class(name)

    # --- what lessons call: the same as a click ------------------------------------------------------------------

    def find(
        self, text: str = "", *, group: str | None = None, phase: str | None = None, reply_class: int | None = None
    ) -> tuple[Entry, ...]:
        """Set the search and the filters, and return what is found.

        Raises:
            ValueError: no such group, place or class.
        """
        found = find(text, group=group, phase=phase, reply_class=reply_class, among=self._all)
        whole = next((name for name in GROUPS if group and name.startswith(group.casefold())), None)
        with self._lock:
            self._drawing = True
            try:
                self.text.value = text
                for control, value in ((self.group, whole), (self.phase, phase), (self.reply_class, reply_class)):
                    control.value = value or ""
            finally:
                self._drawing = False
            self._search()
        return found

    def clear(self) -> None:
        """Empty the search and take all filters away."""
        self.find()

    def choose(self, key: str) -> Entry:
        """Show the entry with this name among those found: "RCPT TO", "550", "X.1.1".

        Raises:
            UnknownEntry: it is not among them.
        """
        keys = [entry.key.casefold() for entry in self.found]
        if key.casefold() not in keys:
            raise reference.UnknownEntry(f"{key!r} is not among what was found.")
        with self._lock:
            place = keys.index(key.casefold())
            self.results.index = place
            return self.found[place]

    @property
    def chosen(self) -> Entry | None:
        """The entry that is shown."""
        index = self.results.index
        return self.found[index] if index is not None and index < len(self.found) else None

    def try_it(self) -> CommandPicker:
        """Open a command picker at the command that shows the chosen entry; nothing of it is sent yet.

        Raises:
            ValueError: no line that the lab answers shows it.
            SessionError: the lab does not answer.
        """
        entry = self.chosen
        if entry is None or entry.trial is None:
            raise ValueError("For this there is nothing to try in a lab.")
        trial = entry.trial
        session = self._lab(trial.profile).connect()
        for line in trial.lines[:-1]:
            session.send(line)
        command = trial_command(trial)
        offered = [*reference.commands(in_course=True)]
        if command.status != "continuation" and command not in offered:
            offered.append(command)
        if self.picker is not None and self.picker.session is not None:
            self.picker.session.close()
        self.picker = CommandPicker(self._lab(trial.profile), [c.verb for c in offered], session)
        left_out = {argument.name: "" for argument in command.arguments}
        self.picker.fill(command.verb, **(left_out | (values_in(command, trial.lines[-1]) or {})))
        self.bench.children = (self.picker,)
        said = f"A picker is open below, with {command.label} filled in: press Send there."
        if trial.profile != "open":
            said += f" It speaks to a lab of the profile “{trial.profile}”."
        self._say(f'<span class="ok">✓ {escaped(said)}</span>')
        return self.picker

    # --- drawing -------------------------------------------------------------------------------------------------

    def _run(self, action: Callable[[], Any]) -> None:
        if self._drawing:
            return
        with told(self._trouble), self._lock:
            action()

    def _trouble(self, sentence: str) -> None:
        self._say(f'<span class="no">✕ {escaped(sentence)}</span>')

    def _search(self) -> None:
        before = self.chosen.key if self.chosen else None
        self.found = find(
            self.text.value,
            group=self.group.value or None,
            phase=self.phase.value or None,
            reply_class=self.reply_class.value or None,
            among=self._all,
        )
        self._drawing = True
        try:
            self.results.options = [(f"{entry.key}  {entry.title}", n) for n, entry in enumerate(self.found)]
            keys = [entry.key for entry in self.found]
            stays = before in keys and not self.text.value
            self.results.index = (keys.index(before) if stays and before else 0) if self.found else None
        finally:
            self._drawing = False
        more = "" if self.found else f" {advice(self.text.value)}"
        self.status.value = f'<div role="status">{escaped(tally(self.found) + more)}</div>'
        self._draw()

    def _draw(self) -> None:
        entry = self.chosen
        self.entry.value = entry_html(entry) if entry is not None else ""
        self._say("")
        trial = entry.trial if entry is not None else None
        self.try_button.layout.display = None if trial is not None else "none"
        if trial is not None:
            self.try_button.description = f"Try it: {trial_command(trial).label}"
            self.try_button.tooltip = "Open a command picker on a lab, with this line filled in"

    def _say(self, html: str) -> None:
        self.notice.value = f'<div role="status">{html}</div>'

    def _lab(self, profile: str) -> Lab:
        lab = self._labs.get(profile)
        if lab is None or not lab.running:
            lab = self._labs[profile] = Lab(profile, name=f"lookup-{profile}")
        return lab

    def _plain(self) -> str:
        return (
            f"Look-up: {tally(self._all)}.\n"
            'In code: lookup("550 5.1.1"), lookup(group="replies", reply_class=4), lookup("later", phase="greeted")'
        )

    def _fallback(self) -> str:
        parts = []
        for group in GROUPS:
            there = [entry for entry in self._all if entry.group == group]
            parts.append(f'<div class="body">{lookup_html(there)}</div>')
        head = '<div class="body"><p class="say">Look-up</p><p>Run this cell to search, to filter and to try.</p></div>'
        return card(head + "".join(parts), "Look-up")


def _dropdown(label: str, options: list[tuple[str, Any]]) -> widgets.Dropdown:
    return widgets.Dropdown(description=label, options=[(_ANY, ""), *options], value="")
