"""The flow of the protocol as a diagram: the places of a session and the commands between them.

What leads where comes from :func:`helpers.protocol.flow.flow`; here it is only laid out. The drawing is HTML, since
pages that do not trust a notebook take SVG away; the table under it says the same in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from helpers import reference
from helpers.protocol.flow import Step, accepted, flow
from helpers.protocol.state import Phase
from helpers.reference.model import PHASES
from helpers.views.markup import escaped

#: The places that a message passes on its way, from top to bottom.
_SPINE: Final = tuple(Phase(name) for name in PHASES if name not in (Phase.AUTH, Phase.ENDED))
_ANYWHERE: Final = "421, or a lost connection, ends the session from every place (RFC 5321 3.8)."
_WAITS: Final = "reads no commands here"

#: Beside the stylesheet of the cards, or alone on paper; the colours are those of whatever is around it.
FLOW_STYLE: Final = """
.flow{display:grid;grid-template-columns:minmax(0,5fr) minmax(8em,6fr) minmax(0,5fr) minmax(1em,auto);
column-gap:.7em;font-size:.93em;line-height:1.35}
.flow.flow .place{display:block;border:1.5px solid var(--soft,#555);border-radius:6px;padding:.3em .7em;grid-column:2}
.flow .place b{display:block}
.flow .place small{display:block;color:var(--soft,#555)}
.flow .down{grid-column:2;text-align:center;padding:.15em 0;min-height:1.3em}
.flow .from{grid-column:1;text-align:right;padding:.1em 0 .15em 1em}
.flow .side{grid-column:3;align-self:center}
.flow .side .place{margin-top:.15em;border-style:dashed}
.flow .rail,.flow .out{border:1.5px solid var(--soft,#555);position:relative;color:var(--soft,#555)}
.flow .rail{border-right:0;border-radius:8px 0 0 8px;grid-column:1;margin-top:.7em}
.flow .out{border-left:0;border-radius:0 8px 8px 0;grid-column:4;margin:.8em 0}
.flow i{position:absolute;font-style:normal;line-height:1}
.flow .rail i{right:-.45em;top:-.57em}
.flow .out i{left:-.45em;bottom:-.57em}
"""


class _Way(NamedTuple):
    """Commands that lead from the same place to the same place with the same answers."""

    before: Phase
    after: Phase
    labels: tuple[str, ...]
    codes: tuple[int, ...]

    @property
    def commands(self) -> str:
        return ", ".join(self.labels)

    @property
    def answers(self) -> str:
        """The answers that lead on: "250", "250 or refused"."""
        good = [str(code) for code in self.codes if accepted(code)]
        refused = ["refused"] if len(good) < len(self.codes) else []
        return " or ".join([", ".join(good), *refused])


def steps() -> tuple[Step, ...]:
    """The steps of all commands that are in use."""
    return flow(command for command in reference.commands() if command.status != "obsolete")


def place_number(phase: str) -> int | None:
    """How the diagram numbers a place, from 1; the end has no number."""
    return None if phase == Phase.ENDED else (*_SPINE, Phase.AUTH).index(Phase(phase)) + 1


def flow_text() -> str:
    """The diagram as plain text: for each place, what leads from it where."""
    lines = []
    for phase in (*_SPINE, Phase.AUTH):
        lines.append(_name(phase))
        ways = [*_ways(phase)]
        width = max((len(f"{way.commands} {way.answers}") for way in ways), default=0)
        lines += [f"    {f'{way.commands} {way.answers}':<{width}}  → {_name(way.after)}" for way in ways]
        if staying := _staying(phase):
            lines.append(f"    stay here: {', '.join(staying)}")
    return "\n".join([*lines, _ANYWHERE])


def flow_html() -> str:
    """The diagram, and the same as a table."""
    rows = "".join(
        f'<tr><th scope="row">{escaped(_name(phase))}</th><td>{escaped(said)}</td><td>{escaped(there)}</td></tr>'
        for phase in (*_SPINE, Phase.AUTH)
        for said, there in _table(phase)
    )
    head = '<th scope="col">place</th><th scope="col">command and answer</th><th scope="col">leads to</th>'
    return (
        f"<style>{FLOW_STYLE}</style>{flow_diagram()}"
        f"<details><summary>The same as a table</summary><table><caption>What leads where</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def flow_diagram() -> str:
    """The drawing alone; it needs FLOW_STYLE."""
    parts = [*_spine(), *_rails(), *_sides(), *_ends()]
    return f'<div class="flow" aria-hidden="true">{"".join(parts)}</div>'


# --- what is drawn ---------------------------------------------------------------------------------------------


def _spine() -> Iterator[str]:
    for n, phase in enumerate(_SPINE):
        yield _place(phase, f"grid-row:{_row(phase)}/span 2")
        there = [way for way in _ways(phase) if way.after in _SPINE[n + 1 :]]
        said = f"↓ {' · '.join(map(_way, there))}" if there else ""
        yield f'<div class="down" style="grid-row:{_row(phase) + 2}">{said}</div>'


def _rails() -> Iterator[str]:
    """The ways back: a bracket for each place that they lead to, and what takes them beside each place they leave.

    A bracket leaves a place in its upper row and comes in at the lower one, so that no two of them meet.
    """
    back = [way for phase in _SPINE for way in _ways(phase) if way.after in _SPINE and _row(way.after) < _row(phase)]
    for target in dict.fromkeys(way.after for way in back):
        last = max(_row(way.before) for way in back if way.after is target)
        yield f'<div class="rail" style="grid-row:{_row(target) + 1}/{last + 1}"><i>▸</i></div>'
    for phase in _SPINE:
        if ways := [way for way in back if way.before is phase]:
            said = "<br>".join(f"↑ {_way(way)}" for way in ways)
            yield f'<div class="from" style="grid-row:{_row(phase)}">{said}</div>'


def _sides() -> Iterator[str]:
    for phase in _SPINE:
        if there := [way for way in _ways(phase) if way.after is Phase.AUTH]:
            back = [way for way in _ways(Phase.AUTH) if way.after is phase]
            said = "<br>".join([*(f"→ {_way(way)}" for way in there), *(f"← {_way(way)}" for way in back)])
            yield f'<div class="side" style="grid-row:{_row(phase)}/span 2">{said}{_place(Phase.AUTH, "")}</div>'


def _ends() -> Iterator[str]:
    ways = [way for phase in _SPINE for way in _ways(phase) if way.after is Phase.ENDED]
    first, last = min(_row(way.before) for way in ways), _row(_SPINE[-1]) + 3
    said = " · ".join(dict.fromkeys(map(_way, ways)))
    sources = ", ".join(str(place_number(way.before)) for way in ways)
    yield f'<div class="out" style="grid-row:{first}/{last + 1}"><i>◂</i></div>'
    yield f'<div class="side" style="grid-row:{last}">← {said}<br>from {sources}</div>'
    yield f'<div class="place" style="grid-row:{last}"><b>{escaped(Phase.ENDED)}</b><small>{_ANYWHERE}</small></div>'


def _place(phase: Phase, style: str) -> str:
    staying = ", ".join(_staying(phase))
    small = f"stay here: {escaped(staying)}" if staying else _WAITS
    return f'<div class="place" style="{style}"><b>{escaped(_name(phase))}</b><small>{small}</small></div>'


def _way(way: _Way) -> str:
    return f"<b>{escaped(way.commands)}</b> {escaped(way.answers)}"


def _row(phase: Phase) -> int:
    """The first row of a place: it has two, and one follows for the way to the next."""
    return 3 * _SPINE.index(phase) + 1


# --- what is said ----------------------------------------------------------------------------------------------


def _table(phase: Phase) -> Iterator[tuple[str, str]]:
    for way in _ways(phase):
        yield f"{way.commands}: {way.answers}", _name(way.after)
    if staying := _staying(phase):
        yield ", ".join(staying), "the same place"


def _name(phase: Phase) -> str:
    number = place_number(phase)
    return f"{number} {phase}" if number else str(phase)


def _ways(phase: Phase) -> Iterator[_Way]:
    """The ways that leave a place, those with the same end and the same answers together."""
    leaving = [step for step in steps() if step.before is phase and step.after is not phase]
    for after, codes in dict.fromkeys((step.after, step.codes) for step in leaving):
        labels = _labels(step for step in leaving if (step.after, step.codes) == (after, codes))
        yield _Way(phase, after, labels, codes)


def _staying(phase: Phase) -> Sequence[str]:
    return _labels(step for step in steps() if step.before is step.after is phase)


def _labels(found: Iterable[Step]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(step.label for step in found))
