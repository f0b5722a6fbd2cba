"""The server at work: a round trip, whole sessions, a long message."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Callable
from time import perf_counter
from typing import Protocol

from helpers.lab import Lab
from helpers.session import Pipe
from tests.benchmarks.rounds import Rounds, interleaved
from tests.benchmarks.stock import StockServer

STOCK, SOCKETS, MEMORY = "stock aiosmtpd", "lab, sockets", "lab, memory"
ALICE, BOB = "alice@lab.example", "bob@lab.example"
LETTER = (
    "Date: Mon, 05 Jan 2026 09:00:00 +0000\r\nFrom: alice@lab.example\r\nTo: bob@lab.example\r\nSubject: Hello\r\n\r\n"
    + "A line of an ordinary letter, not too long and not too short.\r\n" * 10
)


class Server(Protocol):
    """Where a client connects to."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


class Line:
    """A connection with nothing of a mail client around it: octets out, octets in."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection((server.host, server.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read()
        self.ask(b"EHLO laptop.example\r\n")

    def read(self) -> bytes:
        octets = b""
        while not octets.endswith(b"\n") or octets[octets[:-1].rfind(b"\n") + 4 :][:1] == b"-":
            octets += self.socket.recv(65536)
        return octets

    def ask(self, octets: bytes) -> bytes:
        self.socket.sendall(octets)
        return self.read()


def round_trip(times: int, rounds: int) -> Rounds:
    """Seconds for a NOOP and its reply."""
    lab, memory = Lab("open", name="bench", transport="sockets"), Lab("open", name="bench-memory", transport="memory")
    with StockServer() as stock, lab, memory:
        lines = {STOCK: Line(stock), SOCKETS: Line(lab)}
        pipe: Pipe = memory._transport.connect()
        pipe.read()
        pipe.write(b"EHLO laptop.example\r\n")
        pipe.read()

        def on_socket(line: Line) -> Callable[[], float]:
            send, receive = line.socket.sendall, line.socket.recv

            def measure() -> float:
                began = perf_counter()
                for _ in range(times):
                    send(b"NOOP\r\n")
                    receive(4096)
                return (perf_counter() - began) / times

            return measure

        def in_memory() -> float:
            began = perf_counter()
            for _ in range(times):
                pipe.write(b"NOOP\r\n")
                pipe.read()
            return (perf_counter() - began) / times

        measures = {name: on_socket(line) for name, line in lines.items()} | {MEMORY: in_memory}
        result = interleaved(measures, rounds)
        for line in lines.values():
            assert line.ask(b"QUIT\r\n").startswith(b"221 ")
            line.socket.close()
        assert sum(e.verb == "NOOP" for e in lab.transcript()) == times * rounds, "all of it has been recorded"
        return result


def sessions(clients: int, each: int, rounds: int) -> Rounds:
    """Sessions a second: smtplib connects, says EHLO, sends a letter and quits; ``clients`` threads at once."""
    lab = Lab("open", name="bench", transport="sockets")
    with StockServer() as stock, lab:

        def against(server: Server) -> Callable[[], float]:
            def one_client() -> None:
                for _ in range(each):
                    with smtplib.SMTP(server.host, server.port, local_hostname="laptop.example", timeout=60) as client:
                        client.sendmail(ALICE, [BOB], LETTER)

            def measure() -> float:
                threads = [threading.Thread(target=one_client) for _ in range(clients)]
                began = perf_counter()
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                return clients * each / (perf_counter() - began)

            return measure

        result = interleaved({STOCK: against(stock), SOCKETS: against(lab)}, rounds)
        assert len(stock.keeper.messages) == len(lab.mailbox(BOB)) == clients * each * rounds
        return result


def long_message(size: int, rounds: int) -> Rounds:
    """MiB a second of a message of ``size`` octets after DATA, from the first octet to the reply."""
    text = b"x" * 74 + b"\r\n"
    header = b"Subject: Long\r\n\r\n"
    content = header + text * ((size - len(header)) // len(text))
    octets = content + b".\r\n"
    with StockServer() as stock:

        def measure(server: Server) -> float:
            line = Line(server)
            for command in (f"MAIL FROM:<{ALICE}>", f"RCPT TO:<{BOB}>", "DATA"):
                assert line.ask(f"{command}\r\n".encode())[:1] in b"23"
            began = perf_counter()
            reply = line.ask(octets)
            taken = perf_counter() - began
            assert reply.startswith(b"250 "), reply
            line.ask(b"QUIT\r\n")
            line.socket.close()
            return len(octets) / 2**20 / taken

        def on_stock() -> float:
            speed = measure(stock)
            assert stock.keeper.messages.pop()[2] == content
            return speed

        def on_lab() -> float:
            with Lab("open", name="bench", transport="sockets") as lab:
                speed = measure(lab)
                assert lab.mailbox(BOB)[0].raw == content
            return speed

        return interleaved({STOCK: on_stock, SOCKETS: on_lab}, rounds)
