"""The command picker: choose a command, fill in its form, see the exact line, send it, read the reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets

from helpers import reference
from helpers.protocol.commandline import compose, line_problem
from helpers.protocol.permission import permission
from helpers.protocol.reply import Reply, decode
from helpers.protocol.state import Phase, SessionState
from helpers.session import NothingToWaitFor, Session, message_octets
from helpers.views.markup import clipped, escaped
from helpers.views.secrets import from_base64
from helpers.widgets import controls
from helpers.widgets.about import about_html
from helpers.widgets.commands import CommandBar
from helpers.widgets.fallback import picker_html
from helpers.widgets.form import Form
from helpers.widgets.panels import Panels
from helpers.widgets.preview import preview_html, unsent
from helpers.widgets.workbench import Workbench, nothing
from helpers.wire.transcript import ExchangeKind

if TYPE_CHECKING:
    from helpers.lab import Lab
    from helpers.reference.model import Command


class CommandPicker(Workbench):
    """Speak to a lab one command at a time.

    Args:
        lab: the server.
        commands: the verbs to offer, in the groups of the reference; None: all that the course teaches.
            What continues one of them (the message after DATA, the response after AUTH) comes along.
        session: go on with this session instead of opening one.

    Raises:
        UnknownEntry: the reference has no such command.
    """

    def __init__(self, lab: Lab, commands: Sequence[str] | None = None, session: Session | None = None) -> None:
        super().__init__(lab, session)
        self.add_class("smtp-picker")
        offered = (
            reference.commands(in_course=True)
            if commands is None
            else tuple(reference.command(verb) for verb in ([commands] if isinstance(commands, str) else commands))
        )
        continuations = tuple(c for c in reference.commands() if c.status == "continuation" and c not in offered)
        self._offered = offered
        self._commands = {command.verb: command for command in (*offered, *continuations)}
        self._forms: dict[str, Form] = {}
        self.chosen = offered[0]
        self._before_continuation = self.chosen
        self._phase: Phase | None = None  # for which the chosen command was last seen to

        self.bar = CommandBar(offered, continuations, lambda verb: self._clicked(lambda: self._choose(verb)))
        self.about = widgets.HTML().add_class("smtp-about-command")
        self.form_place = widgets.VBox()
        self.line = widgets.HTML()
        self.send_button = controls.send_button(lambda: self._clicked(self._send_form))
        self.permitted = widgets.HTML()
        self.panels = Panels(self._contact, self._with_place(self.talk), self._clicked)
        self._arrange(
            self.bar,
            widgets.VBox(
                [
                    self.about,
                    self.form_place,
                    widgets.HBox([self.line, self.send_button]).add_class("smtp-wire"),
                    self.permitted,
                ]
            ).add_class("smtp-command"),
            self._notice_bar,
            self.panels,
        )

    # --- what lessons call: the same as a click -----------------------------------------------------

    def choose(self, verb: str) -> None:
        """Choose a command, as a click on its button does.

        Raises:
            UnknownEntry: the picker does not offer it; the message says what it offers.
        """
        self._act(lambda: self._choose(verb))

    def fill(self, verb: str, **values: str) -> None:
        """Choose a command and fill in its form, and send nothing; the values are those of :meth:`send`.

        Raises:
            UnknownEntry: the picker does not offer this command.
            TypeError: the command has no such argument.
            ValueError: the value is not one of the argument's choices.
        """

        def action() -> None:
            self._choose(verb)
            self._form.fill(values)

        self._act(action)

    def send(self, verb: str, **values: str) -> Reply:
        """Choose a command, fill in its form, send it and return the reply, as the mouse would.

        A value's name is the argument's, written as a Python name: ``send("MAIL", reverse_path="…")``.
        An argument without a value has what the form starts with. A value that stands in base64 in the line is
        given in base64; only the form makes it of a text.

        Raises:
            UnknownEntry: the picker does not offer this command.
            TypeError: the command has no such argument.
            ValueError: the value is not one of the argument's choices, or has a line break.
            ConnectionClosed: the connection has ended.
            NothingToWaitFor: the server waits for something else, such as the end of a message.
            LabGone: the lab no longer runs.
        """

        def action() -> Reply:
            self._choose(verb)
            self._form.fill(values)
            return self._send_form()

        return self._act(action)

    # --- actions -------------------------------------------------------------------------------------

    def _choose(self, verb: str) -> None:
        if verb.upper() not in self._commands:
            raise reference.UnknownEntry(f"This picker has no {verb!r}. It offers {', '.join(self._commands)}.")
        self.chosen = self._commands[verb.upper()]

    def _send_form(self) -> Reply:
        session = self._contact.open_session()
        phase = self._contact.state.phase
        if not self._is_message:
            reply = session.send(self._text)
        elif phase is Phase.MESSAGE:
            reply = session.send_data(self._text)
        else:
            # the server takes each of these lines for a command and answers it
            replies = session.send_raw(message_octets(self._text))
            if not replies:
                raise NothingToWaitFor("The server has not answered: it waits for more.")
            reply = replies[-1]
        if self.chosen.status == "continuation" and not self._is_message:
            self._form.fill({})  # the next challenge asks for something else
        return reply

    def _follow(self, phase: Phase) -> Command | None:
        """What continues the exchange in this phase: the message after 354, the response after 334.

        It is chosen once, when the session gets there; afterwards what was chosen before is put back.
        """
        continuation = next(
            (c for c in self._commands.values() if c.status == "continuation" and phase in c.permitted_in), None
        )
        if phase is not self._phase:
            self._phase = phase
            if self.chosen.status != "continuation":
                self._before_continuation = self.chosen
            self.chosen = continuation or self._before_continuation
        return continuation

    # --- drawing -------------------------------------------------------------------------------------

    @property
    def _form(self) -> Form:
        verb = self.chosen.verb
        if verb not in self._forms:
            self._forms[verb] = Form(self.chosen, lambda: self._clicked(nothing, self._draw_form))
        return self._forms[verb]

    @property
    def _is_message(self) -> bool:
        return self.chosen.status == "continuation" and any(a.multiline for a in self.chosen.arguments)

    @property
    def _text(self) -> str:
        """What the form makes: a line without its CR LF, or a message as it was typed."""
        return compose(self.chosen, self._form.values)

    @property
    def _octets(self) -> bytes:
        text = self._text
        return message_octets(text) if self._is_message else text.encode("utf-8", "surrogateescape") + b"\r\n"

    def _draw(self) -> None:
        super()._draw()
        state = self._contact.state
        continuation = self._follow(state.phase)
        permissions = {verb: permission(command, state) for verb, command in self._commands.items()}
        self.bar.show(self.chosen, permissions, continuation)
        self.about.value = about_html(self.chosen)
        if self.form_place.children != (self._form,):
            self.form_place.children = (self._form,)
            self.send_button.read(self._form.typed)
        self._draw_form()
        self.panels.show(self.secrets.value)

    def _asked(self) -> str:
        """The server's question in a sentence, where the chosen command answers one; else empty."""
        reply = self._contact.last_reply
        if self.chosen.status != "continuation" or reply is None or self._contact.state.phase is not Phase.AUTH:
            return ""
        if not (challenge := reply.text.strip()):
            return "The server waits for your message, without a question."
        octets = from_base64(challenge)
        return f"The server asks: “{clipped(decode(octets), 300)}”" if octets is not None else ""

    def _has_secrets(self) -> bool:
        return self.chosen.group == "authentication" or super()._has_secrets()

    def _draw_form(self) -> None:
        """Draw what depends on the form alone: this runs at every key that is pressed in it."""
        state = self._contact.state
        permitted = permission(self.chosen, state)
        self._form.check(state, self._asked())
        kind = ExchangeKind.MESSAGE if self._is_message else ExchangeKind.COMMAND
        if kind is ExchangeKind.COMMAND and self.chosen.status == "continuation":
            kind = ExchangeKind.RESPONSE
        self.line.value = preview_html(unsent(self._octets, kind, state), self.chosen.wire, self.secrets.value)
        self.send_button.description = "Send" if permitted.allowed else "Send anyway"
        mark = '<span class="ok">✓' if permitted.allowed else '<span class="later">✕ Not permitted now.'
        lines = [f"{mark} {escaped(permitted.reason)}</span>"]
        too_long = None if self._is_message else line_problem(self._text, growth=_growth(self.chosen, state))
        if too_long:
            lines.append(f'<span class="no">✕ {escaped(too_long)}</span>')
        self.permitted.value = "<br>".join(lines)

    def _plain(self) -> str:
        offered = ", ".join(command.label for command in self._offered)
        return f"CommandPicker for the lab {self._contact.lab.name!r}: {offered}"

    def _fallback(self) -> str:
        return picker_html(self._contact.lab.name, self._offered)


def _growth(command: Command, state: SessionState) -> int:
    """Octets by which the announced extensions let the command's line grow (RFC 5321 4.5.3.1.4)."""
    announced = [e for e in reference.extensions() if e.keyword in state.keywords]
    growths = {"MAIL": [e.mail_line_growth for e in announced], "RCPT": [e.rcpt_line_growth for e in announced]}
    return sum(growths.get(command.verb, ()))
