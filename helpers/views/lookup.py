"""Looking facts up: what fits a text and filters, as plain text and as HTML.

An :class:`Entry` is one command, reply code, enhanced code, extension, mechanism or port in the form in which all of
them are searched and shown; every sentence in it is a fact of the reference.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from helpers import reference
from helpers.protocol.commandline import compose
from helpers.protocol.flow import way_to
from helpers.protocol.state import Phase, verb_of
from helpers.reference.model import PHASES, Trial
from helpers.views.glyphs import CLASSES
from helpers.views.markup import count, escaped, prose, rfc_link

if TYPE_CHECKING:
    from helpers.reference import model

#: The groups in the order in which they are listed, with the word for one entry.
GROUPS: Final = {
    "commands": "command",
    "replies": "reply",
    "enhanced codes": "enhanced code",
    "extensions": "extension",
    "mechanisms": "mechanism",
    "ports": "port",
}

#: The first digits of replies, in words.
REPLY_CLASSES: Final = {
    digit: f"{digit}xx {mark.glyph} {mark.word}" for digit, mark in zip((2, 3, 4, 5), CLASSES.values(), strict=False)
}

_CODE: Final = re.compile(r"(?<![\d.])[2-5]\d\d(?![\d.])")
_ENHANCED: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_PASTED: Final = re.compile(r"\W*[2-5]\d\d(?!\d)")  # "550 …", "(550, b'…", "'550-…"
_EVENTS: Final = {"CONNECT": "the connection", "END-OF-DATA": "the end of the message"}
_RETRY: Final = {
    "no": "No: the same again gets the same reply.",
    "yes": "Yes: later, with nothing changed.",
    "after action": "Yes, once you have changed what the reply asks for.",
}
_TEXT_WIDTH: Final = 100
_SPELT_OUT: Final = 3  # entries that the plain text shows in full
_UNFOLDED: Final = 2
_UNFOLDED_ITEMS: Final = 4


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of a fact: something in the letters of the wire, a sentence, or both."""

    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of an entry."""

    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be looked up."""

    group: str  #: of GROUPS
    key: str  #: "RCPT TO", "550", "X.1.1", "SIZE", "PLAIN", "587"
    title: str
    facts: tuple[Fact, ...]
    rfc: str
    phases: frozenset[str]  #: of PHASES, where it may come; empty where that is not known
    classes: frozenset[int]  #: first digits of the replies it is or gets
    trial: Trial | None = None  #: lines that show it in a lab

    @property
    def words(self) -> str:
        """Everything in it that a search can find, in small letters."""
        said = [f"{item.code} {item.text}" for fact in self.facts for item in fact.items]
        return " ".join([self.key, self.title, GROUPS[self.group], self.rfc, *said]).casefold()


def entries() -> tuple[Entry, ...]:
    """Everything that the reference has, group by group."""
    return (
        *map(_command, reference.commands()),
        *map(_reply, reference.reply_codes()),
        *map(_enhanced, reference.enhanced_codes()),
        *map(_extension, reference.extensions()),
        *map(_mechanism, reference.mechanisms()),
        *map(_port, reference.ports()),
    )


# --- finding ---------------------------------------------------------------------------------------------------


def find(
    text: str = "",
    *,
    group: str | None = None,
    phase: str | None = None,
    reply_class: int | None = None,
    among: Iterable[Entry] | None = None,
) -> tuple[Entry, ...]:
    """The entries that fit all of these, the closest first.

    ``text``: words that all stand in the entry, or a reply as it was pasted, whose codes are looked up.
    ``group``: one of GROUPS, or how its name begins. ``phase``: a place of the session. ``reply_class``: 2 to 5.

    Raises:
        ValueError: no such group, place or class; the message names those there are.
    """
    group = _group_named(group) if group else None
    if phase and phase not in PHASES:
        raise ValueError(f"There is no place {phase!r} in a session. Places: {', '.join(PHASES)}.")
    if reply_class is not None and reply_class not in REPLY_CLASSES:
        raise ValueError(f"The class of a reply is its first digit, 2 to 5, not {reply_class!r}.")
    left = [
        entry
        for entry in (entries() if among is None else among)
        if group in (None, entry.group)
        and (not phase or phase in entry.phases)
        and (reply_class is None or reply_class in entry.classes)
    ]
    return tuple(_fitting(text.strip(), left))


def _group_named(name: str) -> str:
    found = [group for group in GROUPS if group.startswith(name.casefold())]
    if len(found) != 1:
        raise ValueError(f"There is no group {name!r}. Groups: {', '.join(GROUPS)}.")
    return found[0]


def codes_in(text: str) -> list[str]:
    """The codes of a reply in ``text``, as keys of entries; empty when it is no reply but words."""
    enhanced = _ENHANCED.findall(text)
    basic = _CODE.findall(text)
    if not enhanced and not _PASTED.match(text):
        return []
    keys = [*basic[:1], *(f"X.{code.partition('.')[2]}" for code in enhanced)]
    return [*dict.fromkeys(keys)]


def _fitting(text: str, left: Sequence[Entry]) -> list[Entry]:
    codes = codes_in(text)
    if by_code := [entry for code in codes for entry in left if entry.key == code]:
        return by_code
    words = text.casefold().split()
    found = [entry for entry in left if all(word in entry.words for word in words)]
    # what no RFC defines comes behind what is in use
    return sorted(found, key=lambda entry: (_distance(entry, text.casefold(), words), not entry.rfc))


def _distance(entry: Entry, text: str, words: Sequence[str]) -> int:
    """0: its name; 1: the words are in its name and title, or one is its name ("port 465"); 2: elsewhere in it."""
    if _is_name(text, entry):
        return 0
    name = f"{entry.key} {entry.title}".casefold()
    return 1 if all(word in name for word in words) or any(_is_name(word, entry) for word in words) else 2


def _is_name(text: str, entry: Entry) -> bool:
    """Whether ``text`` is the entry's name: "RCPT TO", or its first word."""
    return text.strip().casefold() in (entry.key.casefold(), entry.key.partition(" ")[0].casefold())


# --- showing ---------------------------------------------------------------------------------------------------


def tally(found: Sequence[Entry]) -> str:
    """How many there are, in words: "2 found: 1 reply, 1 enhanced code"."""
    if not found:
        return "Nothing found."
    parts = []
    for group, noun in GROUPS.items():
        if number := sum(entry.group == group for entry in found):
            parts.append(count(number, noun) if number == 1 else f"{number} {group}")
    return f"{len(found)} found: {', '.join(parts)}"


def advice(text: str) -> str:
    """What to try when nothing was found."""
    keys = {entry.key.casefold(): entry.key for entry in entries()}
    near = [keys[key] for key in get_close_matches(text.strip().casefold()[:40], keys)]
    hint = f" Near it: {', '.join(near)}." if near else ""
    return f"Use fewer words, or take a filter away.{hint}"


def lookup_text(found: Sequence[Entry], text: str = "") -> str:
    """A few entries in full, or many with a line each."""
    if not found:
        return f"{tally(found)} {advice(text)}"
    spelt_out = found if len(found) <= _SPELT_OUT else [entry for entry in found if _is_name(text, entry)]
    rest = [entry for entry in found if entry not in spelt_out]
    parts = [tally(found), *map(entry_text, spelt_out)]
    if rest:
        width = max(len(entry.key) for entry in rest)
        nouns = max(len(GROUPS[entry.group]) for entry in rest)
        lines = [f"  {GROUPS[entry.group]:<{nouns}}  {entry.key:<{width}}  {entry.title}" for entry in rest]
        parts.append("\n".join(lines if not spelt_out else ["The words stand also in:", *lines]))
    return "\n\n".join(parts)


def entry_text(entry: Entry) -> str:
    """One entry as plain text."""
    lines = [f"{entry.key} – {entry.title} ({GROUPS[entry.group]})"]
    facts = [*entry.facts, *_example(entry), *_source(entry)]
    width = max(len(fact.label) for fact in facts)
    for fact in facts:
        label = fact.label
        for item in fact.items:
            said = "  ".join(filter(None, (item.code, item.text))).splitlines()
            for n, piece in enumerate(said):
                start = f"  {label:<{width}}  " if n == 0 else " " * (width + 4)
                rest = " " * (width + 4 + (len(item.code) + 2 if item.code and item.text else 0))
                wrapped = textwrap.wrap(
                    piece,
                    _TEXT_WIDTH,
                    initial_indent=start,
                    subsequent_indent=rest,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
                lines += wrapped or [start.rstrip()]
            label = ""
    return "\n".join(lines)


def lookup_html(found: Sequence[Entry], text: str = "") -> str:
    """The entries as lines that unfold; one or two are unfolded."""
    if not found:
        return f'<p>{tally(found)} <span class="soft">{escaped(advice(text))}</span></p>'
    few = len(found) <= _UNFOLDED
    lines = "".join(
        f'<li class="C"><details{" open" if few or _is_name(text, entry) else ""}>'
        f'<summary class="row"><b>{escaped(entry.key)}</b> '
        f"<span>{escaped(entry.title)}</span> "
        f'<span class="tag soft">{GROUPS[entry.group]}</span></summary>{facts_html(entry)}</details></li>'
        for entry in found
    )
    return f'<p class="cap">{tally(found)}</p><ol class="talk" aria-label="Found">{lines}</ol>'


def entry_html(entry: Entry) -> str:
    """One entry with its heading."""
    return (
        f'<p><b>{escaped(entry.key)}</b> — {escaped(entry.title)} <span class="soft">({GROUPS[entry.group]})</span></p>'
        f"{facts_html(entry)}"
    )


def facts_html(entry: Entry) -> str:
    """What is said of an entry, as a table."""
    rows = [(fact.label, _fact_html(fact)) for fact in (*entry.facts, *_example(entry))]
    if entry.rfc:
        rows.append(("Source", rfc_link(entry.rfc)))
    cells = "".join(f'<tr><th scope="row">{escaped(label)}</th><td>{value}</td></tr>' for label, value in rows)
    return f'<table aria-label="{escaped(entry.key)}"><tbody>{cells}</tbody></table>'


def _fact_html(fact: Fact) -> str:
    """The items of a fact; many that have a name are folded under their names."""
    items = "<br>".join(map(_item_html, fact.items))
    if len(fact.items) <= _UNFOLDED_ITEMS or not all(item.code and item.text for item in fact.items):
        return items
    names = ", ".join(escaped(item.code) for item in fact.items)
    return f"<details><summary>{names}</summary>{items}</details>"


def _item_html(item: Item) -> str:
    code = "<br>".join(f"<code>{escaped(line)}</code>" for line in item.code.splitlines())
    return " ".join(filter(None, (code, prose(item.text) if item.text else "")))


def _example(entry: Entry) -> Iterator[Fact]:
    if entry.trial is None:
        return
    where = "" if entry.trial.profile == "open" else f"in the lab “{entry.trial.profile}”"
    answer = " ".join(filter(None, (str(entry.trial.code), entry.trial.enhanced)))
    items = [Item(line) for line in entry.trial.lines]
    items[-1] = Item(entry.trial.lines[-1], " ".join(filter(None, (f"→ {answer}" if entry.trial.code else "", where))))
    yield Fact("Example", tuple(items))


def _source(entry: Entry) -> Iterator[Fact]:
    if entry.rfc:
        yield Fact("Source", (Item(text=entry.rfc),))


# --- from the reference ----------------------------------------------------------------------------------------


def _facts(*facts: tuple[str, Iterable[Item | str]]) -> tuple[Fact, ...]:
    """Facts of what has something to say; a bare text is a sentence."""
    made = []
    for label, items in facts:
        there = tuple(item if isinstance(item, Item) else Item(text=item) for item in items if item)
        if there:
            made.append(Fact(label, there))
    return tuple(made)


def _label(verb: str) -> str:
    if verb in _EVENTS:
        return _EVENTS[verb]
    try:
        return reference.command(verb).label
    except reference.UnknownEntry:
        return verb


def _phases_of(verbs: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for verb in verbs:
        if verb == "CONNECT":
            found.add(Phase.CONNECTED)
        elif verb == "END-OF-DATA":
            found.add(Phase.MESSAGE)
        else:
            try:
                found.update(reference.command(verb).permitted_in)
            except reference.UnknownEntry:
                continue
    return frozenset(found)


def _command(command: model.Command) -> Entry:
    replies = [Item(str(reply.code), " ".join(filter(None, (reply.meaning, reply.cure)))) for reply in command.replies]
    facts = _facts(
        ("What it does", [command.summary]),
        ("Syntax", [Item(command.syntax)]),
        ("Permitted when", [", ".join(command.permitted_in)]),
        ("Announced by", [Item(command.keyword or "")] if command.keyword else []),
        ("Changes", [command.effect]),
        ("Replies", replies),
        ("Parameters", [Item(a.name, a.help) for a in command.arguments if a.extension]),
        ("Limits", command.limits),
        ("Status", [command.status] if command.status in ("extension", "obsolete") else []),
    )
    classes = frozenset(reply.code // 100 for reply in command.replies)
    return Entry(
        "commands",
        command.label,
        command.title,
        facts,
        command.rfc,
        frozenset(command.permitted_in),
        classes,
        _trial_of_command(command),
    )


def _trial_of_command(command: model.Command, parameter: model.Argument | None = None) -> Trial:
    """A line of this command where it is permitted, with this parameter, if any.

    It has the command's name, and the code 0: what the lab answers is left open.
    """
    whole = command.status == "continuation"  # an empty answer to a challenge shows nothing
    values = {a.name: a.example for a in command.arguments if whole or a.required or a is parameter}
    line = compose(command, values)
    in_use = [other for other in reference.commands() if other.status != "obsolete"]
    way = way_to(Phase(command.permitted_in[0]), in_use)
    return Trial(command.verb, (*way, line), 0)


def trial_command(trial: Trial) -> model.Command:
    """The command that the trial's last line is; what only continues another gives the trial its name."""
    return reference.command(trial.name if trial.code == 0 else verb_of(trial.lines[-1]))


def _trial(*, code: int | None = None, detail: str | None = None, keyword: str | None = None) -> Trial | None:
    """The first trial with this reply code, with this enhanced code (without its class), or that shows this keyword."""
    for trial in reference.trials():
        if code is not None and trial.code == code:
            return trial
        if detail is not None and trial.enhanced.partition(".")[2] == detail:
            return trial
        if keyword is not None and keyword in trial.keywords:
            return trial
    return None


def _reply(reply: model.ReplyCode) -> Entry:
    details = dict.fromkeys(
        (f"{reply.code // 100}.{e.code[2:]}", e.title)
        for e in reference.enhanced_codes()
        if reply.code in e.basic_codes
    )
    answers = [
        Item(command.label, " ".join(filter(None, (said.meaning, said.cure))))
        for command in reference.commands()
        for said in command.replies
        if said.code == reply.code and said.cure
    ]
    facts = _facts(
        ("Meaning", [reply.meaning]),
        ("Answers", [", ".join(map(_label, reply.commands)) or ("any command" if reply.standard else "")]),
        ("Try again?", [] if reply.code // 100 in (2, 3) else [_RETRY[reply.retry]]),
        ("Causes", reply.causes),
        ("As the answer to", answers),
        ("Finer codes", [Item(code, title) for code, title in details]),
        ("Note", [reply.note]),
        ("Status", [] if reply.standard else ["No RFC defines it."]),
    )
    phases = _phases_of(reply.commands) if reply.commands else frozenset(PHASES) if reply.standard else frozenset()
    return Entry(
        "replies",
        str(reply.code),
        reply.title,
        facts,
        reply.rfc,
        phases,
        frozenset({reply.code // 100}),
        _trial(code=reply.code),
    )


def _enhanced(code: model.EnhancedCode) -> Entry:
    detail = code.code[2:]
    answering = [
        command
        for command in reference.commands()
        if any(reply.enhanced and reply.enhanced.partition(".")[2] == detail for reply in command.replies)
    ]
    classes = [Item(f"{digit}.{detail}", REPLY_CLASSES[digit][4:]) for digit in code.classes]
    facts = _facts(
        ("Meaning", [code.meaning]),
        ("Written as", classes),
        ("Comes with", [", ".join(map(str, code.basic_codes))] if code.basic_codes else []),
        ("Answers", [", ".join(command.label for command in answering)] if answering else []),
        ("Note", [code.note]),
    )
    return Entry(
        "enhanced codes",
        code.code,
        code.title,
        facts,
        code.rfc,
        _phases_of(command.verb for command in answering),
        frozenset(code.classes),
        _trial(detail=detail),
    )


def _extension(extension: model.Extension) -> Entry:
    users = [
        (command, argument)
        for command in reference.commands()
        for argument in command.arguments
        if argument.extension == extension.keyword
    ]
    known = [command for command in reference.commands() if command.verb in extension.verbs]
    trial = _trial(keyword=extension.keyword)
    if trial is None and known:
        trial = _trial_of_command(known[0])
    elif trial is None and users:
        trial = _trial_of_command(*users[0])
    growth = [
        f"{verb}: {count(octets, 'octet')} more"
        for verb, octets in (("MAIL", extension.mail_line_growth), ("RCPT", extension.rcpt_line_growth))
        if octets
    ]
    facts = _facts(
        ("Meaning", [extension.meaning]),
        ("After the keyword", [extension.parameter]),
        ("Brings", [Item(verb, "a command") for verb in extension.verbs]),
        ("On MAIL FROM", [Item(name) for name in extension.mail_parameters]),
        ("On RCPT TO", [Item(name) for name in extension.rcpt_parameters]),
        ("Longer lines", growth),
        ("Status", [extension.status]),
        ("Note", [extension.note]),
    )
    verbs = [*extension.verbs, *(["MAIL"] if extension.mail_parameters else [])]
    phases = _phases_of([*verbs, *(["RCPT"] if extension.rcpt_parameters else [])])
    classes = frozenset[int]()
    return Entry("extensions", extension.keyword, extension.title, facts, extension.rfc, phases, classes, trial)


def _mechanism(mechanism: model.Mechanism) -> Entry:
    vector = mechanism.vectors[0] if mechanism.vectors else None
    facts = _facts(
        ("Meaning", [mechanism.meaning]),
        ("Message", [mechanism.message_format]),
        ("Begins", ["the client" if mechanism.client_first else "the server"]),
        ("Needs TLS", [mechanism.needs_tls]),
        ("By hand", [Item(mechanism.by_hand)] if mechanism.by_hand else []),
        ("On the wire", [Item(message) for message in vector.messages] if vector else []),
        ("from", [vector.source] if vector else []),
        ("Mistakes", mechanism.mistakes),
        ("Status", [mechanism.status]),
    )
    phases = _phases_of(["AUTH", "RESPONSE"])
    classes = frozenset[int]()
    return Entry(
        "mechanisms",
        mechanism.name,
        mechanism.title,
        facts,
        mechanism.rfc,
        phases,
        classes,
        _trial(keyword=mechanism.name),
    )


def _port(port: model.Port) -> Entry:
    tls = {"starttls": "by STARTTLS, after the greeting", "implicit": "from the first octet (implicit TLS)"}[port.tls]
    facts = _facts(
        ("Meaning", [port.meaning]),
        ("Service name", [Item(port.name)] if port.name else []),
        ("TLS", [tls]),
        ("By hand", [Item(port.by_hand), port.note]),
    )
    phases = frozenset({str(Phase.CONNECTED)})
    return Entry("ports", str(port.port), port.title, facts, port.rfc, phases, frozenset())
