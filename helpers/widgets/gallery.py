"""The gallery of failures: choose one, let it happen in a lab, apply the cure, and see both sessions."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock

import ipywidgets as widgets

from helpers.exercises.failures import Failure, failures
from helpers.exercises.failures.entries import find, search
from helpers.exercises.failures.shown import about_html, happened_html, mended_html
from helpers.exercises.failures.stage import Happened, cure, fail, missing
from helpers.views.markup import count, escaped
from helpers.views.style import card
from helpers.widgets.layout import foundation
from helpers.widgets.stored import Stored
from helpers.widgets.trouble import alert, told


class Gallery(Stored):
    """The twenty commonest failures, live. In code: ``failure("relay-denied")``."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._failed: Happened | None = None
        self.filter = widgets.Text(description="Filter:", placeholder="a code, a word, or the whole error")
        self.choice = widgets.Select(description="Failure:", rows=8)
        self.choice.layout.flex_flow, self.choice.layout.align_items = "column", "stretch"  # its label above, as others
        for field in (self.filter, self.choice):
            field.layout.width = "auto"
            field.layout.margin = "10px 14px 0"
        self.happen_button = widgets.Button(description="▶ Make it happen", tooltip="Run the failing program in a lab")
        self.cure_button = widgets.Button(description="✓ Apply the cure", tooltip="Run the program with the cure")
        self.about, self.happened, self.mended = widgets.HTML(), widgets.HTML(), widgets.HTML()
        buttons = widgets.HBox([self.happen_button, self.cure_button]).add_class("smtp-buttons")
        buttons.layout.margin = "8px 14px"
        parts = [self.filter, self.choice, self.about, buttons, self.happened, self.mended]
        super().__init__([foundation(), *parts])
        self.add_class("smtp")
        self.add_class("smtp-bench")
        self._list("")
        self.filter.observe(lambda change: self._clicked(lambda: self._list(change["new"])), "value")
        self.choice.observe(lambda _: self._clicked(self._show), "value")
        self.happen_button.on_click(lambda _: self._clicked(self.happen))
        self.cure_button.on_click(lambda _: self._clicked(self.mend))
        self._show()

    # --- what code can call: the same as choosing and pressing ---------------------------------------------

    def choose(self, name: str) -> None:
        """Show this failure.

        Raises:
            UnknownFailure: there is none of this name; the message names near ones.
        """
        entry = find(name)
        with self._lock:
            if entry not in search(self.filter.value):
                self.filter.value = ""
            self.choice.value = entry.key

    def happen(self) -> None:
        """Let the chosen failure happen, in a fresh lab."""
        with self._lock:
            entry = self._chosen()
            if entry is None or self._cannot(entry):
                return
            self.mended.value = ""
            self._failed = fail(entry)
            self.happened.value = f'<div role="status">{happened_html(entry, self._failed)}</div>'

    def mend(self) -> None:
        """Run the chosen failure's program with the cure, and show both sessions side by side."""
        with self._lock:
            entry = self._chosen()
            if entry is None or self._cannot(entry):
                return
            if self._failed is None:
                self.happen()
            assert self._failed is not None
            self.happened.value = happened_html(entry, self._failed, compared=True)  # its session stands below
            self.mended.value = f'<div role="status">{mended_html(entry, self._failed, cure(entry))}</div>'

    # --- inside --------------------------------------------------------------------------------------------

    def _chosen(self) -> Failure | None:
        return failures()[self.choice.value] if self.choice.value else None

    def _cannot(self, entry: Failure) -> bool:
        if why := missing(entry):
            self._say(f"⚠ {why}")
        return bool(why)

    def _list(self, words: str) -> None:
        with self._lock:
            before = self.choice.value
            listed = search(words)
            self.choice.options = [(f"{entry.phase}: {entry.title}", entry.key) for entry in listed]
            keys = [entry.key for entry in listed]
            self.choice.value = before if before in keys else next(iter(keys), None)
            if not listed:
                said = "None of the twenty has these words. Use fewer, or paste your error into a DiagnosisBox()."
                self.about.value = f'<div class="body" role="status">○ {escaped(said)}</div>'

    def _show(self) -> None:
        with self._lock:
            entry = self._chosen()
            self._failed = None
            self.happened.value = self.mended.value = ""
            if entry is not None:
                self.about.value = about_html(entry)

    def _say(self, sentence: str) -> None:
        self.happened.value = f'<div class="body" role="alert">{escaped(sentence)}</div>'

    def _trouble(self, sentence: str) -> None:
        self.happened.value = alert(sentence)

    def _clicked(self, action: Callable[[], None]) -> None:
        with told(self._trouble):
            action()

    def _plain(self) -> str:
        rows = [f"Gallery of failures: {count(len(failures()), 'failure')}"]
        phase = ""
        for entry in failures().values():
            if entry.phase != phase:
                phase = entry.phase
                rows.append(phase)
            rows.append(f"  {entry.key:<20}{entry.title}")
        return "\n".join([*rows, 'Run this cell to choose one, or in code: failure("relay-denied")'])

    def _fallback(self) -> str:
        rows = "".join(
            f'<tr><th scope="row"><code>{escaped(entry.key)}</code></th><td>{escaped(entry.title)}</td>'
            f"<td>{escaped(entry.phase)}</td></tr>"
            for entry in failures().values()
        )
        heads = "".join(f'<th scope="col">{head}</th>' for head in ("Name", "Failure", "Phase"))
        return card(
            '<div class="body"><p class="say">Gallery of failures</p>'
            "<p>Run this cell to choose one, let it happen and apply the cure.</p>"
            f"<table><caption>The failures</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
            '<p>The same in code:</p><pre class="box">failure(&quot;relay-denied&quot;)'
            "</pre></div>",
            "Gallery of failures",
        )
