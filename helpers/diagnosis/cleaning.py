"""Pasted text as it was before mail programs, logs and web pages wrapped it. Nothing here looks at what it means."""

from __future__ import annotations

import html
import re
from typing import Final

LOOKED_AT: Final = 200_000  #: characters of a pasted text in which the reply is looked for

_TAG: Final = re.compile(r"<(br|/p|/div|/tr|/li|/?pre)[ /]{0,2}>", re.IGNORECASE)
_MARKUP: Final = re.compile(
    r"</?(?:p|div|span|b|i|td|tr|table|font|strong|code|html|body)(?: [^<>]{0,200})?>", re.IGNORECASE
)
_ENTITY: Final = re.compile(r"&(?:#\d{1,6}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.IGNORECASE)
_SOFT_BREAK: Final = re.compile(r"=\r?\n")
_QUOTED: Final = re.compile(r"(?:=[0-9A-F]{2})+")
_ANSI: Final = re.compile(r"\x1b\[[0-9;]{0,12}[A-Za-z]")
_MARKS: Final = re.compile(r"^(?:> ?){1,5}", re.MULTILINE)
_FOLD: Final = re.compile(r"\r?\n[ \t]{1,40}(?=\S)")

#: What stands right before the reply in bounces, logs and exceptions. The first that is found counts.
_BEFORE: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        r"^Diagnostic-Code:\s{0,4}[\w-]{1,20};\s{0,4}",
        r"^Diagnostic information for administrators:",
        r"\bReported error:\s{0,8}",
        r"\bRemote server returned (?:an error ->|message|'|\")?\s{0,4}",
        r"\bThe response (?:from the remote server )?was:\s{0,8}",
        r"\b(?:server|host)(?: \S{1,255})? (?:said|responded|replied|answered)(?: with)?:\s{0,4}",
        r"\bsaid: (?=\d{3}[ -])",
        r"\brefused to talk to me: ",
        r"\bSMTP error from remote mail server after [^\n]{0,300}?: ?(?=\d{3}[ -])",
        r"^\s{0,4}response(?:Text)?: ['\"]",
    )
)
_END: Final = re.compile(r"\n\s{0,4}\n")


def clean(pasted: str) -> str:
    """Plain text: no markup, no quoted-printable, no quote marks, line ends as they were."""
    text = pasted[:LOOKED_AT].replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\r", "\n")
    if "=\n" in text or "=\r\n" in text or "=3D" in text or "=20" in text:
        text = _QUOTED.sub(_octets, _SOFT_BREAK.sub("", text))
    if _TAG.search(text):
        text = _MARKUP.sub(" ", _TAG.sub("\n", text))
    if _ENTITY.search(text):
        text = html.unescape(html.unescape(text))  # what was shown twice is escaped twice
    return _MARKS.sub("", _ANSI.sub("", text)).replace("\xa0", " ").strip()


def core(text: str, length: int) -> str:
    """The part that holds the reply: from its marker on where there is one, else the beginning."""
    for marker in _BEFORE:
        found = marker.search(text)
        if found:
            part = text[found.end() : found.end() + length]
            end = _END.search(part)
            part = _FOLD.sub(" ", part[: end.start()] if end else part).strip()
            if any(letter.isalnum() for letter in part):
                return part
    return text[:length]


def _octets(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("=", "")).decode("utf-8", "replace")
