"""Ten thousand exchanges: what is shown stays short and says what it leaves out, and the time grows with the length."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import cache
from time import process_time
from typing import Any

import pytest

from helpers import CommandPicker, Console, Lab, Transcript, compare, sequence, show_bytes, take_apart
from helpers.session import Session
from helpers.views import as_session, as_smtplib
from tests.unit.hostile.conftest import Start
from tests.unit.hostile.talk import BOB, still_works
from tests.unit.lab.talk import BODY, EHLO, MAIL, RCPT

TURN = (MAIL, RCPT, "VRFY nobody", "NOOP <script>", "DATA")


def long_talk(lab: Lab, exchanges: int) -> Session:
    """A session with that many exchanges: messages, refusals, pipelined groups, long lines."""
    session = lab.connect()
    session.send(EHLO)
    said = 2
    while said < exchanges:
        session.send_raw("".join(f"{line}\r\n" for line in TURN).encode())
        session.send_data(BODY)
        session.send("NOOP " + "x" * 400)
        said += len(TURN) + 2
    return session


@pytest.fixture
def long(start: Start) -> tuple[Lab, Session]:
    lab = start("open")
    return lab, long_talk(lab, 10_000)


def html_of(shown: Any) -> str:
    return str(shown._repr_mimebundle_()["text/html"])


def test_what_is_shown_of_it_is_short_and_says_what_is_left_out(long: tuple[Lab, Session]) -> None:
    lab, session = long
    transcript = lab.transcript()
    assert len(transcript) >= 10_000
    assert len(lab.mailbox(BOB)) > 1_400
    for shown in (transcript, show_bytes(transcript), sequence(transcript)):
        for form, text in shown._repr_mimebundle_().items():
            assert len(text) < 300_000, form
            assert f"{len(transcript) - 200} earlier exchanges are not shown" in text, form
    for form, text in lab.mailbox(BOB)._repr_mimebundle_().items():
        assert len(text) < 300_000, form
        assert f"{len(lab.mailbox(BOB)) - 100} earlier messages not shown" in text, form
    for html in (html_of(lab.eavesdrop()), html_of(compare(transcript, transcript)), html_of(take_apart(transcript))):
        assert len(html) < 300_000
    assert str(transcript).count("\n") > 20_000  # what says that it has them all has them all
    for bench in (CommandPicker(lab, session=session), Console(lab, session=session)):
        before = len(lab.log)
        bench.send("NOOP")
        assert len(lab.log) == before + 2
        assert len(str(bench.get_state())) < 300_000
        assert "earlier exchanges" in bench.conversation._left_out.value
    session.close()
    still_works(lab)


def test_the_picker_shows_each_of_its_views(long: tuple[Lab, Session]) -> None:
    lab, session = long
    picker = CommandPicker(lab, session=session)
    for view in ("Bytes", "Sequence", "Mailbox", "As code"):
        picker.panels.choose(view)
        assert len(picker.panels.view.value) < 300_000, view
    session.close()


@cache
def transcript_of(exchanges: int) -> Transcript:
    with Lab("open", name="long", transport="memory") as lab:
        long_talk(lab, exchanges).close()
        return lab.transcript()


@cache
def text_of(exchanges: int) -> str:
    return str(transcript_of(exchanges))


WORK: dict[str, Callable[[int], object]] = {
    "read from the log": lambda size: Transcript.from_events(transcript_of(size).events),
    "read from a paste": lambda size: Transcript.from_text(text_of(size)),
    "shown": lambda size: transcript_of(size)._repr_mimebundle_(),
    "as octets": lambda size: show_bytes(transcript_of(size))._repr_mimebundle_(),
    "as a sequence": lambda size: sequence(transcript_of(size))._repr_mimebundle_(),
    "logins": lambda size: take_apart(transcript_of(size)),
    "as code": lambda size: (as_session(transcript_of(size)), as_smtplib(transcript_of(size))),
    "transactions": lambda size: transcript_of(size).transactions,
}


@pytest.mark.parametrize("work", WORK.values(), ids=list(WORK))
def test_the_time_grows_with_the_length(work: Callable[[int], object]) -> None:
    """Four times the exchanges take about four times the time; sixteen times would be quadratic."""

    def seconds(exchanges: int) -> float:
        work(exchanges)
        taken = []
        gc.disable()  # its pauses grow with everything else that the test run holds
        try:
            for _ in range(3):
                began = process_time()
                work(exchanges)
                taken.append(process_time() - began)
        finally:
            gc.enable()
        return min(taken)

    assert seconds(4_000) < 10 * max(seconds(1_000), 2e-4)


def test_a_log_of_many_connections_grows_with_their_number(start: Start) -> None:
    def seconds(connections: int) -> float:
        lab = start("open", name=f"{connections} connections")
        for _ in range(connections):
            with lab.connect() as session:
                session.send("QUIT")
        taken = []
        for _ in range(3):
            began = process_time()
            html_of(lab.transcript())
            taken.append(process_time() - began)
        return min(taken)

    assert seconds(400) < 10 * seconds(100)
