"""The flow of the protocol: which command leads from which place of a session to which.

Nothing of it is written down here. Every command of the reference is tried, as an example line, in every place
where it is permitted, and the rules of :mod:`helpers.protocol.state` say where each answer to it leads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.protocol.commandline import compose
from helpers.protocol.permission import permission
from helpers.protocol.state import Phase, SessionState, after_reply

if TYPE_CHECKING:
    from helpers.reference.model import Command


@dataclass(frozen=True, slots=True)
class Step:
    """One way from one place to the next; ``before`` and ``after`` are the same where nothing moves."""

    before: Phase
    after: Phase
    command: Command
    label: str  #: "RCPT TO", or "BDAT LAST" where a word in the line decides
    codes: tuple[int, ...]  #: the answers that lead there


def flow(commands: Iterable[Command]) -> tuple[Step, ...]:
    """Every step that these commands make, in the order of the places and of the commands.

    Refusals are left out where they change nothing.
    """
    offered = tuple(commands)
    places = _places(offered)
    found: list[Step] = []
    for phase in Phase:
        if phase in places:
            state, _ = places[phase]
            for command in offered:
                if permission(command, state).allowed:
                    found += _steps(command, state)
    return tuple(found)


def way_to(phase: Phase, commands: Iterable[Command]) -> tuple[str, ...]:
    """The shortest lines that lead from the greeting to this place, as examples; the end of a session has none."""
    return _places(tuple(commands)).get(phase, (SessionState(), ()))[1]


def example_line(command: Command) -> str:
    """The command with the examples of the arguments that it needs."""
    return compose(command, {argument.name: argument.example for argument in command.arguments if argument.required})


def _places(commands: Sequence[Command]) -> dict[Phase, tuple[SessionState, tuple[str, ...]]]:
    """Each place that can be reached, with the state of a session that has come there and the lines that led it."""
    start = SessionState()
    found: dict[Phase, tuple[SessionState, tuple[str, ...]]] = {start.phase: (start, ())}
    waiting = deque(found.values())
    while waiting:
        state, lines = waiting.popleft()
        for command in commands:
            if not permission(command, state).allowed:
                continue
            line = example_line(command)
            for code in filter(accepted, (reply.code for reply in command.replies)):
                after = after_reply(state, line, code, _announcement(commands))
                if after.phase is not Phase.ENDED and after.phase not in found:
                    found[after.phase] = (after, (*lines, line))
                    waiting.append(found[after.phase])
    return found


def _announcement(commands: Iterable[Command]) -> tuple[str, ...]:
    """The reply to EHLO of a server that offers all that these commands need."""
    return ("mail.lab.example", *(command.keyword for command in commands if command.keyword))


def accepted(code: int) -> bool:
    """Whether the server did what it was asked, or goes on with it (RFC 5321 4.2.1)."""
    return code // 100 in (2, 3)


def _steps(command: Command, state: SessionState) -> Iterator[Step]:
    variants = [example_line(command), compose(command, {a.name: a.example for a in command.arguments})]
    outcomes: dict[Phase, dict[int, set[str]]] = {}  # where it leads: by which answers, to which of the lines
    for reply in command.replies:
        for line in variants:
            after = after_reply(state, line, reply.code, _announcement([command])).phase
            if accepted(reply.code) or after is not state.phase:
                outcomes.setdefault(after, {}).setdefault(reply.code, set()).add(line)
    for after, codes in outcomes.items():
        words = _deciding_words(command, variants, set().union(*(codes[code] for code in codes if accepted(code))))
        yield Step(state.phase, after, command, " ".join([command.label, *words]), tuple(codes))


def _deciding_words(command: Command, variants: list[str], lines: set[str]) -> list[str]:
    """The flags that only the longer line has, where only that one leads here."""
    if lines != {variants[-1]} or len({*variants}) == 1:
        return []
    return [a.name for a in command.arguments if not a.required and a.example == a.name]
