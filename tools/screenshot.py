"""Take the README's picture anew: the command picker in JupyterLab, in light and in dark.

    python tools/screenshot.py      .github/picker-light.png and .github/picker-dark.png

JupyterLab and Chromium are those of the tests in the browser, with folders of their own. The picker opens a
session, is refused once and shows why; nothing in the picture depends on the day or on what else runs. Letters are
drawn by the fonts that are installed, so another machine makes another picture of the same content.
"""

from __future__ import annotations

import base64
import struct
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from playwright.sync_api import Locator, expect  # noqa: E402

from tests.browser import pages  # noqa: E402
from tests.browser.pages import OpenNotebook  # noqa: E402

FOLDER = ROOT / ".github"
LOOKS = ("light", "dark")
CELL = 'from helpers import CommandPicker, Lab\n\nlab = Lab("open")\nCommandPicker(lab)'
WIDTH = 1000  #: of the page, in CSS pixels; a README is about as wide
SHARPNESS = 2  #: pixels of the picture for one of them

#: Of a PNG, the 256 colours that it has most often, and for each pixel the nearest of them. A screen of text has few:
#: what is lost are shades on the edges of letters.
PALETTE = """async png => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const {width, height} = picture;
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(picture, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
    const times = new Map();
    for (const pixel of pixels) times.set(pixel, (times.get(pixel) ?? 0) + 1);
    const rgb = pixel => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
    const kept = [...times].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 256).map(([pixel]) => rgb(pixel));
    const nearest = new Map([...times.keys()].map(pixel => {
        const wanted = rgb(pixel);
        const far = kept.map(colour => colour.reduce((sum, part, i) => sum + (part - wanted[i]) ** 2, 0));
        return [pixel, far.indexOf(Math.min(...far))];
    }));
    const indices = pixels.map(pixel => nearest.get(pixel));
    let text = "";
    for (const index of indices) text += String.fromCharCode(index);
    return [width, height, kept.flat(), btoa(text)];
}"""


def path_of(look: str) -> Path:
    return FOLDER / f"picker-{look}.png"


def play(notebook: OpenNotebook) -> None:
    """Speak until there is something to see: a sender named, a recipient refused, the reason unfolded."""
    picker = notebook.page.locator(".jp-OutputArea-output .smtp-picker")
    expect(picker).to_have_count(1)
    say(picker, "EHLO", "250 HELP")
    say(picker, "MAIL FROM", "250 2.1.0")
    say(picker, "RCPT TO", "550 5.7.1", ("Forward path", "friend@elsewhere.example"))
    picker.locator(".smtp-conversation summary", has_text="550").click()
    expect(picker.locator(".smtp-conversation details[open] .note").last).to_be_visible()


def say(picker: Locator, command: str, reply: str, value: tuple[str, str] | None = None) -> None:
    """Choose a command, fill in the field with this label, send, and wait for the reply."""
    picker.locator("button").filter(has_text=command).first.click()
    if value is not None:
        picker.get_by_label(value[0], exact=True).fill(value[1])
    picker.get_by_role("button", name="Send", exact=True).click()
    expect(picker.locator(".smtp-conversation")).to_contain_text(reply)


def picture_of(notebook: OpenNotebook) -> bytes:
    """The cell with the picker, as PNG."""
    notebook.page.mouse.move(0, 0)  # no button looks as if pointed at
    notebook.page.wait_for_timeout(300)  # what fades has faded
    cell = notebook.page.locator(".jp-CodeCell").screenshot(animations="disabled", caret="hide")
    width, height, colours, pixels = notebook.page.evaluate(PALETTE, base64.b64encode(cell).decode())
    return indexed_png(width, height, bytes(colours), base64.b64decode(pixels))


def indexed_png(width: int, height: int, colours: bytes, pixels: bytes) -> bytes:
    """A PNG with a palette: half the size of Chromium's own (PNG specification, colour type 3)."""
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = [(b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def taken() -> Iterator[tuple[str, bytes]]:
    """Each look, and the picture in it."""
    with tempfile.TemporaryDirectory() as home, pages.serving(Path(home)) as jupyterlab, pages.chromium() as browser:
        for look in LOOKS:
            dark = look == "dark"
            page = pages.opened(jupyterlab, browser, [CELL], look, dark=dark, width=WIDTH, sharpness=SHARPNESS)
            with page as notebook:
                notebook.run_all()
                play(notebook)
                yield look, picture_of(notebook)


def main() -> int:
    for look, picture in taken():
        path_of(look).write_bytes(picture)
        print(f"{path_of(look).relative_to(ROOT)}: {len(picture) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
