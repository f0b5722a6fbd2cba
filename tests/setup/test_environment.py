"""make lab and make test: which Python, what is installed when, and how JupyterLab is started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import environment as env
from tools import run_tests, setup_env


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14), (3, 14, 2)])
def test_a_python_of_the_range_fits(version: tuple[int, ...]) -> None:
    assert setup_env.complaint(version) is None


@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 10, 13), (3, 15), (4, 0)])
def test_another_python_is_told_what_to_do(version: tuple[int, ...]) -> None:
    said = setup_env.complaint(version)
    assert said is not None
    assert f"{version[0]}.{version[1]}" in said
    assert "3.11 to 3.14" in said
    assert "make lab PYTHON=python3.12" in said


def test_a_missing_venv_module_is_told_with_its_package() -> None:
    said = setup_env.complaint((3, 11), ["ensurepip"])
    assert said is not None
    assert "ensurepip" in said
    assert "apt install python3.11-venv" in said


def test_the_range_is_that_of_the_package(root: Path) -> None:
    oldest, newest = setup_env.OLDEST, setup_env.NEWEST
    assert (
        f'requires-python = ">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}"'
        in (root / "pyproject.toml").read_text()
    )
    assert (
        f"({oldest[0]}, {oldest[1]}) <= sys.version_info[:2] <= ({newest[0]}, {newest[1]})"
        in (root / "Makefile").read_text()
    )


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A folder to be the whole PATH of make, with what a shell needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "make"):
        found = shutil.which(tool)
        if found is None:
            pytest.skip(f"{tool} is not installed")
        (folder / tool).symlink_to(found)
    return folder


def pretend(folder: Path, name: str, *, works: bool) -> None:
    """A Python of that name; one that does not work is like a version manager's placeholder."""
    file = folder / name
    file.write_text(f"#!/bin/sh\nexit {0 if works else 127}\n", encoding="utf-8")
    file.chmod(0o755)


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"python3.14": False, "python3.12": True, "python3.11": True}, "python3.12"),
        ({"python3.13": True, "python3": True}, "python3.13"),
        ({"python3": True}, "python3"),
        ({"python": True}, "python"),
    ],
)
def test_make_takes_the_newest_python_that_works(
    pythons: dict[str, bool], chosen: str, bin_folder: Path, root: Path
) -> None:
    for name, works in pythons.items():
        pretend(bin_folder, name, works=works)
    assert planned(bin_folder, root) == f"{chosen} tools/setup_env.py lab"


def test_make_takes_the_python_that_is_named(bin_folder: Path, root: Path) -> None:
    pretend(bin_folder, "python3.13", works=True)
    assert planned(bin_folder, root, "PYTHON=python3.12") == "python3.12 tools/setup_env.py lab --with-this-python"


def planned(bin_folder: Path, root: Path, *arguments: str) -> str:
    command = ["make", "--no-print-directory", "-n", "lab", *arguments]
    environment = {"PATH": str(bin_folder)}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_an_environment_is_made_once_and_again_when_its_inputs_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("", encoding="utf-8")
    environment = env.Environment(
        tmp_path / "venv", installs=(("--requirement", str(requirements)),), inputs=(str(requirements),)
    )
    environment.make()
    assert environment.version() == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert "Making venv" in capsys.readouterr().out

    environment.make()
    assert capsys.readouterr().out == ""

    requirements.write_text("# changed\n", encoding="utf-8")
    environment.make()
    said = capsys.readouterr().out
    assert "Installing" in said
    assert "Making" not in said

    environment.python.unlink()  # as after the system's Python was replaced
    environment.make()
    assert "Making venv" in capsys.readouterr().out


def test_a_failed_installation_is_told_and_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("./not-there\n", encoding="utf-8")
    environment = env.Environment(
        tmp_path / "venv", installs=(("--requirement", str(requirements)),), inputs=(str(requirements),)
    )
    for _ in range(2):
        with pytest.raises(SystemExit, match="The installation failed"):
            environment.make()
        assert "Installing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variables", "platform", "opens"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"BROWSER": "firefox"}, "linux", True),
        ({}, "darwin", True),
        ({}, "win32", True),
    ],
)
def test_a_browser_is_opened_only_where_there_is_one(variables: dict[str, str], platform: str, opens: bool) -> None:
    assert ("--no-browser" not in env.lab_arguments(variables, platform, is_root=False)) is opens


def test_root_may_start_it_as_in_a_container() -> None:
    assert "--allow-root" in env.lab_arguments({}, "linux", is_root=True)
    assert "--allow-root" not in env.lab_arguments({}, "linux", is_root=False)


def test_it_opens_the_first_notebook(root: Path) -> None:
    assert f"--LabApp.default_url=/lab/tree/{env.START}" in env.lab_arguments({}, "linux", is_root=False)
    assert (root / env.START).exists()


def test_the_counts_of_a_report() -> None:
    report = """<testsuites><testsuite>
        <testcase name="a"/><testcase name="b"><failure/></testcase><testcase name="c"><error/></testcase>
        <testcase name="d"><skipped type="pytest.skip"/></testcase>
        <testcase name="e"><skipped type="pytest.xfail"/></testcase>
    </testsuite></testsuites>"""
    assert run_tests.counts(report) == (2, 2, 1)


def test_a_run_without_tests_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    step = run_tests.Step("nothing", ("-p", "no:cacheprovider", "-c", os.devnull, str(tmp_path)), is_pytest=True)
    result = run_tests.run(step)
    assert (result.passed, result.failed) == (0, 1)


def test_the_summary_ends_with_the_sum() -> None:
    results = [run_tests.Result("a", 3, 0, 1, 0.5), run_tests.Result("b", 2, 1, 0, 1.5)]
    assert list(run_tests.summary(results))[-1] == "5 passed, 1 failed, 1 skipped"
