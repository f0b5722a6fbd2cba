"""Progress survives restarts, two notebooks, damaged files and folders that cannot be written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.exercises import progress, progress_code
from helpers.exercises.progress import Progress
from helpers.exercises.progress_code import BadCode, decode, encode

IDS = st.sets(st.from_regex(r"[0-9]{2}[a-z]?\.([a-z]|[qp][1-9][0-9]?)", fullmatch=True), max_size=30)


@given(IDS)
def test_a_code_brings_back_what_it_was_made_of(ids: set[str]) -> None:
    code = encode(ids)
    assert decode(code) == ids
    assert decode(f"  {code.lower()} ") == ids
    assert decode(code.replace("-", " ")) == ids


def test_a_code_of_version_1_stays_readable() -> None:
    """Written down once: 01.a and 01.q2 done, so octets 01, 01 01 02 00 and their CRC-16 (base32 by coreutils)."""
    body = bytes.fromhex("0101010200")
    crc = 0xFFFF
    for octet in body:
        crc ^= octet << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    assert crc == 0x9CBB
    assert encode({"01.a", "01.q2"}) == "SMTP-AEAQC-AQATS-5Q"
    assert decode("SMTP-AEAQC-AQATS-5Q") == {"01.a", "01.q2"}


def test_a_code_of_the_whole_course_fits_into_a_chat_line() -> None:
    ids = {f"{n:02}.{x}" for n in range(13) for x in ("a", "b", "c", "q1", "q2", "q3")}
    assert len(encode(ids)) <= 110
    assert len(encode({"00.a", "01.a"})) <= 26


@given(IDS, st.data())
def test_one_wrong_character_is_noticed(ids: set[str], data: st.DataObject) -> None:
    code = encode(ids)
    place = data.draw(st.integers(len("SMTP-"), len(code) - 1).filter(lambda n: code[n] != "-"))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").filter(lambda c: c != code[place]))
    with pytest.raises(BadCode, match=r"progress\.export\(\)"):
        decode(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize(
    "typed", ["", "  ", "SMTP", "hello", "SMTP-AEAQC-AQATS", "SMTP-AEAQC-AQATS-5QQ", "ä", "SMTP-1"]
)
def test_what_is_no_code_is_refused_in_plain_words(typed: str) -> None:
    with pytest.raises(BadCode, match="code"):
        decode(typed)


def test_a_newer_code_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_code, "VERSION", 2)
    newer = encode({"01.a"})
    monkeypatch.undo()
    with pytest.raises(BadCode, match="newer version"):
        decode(newer)


def test_what_is_no_id_does_not_get_into_a_code() -> None:
    for odd in ("01", "1.a", "0٠.a", "01.a1", "01.q0", "../etc", ""):
        with pytest.raises(ValueError, match="no id"):
            encode({odd})


def test_it_is_kept(tmp_path: Path) -> None:
    Progress(tmp_path / "new" / "folder").record("01.a")
    again = Progress(tmp_path / "new" / "folder")
    assert again.done() == {"01.a"}
    again.record("01.a", "01.q1")
    assert again.news() is None
    assert json.loads((tmp_path / "new" / "folder" / "progress.json").read_text())["done"] == ["01.a", "01.q1"]
    assert [file.name for file in (tmp_path / "new" / "folder").glob(".progress-*")] == []


def test_two_notebooks_see_each_other(tmp_path: Path) -> None:
    one, two = Progress(tmp_path), Progress(tmp_path)
    assert one.done() == two.done() == set()
    one.record("01.a")
    two.record("01.b")
    assert one.done() == two.done() == {"01.a", "01.b"}


def test_many_kernels_at_once_lose_nothing(tmp_path: Path, root: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from helpers.exercises.progress import Progress\n"
        "for n in range(1, 21): Progress(Path(sys.argv[1])).record(f'{sys.argv[2]}.q{n}')"
    )
    kernels = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path), f"{n:02}"], cwd=root, stderr=subprocess.PIPE)
        for n in range(4)
    ]
    for kernel in kernels:
        assert (kernel.communicate(timeout=60)[1], kernel.returncode) == (b"", 0)
    assert len(Progress(tmp_path).done()) == 4 * 20


def test_a_code_merges(tmp_path: Path) -> None:
    here = Progress(tmp_path)
    here.record("01.a")
    assert "2 exercises and questions, 1 of them new" in here.load(encode({"01.a", "12.c"}))
    assert "none of them new" in here.load(encode({"01.a", "12.c"}))
    assert here.done() == {"01.a", "12.c"}, "an id that this version does not know is kept"
    with pytest.raises(BadCode):
        here.load("SMTP-ABCDE")
    assert here.done() == {"01.a", "12.c"}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"done": 3}', b'{"done": ["x"]}', b"{}"])
def test_a_damaged_file_is_set_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "progress.json").write_bytes(content)
    kept = Progress(tmp_path)
    assert kept.done() == set()
    line = kept.news()
    assert line is not None
    assert "progress.damaged-1.json" in line
    assert "\n" not in line
    assert kept.news() is None, "it is told once"
    kept.record("01.a")
    assert (tmp_path / "progress.damaged-1.json").read_bytes() == content
    (tmp_path / "progress.json").write_bytes(content)
    assert Progress(tmp_path).done() == set()
    assert (tmp_path / "progress.damaged-2.json").exists()
    assert kept.done() == {"01.a"}, "a kernel that knew it still does"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")  # holds for root too, who may write anywhere
    kept = Progress(tmp_path / "file" / "progress")
    kept.record("01.a")
    line = kept.news()
    assert line is not None
    assert "kept in this kernel only" in line
    assert "\n" not in line
    kept.record("01.b")
    assert kept.news() is None
    assert kept.done() == {"01.a", "01.b"}
    assert decode(kept.export()) == {"01.a", "01.b"}


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Progress(tmp_path)
    kept.record("01.a")
    before = (tmp_path / "progress.json").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    kept.record("01.b")
    assert "No space left" in (kept.news() or "")
    assert (tmp_path / "progress.json").read_bytes() == before, "what was kept stays whole"
    assert list(tmp_path.glob(".progress-*")) == []
    monkeypatch.undo()
    kept.record("01.c")
    assert Progress(tmp_path).done() == {"01.a", "01.b", "01.c"}, "what waited is written as soon as it can be"


def test_the_folder_of_this_learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(progress.FOLDER_VARIABLE, str(tmp_path / "mine"))
    progress.current().record("01.a")
    assert progress.done() == {"01.a"}
    assert progress.load(progress.export()).endswith("none of them new here.")
    monkeypatch.delenv(progress.FOLDER_VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert "speak-smtp" in str(progress.current().folder)
