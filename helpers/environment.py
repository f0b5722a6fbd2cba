"""Whether this computer has what the course needs, in words that do not change from one to the next."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from html import escape

from helpers.exercises.shown import Shown
from helpers.views.style import card

OLDEST = (3, 11)


def check_environment() -> Shown:
    """Try everything that the lessons need, and say what to do where something is missing."""
    rows = [(what, _problem(trial)) for what, trial in _TRIALS]
    ready = not any(problem for _, problem in rows)
    last = "Everything is here: you can start." if ready else "Mend what is marked ✕, then run this cell again."
    lines = [f"✕ {what}: {problem}" if problem else f"✓ {what}" for what, problem in rows]
    return Shown("\n".join([*lines, last]), card("".join(_html(rows, last)), "What the course needs"))


def _html(rows: list[tuple[str, str]], last: str) -> Iterator[str]:
    yield '<div class="body"><table><caption>What the course needs</caption>'
    yield '<thead><tr><th scope="col">Needed</th><th scope="col">Here</th></tr></thead><tbody>'
    for what, problem in rows:
        accent, text = ("no", f"✕ {problem}") if problem else ("ok", "✓ works")
        yield f'<tr><th scope="row">{escape(what)}</th><td class="{accent}">{escape(text)}</td></tr>'
    yield f'</tbody></table><p class="say">{escape(last)}</p></div>'


def _problem(trial: Callable[[], str]) -> str:
    try:
        return trial()
    except Exception as error:  # whatever is wrong belongs into the table, not into a traceback
        return f"{type(error).__name__}: {error}"


def _python() -> str:
    if sys.version_info[:2] >= OLDEST:
        return ""
    return f"this is {sys.version_info[0]}.{sys.version_info[1]}; the course needs {OLDEST[0]}.{OLDEST[1]} or newer"


def _widgets() -> str:
    import ipywidgets

    major = int(ipywidgets.__version__.split(".")[0])
    return "" if major >= 8 else "ipywidgets 8 is needed: pip install 'ipywidgets>=8.1'"


def _server() -> str:
    from helpers.lab import Lab

    with Lab("open", name="environment check") as lab:
        reply = lab.connect().send("EHLO laptop.example")
    return "" if reply.code == 250 else f"the server answered {reply.code} instead of 250"


def _tls() -> str:
    from helpers.lab.tls import can_tls

    return "" if can_tls() else "this Python has no TLS; the lessons on encryption need a Python on a computer"


def _progress() -> str:
    from helpers.exercises import progress

    folder = progress.current().folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return f"{folder} cannot be written ({error.strerror}); progress.export() gives you a code to keep instead"


_TRIALS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("Python", _python),
    ("Widgets to click", _widgets),
    ("A mail server of your own, that answers EHLO", _server),
    ("Encryption", _tls),
    ("A place to keep your progress", _progress),
)
