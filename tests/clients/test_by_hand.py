"""Each session by hand of lesson 11: the real program at a terminal, the lesson's own line, a person's pace.

The screen must be the one that the lesson shows, and the lab's transcript must have heard what the lesson says.
"""

from __future__ import annotations

import os
import pty
import select
import time
from collections.abc import Callable, Iterator

import pytest

from helpers import by_hand
from helpers.exercises.by_hand import ELSEWHERE, PACE, Act, Step, scripts, see
from helpers.lab import Lab
from helpers.wire.transcript import Connection
from tests.clients.programs import SECONDS, Tools, need
from tests.clients.reading import PLAIN, SENT, UPGRADED, clear_and_encrypted, only_connection, steps

pytestmark = pytest.mark.clients

LOGIN = ["AUTH 334", "response 334", "response 235"]
WITHOUT_QUIET = ["greeting 220", "EHLO 250", "STARTTLS 220", "EHLO 250"]
BY_HAND = b"Subject: By hand\r\n\r\nNoon at the pond?\r\n"

#: What the server must have heard, and who ended the connection.
HEARD: dict[str, tuple[list[str], str]] = {
    "telnet": (PLAIN, "server"),
    "starttls": ([*UPGRADED, "AUTH 235", *SENT, "QUIT 221"], "server"),
    "implicit": (["greeting 220", "EHLO 250", *LOGIN, "QUIT 221"], "server"),
    "nc": (["greeting 220", "EHLO 250", "QUIT 221"], "server"),
    "nc-without-C": (["greeting 220", "EHLO 500"], "client"),
    "without-crlf": (["greeting 220", "EHLO 250", "STARTTLS 220", "EHLO 500"], "client"),
    "capital-R": ([*WITHOUT_QUIET, "MAIL 250"], "client"),
    "small-r": ([*WITHOUT_QUIET, "MAIL 250", "RCPT 250", "QUIT 221"], "server"),
    "capital-Q": (WITHOUT_QUIET, "client"),
    "kind-regards": ([*WITHOUT_QUIET, *SENT, "QUIT 221"], "server"),
    "ign-eof": ([*WITHOUT_QUIET, "RSET 250", "QUIT 221"], "server"),
    "swaks": ([*UPGRADED, "AUTH 235", *SENT, "QUIT 221"], "server"),
    "curl": ([*UPGRADED, "AUTH 334", "response 235", *SENT, "QUIT 221"], "server"),
}


class Screen:
    """A program at a terminal of its own, typed into as a person does."""

    def __init__(self, act: Act, environment: dict[str, str]) -> None:
        self._child, self._terminal = pty.fork()
        if not self._child:
            os.chdir(environment["HOME"])
            os.execve("/bin/sh", ["sh", "-c", act.command], environment)
        self._act = act
        self._shown: list[str] = []
        self._rest = b""  # of what came, not read yet
        self._gone = False
        self._lines = self._read()
        self.ended: int | None = None

    def play(self) -> None:
        """All that the act says, to the end of the program: every session of the lesson leads there."""
        try:
            for step in self._act.steps:
                self._type(step)
                see(self._lines, step.shown)
                if not step.shown:
                    time.sleep(PACE)
                if step.shown[-1:] == (ELSEWHERE,):
                    self._wait_until_quiet()
            self._end()
        finally:
            os.close(self._terminal)
            if self.ended is None:
                os.kill(self._child, 9)
                os.waitpid(self._child, 0)

    def _type(self, step: Step) -> None:
        if step.key:
            os.write(self._terminal, {"^C": b"\x03", "^D": b"\x04"}[step.typed or ""])
        elif step.typed is not None:
            os.write(self._terminal, step.typed.encode() + b"\r")  # what the Enter key sends to a terminal
            see(self._lines, (step.typed,))  # which shows what is typed

    def _wait_until_quiet(self) -> None:
        """As a person does: what is typed while a program shows something stands in the midst of it."""
        while self._fill(0.3):
            pass
        *_, self._rest = self._rest.split(b"\n")

    def _end(self) -> None:
        for _ in self._lines:
            pass
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            child, status = os.waitpid(self._child, os.WNOHANG)
            if child:
                self.ended = os.waitstatus_to_exitcode(status)
                return
            time.sleep(0.01)
        pytest.fail("the program does not end")

    def _read(self) -> Iterator[str]:
        """The lines of the screen. Raises AssertionError when none comes and the program has not ended."""
        while True:
            line, end, rest = self._rest.partition(b"\n")
            if end:
                self._rest = rest
                self._shown.append(line.decode().rstrip("\r"))
                yield self._shown[-1]
            elif not self._fill(SECONDS):
                assert self._gone, "nothing came any more after:\n" + "\n".join([*self._shown[-30:], repr(self._rest)])
                return

    def _fill(self, seconds: float) -> bool:
        """Take what the program shows within this time."""
        if not select.select([self._terminal], [], [], seconds)[0]:
            return False
        try:
            octets = os.read(self._terminal, 65536)
        except OSError:  # the other side of the terminal is closed
            octets = b""
        self._gone = not octets
        self._rest += octets
        return bool(octets)


@pytest.fixture
def environment(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An empty home folder, for the programs and for the file with the authority."""
    monkeypatch.setenv("HOME", str(tools.home))
    return {"PATH": os.environ["PATH"], "HOME": str(tools.home), "LC_ALL": "C.UTF-8", "TERM": "xterm"}


def play(name: str, lab: Lab, environment: dict[str, str]) -> None:
    for tool in scripts()[name].tools:
        need(tool)
    for act in by_hand(lab, name).acts():
        Screen(act, environment).play()


@pytest.mark.parametrize("name", HEARD)
def test_the_screen_and_the_wire(name: str, start: Callable[[str], Lab], environment: dict[str, str]) -> None:
    profile = scripts()[name].profile
    assert profile is not None
    lab = start(profile)
    play(name, lab, environment)
    connection = only_connection(lab)
    assert (steps(connection), connection.closed) == HEARD[name]
    EXTRA.get(name, lambda *_: None)(lab, connection)


def test_base64(lab: Lab, environment: dict[str, str]) -> None:
    play("base64", lab, environment)
    assert not lab.transcript().connections


def test_every_session_is_tried() -> None:
    assert {*HEARD, "base64"} == set(scripts())


@pytest.mark.parametrize("name", scripts())
def test_the_notebook_types_as_well(
    name: str, start: Callable[[str], Lab], tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """run() over pipes gives the screen of the lesson, and the same session on the wire."""
    monkeypatch.setenv("HOME", str(tools.home))
    for tool in scripts()[name].tools:
        need(tool)
    lab = start(scripts()[name].profile or "open")
    shown = by_hand(lab, name).run()
    assert "✕" not in shown.html, shown.text
    if name in HEARD:
        connection = only_connection(lab)
        assert (steps(connection), connection.closed) == HEARD[name]


# -- what else is true of some of them -------------------------------------------------------------------


def _letter(lab: Lab, connection: Connection) -> None:
    (message,) = lab.mailbox("bob@lab.example")
    assert message.raw == BY_HAND
    assert message.headers["Subject"] == "By hand"


def _inside_tls(lab: Lab, connection: Connection) -> None:
    assert clear_and_encrypted(connection)[0] == ["greeting", "EHLO", "STARTTLS"]
    assert connection.state.authenticated == "PLAIN"


def _starttls(lab: Lab, connection: Connection) -> None:
    _letter(lab, connection)
    _inside_tls(lab, connection)
    assert connection.exchanges[1].command == "EHLO mail.example.com", "the name that s_client gives itself"


def _implicit(lab: Lab, connection: Connection) -> None:
    assert clear_and_encrypted(connection)[0] == []


def _name(lab: Lab, connection: Connection) -> None:
    assert connection.exchanges[1].command == "EHLO laptop.example", "what -name is for"


def _line_feed(lab: Lab, connection: Connection) -> None:
    assert connection.exchanges[-1].octets == b"EHLO laptop.example\n"


def _without_regards(lab: Lab, connection: Connection) -> None:
    _letter(lab, connection)  # the line that began with K is not in it


EXTRA: dict[str, Callable[[Lab, Connection], None]] = {
    "telnet": _letter,
    "starttls": _starttls,
    "swaks": _inside_tls,
    "curl": _inside_tls,
    "implicit": _implicit,
    "kind-regards": _without_regards,
    "ign-eof": _name,
    "nc-without-C": _line_feed,
    "without-crlf": _line_feed,
}
