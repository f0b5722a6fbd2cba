"""aiosmtpd's private names: they are there, they stand in one module, and another version is refused."""

from __future__ import annotations

import ast
import asyncio
import importlib.metadata
import inspect
import re
from asyncio import sslproto
from pathlib import Path

import aiosmtpd.smtp
import pytest

import helpers
from helpers.lab import engine
from helpers.lab.clock import LabClock
from helpers.lab.stream import EndOfStream, Stream

HELPERS = Path(helpers.__file__).parent


def docstring_names() -> set[str]:
    text = (engine.__doc__ or "").partition("Private names used:")[2]
    return set(re.findall(r"``(?:SMTP\.)?(_\w+)``", text))


def test_the_private_names_are_there() -> None:
    names = docstring_names()
    assert {"_handle_client", "_timeout_cb", "_tls_protocol", "_original_transport"} <= names
    source = inspect.getsource(aiosmtpd.smtp)
    for name in names - {"_app_transport"}:
        assert re.search(rf"\b{name}\b", source), name
    assert "_app_transport" in inspect.getsource(sslproto.SSLProtocol)


def test_no_other_private_name_of_aiosmtpd_is_used() -> None:
    tree = ast.parse(inspect.getsource(engine))
    theirs = {name for name in vars(aiosmtpd.smtp.SMTP) if name.startswith("_") and not name.startswith("__")}
    theirs |= set(re.findall(r"self\.(_\w+) ?[:=]", inspect.getsource(aiosmtpd.smtp.SMTP)))
    defined_here = {"_create_session", "_create_envelope"}  # aiosmtpd's own hooks for subclasses
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    assert (used & theirs) - defined_here <= docstring_names()


def test_one_module_mentions_aiosmtpd() -> None:
    def imports(path: Path) -> bool:
        return any(
            (isinstance(node, ast.Import) and any(alias.name.startswith("aiosmtpd") for alias in node.names))
            or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("aiosmtpd"))
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )

    assert [path.relative_to(HELPERS).as_posix() for path in HELPERS.rglob("*.py") if imports(path)] == [
        "lab/engine.py"
    ]


def test_the_installed_version_is_the_one_it_was_written_for() -> None:
    assert importlib.metadata.version("aiosmtpd") == engine.WRITTEN_FOR
    requirements = (HELPERS.parent / "requirements.txt").read_text(encoding="utf-8")
    assert f"aiosmtpd=={engine.WRITTEN_FOR}" in requirements


def test_another_version_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiosmtpd, "__version__", "1.5.0")
    source = inspect.getsource(engine)
    with pytest.raises(ImportError, match=r"pip install aiosmtpd==1\.4\.6"):
        exec(compile(source, "engine", "exec"), {"__name__": "engine"})


# --- the stream, octet by octet --------------------------------------------------------------------------------------


def read(chunks: list[bytes], how: str) -> tuple[object, bytes, int]:
    """Feed chunks, read one thing: what was read, what is left, how many octets are counted as read."""

    async def main() -> tuple[object, bytes, int]:
        stream = Stream(asyncio.get_running_loop(), lambda hold: None)
        ways = {
            "line": lambda: stream.line(20),
            "message": lambda: stream.message(10, False),
            "octets": lambda: stream.octets(5, True),
        }
        task = asyncio.ensure_future(ways[how]())
        for chunk in chunks:
            await asyncio.sleep(0)
            stream.feed(chunk)
        await asyncio.sleep(0)
        stream.feed_end()
        try:
            got: object = await task
        except EndOfStream:
            got = None
        return got, bytes(stream.buffer), stream.consumed

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("octets", "how", "got", "left"),
    [
        (b"NOOP\r\nQUIT\r\n", "line", b"NOOP\r\n", b"QUIT\r\n"),
        (b"NOOP", "line", None, b"NOOP"),
        (b"x" * 50 + b"\r\nA", "line", b"x" * 21 + b"\r\n", b"A"),
        (b"a\r\n.\r\nQ", "message", (b"a\r\n.\r\n", False), b"Q"),
        (b".\r\nQ", "message", (b".\r\n", False), b"Q"),
        (b"12345678", "octets", b"12345", b"678"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_the_stream_counts_what_was_read(octets: bytes, how: str, got: object, left: bytes, size: int) -> None:
    chunks = [octets[n : n + size] for n in range(0, len(octets), size)]
    result, rest, consumed = read(chunks, how)
    if how == "line" and len(octets) > 50 and got is not None:
        assert isinstance(result, bytes)
        assert result.startswith(b"x" * 21)  # what is kept of a line that is too long is more than the limit
        assert result.endswith(b"\r\n")
    else:
        assert result == got
    assert rest == left
    assert consumed == len(octets) - len(left)


def test_the_clock_tells_everybody_who_listens() -> None:
    clock, heard = LabClock(), []
    clock.on_advance.append(lambda: heard.append(clock.now))
    assert clock.advance(hours=1) == heard[0]
