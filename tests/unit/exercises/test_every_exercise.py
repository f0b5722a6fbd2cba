"""Every exercise of the course is proven: three right ways by different tools, and each of its mistakes.

The tests of a lesson carry what they try in their ids (``02.a-picker``, ``02.a-gap-sent``), so what is missing shows.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from helpers.exercises.registry import registry

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
WAY = re.compile(r"::test_\w*right_way\w*\[(sockets|memory)-(\d\d[a-z]?\.[a-z])-(.+)\]$")


@pytest.fixture(scope="module")
def collected() -> list[str]:
    """The id of every test of the exercises."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", str(HERE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_each_exercise_has_three_right_ways_on_both_transports(collected: list[str]) -> None:
    ways: defaultdict[str, dict[str, set[str]]] = defaultdict(lambda: {"sockets": set(), "memory": set()})
    for line in collected:
        if found := WAY.search(line):
            ways[found[2]][found[1]].add(found[3])
    few = {
        f"{identifier} {transport}: {sorted(names)}"
        for identifier in registry().exercises
        for transport, names in ways[identifier].items()
        if len(names) < 3
    }
    assert not few, "record three ways: picker, raw lines, smtplib"


def test_each_mistake_has_a_test_with_its_name(collected: list[str]) -> None:
    """In the parameters of a test or in the text of the lesson's tests, with the exercise beside it."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("test_l*.py")}
    together = "\n".join([*collected, *texts.values()])
    missing = [
        f"{exercise.id}: {mistake.name}"
        for exercise in registry().exercises.values()
        for mistake in exercise.mistakes
        if f"{exercise.id}-{mistake.name}" not in together and f'"{mistake.name}"' not in together
    ]
    assert not missing
