"""Who lives in the lab: users, mailboxes, lists, and the recipients that answer specially."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from helpers.lab.data_files import load


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can log in."""

    local_part: str
    name: str
    password: str
    mechanisms: tuple[str, ...] = ()  #: the only mechanisms this account takes; empty: any


@dataclass(frozen=True, slots=True)
class MailingList:
    """A list and the local-parts of its members."""

    members: tuple[str, ...]
    private: bool = False


@dataclass(frozen=True, slots=True)
class SpecialRecipient:
    """A recipient that answers RCPT in its own way."""

    reply: str
    meaning: str
    forward: str | None = None  #: where its mail goes (251)
    greylist_minutes: int = 0


class People:
    """Everybody at one domain. Local-parts are compared without regard to case, as most servers do."""

    def __init__(self, domain: str) -> None:
        data = load("people")
        self.domain = domain
        self.users = {
            key: User(key, entry["name"], entry["password"], tuple(entry.get("mechanisms", ())))
            for key, entry in data["users"].items()
        }
        self.protected = frozenset(data["protected"])
        self.names = {key: user.name for key, user in self.users.items()} | data["mailboxes"]
        self.lists = {
            key: MailingList(tuple(entry["members"]), entry.get("private", False))
            for key, entry in data["lists"].items()
        }
        self.special = {
            key: SpecialRecipient(
                entry["reply"].format(domain=domain),
                entry["meaning"],
                entry.get("forward"),
                entry.get("greylist_minutes", 0),
            )
            for key, entry in data["recipients"].items()
        }

    def address(self, local_part: str) -> str:
        return f"{local_part}@{self.domain}"

    def is_local(self, domain: str) -> bool:
        """Whether this domain is served here; a bare ``postmaster`` has none and is."""
        return not domain or domain.lower() == self.domain

    def is_protected(self, domain: str) -> bool:
        """Whether mail in the name of this foreign domain must be proven to come from it."""
        return any(f".{domain.lower()}".endswith(f".{name}") for name in self.protected)

    def deliver_to(self, local_part: str) -> tuple[str, ...]:
        """The mailboxes that mail for this local-part lands in; empty when there is none."""
        key = local_part.lower()
        if key in self.names:
            return (self.address(key),)
        if key in self.lists:
            return tuple(self.address(member) for member in self.lists[key].members)
        special = self.special.get(key)
        if special is None:
            return ()
        return (self.address(special.forward or key),)

    def matching(self, key: str) -> list[tuple[str, str]]:
        """(full name, address) of all whom this may mean: a local-part, or words of a name, in lower case."""
        if key in self.names:
            return [(self.names[key], self.address(key))]
        words = set(key.split())
        return [
            (name, self.address(who)) for who, name in self.names.items() if words and words <= {*name.lower().split()}
        ]


@cache
def people(domain: str) -> People:
    """Everybody at ``domain``."""
    return People(domain)
