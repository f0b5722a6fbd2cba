"""Measure what the course adds to the image that Binder and repo2docker start from.

    python tools/binder.py

Makes an environment with the versions of repo2docker's own lock file, installs the course into it as repo2docker
does, and compares packages and size. The packages of apt.txt are only looked up, where there is apt.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import pythons

ROOT = Path(__file__).resolve().parent.parent
#: What the lock file has of Jupyter; pip brings the rest as conda does (the names as conda writes them).
BROUGHT = ("jupyterlab", "notebook", "ipywidgets", "jupyterlab_widgets", "ipykernel", "jupyter_server")
#: Some of buildpack-deps, the system below: enough of it that what apt.txt shares with it is not counted.
SYSTEM = ("ca-certificates", "curl", "git", "gnupg", "imagemagick", "libglib2.0-dev", "libssl-dev", "netbase")
QUIET = ("-m", "pip", "-qq", "--disable-pip-version-check")


def version() -> str:
    """The Python that the repository asks for, such as ``3.12``."""
    return (ROOT / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")


def brought() -> dict[str, str]:
    """The versions that repo2docker's lock file has for that Python."""
    spec = find_spec("repo2docker")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("repo2docker is not installed")
    lock = Path(spec.origin).parent / "buildpacks" / "conda" / f"environment.py-{version()}-linux-64.lock"
    locked = dict(re.findall(r"/(\w+)-([\d.]+)-[^/]*\.conda", lock.read_text(encoding="utf-8")))
    return {name: locked[name] for name in BROUGHT}


def environment(folder: Path) -> str:
    """An environment like Binder's before the course is installed; the path of its Python.

    Where Binder's Python is not at hand, this one takes its place: its packages still are the ones to try.
    """
    subprocess.run([pythons.found().get(version(), sys.executable), "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, *QUIET, "install", *(f"{name}=={n}" for name, n in brought().items())], check=True)
    return python


def install(python: str, repository: Path) -> None:
    """Install the course as repo2docker does: the requirements, then the package."""
    subprocess.run([python, *QUIET, "install", "--requirement", str(repository / "requirements.txt")], check=True)
    subprocess.run([python, *QUIET, "install", str(repository)], check=True)


def installed(python: str) -> dict[str, str]:
    """The version of each package in an environment."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "list", "--format=json"]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {package["name"]: package["version"] for package in listed}


def octets(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))


def system_packages() -> dict[str, int]:
    """KiB of each package that apt.txt adds to the system below, as this machine's apt knows them."""

    def needed(*names: str) -> set[str]:
        command = ["apt-get", "--simulate", "-o", "Dir::State::status=/dev/null", "install"]
        said = subprocess.run([*command, "--no-install-recommends", *names], capture_output=True, text=True, check=True)
        return set(re.findall(r"^Inst (\S+)", said.stdout, re.MULTILINE))

    named = (ROOT / "apt.txt").read_text(encoding="utf-8").split()
    added = needed(*SYSTEM, *named) - needed(*SYSTEM)
    command = ["apt-cache", "show", "--no-all-versions", *sorted(added)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {
        name: int(size) for name, size in re.findall(r"^Package: (\S+)\n(?:.+\n)*?Installed-Size: (\d+)", shown, re.M)
    }


def main() -> int:
    with tempfile.TemporaryDirectory() as copy, tempfile.TemporaryDirectory() as folder:
        for name in ("pyproject.toml", "README.md", "LICENSE", "requirements.txt"):
            shutil.copy(ROOT / name, copy)
        shutil.copytree(ROOT / "helpers", Path(copy) / "helpers")
        python = environment(Path(folder))
        packages, size = installed(python), octets(Path(folder))
        install(python, Path(copy))
        new = sorted(name for name, number in installed(python).items() if packages.get(name) != number)
        print(f"Python {version()}, {len(packages)} packages, {size / 1e6:.0f} MB before the course is installed")
        print(f"pip adds {len(new)} packages, {(octets(Path(folder)) - size) / 1e6:.1f} MB: {', '.join(new)}")
    if shutil.which("apt-get"):
        system = system_packages()
        print(
            f"apt adds {len(system)} packages, {sum(system.values()) * 1024 / 1e6:.1f} MB: {', '.join(sorted(system))}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
