"""Runs inside Pyodide: the course without sockets and threads. The result of the file is its last line."""

import json
import sys

from helpers import Lab

lab = Lab("open")
session = lab.connect()
for line in (
    "EHLO laptop.example",
    "MAIL FROM:<alice@lab.example>",
    "RCPT TO:<bob@lab.example>",
    "DATA",
):
    session.send(line)
session.send_data(b"Subject: From a browser\r\n\r\n.A line that begins with a dot.\r\n")
session.send("QUIT")
[message] = lab.mailbox("bob@lab.example")

json.dumps(
    {
        "platform": sys.platform,
        "transport": lab.transport,
        "codes": [exchange.reply.code for exchange in lab.transcript()],
        "closed": session.closed,
        "raw": message.raw.decode(),
        "loaded": sorted({"ipywidgets", "trustme", "jupyterlab"} & set(sys.modules)),
    }
)
