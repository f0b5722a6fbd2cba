"""What Binder makes of the repository: read from repo2docker without building, and the course on its versions."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tools import pythons

PYTHON = "3.12"
#: What Binder's image brings before our requirements are installed (the names as conda writes them).
BROUGHT = ("jupyterlab", "notebook", "ipywidgets", "jupyterlab_widgets", "ipykernel", "jupyter_server")
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


def binder_versions() -> dict[str, str]:
    """The versions that repo2docker's own lock file has for this Python."""
    spec = find_spec("repo2docker")
    assert spec is not None
    assert spec.origin is not None
    lock = Path(spec.origin).parent / "buildpacks" / "conda" / f"environment.py-{PYTHON}-linux-64.lock"
    return dict(re.findall(r"/(\w+)-([\d.]+)-[^/]*\.conda", lock.read_text(encoding="utf-8")))


def test_the_python_is_the_one_that_is_named(plan: str, root: Path) -> None:
    """Without runtime.txt it would be the newest or, with a binder folder, 3.10."""
    assert (root / "runtime.txt").read_text(encoding="utf-8") == f"python-{PYTHON}\n"
    assert f"Building conda environment for python={PYTHON}" in plan


def test_no_folder_hides_the_files_at_the_root(root: Path) -> None:
    assert not (root / "binder").exists()
    assert not (root / ".binder").exists()


def test_the_requirements_and_then_the_package_are_installed(plan: str) -> None:
    requirements = plan.index('pip install --no-cache-dir -r "requirements.txt"')
    assert plan.index("pip install --no-cache-dir .\n") > requirements


def test_the_terminal_tools_are_installed(plan: str, root: Path) -> None:
    packages = (root / "apt.txt").read_text(encoding="utf-8").split()
    assert {"telnet", "swaks", "openssl", "netcat-openbsd", "curl", "msmtp"} <= set(packages)
    [install] = re.findall(r"apt-get install --yes --no-install-recommends (.*?) &&", plan)
    assert set(install.split()) == set(packages)


@pytest.mark.binder
def test_the_course_on_the_versions_of_binder(export: Path, tmp_path: Path) -> None:
    """Our requirements change nothing that is there, and every notebook gives what is stored."""
    brought = {name: version for name, version in binder_versions().items() if name in BROUGHT}
    assert set(brought) == set(BROUGHT)
    # Where this Python is not at hand, its packages still are the ones to try.
    python = pythons.found().get(PYTHON, sys.executable)
    subprocess.run([python, "-m", "venv", str(tmp_path / "venv")], check=True)
    inside = str(tmp_path / "venv" / "bin" / "python")
    pip = [inside, "-m", "pip", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", *(f"{name}=={version}" for name, version in brought.items())], check=True)
    before = installed(inside)
    subprocess.run([*pip, "install", "--requirement", str(export / "requirements.txt")], check=True)
    subprocess.run([*pip, "install", str(export)], check=True)
    after = installed(inside)
    assert {name: after[name] for name in before} == before
    run = subprocess.run([inside, "tools/execute.py", "--check"], cwd=export, capture_output=True, text=True)
    if run.returncode:
        pytest.fail(run.stdout + run.stderr, pytrace=False)


def installed(python: str) -> dict[str, str]:
    command = [python, "-m", "pip", "--disable-pip-version-check", "list", "--format=json"]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {package["name"]: package["version"] for package in listed}
