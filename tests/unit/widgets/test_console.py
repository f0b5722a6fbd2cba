"""The console without a browser: with the keys of a terminal, and with buttons where anywidget is not there."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable

import ipywidgets as widgets
import pytest

from helpers import Console, Lab
from helpers.session import ConnectionClosed, NothingToWaitFor
from helpers.widgets import live, plain
from helpers.widgets.contact import LabGone
from tests.unit.widgets.conftest import Page, parts, reading, tags_of, text_of

Type = Callable[[Console, str], None]


@pytest.fixture(params=["keys", "plain"])
def typed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Type:
    """A function that types a text into a console and sends it, for each kind of entry."""
    if request.param == "plain":
        monkeypatch.setitem(sys.modules, "helpers.widgets.live", None)

    def send(console: Console, text: str) -> None:
        entry = console.entry
        if isinstance(entry, live.Entry):
            Page.says(entry, {"event": "submit", "value": text})
            return
        assert isinstance(entry, plain.Entry)
        (entry.message if entry.multiline else entry.line).value = text
        entry.button.click()

    return send


def notice(console: Console) -> str:
    return text_of(console.notice.value)


def test_the_entry_is_the_one_with_keys_where_anywidget_is(lab: Lab) -> None:
    assert isinstance(Console(lab).entry, live.Entry)


def test_a_line_is_sent_as_it_was_typed(lab: Lab, typed: Type) -> None:
    console = Console(lab)
    typed(console, "eHLo  laptop.example ")
    assert lab.transcript()[-1].octets == b"eHLo  laptop.example \r\n"
    typed(console, "NOOP")
    assert "250 2.0.0" in reading(console.conversation)


def test_history_has_each_line_once_in_a_row(lab: Lab, typed: Type) -> None:
    console = Console(lab)
    for text in ("NOOP", "NOOP", "", "RSET", "NOOP"):
        typed(console, text)
    assert console.entry.history == ["NOOP", "RSET", "NOOP"]


def test_the_buttons_walk_through_the_history(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "helpers.widgets.live", None)
    entry = Console(lab).entry
    assert isinstance(entry, plain.Entry)
    entry.history = ["EHLO a.example", "NOOP"]
    entry.line.value = "half a li"
    entry.previous.click()
    assert entry.line.value == "NOOP"
    entry.previous.click()
    entry.previous.click()
    assert entry.line.value == "EHLO a.example"
    entry.next.click()
    entry.next.click()
    entry.next.click()
    assert entry.line.value == "half a li"


def _to_the_message(console: Console, typed: Type) -> None:
    for text in ("EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>", "DATA"):
        typed(console, text)


def test_after_354_a_message_of_several_lines(lab: Lab, typed: Type) -> None:
    console = Console(lab)
    assert not console.entry.multiline
    _to_the_message(console, typed)
    assert console.entry.multiline
    assert "The server waits for the message" in reading(console)
    typed(console, "Subject: x\n\n.dot\n")
    assert lab.mailbox("bob@lab.example")[0].raw == b"Subject: x\r\n\r\n.dot\r\n"
    assert not console.entry.multiline
    assert console.entry.history[-1] == "DATA", "a message is no line to bring back"


def test_a_message_as_it_stands(lab: Lab, typed: Type) -> None:
    console = Console(lab)
    _to_the_message(console, typed)
    assert console.finish in list(parts(console))
    console.finish.value = False
    typed(console, "Subject: x\n\nno end yet")
    assert console.entry.multiline
    typed(console, "..\n.")
    # RFC 5321 4.5.2: the first dot of a line is taken away, a line with only a dot is the end
    assert lab.mailbox("bob@lab.example")[0].raw == b"Subject: x\r\n\r\nno end yet\r\n.\r\n"


def test_secrets_are_masked(lab: Lab, typed: Type) -> None:
    secret = base64.b64encode(b"\0alice\0wonderland").decode()
    console = Console(lab)
    typed(console, "EHLO laptop.example")
    typed(console, f"AUTH PLAIN {secret}")
    assert lab.transcript()[-1].code == 235
    assert secret not in reading(console)
    console.secrets.value = True
    assert secret in reading(console)


def test_the_server_closes_and_reconnect(lab: Lab, typed: Type) -> None:
    console = Console(lab)
    typed(console, "QUIT")
    assert notice(console).startswith("○ The server closed the connection: 221")
    typed(console, "NOOP")
    assert notice(console).startswith("○ The server closed the connection: 221")
    console.reconnect_button.click()
    assert notice(console) == ""
    typed(console, "NOOP")
    assert lab.transcript()[-1].code == 250


def test_a_lab_that_is_gone(lab: Lab, typed: Type) -> None:
    console = Console(lab)
    lab.stop()
    typed(console, "NOOP")
    assert "Run the cell that makes the lab again" in notice(console)
    with pytest.raises(LabGone):
        console.send("NOOP")


def test_an_error_is_shown_and_escaped(lab: Lab, typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(lab)

    def explode(_: str) -> None:
        raise RuntimeError("<script>")

    with monkeypatch.context() as patched:
        patched.setattr(console.session, "send", explode)
        typed(console, "NOOP")
    assert "RuntimeError: <script>" in notice(console)
    assert "script" not in tags_of(console.notice.value)
    typed(console, "NOOP")
    assert notice(console) == ""


def test_the_same_in_code(lab: Lab) -> None:
    console = Console(lab)
    assert console.send("EHLO laptop.example").code == 250
    console.send("MAIL FROM:<>")
    console.send("RCPT TO:<bob@lab.example>")
    assert console.send("DATA").code == 354
    with pytest.raises(NothingToWaitFor):
        console.send("Subject: x")
    assert "send a line with only a dot" in notice(console)
    assert console.send_data("\nhello").code == 250
    assert lab.mailbox("bob@lab.example")[0].raw == b"Subject: x\r\n\r\nhello\r\n"
    console.undo()
    assert console.entry.multiline, "the message was taken back, so the server waits for it again"
    console.reconnect()
    console.send("QUIT")
    with pytest.raises(ConnectionClosed):
        console.send("NOOP")
    with pytest.raises(ValueError, match="A line ends where CR LF stands"):
        Console(lab).send("NOOP\r\nNOOP")


def test_every_control_has_a_name_and_what_is_stored(lab: Lab, typed: Type) -> None:
    console = Console(lab)
    typed(console, "EHLO laptop.example")
    waiting: list[widgets.Widget] = [console]
    while waiting:
        widget = waiting.pop()
        waiting += getattr(widget, "children", ())
        if isinstance(widget, (widgets.Button, widgets.Text, widgets.Textarea, widgets.Checkbox)):
            assert widget.description.strip(), widget
    bundle = console._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == "Console for the lab 'open'"
    assert "console.send('EHLO laptop.example')" in text_of(bundle["text/html"])
    assert "127.0.0.1" not in bundle["text/html"]
