"""Kernels that restart, sleep, work side by side or find no room to write: nothing is lost, and a line says so."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from helpers import Lab
from helpers.exercises.progress import Progress
from tests.unit.interruptions.kernel import ROOT, Kernel

LAB = "from helpers import Lab, check\nlab = Lab('open')\nprint(lab.port)"


def outside(port: str) -> socket.socket:
    """A client in a terminal: connected, and greeted."""
    client = socket.create_connection(("127.0.0.1", int(port)), 10)
    assert client.recv(200).startswith(b"220 ")
    return client


def said_until_the_end(client: socket.socket) -> bytes:
    """All that comes until the connection ends, which it must within seconds."""
    octets = b""
    with suppress(ConnectionResetError):
        while more := client.recv(4096):
            octets += more
    return octets


def test_a_restart_with_clients_open(tmp_path: Path) -> None:
    with Kernel(tmp_path) as kernel:
        port = kernel.works(LAB)
        kernel.works("session = lab.connect()\nsession.send('EHLO laptop.example')\nsession.send('STARTTLS')")
        with outside(port) as client:
            client.settimeout(10)
            began = time.monotonic()
            kernel.restart()
            assert time.monotonic() - began < 15
            # the lab says goodbye where the kernel ends in order (RFC 5321 3.8); ended it has in any case
            assert said_until_the_end(client) in (b"", b"421 4.3.2 mail.lab.example Service shutting down\r\n")
        again = kernel.works(LAB)
        with outside(again) as client:
            client.sendall(b"NOOP\r\n")
            assert client.recv(200).startswith(b"250 ")
        lost = kernel.run("session.send('NOOP')")
        assert lost.error == "NameError"  # Python's own sentence: the cells above have not run since
        assert "Traceback" not in kernel.errors()


def test_two_notebooks_at_once(tmp_path: Path) -> None:
    """The same lab names, and one progress file: each has its own lab, and no update is lost."""
    folder = tmp_path / "progress"
    with Kernel(tmp_path, SPEAK_SMTP_PROGRESS_DIR=str(folder)) as one:
        with Kernel(tmp_path, SPEAK_SMTP_PROGRESS_DIR=str(folder)) as two:
            assert one.works(LAB) != two.works(LAB)
            record = "from helpers import progress\nfor n in range(1, 31): progress.current().record(f'{0}.q{{n}}')"
            cells = [kernel.begin(record.format(name)) for kernel, name in ((one, "01"), (two, "02"))]
            assert [kernel.end(cell).error for kernel, cell in zip((one, two), cells, strict=True)] == ["", ""]
            session = "session = lab.connect()\nprint(session.send('EHLO laptop.example').code, session.connection)"
            assert one.works(session) == two.works(session) == "250 1"
            for kernel in (one, two):
                assert kernel.works("print(len(progress.done()))") == "60"
    assert len(json.loads((folder / "progress.json").read_text())["done"]) == 60


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal on Windows")
def test_a_laptop_that_sleeps(tmp_path: Path) -> None:
    """The process stands still for longer than the server waits for a client; both were asleep, or only one was."""
    with Kernel(tmp_path) as kernel:
        port = kernel.works(LAB)
        kernel.works("session = lab.connect()\nsession.send('EHLO laptop.example')")
        with outside(port) as client:
            client.sendall(
                b"EHLO terminal.example\r\nMAIL FROM:<alice@lab.example>\r\nRCPT TO:<bob@lab.example>\r\nDATA\r\n"
            )
            while not client.recv(4096).rstrip().endswith(b"<CR><LF>.<CR><LF>"):
                pass
            kernel.sleeps(1.5)
            client.sendall(b"Subject: after the nap\r\n\r\n.\r\n")
            assert client.recv(200).startswith(b"250 ")
        # short of the idle timeout, the conversation goes on where it was
        assert kernel.works("print(session.send('NOOP').code, len(lab.mailbox('bob@lab.example')))") == "250 1"
        # beyond it, the server says why it has hung up (RFC 5321 4.5.3.2.7)
        kernel.works(
            "from dataclasses import replace\nlab.policy = replace(lab.policy, timeout=1)\nsession = lab.connect()"
        )
        kernel.sleeps(2)
        time.sleep(0.2)
        assert kernel.works("reply = session.send('NOOP'); print(reply.code, reply.enhanced)") == "421 4.4.2"
        gone = kernel.run("session.send('NOOP')")
        assert gone.error == "ConnectionClosed"
        assert "lab.connect()" in gone.traceback
        assert "Traceback" not in kernel.errors()


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    """What is done is kept as long as the kernel, a line says so once, and the code takes it along."""
    (tmp_path / "home").write_text("a file where the folder should be: also root cannot write into it")
    with Kernel(tmp_path, SPEAK_SMTP_PROGRESS_DIR=str(tmp_path / "home" / "progress")) as kernel:
        kernel.works("from helpers import progress\nfrom helpers.exercises.front import note_done")
        told = kernel.works("for done in ('01.b', '01.c', '01.q1'): note_done(done)")
        assert told.count("Progress is kept in this kernel only") == 1
        assert "progress.export() gives a code" in told
        code = kernel.works("print(progress.export())")
    later = Progress(tmp_path / "elsewhere")
    later.load(code)
    assert later.done() >= {"01.b", "01.c", "01.q1"}


ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from helpers import Lab
from helpers.exercises.progress import Progress
kept = Progress(Path(sys.argv[1]))
# from here on no file can grow beyond a few octets: the write fails in its middle, as on a disk that is full
resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
kept.record("01.b")
print(kept.news())
print(sorted(kept.done()), kept.export())
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
kept.record("01.c")
print(kept.news())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_disk_that_is_full_in_the_middle_of_a_write(tmp_path: Path) -> None:
    Progress(tmp_path).record("01.a")
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    line, known, afterwards = done.stdout.splitlines()
    assert line.startswith("Progress is kept in this kernel only")
    assert "progress.export()" in line
    assert known.startswith("['01.a', '01.b'] SMTP-")
    assert afterwards == "None"
    assert Progress(tmp_path).done() == {"01.a", "01.b", "01.c"}
    assert list(tmp_path.glob(".progress-*")) == []


@pytest.mark.parametrize("transport", ["sockets", "memory"])
def test_no_room_for_a_certificate(transport: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL reads it from a file. RFC 3207 4: 454, TLS not available due to temporary reason; and then it is."""
    (tmp_path / "file").write_text("no folder")
    with Lab("open", transport=transport) as lab, lab.connect() as session:
        session.send("EHLO laptop.example")
        with monkeypatch.context() as patched:
            patched.setattr("tempfile.tempdir", str(tmp_path / "file"))
            assert session.send("STARTTLS").code == 454
        assert "no certificate could be made (Not a directory)" in str(lab.transcript())
        assert session.send("NOOP").code == 250
        assert session.send("STARTTLS").code == 220
        assert session.send("EHLO laptop.example").code == 250
