"""The places of a session from top to bottom, with "you are here"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from helpers.protocol.state import Phase, SessionState
from helpers.views.glyphs import HERE, PASSED, TLS
from helpers.views.markup import clipped, count, escaped, visible

#: The way down: each place with the command that leads there (RFC 5321 3.1–3.3).
_WAY: Final = (
    (Phase.CONNECTED, "220 from the server"),
    (Phase.GREETED, "EHLO"),
    (Phase.SENDER, "MAIL FROM"),
    (Phase.RECIPIENTS, "RCPT TO"),
    (Phase.MESSAGE, "DATA"),
)


class _Place(NamedTuple):
    name: str
    edge: str  #: the command that leads here
    done: bool
    here: bool
    facts: str  #: what the session knows from this place, as a peer may have written it


def state_map_text(state: SessionState) -> str:
    """The map as plain text, one place a line."""
    lines = []
    for place in _places(state):
        mark = str(HERE) if place.here else str(PASSED) if place.done else ""
        facts = f"   {visible(place.facts)}" if place.facts else ""
        lines += [f"    | {place.edge}", f"  {place.name:<18}{mark}{facts}".rstrip()]
    return "\n".join([*lines[1:], "", *(f"  {badge}" for badge, _ in _badges(state))])


def state_map_html(state: SessionState) -> str:
    """The map as an ordered list; the place where the session is has ``aria-current="step"``."""
    items = []
    for n, place in enumerate(_places(state)):
        edge = f"<small>{place.edge} ↓</small>" if n else ""
        mark = HERE if place.here else PASSED if place.done else None
        tag = f' <span class="{mark.accent}">{mark}</span>' if mark else ""
        facts = f' <span class="facts">{escaped(place.facts)}</span>' if place.facts else ""
        current = ' aria-current="step"' if place.here else ""
        items.append(f'<li>{edge}<div class="place"{current}><span>{place.name}</span>{tag}{facts}</div></li>')
    badges = "<br>".join(f'<span class="{accent}">{escaped(badge)}</span>' for badge, accent in _badges(state))
    return (
        f'<p class="cap">Where you are</p><ol class="map" aria-label="Where you are">{"".join(items)}</ol>'
        f'<p class="badges">{badges}</p>'
    )


def _places(state: SessionState) -> Iterator[_Place]:
    ended = state.phase is Phase.ENDED
    order = [phase for phase, _ in _WAY]
    if ended:
        reached = 2 if state.hello else 1
    elif state.phase is Phase.AUTH:
        reached = 2
    else:
        reached = order.index(state.phase)
    for n, (phase, edge) in enumerate(_WAY):
        if phase is Phase.GREETED:
            edge = "EHLO, again inside TLS" if state.tls and not state.hello else state.hello or edge
        elif phase is Phase.MESSAGE and state.chunking:
            edge = "BDAT"
        here = phase is state.phase
        yield _Place(phase, edge, n < reached, here, _facts(phase, state))
        if phase is Phase.GREETED and state.phase is Phase.AUTH:
            yield _Place(Phase.AUTH, "AUTH", False, True, state.mechanism or "")
    if ended:
        yield _Place(Phase.ENDED, "QUIT, 421 or a lost connection", False, True, "")


def _facts(phase: Phase, state: SessionState) -> str:
    if phase is Phase.GREETED and state.hello and state.client_name:
        return clipped(f"{state.hello} {state.client_name}", 60)
    if phase is Phase.SENDER and state.reverse_path is not None:
        return clipped(f"<{state.reverse_path}>", 60)
    if phase is Phase.RECIPIENTS and state.forward_paths:
        more = len(state.forward_paths) - 3
        paths = ", ".join(clipped(f"<{path}>", 60) for path in state.forward_paths[:3])
        return f"{paths} and {count(more, 'other')}" if more > 0 else paths
    return ""


def _badges(state: SessionState) -> Iterator[tuple[str, str]]:
    yield (str(TLS), TLS.accent) if state.tls else ("○ not encrypted", "soft")
    if state.authenticated is not None:
        yield f"✓ logged in with AUTH {clipped(state.authenticated, 30)}", "ok"
    else:
        yield "○ not logged in", "soft"
