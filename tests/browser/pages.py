"""A real JupyterLab and a headless Chromium, for the tests in the browser and the benchmarks that need one.

The server is the JupyterLab of the Python that runs this. It gets folders of its own, so neither the
settings of whoever runs it nor an update notice changes what is on the page.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as WaitedTooLong

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent

OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
        "doNotDisturbMode": True,
    },
    # JupyterLab 4.4 keeps only the visible cells in the page unless told otherwise
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
#: "idle" is shown before a kernel is there at all, so its name is asked for as well.
READY = """cells => document.querySelectorAll('.jp-Notebook .jp-Cell').length === cells
    && document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'
    && !/No Kernel|Initializing|Connecting/.test(
        document.querySelector('.jp-Toolbar-kernelName')?.innerText ?? 'No Kernel')
    && !document.querySelector('#jupyterlab-splash')"""
PROMPTS = "[...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')].map(e => e.innerText.trim())"
ALL_RUN = f"""() => document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'
    && {PROMPTS}.length > 0 && {PROMPTS}.every(t => /^\\[\\d+\\]:?$/.test(t))"""
SOME_RUN = f"() => {PROMPTS}.some(t => /[\\d*]/.test(t))"
NONE_RUN = f"() => !{PROMPTS}.some(t => /\\d/.test(t))"

#: Elements whose content is cut off: wider than they are, and not shown beyond their edge.
CUT = """widget => [widget, ...widget.querySelectorAll('*')]
    .filter(e => e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible')
    .map(e => e.className)"""

#: Elements that move although the reader's system asks for less motion (WCAG 2.2, 2.3.3).
MOVING = """root => [root, ...root.querySelectorAll('*')].filter(e => {
    const style = getComputedStyle(e);
    return style.scrollBehavior === 'smooth' || style.animationName !== 'none'
        || style.transitionDuration.split(',').some(seconds => parseFloat(seconds) > 0);
}).map(e => `${e.tagName} ${e.className}`)"""

#: What axe-core calls a violation that keeps someone out.
GRAVE = ("serious", "critical")
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def _found(path: str | None) -> str:
    if path is None:
        pytest.skip("no Chromium: install the package chromium, or name one in CHROMIUM")
    return path


@dataclass
class JupyterLab:
    """A running JupyterLab server."""

    url: str
    token: str
    root: Path  #: the folder that it serves
    settings: Path  #: the folder of the user's settings

    def use_theme(self, dark: bool) -> None:
        """Set the theme of the pages opened from now on."""
        folder = self.settings / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True, exist_ok=True)
        theme = {"theme": f"JupyterLab {'Dark' if dark else 'Light'}", "adaptive-theme": False}
        (folder / "themes.jupyterlab-settings").write_text(json.dumps(theme))


@dataclass
class OpenNotebook:
    """A notebook that is open in the browser."""

    page: Page
    cells: int
    errors: list[str] = field(default_factory=list)  #: what the page wrote to the browser's console as an error
    hosts: set[str] = field(default_factory=set)  #: every host that the page asked for something

    def menu(self, bar: str, item: str) -> None:
        self.page.locator(".lm-MenuBar-item").filter(has_text=re.compile(f"^{bar}$")).click()
        label = self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(item)}$"))
        self.page.locator(".lm-Menu-item").filter(has=label).click()

    def run_all(self, timeout: float = 60) -> None:
        """Run all cells and wait, at most ``timeout`` seconds, until each has its number."""
        # stored outputs carry numbers already: without this, the wait below would be over at once
        self.menu("Edit", "Clear Outputs of All Cells")
        self.page.wait_for_function(NONE_RUN, timeout=5_000)
        self.menu("Run", "Run All Cells")
        try:
            self.page.wait_for_function(SOME_RUN, timeout=10_000)
        except WaitedTooLong:
            self.menu("Run", "Run All Cells")  # the kernel was not listening yet
        try:
            self.page.wait_for_function(ALL_RUN, timeout=timeout * 1000)
        except WaitedTooLong as error:
            pytest.fail(f"the cells did not all run: {self._situation()}\n{error}")

    def _situation(self) -> str:
        """What somebody would see who looked at the page now."""
        prompts = self.page.evaluate(PROMPTS)
        dialogs = self.page.locator(".jp-Dialog").all_inner_texts()
        status = self.page.locator(".jp-Notebook-ExecutionIndicator").first.get_attribute("data-status")
        outputs = self.page.locator(".jp-OutputArea-output").all_inner_texts()
        return f"prompts {prompts}, kernel {status}, dialogs {dialogs}, outputs {outputs}, errors {self.errors}"

    def our_errors(self) -> list[str]:
        """The console's errors without those that JupyterLab itself makes on every start."""
        return [e for e in self.errors if not re.search(r"favicon|jupyterlab_pygments|status of 404", e)]

    def outputs(self, css: str) -> Locator:
        """Outputs that hold an element with this CSS selector."""
        return self.page.locator(".jp-OutputArea-output").filter(has=self.page.locator(css))

    def cut(self, widget: Locator) -> list[str]:
        """The classes of the elements in a widget whose content does not fit."""
        found: list[str] = widget.evaluate(CUT)
        return found

    def violations(self, css: str) -> list[tuple[str, str, str]]:
        """The serious and critical violations that axe-core finds inside ``css``: rule, impact, element."""
        # JupyterLab's body is 0 px high: axe would take all text for hidden and check no contrast
        self.page.add_style_tag(content="html,body{height:100%}")
        self.page.add_script_tag(path=str(axe_core()))
        found = self.page.evaluate(
            "async ([css, rules]) => (await axe.run({include: [css]}, {runOnly: rules})).violations",
            [css, AXE_RULES],
        )
        return [(v["id"], v["impact"], n["html"]) for v in found if v["impact"] in GRAVE for n in v["nodes"]]


def axe_core() -> Path:
    """The file of axe-core: named in AXE_CORE, or installed with npm in this folder."""
    named = os.environ.get("AXE_CORE")
    path = Path(named) if named else HERE / "node_modules/axe-core/axe.min.js"
    if not path.is_file():
        pytest.skip(f"no axe-core at {path}: run npm install --prefix tests/browser axe-core, or set AXE_CORE")
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(home: Path) -> Iterator[JupyterLab]:
    """A JupyterLab server whose folders are in ``home``, which is empty."""
    for name in ("app", "user", "served"):
        (home / name).mkdir()
    (home / "app" / "overrides.json").write_text(json.dumps(OVERRIDES))
    port, token = _free_port(), secrets.token_hex(8)
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "user"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(ROOT),
    }
    log = home / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
                *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={home / 'served'}"),
                *(f"--LabApp.app_settings_dir={home / 'app'}", "--LabApp.news_url=None"),
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
                *("--LabApp.extension_manager=readonly", "--ServerApp.terminals_enabled=False"),
            ],
            stdout=output,
            stderr=output,
            env=environment,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/api?token={token}", server, log)
            yield JupyterLab(url, token, home / "served", home / "user")
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the one that the variable CHROMIUM names."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=_found(path), args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield running
        running.close()


@contextmanager
def opened(
    jupyterlab: JupyterLab,
    browser: Browser,
    notebook: Path | list[str],
    name: str,
    *,
    dark: bool = False,
    width: int = 1280,
    height: int = 1500,
    sharpness: int = 1,
) -> Iterator[OpenNotebook]:
    """A notebook open in a page of its own: a copy of a file, or a new one with these sources as its code cells.

    ``width`` and ``height`` are in CSS pixels; a screenshot has ``sharpness`` pixels for each.
    """
    jupyterlab.use_theme(dark)
    target = jupyterlab.root / f"{name}.ipynb"
    if isinstance(notebook, Path):
        shutil.copy(notebook, target)
    else:
        nbformat.write(_notebook(notebook), target)
    cells = len(json.loads(target.read_text())["cells"])
    context: Any = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=sharpness,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    shown = OpenNotebook(context.new_page(), cells)
    shown.page.on("console", lambda m: shown.errors.append(m.text) if m.type == "error" else None)
    shown.page.on("pageerror", lambda e: shown.errors.append(f"uncaught: {e}"))
    shown.page.on("request", lambda r: shown.hosts.add(r.url.split("/")[2] if "://" in r.url else ""))
    try:
        # /doc shows one document without the side bars, &reset forgets the layout of an earlier page
        address = f"{jupyterlab.url}/doc/tree/{target.name}?token={jupyterlab.token}&reset"
        shown.page.goto(address, wait_until="commit")
        shown.page.wait_for_function(READY, arg=cells, timeout=60_000)
        yield shown
    finally:
        context.close()


def _notebook(sources: list[str]) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=spec)
