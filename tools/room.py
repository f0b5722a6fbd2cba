"""Show where a room of learners is, from the progress codes that they pasted somewhere.

python tools/room.py codes.txt      a file: a code a line, "name: code", or a chat as it was copied
python tools/room.py                from standard input: paste, then end with Ctrl-D (Windows: Ctrl-Z, Enter)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers.exercises.room import room


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="room.py", description="Show where a room is, from its progress codes.")
    parser.add_argument("file", nargs="?", type=Path, help="a text with the codes; without: standard input")
    file: Path | None = parser.parse_args(argv).file
    try:
        text = file.read_text(encoding="utf-8-sig", errors="replace") if file else sys.stdin.read()
    except OSError as error:
        parser.error(f"{file} cannot be read: {error.strerror}")
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # a Windows terminal may be set to another encoding
    print(room(text))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
