"""The container for Codespaces and VS Code: what it says agrees with the rest, in words that its tools know."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from helpers.exercises.course import lessons

ROOT = Path(__file__).resolve().parents[2]
CONTAINER: dict[str, Any] = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))

#: The properties that it may use and their types, written by hand from schemas/devContainer.base.schema.json of
#: devcontainers/spec at commit 08c3f97f71385c52a01c026d145c510294847332. What is in ``customizations`` is each tool's.
PROPERTIES = {
    "name": str,
    "image": str,
    "onCreateCommand": str,
    "updateContentCommand": str,
    "hostRequirements": dict,
    "forwardPorts": list,
    "otherPortsAttributes": dict,
    "customizations": dict,
}


def test_its_properties_are_known() -> None:
    assert {name: type(value) for name, value in CONTAINER.items()} == PROPERTIES
    assert set(CONTAINER["hostRequirements"]) <= {"cpus", "memory", "storage", "gpu"}
    assert set(CONTAINER["customizations"]) == {"codespaces", "vscode"}


def test_its_python_is_the_one_of_binder() -> None:
    version = (ROOT / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert CONTAINER["image"] == f"mcr.microsoft.com/devcontainers/python:{version}"


def test_what_is_installed_stands_elsewhere() -> None:
    """The packages stand once, in apt.txt and requirements.txt, and both are read."""
    assert CONTAINER["onCreateCommand"].endswith("< apt.txt")
    assert "--requirement requirements.txt --editable ." in CONTAINER["updateContentCommand"]
    named = (ROOT / "apt.txt").read_text(encoding="utf-8").split()
    assert not set(named) & set(shlex.split(CONTAINER["onCreateCommand"]))
    assert all(name.replace("-", "").isalnum() for name in named), "xargs would take a comment for packages"


def test_the_first_lesson_opens() -> None:
    [opened] = CONTAINER["customizations"]["codespaces"]["openFiles"]
    assert opened == f"notebooks/{lessons()[0].file}"
    assert (ROOT / opened).is_file()
    assert "ms-toolsai.jupyter" in CONTAINER["customizations"]["vscode"]["extensions"]


@pytest.mark.parametrize("name", ["portsAttributes", "appPort", "runArgs", "privileged", "capAdd", "mounts"])
def test_nothing_of_the_lab_is_offered_to_the_outside(name: str) -> None:
    assert CONTAINER["forwardPorts"] == []
    assert CONTAINER["otherPortsAttributes"] == {"onAutoForward": "ignore"}
    assert name not in CONTAINER
