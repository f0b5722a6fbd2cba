"""What the picker and the console have in common: a session, its conversation, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

import ipywidgets as widgets

from helpers import views
from helpers.protocol.reply import Reply
from helpers.session import ConnectionClosed, Session
from helpers.views.glyphs import of_reply
from helpers.views.markup import escaped
from helpers.views.secrets import sent_lines
from helpers.widgets.contact import Contact, LabGone
from helpers.widgets.conversation import Conversation
from helpers.widgets.header import Header
from helpers.widgets.layout import foundation
from helpers.widgets.stored import Stored
from helpers.widgets.trouble import in_words
from helpers.wire.transcript import Exchange

if TYPE_CHECKING:
    from helpers.lab import Lab

T = TypeVar("T")


class Workbench(Stored):
    """A widget around one session at a time.

    Handlers run one after the other (they may come on different threads), and an error in one is shown
    here, since JupyterLab would not show it at all.
    """

    def __init__(self, lab: Lab, session: Session | None) -> None:
        super().__init__()
        self.add_class("smtp")
        self.add_class("smtp-bench")
        self._contact = Contact(lab, session)
        self._lock = RLock()
        self._trouble: Exception | KeyboardInterrupt | None = None
        self._remark = ""
        self._heard: Exchange | None = None
        self.header = Header(
            {
                "↶ Undo": ("Take the last exchange back: all before it is replayed on a new connection", self._undo),
                "⟲ New connection": ("Leave this connection and open a new one", self._connect),
            },
            self._clicked,
        )
        self.notice = widgets.HTML()
        self.reconnect_button = widgets.Button(description="⟲ Reconnect", tooltip="Open a new connection")
        self.reconnect_button.on_click(lambda _: self._clicked(self._connect))
        self._notice_bar = widgets.HBox([self.notice, self.reconnect_button]).add_class("smtp-notice")
        self._spoken = widgets.HTML().add_class("smtp-spoken")
        self.conversation = Conversation()
        self.place = widgets.HTML().add_class("smtp-side")
        self.talk = widgets.VBox([self.conversation]).add_class("smtp-scroll")
        self.secrets = widgets.Checkbox(description="Show secrets", value=False, indent=False)
        self.secrets.observe(lambda _: self._clicked(nothing), "value")
        if session is None:
            self._quietly(self._connect)

    # --- what lessons call -------------------------------------------------------------------------

    @property
    def session(self) -> Session | None:
        """The session that is open now; an undo or a reconnect puts another in its place."""
        return self._contact.session

    def undo(self) -> None:
        """Take the last exchange back, as the Undo button does.

        Raises:
            LabGone: the lab no longer runs.
        """
        self._act(self._undo)

    def reconnect(self) -> Reply:
        """Open a new connection, as the button does, and return its greeting.

        Raises:
            LabGone: the lab no longer runs.
            SessionError: the server closed the connection before its greeting.
        """
        self._act(self._connect)
        assert self.session is not None
        return self.session.greeting

    def refresh(self) -> None:
        """Draw what the log says now, for example after a cell has used the session."""
        with self._lock:
            self._draw()

    # --- actions -----------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._contact.connect()

    def _undo(self) -> None:
        if self._contact.undo() is None:
            self._remark = "There is nothing to take back: you have said nothing on this connection yet."

    def _act(self, action: Callable[[], T], draw: Callable[[], None] | None = None) -> T:
        """Do something and draw what came of it; an error is shown and raised."""
        with self._lock:
            self._trouble, self._remark = None, ""
            try:
                return action()
            except (Exception, KeyboardInterrupt) as error:
                self._trouble = error
                raise
            finally:
                (draw or self._draw)()

    def _clicked(self, action: Callable[[], object], draw: Callable[[], None] | None = None) -> None:
        """Do what a control asks for; nothing is raised, since nobody would see it."""
        try:
            self._act(action, draw)
        except (Exception, KeyboardInterrupt) as error:
            if error is not self._trouble:  # the drawing itself failed
                self._show([f'<span class="no">✕ {escaped(in_words(error))}</span>'])

    def _quietly(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:
            self._trouble = error

    # --- drawing -----------------------------------------------------------------------------------

    def _arrange(self, *parts: widgets.Widget) -> None:
        """Lay the parts out under the header and draw for the first time."""
        self.children = (foundation(), self.header, *parts, self.secrets, self._spoken)
        self._draw()

    def _with_place(self, left: widgets.Widget) -> widgets.HBox:
        """The state map beside ``left``, or below it where the page is narrow."""
        return widgets.HBox([left, self.place]).add_class("smtp-two")

    def _draw(self) -> None:
        self.header.show(self._contact)
        self.conversation.show(self._contact.transcript, self.secrets.value)
        self.place.value = views.state_map_html(self._contact.state)
        self.secrets.layout.display = None if self._has_secrets() else "none"
        self._show_notice(self._trouble)
        self._speak()

    def _has_secrets(self) -> bool:
        """Whether there is anything that the checkbox would uncover."""
        return any(line.secret for exchange in self._contact.transcript for line in sent_lines(exchange))

    def _show_notice(self, trouble: Exception | KeyboardInterrupt | None) -> None:
        gone, ending = self._contact.lab_gone(), self._contact.ending()
        lines = []
        if trouble is not None and not isinstance(trouble, LabGone | ConnectionClosed):
            lines.append(f'<span class="no">✕ {escaped(in_words(trouble))}</span>')
        if gone or ending:
            lines.append(f"○ {escaped(gone or ending or '')}")
        if self._remark:
            lines.append(escaped(self._remark))
        self.reconnect_button.layout.display = None if ending and not gone else "none"
        self._show(lines)

    def _show(self, lines: list[str]) -> None:
        self.notice.value = f'<div role="alert">{"<br>".join(lines)}</div>' if lines else ""
        self._notice_bar.layout.display = None if lines else "none"

    def _speak(self) -> None:
        """Tell a screen reader the newest reply, once."""
        exchanges = self._contact.transcript.exchanges
        newest = exchanges[-1] if exchanges else None
        if newest is not None and newest is not self._heard and newest.reply:
            said = f"The server said {newest.reply.code}, {of_reply(newest.reply).word}: {newest.reply.lines[-1]}"
            self._spoken.value = f'<div role="status">{escaped(said)}</div>'
        self._heard = newest


def nothing() -> None:
    """For a control that changes only what is drawn."""
