"""The server's side of the conversation, without a connection: octets in, an answer out.

A :class:`Dialogue` holds what RFC 5321 4.1.4 calls the state of a session. It reads nothing and writes
nothing: the engine hands it each line, AUTH response, message or chunk, sends the answer's reply and
reads what the answer says comes next. So the rules can be tested octet by octet.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from helpers import reference
from helpers.lab.mailroom import Mailroom
from helpers.lab.profiles import Profile
from helpers.lab.replies import Wording, joined
from helpers.protocol.address import Kind, PathArgument, hello_problem, read_path_argument
from helpers.protocol.grammar import GRAMMARS
from helpers.wire.messages import StoredMessage
from helpers.wire.transcript import unstuff

if TYPE_CHECKING:
    from helpers.lab.auth import Octets, Outcome

COMMAND_LIMIT: Final = 512  # octets, CR LF included (RFC 5321 4.5.3.1.4)
TEXT_LIMIT: Final = 1000  # octets, CR LF included, a stuffed dot not counted (RFC 5321 4.5.3.1.6)
AUTH_LIMIT: Final = 12288  # octets (RFC 4954 4)
LOOP_LIMIT: Final = 100  # Received lines (RFC 5321 6.3)
LAX_DOT: Final = re.compile(rb"\.\r?\n\Z")
FROM_FIELD: Final = re.compile(rb"^From[ \t]*:((?:[^\n]|\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
DOMAIN_PART: Final = re.compile(rb"@([A-Za-z0-9.-]{1,255})")

BEFORE_TLS: Final = frozenset({"NOOP", "EHLO", "STARTTLS", "QUIT"})  # RFC 3207 4
BEFORE_AUTH: Final = frozenset({"AUTH", "EHLO", "HELO", "NOOP", "RSET", "QUIT", "STARTTLS"})  # RFC 4954 6
LENIENT_HELLO: Final = frozenset({Kind.NOT_FQDN, Kind.LITERAL_IN_HELO})
EHLO_ORDER: Final = (
    "SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES", "DSN", "CHUNKING", "BINARYMIME",
    "STARTTLS", "AUTH", "VRFY", "EXPN", "HELP",
)  # fmt: skip
MAIL_PARAMETERS: Final[Mapping[str, tuple[str, str | None]]] = {
    "SIZE": ("SIZE", "size"),
    "BODY": ("8BITMIME", "body"),
    "SMTPUTF8": ("SMTPUTF8", None),
    "AUTH": ("AUTH", "xtext"),
    "RET": ("DSN", "ret"),
    "ENVID": ("DSN", "xtext"),
}
RCPT_PARAMETERS: Final[Mapping[str, tuple[str, str | None]]] = {"NOTIFY": ("DSN", "notify"), "ORCPT": ("DSN", "orcpt")}

T = TypeVar("T")


class Next(Enum):
    """What the engine reads after the reply."""

    COMMAND = auto()
    RESPONSE = auto()  #: a line of an AUTH exchange
    MESSAGE = auto()  #: everything up to CR LF . CR LF
    CHUNK = auto()  #: exactly ``octets`` octets
    TLS = auto()  #: the handshake
    CLOSE = auto()


@dataclass(slots=True)
class Answer:
    """A reply (lines joined by CR LF, the last one without) and what comes next.

    The reply to BDAT waits for its chunk: with ``Next.CHUNK`` it is a refusal to be given then, or "".
    """

    reply: str
    next: Next = Next.COMMAND
    octets: int = 0
    note: str = ""  #: a remark for the transcript


@dataclass(slots=True)
class _Transaction:
    """The buffers of RFC 5321 4.1.1: reverse-path, forward-paths, mail data."""

    sender: str
    parameters: dict[str, str | None]
    recipients: list[str] = field(default_factory=list)
    wishes: list[tuple[str, ...]] = field(default_factory=list)  #: the parameters of the recipients
    refused: int = 0
    chunks: bytearray | None = None

    def add(self, recipient: str, parameters: Mapping[str, str | None]) -> None:
        self.recipients.append(recipient)
        self.wishes.append(_written(parameters))

    @property
    def body(self) -> str:
        return (self.parameters.get("BODY") or "7BIT").upper()


class Dialogue:
    """One session as the server sees it."""

    def __init__(
        self,
        profile: Profile,
        hostname: str,
        mailroom: Mailroom,
        nonce: Callable[[], str],
        tls_works: bool = True,
    ) -> None:
        self.profile = profile
        self.hostname = hostname
        self.mailroom = mailroom
        self.people = mailroom.people
        self.say = Wording(hostname, "ENHANCEDSTATUSCODES" in profile.extensions)
        self.connection = 0
        self.decisions: list[Any] = []  #: what more than this session decided: identifiers, greylisting
        self.rehearsal: list[Any] | None = None  #: a replay: the decisions to repeat; nothing is delivered
        self.tls = False
        self._tls_works = tls_works
        self._nonce = nonce
        self._auth: Octets | None = None
        self._mechanism = ""
        self._errors = 0
        self._auth_failures = 0
        self._forget()

    def _forget(self) -> None:
        self.hello: str | None = None
        self.client = ""
        self.user: str | None = None
        self.transaction: _Transaction | None = None
        self.command_limit = COMMAND_LIMIT  # octets of a command line; grows with the announced extensions

    # --- what the engine calls -----------------------------------------------------------------

    def greeting(self) -> Answer:
        return Answer(self.say("greeting" if self.profile.esmtp else "greeting-legacy"))

    def tls_started(self) -> None:
        """RFC 3207 4.2: forget everything that was learned before the handshake."""
        self._forget()
        self.tls = True

    def abandon(self, transaction: bool) -> None:
        """Give up any AUTH exchange, and the transaction if so; keep the session."""
        self._auth = None
        if transaction:
            self.transaction = None

    def refuse(self, line: bytes, reply: str) -> Answer:
        """Answer a command with a reply from outside, whatever the command would have done."""
        verb, _, argument = line.decode("latin-1").strip().partition(" ")
        reply = self.say.given(reply)
        if verb.upper() != "BDAT":
            return Answer(reply)
        self.transaction = None  # a refused chunk is the end of the transaction (RFC 3030 2)
        return self._refuse_chunk(argument, reply)

    def refuse_message(self, reply: str) -> Answer:
        """Answer a message, or the last chunk of one, with a reply from outside."""
        self.transaction = None
        return Answer(self.say.given(reply))

    @property
    def offers(self) -> frozenset[str]:
        """The extensions on offer at this moment, whether or not EHLO has been said."""
        offered = set(self.profile.extensions)
        if self.tls or self.profile.tls != "starttls" or not self._tls_works:
            offered.discard("STARTTLS")
        if not self.profile.mechanisms or not (self.tls or self.profile.auth_in_clear):
            offered.discard("AUTH")
        for keyword, policy in (("VRFY", self.profile.vrfy), ("EXPN", self.profile.expn)):
            if policy == "off":
                offered.discard(keyword)
        return frozenset(offered)

    def command(self, line: bytes) -> Answer:
        """Answer one command line (its line end included)."""
        problem = self._line_problem(line)
        if problem:
            return self._error(problem)
        text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        verb, _, argument = text.partition(" ")
        verb = verb.upper()
        if verb.startswith(("MAIL", "RCPT")) and verb[4:5] == ":":
            verb = verb[:4]
        method = self._METHODS.get(verb)
        if method is None or (not self.profile.esmtp and verb in ("EHLO", "AUTH", "STARTTLS", "BDAT")):
            return self._unknown(verb)
        argument = argument.strip(" \t")
        demand = self._demand(verb)
        if demand:
            return self._refuse_chunk(argument, demand) if verb == "BDAT" else Answer(demand)
        return method(self, argument)

    def _demand(self, verb: str) -> str:
        """What the server demands before this command (530), if anything."""
        if self.profile.require_tls and not self.tls and verb not in BEFORE_TLS:
            return self.say("tls-first")
        if self.profile.require_auth and self.user is None and verb not in BEFORE_AUTH:
            return self.say("auth-first")
        return ""

    def response(self, line: bytes) -> Answer:
        """Answer one line of an AUTH exchange."""
        text = line.rstrip(b"\r\n")
        if len(line) > AUTH_LIMIT:
            self._auth = None
            return self._error(self.say("auth-line-too-long"))
        if text == b"*":
            self._auth = None
            return Answer(self.say("auth-cancelled"))
        try:
            decoded = base64.b64decode(text, validate=True)
        except binascii.Error:
            self._auth = None
            return Answer(self.say("auth-base64"))
        return self._auth_step(decoded)

    def message(self, octets: bytes, too_big: bool = False) -> Answer:
        """Answer a message: the octets after 354, final dot included."""
        transaction = self.transaction
        assert transaction is not None
        self.transaction = None
        if too_big:
            return Answer(self.say("too-big", limit=self.profile.max_size))
        if self.profile.lax_end:
            octets = LAX_DOT.sub(b".\r\n", octets)
        return self._take(transaction, unstuff(octets))

    def chunk(self, octets: bytes, refused: str, size: int, last: bool, too_big: bool = False) -> Answer:
        """Answer a BDAT chunk once its octets have come (RFC 3030 2)."""
        if refused:
            return Answer(refused)
        transaction = self.transaction
        assert transaction is not None
        if transaction.chunks is None:
            transaction.chunks = bytearray()
        if too_big or len(transaction.chunks) + size > self.profile.max_size:
            self.transaction = None
            return Answer(self.say("too-big", limit=self.profile.max_size))
        transaction.chunks += octets
        if not last:
            return Answer(self.say("chunk-ok", size=size))
        self.transaction = None
        return self._take(transaction, bytes(transaction.chunks))

    # --- commands ---------------------------------------------------------------------------------

    def _ehlo(self, name: str) -> Answer:
        problem = self._hello(name, "EHLO")
        if problem:
            return problem
        lines = [self.say("hello-ehlo", name=name)]
        offers = self.offers
        lines += [f"250 {self._announcement(keyword)}" for keyword in EHLO_ORDER if keyword in offers]
        self.command_limit = COMMAND_LIMIT + _growth(offers)
        return Answer(joined(lines))

    def _helo(self, name: str) -> Answer:
        return self._hello(name, "HELO") or Answer(self.say("hello"))

    def _hello(self, name: str, verb: str) -> Answer | None:
        if not name:
            return self._error(self.say("hello-missing", verb=verb))
        policy = self.profile.hello
        if policy != "any":
            problem = hello_problem(name, helo=verb == "HELO", forgive=() if policy == "fqdn" else LENIENT_HELLO)
            if problem and problem.kind is Kind.NOT_FQDN:
                return Answer(self.say("hello-not-fqdn", name=name))
            if problem:
                return self._error(self.say("hello-syntax", problem=problem.sentence))
        self.hello, self.client = verb, name
        self.transaction = None  # a greeting in the middle works like RSET (RFC 5321 4.1.4)
        return None

    def _announcement(self, keyword: str) -> str:
        if keyword == "SIZE":
            return f"SIZE {self.profile.max_size}"
        if keyword == "AUTH":
            return f"AUTH {' '.join(self.profile.mechanisms)}"
        return keyword

    def _mail(self, argument: str) -> Answer:
        if self.hello is None:
            return Answer(self.say("send-hello"))
        if self.transaction is not None:
            return Answer(self.say("nested-mail"))
        path = self._path("FROM", argument, utf8=self.hello == "EHLO" and "SMTPUTF8" in self.profile.extensions)
        if isinstance(path, Answer):
            return path
        parameters = self._parameters(path, MAIL_PARAMETERS)
        if isinstance(parameters, Answer):
            return parameters
        size = int(parameters.get("SIZE") or 0)
        if size > self.profile.max_size:
            return Answer(self.say("declared-too-big", size=size, limit=self.profile.max_size))
        self.transaction = _Transaction(path.path, parameters)
        return Answer(self.say("mail-ok", path=path.path))

    def _rcpt(self, argument: str) -> Answer:
        if self.hello is None:
            return Answer(self.say("send-hello"))
        transaction = self.transaction
        if transaction is None:
            return Answer(self.say("need-mail"))
        answer = self._recipient(transaction, argument)
        if answer.reply[0] != "2":
            transaction.refused += 1
        return answer

    def _recipient(self, transaction: _Transaction, argument: str) -> Answer:
        path = self._path("TO", argument, utf8="SMTPUTF8" in transaction.parameters)
        if isinstance(path, Answer):
            return path
        parameters = self._parameters(path, RCPT_PARAMETERS)
        if isinstance(parameters, Answer):
            return parameters
        if len(transaction.recipients) >= self.profile.max_recipients:
            return Answer(self.say("too-many-recipients"))
        if not self.people.is_local(path.domain):
            allowed = self.profile.relay == "anyone" or (self.profile.relay == "authenticated" and self.user)
            if not allowed:
                return Answer(self.say("relay-denied", path=path.path))
            transaction.add(path.path, parameters)
            return Answer(self.say("rcpt-relayed", path=path.path))
        return self._local_recipient(transaction, path, parameters)

    def _local_recipient(
        self, transaction: _Transaction, path: PathArgument, parameters: Mapping[str, str | None]
    ) -> Answer:
        special = self.people.special.get(path.local.lower())
        if special is not None:
            if not (special.greylist_minutes and self._passes(transaction.sender, path.path, special.greylist_minutes)):
                if special.reply.startswith("2"):
                    transaction.add(path.path, parameters)
                return Answer(self.say.given(special.reply))
        elif not self.people.deliver_to(path.local) and self.profile.unknown_users == "refuse":
            return Answer(self.say("user-unknown", path=path.path))
        transaction.add(path.path, parameters)
        return Answer(self.say("rcpt-ok", path=path.path))

    def _passes(self, sender: str, recipient: str, minutes: int) -> bool:
        return self._decide(lambda: not self.mailroom.greylisted(sender, recipient, minutes), False)

    def _data(self, argument: str) -> Answer:
        if argument:
            return self._error(self.say("no-argument-taken", verb="DATA"))
        refusal = self._not_ready_for_content()
        if refusal:
            return Answer(refusal)
        assert self.transaction is not None
        if self.transaction.chunks is not None:
            return Answer(self.say("data-after-bdat"))
        if self.transaction.body == "BINARYMIME":
            return Answer(self.say("binary-needs-bdat"))
        return Answer(self.say("data-go-ahead"), Next.MESSAGE)

    def _bdat(self, argument: str) -> Answer:
        words = argument.upper().split()
        shaped = 1 <= len(words) <= 2 and words[0].isascii() and words[0].isdigit() and len(words[0]) <= 20
        if "CHUNKING" not in self.offers:
            return self._refuse_chunk(argument, self.say("not-implemented", verb="BDAT"))
        if self.hello != "EHLO":
            return self._refuse_chunk(argument, self.say("needs-ehlo", verb="BDAT"))
        if not shaped or words[1:] not in ([], ["LAST"]):
            return self._error(self.say("chunk-syntax"))
        refusal = self._not_ready_for_content()
        return Answer(refusal, Next.CHUNK, int(words[0]))

    def _refuse_chunk(self, argument: str, reply: str) -> Answer:
        # the octets are on their way in any case: read and drop them (RFC 3030 2)
        size = argument.split(" ", 1)[0]
        octets = int(size) if size.isascii() and size.isdigit() and len(size) <= 20 else 0
        return Answer(reply, Next.CHUNK, octets)

    def _not_ready_for_content(self) -> str:
        if self.hello is None:
            return self.say("send-hello")
        if self.transaction is None:
            return self.say("need-mail")
        if not self.transaction.recipients:
            return self.say("no-valid-rcpt" if self.transaction.refused else "need-rcpt")
        return ""

    def _rset(self, argument: str) -> Answer:
        if argument:
            return self._error(self.say("no-argument-taken", verb="RSET"))
        self.transaction = None
        return Answer(self.say("rset-ok"))

    def _noop(self, argument: str) -> Answer:
        return Answer(self.say("noop-ok"))

    def _quit(self, argument: str) -> Answer:
        if argument:
            return self._error(self.say("no-argument-taken", verb="QUIT"))
        self.transaction = None
        return Answer(self.say("bye"), Next.CLOSE)

    def _vrfy(self, argument: str) -> Answer:
        if self.profile.vrfy == "off":
            return Answer(self.say("not-implemented", verb="VRFY"))
        text = _without_utf8_flag(argument)
        if not text:
            return self._error(self.say("argument-needed", syntax="VRFY user"))
        if self.profile.vrfy == "noncommittal":
            return Answer(self.say("vrfy-noncommittal"))
        local = self._local_part(text)
        if local is None:
            return Answer(self.say("vrfy-foreign"))
        special = self.people.special.get(local)
        if special is not None and special.forward:
            return Answer(self.say("vrfy-forward", address=self.people.address(special.forward)))
        found = self.people.matching(local)
        if len(found) == 1:
            return Answer(self.say("vrfy-found", name=found[0][0], address=found[0][1]))
        if found:
            rows = [self.say("vrfy-candidate", name=name, address=address) for name, address in found]
            return Answer(joined([self.say("vrfy-ambiguous"), *rows]))
        if local in self.people.lists:
            return Answer(self.say("vrfy-found", name=f"The {local} list", address=self.people.address(local)))
        if special is not None and not special.reply.startswith("5"):
            return Answer(self.say("vrfy-found", name=local, address=self.people.address(local)))
        return Answer(self.say("vrfy-unknown", text=text))

    def _expn(self, argument: str) -> Answer:
        if self.profile.expn == "off":
            return Answer(self.say("not-implemented", verb="EXPN"))
        text = _without_utf8_flag(argument)
        if not text:
            return self._error(self.say("argument-needed", syntax="EXPN list"))
        if self.profile.expn == "noncommittal":
            return Answer(self.say("expn-private"))
        found = self.people.lists.get(self._local_part(text) or "")
        if found is None:
            return Answer(self.say("expn-unknown", text=text))
        if found.private:
            return Answer(self.say("expn-private"))
        rows = [{"name": self.people.names[who], "address": self.people.address(who)} for who in found.members]
        return Answer(self.say.lines("expn-member", rows))

    def _local_part(self, text: str) -> str | None:
        """The name or local-part that VRFY or EXPN asks for; None: an address of another domain."""
        local, at, domain = text.strip("<> ").rpartition("@")
        if not at:
            return domain.lower()
        return local.lower() if self.people.is_local(domain) else None

    def _help(self, argument: str) -> Answer:
        if not argument:
            return Answer(self.say("help", verbs=" ".join(self._verbs())))
        verb = argument.split()[0].upper()
        if verb not in self._verbs():
            return Answer(self.say("help-unknown", text=argument))
        return Answer(self.say("help-command", syntax=reference.command(verb).syntax))

    def _verbs(self) -> list[str]:
        offers = self.offers
        works = {
            "EHLO": self.profile.esmtp,
            "STARTTLS": "STARTTLS" in offers,
            "AUTH": "AUTH" in offers,
            "BDAT": "CHUNKING" in offers,
            "VRFY": self.profile.vrfy != "off",
            "EXPN": self.profile.expn != "off",
        }
        return [verb for verb in self._METHODS if works.get(verb, True)]

    def _starttls(self, argument: str) -> Answer:
        if argument:
            return self._error(self.say("no-argument-taken", verb="STARTTLS"))
        if self.tls:
            return Answer(self.say("tls-active"))
        if self.profile.tls != "starttls" or "STARTTLS" not in self.profile.extensions:
            return Answer(self.say("not-implemented", verb="STARTTLS"))
        if not self._tls_works:
            return Answer(self.say("tls-unavailable"))
        if self.hello != "EHLO":
            return Answer(self.say("needs-ehlo", verb="STARTTLS"))
        if self.transaction is not None:
            return Answer(self.say("tls-in-transaction"))
        return Answer(self.say("tls-ready"), Next.TLS)

    def _auth_command(self, argument: str) -> Answer:
        words = argument.split()
        if not self.profile.mechanisms:
            return Answer(self.say("not-implemented", verb="AUTH"))
        if self.hello != "EHLO":
            return Answer(self.say("needs-ehlo", verb="AUTH"))
        if not self.tls and not self.profile.auth_in_clear:
            return Answer(self.say("auth-encryption"))
        if self.user is not None:
            return Answer(self.say("auth-twice"))
        if self.transaction is not None:
            return Answer(self.say("auth-in-transaction"))
        if not 1 <= len(words) <= 2:
            return self._error(self.say("auth-syntax"))
        from helpers.lab.auth import MECHANISMS, Accounts  # hashlib and hmac come with it

        mechanism = words[0].upper()
        if mechanism not in self.profile.mechanisms:
            return Answer(self.say("auth-mechanism", mechanism=mechanism))
        initial: bytes | None = None
        if len(words) == 2:
            if not MECHANISMS[mechanism].client_first:
                return Answer(self.say("auth-no-initial", mechanism=mechanism))
            try:
                initial = b"" if words[1] == "=" else base64.b64decode(words[1], validate=True)
            except ValueError:
                return Answer(self.say("auth-base64"))
        accounts = Accounts({u.local_part: u.password for u in self.people.users.values()}, self.hostname, self._nonce)
        self._mechanism = mechanism
        self._auth = MECHANISMS[mechanism].exchange(initial, accounts)
        return self._auth_step(None)

    def _auth_step(self, response: bytes | None) -> Answer:
        assert self._auth is not None
        try:
            challenge = next(self._auth) if response is None else self._auth.send(response)
        except StopIteration as end:
            self._auth = None
            return self._auth_outcome(end.value)
        # the space after 334 stands even when the challenge is empty (RFC 4954 4)
        return Answer(f"334 {base64.b64encode(challenge).decode()}", Next.RESPONSE)

    def _auth_outcome(self, outcome: Outcome) -> Answer:
        if outcome.problem:
            return self._error(self.say("auth-format", problem=outcome.problem))
        user = self.people.users.get(outcome.user or "")
        if user is not None and user.mechanisms and self._mechanism not in user.mechanisms:
            return Answer(self.say("auth-weak", mechanisms=" or ".join(user.mechanisms)))
        if user is not None:
            self.user = user.local_part
            return Answer(self.say("auth-ok"))
        self._auth_failures += 1
        if self._auth_failures >= self.profile.max_auth_failures:
            return Answer(self.say("auth-failures"), Next.CLOSE)
        return Answer(self.say("auth-bad"))

    def _obsolete(self, argument: str) -> Answer:
        return Answer(self.say("not-implemented", verb="This obsolete command"))

    _METHODS: Final[dict[str, Callable[[Dialogue, str], Answer]]] = {
        "EHLO": _ehlo,
        "HELO": _helo,
        "STARTTLS": _starttls,
        "AUTH": _auth_command,
        "MAIL": _mail,
        "RCPT": _rcpt,
        "DATA": _data,
        "BDAT": _bdat,
        "RSET": _rset,
        "VRFY": _vrfy,
        "EXPN": _expn,
        "HELP": _help,
        "NOOP": _noop,
        "QUIT": _quit,
    }

    # --- parts ------------------------------------------------------------------------------------

    def _line_problem(self, line: bytes) -> str | None:
        if len(line) > self.command_limit:
            return self.say("line-too-long", limit=self.command_limit)
        if self.profile.bare_lf == "refuse" and not line.endswith(b"\r\n"):
            return self.say("bare-lf")
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        if not text.strip():
            return self.say("empty-line")
        if text[0] in b" \t":
            return self.say("leading-space")
        if b"\r" in text and self.profile.bare_lf == "refuse":
            return self.say("bare-cr")
        verb = text.split(b" ", 1)[0]
        if not verb.isascii():
            return self.say("not-ascii")
        if any(octet < 32 and octet != 9 for octet in text) and self.profile.bare_lf == "refuse":
            return self.say("control-character")
        return None

    def _unknown(self, verb: str) -> Answer:
        if verb in OBSOLETE:
            return self._error(self.say("not-implemented", verb=verb))
        return self._error(self.say("unknown", verb=verb[:40]))

    def _error(self, reply: str) -> Answer:
        """A syntax error or an unknown command: too many of them end the session."""
        self._errors += 1
        if self._errors >= self.profile.max_errors:
            return Answer(self.say("too-many-errors"), Next.CLOSE)
        return Answer(reply)

    def _path(self, keyword: Literal["FROM", "TO"], argument: str, utf8: bool) -> PathArgument | Answer:
        path = read_path_argument(keyword, argument, utf8=utf8 or self.profile.unlisted_params == "ignore")
        problem = path.problem(self.profile.forgive)
        if problem is None:
            return path
        match problem.kind:
            case Kind.NOT_ASCII if _is_utf8(argument):
                return Answer(self.say("need-smtputf8"))
            case Kind.EMPTY_PATH:
                return self._error(self.say("null-rcpt"))
            case Kind.BAD_PARAMETER:
                return self._error(self.say("parameter-syntax", problem=problem.sentence))
        key = "path-syntax-mail" if keyword == "FROM" else "path-syntax-rcpt"
        return self._error(self.say(key, problem=problem.sentence))

    def _parameters(
        self, path: PathArgument, known: Mapping[str, tuple[str, str | None]]
    ) -> dict[str, str | None] | Answer:
        taken: dict[str, str | None] = {}
        for keyword, value in path.parameters:
            extension, grammar = known.get(keyword, ("", None))
            if extension not in self.offers or self.hello != "EHLO":
                if self.profile.unlisted_params == "ignore":
                    continue
                return Answer(self.say("parameter-unknown", keyword=keyword))
            if keyword in taken:
                return self._error(self.say("parameter-syntax", problem=f"{keyword} stands twice in the line"))
            problem = _value_problem(keyword, value, grammar)
            if problem:
                return self._error(self.say("parameter-syntax", problem=problem))
            taken[keyword] = value
        body = (taken.get("BODY") or "").upper()
        if body == "BINARYMIME" and "BINARYMIME" not in self.profile.extensions:
            return Answer(self.say("parameter-unknown", keyword="BODY=BINARYMIME"))
        return taken

    def _take(self, transaction: _Transaction, content: bytes) -> Answer:
        """The decision at the end of a message."""
        profile = self.profile
        if len(content) > profile.max_size:
            return Answer(self.say("too-big", limit=profile.max_size))
        if transaction.body != "BINARYMIME" and _longest_line(content) > TEXT_LIMIT:
            return Answer(self.say("text-line-too-long"))
        if profile.bare_lf_data == "refuse" and content.count(b"\n") != content.count(b"\r\n"):
            return Answer(self.say("bare-lf-in-data"))
        note = ""
        if not content.isascii() and transaction.body == "7BIT" and "SMTPUTF8" not in transaction.parameters:
            if profile.undeclared_8bit == "refuse":
                return Answer(self.say("not-8bit"))
            note = "8-bit content without BODY=8BITMIME: taken, as most servers do; the strict profile refuses it"
        header = b"\r\n" + content.partition(b"\r\n\r\n")[0].lower()
        if header.count(b"\r\nreceived:") >= LOOP_LIMIT:
            return Answer(self.say("mail-loop"))
        if profile.dmarc == "enforce" and self.user is None:
            author = _author_domain(content)
            if self.people.is_protected(author):
                return Answer(self.say("dmarc-refused", domain=author))
        identifier = self._decide(lambda: self._deliver(transaction, content), "REPLAY")
        return Answer(self.say("accepted", id=identifier), note=note)

    def _deliver(self, transaction: _Transaction, content: bytes) -> str:
        identifier = self.mailroom.next_identifier()
        self.mailroom.store(
            StoredMessage(
                sender=transaction.sender,
                recipients=tuple(transaction.recipients),
                raw=content,
                trace=self.mailroom.trace(transaction.sender, self.client, self._protocol(transaction), identifier),
                connection=self.connection,
                identifier=identifier,
                parameters=_written(transaction.parameters),
                recipient_parameters=tuple(transaction.wishes),
            )
        )
        return identifier

    def _decide(self, decide: Callable[[], T], unknown: T) -> T:
        """What depends on more than this session: decided once, and repeated by a replay."""
        decision = unknown
        if self.rehearsal is None:
            decision = decide()
        elif self.rehearsal:
            decision = self.rehearsal.pop(0)
        self.decisions.append(decision)
        return decision

    def _protocol(self, transaction: _Transaction) -> str:
        """The "with" word of a Received line (RFC 3848, RFC 6531 4.3)."""
        if self.hello != "EHLO":
            return "SMTP"
        suffix = ("S" if self.tls else "") + ("A" if self.user else "")
        return ("UTF8SMTP" if "SMTPUTF8" in transaction.parameters else "ESMTP") + suffix


def _written(parameters: Mapping[str, str | None]) -> tuple[str, ...]:
    return tuple(keyword if value is None else f"{keyword}={value}" for keyword, value in parameters.items())


OBSOLETE: Final = frozenset({"TURN", "SEND", "SOML", "SAML", "ETRN", "ATRN"})


@cache
def _growth(offers: frozenset[str]) -> int:
    """Octets by which the offered extensions let a MAIL or RCPT line grow (RFC 5321 4.1.1.11)."""
    extensions = [reference.extension(keyword) for keyword in offers]
    return max(sum(e.mail_line_growth for e in extensions), sum(e.rcpt_line_growth for e in extensions))


def _author_domain(content: bytes) -> str:
    """The domain in the message's From field, which is the one that DMARC looks at; "" where there is none."""
    header = content.partition(b"\r\n\r\n")[0]
    field = FROM_FIELD.search(header)
    domains = DOMAIN_PART.findall(field[1]) if field else []
    return domains[-1].decode("ascii").lower() if domains else ""


def _value_problem(keyword: str, value: str | None, grammar: str | None) -> str | None:
    if grammar is None:
        return f"{keyword} takes no value" if value is not None else None
    if value is None:
        return f"{keyword} needs a value: {keyword}={GRAMMARS[grammar].example}"
    return GRAMMARS[grammar].check(value)


def _without_utf8_flag(argument: str) -> str:
    return argument[: -len(" SMTPUTF8")] if argument.upper().endswith(" SMTPUTF8") else argument


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _longest_line(content: bytes) -> int:
    """Octets of the longest line, CR LF included."""
    return max(map(len, content.split(b"\r\n"))) + 2
