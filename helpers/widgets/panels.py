"""The other views of the session: its octets, its sequence, the mailboxes, and the session as code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import ipywidgets as widgets

from helpers import views
from helpers.views.markup import escaped
from helpers.widgets.buttons import Choice
from helpers.widgets.contact import Contact
from helpers.wire.transcript import Transcript

if TYPE_CHECKING:
    from helpers.views.code import Tls

TALK: Final = "Conversation"
_VIEWS: Final = (TALK, "Bytes", "Sequence", "Mailbox", "As code")
_NO_WAY_IN: Final = "This lab runs in memory, where no terminal reaches it: host and port stand for a real server's."


class Panels(widgets.VBox):  # type: ignore[misc]
    """A row of tabs and the view chosen. The conversation is a widget of its own, given from outside."""

    def __init__(self, contact: Contact, talk: widgets.Widget, run: Callable[[Callable[[], object]], None]) -> None:
        self._contact = contact
        self._run = run
        self.chosen = TALK
        self.tabs = Choice("View", [(name, name) for name in _VIEWS], lambda name: run(lambda: self.choose(name)))
        self.tabs.add_class("smtp-tabs")
        self._talk = talk
        self.view = widgets.HTML().add_class("smtp-view")
        self.code = CodePanel(contact, run)
        self._secrets = False
        super().__init__([self.tabs, talk, self.view, self.code])

    def choose(self, name: str) -> None:
        """Show this view: one of the names on the tabs, "Mailbox" without its number."""
        self.chosen = name
        self.show(self._secrets)

    def show(self, secrets: bool) -> None:
        """Draw the chosen view; the others wait until they are chosen."""
        self._secrets = secrets
        lab = self._contact.lab
        mailboxes = lab.mailboxes
        stored = sum(map(len, mailboxes.values())) + len(lab.queue)
        self.tabs.options["Mailbox"].label = f"Mailbox ({stored})"
        self.tabs.choose(self.chosen)
        # the conversation is hidden, not taken away, so that what is open in it stays open
        self._talk.layout.display = None if self.chosen == TALK else "none"
        self.code.layout.display = None if self.chosen == "As code" else "none"
        self.view.layout.display = "none" if self.chosen in (TALK, "As code") else None
        if self.chosen == "Bytes":
            self.view.value = views.bytes_html(self._contact.transcript, secrets=secrets)
        elif self.chosen == "Sequence":
            self.view.value = views.sequence_html(self._contact.transcript, secrets=secrets)
        elif self.chosen == "Mailbox":
            parts = [
                views.mailbox_html(messages, address) for address, messages in sorted(mailboxes.items()) if messages
            ]
            if lab.queue:
                parts.append(views.queue_html(lab.queue))
            self.view.value = "".join(parts) or views.mailbox_html([])
        elif self.chosen == "As code":
            self.code.show()


class CodePanel(widgets.VBox):  # type: ignore[misc]
    """The same session, written for a library or a terminal."""

    def __init__(self, contact: Contact, run: Callable[[Callable[[], object]], None]) -> None:
        self._contact = contact
        self._writers = _writers(contact)
        self.chosen = next(iter(self._writers))
        self.kinds = Choice(
            "Written for", [(name, name) for name in self._writers], lambda name: run(lambda: self.choose(name))
        )
        self.text = widgets.HTML()
        super().__init__([self.kinds, self.text])
        self.add_class("smtp-code")

    def choose(self, name: str) -> None:
        self.chosen = name
        self.show()

    def show(self) -> None:
        self.kinds.choose(self.chosen)
        self.text.value = f'<pre class="box">{escaped_lines(self._writers[self.chosen]())}</pre>'


def _writers(contact: Contact) -> Mapping[str, Callable[[], str]]:
    """What writes the session, by the name of what it writes it for."""
    lab = contact.lab

    def outside(write: Callable[[Transcript, str, int, Tls], str]) -> str:
        tls: Tls = "implicit" if lab.policy.tls == "implicit" else "starttls" if contact.state.tls else "none"
        if lab.can_sockets:
            return write(contact.transcript, lab.host, lab.port, tls)
        # worth reading all the same
        return f"# {_NO_WAY_IN}\n{write(contact.transcript, lab.hostname, 25, tls)}"

    return {
        "Session": lambda: views.as_session(contact.transcript, lab.profile),
        "smtplib": lambda: views.as_smtplib(contact.transcript, lab.profile),
        "telnet or openssl": lambda: outside(views.as_terminal),
        "swaks": lambda: outside(views.as_swaks),
    }


def escaped_lines(text: str) -> str:
    return "\n".join(escaped(line) for line in text.split("\n"))
