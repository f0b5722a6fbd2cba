"""How data shows itself in a notebook: registered here, made by the views when first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.protocol import display

if TYPE_CHECKING:
    from helpers.exercises.shown import Shown
    from helpers.protocol.reply import Reply
    from helpers.views.compare import Said
    from helpers.wire.transcript import Exchange, Transcript


def install() -> None:
    """Let transcripts, replies, stored messages, verdicts and states show themselves as HTML."""
    display.register(_to_html, _to_text)


def show_bytes(said: Transcript | Exchange, *, secrets: bool = False) -> Shown:
    """The octets of a conversation, or of one exchange of it: line ends, stuffed dots and 8-bit octets visible.

    ``show_bytes(lab.transcript()[-1])`` shows what was said last. Credentials are masked unless
    ``secrets`` are asked for.
    """
    from helpers.exercises.shown import Shown
    from helpers.views import bytes_html, bytes_text, card
    from helpers.wire.transcript import Connection, Exchange, Transcript

    if isinstance(said, Exchange):
        said = Transcript([Connection(said.connection, (said,), said.after)])
    html = f'<div class="body">{bytes_html(said, secrets)}</div>'
    return Shown(bytes_text(said, secrets), card(html, "Octets"))


def compare(left: Said, right: Said, names: tuple[str, str] = ("before", "after")) -> Shown:
    """Two replies, or two conversations, side by side with their differences marked.

    ``compare(before, after)`` for two EHLO replies; ``lab.transcript().connection(2)`` gives one conversation.

    Raises:
        TypeError: a reply and something that is none.
    """
    from helpers.exercises.shown import Shown
    from helpers.views import card, compare_html, compare_text

    return Shown(compare_text(left, right, names), card(compare_html(left, right, names), "Comparison"))


def take_apart(said: Transcript | Exchange | Reply | str | bytes) -> Shown:
    """The octets of logins, part by part: what the base64 of AUTH lines and of 334 stands for, each part named.

    ``take_apart("AGFsaWNlAHdvbmRlcmxhbmQ=")`` reads base64, an AUTH line or a 334 reply; octets (``b"…"``) are
    read as a message before base64. A transcript, or a pasted session, shows all its logins; an exchange shows
    its part of one. Passwords are shown: anybody who has the line can read them.

    Raises:
        ValueError: a text of several lines that is no session.
    """
    from helpers.exercises.shown import Shown
    from helpers.protocol.reply import Reply
    from helpers.views import card, login_html, login_text
    from helpers.wire.logins import login_in, logins
    from helpers.wire.transcript import Exchange, Transcript

    if isinstance(said, Reply):
        said = str(said)
    if isinstance(said, str) and "\n" in said.strip():
        said = Transcript.from_text(said)
    match said:
        case Transcript():
            found = [login for connection in said.connections for login in logins(connection.exchanges)]
        case Exchange():
            found = logins([said])
        case _:
            found = [login_in(said)]
    return Shown(login_text(found), card(login_html(found), "AUTH taken apart"))


def lookup(
    text: str = "", *, group: str | None = None, phase: str | None = None, reply_class: int | None = None
) -> Shown:
    """Look facts up: commands, replies, enhanced codes, extensions, mechanisms and ports, as ``Lookup`` does.

    ``lookup("550 5.1.1")`` finds both codes of a reply, also when all of its text was pasted;
    ``lookup("later", group="replies", reply_class=4, phase="greeted")`` finds words, narrowed by filters.

    Raises:
        ValueError: no such group, place or class; the message names those there are.
    """
    from helpers.exercises.shown import Shown
    from helpers.views import card, lookup_html, lookup_text
    from helpers.views.lookup import find

    found = find(text, group=group, phase=phase, reply_class=reply_class)
    return Shown(lookup_text(found, text), card(f'<div class="body">{lookup_html(found, text)}</div>', "Looked up"))


def flow() -> Shown:
    """The flow of the protocol: the places of a session and the commands that lead from one to the next."""
    from helpers.exercises.shown import Shown
    from helpers.views import card, flow_html, flow_text

    return Shown(flow_text(), card(f'<div class="body">{flow_html()}</div>', "The flow of the protocol"))


def sequence(said: Transcript, *, secrets: bool = False) -> Shown:
    """A conversation as a sequence diagram: who says what to whom, from top to bottom.

    ``sequence(lab.transcript())`` shows all connections. Credentials are masked unless ``secrets`` are asked for.
    """
    from helpers.exercises.shown import Shown
    from helpers.views import card, sequence_html, sequence_text

    html = f'<div class="body">{sequence_html(said, secrets)}</div>'
    return Shown(sequence_text(said, secrets), card(html, "Sequence"))


def _to_html(shown: object) -> str | None:
    from helpers.views import to_html

    return to_html(shown)


def _to_text(shown: object) -> str | None:
    from helpers.views import to_text

    return to_text(shown)
