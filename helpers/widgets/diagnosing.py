"""A box to paste an error into, and the diagnosis below it."""

from __future__ import annotations

from threading import RLock

import ipywidgets as widgets

from helpers.diagnosis import Diagnosis, diagnose
from helpers.diagnosis.reading import PHASES
from helpers.views.diagnosis import diagnosis_html
from helpers.views.markup import escaped
from helpers.views.style import card
from helpers.widgets.layout import foundation
from helpers.widgets.stored import Stored
from helpers.widgets.trouble import alert, told

#: What each phase answers, for those who know when it came.
_ANSWERED = {
    "connect": "the connection itself (greeting)",
    "end-of-data": "the message, after the final dot",
    "any": "something else",
}
_EXAMPLE = "550 5.1.1 <bbo@lab.example>: no such user here"


class DiagnosisBox(Stored):
    """Paste a reply, a bounce, an exception or a whole session, and read why it was refused.

    The same in code: ``diagnose("550 5.1.1 …", phase="RCPT")``.

    Args:
        pasted: a text to begin with; it is diagnosed at once.
        phase: what it answered, where that is known: "RCPT", "end-of-data", …

    Raises:
        ValueError: there is no such phase.
    """

    def __init__(self, pasted: str = "", phase: str | None = None) -> None:
        self._lock = RLock()
        self.text = widgets.Textarea(
            value=pasted, rows=5, description="What you got:", placeholder=f"for example {_EXAMPLE}"
        )
        phases = [("I do not know", ""), *((_ANSWERED.get(name, name), name) for name in PHASES)]
        self.phase = widgets.Dropdown(options=phases, description="It answered:")
        self.button = widgets.Button(description="Find out why", tooltip="Diagnose the pasted text")
        self.button.on_click(lambda _: self._clicked())
        self.result = widgets.HTML()
        field = widgets.VBox([self.text, self.phase]).add_class("smtp-field").add_class("smtp-wide")
        buttons = widgets.HBox([self.button]).add_class("smtp-buttons")
        buttons.layout.margin = "8px 0 0"
        super().__init__([foundation(), widgets.VBox([field, buttons]).add_class("smtp-command"), self.result])
        self.add_class("smtp")
        self.add_class("smtp-bench")
        if pasted.strip():
            self.diagnose(pasted, phase)

    def diagnose(self, pasted: str, phase: str | None = None) -> Diagnosis:
        """Diagnose a text, as the button does with what was pasted.

        Raises:
            ValueError: there is no such phase.
        """
        diagnosis = diagnose(pasted, phase=phase)
        with self._lock:
            self.text.value = pasted
            self.phase.value = diagnosis.phase if phase else ""
            self.result.value = f'<div role="status">{diagnosis_html(diagnosis)}</div>'
        return diagnosis

    def _clicked(self) -> None:
        """Diagnose what was pasted."""
        with told(self._trouble):
            if not self.text.value.strip():
                self.result.value = '<div class="body" role="status">○ Paste something first.</div>'
            else:
                self.diagnose(self.text.value, self.phase.value or None)

    def _trouble(self, sentence: str) -> None:
        self.result.value = alert(sentence)

    def _plain(self) -> str:
        return f"A box to paste an error into. In code: diagnose({_EXAMPLE!r})"

    def _fallback(self) -> str:
        return card(
            '<div class="body"><p class="say">Why was it refused?</p>'
            "<p>Run this cell to use it: paste a reply, a bounce, an exception or a session, and read what it "
            "means.</p>"
            f'<p>The same in code:</p><pre class="box">{escaped(f"diagnose({_EXAMPLE!r})")}</pre></div>',
            "Why was it refused?",
        )
