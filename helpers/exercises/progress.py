"""Which exercises and questions this learner has done, kept between notebooks and restarts.

One JSON file in the learner's data folder, or in the folder that SPEAK_SMTP_PROGRESS_DIR names. Ids are
only ever added, so two notebooks at once merge what they write. Where the folder cannot be written,
progress lives as long as the kernel, and :meth:`Progress.news` says so.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from helpers.exercises import progress_code as codes

FOLDER_VARIABLE: Final = "SPEAK_SMTP_PROGRESS_DIR"
_FILE: Final = "progress.json"
_VERSION: Final = 1
_PATIENCE: Final = 2.0  # seconds to wait for another notebook that is writing


class Progress:
    """The progress kept in one folder. Every reading looks at the file again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._here: set[str] = set()  # what this kernel knows, written or not
        self._trouble: str | None = None
        self._told: set[str] = set()

    def done(self) -> frozenset[str]:
        """The ids of what is done."""
        self._here |= self._read()
        return frozenset(self._here)

    def record(self, *ids: str) -> None:
        """Add ids. Never raises for a folder that cannot be written: then :meth:`news` says so."""
        self._here.update(ids)
        if self._here <= self._read():
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _lock(self.folder / "progress.lock"):
                before = self._read()
                self._here |= before
                if self._here != before:
                    self._write(self._here)
        except OSError as error:
            self._trouble = (
                f"Progress is kept in this kernel only: {self.folder} cannot be written ({error.strerror or error}). "
                "progress.export() gives a code to take with you."
            )

    def news(self) -> str | None:
        """One line for the learner when the file could not be used; each is told once."""
        line, self._trouble = self._trouble, None
        if line is None or line in self._told:
            return None
        self._told.add(line)
        return line

    def export(self) -> str:
        """A short code of all that is done, for :meth:`load` on another machine."""
        return codes.encode(self.done())

    def load(self, code: str) -> str:
        """Add what a code holds; returns a line that says how much was new.

        Raises:
            BadCode: it was mistyped, cut off, or comes from a newer version of the course.
        """
        ids = codes.decode(code)
        new = ids - self.done()
        self.record(*ids)
        return f"✓ The code holds {_count(len(ids))}, {len(new) or 'none'} of them new here."

    def _read(self) -> set[str]:
        file = self.folder / _FILE
        try:
            text = file.read_bytes()
        except FileNotFoundError:
            return set()
        except OSError as error:
            self._trouble = f"Earlier progress cannot be read: {file} ({error.strerror or error})."
            return set()
        try:
            content = json.loads(text)
            ids = content["done"]
            codes.encode(ids)  # ids of the course and nothing else
            return set(ids)
        except (ValueError, TypeError, KeyError):
            self._set_aside(file)
            return set()

    def _set_aside(self, file: Path) -> None:
        """Move a file that is no progress file out of the way; what it holds stays readable."""
        for number in range(1, 100):
            kept = file.with_name(f"progress.damaged-{number}.json")
            if not kept.exists():
                break
        try:
            file.replace(kept)
            self._trouble = f"The progress file was damaged. It is kept as {kept}; progress starts anew."
        except OSError:
            self._trouble = f"The progress file is damaged and cannot be moved: {file}. Progress starts anew."

    def _write(self, ids: Iterable[str]) -> None:
        content = json.dumps({"version": _VERSION, "done": sorted(ids)}, indent=1)
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=".progress-", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(content + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.folder / _FILE)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


_opened: dict[Path, Progress] = {}


def current() -> Progress:
    """The progress of this learner."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        folder = Path(chosen)
    else:
        from platformdirs import user_data_path

        folder = user_data_path("speak-smtp", appauthor=False)
    return _opened.setdefault(folder, Progress(folder))


def done() -> frozenset[str]:
    """The ids of what this learner has done."""
    return current().done()


def export() -> str:
    """A short code of all that is done. See :meth:`Progress.export`."""
    return current().export()


def load(code: str) -> str:
    """Add what a code holds. See :meth:`Progress.load`.

    Raises:
        BadCode: it was mistyped, cut off, or comes from a newer version of the course.
    """
    return current().load(code)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Keep other kernels out while the file is read, merged and written.

    The system frees the lock when its holder ends. Where a folder cannot lock (some network drives) or
    somebody holds it for too long, the write goes ahead: it merges and replaces the file whole.
    """
    with path.open("ab") as file:
        until = time.monotonic() + _PATIENCE
        while not _take(file.fileno()) and time.monotonic() < until:
            time.sleep(0.01)
        yield  # closing the file frees the lock


def _take(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        return not isinstance(error, PermissionError)  # Windows says "permission denied" for a lock held elsewhere
    return True


def _count(number: int) -> str:
    return "1 exercise or question" if number == 1 else f"{number} exercises and questions"
