"""The environments of the course: make one, keep it fresh, open JupyterLab or run the tests in it.

Only the standard library: this runs before anything is installed (see ``setup_env.py``).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
START = "notebooks/00-start-here.ipynb"
STAMP = "speak-smtp-stamp"


@dataclass(frozen=True)
class Environment:
    """A virtual environment in a folder of the repository."""

    folder: Path
    installs: tuple[tuple[str, ...], ...]  #: the arguments of each ``pip install``, in order
    inputs: tuple[str, ...]  #: the files whose change makes another installation necessary

    @property
    def scripts(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        return self.scripts / ("python.exe" if os.name == "nt" else "python")

    def version(self) -> str | None:
        """The version of its Python ("3.12"), or None when it is missing or broken."""
        ask = "import sys; print('%d.%d' % sys.version_info[:2])"
        try:
            done = subprocess.run([self.python, "-c", ask], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        return done.stdout.strip()

    def _digest(self, version: str) -> str:
        parts = [str(ROOT), version, *(part for install in self.installs for part in install)]
        parts += [(ROOT / name).read_text(encoding="utf-8") for name in self.inputs]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def make(self, *, with_this_python: bool = False) -> None:
        """Make the environment, or bring it up to date; quick when nothing has changed.

        An environment that works keeps its Python, unless ``with_this_python`` asks for the running one.
        """
        running = f"{sys.version_info[0]}.{sys.version_info[1]}"
        version = self.version()
        if version is None or (with_this_python and version != running):
            print(f"Making {self.folder.name} with Python {running} …", flush=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(self.folder)], "The environment could not be made.")
            version = running
        stamp = self.folder / STAMP
        digest = self._digest(version)
        if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
            return
        stamp.unlink(missing_ok=True)
        print(f"Installing what the course needs into {self.folder.name} (a minute or two) …", flush=True)
        for arguments in self.installs:
            command = [str(self.python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *arguments]
            _run(command, "The installation failed. It needs a network; it is safe to start it again.")
        _write_settings(self.folder)
        stamp.write_text(digest, encoding="utf-8")  # last: an interrupted installation starts again


LEARNER = Environment(
    ROOT / ".venv",
    installs=(("--requirement", "requirements.txt"), ("--no-deps", "--editable", ".")),
    inputs=("requirements.txt", "pyproject.toml"),
)
TEST = Environment(
    ROOT / ".venv-test",
    installs=(
        (
            "--constraint",
            "tests/pins.txt",
            "--requirement",
            "requirements.txt",
            "--requirement",
            "tests/requirements.txt",
        ),
        ("--no-deps", "--no-build-isolation", "--editable", "."),
    ),
    inputs=("requirements.txt", "pyproject.toml", "tests/requirements.txt", "tests/pins.txt"),
)


def _run(command: list[str], failure: str) -> None:
    code = subprocess.run(command, cwd=ROOT).returncode
    if code:
        sys.exit(f"\n{failure}\nThe command was (exit code {code}):\n    {' '.join(command)}")


def _write_settings(folder: Path) -> None:
    """No pop-up asks the learner about news, and nothing asks the network for updates."""
    settings = folder / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    notification = {"fetchNews": "false", "checkForUpdates": False}
    overrides = {"@jupyterlab/apputils-extension:notification": notification}
    (settings / "overrides.json").write_text(json.dumps(overrides, indent=2) + "\n", encoding="utf-8")


def lab_arguments(environment: dict[str, str], platform: str, is_root: bool) -> list[str]:
    """How JupyterLab is started on this kind of machine."""
    arguments = [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{START}", "--log-level=WARN"]
    if is_root:
        arguments.append("--allow-root")
    if not has_browser(environment, platform):
        arguments.append("--no-browser")
    return arguments


def has_browser(environment: dict[str, str], platform: str) -> bool:
    """Whether a browser window can be opened here: a desktop, or a $BROWSER that somebody has set."""
    if platform in ("darwin", "win32"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def open_lab(extra: list[str]) -> NoReturn:
    """Start JupyterLab in the learner's environment, in place of this process where the system can."""
    environment = dict(os.environ)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = lab_arguments(environment, sys.platform, is_root) + extra
    # Terminals inside JupyterLab shall find this environment's Python first.
    environment["PATH"] = f"{LEARNER.scripts}{os.pathsep}{environment.get('PATH', '')}"
    if "--no-browser" in arguments:
        print("JupyterLab starts. Open the address that it prints below in a browser; Ctrl+C stops it.", flush=True)
    else:
        print("JupyterLab starts and opens in your browser; Ctrl+C here stops it.", flush=True)
    command = [str(LEARNER.python), "-m", "jupyterlab", *arguments]
    if os.name == "nt":
        sys.exit(subprocess.run(command, env=environment, cwd=ROOT).returncode)
    os.chdir(ROOT)
    os.execve(command[0], command, environment)  # so that signals reach JupyterLab itself


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="setup_env.py", description="Make an environment of the course and use it.", allow_abbrev=False
    )
    parser.add_argument("what", choices=["lab", "test", "test-env"])
    parser.add_argument("--with-this-python", action="store_true", help="rebuild an environment made with another one")
    options, extra = parser.parse_known_args(argv)
    environment = LEARNER if options.what == "lab" else TEST
    environment.make(with_this_python=options.with_this_python)
    if options.what == "lab":
        open_lab(extra)
    if options.what == "test":
        return subprocess.run([TEST.python, ROOT / "tools" / "run_tests.py", *extra], cwd=ROOT).returncode
    return 0
