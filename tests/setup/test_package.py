"""The package that pip makes of the repository holds everything and works from any folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(root / name, source)
    shutil.copytree(root / "helpers", source / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    made = tmp_path_factory.mktemp("made")
    command = [sys.executable, "-m", "pip", "wheel", "-qq", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--no-build-isolation", f"--wheel-dir={made}", str(source)], check=True)
    [file] = made.glob("*.whl")
    return file


def test_every_file_of_helpers_is_in_it(wheel: Path, root: Path) -> None:
    files = {path.relative_to(root).as_posix() for path in (root / "helpers").rglob("*") if path.is_file()}
    files = {name for name in files if "__pycache__" not in name}
    assert files - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_it_holds_nothing_else(wheel: Path) -> None:
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert [name for name in names if not name.startswith("helpers/")] == []


def test_its_dependencies_are_the_requirements(wheel: Path, root: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    declared = re.findall(r"^Requires-Dist: (.*)$", archive.read(metadata).decode(), re.MULTILINE)
    assert {str(Requirement(line)) for line in declared} == {str(r) for r in requirements(root / "requirements.txt")}


def test_it_works_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    zipfile.ZipFile(wheel).extractall(installed)
    elsewhere.mkdir()
    speak = (
        f"import sys; sys.path.insert(0, {str(installed)!r})\n"
        "import helpers\n"
        "from helpers import Lab, reference\n"
        "session = Lab('open').connect()\n"
        "print(helpers.__file__, reference.command('EHLO').verb, session.send('EHLO laptop.example').code)"
    )
    command = [sys.executable, "-P", "-c", speak]
    said = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(installed / "helpers" / "__init__.py"), "EHLO", "250"]


def requirements(file: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def test_the_requirements_are_few_and_only_aiosmtpd_is_exact(root: Path) -> None:
    found = requirements(root / "requirements.txt")
    assert len(found) <= 7
    assert [str(r) for r in found if "==" in str(r.specifier)] == ["aiosmtpd==1.4.6"]


def test_everything_that_is_required_has_one_exact_pin(root: Path) -> None:
    pins = requirements(root / "tests" / "pins.txt")
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in pins)
    versions = {normal(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}
    for file in ("requirements.txt", "tests/requirements.txt"):
        for wanted in requirements(root / file):
            assert wanted.specifier.contains(versions[normal(wanted.name)])


def test_the_pins_say_nothing_of_where_they_came_from(root: Path) -> None:
    text = (root / "tests" / "pins.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|--|@", text)


def test_the_test_environment_is_the_pinned_one(root: Path) -> None:
    """What runs here is what the stored outputs were made with."""
    from importlib.metadata import PackageNotFoundError, version

    for pin in requirements(root / "tests" / "pins.txt"):
        if pin.marker is None or pin.marker.evaluate():
            try:
                installed = version(pin.name)
            except PackageNotFoundError:
                continue  # the pins serve several systems; what is not needed here is not there
            assert pin.specifier.contains(installed), f"{pin.name} {installed}"


def test_ruff_reads_the_oldest_python_that_the_package_takes(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    oldest = settings["project"]["requires-python"].partition(",")[0].removeprefix(">=")
    assert settings["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert settings["tool"]["mypy"]["python_version"] == oldest


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
