"""STARTTLS injection: commands that somebody on the path puts behind STARTTLS, in clear text, for the time after it.

RFC 3207 4.2 and 6: both sides forget what they learned before the handshake, and what came in clear text must not
count inside TLS. Published cases:

- Wietse Venema, "Plaintext command injection in multiple implementations of STARTTLS" (postfix.org/CVE-2011-0411.html,
  7 March 2011): STARTTLS and RSET in one packet;
- Poddebniak, Ising, Böck, Schinzel, "Why TLS Is Better Without STARTTLS" (USENIX Security 2021,
  nostarttls.secvuln.info) and its command-injection-tester: STARTTLS with EHLO behind it, and for stealing the login a
  whole transaction that ends in DATA, so that the victim's AUTH becomes the text of the attacker's message;
- aiosmtpd CVE-2024-34083 (pull request 380): MAIL behind STARTTLS got around ``require_starttls``.
"""

from __future__ import annotations

import pytest

from helpers.lab import Lab
from helpers.lab.profiles import profile, profile_names
from helpers.session import Session, SessionError
from tests.unit.hostile.conftest import Start
from tests.unit.hostile.talk import ALICE, BOB, Rude, still_works
from tests.unit.lab.talk import EHLO, MAIL, PLAIN_ALICE, RCPT, say

WITH_STARTTLS = [name for name in profile_names() if profile(name).tls == "starttls"]
SAFE = [name for name in WITH_STARTTLS if name != "naive"]
STEAL = (
    b"EHLO evil.example\r\nMAIL FROM:<mallory@evil.example>\r\nRCPT TO:<bob@lab.example>\r\nDATA\r\n"
    b"Subject: loot\r\n\r\n"
)
INJECTED = {
    "RSET (CVE-2011-0411)": b"RSET\r\n",
    "EHLO (command-injection-tester)": b"EHLO commandinjectiontester\r\n",
    "MAIL (CVE-2024-34083)": b"EHLO evil.example\r\nMAIL FROM:<mallory@evil.example>\r\n",
    "a transaction for the victim's login (USENIX 2021)": STEAL,
    "half a line": b"EHLO evil.exam",
    "bare LF": b"EHLO evil.example\nNOOP\n",
    "QUIT": b"QUIT\r\n",
    "nothing of a command": b"\r\n\r\n\x00\xff.\r\n",
}


def upgraded(lab: Lab, injected: bytes, before: tuple[str, ...] = (EHLO,), separate: bool = False) -> Session:
    """A session whose STARTTLS had company: in the same packet, or right behind it and before the client's hello."""
    session = lab.connect()
    say(session, *before)
    if separate:
        session._pipe.write(b"STARTTLS\r\n")
        session._pipe.write(injected)
        reply = session._read_reply()
    else:
        reply = session.send_raw(b"STARTTLS\r\n" + injected)[0]
    assert reply.code == 220
    session.start_tls()
    return session


@pytest.mark.parametrize("injected", INJECTED.values(), ids=list(INJECTED))
@pytest.mark.parametrize("name", SAFE)
def test_what_was_injected_is_never_executed(start: Start, name: str, injected: bytes) -> None:
    lab = start(name)
    with upgraded(lab, injected) as session:
        assert session.send_raw(b"") == []  # no reply to it comes inside TLS
        assert session.send("FAKE commandinjectiontester").code == 500  # the tester's own question
        assert session.send(MAIL).code in (503, 530)  # RFC 3207 4.2: no EHLO has been said, and no AUTH
        reply = session.send(EHLO)
        assert reply.lines[0].endswith("greets laptop.example")
        assert session.send("RCPT TO:<bob@lab.example>").code in (503, 530)
        state = lab.transcript().state
        assert (state.client_name, state.reverse_path, state.authenticated) == ("laptop.example", None, None)
    transcript = lab.transcript()
    assert f"{len(injected)} octets sent before the handshake were thrown away" in str(transcript)
    assert not [e for e in transcript if e.reply and injected.startswith(e.octets) and e.octets]
    assert lab.mailboxes == {}
    still_works(lab)


@pytest.mark.parametrize("name", SAFE)
def test_octets_right_behind_starttls_are_not_executed_either(start: Start, name: str) -> None:
    """In a packet of their own they may reach the TLS layer, which then breaks off; executed they never are."""
    lab = start(name)
    for _ in range(5):
        try:
            with upgraded(lab, STEAL, separate=True) as session:
                assert session.send(MAIL).code in (503, 530)
                assert session.send(EHLO).code == 250
        except SessionError:
            assert "TLS handshake failed" in str(lab.transcript())
    assert all(exchange.path != "mallory@evil.example" for exchange in lab.transcript() if exchange.reply)
    assert lab.mailboxes == {}
    still_works(lab)


@pytest.mark.parametrize("name", SAFE)
def test_what_was_said_before_is_forgotten(start: Start, name: str) -> None:
    """EHLO, AUTH and the extensions of the clear part (RFC 3207 4.2)."""
    lab = start(name)
    login = profile(name).auth_in_clear
    with upgraded(lab, b"", (EHLO, PLAIN_ALICE) if login else (EHLO,)) as session:
        assert session.send(MAIL).code in (503, 530)
        assert lab.transcript().state.authenticated is None
        again = session.send(EHLO)
        assert "STARTTLS" not in again.lines
        if profile(name).mechanisms:
            assert session.send(PLAIN_ALICE).code == 235  # and not 503: nobody is logged in
        if name in ("open", "submission"):
            # relaying is for who has logged in, inside TLS
            assert say(session, MAIL, "RCPT TO:<someone@else.example>").code == 250
    with upgraded(lab, b"", (EHLO, PLAIN_ALICE) if login else (EHLO,)) as session:
        session.send(EHLO)
        if session.send(MAIL).code == 250:
            assert session.send("RCPT TO:<someone@else.example>").code in (530, 550, 551, 554)


def test_in_a_transaction_there_is_no_starttls(start: Start) -> None:
    for name in SAFE:
        lab = start(name)
        session = lab.connect()
        if say(session, EHLO, MAIL).code == 250:
            assert session.send(RCPT).code == 250
            assert session.send("STARTTLS").code == 503  # RFC 3207 4.2 leaves no transaction to go on with
        session.close()


def test_the_naive_server_falls_for_each(start: Start) -> None:
    """Kept on purpose, with the remark that says so; nobody would believe the lesson otherwise."""
    lab = start("naive")
    with upgraded(lab, INJECTED["RSET (CVE-2011-0411)"]) as session:
        assert [r.code for r in session.send_raw(b"")] == [250]
    with upgraded(lab, INJECTED["EHLO (command-injection-tester)"]) as session:
        [reply] = session.send_raw(b"")
        assert reply.lines[0].endswith("greets commandinjectiontester")
    with upgraded(lab, INJECTED["MAIL (CVE-2024-34083)"]) as session:
        assert [r.code for r in session.send_raw(b"")] == [250, 250]
        assert session.send(RCPT).code == 250
    assert "kept, as if they were safe" in str(lab.transcript())


def test_the_naive_server_gives_the_victims_login_away(start: Start) -> None:
    lab = start("naive")
    with upgraded(lab, STEAL) as session:
        assert [r.code for r in session.send_raw(b"")] == [250, 250, 250, 354]
        assert session.send_raw(f"{EHLO}\r\n{PLAIN_ALICE}\r\n.\r\n".encode())[-1].code == 250
    [loot] = lab.mailbox(BOB)
    assert loot.sender == "mallory@evil.example"
    assert PLAIN_ALICE.encode() in loot.raw
    assert lab.mailbox(ALICE) == []


def test_with_tls_from_the_first_octet_there_is_nothing_to_inject_into(start: Start) -> None:
    """What the paper recommends (and RFC 8314): clear text before the handshake is answered once, and no more."""
    lab = start("submissions")
    rude = Rude(lab)
    rude.send(STEAL)
    assert [reply.code for reply in rude.replies()] == [421]
    assert rude.ended
    rude.close()
    assert lab.mailboxes == {}
    still_works(lab)
