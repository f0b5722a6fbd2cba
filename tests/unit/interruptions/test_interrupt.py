"""The interrupt button: during a send, in a loop of sends, in a widget's handler. A line says what happened."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.interruptions.kernel import Kernel

SLOW_SERVER = """
import threading
from pathlib import Path
from helpers.lab.dialogue import Dialogue
quick = Dialogue._METHODS["NOOP"]
begun, go_on = Path(BEGUN), threading.Event()
def slow(dialogue, argument):
    begun.touch()
    go_on.wait(5)
    return quick(dialogue, argument)
def be_slow():
    begun.unlink(missing_ok=True)
    go_on.clear()
    Dialogue._METHODS["NOOP"] = slow
def be_quick():
    go_on.set()
    Dialogue._METHODS["NOOP"] = quick
"""
STILL_WORKS = """
with lab.connect() as fresh:
    for line in ("EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>", "DATA"):
        assert fresh.send(line).ok, line
    print(fresh.send_data("Subject: x").code, fresh.send("QUIT").code, len(lab.transcript()) > 0)
"""


@pytest.fixture(scope="module", params=["sockets", "memory"])
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder: Path = tmp_path_factory.mktemp("kernel")
    with Kernel(folder, SPEAK_SMTP_TRANSPORT=request.param) as kernel:
        begun = f"BEGUN = {str(kernel.begun)!r}\n"
        kernel.works("from helpers import CommandPicker, Lab\nlab = Lab('open')\n" + begun + SLOW_SERVER)
        yield kernel
        assert "Traceback" not in kernel.errors()


@pytest.fixture(autouse=True)
def _quick_again(kernel: Kernel) -> Iterator[None]:
    yield
    kernel.works("be_quick()")


def interrupted(kernel: Kernel, code: str, after: float) -> str:
    cell = kernel.begin("print('begun', flush=True)\n" + code)
    kernel.end(cell, printed="begun")  # an idle kernel takes no notice of an interrupt
    time.sleep(after)
    return kernel.interrupt(cell).error


@pytest.mark.parametrize("call", ["send('NOOP')", "send_raw(b'NOOP\\r\\n')"])
def test_during_a_send(kernel: Kernel, call: str) -> None:
    kernel.works("session = lab.connect()\nsession.send('EHLO laptop.example')\nbe_slow()")
    cell = kernel.begin(f"session.{call}")
    kernel.wait_for_the_server()
    result = kernel.interrupt(cell)
    assert result.error == "Interrupted"
    assert result.traceback.strip() == (
        "Interrupted: you interrupted this while it was sending or waiting for a reply, so the connection was closed. "
        "Open a new one with lab.connect()."
    )
    kernel.works("be_quick()")
    # never the reply to another command
    again = kernel.run("session.send('VRFY alice')")
    assert again.error == "ConnectionClosed"
    assert "lab.connect()" in again.traceback
    assert kernel.works(STILL_WORKS) == "250 221 True"


def test_anywhere_in_a_loop_of_sends(kernel: Kernel) -> None:
    """Wherever the interrupt strikes: in our code, in the event loop, between two sends."""
    for round_ in range(12):
        loop = "session = lab.connect()\nwhile True: assert session.send('VRFY alice').code == 250"
        error = interrupted(kernel, loop, 0.01 + 0.007 * round_)
        assert error in ("Interrupted", "KeyboardInterrupt")
        assert kernel.works(STILL_WORKS) == "250 221 True"
    # the loop that the kernel itself runs on is as it was
    assert (
        kernel.works("import asyncio\nawait asyncio.sleep(0.01)\nprint(asyncio.current_task() is not None)") == "True"
    )


def test_during_a_widget_action(kernel: Kernel) -> None:
    """The handler of a button is stopped; the widget says what happened and offers a new connection."""
    kernel.works("picker = CommandPicker(lab)\npicker.choose('NOOP')\nbe_slow()\nbutton = picker.send_button")
    identifier = kernel.works("print(button.comm.comm_id)")
    click = {"comm_id": identifier, "data": {"method": "custom", "content": {"event": "click"}}}
    message = kernel.client.session.msg("comm_msg", click)
    kernel.client.shell_channel.send(message)
    kernel.wait_for_the_server()
    kernel.interrupt(message["header"]["msg_id"])
    kernel.works("be_quick()")
    told = kernel.works("import re\nprint(re.sub('<[^>]*>', ' ', picker.notice.value))")
    assert "you interrupted this" in told
    assert kernel.works("print(picker.reconnect_button.layout.display)") == "None"
    assert kernel.works("print(picker.reconnect().code, picker.send('NOOP').code)") == "220 250"
    assert kernel.works(STILL_WORKS) == "250 221 True"


def test_smtplib_waiting_for_a_slow_server(kernel: Kernel) -> None:
    if kernel.works("print(lab.transport)") == "memory":
        return  # there nobody waits: the lab's clock moves
    kernel.works("client = lab.smtplib()\nlab.fault('NOOP', delay=60, times=1)")
    error = interrupted(kernel, "client.noop()", 0.5)
    assert error == "KeyboardInterrupt"
    kernel.works("client.close()\nlab.clear_faults()")
    assert kernel.works(STILL_WORKS) == "250 221 True"
