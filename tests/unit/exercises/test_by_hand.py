"""Sessions by hand: how a script is read, when a screen is not the lesson's, and what is said where nothing can run.

The real programs are tried in tests/clients/test_by_hand.py.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from helpers import Lab, by_hand
from helpers.exercises.by_hand import NotOnScreen, Script, Step, scripts, see


def test_how_a_script_is_read() -> None:
    text = "$ nc {host} {port}\n220 hello\n» EHLO x\n…\n250 HELP\n»\n» .\n250 OK\n^C\n$ echo x\nx\n"
    first, second = Script("x", "X", "open", ("nc",), text).acts({"host": "127.0.0.1", "port": "25"})
    assert first.command == "nc 127.0.0.1 25"
    assert first.steps == (
        Step(None, ("220 hello",)),
        Step("EHLO x", ("…", "250 HELP")),
        Step("", ()),
        Step(".", ("250 OK",)),
        Step("^C", ()),
    )
    assert [line for _, line in first.lines()] == [
        *("220 hello", "» EHLO x", "…", "250 HELP", "» (only Enter)", "» .", "250 OK", "» Ctrl+C")
    ]
    assert (second.command, second.steps) == ("echo x", (Step(None, ("x",)),))


@pytest.mark.parametrize("wanted", [("a", "b"), ("…", "b"), ("…", "b", "…"), ("a", "…", "c"), ("…", "c…"), ("a…",), ()])
def test_a_screen_that_fits(wanted: tuple[str, ...]) -> None:
    see(iter(["a", "b", "c and more", "c"]), wanted)


@pytest.mark.parametrize("wanted", [("b",), ("a", "c"), ("a", "b", "c", "d"), ("…", "e"), ("…", "b", "a"), ("a ", "…")])
def test_a_screen_that_does_not_fit(wanted: tuple[str, ...]) -> None:
    with pytest.raises(NotOnScreen):
        see(iter(["a", "b", "c"]), wanted)


def test_no_place_is_left_open() -> None:
    for script in scripts().values():
        for act in script.acts({"host": "127.0.0.1", "port": "25", "ca": "ca.pem"}):
            assert act.command
            assert "{" not in act.command
            assert script.tools


def test_the_sheet_names_the_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with Lab("submission", name="sheet", transport="sockets") as lab:
        text = repr(by_hand(lab, "starttls"))
        html = by_hand(lab, "starttls")._repr_mimebundle_()["text/html"]
        assert f" -connect {lab.host}:{lab.port} " in text
        assert "$HOME/.cache/speak-smtp/sheet.pem" in text
        assert str(tmp_path) not in text + html
        assert "MAIL FROM:&lt;alice@lab.example&gt;" in html
        assert (tmp_path / ".cache/speak-smtp/sheet.pem").read_bytes() == lab.ca_file().read_bytes()


def test_a_home_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    with Lab("submission", transport="sockets") as lab:
        assert f'-CAfile "{lab.ca_file()}"' in repr(by_hand(lab, "starttls"))


@pytest.mark.parametrize("name", ["../out", 'a"; echo $(id) `id`', "an/other", "..", "."])
def test_a_name_of_a_lab_is_no_path_and_no_shell_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with Lab("submission", name=name, transport="sockets") as lab:
        text = repr(by_hand(lab, "starttls"))
        (line,) = {line for line in text.splitlines() if "-CAfile" in line}
        (found,) = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert found.parent == tmp_path / ".cache/speak-smtp"
        assert f'-CAfile "$HOME/.cache/speak-smtp/{found.name}"' in line
        assert re.fullmatch(r"[\w.-]+\.pem", found.name)


def test_a_file_that_cannot_be_put_in_its_place_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".cache/speak-smtp"
    (folder / "sheet.pem").mkdir(parents=True)
    with Lab("submission", name="sheet", transport="sockets") as lab:
        assert f'-CAfile "{lab.ca_file()}"' in repr(by_hand(lab, "starttls"))
    assert [path.name for path in folder.iterdir()] == ["sheet.pem"]


def test_in_memory_the_sheet_says_what_is_impossible() -> None:
    with Lab("open", transport="memory") as lab:
        sheet = by_hand(lab, "telnet")
        for said in (repr(sheet), str(sheet.run())):
            assert "no terminal can reach it" in said
            assert "Paste" not in said


def test_a_program_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with Lab("open", transport="sockets") as lab:
        sheet = by_hand(lab, "telnet")
        assert "Not on this computer: telnet." in repr(sheet)
        assert f"telnet {lab.host} {lab.port}" in repr(sheet), "another computer may have it"
        assert "Not on this computer: telnet" in str(sheet.run())
        assert not lab.transcript().connections


def test_a_wrong_name_and_a_wrong_lab() -> None:
    with Lab("open", transport="memory") as lab:
        with pytest.raises(ValueError, match="there are telnet, starttls"):
            by_hand(lab, "ftp")
        with pytest.raises(ValueError, match=r'is for Lab\("submission"\)'):
            by_hand(lab, "starttls")
