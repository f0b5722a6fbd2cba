"""What goes wrong in a control's callback: raised, nobody would see it, so the widget says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from helpers.session import Interrupted, SessionError
from helpers.views.markup import escaped
from helpers.widgets.contact import LabGone

#: Errors whose message is written for the learner.
_PLAIN: Final = (LabGone, SessionError, Interrupted, ValueError, TypeError)


@contextmanager
def told(say: Callable[[str], None]) -> Iterator[None]:
    """Do what a control asks for; what goes wrong is said in a sentence and not raised, an interrupt neither."""
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        say(in_words(error))


def in_words(error: BaseException) -> str:
    """An error in a sentence for the learner."""
    if isinstance(error, _PLAIN) and str(error):
        return str(error)
    interrupted = isinstance(error, KeyboardInterrupt)
    what = "You interrupted this" if interrupted else f"Something went wrong in this widget ({_named(error)})"
    return f"{what}. The lab still runs: try again, or open a new connection."


def alert(sentence: str) -> str:
    """The sentence as HTML that is read out at once."""
    return f'<div class="body" role="alert">✕ {escaped(sentence)}</div>'


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
