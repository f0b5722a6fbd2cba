"""tests/sanitize.cfg hides what the system chooses, and nothing that a lesson teaches."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

from tools import notebook as nb

EVERY_CODE = range(200, 600)


def sanitized(text: str) -> str:
    for pattern, replacement in nb.sanitizers():
        text = pattern.sub(replacement, text)
    return text


def test_nbval_reads_the_same_pairs() -> None:
    """nbval passes over a line that it does not know, so our own stricter reader has to agree with it."""
    theirs = get_sanitize_patterns(nb.SANITIZE.read_text(encoding="utf-8"))
    assert list(theirs) == [(pattern.pattern, replacement) for pattern, replacement in nb.sanitizers()]
    assert theirs


@pytest.mark.parametrize("line", ["regexp: a", "regex:a", "replace: b", "Regex: a"])
def test_a_misspelt_line_is_an_error(line: str, tmp_path: Path) -> None:
    file = tmp_path / "sanitize.cfg"
    file.write_text(f"[name]\n{line}\nreplace: b\n", encoding="utf-8")
    with pytest.raises(ValueError, match="not a regex and replace pair"):
        nb.sanitizers(file)


def test_a_regex_without_its_replacement_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "sanitize.cfg"
    file.write_text("regex: a\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no replace"):
        nb.sanitizers(file)


def test_a_port_is_hidden() -> None:
    assert sanitized("telnet 127.0.0.1 40123") == sanitized("telnet 127.0.0.1 51999") != "telnet 127.0.0.1 40123"
    assert sanitized("connect to localhost:40123") == sanitized("connect to localhost:51999")


@pytest.mark.parametrize(
    "line",
    [
        "{} OK",
        "{}-mail.lab.example greets laptop.example",
        "S: {} 2.1.0 Sender OK",
        "Reply(code={}, lines=('OK',))",
        "{}",
        "(250, b'{}')",
        "127.0.0.1 answered {}",
        "127.0.0.1 {} OK",
        "127.0.0.1:{}",
        "localhost {}",
        "<span class='code'>{}</span>",
    ],
)
def test_no_reply_code_is_hidden(line: str) -> None:
    assert len({sanitized(line.format(code)) for code in EVERY_CODE}) == len(EVERY_CODE)


@pytest.mark.parametrize("line", ["S: 250 {} OK", "{} Bad destination", "SIZE {}"])
def test_no_enhanced_code_or_size_is_hidden(line: str) -> None:
    values = ["2.1.0", "5.1.1", "5.7.1", "4.2.0", "10485760", "1000"]
    assert len({sanitized(line.format(value)) for value in values}) == len(values)
