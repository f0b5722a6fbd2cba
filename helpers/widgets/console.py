"""The console: type raw lines to a lab, as in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from helpers.protocol.reply import Reply
from helpers.protocol.state import Phase, SessionState
from helpers.session import Session
from helpers.views.markup import escaped
from helpers.widgets import controls
from helpers.widgets.fallback import console_html
from helpers.widgets.workbench import Workbench

if TYPE_CHECKING:
    from helpers.lab import Lab

#: What the server waits for, said above the place to type.
_WAITING = {
    Phase.MESSAGE: "The server waits for the message. It ends with a line that holds only a dot.",
    Phase.AUTH: "The server waits for your response, in base64; a single * gives up.",
}
_WAITING_FOR_COMMAND = "The server waits for a command."


class Console(Workbench):
    """Speak to a lab in raw lines.

    Args:
        lab: the server.
        session: go on with this session instead of opening one.
    """

    def __init__(self, lab: Lab, session: Session | None = None) -> None:
        super().__init__(lab, session)
        self.add_class("smtp-console")
        self.waiting = widgets.HTML()
        self.entry = controls.entry(self._submitted)
        self.finish = widgets.Checkbox(
            description="Double leading dots and add the final dot for me", value=True, indent=False
        )
        below = widgets.VBox([self.waiting, self.entry, self.finish]).add_class("smtp-command")
        column = widgets.VBox([self.talk, self._notice_bar, below]).add_class("smtp-column")
        self._arrange(self._with_place(column))

    # --- what lessons call: the same as typing ------------------------------------------------------

    def send(self, line: str) -> Reply:
        """Send one line, as Enter does, and return the reply.

        Raises:
            ValueError: CR or LF inside the line.
            ConnectionClosed: the connection has ended.
            NothingToWaitFor: the server waits for something else, such as the end of a message.
            LabGone: the lab no longer runs.
        """
        return self._act(lambda: self._send_line(line))

    def send_data(self, message: str) -> Reply:
        """Send the message after 354, its leading dots doubled and its final dot added.

        Raises:
            ConnectionClosed: the connection has ended.
            LabGone: the lab no longer runs.
        """
        return self._act(lambda: self._contact.open_session().send_data(message))

    # --- actions -------------------------------------------------------------------------------------

    def _submitted(self, text: str) -> None:
        self._clicked(lambda: self._send_message(text) if self.entry.multiline else self._send_line(text))

    def _send_line(self, line: str) -> Reply:
        session = self._contact.open_session()
        if line and self.entry.history[-1:] != [line]:
            self.entry.history = [*self.entry.history, line]
        return session.send(line)

    def _send_message(self, text: str) -> None:
        session = self._contact.open_session()
        if self.finish.value:
            session.send_data(text)
        else:
            session.send_raw("".join(f"{line}\r\n" for line in text.split("\n")).encode())

    # --- drawing -------------------------------------------------------------------------------------

    def _draw(self) -> None:
        super()._draw()
        state: SessionState = self._contact.state
        self.waiting.value = f'<span class="soft">{escaped(_WAITING.get(state.phase, _WAITING_FOR_COMMAND))}</span>'
        self.entry.multiline = state.phase is Phase.MESSAGE
        self.finish.layout.display = None if self.entry.multiline else "none"

    def _plain(self) -> str:
        return f"Console for the lab {self._contact.lab.name!r}"

    def _fallback(self) -> str:
        return console_html(self._contact.lab.name)
