"""The form of one command, made from its reference facts alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import ipywidgets as widgets

from helpers.protocol.commandline import problems
from helpers.protocol.encoding import NUL, base64_of, typed_of
from helpers.protocol.permission import parameter_permission
from helpers.protocol.state import SessionState
from helpers.views.markup import escaped

if TYPE_CHECKING:
    from helpers.reference.model import Argument, Command

#: How a dropdown names the choice to leave an optional argument out of the line.
LEFT_OUT = "(left out)"

#: A form shows at most so many fields at once; the optional ones behind them unfold.
SHOWN_AT_FIRST = 3

#: Under a field that is written as text.
TEXT_RULE = f"{NUL} stands for NUL, the octet 0. An empty field, * and = alone are sent as they are."


class Field(widgets.VBox):  # type: ignore[misc]
    """One argument: its control, and under it what is wrong with the value.

    A value that stands encoded in the line can be written as text instead; the field then encodes it.
    """

    def __init__(self, argument: Argument, on_change: Callable[[], None]) -> None:
        self.argument = argument
        self.control = _control(argument)
        self.start = str(self.control.value)
        self.as_text: widgets.Checkbox | None = None
        self.problem = widgets.HTML().add_class("smtp-form-problem")
        self.problem.layout.display = "none"
        super().__init__([self.control, self.problem])
        self.add_class("smtp-field")
        if argument.multiline:
            self.add_class("smtp-wide")
        self.control.observe(lambda _: on_change(), "value")
        if argument.encoding:
            self._offer_text(argument.encoding, on_change)

    def _offer_text(self, encoding: str, on_change: Callable[[], None]) -> None:
        self.as_text = widgets.Checkbox(
            description=f"Write it as text: the picker makes the {encoding}", value=False, indent=False
        )
        self.note = widgets.HTML().add_class("smtp-form-note")
        self.children = (self.control, self.as_text, self.note, self.problem)

        def switched(_: object) -> None:
            written, example = self.control.description, self.argument.example
            marks = f"({encoding})", "(as text)"
            was, now = marks if self.is_text else marks[::-1]
            self.control.description = written.replace(was, now)
            self.control.placeholder = typed_of(example) if self.is_text else example
            on_change()

        self.as_text.observe(switched, "value")

    @property
    def is_text(self) -> bool:
        """Whether the value is written as text, and the field encodes it."""
        return self.as_text is not None and bool(self.as_text.value)

    @property
    def value(self) -> str:
        """The value as it stands in the line."""
        written = str(self.control.value)
        return base64_of(written) if self.is_text else written

    @value.setter
    def value(self, value: str) -> None:
        if self.as_text is not None:
            self.as_text.value = False
        self.control.value = value

    def clear(self) -> None:
        """Start afresh, as text where it was text before."""
        self.control.value = self.start

    def say(self, asked: str) -> None:
        """Show what the server asks for, where it asks, and how the answer is written."""
        if self.as_text is None:
            return
        lines = [asked] if asked else []
        if self.is_text:
            lines.append(TEXT_RULE)
        self.note.value = "<br>".join(f'<span class="soft">{escaped(line)}</span>' for line in lines)
        self.note.layout.display = None if lines else "none"

    def show(self, problem: str | None) -> None:
        """Show what is wrong with the value; None: nothing."""
        self.problem.value = f'<span class="no">✕ {escaped(problem)}</span>' if problem else ""
        self.problem.layout.display = None if problem else "none"


def _control(argument: Argument) -> widgets.ValueWidget:
    label = argument.label if argument.required else f"{argument.label}, optional"
    about = argument.help or None
    if argument.choices:
        options = [(choice or LEFT_OUT, choice) for choice in argument.choices]
        if not argument.required and "" not in argument.choices:
            options.insert(0, (LEFT_OUT, ""))
        start = argument.default if argument.default in dict(options).values() else options[0][1]
        return widgets.Dropdown(description=label, options=options, value=start, tooltip=about)
    kind = widgets.Textarea if argument.multiline else widgets.Text
    rows = {"rows": 9} if argument.multiline else {}
    return kind(description=label, value=argument.default, placeholder=argument.example, tooltip=about, **rows)


class Form(widgets.VBox):  # type: ignore[misc]
    """The fields of a command."""

    def __init__(self, command: Command, on_change: Callable[[], None]) -> None:
        self.command = command
        self.fields = {argument.name: Field(argument, on_change) for argument in command.arguments}
        self._more = [
            field for n, field in enumerate(self.fields.values()) if n >= SHOWN_AT_FIRST and not field.argument.required
        ]
        self._unfold = widgets.Button().add_class("smtp-quiet")
        self._unfold.on_click(lambda _: self.unfold(not self.unfolded))
        fields = widgets.HBox(list(self.fields.values())).add_class("smtp-fields")
        super().__init__([fields, self._unfold] if self._more else [fields])
        self.unfold(False)

    @property
    def unfolded(self) -> bool:
        """Whether also the less common parameters are shown."""
        return self._unfolded

    def unfold(self, wanted: bool) -> None:
        self._unfolded = wanted
        for field in self._more:
            # a value must not go into the line unseen
            field.layout.display = None if wanted or field.value else "none"
        names = ", ".join(field.argument.name for field in self._more)
        self._unfold.description = "▾ Fewer parameters" if wanted else f"▸ More parameters: {names}"

    @property
    def typed(self) -> list[widgets.ValueWidget]:
        """The controls in which something is typed."""
        return [field.control for field in self.fields.values() if not field.argument.choices]

    @property
    def values(self) -> dict[str, str]:
        return {name: field.value for name, field in self.fields.items()}

    def fill(self, values: Mapping[str, str]) -> None:
        """Write values into the fields, each under its argument's name; the others start afresh.

        A name may be written as a Python name: ``reverse_path`` for "reverse-path", ``size`` for "SIZE".
        The values are those of the line: one that stands there in base64 is given in base64.

        Raises:
            TypeError: the command has no such argument.
            ValueError: the value is not one of the argument's choices.
        """
        by_name = {python_name(name): name for name in self.fields}
        given: dict[str, str] = {}
        for name, value in values.items():
            if python_name(name) not in by_name:
                names = ", ".join(by_name) or "none"
                raise TypeError(f"{self.command.label} has no argument {name!r}. Its arguments: {names}")
            given[by_name[python_name(name)]] = str(value)
        for name, field in self.fields.items():
            value = given.get(name, field.start)
            if isinstance(field.control, widgets.Dropdown) and value not in dict(field.control.options).values():
                choices = ", ".join(choice for choice in field.argument.choices if choice)
                raise ValueError(f"{self.command.label} {name} is one of {choices}; got {value!r}")
        for name, field in self.fields.items():
            if name in given:
                field.value = given[name]
            else:
                field.clear()
        self.unfold(self.unfolded)

    def check(self, state: SessionState, asked: str = "") -> None:
        """Show under each field what is wrong with it in this state.

        ``asked`` is what the server wants to know, shown under the field that answers it encoded.
        """
        as_text = [name for name, field in self.fields.items() if field.is_text]
        wrong = problems(self.command, self.values, utf8="SMTPUTF8" in state.mail_parameters, as_text=as_text)
        for name, field in self.fields.items():
            field.say(asked)
            permitted = parameter_permission(field.argument, state)
            not_offered = permitted.reason if field.value and not permitted.allowed else None
            field.show(wrong.get(name) or not_offered)


def python_name(name: str) -> str:
    """How an argument is called in code: "reverse-path" is ``reverse_path``, "SIZE" is ``size``."""
    return name.replace("-", "_").lower()
