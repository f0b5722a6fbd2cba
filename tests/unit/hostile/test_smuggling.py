"""SMTP smuggling: an end of data that one server takes for text and the next for the end.

The end is CR LF . CR LF and nothing else (RFC 5321 4.1.1.4, and 2.3.8 for lone CR and LF). The sequences below are
those published and scanned for:

- SEC Consult, "SMTP Smuggling – Spoofing E-Mails Worldwide" (18 December 2023), and the list ``inbound_eod_sequences``
  and ``outbound_eod_sequences`` of its author's scanner, github.com/The-Login/SMTP-Smuggling-Tools;
- Postfix, "SMTP Smuggling" (postfix.org/smtp-smuggling.html), CVE-2023-51764: LF . CR LF and LF . LF;
- Sendmail CVE-2023-51765 and Exim CVE-2023-51766: LF . CR LF; aiosmtpd CVE-2024-27305: LF . CR LF;
- github.com/hannob/smtpsmug, its ``tests``: also CR LF . LF, CR LF . CR, and NUL before and after the dot;
- github.com/suuhm/smtp_smuggling_checker.py: NUL with other line ends, and LF LF . CR LF.
"""

from __future__ import annotations

import pytest

from helpers.lab import Lab
from helpers.lab.profiles import profile_names
from tests.unit.hostile.conftest import Start
from tests.unit.hostile.talk import ALICE, BOB, ready, still_works
from tests.unit.lab.talk import MAIL, RCPT

ENDS = [
    # The-Login/SMTP-Smuggling-Tools, inbound and outbound
    b"\n.\n",
    b"\n.\r",
    b"\r.\n",
    b"\r.\r",
    b"\n.\r\n",
    b"\r.\r\n",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
    b"\r\n\x00.\r\n",
    # hannob/smtpsmug
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\n.\x00\r\n",
    # suuhm/smtp_smuggling_checker.py
    b"\r\n\x00.\r",
    b"\r\n\x00.\n",
    b"\n\n.\r\n",
    b"\r\n.",
]
#: What servers have fallen for (Postfix, Sendmail, Exim, aiosmtpd: LF . CR LF; the others: the scanners' findings).
#: It also is in LF LF . CR LF.
FALLS_FOR = {b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\n\n.\r\n"}
OUTER = b"From: alice@lab.example\r\nTo: bob@lab.example\r\nSubject: honest\r\n\r\nread on"
FORGED = b"From: bob@lab.example\r\nTo: alice@lab.example\r\nSubject: forged\r\n\r\nyours, Bob\r\n"


def smuggle(lab: Lab, end: bytes, packet: int) -> list[int]:
    """Send an honest message with another transaction behind ``end``, in pieces of this size; the codes that came."""
    inner = b"mail FROM:<bob@lab.example>\r\nrcpt TO:<alice@lab.example>\r\ndata\r\n" + FORGED + b".\r\n"
    with ready(lab) as session:
        for line in (MAIL, RCPT, "DATA"):
            assert session.send(line).ok
        octets = OUTER + end + inner
        return [r.code for n in range(0, len(octets), packet) for r in session.send_raw(octets[n : n + packet])]


@pytest.mark.parametrize("packet", [10_000, 40], ids=["one packet", "small packets"])
@pytest.mark.parametrize("name", profile_names())
def test_no_published_end_of_data_smuggles_a_message(start: Start, name: str, packet: int) -> None:
    lab = start(name)
    for count, end in enumerate(ENDS, 1):
        codes = smuggle(lab, end, packet)
        if name == "naive" and end in FALLS_FOR:
            assert codes == [250, 250, 250, 354, 250], end
            assert lab.mailbox(ALICE)[-1].raw == FORGED, end
            assert lab.mailbox(ALICE)[-1].sender == BOB
            assert b"forged" not in lab.mailbox(BOB)[-1].raw
        else:
            refused = name == "strict" and end.count(b"\n") != end.count(b"\r\n")  # a bare LF in a message: 554
            assert codes == [554 if refused else 250], end
            if not refused:
                assert FORGED in lab.mailbox(BOB)[-1].raw, end  # it all is one message
            forged = [message for message in lab.mailbox(ALICE) if message.sender == BOB]
            assert len(forged) == (sum(e in FALLS_FOR for e in ENDS[:count]) if name == "naive" else 0), end
        # what the learner reads says the same: as many messages as the server took
        accepted = [t for t in lab.transcript().transactions if t.outcome == "accepted"]
        assert len(accepted) == len({m.identifier for box in lab.mailboxes.values() for m in box}), end
        assert len(lab.transcript().connections) == count
    still_works(lab)
