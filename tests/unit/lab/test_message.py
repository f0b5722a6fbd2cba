"""MAIL, RCPT, DATA and BDAT: delivery, and the octets of a message (RFC 5321 4.1.1.4, 4.5.2, 4.5.3; RFC 3030)."""

from __future__ import annotations

import pytest

from helpers.lab import Lab
from helpers.lab.profiles import profile_names
from helpers.session import NothingToWaitFor
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import BODY, EHLO, MAIL, PLAIN_ALICE, RCPT, TRANSACTION, deliver, say

BOB = "bob@lab.example"


# --- recipients and where their mail goes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "code", "enhanced"),
    # codes: RFC 5321 4.2.3 and 4.3.2 (RCPT); enhanced codes: RFC 3463 3.2, 3.3, 3.8
    [
        ("alice", 250, "2.1.5"),
        ("ALICE", 250, "2.1.5"),
        ("staff", 250, "2.1.5"),
        ("away", 251, "2.1.5"),
        ("busy", 450, "4.2.0"),
        ("grey", 450, "4.7.1"),
        ("trouble", 451, "4.3.0"),
        ("full", 452, "4.2.2"),
        ("gone", 550, "5.2.1"),
        ("moved", 551, "5.1.6"),
        ("quota", 552, "5.2.2"),
        ("smith", 553, "5.1.4"),
        ("nobody", 550, "5.1.1"),
    ],
)
def test_recipients(lab: Lab, local: str, code: int, enhanced: str) -> None:
    session = lab.connect()
    reply = say(session, EHLO, MAIL, f"RCPT TO:<{local}@lab.example>")
    assert (reply.code, reply.enhanced) == (code, enhanced)
    say(session, RCPT, "DATA")
    session.send_data(BODY)
    [message] = lab.mailbox(BOB)
    assert (f"{local}@lab.example" in message.recipients) == (code < 300)


def test_special_recipients_are_listed_with_their_meaning(lab: Lab) -> None:
    assert set(lab.special_recipients) == {
        f"{name}@lab.example"
        for name in "away busy grey trouble full gone moved quota smith".split()  # noqa: SIM905
    }


@pytest.mark.parametrize("path", ["<Postmaster>", "<postmaster@lab.example>", "<POSTMASTER>"])
def test_postmaster_is_always_there(start: Start, path: str) -> None:
    """RFC 5321 4.5.1: also without a domain, in any case, on every profile."""
    for name in profile_names():
        lab = start(name)
        session = lab.connect()
        session.send("HELO laptop.example" if name == "legacy" else EHLO)
        if lab.policy.require_tls:
            say(session, "STARTTLS", EHLO)
        if lab.policy.require_auth:
            session.send(PLAIN_ALICE)
        say(session, MAIL, f"RCPT TO:{path}", "DATA")
        assert session.send_data(BODY).code == 250
        assert len(lab.mailbox("postmaster@lab.example")) == 1


def test_a_list_reaches_its_members_and_forwarding_its_target_once_each(lab: Lab) -> None:
    session = lab.connect()
    say(session, *TRANSACTION, "RCPT TO:<staff@lab.example>", "RCPT TO:<away@lab.example>", "DATA")
    session.send_data(BODY)
    assert {address: len(messages) for address, messages in lab.mailboxes.items()} == {
        "alice@lab.example": 1,
        "bob@lab.example": 1,
        "carol@lab.example": 1,
    }


def test_the_queue_takes_foreign_recipients_once_and_the_mailboxes_their_own(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, PLAIN_ALICE, MAIL, RCPT, "RCPT TO:<a@x.example>", "RCPT TO:<b@y.example>", "DATA")
    session.send_data(BODY)
    [waiting] = lab.queue
    assert lab.mailbox(BOB) == [waiting]
    assert list(lab.mailboxes) == [BOB]


def test_what_is_stored(lab: Lab) -> None:
    session = lab.connect()
    say(session, EHLO, MAIL + " SIZE=20 BODY=8BITMIME", RCPT, "DATA")
    reply = session.send_data("Subject: Grüße\r\n\r\nA\r\n")
    [message] = lab.mailbox("<Bob@lab.example>")
    assert message.raw == "Subject: Grüße\r\n\r\nA\r\n".encode()
    assert message.sender == "alice@lab.example"
    assert message.recipients == (BOB,)
    assert message.parameters == ("SIZE=20", "BODY=8BITMIME")
    assert message.connection == session.connection
    assert message.identifier in reply.text
    # RFC 5321 4.4: Return-Path on top, then Received; the time is the lab's
    assert message.trace[0] == "Return-Path: <alice@lab.example>"
    assert message.trace[1].startswith("Received: from laptop.example ([127.0.0.1]) by mail.lab.example with ESMTP id ")
    assert message.trace[1].endswith("; Mon, 05 Jan 2026 09:00:00 +0000")


def test_identifiers_are_one_after_the_other(lab: Lab) -> None:
    assert [deliver(lab.connect()).text.split()[-1] for _ in range(3)] == ["LAB0001", "LAB0002", "LAB0003"]


# --- the octets of the message -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"...a\r\n.\r\n", b"..a\r\n"),
        (b"a\r\n..\r\nb\r\n.\r\n", b"a\r\n.\r\nb\r\n"),
        (b".a\r\n.\r\n", b"a\r\n"),
        (b"a.\r\n.\r\n", b"a.\r\n"),
        (b"\0\r\n.\r\n", b"\0\r\n"),
        (b"\xff\xfe\r\n.\r\n", b"\xff\xfe\r\n"),
    ],
)
def test_dots(lab: Lab, sent: bytes, stored: bytes) -> None:
    """RFC 5321 4.5.2."""
    session = lab.connect()
    say(session, *TRANSACTION, "DATA")
    [reply] = session.send_raw(sent)
    assert reply.code == 250
    assert lab.mailbox(BOB)[0].raw == stored
    assert lab.transcript().transactions[0].content == stored


@pytest.mark.parametrize("size", range(1, 12))
def test_the_end_is_found_however_the_octets_are_cut(lab: Lab, size: int) -> None:
    sent = b"a\r\n..b\r\n.\r\r\n\n.\r\n\r\n.\rc\r\n.\r\n"
    session = lab.connect()
    say(session, *TRANSACTION, "DATA")
    replies = [reply for n in range(0, len(sent), size) for reply in session.send_raw(sent[n : n + size])]
    assert [reply.code for reply in replies] == [250]
    assert lab.mailbox(BOB)[0].raw == b"a\r\n.b\r\n\r\r\n\n.\r\n\r\n\rc\r\n"


@pytest.mark.parametrize(("octets", "code"), [(1000, 250), (1001, 500)])
@pytest.mark.parametrize("start_with", [b"x", b"."])
def test_a_text_line_has_1000_octets(lab: Lab, octets: int, code: int, start_with: bytes) -> None:
    """RFC 5321 4.5.3.1.6: CR LF counts, a stuffed dot does not."""
    line = start_with + b"x" * (octets - 3) + b"\r\n"
    assert len(line) == octets
    assert deliver(lab.connect(), line).code == code
    session = lab.connect()
    say(session, *TRANSACTION)
    assert session.send_raw(b"BDAT %d LAST\r\n" % octets + line)[0].code == code


@pytest.mark.parametrize(("octets", "code"), [(512, 250), (513, 500)])
def test_a_command_line_has_512_octets(lab: Lab, octets: int, code: int) -> None:
    """RFC 5321 4.5.3.1.4; more only for what EHLO announced (4.1.1.11)."""
    session = lab.connect()
    session.send("HELO laptop.example")
    assert session.send("NOOP " + "x" * (octets - 7)).code == code
    assert session.send("NOOP").code == 250


def test_announced_extensions_let_the_line_grow(start: Start) -> None:
    """RFC 3461 5: RCPT grows by 528 for DSN alone (NOTIFY and ORCPT)."""
    session = start("open", extensions=frozenset({"DSN"})).connect()
    line = f"{RCPT} ORCPT=rfc822;{'x' * 490}"
    assert len(line) > 512
    assert session.send("NOOP " + "x" * 600).code == 500
    assert say(session, EHLO, MAIL, line).code == 250
    assert session.send("NOOP " + "x" * (512 + 528 - 7)).code == 250
    assert session.send("NOOP " + "x" * (512 + 528 - 6)).code == 500


def test_a_very_long_line_is_one_error(lab: Lab) -> None:
    session = lab.connect()
    replies = session.send_raw(b"x" * 3_000_000 + b"\r\nNOOP\r\n")
    assert [reply.code for reply in replies] == [500, 250]
    assert [e.code for e in lab.transcript()] == [220, 500, 250]


@pytest.mark.parametrize("megabytes", [1, 10])
def test_a_message_far_too_big_is_read_to_its_end(start: Start, megabytes: int) -> None:
    session = start("open", max_size=100_000).connect()
    say(session, *TRANSACTION, "DATA")
    assert session.send_data((b"x" * 98 + b"\r\n") * megabytes * 10_000).code == 552
    assert session.send("DATA").code == 503  # RFC 5321 4.1.1.4: the buffers are cleared
    assert session.send("NOOP").code == 250


def test_ten_mebibytes_arrive_whole(lab: Lab) -> None:
    body = (b"0123456789abcdef" * 63 + b"\r\n")[-998:] * 10_000
    assert deliver(lab.connect(), body).code == 250
    assert lab.mailbox(BOB)[0].raw == body


@pytest.mark.parametrize("code_of", [("DATA", 503), ("BDAT 0 LAST", 503), ("RCPT TO:<bob@lab.example>", 503)])
def test_after_the_message_the_transaction_is_over(lab: Lab, code_of: tuple[str, int]) -> None:
    session = lab.connect()
    deliver(session)
    assert session.send(code_of[0]).code == code_of[1]


@pytest.mark.parametrize("again", ["RSET", EHLO, "HELO laptop.example"])
def test_what_clears_the_buffers(lab: Lab, again: str) -> None:
    """RFC 5321 4.1.1.5 and 4.1.4."""
    session = lab.connect()
    assert say(session, *TRANSACTION, again).code == 250
    assert say(session, "DATA").code == 503
    assert session.send(MAIL).code == 250


# --- BDAT ----------------------------------------------------------------------------------------------------------


def test_chunks(lab: Lab) -> None:
    session = lab.connect()
    say(session, *TRANSACTION)
    replies = session.send_raw(b"BDAT 9\r\nSubject: BDAT 6\r\nx\r\n\r\n.BDAT 0\r\nBDAT 4 last\r\n\r\nA\n")
    assert [reply.code for reply in replies] == [250] * 4
    assert lab.mailbox(BOB)[0].raw == b"Subject: x\r\n\r\n.\r\nA\n"


@pytest.mark.parametrize("line", ["BDAT", "BDAT x", "BDAT -1", "BDAT 1 LASTLY", "BDAT 1 LAST x", "BDAT \u0661"])
def test_malformed_bdat(lab: Lab, line: str) -> None:
    assert say(lab.connect(), *TRANSACTION, line).code == 501


@pytest.mark.parametrize(("lines", "code"), [([], 503), (["HELO a.example"], 503), ([EHLO], 503), ([EHLO, MAIL], 503)])
def test_a_chunk_out_of_order_is_read_and_refused_once(lab: Lab, lines: list[str], code: int) -> None:
    session = lab.connect()
    for line in lines:
        session.send(line)
    assert [r.code for r in session.send_raw(b"BDAT 6\r\nQUIT\r\nNOOP\r\n")] == [code, 250]


def test_a_refused_chunk_ends_the_transaction_and_what_follows_in_the_pipeline_is_read(start: Start) -> None:
    """RFC 3030 2: accept and discard what is in the pipeline already."""
    lab = start("open", max_size=10)
    session = lab.connect()
    say(session, *TRANSACTION)
    replies = session.send_raw(b"BDAT 8\r\nNOOP\r\n\r\nBDAT 8\r\nQUIT\r\n\r\nBDAT 6 LAST\r\nRSET\r\nNOOP\r\n")
    assert [reply.code for reply in replies] == [250, 552, 503, 250]
    assert session.send(MAIL).code == 250
    assert [t.outcome for t in lab.transcript().transactions] == ["refused", "open"]


def test_rset_clears_chunks(lab: Lab) -> None:
    session = lab.connect()
    say(session, *TRANSACTION)
    session.send_raw(b"BDAT 4\r\nabcd")
    say(session, "RSET", MAIL, RCPT)
    assert session.send_raw(b"BDAT 2 LAST\r\n\r\n")[0].code == 250
    assert lab.mailbox(BOB)[0].raw == b"\r\n"


def test_binary_content_needs_binarymime_and_bdat(start: Start) -> None:
    session = start("open", extensions=frozenset({"8BITMIME", "CHUNKING", "BINARYMIME"})).connect()
    say(session, EHLO, MAIL + " BODY=BINARYMIME", RCPT)
    assert session.send_raw(b"BDAT 2000 LAST\r\n" + b"\0\n\r\xff" * 500)[0].code == 250
    assert say(start("mx").connect(), EHLO, MAIL + " BODY=BINARYMIME").code == 555


# --- a wait that cannot end ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["Hello", "QUIT", "."])
def test_an_unfinished_message_says_what_is_missing(lab: Lab, line: str) -> None:
    session = lab.connect()
    say(session, *TRANSACTION, "DATA")
    if line == ".":
        assert session.send(line).code == 250
        return
    with pytest.raises(NothingToWaitFor, match=r"DATA is not finished: send a line with only a dot"):
        session.send(line)
    assert session.send(".").code == 250


def test_a_dot_with_a_bare_lf_is_named(lab: Lab) -> None:
    session = lab.connect()
    say(session, *TRANSACTION, "DATA")
    assert session.send_raw(b"a\n.\n") == []
    with pytest.raises(NothingToWaitFor, match=r"A dot has come, but not CR LF \. CR LF"):
        session._pipe.read()
    assert session.send_raw(b"\r\n.\r\n")[0].code == 250
