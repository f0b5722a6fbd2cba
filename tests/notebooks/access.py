"""What someone needs who reads a notebook by ear, without colours, with large letters or by its links alone.

Each rule takes a page of HTML, as it is stored with a cell, and yields what is wrong with it, in words; the rules
that compare it with the plain text beside it, and those for Markdown, say so. Numbers in brackets are success
criteria of WCAG 2.2.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from helpers.views import glyphs

#: Accents of the stylesheet that say how something stands; the others tell sides and importance.
STATUS_ACCENTS: Final = frozenset({"ok", "go", "later", "no", "tls"})
MARKS: Final = (
    *glyphs.CLASSES.values(),
    *glyphs.STATUS.values(),
    *(value for value in vars(glyphs).values() if isinstance(value, glyphs.Mark)),
)
#: A status in text begins with one of these or has one of these words.
GLYPHS: Final = tuple({mark.glyph for mark in MARKS} | {"▶", "⚠"})
WORDS: Final = frozenset({mark.word.casefold() for mark in MARKS} | {word.casefold() for word in glyphs.WORDS.values()})
CODE_ACCENTS: Final = {"2": "ok", "3": "go", "4": "later", "5": "no"}

VAGUE: Final = frozenset({"", "here", "click here", "this", "link", "this link", "more", "read more", "see", "page"})
BARE_URL: Final = re.compile(r"(?:https?|ftp|mailto):|www\.", re.IGNORECASE)

#: Elements without an end tag.
_VOID: Final = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip
#: Roles of WAI-ARIA 1.2 that stored HTML may have: those that need no script to work.
_ROLES: Final = frozenset({
    "alert", "article", "cell", "columnheader", "complementary", "definition", "figure", "group", "heading", "img",
    "list", "listitem", "log", "math", "meter", "navigation", "none", "note", "presentation", "progressbar", "region",
    "row", "rowgroup", "rowheader", "separator", "status", "table", "term",
})  # fmt: skip
_STATES: Final = {
    "aria-current": {"page", "step", "location", "date", "time", "true", "false"},
    "aria-hidden": {"true", "false"},
    "aria-live": {"polite", "assertive", "off"},
    "aria-label": None,
    "aria-labelledby": None,
    "aria-describedby": None,
}
#: What may have a name although it has no role attribute: the element's own role takes one (WAI-ARIA 1.2, 5.2.8.6).
_NAMED_BY_THEMSELVES: Final = frozenset({
    "a", "article", "aside", "button", "details", "dl", "fieldset", "figure", "form", "h1", "h2", "h3", "h4", "h5",
    "h6", "img", "input", "li", "main", "meter", "nav", "ol", "progress", "section", "select", "svg", "table", "td",
    "textarea", "th", "tr", "ul",
})  # fmt: skip
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass
class Element:
    """An element of a page: its attributes, and its content in order."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    content: list[Element | str] = field(default_factory=list)

    def every(self, *tags: str) -> Iterator[Element]:
        """This element and all below it, in the order of the page; only those with one of these tags."""
        if not tags or self.tag in tags:
            yield self
        for part in self.content:
            if isinstance(part, Element):
                yield from part.every(*tags)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """What is read: no stylesheet, white space as one space."""
        return " ".join(self._words())

    def _words(self) -> Iterator[str]:
        if self.tag == "style":
            return
        joined = ""
        for part in self.content:
            joined += part if isinstance(part, str) else f"{part.text} " if part.tag != "br" else " "
        yield from joined.split()

    def before(self) -> Element | None:
        """The element that stands directly before this one, with no text between."""
        if self.parent is None:
            return None
        place = next(n for n, part in enumerate(self.parent.content) if part is self)
        for part in reversed(self.parent.content[:place]):
            if isinstance(part, Element):
                return part
            if part.strip():
                return None
        return None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.here = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.content.append(made)
        if tag not in _VOID:
            self.here = made

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        place: Element | None = self.here
        while place is not None and place.tag != tag:
            place = place.parent
        if place is not None and place.parent is not None:
            self.here = place.parent

    def handle_data(self, data: str) -> None:
        self.here.content.append(data)


def read(html: str) -> Element:
    """The page as a tree; what is not closed ends with what it stands in."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root


# --- HTML: one rule each --------------------------------------------------------------------------------------


def pictures(page: Element) -> Iterator[str]:
    """Every picture and drawing has a text that stands for it (1.1.1)."""
    for picture in page.every("img"):
        if not picture.attributes.get("alt", "").strip():
            yield "an image without alternative text"
    for drawing in page.every("svg"):
        named = drawing.attributes.keys() & {"aria-label", "aria-labelledby"} or next(drawing.every("title"), None)
        if not named and drawing.attributes.get("aria-hidden") != "true":
            yield "a drawing without a title or label"


def tables(page: Element) -> Iterator[str]:
    """Tables have header cells that say what they head, and a name (1.3.1)."""
    for table in page.every("table"):
        headers = list(table.every("th"))
        if not headers:
            yield "a table without header cells"
        for header in headers:
            if header.attributes.get("scope") not in ("col", "row", "colgroup", "rowgroup"):
                yield f"a header cell without scope: {header.text!r}"
            if not header.text and not header.attributes.get("aria-label"):
                yield "a table with an empty header cell"
        caption = next(table.every("caption"), None)
        label = table.before()
        if not (
            (caption is not None and caption.text)
            or table.attributes.get("aria-label", "").strip()
            or table.attributes.get("aria-labelledby")
            or (label is not None and label.text and (label.tag in ("summary", *_HEADINGS) or "cap" in label.classes))
        ):
            yield f"a table without a caption or label: {table.text[:40]!r}"


def headings(page: Element) -> Iterator[str]:
    """Stored HTML has no headings of its own: they would stand among those of the notebook (1.3.1, 2.4.6)."""
    for heading in page.every(*_HEADINGS):
        yield f"a heading inside an output: {heading.text!r}"


def links(page: Element) -> Iterator[str]:
    """The text of a link says where it goes (2.4.4)."""
    for link in page.every("a"):
        name = link.attributes.get("aria-label", "").strip() or link.text
        yield from link_text(name)


def link_text(text: str) -> Iterator[str]:
    plain = text.strip(" .*`").casefold()
    if plain in VAGUE:
        yield f"the text {text!r} does not say where the link goes"
    elif BARE_URL.match(plain):
        yield f"a bare address for a link's text: {text!r}"


def ids(page: Element) -> Iterator[str]:
    """An id stands once, and what refers to one finds it (1.3.1, 4.1.2)."""
    known = Counter(element.attributes["id"] for element in page.every() if "id" in element.attributes)
    for identifier, times in known.items():
        if times > 1 or not identifier.strip():
            yield f"the id {identifier!r} is there {times} times"
    for element in page.every():
        for name in ("aria-labelledby", "aria-describedby", "for"):
            for identifier in element.attributes.get(name, "").split():
                if identifier not in known:
                    yield f"{name} names {identifier!r}, which is not there"


def roles(page: Element) -> Iterator[str]:
    """Roles and states are those that there are, and a name stands where one is read (4.1.2)."""
    for element in page.every():
        role = element.attributes.get("role")
        if role is not None and role not in _ROLES:
            yield f"role={role!r} is no role for something stored"
        for name, value in element.attributes.items():
            if not name.startswith("aria-"):
                continue
            if name not in _STATES:
                yield f"{name} is not known, or needs a script"
            elif (allowed := _STATES[name]) is not None and value not in allowed:
                yield f"{name}={value!r} has no meaning"
            elif not value.strip():
                yield f"an empty {name}"
        named = element.attributes.keys() & {"aria-label", "aria-labelledby"}
        if named and role is None and element.tag not in _NAMED_BY_THEMSELVES:
            yield f"a label on <{element.tag}>, which is read only where it has a role"


def languages(page: Element) -> Iterator[str]:
    """A language is named as screen readers know it (3.1.2)."""
    for element in page.every():
        if "lang" in element.attributes and not _LANGUAGE.fullmatch(element.attributes["lang"]):
            yield f"lang={element.attributes['lang']!r} is no language"


def tooltips(page: Element) -> Iterator[str]:
    """What a tooltip says can be read without a mouse, too (1.3.1, 2.1.1)."""
    for element in page.every():
        tooltip = " ".join(element.attributes.get("title", "").split())
        if tooltip and tooltip.casefold() not in element.text.casefold():
            yield f"only a tooltip says {tooltip!r}"


def colours(page: Element) -> Iterator[str]:
    """Whatever has the colour of a status also has its glyph or its word (1.4.1)."""
    for element in page.every():
        if element.classes & STATUS_ACCENTS and not says_its_status(element):
            yield f"told by its colour alone: {element.text[:60]!r} ({' '.join(sorted(element.classes))})"


def says_its_status(element: Element) -> bool:
    """By its glyph in front, by its word, or by a reply code, whose first digit is the status (RFC 5321 4.2.1)."""
    text = element.text.casefold()
    if re.fullmatch(r"[2-5]\d\d", text):
        return CODE_ACCENTS[text[0]] in element.classes
    return text.startswith(GLYPHS) or any(re.search(rf"\b{re.escape(word)}\b", text) for word in WORDS)


def scripts(page: Element) -> Iterator[str]:
    """Nothing runs when a notebook is opened."""
    for _ in page.every("script"):
        yield "a script in stored HTML"


HTML_RULES: Final[tuple[Callable[[Element], Iterator[str]], ...]] = (
    pictures, tables, links, ids, roles, languages, tooltips, colours, scripts,
)  # fmt: skip


def html_findings(html: str) -> list[str]:
    """Everything that is wrong with a piece of HTML, in an output or in Markdown."""
    page = read(html)
    return [finding for rule in HTML_RULES for finding in rule(page)]


# --- the plain text beside it ---------------------------------------------------------------------------------


def twin_findings(html: str, plain: str) -> Iterator[str]:
    """What the HTML shows of the wire, and every status in it, also stands in the text that is read instead."""
    read_instead = _squeezed(plain)
    for element in read(html).every():
        if "row" in element.classes:
            lines = [line.text for line in element.every("code")]
        elif "say" in element.classes and element.classes & STATUS_ACCENTS:
            lines = [element.text.removeprefix(next((g for g in GLYPHS if element.text.startswith(g)), ""))]
        else:
            continue
        for line in lines:
            if _squeezed(line) not in read_instead:
                yield f"not in the plain text: {line!r}"


def _squeezed(text: str) -> str:
    return "".join(text.split())


# --- Markdown -------------------------------------------------------------------------------------------------

_FENCE: Final = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_SPAN: Final = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_LINK: Final = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(\s*<?([^)\s>]*)>?[^)]*\)")
_TAG: Final = re.compile(r"<[a-zA-Z/][^<>]*>")
_TABLE_RULE: Final = re.compile(r"^\s*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*\|?\s*$")


def markdown_findings(source: str) -> Iterator[str]:
    """What is wrong with a Markdown cell: pictures, links, tables, and the HTML in it."""
    text = _FENCE.sub("", source)
    for image, words, target in _LINK.findall(text):
        if not image:
            yield from link_text(words)
        elif not words.strip():
            yield f"an image without alternative text: {target}"
    without_code = _SPAN.sub("code", text)
    for address in re.findall(r"<?(?:https?://|www\.)\S+", _TAG.sub(" ", _LINK.sub(" ", without_code))):
        yield f"a bare address: {address}"
    for address in re.findall(r"<(?:https?|mailto):[^>\s]*>|<[^<>\s@]+@[^<>\s@]+>", without_code):
        yield f"a bare address: {address}"
    yield from _markdown_tables(text)
    yield from html_findings(without_code)


def _markdown_tables(text: str) -> Iterator[str]:
    lines = text.splitlines()
    for number, line in enumerate(lines):
        above = lines[number - 1].strip() if number else ""
        if not _TABLE_RULE.match(line) or "|" not in above:
            continue
        if not all(cell.strip() for cell in above.strip("|").split("|")):
            yield f"a table with an empty header cell: {above!r}"
        if not any(before.strip() for before in lines[: number - 1]):
            yield f"a table that nothing introduces: {above!r}"
