"""What a sender wished about notices: the parameters of MAIL and RCPT that belong to the extension DSN.

Source: RFC 3461 4 (the parameters), 5.2.1 and 5.2.2 (relaying), 5.2.6 (when a notice of failure is due).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_ENCODED = re.compile(r"\+([0-9A-F]{2})")


def value(parameters: Iterable[str], keyword: str) -> str | None:
    """The value of ``KEYWORD=value`` among the parameters of a command, None without it."""
    for parameter in parameters:
        name, _, given = parameter.partition("=")
        if name.upper() == keyword:
            return given
    return None


def decoded(xtext: str) -> str:
    """What stands behind an xtext (RFC 3461 4)."""
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), xtext)


def wants_failure(parameters: Sequence[str]) -> bool:
    """Whether a failure is to be told for the recipient of this RCPT (RFC 3461 5.2.6): without NOTIFY it is."""
    notify = value(parameters, "NOTIFY")
    return notify is None or "FAILURE" in notify.upper().split(",")


def wants_whole_message(parameters: Sequence[str]) -> bool:
    """Whether this MAIL asked for the message and not only its headers (RFC 3461 4.3)."""
    return (value(parameters, "RET") or "").upper() == "FULL"


def passed_on(parameters: Iterable[str], keywords: Sequence[str]) -> str:
    """These parameters for the command to the next server, as they came (RFC 3461 5.2.1)."""
    return "".join(f" {given}" for given in parameters if given.partition("=")[0].upper() in keywords)
