"""Write build/speak-smtp-sheet.pdf: the reference on two pages, to print.

    python tools/sheet.py           the PDF, printed by Chromium, and the HTML beside it
    python tools/sheet.py --html    the HTML alone, which any browser prints

The pages have the size of A4; what is on them also fits US Letter. Chromium is the one named in the variable
CHROMIUM, or one that is installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from helpers import reference  # noqa: E402
from helpers.reference.model import PHASES, Command  # noqa: E402
from helpers.views.flow import FLOW_STYLE, flow_diagram, place_number  # noqa: E402
from helpers.views.lookup import REPLY_CLASSES  # noqa: E402
from helpers.views.markup import escaped  # noqa: E402

FOLDER = ROOT / "build"
NAME = "speak-smtp-sheet"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "msedge")
SECONDS = 120  #: for Chromium to print; a slow machine needs a few

#: Sizes of letters in points. A page takes the largest between these at which all of it fits; nothing is smaller.
SMALLEST, LARGEST = 7.0, 9.0

STYLE = """
@page{size:210mm 297mm;margin:0}
*{box-sizing:border-box}
html{-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{margin:0;background:#fff;color:#000;--soft:#444}
/* US Letter is 17.6 mm shorter than A4: what stands on a page ends above that */
.page{width:210mm;height:297mm;padding:11mm 11mm 24mm;break-after:page;overflow:hidden}
.page:last-child{break-after:auto}
.fit{height:100%;display:flex;flex-direction:column;
font:9pt/1.27 "Liberation Sans",Arial,Helvetica,"DejaVu Sans Condensed",sans-serif;font-variant-ligatures:none}
code{font-family:"Liberation Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:1em;letter-spacing:-.03em}
header{display:flex;justify-content:space-between;align-items:baseline;border-bottom:1.5pt solid #000;
margin-bottom:2.2mm;padding-bottom:.8mm}
h1{font-size:1.7em;margin:0}h1+p{margin:0;color:#444}
h2{font-size:1.15em;margin:0 0 .25em;border-bottom:.5pt solid #999;padding-bottom:.1em;break-after:avoid}
p{margin:0}
.flow{margin:0 0 2.2mm;font-size:1em}
.flow .place{font-size:1em}.flow :is(small,b){font-size:1em}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;font-weight:400;padding:.16em .7em .16em 0;border-top:.4pt solid #bbb}
thead th{color:#444;border:0}
td:last-child,th:last-child{padding-right:0}
.places{white-space:nowrap}.places span{display:inline-block;width:.5em;text-align:center}
.command{width:32%}.syntax{width:35%}
code span{white-space:nowrap}
.soft{color:#444}
.legend{color:#444;margin-top:auto;padding-top:1.5mm}
.columns{flex:1;min-height:0;columns:4;column-gap:4.5mm;column-fill:auto}
.columns section{margin-bottom:1.1em}
.columns h3{font-size:1em;margin:.35em 0 .05em;break-after:avoid}
.row{display:flex;gap:.5em;break-inside:avoid}
.row>:first-child{flex:none;font-weight:700;min-width:2.5em}
.wide>:first-child{min-width:3.6em}
.term{break-inside:avoid;padding-left:.8em;text-indent:-.8em}
.term b{font-weight:700}
.line{break-inside:avoid;margin-bottom:.3em}
.line code{display:block;padding-left:.8em;text-indent:-.8em;overflow-wrap:anywhere}
"""

#: Takes the size of each page's letters down until everything fits, and says so when even the smallest is too large.
FIT = """
for (const fit of document.querySelectorAll(".fit")) {
  const tooMuch = () => [fit, ...fit.querySelectorAll(".columns")].some(
    e => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1);
  let size = %(largest)s;
  do fit.style.fontSize = size + "pt"; while (tooMuch() && (size = Math.round(10 * size - 1) / 10) >= %(smallest)s);
  fit.dataset.fits = !tooMuch();
}
"""


class NoChromium(Exception):
    """There is no Chromium to print with; the message says what to do."""


def html() -> str:
    """The two pages as one HTML document."""
    script = FIT % {"largest": LARGEST, "smallest": SMALLEST}
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>SMTP on two pages</title>'
        f"<style>{FLOW_STYLE}{STYLE}</style></head><body>"
        f"{_page('SMTP on two pages', 'Speak SMTP · 1 of 2 · commands and the flow of a session', _first())}"
        f"{_page('SMTP on two pages', 'Speak SMTP · 2 of 2 · codes, extensions, mechanisms, ports', _second())}"
        f"<script>{script}</script></body></html>\n"
    )


def _page(title: str, about: str, content: str) -> str:
    return f'<div class="page"><div class="fit"><header><h1>{title}</h1><p>{about}</p></header>{content}</div></div>'


# --- page 1: the flow and the commands --------------------------------------------------------------------------


def _first() -> str:
    heads = '<th class="command">Command</th><th class="syntax">Syntax</th><th>Places</th><th>Replies</th>'
    rows = "".join(map(_row, reference.commands()))
    return (
        f"<h2>The flow of a session</h2>{flow_diagram()}"
        f"<h2>Commands</h2><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        '<p class="legend">CR LF ends every line. Places: where the command is permitted, by their numbers in the '
        "flow. Replies: those that carry on in bold; 421 may answer any command. + only where the reply to EHLO "
        "announces it. † obsolete. RFC 5321, 3207, 4954, 3030, 1985.</p>"
    )


def _row(command: Command) -> str:
    mark = {"extension": " +", "obsolete": " †"}.get(command.status, "")
    places = [place_number(phase) for phase in PHASES]
    permitted = [place_number(phase) for phase in command.permitted_in]
    shown = " ".join(f"<span>{n if n in permitted else '·'}</span>" for n in sorted(filter(None, places)))
    replies = " ".join(
        f"<b>{reply.code}</b>" if reply.code // 100 in (2, 3) else str(reply.code) for reply in command.replies
    )
    syntax = command.syntax.replace(" CRLF", "")
    return (
        f'<tr><th scope="row"><b>{escaped(command.label)}</b>{mark} '
        f'<span class="soft">{escaped(command.title)}</span></th>'
        f'<td>{_typed(syntax)}</td><td class="places">{shown}</td><td>{replies}</td></tr>'
    )


# --- page 2: what else can be looked up -------------------------------------------------------------------------


def _second() -> str:
    sections = (_replies(), _enhanced(), _extensions(), _mechanisms(), _ports(), _by_hand())
    return f'<div class="columns">{"".join(sections)}</div>{_sources()}'


def _sources() -> str:
    return (
        '<p class="legend">After a 4xx the same may work later; after a 5xx it will not. The first digit of an '
        "enhanced code is 2, 4 or 5, as the reply's. RFC 5321 4.2, RFC 3463, and the registries of IANA.</p>"
    )


def _section(title: str, content: Iterable[str]) -> str:
    return f"<section><h2>{title}</h2>{''.join(content)}</section>"


def _replies() -> str:
    return _section("Reply codes", _reply_lines())


def _reply_lines() -> Iterator[str]:
    codes = [reply for reply in reference.reply_codes() if reply.standard]
    for digit, group in groupby(codes, key=lambda reply: reply.code // 100):
        yield f"<h3>{escaped(REPLY_CLASSES[digit])}</h3>"
        for reply in group:
            yield f'<p class="row"><span>{reply.code}</span><span>{escaped(reply.title)}</span></p>'
    others = " ".join(str(reply.code) for reply in reference.reply_codes() if not reply.standard)
    yield f'<h3>In lists, but in no RFC</h3><p class="soft">{others}</p>'


def _enhanced() -> str:
    lines = (
        f'<p class="row wide"><span>{escaped(code.code)}</span><span>{escaped(code.title)}</span></p>'
        for code in reference.enhanced_codes()
    )
    return _section("Enhanced codes", lines)


def _terms(entries: Mapping[str, str]) -> Iterator[str]:
    return (f'<p class="term"><b>{escaped(name)}</b> {escaped(title)}</p>' for name, title in entries.items())


def _extensions() -> str:
    return _section("Extensions", _terms({entry.keyword: entry.title for entry in reference.extensions()}))


def _mechanisms() -> str:
    needs = {"yes": "; only over TLS", "recommended": "; better over TLS", "no": ""}
    entries = {entry.name: f"{entry.title}{needs[entry.needs_tls]}" for entry in reference.mechanisms()}
    return _section("Mechanisms of AUTH", _terms(entries))


def _ports() -> str:
    lines = (
        f'<p class="row"><span>{port.port}</span><span>{escaped(port.title)}</span></p>' for port in reference.ports()
    )
    return _section("Ports", lines)


def _by_hand() -> str:
    lines = [
        f'<p class="line">{_typed(port.by_hand)}<span class="soft">{escaped(port.note)}</span></p>'
        for port in reference.ports()
        if port.note
    ]
    lines += [
        f'<p class="line">{escaped(entry.name)}: {_typed(entry.by_hand)}</p>'
        for entry in reference.mechanisms()
        if entry.by_hand
    ]
    return _section("By hand", lines)


def _typed(line: str) -> str:
    """A line to type; it is broken between its words only."""
    return f"<code>{' '.join(f'<span>{escaped(word)}</span>' for word in line.split(' '))}</code>"


# --- printing --------------------------------------------------------------------------------------------------


def chromium() -> str:
    """The program to print with.

    Raises:
        NoChromium: there is none.
    """
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing = f"CHROMIUM names {named}, which cannot be run" if named else "there is no Chromium"
        raise NoChromium(
            f"To print the sheet, {missing}. Install it (Debian and Ubuntu: sudo apt install chromium), or name one:\n"
            f"    make sheet CHROMIUM=/path/to/chrome\n"
            f"Or open build/{NAME}.html in any browser and print it without margins."
        )
    return found


def write_html(folder: Path = FOLDER) -> Path:
    """The HTML as a file in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.html"
    path.write_text(html(), encoding="utf-8", newline="\n")
    return path


def write_pdf(page: Path) -> Path:
    """Print an HTML file with Chromium, to a PDF beside it.

    Raises:
        NoChromium: there is none.
        subprocess.SubprocessError: it did not print.
    """
    program, target = chromium(), page.with_suffix(".pdf")
    # who is root has to do without the sandbox, as in a container
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as profile:
        command = [program, "--headless", "--disable-gpu", "--disable-dev-shm-usage", *as_root]
        command += [f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={target}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
    return target


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="sheet.py", description="Write the reference on two pages.")
    parser.add_argument("--html", action="store_true", help="the HTML alone, without Chromium")
    options = parser.parse_args(argv)
    written = write_html()
    try:
        if not options.html:
            written = write_pdf(written)
    except NoChromium as problem:
        print(problem, file=sys.stderr)
        return 1
    except subprocess.SubprocessError as error:
        said = getattr(error, "stderr", None) or b""
        print(f"Chromium did not print {written}: {error}\n{said.decode(errors='replace')}", file=sys.stderr)
        return 1
    print(written.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
