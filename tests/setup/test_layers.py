"""aiosmtpd's private names stand in one module. (That imports go downwards, import-linter checks: pyproject.toml.)"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

ENGINE = "helpers/lab/engine.py"


def private_names_of_aiosmtpd() -> set[str]:
    """What aiosmtpd itself defines with one leading underscore, on its classes and instances."""
    names: set[str] = set()
    spec = importlib.util.find_spec("aiosmtpd")
    assert spec is not None
    assert spec.submodule_search_locations
    for file in Path(spec.submodule_search_locations[0]).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
    return {name for name in names if name.startswith("_") and not name.endswith("__")}


def uses_aiosmtpd(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "aiosmtpd":
            return True
        if isinstance(node, ast.Import) and any(alias.name.partition(".")[0] == "aiosmtpd" for alias in node.names):
            return True
    return False


def private_uses(source: str) -> Iterator[str]:
    """Private names of aiosmtpd in a module that imports it."""
    tree = ast.parse(source)
    if not uses_aiosmtpd(tree):
        return
    private = private_names_of_aiosmtpd()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in private:
            yield f"line {node.lineno}: .{node.attr}"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in private:
            yield f"line {node.lineno}: def {node.name}"


def test_aiosmtpd_has_the_private_names_that_are_looked_for() -> None:
    assert {"_handle_client", "_writer", "_reader", "_tls_protocol"} <= private_names_of_aiosmtpd()


def test_the_engine_is_where_they_are_used(root: Path) -> None:
    assert list(private_uses((root / ENGINE).read_text(encoding="utf-8")))


def test_no_other_module_uses_them(root: Path) -> None:
    for file in (root / "helpers").rglob("*.py"):
        if file != root / ENGINE:
            assert list(private_uses(file.read_text(encoding="utf-8"))) == [], file


@pytest.mark.parametrize(
    "source",
    [
        "from aiosmtpd.smtp import SMTP\ndef f(server: SMTP): server._writer.close()",
        "import aiosmtpd.smtp\nclass Mine(aiosmtpd.smtp.SMTP):\n    async def _handle_client(self): ...",
    ],
)
def test_a_use_is_found(source: str) -> None:
    assert list(private_uses(source))
