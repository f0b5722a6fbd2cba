"""Script in everything that a peer, or somebody whose text is pasted, can write: whatever is shown as HTML, it is text.

Every page is made twice, once with harmless words in the same places: what is hostile may add no element, no attribute
and no address to it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import ipywidgets as widgets
import pytest

from helpers import (
    CommandPicker,
    Console,
    Decoder,
    DiagnosisBox,
    Lab,
    Transcript,
    compare,
    decode,
    diagnose,
    lookup,
    sequence,
    show_bytes,
    take_apart,
)
from helpers.session import SessionError
from helpers.widgets.workbench import Workbench
from helpers.wire.messages import Evidence, Messages, Status, Verdict
from tests.unit.hostile.talk import Rude

MARK = "zqx"  #: stands in each payload, so that it is found wherever it went
HARMLESS = f"{MARK} and words of no account"
PAYLOADS = [
    f"<script>{MARK}(1)</script>`<b onclick={MARK}>` {{{{constructor.constructor('{MARK}')()}}}} ${{{MARK}}}",
    f"\"><img src={MARK} onerror={MARK}(1)>' onmouseover='{MARK}(1)' style='background:url({MARK})",
    f"</style></pre></code></table></details><svg/onload={MARK}(1)><!--{MARK}--><![CDATA[<b>{MARK}]]><?{MARK}?>",
    f"<a href=javascript:{MARK}(1)>x</a><iframe srcdoc='<script>{MARK}</script>'><base href=//{MARK}>",
    f"&lt;script&gt;{MARK}&#x3c;img src=x&#62;\x00<scr\x00ipt>{MARK}\u202e</script>\ufeff",
]
DANGEROUS = {"script", "img", "svg", "iframe", "object", "embed", "link", "meta", "base", "form", "math", "video"}
TEXTS = {"aria-label", "title", "value", "placeholder"}  #: attributes that may hold a peer's words
STRUCTURE = {"class", "id", "role", "scope", "colspan", "open", "aria-current", "aria-live", "start", "type", "for"}


class Page(HTMLParser):
    """The elements of a page with their attributes, as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[tuple[str, str]] = set()
        self.text = ""
        self.problems: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, ""), *((tag, name) for name, _ in attrs)}
        if MARK in tag or tag in DANGEROUS:
            self.problems.append(tag)
        for name, value in attrs:
            if MARK in name or name.startswith("on") or (MARK in (value or "") and name not in TEXTS):
                self.problems.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"<!--{data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


def html_of(shown: Any) -> str:
    return str(shown._repr_mimebundle_()["text/html"])


def all_html(widget: widgets.Widget) -> str:
    """Everything in a widget that a browser renders as HTML: its HTML parts, and descriptions where they are HTML."""
    parts = [widget.value] if isinstance(widget, (widgets.HTML, widgets.HTMLMath)) else []
    if getattr(widget, "description_allow_html", False):
        parts.append(widget.description)
    parts += [all_html(child) for child in getattr(widget, "children", ())]
    return "".join(parts)


def line(words: str) -> str:
    """As much of the words as one line takes."""
    return words.replace("\r", "").replace("\n", "")


def talked(lab: Lab, words: str) -> None:
    """Two conversations with these words wherever a client can put some."""
    octets = line(words).encode()
    with lab.connect() as session:
        for said in ("EHLO " + line(words), "VRFY " + line(words), "HELP " + line(words), line(words)):
            session.send(said)
        session.send("EHLO laptop.example")
        for said in ("AUTH " + line(words), "AUTH PLAIN " + b64encode(b"\0" + octets + b"\0" + octets).decode()):
            session.send(said)
        if session.send("AUTH LOGIN").code == 334:
            session.send(b64encode(octets).decode())
            session.send(b64encode(octets).decode())
        session.send(f'MAIL FROM:<"{line(words)}"@lab.example>')
        session.send("RSET")
        session.send(f"MAIL FROM:<alice@lab.example> ENVID={line(words)}")
        session.send("RSET")
        session.send("MAIL FROM:<alice@lab.example>")
        session.send(f"RCPT TO:<{line(words)}@lab.example>")
        quoted = line(words).replace("\\", "\\\\").replace('"', '\\"')  # RFC 5321 4.1.2, Quoted-string
        session.send(f'RCPT TO:<"{quoted}"@lab.example>')
        session.send("RCPT TO:<bob@lab.example>")
        session.send("DATA")
        session.send_data(letter(words))
    rude = Rude(lab)
    rude.send(octets + b"\nEHLO " + octets)  # and a line without an end
    rude.close()


def letter(words: str) -> bytes:
    """A message with these words in its header fields, its body, and the name of an attached file."""
    text = line(words)
    encoded = b64encode(text.encode()).decode()
    fields = [f"{name}: {text}" for name in ("From", "To", "Cc", "Reply-To", "Message-ID", "X-" + MARK)]
    fields += [f"Subject: =?utf-8?b?{encoded}?= {text}", "Content-Type: multipart/mixed; boundary=cut"]
    attached = f'Content-Type: text/html; name="{text}"\r\nContent-Disposition: attachment; filename="{text}"'
    return "\r\n".join([*fields, "", "--cut", attached, "", words, "--cut--"]).encode("utf-8", "surrogatepass")


def pages(lab: Lab, words: str) -> Iterator[tuple[str, str]]:
    """The name and the HTML of everything that shows what was said, or these words themselves."""
    talked(lab, words)
    transcript = lab.transcript()
    yield "transcript", html_of(transcript)
    yield "octets", html_of(show_bytes(transcript, secrets=True))
    yield "octets of one", html_of(show_bytes(transcript[-1]))
    yield "sequence", html_of(sequence(transcript, secrets=True))
    yield "logins", html_of(take_apart(transcript))
    yield "states", "".join(html_of(exchange.after) for exchange in transcript)
    yield "replies", "".join(html_of(exchange.reply) for exchange in transcript if exchange.reply)
    yield "comparison", html_of(compare(transcript.connection(1), transcript.connection(2), (words, words)))
    yield "on the path", html_of(lab.eavesdrop(1))
    yield "mailbox", html_of(lab.mailbox("bob@lab.example"))
    yield "messages", "".join(html_of(message) for box in lab.mailboxes.values() for message in box)
    yield "mailbox with a name", html_of(Messages(words, lab.mailbox("bob@lab.example")))
    yield "queue", html_of(lab.queue)
    yield "pasted", html_of(Transcript.from_text(pasted(words)))
    yield "pasted octets", html_of(show_bytes(Transcript.from_text(pasted(words)), secrets=True))
    yield "decoded", html_of(decode(f"550-{words}\n550 5.1.1 {words}\n{words}"))
    yield "taken apart", html_of(take_apart(line(words))) + html_of(take_apart(words.encode()))
    yield "diagnosis", html_of(diagnose(f"550 5.1.1 {words}: no such user")) + html_of(diagnose(words))
    yield "lookup", html_of(lookup(words))
    evidence = (Evidence(1, words, words, words),)
    yield "verdict", html_of(Verdict("01.a", words, Status.NOT_YET, words, evidence, next_step=words))
    yield from benches(lab, words)


def benches(lab: Lab, words: str) -> Iterator[tuple[str, str]]:
    for bench in (CommandPicker(lab), Console(lab)):
        yield type(bench).__name__, used(bench, words) + all_html(bench)
    picker = CommandPicker(lab)
    for view in ("Bytes", "Sequence", "Mailbox", "As code"):
        with_session(picker, words)
        picker.panels.choose(view)
        yield f"picker, {view}", all_html(picker)
    box = DiagnosisBox(f"550 5.1.1 {words}: no such user")
    yield "diagnosis box", all_html(box)
    yield "decoder", all_html(Decoder(f"550 {words}"))


def with_session(bench: Workbench, words: str) -> None:
    session = bench.session
    if session is None or session.closed:
        bench.reconnect()
        session = bench.session
    assert session is not None
    session.send("EHLO " + line(words))
    bench.refresh()


def used(bench: Workbench, words: str) -> str:
    """What a widget shows on the way, errors included."""
    seen = []
    with_session(bench, words)
    seen.append(all_html(bench))

    def fails() -> None:
        raise ValueError(words)

    bench._clicked(fails)
    seen.append(all_html(bench))

    def fails_oddly() -> None:
        raise SessionError(words)

    bench._clicked(fails_oddly)
    seen.append(all_html(bench))
    bench._clicked(lambda: {}[words])
    return "".join([*seen, all_html(bench)])


def pasted(words: str) -> str:
    says = line(words)
    return (
        f"# {says}\nS: 220 {says}\nC: EHLO {says}\nS: 250-{says}\nS: 250 AUTH {says}\nC: MAIL FROM:<{says}>\n"
        f"S: 250 {says}\nC: RCPT TO:<{says}>\nS: 550 5.1.1 {says}\nC: DATA\nS: 354 {says}\nC: Subject: {says}\n"
        f"C: {says}\nC: .\nS: 250 {says}\nC: {says}\nS: 500 {says}\n"
    )


def with_fault(words: str) -> Lab:
    """A lab whose name, and whose answers, are these words as far as it takes them."""
    lab = Lab("naive", name=words, transport="memory")  # the views know no transport
    said = "".join(c for c in words if c.isascii() and c.isprintable())
    lab.fault("NOOP", f"450 4.2.0 {said}")
    with lab.connect() as session:
        session.send("NOOP")
    return lab


def made_of(words: str) -> dict[str, Page]:
    with with_fault(words) as lab:
        return {name: Page(html) for name, html in pages(lab, words)}


@pytest.fixture(scope="module")
def harmless() -> dict[str, Page]:
    return made_of(HARMLESS)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_what_is_hostile_adds_nothing_to_a_page(harmless: dict[str, Page], payload: str) -> None:
    seen = 0
    for name, page in made_of(payload).items():
        assert page.problems == [], name
        known = harmless[name].found | {(tag, attribute) for tag, _ in ALLOWED for attribute in ("", *STRUCTURE)}
        assert page.found <= known, (name, page.found - known)
        seen += MARK in page.text
    assert seen > 20  # and it was there, as text


#: Elements that our own views use for content of another form: a cut, a remark, a mark.
ALLOWED = {(tag, "") for tag in ("span", "br", "i", "b", "code", "p", "div", "details", "summary", "li", "small")}


def test_the_lab_takes_no_domain_that_is_none(transport: str) -> None:
    for domain in ("<script>", "lab.example\r\n250 x", '"onload="', ""):
        with pytest.raises(ValueError, match="domain"):
            Lab("open", name="odd", domain=domain, transport=transport)


FAULTS: list[Callable[[str], str]] = [
    lambda words: words,
    lambda words: f'<p title="{words}">x</p>',
    lambda words: f"<p class={words}>x</p>",
]


@pytest.mark.parametrize("page", FAULTS)
def test_a_page_that_forgot_to_escape_is_seen(page: Callable[[str], str]) -> None:
    assert any(Page(page(payload)).problems for payload in PAYLOADS)
