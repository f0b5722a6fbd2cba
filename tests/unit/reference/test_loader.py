"""The loader reads what fits and names file, entry, fault and expectation of what does not."""

from __future__ import annotations

import textwrap
import threading
import zipfile
from pathlib import Path

import pytest

from helpers import reference
from helpers.reference import Library, MalformedEntry, UnknownEntry, using

PING = """
    [PING]
    wire = "PING"
    label = "PING"
    title = "ask for a sign of life"
    group = "session"
    status = "extension"
    summary = "A made-up command."
    syntax = '"PING" CRLF'
    rfc = "none"
    effect = "None."
    permitted_in = ["greeted"]
    not_permitted = "Say EHLO first: PING is made for greeted clients."
"""
COUNT = """
    [[PING.arguments]]
    name = "count"
    label = "Count"
    grammar = "size"
    example = "3"
    template = " {}"
"""


def folder_with(tmp_path: Path, **documents: str) -> Path:
    for name, text in documents.items():
        (tmp_path / f"{name}.toml").write_text(textwrap.dedent(text), "utf-8")
    return tmp_path


def refusal(tmp_path: Path, kind: str, text: str) -> str:
    library = Library(folder_with(tmp_path, **{kind: text}))
    with pytest.raises(MalformedEntry) as caught:
        library.entries(kind)
    return str(caught.value)


def test_reads_a_folder(tmp_path: Path) -> None:
    with using(Library(folder_with(tmp_path, commands=PING + COUNT))):
        ping = reference.command("ping")
        assert reference.commands() == (ping,)
        assert ping.permitted_in == ("greeted",)
        assert ping.arguments[0].name == "count"
        assert ping.arguments[0].required is False
        assert ping.timeout_seconds is None
        assert reference.reply_codes() == ()  # no such file in that folder
    assert len(reference.commands()) > 12


def test_extra_entries_join_those_of_the_files() -> None:
    fields = {
        "wire": "XYZZY",
        "label": "XYZZY",
        "title": "say the magic word",
        "group": "authentication",
        "status": "extension",
        "summary": "A made-up command.",
        "syntax": '"XYZZY" CRLF',
        "rfc": "none",
        "effect": "None.",
        "permitted_in": ["greeted"],
        "not_permitted": "Say EHLO first.",
        "replies": [{"code": 250, "meaning": "Nothing happens."}],
    }
    before = [command.verb for command in reference.commands()]
    with using(Library(extra={"commands": {"XYZZY": fields}})) as library:
        assert library.find("commands", "xyzzy").replies[0].code == 250
        now = [command.verb for command in reference.commands()]
        assert now == [*before[: now.index("XYZZY")], "XYZZY", *before[now.index("XYZZY") :]]
        assert reference.commands("authentication")[-1].verb == "XYZZY"
        assert reference.command("MAIL").label == "MAIL FROM"
    assert [command.verb for command in reference.commands()] == before


def test_using_ends_with_an_error_too() -> None:
    with pytest.raises(RuntimeError):
        with using(Library(extra={})):
            raise RuntimeError
    assert reference.command("QUIT").verb == "QUIT"


def test_another_thread_reads_the_same_library(tmp_path: Path) -> None:
    verbs: list[str] = []
    with using(Library(folder_with(tmp_path, commands=PING))):
        thread = threading.Thread(target=lambda: verbs.extend(c.verb for c in reference.commands()))
        thread.start()
        thread.join(5)
    assert verbs == ["PING"]


def test_each_file_is_read_once_and_only_when_asked_for(tmp_path: Path) -> None:
    library = Library(folder_with(tmp_path, commands=PING, glossary="not TOML at all"))
    first = library.find("commands", "PING")
    (tmp_path / "commands.toml").unlink()
    assert library.find("commands", "PING") is first
    with pytest.raises(MalformedEntry, match=r"glossary\.toml"):
        library.entries("glossary")


def test_reads_from_a_zip_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("facts/commands.toml", textwrap.dedent(PING))
    library = Library(zipfile.Path(tmp_path / "data.zip", "facts/"))
    assert library.find("commands", "PING").title == "ask for a sign of life"


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('label = "PING"', 'lable = "PING"', ["'lable'", "label"]),
        ('label = "PING"', 'colour = "red"', ["'colour'", "label", "not_permitted"]),
        ('title = "ask for a sign of life"', "", ["'title'", "missing", "a text"]),
        ('title = "ask for a sign of life"', 'title = ""', ["'title'", "empty", "a text"]),
        ('label = "PING"', "label = 5", ["label", "is 5", "a text"]),
        ('label = "PING"', "label = ['PING']", ["label", "is a list", "a text"]),
        ('permitted_in = ["greeted"]', 'permitted_in = "greeted"', ["permitted_in", "'greeted'", "a list"]),
        ('permitted_in = ["greeted"]', 'permitted_in = ["greeted", 3]', ["permitted_in 2", "is 3", "a text"]),
        ('permitted_in = ["greeted"]', 'permitted_in = ["saluted"]', ["permitted_in", "'saluted'", "sender named"]),
        ('permitted_in = ["greeted"]', "permitted_in = []", ["permitted_in", "empty", "greeted"]),
        ('group = "session"', 'group = "misc"', ["group", "'misc'", "authentication", "message"]),
        ('status = "extension"', 'status = "new"', ["status", "'new'", "obsolete"]),
        ('status = "extension"', 'status = "continuation"', ["wire", "'PING'", "nothing"]),
        ('wire = "PING"', 'wire = "PONG"', ["wire", "'PONG'", "'PING'"]),
        ('wire = "PING"', 'wire = ""', ["wire", "'PING'"]),
        ('wire = "PING"', 'wire = "PING"\nverb = "PING"', ["'verb'", "twice"]),
        ('rfc = "none"', 'rfc = "none"\nconditions = ["sober"]', ["conditions", "'sober'", "announced"]),
        ('rfc = "none"', 'rfc = "none"\nin_course = 1', ["in_course", "is 1", "true or false"]),
        ('rfc = "none"', 'rfc = "none"\ntimeout_seconds = true', ["timeout_seconds", "True", "a whole number"]),
        ('rfc = "none"', 'rfc = "none"\nreplies = ["250"]', ["replies 1", "'250'", "a table of fields"]),
        ('rfc = "none"', 'rfc = "none"\nreplies = [{meaning = "Done."}]', ["replies 1", "'code'", "missing"]),
        ('rfc = "none"', 'rfc = "none"\nreplies = [{code = "250", meaning = "Done."}]', ["replies 1 code", "'250'"]),
        (
            'rfc = "none"',
            'rfc = "none"\nreplies = [{code = 250, meaning = "a"}, {code = 250, meaning = "b"}]',
            ["replies", "250", "twice"],
        ),
        ('rfc = "none"', 'rfc = "none"\nmistakes = [{wrong = "PONG"}]', ["mistakes 1", "'why'", "missing"]),
        ('example = "3"', "", ["arguments 1", "'example'", "missing"]),
        ('example = "3"', 'example = ""', ["arguments 1", "'example'", "empty"]),
        ('template = " {}"', 'template = " "', ["arguments 1 template", "{}"]),
        ('template = " {}"', 'template = " {}"\nchoices = ["1", "2"]', ["arguments 1 example", "'3'", "1, 2"]),
        (
            'template = " {}"',
            'template = " {}"\nchoices = ["3"]\ndefault = "4"',
            ["arguments 1 default", "'4'", "expected one of 3"],
        ),
        (COUNT, COUNT + COUNT, ["arguments", "'count'", "twice"]),
    ],
)
def test_malformed_command(tmp_path: Path, old: str, new: str, names: list[str]) -> None:
    text = PING + COUNT
    assert old in text
    message = refusal(tmp_path, "commands", text.replace(old, new, 1))
    assert message.startswith("commands.toml [PING]")
    for name in names:
        assert name in message
    assert "expected" in message or "is its value" in message


MESSAGE = (
    "[A]\ntitle='a'\nmeaning='b'\nrfc='c'\nstatus='d'\nclient_first=true\nneeds_tls='no'\nmessage_format='e'\n"
    "[[A.messages]]\ntitle='a'\nsender='{sender}'\npattern='{pattern}'\nrfc='c'\nfields=[{{name='f'}}]"
)


@pytest.mark.parametrize(
    ("kind", "text", "names"),
    [
        ("replies", "[5500]\ntitle = 'a'", ["[5500]", "three digits"]),
        ("replies", "550 = 'no'", ["[550]", "'no'", "a table of fields"]),
        (
            "replies",
            "[550]\ntitle = 'a'\nmeaning = 'b'\nrfc = ''\ncommands = []\nretry = 'maybe'",
            ["[550] retry", "'maybe'", "after action"],
        ),
        ("enhanced", "['5.1.1']\nmeaning = 'a'\nrfc = 'b'\nclasses = [5]", ["[5.1.1]", "X.1.1"]),
        ("enhanced", "['X.1.1']\nmeaning = 'a'\nrfc = 'b'\nclasses = [3]", ["[X.1.1] classes", "3", "2, 4, 5"]),
        (
            "mechanisms",
            "[A]\ntitle='a'\nmeaning='b'\nrfc='c'\nstatus='d'\nclient_first=true\nneeds_tls='sure'\nmessage_format='e'",
            ["[A] needs_tls", "'sure'", "recommended"],
        ),
        ("mechanisms", MESSAGE.format(sender="X", pattern="(a)"), ["[A] messages 1 sender", "X", "C, S"]),
        ("mechanisms", MESSAGE.format(sender="C", pattern="a"), ["[A] messages 1 pattern", "0 groups", "1 fields"]),
        ("mechanisms", MESSAGE.format(sender="C", pattern="(a"), ["[A] messages 1 pattern", "no regular expression"]),
        ("glossary", "[relay]\nmeaning = 'a'\n[Relay]\nmeaning = 'b'", ["[Relay]", "second entry"]),
        ("glossary", "[relay]\nmeaning = 'a'\n[relay]\nmeaning = 'b'", ["not readable as TOML", "relay"]),
        ("glossary", "[relay\n", ["not readable as TOML"]),
    ],
)
def test_malformed_entry_of_another_kind(tmp_path: Path, kind: str, text: str, names: list[str]) -> None:
    message = refusal(tmp_path, kind, text)
    assert message.startswith(f"{kind}.toml")
    for name in names:
        assert name in message


def test_an_extra_entry_passes_the_same_checks() -> None:
    with pytest.raises(MalformedEntry, match=r"extra commands \[PING\]: field 'wire' is missing"):
        Library(extra={"commands": {"PING": {"label": "PING"}}}).entries("commands")
    with pytest.raises(MalformedEntry, match=r"extra commands \[quit\] wire: is 1"):
        Library(extra={"commands": {"quit": {"wire": 1}}}).entries("commands")
    with pytest.raises(MalformedEntry, match="second entry"):
        Library(extra={"glossary": {"RELAY": {"meaning": "a"}}}).entries("glossary")
    with pytest.raises(MalformedEntry, match=r"'verbs'.*commands, replies"):
        Library(extra={"verbs": {}})


@pytest.mark.parametrize(
    ("ask", "near"),
    [
        (lambda: reference.command("MIAL"), "MAIL"),
        (lambda: reference.reply_code(599), "591"),
        (lambda: reference.enhanced_code("5.1.11"), "X.1.1"),
        (lambda: reference.extension("SMTP-UTF8"), "SMTPUTF8"),
        (lambda: reference.mechanism("CRAMMD5"), "CRAM-MD5"),
        (lambda: reference.term("reverse path"), "reverse-path"),
    ],
)
def test_unknown_entry_names_near_matches(ask: object, near: str) -> None:
    assert callable(ask)
    with pytest.raises(UnknownEntry) as caught:
        ask()
    assert near in str(caught.value)
    assert isinstance(caught.value, KeyError)


def test_unknown_entry_far_from_all() -> None:
    with pytest.raises(UnknownEntry) as caught:
        reference.command("0815")
    assert str(caught.value) == "commands has no entry '0815'"


def test_lookups_do_not_mind_case() -> None:
    assert reference.command("mail") is reference.command("MAIL")
    assert reference.extension("size").keyword == "SIZE"
    assert reference.mechanism("scram-sha-256").name == "SCRAM-SHA-256"
    assert reference.term("Reverse-Path").term == "reverse-path"
    assert reference.enhanced_code("5.1.1") is reference.enhanced_code("X.1.1") is reference.enhanced_code("4.1.1")
