"""The outgoing queue: for every message and recipient its state, what was tried, and what comes next."""

from __future__ import annotations

from typing import Final

from helpers.views.glyphs import Mark
from helpers.views.mailbox import EMPTY, mailbox_html
from helpers.views.markup import clipped, count, escaped
from helpers.wire.queue import STATES, Delivery, DeliveryState, Queue, clock_time, in_words

_ACCENTS: Final = {
    DeliveryState.WAITING: "soft",
    DeliveryState.DEFERRED: "later",
    DeliveryState.DELIVERED: "ok",
    DeliveryState.BOUNCED: "no",
    DeliveryState.DISCARDED: "no",
}

_COLUMNS: Final = ("for", "state", "in the queue", "last reply", "next attempt")
#: Beside the one stylesheet: on a narrow page the rows stack, and each cell says which column it is of.
_STYLE: Final = (
    "@media (max-width:760px){.smtp .queue thead{display:none}.smtp.smtp .queue tr>*{flex:1 1 100%;border:0}"
    ".smtp .queue tr{border-top:1px solid var(--line);padding:4px 0}"
    ".smtp .queue td::before{content:attr(data-column) ': ';color:var(--soft);font-size:.86em}}"
)


def queue_html(queue: Queue) -> str:
    """The queue as a table, a row for each recipient; the attempts and the messages are folded."""
    heading = (
        f'<p class="cap">{escaped(queue.title)}: {count(len(queue), "message")}'
        f" ({clock_time(queue.now)} by the lab’s clock)</p>"
    )
    if not queue.deliveries:
        return f'<div class="body">{heading}<p>{EMPTY}</p></div>'
    head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    rows = "".join(map(_row, queue.deliveries))
    attempts = "\n".join(map(escaped, queue.history.split("\n")))
    return (
        f'<div class="body"><style>{_STYLE}</style>{heading}<table class="queue">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f'<details><summary>Every attempt</summary><pre class="box">{attempts}</pre></details>'
        f"<details><summary>The messages</summary>{mailbox_html(queue, 'Messages')}</details></div>"
    )


def _whole(address: str) -> str:
    """An address of ordinary length stands on one line."""
    return ' style="white-space:nowrap"' if len(address) <= 30 else ""


def _row(delivery: Delivery) -> str:
    state, recipient = delivery.state, delivery.recipient
    mark = Mark(STATES[state], state, _ACCENTS[state])
    next_attempt = clock_time(delivery.next_attempt) if delivery.next_attempt else "no more"
    cells = (
        f'<span class="{mark.accent}" style="white-space:nowrap">{mark}</span>',
        f"{in_words(delivery.age)}, {count(len(delivery.attempts), 'attempt')}",
        f"<code>{escaped(clipped(delivery.last))}</code>",
        next_attempt,
    )
    told = "".join(f'<td data-column="{name}">{cell}</td>' for name, cell in zip(_COLUMNS[1:], cells, strict=True))
    return (
        f'<tr><th scope="row"><code{_whole(recipient)}>&lt;{escaped(clipped(recipient, 320))}&gt;</code><br>'
        f"<small>{escaped(delivery.message.identifier)}</small></th>{told}</tr>"
    )
