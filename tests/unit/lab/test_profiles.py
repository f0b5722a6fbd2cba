"""Each field of a profile does what profiles.toml says of it, and EHLO announces what works and nothing else."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from helpers.lab import Lab, data_files
from helpers.lab.dialogue import EHLO_ORDER
from helpers.lab.profiles import Profile, profile, profile_names
from helpers.protocol.reply import Reply
from helpers.session import Session
from tests.unit.lab.conftest import Start
from tests.unit.lab.talk import BODY, EHLO, MAIL, PLAIN_ALICE, RCPT, TRANSACTION, deliver, raw_pipe, say

FOREIGN = "RCPT TO:<x@other.example>"


def test_the_profiles() -> None:
    assert profile_names() == ["open", "submission", "submissions", "mx", "strict", "legacy", "naive"]


def test_an_unknown_profile_names_its_neighbour() -> None:
    with pytest.raises(ValueError, match="Did you mean 'strict'"):
        Lab("strct")


def test_each_field_is_explained_in_the_file() -> None:
    text = (Path(data_files.__file__).parent / "data" / "profiles.toml").read_text(encoding="utf-8")
    explained = set(re.findall(r"^# (\w+(?:, \w+)*) +\S", text, re.MULTILINE)) | set(
        re.findall(r"^(\w+) = .*#", text, re.M)
    )
    names = {name.strip() for entry in explained for name in entry.split(",")}
    obvious = {"name", "title", "stands_for", "esmtp", "extensions", "mechanisms"}
    assert {field.name for field in fields(Profile)} - names == obvious


def codes(session: Session, *lines: str) -> list[int]:
    return [session.send(line).code for line in lines]


def test_esmtp(start: Start) -> None:
    session = start("legacy").connect()
    assert "ESMTP" not in session.greeting.text
    assert codes(session, EHLO, "AUTH PLAIN", "STARTTLS", "BDAT 0 LAST", "HELO laptop") == [500, 500, 500, 500, 250]


def test_require_tls(start: Start) -> None:
    session = start("submission").connect()
    # RFC 3207 4: anything but NOOP, EHLO, STARTTLS, QUIT
    refused = ["HELO laptop.example", "AUTH PLAIN", MAIL, RCPT, "DATA", "RSET", "VRFY a", "EXPN a", "HELP"]
    assert codes(session, "NOOP", EHLO) == [250, 250]
    assert codes(session, *refused) == [530] * len(refused)
    assert session.send("STARTTLS").code == 220


def test_require_auth(start: Start) -> None:
    session = start("submissions").connect()
    # RFC 4954 6: anything but AUTH, EHLO, HELO, NOOP, RSET, QUIT
    refused = [MAIL, RCPT, "DATA", "VRFY a", "EXPN a", "HELP"]
    assert codes(session, "NOOP", "HELO laptop.example", "RSET", EHLO) == [250] * 4
    assert codes(session, *refused) == [530] * len(refused)
    assert codes(session, PLAIN_ALICE, MAIL, FOREIGN) == [235, 250, 250]


@pytest.mark.parametrize("name", ["submission", "submissions"])
def test_a_refused_chunk_is_read_all_the_same(start: Start, name: str) -> None:
    session = start(name).connect()
    session.send(EHLO)
    assert [r.code for r in session.send_raw(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")] == [530, 250]


def test_auth_in_clear(start: Start) -> None:
    assert "AUTH" in keywords(start("open").connect().send(EHLO))
    session = start("strict").connect()
    assert "AUTH" not in keywords(session.send(EHLO))
    assert session.send(PLAIN_ALICE).code == 538
    assert "AUTH" in keywords(say(session, "STARTTLS", EHLO))
    assert session.send(PLAIN_ALICE).code == 235


@pytest.mark.parametrize(
    ("relay", "before", "after"), [("nobody", 550, 550), ("authenticated", 550, 250), ("anyone", 250, 250)]
)
def test_relay(start: Start, relay: str, before: int, after: int) -> None:
    lab = start("open", relay=relay)
    session = lab.connect()
    assert say(session, EHLO, MAIL, FOREIGN).code == before
    assert say(session, "RSET", PLAIN_ALICE, MAIL, FOREIGN).code == after
    if after == 250:
        session.send("DATA")
        session.send_data(BODY)
        assert [m.recipients for m in lab.queue] == [("x@other.example",)]


def test_unknown_users(start: Start) -> None:
    nobody = "RCPT TO:<nobody@lab.example>"
    assert say(start("open").connect(), EHLO, MAIL, nobody).code == 550
    lab = start("naive")
    session = lab.connect()
    assert codes(session, EHLO, MAIL, nobody, "DATA") == [250, 250, 250, 354]
    session.send_data(BODY)
    assert len(lab.mailbox("nobody@lab.example")) == 1


@pytest.mark.parametrize(("policy", "code"), [("answer", 250), ("noncommittal", 252), ("off", 502)])
def test_vrfy_and_expn(start: Start, policy: str, code: int) -> None:
    session = start("open", vrfy=policy, expn=policy).connect()
    announced = keywords(session.send(EHLO))
    assert codes(session, "VRFY alice", "EXPN staff") == [code, code]
    assert ("VRFY" in announced) == ("EXPN" in announced) == (policy != "off")


@pytest.mark.parametrize(
    ("policy", "taken", "refused"),
    [
        ("any", ["laptop", "laptop.example", "a_b", "a b"], {}),
        (
            "syntax",
            ["laptop", "laptop.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"],
            {"a_b": 501, "a b": 501, "[1]": 501},
        ),
        ("fqdn", ["laptop.example", "[192.0.2.1]"], {"laptop": 504, "a_b.example": 501, "192.0.2.1": 501}),
    ],
)
def test_hello(start: Start, policy: str, taken: list[str], refused: dict[str, int]) -> None:
    session = start("open", hello=policy).connect()
    assert [session.send(f"EHLO {name}").code for name in taken] == [250] * len(taken)
    assert {name: session.send(f"EHLO {name}").code for name in refused} == refused
    assert session.send(MAIL).code == 250  # RFC 5321 4.1.1.1: a refused EHLO leaves the state as it was


def test_forgive(start: Start) -> None:
    spaced = "MAIL FROM: <alice@lab.example>"  # RFC 5321 3.3 forbids the space, most servers take it
    assert say(start("open").connect(), EHLO, spaced).code == 250
    assert say(start("strict").connect(), EHLO, spaced).code == 501


def test_bare_lf_data(start: Start) -> None:
    for name, code in (("strict", 554), ("open", 250)):
        session = start(name).connect()
        say(session, *TRANSACTION, "DATA")
        assert session.send_raw(b"a\nb\r\n.\r\n")[0].code == code


@pytest.mark.parametrize(("size", "code"), [(100, 250), (101, 552)])
def test_max_size_counts_the_content_and_neither_stuffing_nor_final_dot(start: Start, size: int, code: int) -> None:
    """RFC 1870 3: the message as it is sent, without the transparency dots and the final dot."""
    body = b"." + b"x" * (size - 3) + b"\r\n"
    session = start("open", max_size=100).connect()
    assert f"SIZE {100}" in session.send(EHLO).lines
    assert codes(session, f"{MAIL} SIZE={size}") == [code]
    session.send("RSET")
    assert deliver(session, body).code == code
    session = start("open", max_size=100).connect()
    say(session, *TRANSACTION)
    assert session.send_raw(b"BDAT %d LAST\r\n" % len(body) + body)[0].code == code
    assert session.send("DATA").code == 503


def test_max_recipients(lab: Lab) -> None:
    """RFC 5321 4.5.3.1.8 and .10: 100 are taken, one more gets 452, and the message goes to the 100."""
    session = lab.connect()
    say(session, EHLO, MAIL)
    assert {session.send(RCPT).code for _ in range(100)} == {250}
    assert session.send(RCPT).code == 452
    session.send("DATA")
    assert session.send_data(BODY).code == 250
    assert len(lab.mailbox("bob@lab.example")[0].recipients) == 100


def test_max_errors(start: Start) -> None:
    session = start("open", max_errors=3).connect()
    assert codes(session, "FOO", "RSET x", "NOOP") == [500, 501, 250]
    assert session.send("BAR").code == 421


def test_max_auth_failures(start: Start) -> None:
    session = start("open", max_auth_failures=1).connect()
    assert say(session, EHLO, "AUTH PLAIN", "bm8=").code == 501  # malformed is no guess
    assert session.send("AUTH PLAIN AGEAYg==").code == 421


def test_unlisted_params(start: Start) -> None:
    assert say(start("open").connect(), EHLO, MAIL + " FOO=1").code == 555
    assert say(start("naive").connect(), EHLO, MAIL + " FOO=1").code == 250
    assert say(start("open").connect(), "HELO laptop.example", MAIL + " SIZE=5").code == 555  # RFC 5321 4.1.1.11


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("From: Vera <vera@freemail.example>", 550),
        ('from:\r\n "bob@lab.example" <vera@MAIL.freemail.example>', 550),  # RFC 9989: subdomains inherit the policy
        ("From: vera@notfreemail.example", 250),
        ("From: bob@lab.example\r\nReply-To: vera@freemail.example", 250),
        ("Subject: From: vera@freemail.example", 250),
    ],
)
def test_dmarc(start: Start, header: str, code: int) -> None:
    assert deliver(start("mx").connect(), f"{header}\r\n\r\nHello\r\n".encode()).code == code
    assert deliver(start("strict").connect(), f"{header}\r\n\r\nHello\r\n".encode()).code == 250


def test_every_lab_domain_has_its_own_people(start: Start) -> None:
    start("mx")
    other = start("mx", name="mx2", domain="Other.example")
    session = other.connect()
    assert session.greeting.text.startswith("mail.other.example ")
    assert codes(session, EHLO, MAIL, "RCPT TO:<bob@OTHER.example>", "RCPT TO:<bob@lab.example>") == [
        250,
        250,
        250,
        550,
    ]
    assert other.lists["staff"][0] == "alice@other.example"
    assert "bob@other.example" in session.send("RCPT TO:<away@other.example>").text


# --- what EHLO announces works, what it does not announce is refused -----------------------------------------------


def keywords(reply: Reply) -> dict[str, str]:
    return {line.split(" ")[0]: line.partition(" ")[2] for line in reply.lines[1:]}


def works(lab: Lab, keyword: str, session: Session, parameter: str) -> bool:
    """Use what a keyword stands for, on a session after EHLO that may send mail."""
    match keyword:
        case "SIZE":
            refused = session.send(f"{MAIL} SIZE={int(parameter or 10485760) + 1}").code
            return (refused, session.send(f"{MAIL} SIZE=1").code) == (552, 250)
        case "8BITMIME":
            say(session, MAIL + " BODY=8BITMIME", RCPT, "DATA")
            return session.send_data("é\r\n").code == 250
        case "SMTPUTF8":
            return session.send("MAIL FROM:<élan@lab.example> SMTPUTF8").code == 250
        case "PIPELINING":
            return len(session.send_raw(b"NOOP\r\nNOOP\r\n")) == 2
        case "ENHANCEDSTATUSCODES":
            return session.send("NOOP").enhanced is not None
        case "DSN":
            say(session, MAIL + " RET=HDRS ENVID=a")
            return session.send(RCPT + " NOTIFY=NEVER").code == 250
        case "CHUNKING":
            say(session, MAIL, RCPT)
            return session.send_raw(b"BDAT 2 LAST\r\n\r\n")[0].code == 250
        case "BINARYMIME":
            return session.send(MAIL + " BODY=BINARYMIME").code == 250
        case "STARTTLS":
            return session.send("STARTTLS").code == 220 and session.tls
        case "AUTH":
            return session.send("AUTH PLAIN").code == 334 and session.send("*").code == 501
        case "VRFY" | "EXPN":
            return session.send(f"{keyword} staff").code in (250, 252)
        case "HELP":
            return session.send("HELP").code == 214
    raise AssertionError(keyword)


def ready(lab: Lab, tls: bool) -> tuple[Session, dict[str, str]]:
    session = lab.connect()
    offered = keywords(session.send(EHLO))
    if tls and "STARTTLS" in offered:
        session.send("STARTTLS")
        offered = keywords(session.send(EHLO))
    return session, offered


@pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
@pytest.mark.parametrize("name", [name for name in profile_names() if name != "legacy"])
def test_ehlo_is_honest(start: Start, name: str, tls: bool) -> None:
    lab = start(name)
    offered = ready(lab, tls)[1]
    assert set(offered) <= set(EHLO_ORDER)
    for keyword in EHLO_ORDER:
        session, _ = ready(lab, tls)
        if lab.policy.require_auth and keyword != "AUTH" and "AUTH" in offered:
            session.send(PLAIN_ALICE)
        can = works(lab, keyword, session, offered.get(keyword, ""))
        if lab.policy.require_tls and not tls and keyword not in ("STARTTLS", "AUTH", "PIPELINING"):
            continue  # announced for later: 530 until TLS
        assert can == (keyword in offered), keyword


def test_mechanisms_are_those_announced(start: Start) -> None:
    lab = start("open", mechanisms=("LOGIN",))
    session = lab.connect()
    assert keywords(session.send(EHLO))["AUTH"] == "LOGIN"
    assert codes(session, "AUTH PLAIN", "AUTH LOGIN", "*") == [504, 334, 501]


def test_profile_texts() -> None:
    for name in profile_names():
        assert profile(name).title
        assert profile(name).stands_for[0].islower() or profile(name).stands_for.startswith("RFC")
    assert "on purpose" in profile("naive").stands_for
    assert "before 1993" in profile("legacy").stands_for


def test_a_silent_plain_client_gets_no_tls_port_for_free(start: Start) -> None:
    from helpers.session import NothingToWaitFor

    pipe = raw_pipe(start("submissions"))
    with pytest.raises(NothingToWaitFor, match="TLS handshake"):
        pipe.read()
