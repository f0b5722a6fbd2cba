"""Every trial of the reference, sent: the lab answers as its entry says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpers import Lab, reference
from helpers.reference.model import Trial


@pytest.fixture(params=["memory", "sockets"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lab_of(transport: str) -> Iterator[object]:
    labs: list[Lab] = []

    def made(profile: str) -> Lab:
        labs.append(Lab(profile, name=f"trial-{transport}-{profile}", transport=transport))
        return labs[-1]

    yield made
    for lab in labs:
        lab.stop()


@pytest.mark.parametrize("trial", reference.trials(), ids=lambda trial: trial.name)
def test_the_last_line_gets_the_reply(lab_of, trial: Trial) -> None:
    session = lab_of(trial.profile).connect()
    *before, last = trial.lines
    for line in before:
        session.send(line)
    reply = session.send(last)
    session.close()
    assert (reply.code, reply.enhanced or "") == (trial.code, trial.enhanced)
    said = "\n".join([*trial.lines, *reply.lines])
    assert all(keyword in said for keyword in trial.keywords)
