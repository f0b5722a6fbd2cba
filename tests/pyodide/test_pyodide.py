"""The course in the Python of a browser: WebAssembly, no sockets, no threads, under Node.js."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
PACKAGES = ("aiosmtpd", "atpublic", "attrs", "platformdirs")  # what a lab needs; all of them pure Python

pytestmark = pytest.mark.pyodide


@pytest.fixture(scope="module")
def pyodide() -> None:
    """Pyodide, as package.json pins it."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("Node.js and npm are not installed")
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]["pyodide"]
    installed = HERE / "node_modules" / "pyodide" / "package.json"
    if not installed.exists() or json.loads(installed.read_text(encoding="utf-8"))["version"] != wanted:
        subprocess.run(
            ["npm", "install", "--silent", "--no-package-lock", "--no-audit", "--no-fund"], cwd=HERE, check=True
        )


@pytest.fixture(scope="module")
def wheels(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("wheels")
    command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", f"--constraint={root / 'tests' / 'pins.txt'}", f"--dest={folder}", *PACKAGES]
    subprocess.run(command, check=True)
    return sorted(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def result(pyodide: None, root: Path, wheels: list[Path]) -> dict[str, Any]:
    command = ["node", "run.mjs", "session.py", str(root), *map(str, wheels)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.fail(done.stderr, pytrace=False)
    return json.loads(done.stdout)


def test_a_whole_session_is_spoken(result: dict[str, Any]) -> None:
    """Greeting, EHLO, MAIL, RCPT, DATA, the end of the data, QUIT (RFC 5321 4.3.2)."""
    assert (result["platform"], result["transport"]) == ("emscripten", "memory")
    assert result["codes"] == [220, 250, 250, 250, 354, 250, 221]
    assert result["closed"] is True


def test_the_message_arrives_as_it_was_sent(result: dict[str, Any]) -> None:
    """The dot that stuffing adds is gone again (RFC 5321 4.5.2)."""
    assert result["raw"] == "Subject: From a browser\r\n\r\n.A line that begins with a dot.\r\n"


def test_a_lab_loads_nothing_that_a_browser_lacks(result: dict[str, Any]) -> None:
    assert result["loaded"] == []
