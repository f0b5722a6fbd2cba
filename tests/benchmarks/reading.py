"""A long transcript: read from the log, and shown."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

from helpers.lab import Lab
from helpers.views import conversation_html, conversation_text
from helpers.wire.events import WireEvent
from helpers.wire.transcript import Transcript
from tests.benchmarks.rounds import Rounds, interleaved

TRANSACTION = (
    (b"MAIL FROM:<alice@lab.example>\r\n", 1),
    (b"RCPT TO:<bob@lab.example>\r\n", 1),
    (b"RCPT TO:<nobody@lab.example>\r\n", 1),
    (b"DATA\r\n", 1),
    (b"Subject: Hello\r\n\r\nA letter of two lines,\r\nand this is the second.\r\n.\r\n", 1),
    (b"NOOP\r\n", 1),
    (b"MAIL FROM:<bob@lab.example>\r\nRCPT TO:<alice@lab.example>\r\nRSET\r\n", 3),  # pipelined
    (b"VRFY carol\r\n", 1),
)
STEPS = ("parse", "text", "HTML")


def log_of(exchanges: int) -> list[WireEvent]:
    """The wire log of one connection with at least so many exchanges."""
    with Lab("open", name="bench-log", transport="memory") as lab:
        pipe = lab._transport.connect()
        pipe.write(b"EHLO laptop.example\r\n")
        said = 2
        while said < exchanges:
            for octets, count in TRANSACTION:
                pipe.write(octets)
                said += count
        pipe.close()
        assert len(lab.transcript()) == said
        return list(lab.log.events)


def growth(sizes: tuple[int, int], rounds: int) -> Rounds:
    """Seconds of processor time an exchange, for each step and each size: ``"parse 1000"``."""
    measures: dict[str, Callable[[], float]] = {}
    for size in sizes:
        events = log_of(size)
        transcript = Transcript.from_events(events)
        for step, work in (
            ("parse", lambda events=events: Transcript.from_events(events)),
            ("text", lambda transcript=transcript: conversation_text(transcript)),
            ("HTML", lambda transcript=transcript: conversation_html(transcript)),
        ):
            measures[f"{step} {size}"] = _timed(work, len(transcript))
    return interleaved(measures, rounds)


def _timed(work: Callable[[], object], exchanges: int) -> Callable[[], float]:
    def measure() -> float:
        began = process_time()
        work()
        return (process_time() - began) / exchanges

    return measure
