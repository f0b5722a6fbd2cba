"""The README's picture can be taken of the picker as it is now."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")

from tests.browser import pages
from tests.browser.pages import JupyterLab
from tools import screenshot

pytestmark = pytest.mark.browser


def test_the_picture_shows_what_its_description_says(jupyterlab: JupyterLab, browser: pages.Browser) -> None:
    with pages.opened(jupyterlab, browser, [screenshot.CELL], "screenshot", width=screenshot.WIDTH) as notebook:
        notebook.run_all()
        screenshot.play(notebook)
        picker = notebook.page.locator(".smtp-picker")
        assert "550 5.7.1" in picker.locator("details[open] summary").inner_text()
        assert picker.locator("[aria-current=step]").inner_text().startswith("sender named")
        assert screenshot.picture_of(notebook).startswith(b"\x89PNG")
