"""The facts themselves, against the tables that the RFCs print (kept in tests/data/rfc)."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from helpers import reference
from helpers.protocol.commandline import compose, line_problem, problems
from helpers.protocol.grammar import GRAMMARS
from helpers.reference.model import Command

RFC = Path(__file__).parents[2] / "data" / "rfc"

#: The end of the message has no verb; its facts are those of the continuation of DATA.
VERB_OF_EVENT = {"END-OF-DATA": "MESSAGE"}


def table(name: str) -> list[dict[str, str]]:
    lines = (RFC / name).read_text("utf-8").splitlines()
    return list(csv.DictReader([line for line in lines if not line.startswith("#")], delimiter="\t"))


def document(name: str) -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((RFC / name).read_text("utf-8"))


def everything() -> list[Any]:
    return [
        *reference.commands(),
        *reference.reply_codes(),
        *reference.enhanced_codes(),
        *reference.extensions(),
        *reference.mechanisms(),
        *reference.glossary(),
    ]


# Commands


def test_the_twelve_commands_of_the_course_in_the_order_of_a_session() -> None:
    assert [command.verb for command in reference.commands(in_course=True)] == [
        *("EHLO", "HELO", "STARTTLS", "NOOP", "RSET", "QUIT"),
        "AUTH",
        *("MAIL", "RCPT", "DATA", "VRFY", "EXPN"),
    ]
    rest = {command.verb for command in reference.commands(in_course=False)}
    assert {"HELP", "BDAT", "TURN", "SEND", "SOML", "SAML", "MESSAGE", "RESPONSE"} <= rest
    groups = [command.group for command in reference.commands()]
    assert groups == sorted(groups, key=["session", "authentication", "message"].index)
    assert {command.verb for command in reference.commands("authentication")} == {"AUTH", "RESPONSE"}


@pytest.mark.parametrize("row", table("rfc5321-4.3.2.tsv"), ids=lambda row: f"{row['command']}-{row['kind']}")
def test_replies_of_rfc_5321_4_3_2(row: dict[str, str]) -> None:
    listed = {int(code) for code in row["codes"].split()}
    if row["command"] == "CONNECT":
        assert {code for code in listed if "CONNECT" in reference.reply_code(code).commands} == listed
        return
    command = reference.command(VERB_OF_EVENT.get(row["command"], row["command"]))
    known = {reply.code for reply in command.replies}
    assert listed <= known
    digit = {"I": 3, "S": 2, "E": 4}[row["kind"]]
    successes = {code for code in known if code // 100 in (2, 3)}
    if digit != 4 and command.verb not in ("EXPN", "VRFY"):
        assert {code for code in successes if code // 100 == digit} == listed


def test_starttls_and_auth_and_etrn_replies() -> None:
    starttls = {reply.code for reply in reference.command("STARTTLS").replies}
    assert {int(row["code"]) for row in table("rfc3207-4.tsv")} <= starttls
    etrn = {reply.code for reply in reference.command("ETRN").replies}
    assert {int(row["code"]) for row in table("rfc1985-5.1.tsv")} == etrn
    auth = {reply.code: reply.enhanced for reply in reference.command("AUTH").replies}
    for row in table("rfc4954-6.tsv"):
        assert auth[int(row["code"])] == row["enhanced"]
        subject, _, detail = row["enhanced"].partition(".")
        assert int(subject) in reference.enhanced_code(f"X.{detail}").classes
        assert int(row["code"]) in reference.enhanced_code(row["enhanced"]).basic_codes
    assert 334 in auth
    assert 504 in auth  # RFC 4954 4


def test_530_where_rfc_4954_and_3207_allow_it() -> None:
    spared = {"EHLO", "NOOP", "STARTTLS", "QUIT", "HELO", "RSET"}
    for command in reference.commands():
        if command.verb in spared:
            assert 530 not in {reply.code for reply in command.replies}
    assert not spared & set(reference.reply_code(530).commands)


@pytest.mark.parametrize(
    "row",
    [row for kind in ("size", "count") for row in document("rfc5321-4.5.3.toml")[kind]],
    ids=lambda r: r["section"],
)
def test_limits_of_rfc_5321_4_5_3_1(row: dict[str, Any]) -> None:
    number = row.get("octets", row.get("number"))
    unit = "octets" if "octets" in row else "recipients"
    for verb in row["commands"]:
        told = [limit for limit in reference.command(verb).limits if row["section"] in limit]
        assert told, (verb, row)
        assert any(re.search(rf"\b{number}\b", limit) and (unit in limit or "at most" in limit) for limit in told)


def test_timeouts_of_rfc_5321_4_5_3_2() -> None:
    longest: dict[str, int] = {}
    for row in document("rfc5321-4.5.3.toml")["timeout"]:
        command = reference.command(row["command"])
        assert any(f"{row['minutes']} minutes" in limit and row["section"] in limit for limit in command.limits)
        longest[command.verb] = max(longest.get(command.verb, 0), row["minutes"] * 60)
    given = {c.verb: c.timeout_seconds for c in reference.commands() if c.timeout_seconds is not None}
    assert given == longest


def test_arguments_fit_their_grammars_and_compose_to_valid_lines() -> None:
    for command in reference.commands():
        for argument in command.arguments:
            assert argument.grammar in GRAMMARS, (command.verb, argument.name)
            assert GRAMMARS[argument.grammar].check(argument.example) is None, (command.verb, argument.name)
            for choice in filter(None, argument.choices):
                assert GRAMMARS[argument.grammar].check(choice) is None, (command.verb, choice)
        for values in (
            {argument.name: argument.default for argument in command.arguments},
            {argument.name: argument.example for argument in command.arguments},
        ):
            assert problems(command, values) == {}
            if command.verb != "MESSAGE":
                assert line_problem(compose(command, values)) is None


@pytest.mark.parametrize(
    ("verb", "values", "line"),
    [
        ("EHLO", {"name": "laptop.example"}, "EHLO laptop.example"),
        ("HELO", {"name": "laptop.example"}, "HELO laptop.example"),
        ("MAIL", {"reverse-path": "alice@lab.example"}, "MAIL FROM:<alice@lab.example>"),
        ("MAIL", {"reverse-path": ""}, "MAIL FROM:<>"),
        (
            "MAIL",
            {"reverse-path": "ned@ymir.example", "SIZE": "500000", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8"},
            "MAIL FROM:<ned@ymir.example> SIZE=500000 BODY=8BITMIME SMTPUTF8",
        ),
        (
            "MAIL",  # the form of RFC 3461 5.1 and RFC 4954 5
            {"reverse-path": "alice@lab.example", "RET": "HDRS", "ENVID": "QQ314159", "AUTH": "e+3Dmc2@lab.example"},
            "MAIL FROM:<alice@lab.example> AUTH=e+3Dmc2@lab.example RET=HDRS ENVID=QQ314159",
        ),
        (
            "RCPT",
            {"forward-path": "bob@lab.example", "NOTIFY": "SUCCESS", "ORCPT": "rfc822;Bob@lab.example"},
            "RCPT TO:<bob@lab.example> NOTIFY=SUCCESS ORCPT=rfc822;Bob@lab.example",
        ),
        ("DATA", {}, "DATA"),
        ("AUTH", {"mechanism": "PLAIN", "initial-response": "dGVzdAB0ZXN0ADEyMzQ="}, "AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ="),
        ("AUTH", {"mechanism": "LOGIN"}, "AUTH LOGIN"),
        ("RESPONSE", {"response": ""}, ""),
        ("BDAT", {"chunk-size": "86", "LAST": "LAST"}, "BDAT 86 LAST"),
        ("BDAT", {"chunk-size": "1000"}, "BDAT 1000"),
        ("VRFY", {"user": "bob"}, "VRFY bob"),
        ("NOOP", {}, "NOOP"),
        ("HELP", {"topic": "MAIL"}, "HELP MAIL"),
    ],
)
def test_lines_as_the_rfcs_write_them(verb: str, values: dict[str, str], line: str) -> None:
    assert compose(reference.command(verb), values) == line


def test_parameters_and_extensions_agree() -> None:
    for verb, field in (("MAIL", "mail_parameters"), ("RCPT", "rcpt_parameters")):
        for argument in reference.command(verb).arguments:
            if argument.extension:
                assert argument.name in getattr(reference.extension(argument.extension), field)
    for command in reference.commands():
        if command.keyword:
            assert command.verb in reference.extension(command.keyword).verbs
        assert ("announced" in command.conditions) <= (command.keyword is not None)


def test_auth_choices_have_facts_and_the_example_logs_alice_in() -> None:
    mechanism, response = reference.command("AUTH").arguments
    assert mechanism.choices == ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256")
    for name in mechanism.choices:
        assert reference.mechanism(name).vectors
    assert base64.b64decode(response.example) == b"\0alice\0wonderland"
    assert reference.command("RESPONSE").arguments[0].example == response.example


def test_the_message_is_complete() -> None:
    (message,) = reference.command("MESSAGE").arguments
    assert message.multiline
    headers, _, body = message.default.partition("\n\n")
    assert [line.split(":")[0] for line in headers.splitlines()] == ["From", "To", "Subject"]
    assert body.endswith("\n")
    assert max(map(len, message.default.splitlines())) <= 78  # RFC 5322 2.1.1


def test_every_command_is_filled_in() -> None:
    for command in reference.commands():
        assert command.replies, command.verb
        assert command.mistakes, command.verb
        assert command.limits, command.verb
        for reply in command.replies:
            assert bool(reply.cure) == (reply.code >= 400), (command.verb, reply.code)
        for mistake in command.mistakes:
            assert mistake.wrong != mistake.right or command.verb == "TURN" or "Sent" in mistake.why
            if mistake.reply is not None:
                assert reference.reply_code(mistake.reply).standard
        for argument in command.arguments:
            assert argument.help, (command.verb, argument.name)
            assert argument.rfc, (command.verb, argument.name)


def test_reply_meanings_agree_with_the_codes() -> None:
    for command in reference.commands():
        if command.status == "obsolete":
            continue
        event = {verb: event for event, verb in VERB_OF_EVENT.items()}.get(command.verb, command.verb)
        for reply in command.replies:
            code = reference.reply_code(reply.code)
            assert code.standard, (command.verb, reply.code)
            assert not code.commands or event in code.commands, (command.verb, reply.code)
            if reply.enhanced:
                assert int(reply.enhanced[0]) == reply.code // 100, (command.verb, reply.code)
                assert int(reply.enhanced[0]) in reference.enhanced_code(reply.enhanced).classes
        for reply in command.replies:
            # RFC 2034 3: no enhanced code on these
            if (command.verb in ("EHLO", "HELO") and reply.code == 250) or reply.code // 100 == 3:
                assert reply.enhanced is None


# Codes


def test_reply_codes_of_rfc_5321_4_2_3_and_its_updates() -> None:
    rows = table("rfc5321-4.2.3.tsv")
    assert len(rows) == 24
    for row in rows:
        code = reference.reply_code(int(row["code"]))
        assert code.standard
        assert "RFC 5321" in code.rfc
    for other in (235, 334, 432, 454, 530, 534, 535, 538):
        assert "RFC 4954" in reference.reply_code(other).rfc
    for other in (521, 556):
        assert "RFC 7504" in reference.reply_code(other).rfc
    assert {c.code for c in reference.reply_codes() if c.standard and "RFC 5321" not in c.rfc} == {
        *(235, 253, 334, 432, 453, 454, 458, 459),
        *(521, 530, 534, 535, 538, 556),
    }


def test_codes_that_web_lists_made_up_are_no_standard() -> None:
    made_up = {101, 111, 200, 420, 422, 431, 441, 442, 446, 447, 449, 471, 510, 511, 512, 513, 523, 541}
    for code in made_up:
        entry = reference.reply_code(code)
        assert not entry.standard
        assert entry.note
    for entry in reference.reply_codes():
        assert entry.standard == bool(entry.rfc), entry.code
        if entry.standard:
            assert 2 <= entry.code // 100 <= 5  # RFC 5321 4.3.2


def test_retry_follows_the_first_digit() -> None:
    for entry in reference.reply_codes():
        if entry.code == 421 or entry.code // 100 in (2, 3):
            assert entry.retry == ("yes" if entry.code == 421 else "no"), entry.code
        elif entry.code // 100 == 5:
            assert entry.retry != "yes", entry.code  # RFC 5321 4.2.1: not the same request again


def test_reply_codes_come_in_numeric_order() -> None:
    codes = [entry.code for entry in reference.reply_codes()]
    assert codes == sorted(codes)


def test_enhanced_codes_of_rfc_3463() -> None:
    rows = table("rfc3463.tsv")
    assert len(rows) == 49
    for row in rows:
        entry = reference.enhanced_code(row["code"])
        assert "RFC 3463" in entry.rfc
        useful = {"permanent": {5}, "transient": {4}, "both": {4, 5}, "-": set()}[row["use"]]
        assert useful <= set(entry.classes), row
        if row["use"] in ("permanent", "transient"):
            # another class only where the registry pairs the code with a basic code of that class, or as noted
            paired = {code // 100 for code in entry.basic_codes}
            assert set(entry.classes) <= useful | paired or entry.note or row["use"] == "permanent", row
    later = {entry.code for entry in reference.enhanced_codes()} - {row["code"] for row in rows}
    for code in later:
        assert "RFC 3463" not in reference.enhanced_code(code).rfc


def test_enhanced_codes_reach_as_far_as_the_registry() -> None:
    # the highest detail of each subject in the registry as of its update of 2024-12-06
    highest = {0: 0, 1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30}
    listed = {entry.code for entry in reference.enhanced_codes()}
    assert listed == {f"X.{subject}.{detail}" for subject, last in highest.items() for detail in range(last + 1)}


# Extensions, mechanisms, terms


@pytest.mark.parametrize("row", table("line-growth.tsv"), ids=lambda row: row["keyword"])
def test_line_growth(row: dict[str, str]) -> None:
    extension = reference.extension(row["keyword"])
    assert row["rfc"] in extension.rfc
    assert (extension.mail_line_growth, extension.rcpt_line_growth) == (int(row["mail"]), int(row["rcpt"]))


def test_extensions_hold_the_lab_s_keywords_and_known_statuses() -> None:
    for keyword in (
        *("SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES", "DSN", "CHUNKING", "STARTTLS", "AUTH"),
        *("VRFY", "EXPN", "HELP", "BINARYMIME"),
    ):
        assert reference.extension(keyword).keyword == keyword
    assert len(reference.extensions()) == 46
    assert {extension.status for extension in reference.extensions()} <= {
        *("Internet Standard", "Draft Standard", "Proposed Standard", "Experimental"),
        *("Historic", "obsolete", "vendor"),
    }


def vectors(name: str) -> list[tuple[str, str, list[str]]]:
    return [(v.user, v.password, list(v.messages)) for v in reference.mechanism(name).vectors]


def decoded(message: str) -> str:
    return base64.b64decode(message, validate=True).decode()


def test_plain_vectors() -> None:
    printed = document("sasl-vectors.toml")["plain"]
    assert [decoded(messages[0]) for _, _, messages in vectors("PLAIN")] == [row["message"] for row in printed]
    for user, password, (message,) in vectors("PLAIN"):
        assert decoded(message).split("\0")[1:] == [user, password]


def test_login_vector() -> None:
    ((user, password, messages),) = vectors("LOGIN")
    assert [decoded(message) for message in messages] == ["Username:", user, "Password:", password]


def test_cram_md5_vectors() -> None:
    printed = document("sasl-vectors.toml")["cram-md5"]
    assert [messages for _, _, messages in vectors("CRAM-MD5")] == [row["wire"] for row in printed]
    for row, (user, password, (challenge, response)) in zip(printed, vectors("CRAM-MD5"), strict=True):
        digest = hmac.new(password.encode(), base64.b64decode(challenge), hashlib.md5).hexdigest()
        assert decoded(response) == f"{user} {digest}"
        assert (user, password) == (row["user"], row["password"])
        assert row.get("challenge", decoded(challenge)) == decoded(challenge)
        assert row.get("digest", digest) == digest


@pytest.mark.parametrize("row", document("sasl-vectors.toml")["scram"], ids=lambda row: row["mechanism"])
def test_scram_vectors(row: dict[str, Any]) -> None:
    ((user, password, messages),) = vectors(row["mechanism"])
    first, challenge, final, signature = (decoded(message) for message in messages)
    assert [first, challenge, final, signature] == row["messages"]
    assert (user, password) == (row["user"], row["password"])

    # RFC 5802 3, from first principles
    name = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}[row["mechanism"]]
    attributes = dict(part.split("=", 1) for part in challenge.split(","))
    salted = hashlib.pbkdf2_hmac(name, password.encode(), base64.b64decode(attributes["s"]), int(attributes["i"]))
    client_key = hmac.digest(salted, b"Client Key", name)
    bare, _, proof = final.rpartition(",p=")
    signed = ",".join((first.removeprefix("n,,"), challenge, bare)).encode()
    client_signature = hmac.digest(hashlib.new(name, client_key).digest(), signed, name)
    assert base64.b64decode(proof) == bytes(a ^ b for a, b in zip(client_key, client_signature, strict=True))
    server_signature = hmac.digest(hmac.digest(salted, b"Server Key", name), signed, name)
    assert signature == "v=" + base64.b64encode(server_signature).decode()
    assert bare.startswith("c=biws,")
    assert decoded("biws") == "n,,"


def test_token_vectors() -> None:
    ((user, token, (message,)),) = vectors("XOAUTH2")
    assert decoded(message) == f"user={user}\x01auth=Bearer {token}\x01\x01"
    ((user, token, (message,)),) = vectors("OAUTHBEARER")
    (printed,) = document("sasl-vectors.toml")["oauthbearer"]
    assert decoded(message) == printed["message"]
    assert decoded(message).endswith(f"auth=Bearer {token}\x01\x01")
    assert user == printed["user"]


def test_glossary() -> None:
    terms = {entry.term for entry in reference.glossary()}
    assert len(terms) >= 50
    assert {
        *("reverse-path", "forward-path", "envelope", "transaction", "session", "reply", "MTA", "MSA", "MX", "relay"),
        *("bounce", "null reverse-path", "dot-stuffing", "CRLF", "base64", "SASL", "challenge", "FQDN"),
        *("address literal", "greeting", "pipelining", "enhanced status code", "open relay", "smart host"),
        *("submission", "DSN", "greylisting", "STARTTLS", "implicit TLS", "certificate authority", "MIME"),
        *("trace header", "local-part"),
    } <= terms
    for entry in reference.glossary():
        assert set(entry.see) <= terms - {entry.term}, entry.term


# The texts


def texts(value: object, where: str) -> Iterator[tuple[str, str, str]]:
    """Every text field of an entry: (where, name of the field, text)."""
    if is_dataclass(value):
        for f in fields(value):
            inner = getattr(value, f.name)
            if isinstance(inner, str):
                yield where, f.name, inner
            elif isinstance(inner, tuple):
                for part in inner:
                    if isinstance(part, str):
                        yield where, f.name, part
                    else:
                        yield from texts(part, f"{where} {f.name}")


SENTENCES = {"summary", "effect", "not_permitted", "meaning", "cure", "why", "help", "limits", "note", "mistakes"}


def test_sentences_are_whole_and_nothing_is_left_open() -> None:
    for entry in everything():
        where = str(getattr(entry, fields(entry)[0].name))
        for place, name, text in texts(entry, where):
            assert text == text.strip() or name in ("template", "default", "example"), (place, name, text)
            assert not re.search(r"\b(TODO|FIXME|XXX|TBD)\b|@SCRAM", text), (place, text)
            if name in SENTENCES and text:
                assert text[0].isupper() or not text[0].isalpha() or text.split()[0].islower(), (place, text)
                if not (name == "mistakes" and text.endswith("=")):
                    assert text.endswith((".", "?")), (place, name, text)
        if isinstance(entry, Command):
            for name in ("summary", "effect", "not_permitted", "syntax", "title", "label", "rfc"):
                assert getattr(entry, name), (where, name)


def test_every_source_is_named_in_one_form() -> None:
    for entry in everything():
        for place, name, text in texts(entry, str(getattr(entry, fields(entry)[0].name))):
            if name == "rfc" and text:
                assert re.match(r"(RFC \d+|draft-|none; )", text), (place, text)
