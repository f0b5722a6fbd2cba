"""Find the other Pythons of this machine that the course can run on.

python tools/pythons.py           each that fits, newest first: version and path
python tools/pythons.py newest    the path of the newest one
python tools/pythons.py 3.12      the path of this one; nothing and exit code 1 when it is not there
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.setup_env import NEWEST, OLDEST


def _candidates(version: str) -> Iterator[str]:
    if found := shutil.which(f"python{version}"):
        yield found
    managed = Path.home() / ".pyenv" / "versions"
    yield from (str(path) for path in sorted(managed.glob(f"{version}.*/bin/python"), reverse=True))


def _works(python: str, version: str) -> bool:
    """Whether it is that version and can make environments (a version manager's placeholder cannot)."""
    ask = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", ask], capture_output=True, text=True)
    return done.returncode == 0 and done.stdout.strip() == version


def found() -> dict[str, str]:
    """The path for each version, newest first."""
    pythons: dict[str, str] = {}
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        version = f"{NEWEST[0]}.{minor}"
        path = next((path for path in _candidates(version) if _works(path, version)), None)
        if path:
            pythons[version] = path
    return pythons


def main(argv: list[str]) -> int:
    pythons = found()
    if not argv:
        print("\n".join(f"{version} {path}" for version, path in pythons.items()))
        return 0
    path = next(iter(pythons.values()), None) if argv[0] == "newest" else pythons.get(argv[0])
    if path:
        print(path)
    return int(path is None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
