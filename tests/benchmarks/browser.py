"""What somebody in front of the browser waits for: a reply after a click, a lesson that opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter

from playwright.sync_api import Page

from tests.benchmarks.rounds import Rounds, interleaved
from tests.browser import pages
from tools import notebook as nb

PICKER, BUTTON = "the picker and its server", "a bare button"
LESSON, EMPTY = "the longest lesson", "as many empty cells"
SETUP = {
    PICKER: ["from helpers import CommandPicker, Lab", "CommandPicker(Lab('open'), commands=('NOOP',))"],
    # the least that ipywidgets can do: a click goes to the kernel, a new text comes back
    BUTTON: [
        "import ipywidgets as w",
        "button, shown, clicks = w.Button(description='Send'), w.HTML(), iter(range(10_000))\n"
        "button.on_click(lambda _: setattr(shown, 'value', f'<p class=\"answer\">{next(clicks)}</p>'))\n"
        "w.VBox([button, shown])",
    ],
}
#: Milliseconds from the click until the frame with a changed text has been painted.
CLICK = """button => new Promise((done, fail) => {
    const place = button.closest('.jp-OutputArea-output'), before = place.innerText, began = performance.now();
    const seen = new MutationObserver(() => {
        if (!/ANSWER/.test(place.innerText) || place.innerText === before) return;
        seen.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
    });
    seen.observe(place, {childList: true, subtree: true, characterData: true});
    setTimeout(() => fail(Error('no answer in 20 s')), 20000);
    button.click();
})"""
ANSWERS = {PICKER: "250 [^]*OK", BUTTON: r"\d"}


@contextmanager
def front(folder: Path) -> Iterator[Callable[..., pages.OpenNotebook]]:
    """JupyterLab and Chromium; gives a function that opens a notebook and keeps it open."""
    with ExitStack() as stack:
        server = stack.enter_context(pages.serving(folder))
        browser = stack.enter_context(pages.chromium())
        names = (f"bench-{number}" for number in range(10_000))

        def opened(notebook: Path | list[str]) -> pages.OpenNotebook:
            return stack.enter_context(pages.opened(server, browser, notebook, next(names)))

        yield opened


def clicks(opened: Callable[..., pages.OpenNotebook], times: int) -> Rounds:
    """Seconds from a click on Send to the painted reply, in turns with a button that only sets a text."""

    def clicking(name: str) -> Callable[[], float]:
        notebook = opened(SETUP[name])
        notebook.run_all()
        button = notebook.page.get_by_role("button", name="Send", exact=True)
        script = CLICK.replace("ANSWER", ANSWERS[name])
        return lambda: float(button.evaluate(script)) / 1000

    contestants = {name: clicking(name) for name in SETUP}
    for click in contestants.values():
        click()  # the first one compiles and fetches what later ones have
    return interleaved(contestants, times)


def longest() -> Path:
    """The lesson whose file is largest: what a browser has most to read of."""
    return max(nb.paths(), key=lambda path: path.stat().st_size)


def openings(opened: Callable[..., pages.OpenNotebook], times: int) -> Rounds:
    """Seconds until a notebook is there and its kernel is ready: the longest lesson, and one of empty cells."""
    lesson = longest()
    empty = [""] * len(nb.read(lesson).cells)

    def opening(notebook: Path | list[str]) -> Callable[[], float]:
        def once() -> float:
            began = perf_counter()
            page: Page = opened(notebook).page
            taken = perf_counter() - began
            page.close()
            return taken

        return once

    contestants = {LESSON: opening(lesson), EMPTY: opening(empty)}
    for once in contestants.values():
        once()
    return interleaved(contestants, times)
