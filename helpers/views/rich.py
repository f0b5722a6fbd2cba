"""The rich display of the data types: which view a cell's result is shown with."""

from __future__ import annotations

from helpers.protocol.reply import Reply
from helpers.protocol.state import SessionState
from helpers.views.conversation import conversation_html
from helpers.views.decoded import decoded_html
from helpers.views.diagnosis import diagnosis_html
from helpers.views.mailbox import mailbox_html, mailbox_text
from helpers.views.newest import newest
from helpers.views.overheard import overheard_html
from helpers.views.queue import queue_html
from helpers.views.reply import reply_html
from helpers.views.state_map import state_map_html, state_map_text
from helpers.views.style import card
from helpers.views.verdict import verdict_html
from helpers.wire.decoded import Decoded
from helpers.wire.diagnosis import Diagnosis
from helpers.wire.messages import Messages, StoredMessage, Verdict
from helpers.wire.overheard import Overheard
from helpers.wire.queue import Queue
from helpers.wire.transcript import Transcript


def to_html(shown: object) -> str | None:
    """The card of a displayed object; None for a type that has no view."""
    match shown:
        case Transcript():
            return card(_transcript(shown), "Transcript")
        case Reply():
            return card(f'<div class="two"><div>{reply_html(shown)}</div></div>', "Reply")
        case StoredMessage():
            return card(mailbox_html([shown], "Stored"), "Stored message")
        case Queue():
            return card(queue_html(shown), shown.title)
        case Messages():
            return card(mailbox_html(shown, shown.title), shown.title)
        case Overheard():
            return card(f'<div class="body">{overheard_html(shown)}</div>', "What somebody on the path has")
        case Verdict():
            return card(verdict_html(shown), "Verdict")
        case Decoded():
            return card(decoded_html(shown), "Decoded reply")
        case Diagnosis():
            return card(diagnosis_html(shown), "Diagnosis")
        case SessionState():
            return card(f'<div class="two"><div>{state_map_html(shown)}</div></div>', "Where you are")
    return None


def to_text(shown: object) -> str | None:
    """The text of a displayed object as its view tells it; None where the object's own text is enough."""
    match shown:
        case Transcript():
            return _newest_lines(shown)
        case StoredMessage():
            return mailbox_text([shown], "Stored")
        case Queue():
            return str(shown)
        case Messages():
            return mailbox_text(shown, shown.title)
        case SessionState():
            return state_map_text(shown)
    return None


def _newest_lines(transcript: Transcript) -> str | None:
    since, left_out = newest(transcript)
    if not since:
        return None
    lines = [f"# {left_out}"]
    kept = False
    for line in transcript.lines():
        kept = line.exchange >= since or (kept and not line.exchange)  # a remark stays with what it follows
        if kept:
            lines.append(str(line))
    return "\n".join(lines)


def _transcript(transcript: Transcript) -> str:
    since, left_out = newest(transcript)
    left_out = left_out and f"<p>{left_out}</p>"
    return (
        f'<div class="two"><div>{left_out}{conversation_html(transcript, since=since)}</div>'
        f'<div class="side">{state_map_html(transcript.state)}</div></div>'
    )
