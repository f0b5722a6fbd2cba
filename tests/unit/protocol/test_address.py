"""Names, mailboxes and the argument of MAIL and RCPT against the RFCs' own examples and limits."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.protocol.address import (
    Kind,
    domain_problem,
    field_path_problem,
    hello_problem,
    is_fqdn,
    literal_problem,
    local_part_problem,
    mailbox_problem,
    read_path_argument,
    split_path,
)

VALID_MAILBOXES = [
    "alice@lab.example",
    "Admin.MRC@foo.com",  # RFC 5321 D.4
    '"Joe\\,Smith"@foo.com',  # RFC 5321 4.1.2
    '"Abc\\@def"@example.com',  # this and the next six: RFC 3696 3, as its errata have them
    '"Fred Bloggs"@example.com',
    '"Joe\\\\Blow"@example.com',
    '"Abc@def"@example.com',
    "customer/department=shipping@example.com",
    "$A12345@example.com",
    "!def!xyz%abc@example.com",
    "_somename@example.com",
    "e=mc2@example.com",  # RFC 4954 5
    "john+@example.org",
    "user@[123.255.37.2]",  # RFC 5321 4.1.3
    "user@[IPv6:2001:db8::1]",
    "user@[ipv6:::1]",
    '""@example.com',  # *QcontentSMTP may be empty
    "a" * 64 + "@example.com",
    "a@" + "b" * 63 + ".example",
    "a@1and1.example",
    "a@localhost",  # one label is a Domain in the grammar
]


@pytest.mark.parametrize("mailbox", VALID_MAILBOXES)
def test_a_mailbox_of_the_rfcs_is_valid(mailbox: str) -> None:
    assert mailbox_problem(mailbox) is None
    for keyword in ("FROM", "TO"):
        argument = read_path_argument(keyword, f"{keyword}:<{mailbox}>", utf8=False)
        assert argument.problems == ()
        assert argument.path == mailbox
        assert f"{argument.local}@{argument.domain}" == mailbox


@pytest.mark.parametrize(
    ("mailbox", "kind"),
    [
        ("alice", Kind.NO_AT),
        ("alice@lab@example", Kind.TWO_AT),
        ("@lab.example", Kind.BAD_LOCAL_PART),
        (".alice@lab.example", Kind.BAD_LOCAL_PART),
        ("alice.@lab.example", Kind.BAD_LOCAL_PART),
        ("al..ice@lab.example", Kind.BAD_LOCAL_PART),
        ("al,ice@lab.example", Kind.BAD_LOCAL_PART),
        ("al(x)ice@lab.example", Kind.BAD_LOCAL_PART),
        ('"alice@lab.example', Kind.BAD_LOCAL_PART),
        ('"al"ice@lab.example', Kind.BAD_LOCAL_PART),
        ("a" * 65 + "@lab.example", Kind.TOO_LONG),
        ("alice@", Kind.MISSING),
        ("alice@lab.example.", Kind.TRAILING_DOT),
        ("alice@lab..example", Kind.EMPTY_LABEL),
        ("alice@.lab.example", Kind.EMPTY_LABEL),
        ("alice@my_lab.example", Kind.UNDERSCORE),
        ("alice@-lab.example", Kind.BAD_DOMAIN),
        ("alice@lab-.example", Kind.BAD_DOMAIN),
        ("alice@lab!.example", Kind.BAD_DOMAIN),
        ("alice@" + "b" * 64 + ".example", Kind.TOO_LONG),
        ("alice@" + ".".join(["b" * 63] * 4), None),  # 255 octets: the last length that fits
        ("alice@" + ".".join(["b" * 63] * 4) + "c", Kind.TOO_LONG),
        ("alice@192.0.2.1", Kind.BARE_ADDRESS),
        ("alice@[192.0.2.256]", Kind.BAD_LITERAL),
        ("alice@[192.0.2.1", Kind.BAD_LITERAL),
        ("alice@[2001:db8::1]", Kind.BAD_LITERAL),
        ("alice@[X400:abc]", Kind.BAD_LITERAL),
        ("jürgen@lab.example", Kind.NOT_ASCII),
        ("alice@münchen.example", Kind.NOT_ASCII),
    ],
)
def test_a_wrong_mailbox_is_named(mailbox: str, kind: Kind | None) -> None:
    problem = mailbox_problem(mailbox)
    assert (problem.kind if problem else None) == kind


@pytest.mark.parametrize(
    ("literal", "valid"),
    [
        ("[123.255.37.2]", True),
        ("[0.0.0.0]", True),
        ("[192.000.002.001]", True),  # Snum = 1*3DIGIT
        ("[1.2.3]", False),
        ("[1.2.3.4.5]", False),
        ("[1.2.3.1000]", False),
        ("[IPv6:1:2:3:4:5:6:7:8]", True),
        ("[IPv6:1:2:3:4:5:6:192.0.2.1]", True),
        ("[IPv6:::ffff:192.0.2.1]", True),
        ("[IPv6:1:2:3:4:5:6::]", True),
        ("[IPv6:1:2:3:4:5:6:7::]", False),  # at most six groups beside "::"
        ("[IPv6:1::2::3]", False),
        ("[IPv6:fe80::1%eth0]", False),
        ("[IPv6:12345::1]", False),
        ("[]", False),
        ("[", False),
    ],
)
def test_address_literals(literal: str, valid: bool) -> None:
    assert (literal_problem(literal) is None) == valid


@pytest.mark.parametrize(
    "mailbox",
    ["jürgen@lab.example", "用户@例え.example", "δοκιμή@παράδειγμα.example", '"jür gen"@lab.example', "a@faß.example"],
)
def test_utf8_needs_smtputf8(mailbox: str) -> None:
    assert mailbox_problem(mailbox, utf8=True) is None
    problem = mailbox_problem(mailbox, utf8=False)
    assert problem is not None
    assert problem.kind is Kind.NOT_ASCII


@pytest.mark.parametrize(
    ("mailbox", "kind"),
    [
        ("ü" * 33 + "@lab.example", Kind.TOO_LONG),  # 66 octets: limits count octets, RFC 6531 3.1
        ("a@MÜNCHEN.example", Kind.BAD_DOMAIN),
        ("a@☃.example", Kind.BAD_DOMAIN),  # RFC 5892: symbols are not in U-labels
        ("a@" + "ü" * 63 + ".example", Kind.TOO_LONG),
        ("a\udcff@lab.example", Kind.NOT_ASCII),
    ],
)
def test_utf8_has_limits_too(mailbox: str, kind: Kind) -> None:
    problem = mailbox_problem(mailbox, utf8=True)
    assert problem is not None
    assert problem.kind is kind


def test_non_ascii_in_mail_needs_the_parameter_in_the_same_line() -> None:
    # RFC 6531 3.4
    bare = read_path_argument("FROM", "FROM:<jürgen@lab.example>", utf8=True)
    assert [p.kind for p in bare.problems] == [Kind.NOT_ASCII]
    declared = read_path_argument("FROM", "FROM:<jürgen@lab.example> SMTPUTF8", utf8=True)
    assert declared.problems == ()
    not_offered = read_path_argument("FROM", "FROM:<jürgen@lab.example> SMTPUTF8", utf8=False)
    assert [p.kind for p in not_offered.problems] == [Kind.NOT_ASCII]
    assert read_path_argument("TO", "TO:<jürgen@lab.example>", utf8=True).problems == ()


def test_ordinary_argument() -> None:
    argument = read_path_argument(
        "FROM", "from:<e=mc2@example.com> size=500 AUTH=e+3Dmc2@example.com SMTPUTF8", utf8=False
    )
    assert (argument.path, argument.local, argument.domain) == ("e=mc2@example.com", "e=mc2", "example.com")
    assert argument.parameters == (("SIZE", "500"), ("AUTH", "e+3Dmc2@example.com"), ("SMTPUTF8", None))
    assert argument.problems == ()
    assert argument.source_route is None


def test_values_of_parameters_keep_their_case() -> None:
    # aiosmtpd upper-cases them, which destroys ENVID and ORCPT
    argument = read_path_argument(
        "TO", "TO:<Alice@Example.ORG> notify=Success orcpt=rfc822;Alice@Example.ORG", utf8=False
    )
    assert argument.parameters == (("NOTIFY", "Success"), ("ORCPT", "rfc822;Alice@Example.ORG"))


def test_null_reverse_path_and_postmaster() -> None:
    null = read_path_argument("FROM", "FROM:<> AUTH=<>", utf8=False)
    assert (null.path, null.problems, null.parameters) == ("", (), (("AUTH", "<>"),))
    for name in ("postmaster", "Postmaster", "POSTMASTER"):
        argument = read_path_argument("TO", f"TO:<{name}>", utf8=False)
        assert (argument.path, argument.local, argument.domain, argument.problems) == (name, name, "", ())
    assert read_path_argument("FROM", "FROM:<postmaster>", utf8=False).problem().kind is Kind.NO_AT  # type: ignore[union-attr]


def test_source_route_is_accepted_and_set_apart() -> None:
    # the example of RFC 5321 Appendix C; C and 4.1.2 say: accept, ignore
    argument = read_path_argument("TO", "TO:<@hosta.int,@jkl.org:userc@d.bar.org>", utf8=False)
    assert argument.problems == ()
    assert argument.source_route == "@hosta.int,@jkl.org"
    assert argument.path == "userc@d.bar.org"
    literal = read_path_argument("TO", "TO:<@hosta.int:user@[IPv6:2001:db8::1]>", utf8=False)
    assert (literal.source_route, literal.path, literal.problems) == ("@hosta.int", "user@[IPv6:2001:db8::1]", ())
    broken = read_path_argument("TO", "TO:<@hosta.int,jkl.org:userc@d.bar.org>", utf8=False)
    assert [p.kind for p in broken.problems] == [Kind.SOURCE_ROUTE]


@pytest.mark.parametrize(
    ("keyword", "text", "kinds", "path"),
    [
        ("FROM", "", [Kind.MISSING], ""),
        ("FROM", "FROM", [Kind.NO_COLON], ""),
        ("FROM", "FROM:", [Kind.MISSING], ""),
        ("TO", "TO:", [Kind.MISSING, Kind.EMPTY_PATH], ""),
        ("TO", "TO:<>", [Kind.EMPTY_PATH], ""),
        ("FROM", "FROM <alice@lab.example>", [Kind.NO_COLON], "alice@lab.example"),
        ("FROM", "<alice@lab.example>", [Kind.NO_COLON], "alice@lab.example"),
        ("TO", "FROM:<alice@lab.example>", [Kind.NO_COLON], None),
        ("FROM", "FROM :<alice@lab.example>", [Kind.SPACE_BEFORE_COLON], "alice@lab.example"),
        ("FROM", "FROM: <alice@lab.example>", [Kind.SPACE_AFTER_COLON], "alice@lab.example"),
        ("FROM", "FROM: <>", [Kind.SPACE_AFTER_COLON], ""),
        ("FROM", "FROM:alice@lab.example", [Kind.NO_BRACKETS], "alice@lab.example"),
        ("FROM", "FROM:alice@lab.example SIZE=5", [Kind.NO_BRACKETS], "alice@lab.example"),
        ("FROM", "FROM:alice@lab.example AUTH=<>", [Kind.NO_BRACKETS], "alice@lab.example"),
        ("FROM", "FROM:<alice@lab.example", [Kind.UNCLOSED_BRACKET], "alice@lab.example"),
        ("FROM", "FROM:<alice@lab.example SIZE=5", [Kind.UNCLOSED_BRACKET], "alice@lab.example"),
        ("FROM", "FROM:Alice <alice@lab.example>", [Kind.DISPLAY_NAME], "alice@lab.example"),
        ("FROM", 'FROM:"A <x>" <alice@lab.example>', [Kind.DISPLAY_NAME], "alice@lab.example"),
        ("FROM", "FROM: Alice <a@lab.example>", [Kind.DISPLAY_NAME, Kind.SPACE_AFTER_COLON], "a@lab.example"),
        ("FROM", "FROM:< alice@lab.example >", [Kind.SPACE_IN_PATH], "alice@lab.example"),
        ("FROM", "FROM:<a b@lab.example>", [Kind.SPACE_IN_PATH, Kind.BAD_LOCAL_PART], "a b@lab.example"),
        ("FROM", 'FROM:<"a > b"@lab.example> SIZE=5', [], '"a > b"@lab.example'),
        ("FROM", "FROM:<a@lab.example>SIZE=5", [Kind.BAD_PARAMETER], "a@lab.example"),
        ("FROM", "FROM:<a@lab.example>  SIZE=5", [Kind.BAD_PARAMETER], "a@lab.example"),
        ("FROM", "FROM:<a@lab.example> SIZE=", [Kind.BAD_PARAMETER], "a@lab.example"),
        ("FROM", "FROM:<a@lab.example> SIZE=1=2", [Kind.BAD_PARAMETER], "a@lab.example"),
        ("FROM", "FROM:<a@lab.example> -X=1", [Kind.BAD_PARAMETER], "a@lab.example"),
        ("FROM", "FROM:<a@lab.example> FOO-BAR=1", [], "a@lab.example"),
        ("FROM", "FROM:<a@lab.example> \t ", [], "a@lab.example"),  # RFC 5321 4.1.1, last sentence
        ("TO", "TO:<b@lab.example>, <c@lab.example>", [Kind.BAD_PARAMETER], "b@lab.example"),
        ("FROM", "FROM: <a@my_lab.example.>", [Kind.SPACE_AFTER_COLON, Kind.UNDERSCORE, Kind.TRAILING_DOT], None),
    ],
)
def test_problems_come_in_order(keyword: str, text: str, kinds: list[Kind], path: str | None) -> None:
    argument = read_path_argument(keyword, text, utf8=False)  # type: ignore[arg-type]
    assert [p.kind for p in argument.problems][: max(1, len(kinds))] == kinds
    if path is not None:
        assert argument.path == path


def test_a_path_has_at_most_256_octets_with_its_brackets() -> None:
    local, rest = "a" * 64, "." + "c" * 63 + "." + "d" * 63  # RFC 5321 4.5.3.1.3
    fits = f"{local}@{'b' * 61}{rest}"
    assert len(f"<{fits}>") == 256
    assert read_path_argument("FROM", f"FROM:<{fits}>", utf8=False).problems == ()
    assert field_path_problem(fits) is None
    longer = f"{local}@{'b' * 62}{rest}"
    assert [p.kind for p in read_path_argument("FROM", f"FROM:<{longer}>", utf8=False).problems] == [Kind.TOO_LONG]
    assert field_path_problem(longer).kind is Kind.TOO_LONG  # type: ignore[union-attr]


def test_forgiving() -> None:
    argument = read_path_argument("TO", "TO: bob@my_lab.example", utf8=False)
    assert argument.problem().kind is Kind.SPACE_AFTER_COLON  # type: ignore[union-attr]
    lenient = {Kind.SPACE_AFTER_COLON, Kind.NO_BRACKETS}
    assert argument.problem(lenient).kind is Kind.UNDERSCORE  # type: ignore[union-attr]
    assert argument.problem(lenient | {Kind.UNDERSCORE}) is None
    assert (argument.path, argument.domain) == ("bob@my_lab.example", "my_lab.example")


@pytest.mark.parametrize(
    ("name", "helo", "kind"),
    [
        ("laptop.example", False, None),
        ("laptop.example", True, None),
        ("[192.0.2.1]", False, None),
        ("[192.0.2.1]", True, Kind.LITERAL_IN_HELO),  # RFC 5321 4.1.1.1: HELO SP Domain
        ("[192.0.2.999]", False, Kind.BAD_LITERAL),
        ("192.0.2.1", False, Kind.BARE_ADDRESS),
        ("2001:db8::1", False, Kind.BARE_ADDRESS),
        ("", False, Kind.MISSING),
        ("foo bar", False, Kind.BAD_DOMAIN),
        ("!!", False, Kind.BAD_DOMAIN),
        ("<laptop.example>", False, Kind.BAD_DOMAIN),
        ("my_laptop.example", False, Kind.UNDERSCORE),
        ("localhost", False, Kind.NOT_FQDN),  # RFC 5321 2.3.5
        ("münchen.example", False, Kind.NOT_ASCII),
    ],
)
def test_hello(name: str, helo: bool, kind: Kind | None) -> None:
    problem = hello_problem(name, helo=helo)
    assert (problem.kind if problem else None) == kind


def test_hello_forgives_what_a_lenient_server_forgives() -> None:
    assert hello_problem("my_laptop", forgive=(Kind.UNDERSCORE, Kind.NOT_FQDN)) is None
    assert hello_problem("my_laptop", forgive=(Kind.UNDERSCORE,)).kind is Kind.NOT_FQDN  # type: ignore[union-attr]
    assert hello_problem("münchen.example", utf8=True) is None


@pytest.mark.parametrize(
    ("name", "answer"),
    [("lab.example", True), ("example", False), ("192.0.2.1", False), ("lab.example.", False), ("[192.0.2.1]", False)],
)
def test_is_fqdn(name: str, answer: bool) -> None:
    assert is_fqdn(name) is answer


@given(st.text(max_size=80), st.booleans())
def test_nothing_raises(text: str, utf8: bool) -> None:
    for check in (domain_problem, local_part_problem, mailbox_problem, field_path_problem):
        check(text, utf8=utf8)
    literal_problem(f"[{text}]")
    hello_problem(text, utf8=utf8)
    for argument in (text, f"FROM:{text}", f"FROM:<{text}>", f"FROM:<a@b.example> {text}"):
        found = read_path_argument("FROM", argument, utf8=utf8)
        assert all(p.sentence.endswith((".", "!")) for p in found.problems)
        split_path(argument)


@given(st.text(alphabet='FROM:<>@."\\ ab=,[]_-1', max_size=60))
def test_syntax_characters_in_any_order_raise_nothing(text: str) -> None:
    for keyword in ("FROM", "TO"):
        read_path_argument(keyword, f"{keyword}:{text}", utf8=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("unit", ["a.", "a", '"', '\\"', "<", "a@", "@a,", " A=1", "[", "-", "a-", "é"])
def test_hostile_lines_take_linear_time(unit: str) -> None:
    text = "FROM:<" + unit * (20_000 // len(unit))
    began = perf_counter()
    read_path_argument("FROM", text, utf8=True)
    read_path_argument("FROM", text + ">", utf8=True)
    assert perf_counter() - began < 0.5  # an unclosed quote at each octet took seconds, in quadratic time
