"""Sessions by hand: the line to paste into a terminal, what to type there, and what the screen shows.

They are data (``by_hand.toml``). The lesson shows them with its lab's own port filled in; a test plays each of
them with the real program at a terminal and compares the screen and the wire.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Final

from helpers.exercises.shown import Shown
from helpers.views.markup import escaped
from helpers.views.style import card

if TYPE_CHECKING:
    from helpers.lab import Lab

ELSEWHERE: Final = "…"  #: lines, or the end of a line, that are not the same everywhere
KEYS: Final = {"^C": "Ctrl+C", "^D": "Ctrl+D"}
_SHELL, _TYPED, _ONLY_ENTER = "$ ", "»", "(only Enter)"
PACE: Final = 0.15  #: seconds after a line that is not answered: a program reads lines that come at once as one
_PATIENCE: Final = 10.0  # seconds for a program to show its next line
_FOLDER: Final = ".cache/speak-smtp"  # in the home folder, so that a line to paste holds nobody's own path
_UNSAFE: Final = re.compile(r"[^\w.-]+")  # in a lab's name, for a path that a shell reads


class NotOnScreen(Exception):
    """The program has shown something else than the script says; the message tells both."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something typed (None: nothing yet, the program speaks first) and what the screen shows then."""

    typed: str | None
    shown: tuple[str, ...]

    @property
    def key(self) -> str | None:
        """The name of the key, where it is one and not a line."""
        return KEYS.get(self.typed or "")


@dataclass(frozen=True, slots=True)
class Act:
    """One command line in a terminal, and what follows until the program has ended."""

    command: str
    steps: tuple[Step, ...]

    def lines(self) -> Iterator[tuple[str | None, str]]:
        """The screen, line by line: the typed text or None, and the whole line as it is written in a lesson."""
        for step in self.steps:
            if step.key:
                yield step.typed, f"{_TYPED} {step.key}"
            elif step.typed is not None:
                yield step.typed, f"{_TYPED} {step.typed or _ONLY_ENTER}"
            for line in step.shown:
                yield None, line


@dataclass(frozen=True, slots=True)
class Script:
    """A session by hand. ``{host}``, ``{port}`` and ``{ca}`` are not filled in yet."""

    name: str
    title: str
    profile: str | None
    tools: tuple[str, ...]
    screen: str

    def acts(self, values: Mapping[str, str]) -> tuple[Act, ...]:
        """The command lines with these values filled in."""
        text = self.screen
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return tuple(_acts(text.strip("\n").split("\n")))


def _acts(lines: Iterable[str]) -> Iterator[Act]:
    command, steps, typed, shown = "", list[Step](), None, list[str]()

    def turn() -> None:
        if shown or typed is not None:
            steps.append(Step(typed, tuple(shown)))
            shown.clear()

    for line in lines:
        if line.startswith(_SHELL):
            turn()
            if command:
                yield Act(command, tuple(steps))
            command, typed = line.removeprefix(_SHELL), None
            steps.clear()
        elif line.startswith(_TYPED) or line in KEYS:
            turn()
            typed = line.removeprefix(_TYPED).removeprefix(" ")
        else:
            shown.append(line)
    turn()
    yield Act(command, tuple(steps))


@cache
def scripts() -> dict[str, Script]:
    """All sessions by hand, by name."""
    data = tomllib.loads(files("helpers.exercises").joinpath("by_hand.toml").read_text(encoding="utf-8"))
    return {
        name: Script(name, entry["title"], entry.get("profile"), tuple(entry["tools"]), entry["screen"])
        for name, entry in data.items()
    }


def by_hand(lab: Lab, name: str) -> Sheet:
    """How to hold a session with ``lab`` in a terminal: the line to paste, what to type, what the screen shows.

    Raises:
        ValueError: there is no such session, or it is for a lab of another profile.
    """
    script = scripts().get(name)
    if script is None:
        raise ValueError(f"There is no session {name!r}; there are {', '.join(scripts())}.")
    if script.profile not in (None, lab.profile):
        raise ValueError(f'{script.title} is for Lab("{script.profile}"), and this is {lab.profile}.')
    return Sheet(lab, script)


class Sheet:
    """What to do in a terminal. Shown as a cell's result; ``run()`` does it here."""

    def __init__(self, lab: Lab, script: Script) -> None:
        self.lab = lab
        self.script = script

    def acts(self, ca: str | None = None) -> tuple[Act, ...]:
        """The command lines with the lab's own place in them; ``ca`` as the file of its authority.

        Raises:
            NoSockets: the lab runs in memory.
        """
        values = {}
        if self.script.profile is not None:
            values = {"host": self.lab.host, "port": str(self.lab.port)}
            if "{ca}" in self.script.screen:
                values["ca"] = ca or authority_for_a_terminal(self.lab)
        return self.script.acts(values)

    @property
    def missing(self) -> list[str]:
        """The programs that are not on this computer."""
        return _absent(*self.script.tools)

    def _impossible(self) -> str | None:
        if self.script.profile is not None and not self.lab.can_sockets:
            return "This lab runs in memory, and no terminal can reach it. The same session in Python works here."
        return None

    def run(self) -> Shown:
        """Start the programs here, type as the sheet says, and show the screen that came."""
        label = f"{self.script.title}: the screen"
        trouble = self._impossible() or _not_here([*self.missing, *_absent("sh")])
        if trouble:
            return Shown(trouble, card(f'<div class="body"><p class="later">⚠ {escaped(trouble)}</p></div>', label))
        text = [self.script.title]
        html = [f'<div class="body"><p class="say">{escaped(self.script.title)}</p></div>']
        ca = str(self.lab.ca_file()) if "{ca}" in self.script.screen else None
        for act, real in zip(self.acts(), self.acts(ca and f'"{ca}"'), strict=True):
            try:
                _play(real)
            except NotOnScreen as error:
                text += ["", f"$ {act.command}", f"✕ {error}"]
                html.append(f'<div class="body"><pre class="box">$ {escaped(act.command)}</pre>')
                html.append(f'<p class="no">✕ {escaped(str(error))}</p></div>')
            else:
                text += ["", f"$ {act.command}", *(line for _, line in act.lines())]
                screen = f"$ {escaped(act.command)}\n{_screen_html(act)}"
                html.append(f'<div class="body"><pre class="box">{screen}</pre></div>')
        return Shown("\n".join(text), card("".join(html), label))

    def _shown(self) -> Shown:
        title, note = self.script.title, self._impossible()
        text, html = [title], [f'<div class="body"><p class="say">{escaped(title)}</p>']
        for warning in filter(None, (note, None if note else _not_here(self.missing))):
            text += ["", warning]
            html.append(f'<p class="later">⚠ {escaped(warning)}</p>')
        html.append("</div>")
        for act in () if note else self.acts():
            typing = any(step.typed is not None for step in act.steps)
            then = f"Then type what stands after {_TYPED}, a line at a time" if typing else "The screen shows"
            then += f"; {ELSEWHERE} stands for what is left out here" if any(map(_shortened, act.steps)) else ""
            text += ["", "Paste into a terminal:", f"  {act.command}", f"{then}:"]
            text += [f"  {line}".rstrip() for _, line in act.lines()]
            html.append('<div class="body"><p class="cap">Paste into a terminal</p>')
            html.append(f'<pre class="box">{escaped(act.command)}</pre>')
            html.append(f'<p class="cap">{then}</p><pre class="box">{_screen_html(act)}</pre></div>')
        return Shown("\n".join(text), card("".join(html), f"{title}: what to do in a terminal"))

    def __repr__(self) -> str:
        return self._shown().text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self._shown()._repr_mimebundle_()


def _shortened(step: Step) -> bool:
    return any(line.endswith(ELSEWHERE) for line in step.shown)


def _screen_html(act: Act) -> str:
    """The screen; the mark before a typed line is not selected, so that the line can be copied."""
    lines = []
    for typed, line in act.lines():
        if typed is None:
            lines.append(escaped(line))
        else:
            mark, _, rest = line.partition(" ")
            lines.append(f'<b class="client"><span style="user-select:none">{mark} </span>{escaped(rest)}</b>')
    return "\n".join(lines)


def _absent(*programs: str) -> list[str]:
    return [program for program in programs if shutil.which(program) is None]


def _not_here(missing: list[str]) -> str | None:
    if not missing:
        return None
    return f"Not on this computer: {', '.join(missing)}. The lesson says where to get it, and what to take instead."


def authority_for_a_terminal(lab: Lab) -> str:
    """A file with the lab's CA, written as a shell reads it: in the home folder where that can be written.

    Raises:
        NoTLS: this Python has none.
    """
    source = lab.ca_file()
    with suppress(OSError, RuntimeError):
        folder = Path.home() / _FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        name = _UNSAFE.sub("-", lab.name)
        target = folder / f"{name}.pem"
        fresh = folder / f"{name}-{os.getpid()}.new"
        try:
            fresh.write_bytes(source.read_bytes())
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
        return f'"$HOME/{_FOLDER}/{target.name}"'
    return f'"{source}"'


def see(lines: Iterator[str], wanted: Iterable[str]) -> list[str]:
    """Take lines off the screen until all that are ``wanted`` have come, in order; returns what was taken.

    Raises:
        NotOnScreen: another line came, or no more.
    """
    taken: list[str] = []
    anything = False
    for want in wanted:
        if want == ELSEWHERE:
            anything = True
            continue
        for line in lines:
            taken.append(line)
            if line.rstrip() == want or (want.endswith(ELSEWHERE) and line.startswith(want.removesuffix(ELSEWHERE))):
                break
            if not anything:
                raise NotOnScreen(f"The screen shows {line!r}, and the lesson {want!r}.")
        else:
            raise NotOnScreen(f"{want!r} has not come; the screen shows:\n" + "\n".join(taken))
        anything = False
    return taken


def _play(act: Act) -> None:
    """Start a command line and type what the act says, as a person does: only when the answer is there.

    Raises:
        NotOnScreen: the screen is not as the act says.
    """
    process = subprocess.Popen(
        ["sh", "-c", act.command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    shown: Queue[str | None] = Queue()

    def read() -> None:
        for line in process.stdout or ():
            shown.put(line.decode("utf-8", "replace").rstrip("\r\n"))
        shown.put(None)

    def lines() -> Iterator[str]:
        with suppress(Empty):
            while (line := shown.get(timeout=_PATIENCE)) is not None:
                yield line

    reader = Thread(target=read, daemon=True)
    reader.start()
    screen = lines()
    try:
        for step in act.steps:
            if step.typed == "^D":
                process.stdin.close()
            elif step.typed == "^C":
                _end(process)
            elif step.typed is not None:
                process.stdin.write(f"{step.typed}\n".encode())
                process.stdin.flush()
            see(screen, step.shown)
            if not step.shown:
                time.sleep(PACE)
    except BrokenPipeError:
        raise NotOnScreen("The program has ended before everything was typed.") from None
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            _end(process)
        reader.join(_PATIENCE)
        process.stdout.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the shell and what it has started."""
    import signal

    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    else:
        process.terminate()
    process.wait()
