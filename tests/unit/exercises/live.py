"""Lines said to a live lab as a learner sends them."""

from __future__ import annotations

from helpers import Lab
from helpers.lab import running_labs
from helpers.session import ConnectionClosed


def stop_all() -> None:
    for lab in running_labs():
        lab.stop()


def say(lab: Lab, *conversations: list[str]) -> None:
    """Send lines as they are, a list a connection."""
    for lines in conversations:
        session = lab.connect()
        for line in lines:
            try:
                session.send(line)
            except ConnectionClosed:
                break
        session.close()
