"""What Binder makes of the repository: read from repo2docker without building, and the course on its versions."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import binder

PYTHON = "3.12"
NOT_OURS = shutil.ignore_patterns(".git", ".venv*", "node_modules", "__pycache__", ".*_cache", "*.egg-info")


@pytest.fixture(scope="module")
def export(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as Binder clones it: without what this machine has added."""
    return shutil.copytree(root, tmp_path_factory.mktemp("binder") / "repository", ignore=NOT_OURS)


@pytest.fixture(scope="module")
def plan(export: Path) -> str:
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--no-run", "--debug", str(export)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_python_is_the_one_that_is_named(plan: str, root: Path) -> None:
    """Without runtime.txt it would be the newest or, with a binder folder, 3.10."""
    assert (root / "runtime.txt").read_text(encoding="utf-8") == f"python-{PYTHON}\n"
    assert f"Building conda environment for python={PYTHON}" in plan


def test_no_folder_hides_the_files_at_the_root(root: Path) -> None:
    assert not (root / "binder").exists()
    assert not (root / ".binder").exists()


def test_the_versions_that_it_brings_are_known() -> None:
    """The course is tried on them below, so none may be missing."""
    brought = binder.brought()
    assert set(brought) == set(binder.BROUGHT)
    assert brought["jupyterlab"].startswith("4.")


def test_the_requirements_and_then_the_package_are_installed(plan: str) -> None:
    requirements = plan.index('pip install --no-cache-dir -r "requirements.txt"')
    assert plan.index("pip install --no-cache-dir .\n") > requirements


def test_the_terminal_tools_are_installed(plan: str, root: Path) -> None:
    packages = (root / "apt.txt").read_text(encoding="utf-8").split()
    assert {"telnet", "swaks", "openssl", "netcat-openbsd", "curl", "msmtp"} <= set(packages)
    [install] = re.findall(r"apt-get install --yes --no-install-recommends (.*?) &&", plan)
    assert set(install.split()) == set(packages)


def test_what_lesson_11_names_for_this_system_is_what_binder_installs(root: Path) -> None:
    lesson = (root / "notebooks" / "11-by-hand.ipynb").read_text(encoding="utf-8")
    [named] = re.findall(r"\| Debian, Ubuntu \| `sudo apt install ([^`]+)` \|", lesson)
    assert set(named.split()) <= set((root / "apt.txt").read_text(encoding="utf-8").split())


@pytest.mark.binder
def test_the_course_on_the_versions_of_binder(export: Path, tmp_path: Path) -> None:
    """Our requirements change nothing that is there, and every notebook gives what is stored."""
    inside = binder.environment(tmp_path / "venv")
    before = binder.installed(inside)
    binder.install(inside, export)
    after = binder.installed(inside)
    assert {name: after[name] for name in before} == before
    run = subprocess.run([inside, "tools/execute.py", "--check"], cwd=export, capture_output=True, text=True)
    if run.returncode:
        pytest.fail(run.stdout + run.stderr, pytrace=False)
