"""The one stylesheet. Every stored output carries it, so it is short.

Surfaces and text follow JupyterLab's theme variables; the accents are pairs, light and dark, written once
with ``light-dark()`` and switched by the theme that the page declares or else by the reader's system.
``.smtp.smtp`` outweighs JupyterLab's rules for lists, code and tables in an output.
A reader without CSS loses nothing but the colours: glyphs and words are in the text.
"""

from __future__ import annotations

from typing import Final

from helpers.views.markup import escaped

#: Accents as (on a light theme, on a dark one); each has a contrast of 4.5:1 or more on every surface used.
ACCENTS: Final = {
    "client": ("#1a56b0", "#8ab8ff"),
    "server": ("#5b3fa6", "#c4b2f7"),
    "ok": ("#15693f", "#74d6a4"),
    "go": ("#705000", "#e5c46f"),
    "later": ("#96400a", "#f5ab75"),
    "no": ("#ab231b", "#ff9f97"),
    "tls": ("#0c635c", "#68d3c8"),
    "soft": ("#545e6c", "#aab3c0"),
}

#: Surfaces of our own, as (light, dark): a line that is open, and a panel.
SURFACES: Final = {"open": ("#fff8e3", "#2e2a1b"), "panel": ("#f6f7f9", "#22252a")}
_EDGE: Final = {"edge": ("#e0b84c", "#8a7430")}  # beside an explanation; it says nothing by itself

_PAIRS = "".join(
    f"--{name}:light-dark({light},{dark});" for name, (light, dark) in (ACCENTS | SURFACES | _EDGE).items()
)

_RULES = """
.smtp{color-scheme:light dark;%(pairs)s
--bg:var(--jp-layout-color0,light-dark(#fff,#111));--ink:var(--jp-content-font-color1,light-dark(#1d2430,#eee));
--line:var(--jp-border-color2,light-dark(#dde1e6,#424242));--here:var(--jp-brand-color1,light-dark(#1a56b0,#8ab8ff));
--mono:var(--jp-code-font-family,Menlo,Consolas,"DejaVu Sans Mono",monospace);
background:var(--bg);color:var(--ink);border:1px solid var(--line);border-radius:8px;overflow:hidden;max-width:60em;
font:var(--jp-content-font-size1,14px)/1.5 var(--jp-content-font-family,system-ui,sans-serif);overflow-wrap:anywhere}
[data-jp-theme-light=true] .smtp,.vscode-light .smtp{color-scheme:light}
[data-jp-theme-light=false] .smtp,.vscode-dark .smtp{color-scheme:dark}
.smtp :is(p,ol,ul,table,pre,dl){margin:0;padding:0;font-size:inherit}
.smtp.smtp :is(ol,ul){list-style:none;padding:0}
.smtp.smtp.smtp :is(code,pre){background:none;padding:0;color:inherit}
.smtp :is(code,pre,kbd){font:.93em/1.6 var(--mono);border:0;
white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
.smtp small{font-size:.86em}
.smtp .R,.smtp .R code{color:var(--soft);font-size:.93em}
%(accents)s
.smtp .two{display:flex;flex-wrap:wrap}
.smtp .two>*{padding:10px 14px;flex:999 1 20em;min-width:0}
.smtp .two>.side{flex:1 1 12em;border-left:1px solid var(--line);margin-left:-1px}
.smtp .cap,.smtp caption{color:var(--soft);font-size:.86em;font-weight:600;text-align:left;padding:0 0 6px}
.smtp .row{display:flex;flex-wrap:wrap;gap:0 8px;align-items:baseline;padding:1px 4px;border-radius:4px}
.smtp .row>code{flex:1 1 12em;min-width:0}
.smtp .row>b{font:700 .93em/1.6 var(--mono)}
.smtp .C .row>:is(b,code){color:var(--client)}
.smtp .S .row>b{color:var(--server)}
.smtp .tag{font-size:.8em;line-height:1.4;border:1px solid;border-radius:4px;padding:0 6px;margin-left:auto}
.smtp .tag+.tag{margin-left:0}
.smtp summary{cursor:pointer;list-style:none}
.smtp summary::-webkit-details-marker{display:none}
.smtp summary:not(.row)::before{content:"▸ ";color:var(--soft)}
.smtp details[open]>summary:not(.row)::before{content:"▾ "}
.smtp summary.row::after{content:"▸";color:var(--soft);width:.7em;margin-left:-2px;opacity:.7}
.smtp details[open]>summary.row::after{content:"▾"}
.smtp div.row::after{content:"";width:.7em;margin-left:-2px}
.smtp summary.row:hover,.smtp details[open]>summary.row{background:var(--open)}
.smtp summary:focus-visible{outline:2px solid var(--here)}
.smtp .note{margin:2px 0 6px 2.2em;padding:2px 10px;background:var(--open);border-left:3px solid var(--edge);
font-size:.93em}
.smtp .map small{display:block;color:var(--soft);font-family:var(--mono);padding:2px 10px}
.smtp .place{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 8px;border:1px solid var(--line);
border-radius:6px;padding:3px 10px}
.smtp .place[aria-current]{border:2px solid var(--here);font-weight:600}
.smtp .place>:not(:first-child){font-size:.86em}
.smtp .place .facts{flex-basis:100%%;font-weight:400;color:var(--soft)}
.smtp .badges{margin-top:8px;font-size:.86em}
.smtp .body{padding:10px 14px}.smtp .body>*+*{margin-top:8px}.smtp .body+.body{border-top:1px solid var(--line)}
.smtp table{border-collapse:collapse;border:0;table-layout:auto;width:auto;max-width:100%%}
.smtp.smtp table tr{background:none}
.smtp.smtp table :is(td,th){border:1px solid var(--line);padding:2px 8px;text-align:left;vertical-align:top;
font-weight:400;white-space:normal;max-width:none;color:inherit;line-height:inherit}
.smtp.smtp table :is(th,.at){white-space:nowrap}
.smtp :is(td,th){overflow-wrap:break-word}
.smtp .hex{display:block;width:23ch}
.smtp .sides td>code{display:block;min-width:19ch}
@media (max-width:760px){.smtp :is(table,caption,thead,tbody,td){display:block;width:auto}.smtp tr{display:flex;
flex-wrap:wrap}.smtp.smtp td{flex:1 1 100%%}.smtp.smtp td:empty{display:none}}
.smtp.smtp thead th{color:var(--soft);font-size:.86em;font-weight:600}
.smtp .say{font-weight:600}
.smtp .end,.smtp .odd{color:var(--soft);font-style:normal;border:1px solid var(--line);border-radius:3px;padding:0 2px}
.smtp .odd{color:var(--later)}
.smtp.smtp.smtp pre.box{background:var(--panel);border-radius:6px;padding:6px 10px}
"""

#: The stylesheet, for one ``<style>`` element beside the fragments that the views return.
STYLE: Final = (
    _RULES % {"pairs": _PAIRS, "accents": "".join(f".smtp .{name}{{color:var(--{name})}}" for name in ACCENTS)}
).replace("\n", "")


def card(html: str, label: str) -> str:
    """One output: the stylesheet and ``html`` in a region that a screen reader calls ``label``."""
    return f'<div class="smtp" role="group" aria-label="{escaped(label)}"><style>{STYLE}</style>{html}</div>'
