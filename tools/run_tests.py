"""Run the tests in suites and print one summary at the end.

    python tools/run_tests.py                     style and tests: all that needs no system package
    python tools/run_tests.py clients browser     suites by name

The summary covers what earlier runs wrote to the file named by SPEAK_SMTP_REPORT, too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORT = "SPEAK_SMTP_REPORT"
HERE = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
NEEDS_MORE = (
    "browser",
    "clients",
    "pyodide",
    "binder",
    "workflows",
    "contributing",
    "bench",
)  #: markers of tests that need more than Python
NBVAL = (
    "--nbval",
    "--nbval-current-env",
    "--nbval-sanitize-with=tests/sanitize.cfg",
    "--nbval-cell-timeout=20",  # the default is 2000 s, waited out in full when a kernel dies
)
LAX = ("--nbval-lax", *NBVAL[1:])  #: runs every cell and compares nothing: for other versions of the dependencies
PARALLEL = ("-n", "auto", "--maxprocesses=4", "--dist=loadscope")  # loadscope: a notebook's cells stay together


@dataclass(frozen=True)
class Step:
    """One command of a suite; pytest's counts are read from its report, any other command counts as one."""

    name: str
    command: tuple[str, ...]
    is_pytest: bool = False


@dataclass(frozen=True)
class Result:
    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float


def _module(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *arguments)


def _marked(marker: str) -> tuple[Step, ...]:
    return (Step(marker, ("-m", marker, "tests"), is_pytest=True),)


SUITES: dict[str, tuple[Step, ...]] = {
    "style": (
        Step("ruff check", _module("ruff", "check", "--quiet", ".")),
        Step("ruff format", _module("ruff", "format", "--check", "--quiet", ".")),
        Step("mypy", _module("mypy", "--no-error-summary")),
        Step("import-linter", _module("importlinter.cli", "lint-imports", "--no-logo")),
        Step("navigation", (sys.executable, "tools/navigation.py", "--check")),
        Step("glossary", (sys.executable, "tools/glossary.py", "--check")),
        Step("links", (sys.executable, "tools/links.py", "--check")),
    ),
    "tests": (
        Step(
            "tests and notebooks",
            (*PARALLEL, *NBVAL, "-m", f"not ({' or '.join(NEEDS_MORE)})", "tests", "notebooks"),
            is_pytest=True,
        ),
    ),
    "another-python": (
        Step(f"unit tests on {HERE}", (*PARALLEL, "tests/unit"), is_pytest=True),
        Step(f"notebooks on {HERE}", (sys.executable, "tools/execute.py", "--check")),
    ),
    "clients": _marked("clients"),
    "browser": _marked("browser"),
    "pyodide": _marked("pyodide"),
    "binder": _marked("binder"),
    "workflows": _marked("workflows"),
    "contributing": (Step("contributing", (*PARALLEL[:3], "-m", "contributing", "tests/setup"), is_pytest=True),),
    "notebooks-lax": (Step("notebooks, lax", (*PARALLEL, *LAX, "notebooks"), is_pytest=True),),
}
DEFAULT = ("style", "tests")


def run(step: Step) -> Result:
    """Run one step, its output going straight to the terminal."""
    print(f"\n── {step.name} " + "─" * max(3, 100 - len(step.name)), flush=True)
    start = time.monotonic()
    if not step.is_pytest:
        code = subprocess.run(step.command, cwd=ROOT).returncode
        return Result(step.name, int(not code), int(bool(code)), 0, time.monotonic() - start)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = _module("pytest", "--quiet", "--tb=short", f"--junitxml={report}", *step.command)
        code = subprocess.run(command, cwd=ROOT).returncode
        passed, failed, skipped = counts(report.read_text(encoding="utf-8")) if report.exists() else (0, 0, 0)
    if code and not failed:
        failed = 1  # pytest itself failed: no test collected, a wrong option, a crash
    return Result(step.name, passed, failed, skipped, time.monotonic() - start)


def counts(junit: str) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of a JUnit report; an expected failure counts as passed."""
    passed = failed = skipped = 0
    for case in ElementTree.fromstring(junit).iter("testcase"):
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif skip is not None and skip.get("type") != "pytest.xfail":
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def summary(results: list[Result]) -> Iterator[str]:
    """A line for each step, then the sum in a form that tools read too."""
    yield "\n══ Summary " + "═" * 92
    for result in results:
        mark = "✕ failed" if result.failed else "✓ passed"
        numbers = f"{result.passed} passed, {result.failed} failed, {result.skipped} skipped"
        yield f"{mark}  {result.name:<24} {numbers:<38} {result.seconds:6.1f} s"
    passed, failed, skipped = (sum(getattr(r, name) for r in results) for name in ("passed", "failed", "skipped"))
    yield f"{passed} passed, {failed} failed, {skipped} skipped"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="run_tests.py", description="Run the tests in suites; one summary at the end."
    )
    parser.add_argument(
        "suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; without: {' '.join(DEFAULT)}"
    )
    chosen = parser.parse_args(argv).suites or DEFAULT
    if unknown := [name for name in chosen if name not in SUITES]:
        parser.error(f"no such suite: {', '.join(unknown)}")
    results = [run(step) for name in chosen for step in SUITES[name]]
    failed = any(result.failed for result in results)
    if REPORT in os.environ:
        results = _with_earlier(Path(os.environ[REPORT]), results)
    print("\n".join(summary(results)), flush=True)
    return int(failed)


def _with_earlier(file: Path, results: list[Result]) -> list[Result]:
    earlier = (
        [Result(**entry) for entry in json.loads(file.read_text(encoding="utf-8") or "[]")] if file.exists() else []
    )
    together = earlier + results
    file.write_text(json.dumps([asdict(result) for result in together]), encoding="utf-8")
    return together


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
