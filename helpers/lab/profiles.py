"""Profiles: what a server of the lab offers and demands, as data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal

from helpers.lab.data_files import load
from helpers.protocol.address import Kind


@dataclass(frozen=True, slots=True)
class Profile:
    """A server's policy. What each field means stands at the top of ``data/profiles.toml``."""

    name: str
    title: str
    stands_for: str
    esmtp: bool
    extensions: frozenset[str]
    mechanisms: tuple[str, ...]
    max_size: int  #: octets
    max_recipients: int
    max_errors: int
    max_auth_failures: int
    timeout: int  #: seconds
    tls: Literal["none", "starttls", "implicit"]
    require_tls: bool
    require_auth: bool
    auth_in_clear: bool
    relay: Literal["nobody", "authenticated", "anyone"]
    unknown_users: Literal["refuse", "accept"]
    vrfy: Literal["answer", "noncommittal", "off"]
    expn: Literal["answer", "noncommittal", "off"]
    hello: Literal["any", "syntax", "fqdn"]
    forgive: frozenset[Kind]
    bare_lf: Literal["refuse", "accept"]
    bare_lf_data: Literal["refuse", "accept"]
    lax_end: bool
    undeclared_8bit: Literal["refuse", "accept"]
    greeting_pause: float  #: seconds
    keep_cleartext: bool
    dmarc: Literal["enforce", "ignore"]
    unlisted_params: Literal["refuse", "ignore"]


def profile_names() -> list[str]:
    """The names that ``Lab(...)`` takes, the teaching default first."""
    return [name for name in load("profiles") if name != "defaults"]


@cache
def profile(name: str) -> Profile:
    """The profile of this name.

    Raises:
        ValueError: there is none; the message lists the names.
    """
    tables = load("profiles")
    if name == "defaults" or name not in tables:
        from difflib import get_close_matches

        near = get_close_matches(name, profile_names(), 1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"There is no profile {name!r}.{meant} The profiles are: {', '.join(profile_names())}.")
    entry: dict[str, Any] = {"name": name, **tables["defaults"], **tables[name]}
    unknown = set(entry) - {field.name for field in fields(Profile)}
    if unknown:
        raise ValueError(f"profiles.toml, [{name}]: unknown field {', '.join(sorted(unknown))}")
    entry["extensions"] = frozenset(entry["extensions"])
    entry["forgive"] = frozenset(Kind(kind) for kind in entry["forgive"])
    entry["mechanisms"] = tuple(entry["mechanisms"])
    return Profile(**entry)
