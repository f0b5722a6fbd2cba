"""Exercises and questions of lesson 03: RCPT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import SequenceMatcher
from email import message_from_bytes
from email.utils import getaddresses

from helpers.exercises.base import Exercise, Finder, Mistake, Option, Prediction, Question, Solution, holds_gap, latest
from helpers.exercises.records import Deed, Records, Sending
from helpers.protocol.address import Kind, read_path_argument
from helpers.wire.transcript import ExchangeKind

_BOB = "bob@lab.example"
_CAROL = "carol@lab.example"
_BOTH = {_BOB, _CAROL}
_OPENING = ("EHLO laptop.example", "MAIL FROM:<alice@lab.example>")


def _path(deed: Deed) -> str:
    return (deed.exchange.path or "").lower()


def _taken(deed: Deed) -> bool:
    return deed.code in (250, 251)


def _since_the_last_message(condition: Callable[[Deed], bool], *verbs: str) -> Finder:
    """A finder of the learner's last such deed; what an accepted message came after is settled."""

    def find(records: Records) -> Deed | None:
        settled = max((s.end.exchange.number for s in records.sendings(accepted=True)), default=0)
        deeds = (deed for deed in reversed(records.deeds(*verbs)) if deed.exchange.number > settled)
        return next((deed for deed in deeds if condition(deed)), None)

    return find


def _several_at_once(deed: Deed) -> bool:
    return deed.code == 501 and deed.argument.count("@") > 1


# -- 03.a: name one recipient -------------------------------------------------------------------------


def _written_so(*kinds: Kind) -> Finder:
    """A finder of the last refused RCPT whose first slip is one of these."""

    def slip(deed: Deed) -> bool:
        problem = read_path_argument("TO", deed.argument, utf8=True).problem()
        return deed.refused and problem is not None and problem.kind in kinds

    return latest(slip, "RCPT")


def _misspelt(deed: Deed) -> bool:
    return deed.code in (500, 502) and SequenceMatcher(None, deed.verb[:4], "RCPT").ratio() >= 0.6


def _header(deed: Deed) -> bool:
    return deed.code in (500, 502) and deed.verb.partition(":")[0] in ("TO", "CC", "BCC")


def _elsewhere(deed: Deed) -> bool:
    return deed.code == 550 and not _path(deed).endswith("@lab.example")


FADED = Exercise(
    id="03.a",
    title="Name one recipient",
    task=(
        "The transaction is open: the cell sends EHLO and MAIL. Fill the gap with the line that makes Carol, "
        "carol@lab.example, the recipient. This server takes nothing but exact spelling. "
        "Expected: 250 2.1.5."
    ),
    starter=(
        'practice = Lab("strict", name="03.a")\n'
        "session = practice.connect()\n"
        'session.send("EHLO laptop.example")\n'
        'session.send("MAIL FROM:<alice@lab.example>")\n'
        "session.send(...)  # replace the three dots by the whole command, in quotes\n"
        'check("03.a")'
    ),
    given=_OPENING,
    hints=(
        "The line is built as MAIL FROM is: a verb, a word with a colon, and the address in angle brackets.",
        "The verb is RCPT, the word is TO. No space stands after the colon.",
        'The line is `"RCPT TO:<carol@lab.example>"`, with the quotes.',
    ),
    solution=Solution(
        code=(
            'practice = Lab("strict", name="03.a")\n'
            "session = practice.connect()\n"
            'session.send("EHLO laptop.example")\n'
            'session.send("MAIL FROM:<alice@lab.example>")\n'
            'session.send("RCPT TO:<carol@lab.example>")\n'
            'check("03.a")'
        ),
        explanation=(
            "RCPT TO takes one forward-path: the recipient's address in angle brackets, directly after the colon "
            "(RFC 5321 4.1.1.3, 3.3). The verb and TO may be written in small letters, the domain too; the part "
            "before the @ belongs to the server of that domain alone (RFC 5321 2.4)."
        ),
    ),
    done=latest(lambda deed: _taken(deed) and _path(deed) == _CAROL, "RCPT"),
    praise="Carol is in the transaction. The next RCPT could name somebody else; DATA would send the message.",
    shown="answered {code}: one recipient more",
    mistakes=(
        Mistake(
            name="gap-sent",
            find=latest(holds_gap),
            message="The placeholder itself went over the wire, and the server takes each character at its word.",
            remark="this is the text of the gap",
            next_step="Replace the gap by the whole command, as in `RCPT TO:<bob@lab.example>` for Bob.",
        ),
        Mistake(
            name="header-for-command",
            find=latest(_header),
            message=(
                "This is a header line. Headers are part of the message and come later; the server knows no such "
                "command: {code}."
            ),
            remark="a header, answered {code}",
            next_step="The command that names a recipient is RCPT.",
        ),
        Mistake(
            name="misspelt",
            find=latest(_misspelt),
            message="The server finds no command that it knows in this line: {code} says so.",
            remark="no command of this spelling",
            next_step="The four letters are R C P T, then one space, then `TO:`.",
        ),
        Mistake(
            name="mail-for-rcpt",
            find=latest(lambda deed: deed.code == 503 and deed.exchange.before.in_transaction, "MAIL"),
            message="MAIL names the sender, and that has been done. A transaction has one sender, hence the 503.",
            remark="a second sender, answered {code}",
            next_step="Name the recipient with RCPT.",
        ),
        Mistake(
            name="several-at-once",
            find=latest(_several_at_once, "RCPT"),
            message="There are several addresses in this line. RCPT takes one; the server answers for each on its own.",
            remark="two addresses, answered {code}",
            next_step="Name Carol alone.",
        ),
        Mistake(
            name="from-for-to",
            find=latest(lambda deed: deed.argument.upper().startswith("FROM"), "RCPT"),
            message="FROM belongs to MAIL, the command that names the sender. A recipient stands after TO.",
            remark="FROM, answered {code}",
            next_step="Write `TO:` after RCPT.",
        ),
        Mistake(
            name="no-colon",
            find=_written_so(Kind.NO_COLON, Kind.SPACE_BEFORE_COLON, Kind.MISSING),
            message="RCPT, a space, TO and a colon without a space between: one of them is missing or apart here.",
            remark="answered {code}",
            next_step="Begin the line with `RCPT TO:`, then the address.",
        ),
        Mistake(
            name="space-after-colon",
            find=_written_so(Kind.SPACE_AFTER_COLON),
            message=(
                "A space stands after the colon. Many servers pass over it, and then it works for years, "
                "until one refuses it as this one does."
            ),
            remark="a space between the colon and the bracket",
            next_step="Take the space out: the bracket follows the colon.",
        ),
        Mistake(
            name="display-name",
            find=_written_so(Kind.DISPLAY_NAME),
            message="The person's name stands beside the address. It belongs in the To header; RCPT takes the address.",
            remark="a name beside the address",
            next_step="Keep the part in angle brackets only.",
        ),
        Mistake(
            name="no-brackets",
            find=_written_so(Kind.NO_BRACKETS, Kind.UNCLOSED_BRACKET),
            message="The address has to stand between < and >, both of them.",
            remark="an angle bracket is missing",
            next_step="Write `<carol@lab.example>` after the colon.",
        ),
        Mistake(
            name="no-domain",
            find=_written_so(Kind.NO_AT),
            message="This is only the part before the @. Every address has a domain; postmaster alone needs none.",
            remark="no domain, answered {code}",
            next_step="Write the whole address, `<carol@lab.example>`.",
        ),
        Mistake(
            name="null-path",
            find=_written_so(Kind.EMPTY_PATH),
            message="The empty path is for senders, so that a bounce is not bounced. A message has to go to somebody.",
            remark="nobody, answered {code}",
            next_step="Write Carol's address between the brackets.",
        ),
        Mistake(
            name="other-domain",
            find=latest(_elsewhere, "RCPT"),
            message="This address is in another domain, and the server does not pass mail on for you: 550 5.7.1.",
            remark="not lab.example, answered {code}",
            next_step="Carol's address ends in `@lab.example`.",
        ),
        Mistake(
            name="no-such-user",
            find=latest(lambda deed: deed.code == 550, "RCPT"),
            message="The line is well written. The server has no mailbox of this name for you: {code}.",
            remark="this recipient was refused",
            next_step="Look at the spelling: `carol@lab.example`.",
        ),
        Mistake(
            name="somebody-else",
            find=latest(lambda deed: _taken(deed), "RCPT"),
            message="The server took this recipient: the line is right. But it is not Carol.",
            remark="answered {code}, for somebody else",
            next_step="Name `carol@lab.example`.",
        ),
    ),
    otherwise="You spoke with the server, but no RCPT for Carol has been answered 250 yet.",
    start_with="Replace the three dots by a line in quotes that begins with RCPT TO, then run the cell again.",
)


# -- 03.b: one message, two recipients ----------------------------------------------------------------

_PROGRAM = ("MAIL FROM:<alice@lab.example>", f"RCPT TO:<{_BOB}>", f"RCPT TO:<{_CAROL}>", "DATA", "Subject: Lunch", ".")


def _data_of(sending: Sending) -> Deed:
    """The DATA (or the first BDAT) of an accepted message."""
    return (sending.deeds("DATA", code=354) or sending.deeds("BDAT") or [sending.end])[0]


def _to_both(records: Records) -> list[Sending]:
    return [s for s in records.sendings(accepted=True) if _BOTH.issubset(s.recipients)]


def _left_over(sending: Sending) -> Deed | None:
    """The last line of the given program that came after this message and was refused."""
    end = sending.end.index
    late = (deed for deed in reversed(sending.conversation.deeds) if deed.index > end)
    return next((deed for deed in late if deed.refused and deed.command in _PROGRAM), None)


def _one_transaction(records: Records) -> Deed | None:
    return next((_data_of(s) for s in reversed(_to_both(records)) if not _left_over(s)), None)


def _sent_left_over(records: Records) -> Deed | None:
    return next((deed for s in reversed(_to_both(records)) if (deed := _left_over(s))), None)


def _two_transactions(records: Records) -> Deed | None:
    """The end of the first of two messages that together reached both."""
    newer: set[str] = set()
    for sending in reversed(records.sendings(accepted=True)):
        reached = _BOTH.intersection(sending.recipients)
        if newer and reached - newer:
            return _data_of(sending)
        newer |= reached
    return None


def _one_missing(records: Records) -> Deed | None:
    sent = records.sendings(accepted=True)
    return None if not sent or _two_transactions(records) else _data_of(sent[-1])


def _after_the_message(deed: Deed) -> bool:
    over = any(e.kind is ExchangeKind.MESSAGE and e.code == 250 for e in deed.earlier)
    return deed.code == 503 and over and not deed.exchange.before.in_transaction


def _named_before(deed: Deed) -> bool:
    open_ = next((s for s in deed.conversation.sendings if deed in s.deeds("RCPT")), None)
    if open_ is None or not _taken(deed):
        return False
    return any(_path(d) == _path(deed) and _taken(d) for d in open_.deeds("RCPT") if d.index < deed.index)


def _left_before_data(records: Records) -> Deed | None:
    """The last recipient of a transaction that named both and went no further."""
    sendings = records.sendings()
    if not sendings or sendings[-1].accepted or not _BOTH.issubset(sendings[-1].recipients):
        return None
    if sendings[-1].deeds("DATA", code=354) or sendings[-1].deeds("RSET", "EHLO", "HELO", code=250):
        return None
    return sendings[-1].deeds("RCPT")[-1]


def _without_end(records: Records) -> Deed | None:
    """The DATA of a message whose last line never came."""
    sendings = records.sendings()
    if not sendings or sendings[-1].accepted:
        return None
    data = sendings[-1].deeds("DATA", code=354)
    return data[-1] if data and sendings[-1].end.reply in (None, data[-1].reply) else None


ORDER = Exercise(
    id="03.b",
    title="One message, two recipients",
    task=(
        "A program sends Alice's message to Bob and then once more to Carol, in two transactions. Send it as it is "
        "to see what is said. Then mend it: one transaction, with RCPT for Bob and RCPT for Carol before one DATA. "
        "Two lines have to move; what is left over belongs below QUIT, where nothing is sent any more. "
        "Expected: 250 twice for RCPT, 354 for DATA, 250 after the dot."
    ),
    starter=(
        'shared = Lab("open", name="03.b")\n'
        'to_bob = ["MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>", "DATA", "Subject: Lunch", "."]\n'
        'to_carol = ["MAIL FROM:<alice@lab.example>", "RCPT TO:<carol@lab.example>", "DATA", "Subject: Lunch", "."]\n'
        'order(shared, ["EHLO laptop.example", *to_bob, *to_carol, "QUIT"], "03.b")'
    ),
    hints=(
        "The transaction takes recipients from MAIL until DATA. Which line has to come before the first DATA?",
        "Move RCPT for Carol up to the line below RCPT for Bob. The rest of the second transaction is not needed.",
        "The order is EHLO, MAIL, RCPT for Bob, RCPT for Carol, DATA, Subject, the dot, QUIT.",
    ),
    solution=Solution(
        code=(
            'shared = Lab("open", name="03.b")\n'
            "session = shared.connect()\n"
            'session.send("EHLO laptop.example")\n'
            'session.send("MAIL FROM:<alice@lab.example>")\n'
            'session.send("RCPT TO:<bob@lab.example>")\n'
            'session.send("RCPT TO:<carol@lab.example>")\n'
            'session.send("DATA")\n'
            'session.send_data("Subject: Lunch")\n'
            'session.send("QUIT")\n'
            'check("03.b")'
        ),
        explanation=(
            "RCPT is repeated, once for each recipient; DATA then sends one copy of the message to the server, which "
            "delivers it to all that it took (RFC 5321 3.3). The end of the message ends the transaction: whoever "
            "comes to mind after it needs a new MAIL. smtplib does the same with a list: "
            "`client.sendmail(sender, [bob, carol], message)`."
        ),
    ),
    done=_one_transaction,
    praise="One transaction, one message, two recipients: it went over the wire once and lies in both mailboxes.",
    shown="two RCPT came before this one DATA",
    mistakes=(
        Mistake(
            name="left-over",
            find=_sent_left_over,
            message=(
                "One message went to both: that is right. But what was left of the second transaction was sent, too, "
                "and the server refused it."
            ),
            remark="left over, and answered {code}",
            next_step="Move QUIT up, directly below the first dot: what stands below it is not sent.",
        ),
        Mistake(
            name="two-transactions",
            find=_two_transactions,
            message=(
                "You opened two transactions with one recipient each, so the message went over the wire twice. "
                "The task asks for one transaction."
            ),
            remark="you finished the first transaction here, after one RCPT",
            next_step="Send RCPT TO twice before DATA.",
        ),
        Mistake(
            name="several-at-once",
            find=_since_the_last_message(_several_at_once, "RCPT"),
            message="Two addresses stand in one RCPT. The server answers for each recipient, so each has its own line.",
            remark="two addresses, answered {code}",
            next_step="Send RCPT TO twice, with one address each.",
        ),
        Mistake(
            name="after-the-message",
            find=_since_the_last_message(_after_the_message, "RCPT"),
            message=(
                "This recipient came after the message. The dot had ended the transaction, and the message was on its "
                "way to those named before."
            ),
            remark="no transaction is open here: {code}",
            next_step="Name both recipients before DATA.",
        ),
        Mistake(
            name="before-mail",
            find=_since_the_last_message(lambda deed: deed.code == 503, "RCPT"),
            message="RCPT adds a recipient to a transaction, and none is open yet.",
            remark="no MAIL before this line: {code}",
            next_step="Send EHLO and MAIL first, then RCPT.",
        ),
        Mistake(
            name="data-too-early",
            find=_since_the_last_message(lambda deed: deed.refused, "DATA"),
            message="DATA came when no recipient had been taken: there was nobody to send the message to.",
            remark="no recipient before this line: {code}",
            next_step="Move both RCPT lines above DATA.",
        ),
        Mistake(
            name="transaction-emptied",
            find=_since_the_last_message(
                lambda deed: deed.code == 250 and deed.exchange.before.in_transaction, "RSET", "EHLO", "HELO"
            ),
            message="{command} empties the transaction: sender and recipients are forgotten.",
            remark="the transaction ends here",
            next_step="Start again with MAIL, and go on to DATA without it.",
        ),
        Mistake(
            name="recipient-refused",
            find=_since_the_last_message(lambda deed: deed.refused, "RCPT"),
            message="The server did not take this recipient: {code}. The transaction is still open for others.",
            remark="refused with {code}",
            next_step="Name `bob@lab.example` and `carol@lab.example`.",
        ),
        Mistake(
            name="same-twice",
            find=_since_the_last_message(_named_before, "RCPT"),
            message="This recipient stands in the transaction already. The server says 250 again; it changes nothing.",
            remark="named a second time",
            next_step="Name Bob once and Carol once.",
        ),
        Mistake(
            name="no-data",
            find=_left_before_data,
            message="Both recipients are in one transaction: well done so far. The message has not been sent.",
            remark="the last recipient; no message came after it",
            next_step="Send DATA, the message, and a line with only a dot.",
        ),
        Mistake(
            name="no-end",
            find=_without_end,
            message="The server still reads the message: the line with only a dot has not come.",
            remark="354: everything after it is message text",
            next_step="End the message with a line that holds only a dot.",
        ),
        Mistake(
            name="one-missing",
            find=_one_missing,
            message="A message was sent, but not to both: Bob or Carol is missing among the recipients.",
            remark="the recipients are complete when DATA comes",
            next_step="Name both before DATA, each with its own RCPT.",
        ),
    ),
    otherwise="The server has heard you, but no message with both recipients has been sent yet.",
    start_with="Choose Send to see the two transactions, then move lines until one of them names both recipients.",
)


# -- 03.c: a blind copy -------------------------------------------------------------------------------


def _header_line(sending: Sending, *names: str) -> int | None:
    """The first line of the message that is one of these headers and names Carol's address."""
    for number, line in enumerate(sending.transaction.content.lower().partition(b"\r\n\r\n")[0].split(b"\r\n")):
        if line.partition(b":")[0].decode("latin-1").strip() in names and _CAROL.encode() in line:
            return number
    return None


def _mention(sending: Sending) -> int | None:
    """The first line of the message, header or text, with Carol's address."""
    lines = sending.transaction.content.lower().split(b"\r\n")
    return next((number for number, line in enumerate(lines) if _CAROL.encode() in line), None)


def _addressed_to_bob(sending: Sending) -> bool:
    headers = message_from_bytes(sending.transaction.content)
    named = getaddresses([str(value) for value in headers.get_all("To", [])])
    return _BOB in [address.lower() for _, address in named]


def _blind(records: Records) -> Deed | None:
    for sending in reversed(records.sendings(accepted=True)):
        if _BOTH.issubset(sending.recipients) and _addressed_to_bob(sending) and _mention(sending) is None:
            return sending.deeds("RCPT")[-1]
    return None


def _in_the_newest(line: Callable[[Sending], int | None]) -> Finder:
    """A finder of the newest message, to be shown by the line that ``line`` gives, where it gives one."""

    def find(records: Records) -> Deed | None:
        sent = records.sendings(accepted=True)
        place = line(sent[-1]) if sent else None
        if place is None:
            return None
        end = sent[-1].end
        return replace(end, line=place) if end.exchange.kind is ExchangeKind.MESSAGE else end

    return find


def _where(condition: Callable[[Sending], bool]) -> Callable[[Sending], int | None]:
    return lambda sending: 0 if condition(sending) else None


def _left_out(address: str) -> Finder:
    find = _in_the_newest(_where(lambda sending: address not in sending.recipients))
    return lambda records: None if _two_transactions(records) else find(records)


def _only_in_a_header(sending: Sending) -> int | None:
    return None if _CAROL in sending.recipients else _header_line(sending, "to", "cc", "bcc")


def _no_message(records: Records) -> Deed | None:
    sendings = records.sendings()
    if not sendings or sendings[-1].accepted:
        return None
    newest = sendings[-1]
    nobody_taken = newest.deeds("RCPT") and not newest.recipients  # the refused RCPT is what has to be told
    return None if nobody_taken else newest.deeds()[-1]


FREE = Exercise(
    id="03.c",
    title="Send a blind copy",
    task=(
        "Alice writes to Bob, and Carol is to get the message too without Bob being able to see it. Send one message "
        "in one transaction that reaches both mailboxes, whose To header names Bob, and in which Carol's address "
        "stands nowhere. Any tool may be used. Expected: 250 for two recipients and 250 for the message."
    ),
    starter='blind = Lab("open", name="03.c")\nsession = blind.connect()\n\ncheck("03.c")',
    hints=(
        "Who gets the message is said in the envelope. What its readers see is said in the headers.",
        "Name both with RCPT. In the message, write a To header with Bob's address and no header about Carol.",
        "EHLO, MAIL, RCPT for Bob, RCPT for Carol, DATA, and then "
        '`session.send_data("To: bob@lab.example\\nSubject: Lunch\\n\\nFriday?")`.',
    ),
    solution=Solution(
        code=(
            'blind = Lab("open", name="03.c")\n'
            "session = blind.connect()\n"
            'for line in ["EHLO laptop.example", "MAIL FROM:<alice@lab.example>"]:\n'
            "    session.send(line)\n"
            'for address in ["bob@lab.example", "carol@lab.example"]:\n'
            '    session.send(f"RCPT TO:<{address}>")\n'
            'session.send("DATA")\n'
            'session.send_data("From: alice@lab.example\\nTo: bob@lab.example\\nSubject: Lunch\\n\\nFriday?")\n'
            'check("03.c")'
        ),
        explanation=(
            "A blind copy is a recipient whom no header names (RFC 5321 7.2). The server delivers by the envelope and "
            "leaves the headers as they are, so hiding Carol is the sender's work: a mail program takes the Bcc header "
            "out before it sends. `smtplib.SMTP.send_message` does so, `sendmail` does not."
        ),
    ),
    done=_blind,
    praise="Carol has the message, and nothing in it tells of her. That is all a blind copy is.",
    shown="in the envelope, and in no header",
    mistakes=(
        Mistake(
            name="only-in-a-header",
            find=_in_the_newest(_only_in_a_header),
            message=(
                "A header names Carol, but no RCPT does. The server does not read headers to find recipients: "
                "Carol got nothing."
            ),
            remark="only text to the server",
            next_step="Name Carol with RCPT, and leave her out of the headers.",
        ),
        Mistake(
            name="bcc-header",
            find=_in_the_newest(lambda sending: _header_line(sending, "bcc")),
            message=(
                "The message carries a Bcc header. The server delivers what it gets, so Bob can read in it "
                "that Carol has a copy."
            ),
            remark="Bob's copy has this line too",
            next_step="Leave the Bcc line out: RCPT alone makes the copy.",
        ),
        Mistake(
            name="open-copy",
            find=_in_the_newest(lambda sending: _header_line(sending, "to", "cc")),
            message="Carol gets the message, and everybody sees it: this header names her.",
            remark="a copy that is not blind",
            next_step="Take Carol's address out of the headers; keep her RCPT.",
        ),
        Mistake(
            name="mentioned",
            find=_in_the_newest(_mention),
            message="Carol's address stands in the message, where Bob can read it.",
            remark="Carol's address",
            next_step="Take it out of the message; keep her RCPT.",
        ),
        Mistake(
            name="two-transactions",
            find=_two_transactions,
            message=(
                "You sent two messages with one recipient each. RFC 5321 7.2 even suggests it for blind copies, "
                "since then nothing can be seen; this task asks for one transaction."
            ),
            remark="the first transaction was finished here, after one RCPT",
            next_step="Send RCPT for Bob and RCPT for Carol before one DATA.",
        ),
        Mistake(
            name="bob-left-out",
            find=_left_out(_BOB),
            message="Bob is not among the recipients. A To header sends nothing to him; RCPT does.",
            remark="no RCPT for Bob before this message",
            next_step="Name both with RCPT before DATA.",
        ),
        Mistake(
            name="carol-left-out",
            find=_left_out(_CAROL),
            message="Nothing in the message tells of Carol, but she did not get it either: no RCPT names her.",
            remark="no RCPT for Carol before this message",
            next_step="Name both with RCPT before DATA.",
        ),
        Mistake(
            name="bob-not-named",
            find=_in_the_newest(_where(lambda sending: not _addressed_to_bob(sending))),
            message="Both got the message. No To header in it holds Bob's address, so neither sees for whom it is.",
            remark="the message begins here",
            next_step="Begin it with `To: bob@lab.example`, and put an empty line between headers and text.",
        ),
        Mistake(
            name="recipient-refused",
            find=_since_the_last_message(lambda deed: deed.refused, "RCPT"),
            message="The server did not take this recipient: {code}.",
            remark="refused with {code}",
            next_step="Read the reply, mend the line and send RCPT again.",
        ),
        Mistake(
            name="not-sent",
            find=_no_message,
            message="A transaction is begun, and the server has not taken a message in it yet.",
            remark="the last line of the transaction",
            next_step="Name both recipients, then send DATA, the message, and a line with only a dot.",
        ),
    ),
    otherwise="You spoke with the server, but no transaction has been opened yet.",
    start_with='Open a transaction: `session.send("EHLO laptop.example")`, then MAIL.',
)

EXERCISES = [FADED, ORDER, FREE]

QUESTIONS = [
    Question(
        id="03.q1",
        prompt="MAIL was accepted with a wrong sender, and so were two RCPT after it. How do you correct the sender?",
        options=(
            Option(
                "Send MAIL again with the right one",
                "The server answers 503: a transaction has one sender, and this one is open.",
            ),
            Option(
                "Send RSET, then MAIL and both RCPT again",
                "Yes: RSET drops the whole transaction, the recipients too, and a new one can begin.",
                right=True,
            ),
            Option(
                "Write the right one in the From header",
                "Readers would see that. Bounces would still go to the reverse-path, which only MAIL sets.",
            ),
            Option(
                "Send RSET; the recipients are kept",
                "RSET keeps nothing of a transaction: sender, recipients and text are all forgotten.",
            ),
        ),
        rfc="RFC 5321 4.1.1.2, 4.1.1.5",
        looks_back_to="02",
    ),
    Question(
        id="03.q2",
        prompt=(
            "Three RCPT in one transaction were answered 250, 452 and 550, and the message after them 250. "
            "What does the sending server do now?"
        ),
        options=(
            Option(
                "It sends the message again to all three",
                "The first one has it already and would get it twice. Each recipient has an answer of its own.",
            ),
            Option(
                "Nothing: 250 at the end counts for all",
                "It counts for those who were accepted. The other two were never in the transaction.",
            ),
            Option(
                "It tries the second later and reports the third to the sender",
                "Yes: 4 means “not now”, so it waits and tries again; 5 means “no”, so the sender is told.",
                right=True,
            ),
            Option(
                "It reports the second and third to the sender",
                "Too soon for the second: a reply that begins with 4 may well be 250 in some minutes.",
            ),
        ),
        rfc="RFC 5321 4.2.1, 4.5.4.1",
    ),
    Question(
        id="03.q3",
        prompt=(
            "You have 250 recipients. The first 100 RCPT are answered 250, the next one "
            "`452 4.5.3 Too many recipients`. What is right?"
        ),
        options=(
            Option(
                "SMTP allows 100 recipients, so 150 get nothing",
                "100 is what a server has to take at least. It is no upper limit for you, nor for the server.",
            ),
            Option(
                "The transaction has failed; send RSET",
                "The 100 are safe in it. A refused RCPT leaves those before it as they are.",
            ),
            Option(
                "The mailbox of number 101 is full",
                "452 can mean that too; the text and the 4.5.3 tell that it is about the number of recipients.",
            ),
            Option(
                "Send the message to the 100, the rest in new transactions",
                "Yes: 4 means that it is worth another try, and each new transaction can take at least 100 again.",
                right=True,
            ),
        ),
        rfc="RFC 5321 4.5.3.1.8, 4.5.3.1.10",
    ),
]

PREDICTIONS = [
    Prediction(
        id="03.p1",
        prompt=(
            "In one transaction Alice names three recipients. Bob and Carol are answered 250; nobody@lab.example does "
            "not exist and is answered 550. Then she sends DATA. What happens?"
        ),
        options=(
            Option(
                "550: one recipient does not exist",
                "That was said already, as the answer to that one RCPT. DATA has an answer of its own.",
            ),
            Option(
                "354, and the message goes to Bob and Carol",
                "Yes: a refused recipient is left out, and those accepted stay.",
                right=True,
            ),
            Option(
                "354, and the server bounces the message to Alice",
                "Nothing bounces here. Alice's side has been told already, by the 550.",
            ),
            Option(
                "554: no valid recipients",
                "That comes when every RCPT was refused. Here two were accepted.",
            ),
        ),
        rfc="RFC 5321 3.3",
    ),
    Prediction(
        id="03.p2",
        prompt=(
            "The message has one header for recipients, `To: bob@lab.example`. In the envelope are bob@lab.example and "
            "carol@lab.example. Who gets it?"
        ),
        options=(
            Option(
                "Bob alone: he stands after To",
                "To the server headers are text of the message. It delivers by what RCPT said.",
            ),
            Option(
                "Neither: envelope and headers disagree",
                "They need not agree, and a server should not refuse a message only because they do not.",
            ),
            Option(
                "Both, and Carol's copy has a line Bcc: added",
                "The server adds trace lines on top. It writes no recipient into the headers.",
            ),
            Option(
                "Both, and nothing in the message tells of Carol",
                "Yes: the envelope decides, and the headers stay as Alice wrote them.",
                right=True,
            ),
        ),
        rfc="RFC 5321 7.2",
    ),
]
