"""Write tests/pins.txt: the exact version of every package, for all supported Pythons and systems at once.

Run it to move the pinned environment on: ``python tools/pin.py``, then ``make notebooks`` and ``make test``.
Needs a network; the resolver (uv) is installed into a folder that is thrown away.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "tests" / "pins.txt"
OLDEST_PYTHON = "3.11"
HEADER = "# The exact versions of the test environment, written by tools/pin.py: constraints for pip.\n"


def resolved() -> str:
    """The constraints that satisfy both requirements files on every Python from the oldest on."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        scripts = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin")
        subprocess.run([scripts / "python", "-m", "pip", "install", "-qq", "uv"], check=True)
        command = [scripts / "uv", "pip", "compile", "--quiet", "--universal", "--python-version", OLDEST_PYTHON]
        # "fewest": one version for all Pythons wherever there is one, so that outputs agree
        command += ["--fork-strategy", "fewest", "--no-header", "--no-annotate"]
        command += ["requirements.txt", "tests/requirements.txt"]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    # The address of an index is a fact about this machine, not about the pins.
    return "".join(line for line in text.splitlines(keepends=True) if not re.match(r"--|\s*$", line))


if __name__ == "__main__":
    PINS.write_text(HEADER + resolved(), encoding="utf-8", newline="\n")
    print(f"{PINS.relative_to(ROOT)}: {len(PINS.read_text(encoding='utf-8').splitlines()) - 1} packages")
