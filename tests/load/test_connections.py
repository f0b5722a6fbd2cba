"""One lab and two hundred clients at once: nothing is lost, nothing crosses, and the log is complete to the octet.

Part of ``make test``, though a load test: it takes about two seconds of processor time, needs nothing but Python, and
what it finds is no matter of the machine.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from time import perf_counter

import pytest

from helpers.lab import Lab
from helpers.protocol.reply import is_last_line
from helpers.wire.events import EventKind

CLIENTS = 200
MESSAGES = 4  #: of each client; and a refused recipient, a pipelined group and a reset besides
MOST_SECONDS = 20
PEOPLE = ("alice", "bob", "carol")


@dataclass
class Client:
    """A client with its number in all that it says, and every octet of both directions."""

    number: int
    sent: bytearray = field(default_factory=bytearray)
    got: bytearray = field(default_factory=bytearray)
    codes: list[int] = field(default_factory=list)

    @property
    def tls(self) -> bool:
        return self.number % 10 == 0

    def letter(self, n: int) -> bytes:
        """A message that nobody else has: long enough for several packets, with dots to stuff."""
        line = hashlib.sha256(f"{self.number} {n}".encode()).hexdigest().encode()
        body = [line, b".", b"..", b"." + line] * (5 + self.number % 40)
        return b"\r\n".join([b"Subject: %d of %d" % (n, self.number), b"", *body, b""])

    def recipients(self, n: int) -> list[str]:
        return [f"{PEOPLE[(self.number + n) % 3]}@lab.example", f"{PEOPLE[(self.number + n + 1) % 3]}@lab.example"]

    async def talk(self, lab: Lab, everybody: asyncio.Barrier) -> None:
        reader, writer = await asyncio.open_connection(lab.host, lab.port)

        async def reply() -> int:
            while True:
                line = await reader.readuntil(b"\n")
                self.got.extend(line)
                if is_last_line(line):
                    self.codes.append(int(line[:3]))
                    return self.codes[-1]

        async def say(octets: bytes, replies: int = 1) -> None:
            self.sent.extend(octets)
            writer.write(octets)
            await writer.drain()
            for _ in range(replies):
                await reply()

        try:
            await reply()
            await everybody.wait()  # all are connected before the first says anything
            await say(b"EHLO client%d.example\r\n" % self.number)
            if self.tls:
                await say(b"STARTTLS\r\n")
                await writer.start_tls(lab.client_context(), server_hostname=lab.hostname)
                await say(b"EHLO client%d.example\r\n" % self.number)
            for n in range(MESSAGES):
                sender = b"MAIL FROM:<client%d.%d@else.example>\r\n" % (self.number, n)
                group = [sender, b"RCPT TO:<nobody%d@lab.example>\r\n" % self.number]
                group += [b"RCPT TO:<%s>\r\n" % address.encode() for address in self.recipients(n)]
                if self.number % 2:
                    await say(b"".join([*group, b"DATA\r\n"]), len(group) + 1)
                else:
                    for line in [*group, b"DATA\r\n"]:
                        await say(line)
                stuffed = b"".join(b"." * line.startswith(b".") + line for line in self.letter(n).splitlines(True))
                if self.number % 3:
                    await say(stuffed + b".\r\n")
                else:  # in pieces, cut anywhere
                    half = len(stuffed) // 2 + self.number % 7
                    await say(stuffed[:half], 0)
                    await asyncio.sleep(0)
                    await say(stuffed[half:] + b".\r\n")
            await say(b"QUIT\r\n")
            assert await reader.read() == b""
        finally:
            writer.close()
            await writer.wait_closed()


def test_two_hundred_clients_at_once() -> None:
    clients = [Client(number) for number in range(CLIENTS)]

    async def run(lab: Lab) -> None:
        everybody = asyncio.Barrier(CLIENTS)
        async with asyncio.timeout(MOST_SECONDS), asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.talk(lab, everybody))

    with Lab("open", name="load", transport="sockets") as lab:
        began = perf_counter()
        asyncio.run(run(lab))
        assert perf_counter() - began < MOST_SECONDS
        check(lab, clients)


def check(lab: Lab, clients: list[Client]) -> None:
    of_messages = [250, 550, 250, 250, 354, 250] * MESSAGES
    for client in clients:
        assert client.codes == [220, 250, *[220, 250] * client.tls, *of_messages, 221], client.number

    # the log has what each client sent and got, to the octet and under one number
    logged: dict[tuple[int, EventKind], bytearray] = defaultdict(bytearray)
    for event in lab.transcript().events:
        if event.kind in (EventKind.CLIENT, EventKind.SERVER):
            logged[event.connection, event.kind] += event.data
    numbers = {bytes(octets).split(b"\r\n")[0]: number for (number, kind), octets in logged.items() if kind == "client"}
    assert len(numbers) == len(clients)
    for client in clients:
        number = numbers[b"EHLO client%d.example" % client.number]
        assert logged[number, EventKind.CLIENT] == client.sent
        assert logged[number, EventKind.SERVER] == client.got
    times = [event.time for event in lab.log.events]
    assert times == sorted(times)
    assert all(connection.closed == "server" for connection in lab.transcript().connections)

    # every message is in its mailboxes once, as it was sent, with its own envelope
    expected = {
        (f"client{client.number}.{n}@else.example", address): client.letter(n)
        for client in clients
        for n in range(MESSAGES)
        for address in client.recipients(n)
    }
    found = [(message.sender, address, message) for address, box in lab.mailboxes.items() for message in box]
    assert Counter((sender, address) for sender, address, _ in found) == Counter(expected.keys())
    for sender, address, message in found:
        assert message.raw == expected[sender, address]
    assert len({message.identifier for _, _, message in found}) == len(clients) * MESSAGES
    assert not lab._live


def test_octets_that_went_astray_would_be_seen() -> None:
    """The check itself finds one octet more in the log."""
    clients = [Client(1)]
    with Lab("open", name="load", transport="sockets") as lab:
        asyncio.run(clients[0].talk(lab, asyncio.Barrier(1)))
        check(lab, clients)
        lab.log.add(EventKind.CLIENT, 1, b"x")
        with pytest.raises(AssertionError):
            check(lab, clients)
