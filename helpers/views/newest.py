"""What is shown of something very long: its end, and a sentence that says what is left out."""

from __future__ import annotations

from typing import Final

from helpers.wire.transcript import Transcript

SHOWN: Final = 200  #: exchanges shown of a transcript; a page with thousands is slow in a notebook
MESSAGES: Final = 100  #: messages shown of a mailbox


def newest(transcript: Transcript) -> tuple[int, str]:
    """The number of the exchange with which to begin, and what to say of those before; 0 and "" for all of them."""
    earlier = len(transcript) - SHOWN
    if earlier <= 0:
        return 0, ""
    return transcript[earlier].number, f"{earlier} earlier exchanges are not shown; print(transcript) has them all."
