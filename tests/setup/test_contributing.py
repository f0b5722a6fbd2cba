"""The steps of CONTRIBUTING.md are all that is needed: each is taken in a copy, and the tests of the project agree.

Every test also leaves a step out once, to see that the project notices. Starting pytest some fifteen times takes
a minute or so, so that these run with the tests of the system.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TAKEN = ("helpers", "notebooks", "tests", "tools", "workshop", "pyproject.toml", "README.md", "CONTRIBUTING.md")

pytestmark = pytest.mark.contributing

COMMAND = """
[XPING]
wire = "XPING"
label = "XPING"
title = "try the path"
group = "session"
status = "extension"
summary = "Asks whether anybody is there."
syntax = '"XPING" CRLF'
rfc = "RFC 9999 1.2"
effect = "None."
permitted_in = ["greeted"]
not_permitted = "Say EHLO first: XPING is an extension."
replies = [{ code = 250, meaning = "Somebody is there." }]
limits = ["The line has at most 512 octets, CR LF included (RFC 5321 4.5.3.1.4)."]
mistakes = [{ wrong = "X-PING", why = "There is no hyphen in it.", right = "XPING", reply = 500 }]
"""
REPLY = """
[256]
title = "somebody is there"
meaning = "The server heard the XPING."
rfc = "RFC 9999 1.3"
commands = ["XPING"]
retry = "no"
"""
PROFILE = """
[quiet]
title = "quiet server"
stands_for = "a server that tells nothing about its people"
vrfy = "noncommittal"
expn = "off"
"""


@dataclass(frozen=True)
class House:
    """A copy of the repository in which steps are taken."""

    root: Path

    def append(self, name: str, text: str) -> None:
        path = self.root / name
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {**kept, "PYTHONPATH": str(self.root)}  # what has been compiled once is kept
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=120)

    def python(self, code: str) -> str:
        done = self.run("-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tests(self, *arguments: str) -> Sequence[str]:
        """The tests that fail."""
        done = self.run("-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider", *arguments)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE)


@pytest.fixture
def house(tmp_path: Path) -> House:
    root = tmp_path / "copy"
    root.mkdir()
    leave = shutil.ignore_patterns("__pycache__", "node_modules", "*.png")
    for name in TAKEN:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=leave)
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, root / name)
    return House(root)


def test_every_way_of_adding_is_taken_here() -> None:
    headings = re.findall(r"^### (.+)$", GUIDE, re.MULTILINE)
    assert headings == ["A command", "A reply code", "A profile", "An exercise", "A lesson", "And also"]


def test_every_file_that_it_names_is_there() -> None:
    named = re.findall(r"`((?:helpers|notebooks|tests|tools|workshop)/[\w./-]+)`", GUIDE)
    assert named
    assert not [name for name in named if "NN" not in name and not (ROOT / name).exists()]


def test_a_command(house: House) -> None:
    house.append("helpers/reference/data/commands.toml", COMMAND)
    facts = "tests/unit/reference/test_facts.py"
    assert house.tests(facts), "no code says yet that it answers XPING"
    codes = (house.root / "helpers/reference/data/replies.toml").read_text(encoding="utf-8")
    verbs = re.search(r"^\[250\]\n(?:.+\n)*?commands = \[", codes, re.MULTILINE)
    assert verbs
    house.replace("helpers/reference/data/replies.toml", verbs[0], verbs[0] + '"XPING", ')
    assert not house.tests(facts)
    offered = house.python(
        "from helpers import CommandPicker, Lab, lookup\n"
        "picker = CommandPicker(Lab('open', transport='memory'), commands=('EHLO', 'XPING'))\n"
        "picker.send('EHLO'); print(picker.send('XPING'), lookup('XPING'))"
    )
    assert "500 5.5.1" in offered
    assert "Asks whether anybody is there." in offered
    # and now the lab answers it
    house.replace("helpers/lab/data/replies.toml", "\nunknown = ", '\nxping-ok = "250 2.0.0 Here I am"\nunknown = ')
    house.replace(
        "helpers/lab/dialogue.py",
        "    def _quit(self,",
        "    def _xping(self, argument: str) -> Answer:\n"
        '        return Answer(self.say("xping-ok"))\n\n'
        "    def _quit(self,",
    )
    house.replace(
        "helpers/lab/dialogue.py", '        "NOOP": _noop,\n', '        "NOOP": _noop,\n        "XPING": _xping,\n'
    )
    replies = ("tests/unit/lab/test_replies.py", "-k", "provoked or xping")
    assert house.tests(*replies), "nobody has seen this reply yet"
    house.replace(
        "tests/unit/lab/test_replies.py",
        '    "empty-line": scene(',
        '    "xping-ok": scene(250, "2.0.0", "XPING"),\n    "empty-line": scene(',
    )
    assert not house.tests(*replies)


def test_a_command_that_lacks_something(house: House) -> None:
    house.append("helpers/reference/data/commands.toml", COMMAND.replace('rfc = "RFC 9999 1.2"\n', ""))
    done = house.run("-c", "from helpers import reference; reference.commands()")
    assert re.search(r"commands\.toml.*XPING.*rfc", done.stderr)


def test_a_reply_code(house: House) -> None:
    house.append("helpers/reference/data/replies.toml", REPLY)
    facts = "tests/unit/reference/test_facts.py"
    assert house.tests(facts), "nobody has said which RFC defines it"
    house.replace(facts, "*(235, 253, 334,", "*(235, 253, 256, 334,")
    assert not house.tests(facts)
    shown = house.python("from helpers import decode, lookup; print(decode('256 Here'), lookup('256'))")
    assert "The server heard the XPING." in shown


def test_a_profile(house: House) -> None:
    house.append("helpers/lab/data/profiles.toml", PROFILE)
    only = "tests/unit/lab/test_profiles.py::test_the_profiles"
    assert house.tests(only)
    house.replace("tests/unit/lab/test_profiles.py", '"legacy", "naive"]\n', '"legacy", "naive", "quiet"]\n')
    assert not house.tests(only)
    code = "from helpers import Lab; s = Lab('quiet').connect(); s.send('EHLO a.example'); print(s.send('VRFY alice'))"
    assert house.python(code).startswith("252 ")


def test_an_exercise(house: House) -> None:
    """One more for lesson 04, made like 04.a, under "Go further": the core of a lesson is full."""
    house.append(
        "helpers/exercises/lesson04.py",
        "\nfrom dataclasses import replace as _replace\n\n"
        "EXERCISES += [_replace(FADED, id='04.d', starter=FADED.starter.replace('04.a', '04.d'),\n"
        "    solution=_replace(FADED.solution, code=FADED.solution.code.replace('04.a', '04.d')))]\n",
    )
    shape = ("tests/notebooks/test_shape.py", "tests/notebooks/test_exercise_cells.py", "-k", "04-data")
    assert house.tests(*shape), "it has no cells yet"
    house.python(
        "from helpers.exercises.registry import registry\n"
        "from tools import notebook as nb\n"
        "from nbformat.v4 import new_code_cell, new_markdown_cell\n"
        "path = nb.NOTEBOOKS / '04-data.ipynb'\n"
        "lesson, task = nb.read(path), registry().exercise('04.d')\n"
        "place = next(i for i, cell in enumerate(lesson.cells) if cell.source.startswith('## Go further')) + 2\n"
        "cell = new_code_cell(task.starter, id='exercise-d', metadata={'tags': ['exercise:04.d']})\n"
        "lesson.cells[place:place] = [new_markdown_cell('**04.d** ' + task.task, id='task-d'), cell]\n"
        "nb.write(lesson, path)"
    )
    done = house.run("tools/execute.py", "notebooks/04-data.ipynb")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not house.tests(*shape)
    ways = "tests/unit/exercises/test_every_exercise.py"
    assert house.tests(ways), "no way is recorded yet"
    house.append(
        "tests/unit/exercises/test_lesson04.py",
        "\n\n@pytest.mark.parametrize('way', ['picker', 'raw lines', 'smtplib'])\n"
        "@pytest.mark.parametrize('exercise', ['04.d'])\n"
        "def test_one_more_right_way(transport: str, exercise: str, way: str) -> None:\n"
        "    lab = Lab('open', name=exercise)\n"
        "    RIGHT['04.a', way](lab)\n"
        "    assert check(exercise).done\n",
    )
    assert not house.tests(ways, "tests/unit/exercises/test_lesson04.py", "-k", "every_exercise or one_more")


def test_a_lesson(house: House) -> None:
    """A thirteenth, made of the first."""

    def renumbered(text: str) -> str:
        return re.sub(r"\b01\.(?=[a-z])", "13.", text)

    root = house.root
    source = (root / "notebooks/01-ehlo-helo.ipynb").read_text(encoding="utf-8")
    lesson = renumbered(source).replace("# Say hello with EHLO", "# Say hello once more", 1)
    (root / "notebooks/13-once-more.ipynb").write_text(lesson, encoding="utf-8")
    module = renumbered((root / "helpers/exercises/lesson01.py").read_text(encoding="utf-8"))
    (root / "helpers/exercises/lesson13.py").write_text(module, encoding="utf-8")
    shape = ("tests/notebooks/test_shape.py", "tests/notebooks/test_course.py", "tests/setup/test_readme.py")
    shape += ("-k", "13 or every_notebook or agree")
    assert house.tests(*shape), "the course does not know it yet"
    house.replace(
        "helpers/exercises/course.toml",
        '[[lesson]]\nid = "reference"',
        '[[lesson]]\nid = "13"\nfile = "13-once-more.ipynb"\ntitle = "Say hello once more"\nminutes = 25\n'
        'commands = ["EHLO", "HELO"]\navailable = true\n\n[[lesson]]\nid = "reference"',
    )
    row = next(line for line in (root / "README.md").read_text("utf-8").splitlines() if "(notebooks/12-" in line)
    new = row.replace("Send mail from Python", "Say hello once more").replace("12-from-python", "13-once-more")
    house.replace("README.md", row, f"{row}\n{new.replace('[12]', '[13]')}")
    for tool in (("tools/navigation.py",), ("tools/execute.py", "notebooks/13-once-more.ipynb"), ("tools/links.py",)):
        done = house.run(*tool)
        assert done.returncode == 0, done.stdout + done.stderr
    assert not house.tests(*shape)
    assert "Next: Say hello once more" in (root / "notebooks/12-from-python.ipynb").read_text(encoding="utf-8")
