"""Exercises and questions of lesson 04: DATA and the message."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.utils import getaddresses

from helpers.exercises.base import Exercise, Finder, Mistake, Option, Prediction, Question, Solution, latest
from helpers.exercises.records import Deed, Records, Sending
from helpers.wire.transcript import ExchangeKind

_ALICE = "alice@lab.example"
_BOB = "bob@lab.example"
_CAROL = "carol@lab.example"
_LIST = "garden@lists.example"
_OPENING = ("EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>", "DATA")

#: A header field (RFC 5322 2.2) or a line that continues one.
_HEADER_LINE = re.compile(rb"[!-9;-~]+:|[ \t]")
#: A line that somebody meant as a command, though the server was reading the message.
_COMMAND_LINE = re.compile(
    rb"(?:QUIT|DATA|RSET|NOOP|(?:EHLO|HELO) .*|(?:MAIL FROM|RCPT TO):.*|END|EOF)\s*", re.IGNORECASE
)


def _is_message(deed: Deed) -> bool:
    return deed.exchange.kind is ExchangeKind.MESSAGE


def _unended(deed: Deed) -> bool:
    return _is_message(deed) and deed.reply is None


def _shown_at(deed: Deed, line: int) -> Deed:
    """The same message, shown by this one of its lines (-1: the last)."""
    return replace(deed, line=range(len(deed.exchange.client_lines()))[line])


def _command_in_message(deed: Deed) -> Deed | None:
    lines = deed.exchange.octets.split(b"\n") if _is_message(deed) else []
    return next((_shown_at(deed, n) for n, line in enumerate(lines) if _COMMAND_LINE.fullmatch(line)), None)


def _header_and_text(content: bytes) -> tuple[bytes, bytes]:
    """The two parts of a message; without an empty line all of it is the first (RFC 5322 2.1)."""
    if content.startswith(b"\r\n"):
        return b"", content[2:]
    head, _, text = content.partition(b"\r\n\r\n")
    return head, text


# -- 04.a: end the message ----------------------------------------------------------------------------


def _ends(pattern: bytes) -> Finder:
    """A finder of the last message that has no end for the server, and this one instead; shown by its last line."""
    compiled = re.compile(pattern)

    def find(records: Records) -> Deed | None:
        found = latest(lambda deed: _unended(deed) and compiled.search(deed.exchange.octets) is not None)(records)
        return found and _shown_at(found, -1)

    return find


def _ends_with_a_command(records: Records) -> Deed | None:
    deed = latest(_unended)(records)
    return deed and _command_in_message(deed)


FADED = Exercise(
    id="04.a",
    title="End the message",
    task=(
        "The server waits, and the message in the cell has no end yet: not even its last line has one. Fill the gap "
        r"with the characters that end line and message, in quotes; `\r` is CR and `\n` is LF. "
        "Expected: 250."
    ),
    starter=(
        'practice = Lab("open", name="04.a")\n'
        "session = practice.connect()\n"
        'for line in ("EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>", "DATA"):\n'
        "    session.send(line)\n"
        "end = ...  # replace the three dots by the characters that end the message, in quotes\n"
        "if end is not ...:\n"
        r'    session.send_raw(f"Subject: Noon\r\n\r\nAt the bridge{end}".encode())'
        "\n"
        'check("04.a")'
    ),
    given=_OPENING,
    hints=(
        "The reply 354 says what the server waits for. Five characters, of which you can see one.",
        "First the line end of the last line of text, then a line with only a dot, and its line end.",
        r'A line end is CR LF, `\r\n` in Python. So the gap is `"\r\n.\r\n"`.',
    ),
    solution=Solution(
        code=(
            'practice = Lab("open", name="04.a")\n'
            "session = practice.connect()\n"
            "for line in ("
            '"EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>", "DATA"):\n'
            "    session.send(line)\n"
            'end = "\\r\\n.\\r\\n"\n'
            r'session.send_raw(f"Subject: Noon\r\n\r\nAt the bridge{end}".encode())'
            "\n"
            'check("04.a")'
        ),
        explanation=(
            "The end of a message is CR LF . CR LF. The first CR LF ends the last line of the text and belongs to the "
            "message; the dot and the second CR LF do not (RFC 5321 4.1.1.4). `send_data`, the picker and smtplib "
            "write this end for you."
        ),
    ),
    done=latest(lambda deed: _is_message(deed) and deed.code == 250),
    praise="The server saw the end and took the message: line end, dot, line end.",
    shown="the message, answered {code}",
    mistakes=(
        Mistake(
            name="spelled-out",
            find=_ends(rb"<(?:CR|LF)|CR ?LF|\\[rn]"),
            message=(
                "The names of the characters went over the wire, letter by letter. The server waits for the characters."
            ),
            remark="still text, and the server reads on",
            next_step=r"In a Python string `\r` is CR and `\n` is LF, with a single backslash each.",
        ),
        Mistake(
            name="command-in-message",
            find=_ends_with_a_command,
            message="After 354 there are no commands: the server took this line for text and waits for more of it.",
            remark="a line of the message now",
            next_step="End the message with a line that holds only a dot. Commands work again after its reply.",
        ),
        Mistake(
            name="line-ends",
            find=_ends(rb"[\r\n]\.[\r\n]+\Z"),
            message=(
                "The dot stands alone, but the two line ends around it are not CR LF both. A server must not take "
                "LF alone for a line end here (RFC 5321 4.1.1.4), so it reads on."
            ),
            remark="a dot, but not between CR LF and CR LF",
            next_step=r"Write `\r\n` on both sides of the dot.",
        ),
        Mistake(
            name="two-dots",
            find=_ends(rb"\n\.\.+[\r\n]*\Z"),
            message=(
                "Two dots on a line are how a line with one dot of *text* is sent. The server took one away, kept the "
                "other as text, and waits for more."
            ),
            remark="a stuffed dot: text, not the end",
            next_step="The end is a single dot.",
        ),
        Mistake(
            name="not-alone",
            find=_ends(rb"\n[ \t]+\.[ \t\r\n]*\Z|\n\.[ \t]+[\r\n]*\Z"),
            message="There is a space on the line of the dot. Only a dot that is alone on its line ends the message.",
            remark="a dot and a space: text",
            next_step="Take the space out.",
        ),
        Mistake(
            name="no-line-end-after",
            find=_ends(rb"\n\.\r?\Z"),
            message=(
                "The dot is on a line of its own, but that line has no end. More could follow, so the server waits."
            ),
            remark="the line with the dot is not finished",
            next_step=r"Add `\r\n` after the dot.",
        ),
        Mistake(
            name="no-line-end-before",
            find=_ends(rb"[^\s.]\.[\r\n]*\Z"),
            message="The dot came directly after the last word: it is the full stop of that line now.",
            remark="the dot is at the end of a line of text",
            next_step=r"Begin with `\r\n`, so that the dot gets a line of its own.",
        ),
        Mistake(
            name="empty-line",
            find=_ends(rb"\n\r?\n\Z"),
            message="An empty line does not end a message; otherwise no message could have two paragraphs.",
            remark="an empty line: text",
            next_step="Between the two line ends stands a dot.",
        ),
        Mistake(
            name="unfinished",
            find=_ends(rb""),
            message="The message has come, but nothing in it is the end: the server still waits for more.",
            remark="the last that the server has heard",
            next_step="Put a line with only a dot after the text: line end, dot, line end.",
        ),
    ),
    otherwise="You spoke with the server, but no message has come to its end yet.",
    start_with="Replace the three dots by the five characters, in quotes, and run the cell again.",
)


# -- 04.b: put a whole transaction in order -----------------------------------------------------------


def _first_refused(condition: Callable[[Deed], bool]) -> Finder:
    """A finder of the first refused line of the newest conversation: what came after it, it brought about."""

    def find(records: Records) -> Deed | None:
        newest = records.newest
        first = next((deed for deed in newest.deeds if deed.refused), None) if newest else None
        return first if first and condition(first) else None

    return find


def _in_newest(condition: Callable[[Deed], bool]) -> Finder:
    """A finder of the last such deed of the newest conversation, if nothing was refused before it."""

    def find(records: Records) -> Deed | None:
        newest = records.newest
        deeds = reversed(newest.deeds) if newest else ()
        return next((d for d in deeds if condition(d) and not any((e.code or 0) >= 400 for e in d.earlier)), None)

    return find


def _letter_problem(deed: Deed) -> str:
    """What is wrong with the parts of an accepted message, "" when nothing is."""
    if not _is_message(deed) or deed.code != 250:
        return ""
    content = deed.exchange.content
    head, text = _header_and_text(content)
    if not head:
        return "empty line first"
    if not all(_HEADER_LINE.match(line) for line in head.split(b"\r\n") if line):
        return "text among headers"
    return "" if text.strip() else "no text"


def _had_message(deed: Deed) -> bool:
    return any(e.kind is ExchangeKind.MESSAGE for e in deed.earlier)


def _has_problem(problem: str) -> Finder:
    return _in_newest(lambda deed: _letter_problem(deed) == problem)


def _text_among_headers(records: Records) -> Deed | None:
    deed = _has_problem("text among headers")(records)
    if deed is None:
        return None
    lines = deed.exchange.octets.split(b"\r\n")
    return _shown_at(deed, next(n for n, line in enumerate(lines) if not _HEADER_LINE.match(line)))


def _with_a_command_in_it(records: Records) -> Deed | None:
    deed = _in_newest(lambda deed: _command_in_message(deed) is not None)(records)
    return deed and _command_in_message(deed)


def _whole(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations()):
        quit_ = conversation.in_order(("EHLO", 250), ("MAIL", 250), ("RCPT", 250, 251), ("DATA", 354), ("QUIT", 221))
        letters = [deed for deed in conversation.deeds if _is_message(deed)]
        whole = letters and all(deed.code == 250 and not _letter_problem(deed) for deed in letters)
        if quit_ and whole and not any(deed.refused for deed in conversation.deeds):
            return quit_
    return None


def _no_quit(records: Records) -> Deed | None:
    newest = records.newest
    deed = _in_newest(lambda deed: _is_message(deed) and deed.code == 250 and not _letter_problem(deed))(records)
    return deed if newest and not newest.said("QUIT") else None


ORDER = Exercise(
    id="04.b",
    title="Put a whole transaction in order",
    task=(
        "Nine lines, from the greeting to the farewell, are shuffled; one of them is empty. Put them in the order in "
        "which Bob gets a message with a subject and a text, and nothing is refused. "
        "Expected: 250 for EHLO, MAIL and RCPT, then 354, one 250 for the whole message, and 221."
    ),
    starter=(
        'shuffled = Lab("open", name="04.b")\n'
        "lines = [\n"
        '    ".",\n    "Subject: Noon",\n    "RCPT TO:<bob@lab.example>",\n    "At the bridge",\n    "QUIT",\n'
        '    "EHLO laptop.example",\n    "",\n    "DATA",\n    "MAIL FROM:<alice@lab.example>",\n'
        "]\n"
        'order(shuffled, lines, "04.b")'
    ),
    hints=(
        "First tell the commands from the lines of the letter. Four commands come before the letter, one after it.",
        "The letter follows DATA: header, empty line, text, and the line that ends it.",
        "EHLO, MAIL, RCPT, DATA, Subject, the empty line, the text, the dot, QUIT.",
    ),
    solution=Solution(
        code=(
            'shuffled = Lab("open", name="04.b")\n'
            'lines = ["EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>", "DATA",\n'
            '         "Subject: Noon", "", "At the bridge", ".", "QUIT"]\n'
            'order(shuffled, lines, "04.b").run()\n'
            'check("04.b")'
        ),
        explanation=(
            "Commands write the envelope: MAIL, RCPT, then DATA (RFC 5321 3.3). After 354 come the lines of the "
            "letter: headers, an empty line, text (RFC 5322 2.1). The server answers none of them. After the dot it "
            "answers once, for all, and hears commands again."
        ),
    ),
    done=_whole,
    praise="Envelope, letter, farewell: a whole transaction in one connection, and nothing was refused.",
    shown="the session ended with {code}, all before it in order",
    mistakes=(
        Mistake(
            name="too-early",
            find=_first_refused(lambda deed: deed.code == 503),
            message="{command} came too early: what it builds on had not been said, and the server answered {code}.",
            remark="too early: {code}",
            next_step="The envelope is written in this order: EHLO, MAIL, RCPT. Then comes DATA.",
        ),
        Mistake(
            name="empty-line-as-command",
            find=_first_refused(lambda deed: deed.code == 500 and not deed.command and not _had_message(deed)),
            message=(
                "The empty line belongs to the letter. No 354 had come yet, so the server looked for a command in it."
            ),
            remark="no command in this line: {code}",
            next_step="Move it below DATA, between the subject and the text.",
        ),
        Mistake(
            name="text-before-data",
            find=_first_refused(lambda deed: deed.code == 500 and bool(deed.command) and not _had_message(deed)),
            message=(
                "`{command}` is a line of the letter. No 354 had come yet, so the server took it for a command, "
                "one that it does not know."
            ),
            remark="read as a command: {code}",
            next_step="Move the lines of the letter below DATA.",
        ),
        Mistake(
            name="after-the-dot",
            find=_first_refused(lambda deed: deed.code == 500 and _had_message(deed)),
            message=(
                "This line came after the dot. The letter had been sent by then, and the server took the line for "
                "a command."
            ),
            remark="after the end of the message: {code}",
            next_step="Move the dot below the last line of the letter.",
        ),
        Mistake(
            name="command-in-message",
            find=_with_a_command_in_it,
            message="This command stands inside the letter. The server took it for text, and Bob would read it.",
            remark="text of the message",
            next_step="Move it above DATA, or below the dot when it is QUIT.",
        ),
        Mistake(
            name="empty-line-first",
            find=_has_problem("empty line first"),
            message=(
                "The letter begins with the empty line, so its headers were over before they began. The subject is "
                "a line of text now, and Bob sees a message without one."
            ),
            remark="an empty line ends the headers",
            next_step="Put the subject above the empty line.",
        ),
        Mistake(
            name="text-among-headers",
            find=_text_among_headers,
            message=(
                "No empty line stands between the subject and the text, or the text comes first. The server does not "
                "mind; Bob's mail program has to guess."
            ),
            remark="text where a header is due",
            next_step="Subject, then the empty line, then the text.",
        ),
        Mistake(
            name="no-text",
            find=_has_problem("no text"),
            message="The letter went off with a subject and without a text.",
            remark="the letter begins here; nothing follows its headers",
            next_step="Put the empty line and the text between the subject and the dot.",
        ),
        Mistake(
            name="unfinished",
            find=_in_newest(lambda deed: _unended(deed) and _command_in_message(deed) is None),
            message="The letter was not ended: the server still waited for more of it when the connection was closed.",
            remark="no line with only a dot follows",
            next_step="Put the dot below the last line of the letter.",
        ),
        Mistake(
            name="quit-too-early",
            find=_in_newest(lambda deed: deed.verb == "QUIT" and not _had_message(deed)),
            message="QUIT came before the letter. The server said 221 and closed the connection; nobody got anything.",
            remark="the session ends here, without a message",
            next_step="Move QUIT to the end.",
        ),
        Mistake(
            name="no-quit",
            find=_no_quit,
            message="The letter is on its way. The session has no end yet: QUIT is missing.",
            remark="taken; the server waits for more",
            next_step="Send QUIT as the last line of the same connection.",
        ),
    ),
    otherwise="The server has answered, but no whole transaction has come about in one connection yet.",
    start_with="Move the lines with the buttons until their order makes sense, then choose Send.",
)


# -- 04.c: be a mailing list --------------------------------------------------------------------------


def _addresses_in(sending: Sending, *names: str) -> set[str]:
    """The addresses in these header fields, in small letters."""
    head, _ = _header_and_text(sending.transaction.content)
    fields = message_from_bytes(head + b"\r\n\r\n").items()
    return {address.lower() for _, address in getaddresses([str(v) for name, v in fields if name.lower() in names])}


def _text_lines(sending: Sending) -> list[bytes]:
    return _header_and_text(sending.transaction.content)[1].split(b"\r\n")


def _passed_on(sending: Sending) -> bool:
    envelope = sending.transaction.sender.lower() == _ALICE and sending.recipients == [_BOB]
    headers = _CAROL in _addresses_in(sending, "from") and _LIST in _addresses_in(sending, "to")
    return envelope and headers and b"." in _text_lines(sending)


def _sent(condition: Callable[[Sending], bool], verb: str = "") -> Finder:
    """A finder of the newest accepted message, if the condition holds of it; shown by a command of its envelope."""

    def find(records: Records) -> Deed | None:
        newest = next(iter(records.sendings(accepted=True)[-1:]), None)
        if newest is None or not condition(newest):
            return None
        return newest.deeds(verb)[-1] if verb else newest.end

    return find


def _list_passes_on(records: Records) -> Deed | None:
    return next((s.end for s in reversed(records.sendings(accepted=True)) if _passed_on(s)), None)


def _cut(deed: Deed) -> bool:
    """A line that no server knows, after a message: it stood behind a lone dot."""
    taken = any(e.kind is ExchangeKind.MESSAGE and e.code == 250 for e in deed.earlier)
    return deed.code == 500 and taken and not deed.exchange.before.in_transaction


def _first_cut(records: Records) -> Deed | None:
    newest = latest(_cut)(records)
    return next(filter(_cut, newest.conversation.deeds)) if newest else None


FREE = Exercise(
    id="04.c",
    title="Be a mailing list",
    task=(
        "Carol has written to the list `garden@lists.example`. Pass her letter on to Bob, as the list's server does: "
        "the headers stay as she wrote them, `From: carol@lab.example` and `To: garden@lists.example`. Bob alone "
        "gets it, and a bounce would go to Alice, who runs the list. One line of Carol's text is a single dot. "
        "Any tool may be used. Expected: 250 after the message, and the line `.` in Bob's mailbox."
    ),
    starter='post = Lab("open", name="04.c")\nsession = post.connect()\n\ncheck("04.c")',
    hints=(
        "Two names go on the envelope, two others stand in the headers. Which command says where a bounce goes?",
        "The tool decides about the dot: `send_data`, the picker and smtplib double it for you; `send_raw` does not.",
        "MAIL names Alice, RCPT names Bob. After DATA: "
        '`session.send_data("From: carol@lab.example\\nTo: garden@lists.example\\n\\nSeeds\\n.\\nSoil\\n")`.',
    ),
    solution=Solution(
        code=(
            'post = Lab("open", name="04.c")\n'
            "session = post.connect()\n"
            "for line in ("
            '"EHLO laptop.example", "MAIL FROM:<alice@lab.example>", "RCPT TO:<bob@lab.example>", "DATA"):\n'
            "    session.send(line)\n"
            'session.send_data("From: carol@lab.example\\nTo: garden@lists.example\\n\\nSeeds\\n.\\nSoil\\n")\n'
            'check("04.c")'
        ),
        explanation=(
            "The envelope says Alice and Bob, the headers say Carol and the list, and both are right: a list leaves "
            "From: as it is and puts its own address in MAIL, so that bounces come to it (RFC 5321 3.9.2). Many lists "
            "rewrite From: today all the same, because DMARC would refuse what they pass on. "
            "The line with the dot goes over the wire as two dots, and the server takes one away (RFC 5321 4.5.2); "
            "`send_data` did that for you."
        ),
    ),
    done=_list_passes_on,
    praise="Envelope and headers name different people, each for its purpose, and the dot arrived as it was written.",
    shown="from Alice's list to Bob, written by Carol: answered {code}",
    mistakes=(
        Mistake(
            name="cut-at-the-dot",
            find=_first_cut,
            message=(
                "The message had ended before this line, at the first lone dot. The rest of the text came as commands, "
                "which the server does not know."
            ),
            remark="meant as text, read as a command: {code}",
            next_step="Double the dot that is text: `..` on the wire. `send_data` does it for you.",
        ),
        Mistake(
            name="list-as-recipient",
            find=latest(lambda deed: deed.refused and (deed.exchange.path or "").lower() == _LIST, "RCPT"),
            message=(
                "The letter has reached the list already; you are the list. This server does not pass mail on to other "
                "domains for you: {code}."
            ),
            remark="the list's own address, answered {code}",
            next_step="RCPT names the member who gets the letter: `RCPT TO:<bob@lab.example>`.",
        ),
        Mistake(
            name="recipient-refused",
            find=latest(lambda deed: deed.refused, "RCPT"),
            message="The server did not take this recipient: {code}.",
            remark="refused with {code}",
            next_step="Bob is `bob@lab.example`, and MAIL comes before RCPT.",
        ),
        Mistake(
            name="not-bob-alone",
            find=_sent(lambda sending: sending.recipients != [_BOB], "RCPT"),
            message="The message was taken, but not for Bob alone. RCPT decides who gets it, whatever the headers say.",
            remark="the last recipient of this message",
            next_step="Send one RCPT, for `bob@lab.example`.",
        ),
        Mistake(
            name="bounce-to-carol",
            find=_sent(lambda sending: sending.transaction.sender.lower() == _CAROL, "MAIL"),
            message=(
                "Bob got it. If it bounced, the notice would go to Carol, who cannot do anything about Bob's mailbox."
            ),
            remark="here bounces go",
            next_step="The author stands in From:. MAIL names who gets the bounces: Alice.",
        ),
        Mistake(
            name="bounce-to-nobody",
            find=_sent(lambda sending: sending.transaction.sender.lower() != _ALICE, "MAIL"),
            message="Bob got it, but a bounce would not go to Alice.",
            remark="here bounces go",
            next_step="Send `MAIL FROM:<alice@lab.example>`.",
        ),
        Mistake(
            name="from-changed",
            find=_sent(lambda sending: _CAROL not in _addresses_in(sending, "from")),
            message=(
                "The envelope is right, but Carol is not in From:, so Bob does not see who wrote this. Headers end at "
                "the first empty line."
            ),
            remark="no From: with Carol in this message",
            next_step="Begin the message with `From: carol@lab.example`.",
        ),
        Mistake(
            name="to-changed",
            find=_sent(lambda sending: _LIST not in _addresses_in(sending, "to")),
            message=(
                "The envelope is right, but To: does not name the list. The server does not compare To: with RCPT, so "
                "nothing forces you to put Bob there."
            ),
            remark="no To: with the list in this message",
            next_step="Write `To: garden@lists.example` into the headers.",
        ),
        Mistake(
            name="doubled-twice",
            find=_sent(lambda sending: b".." in _text_lines(sending)),
            message=(
                "Two dots arrived. You doubled the dot, and then the tool did so as well; the server takes one away."
            ),
            remark="the mailbox has two dots on that line",
            next_step="Give `send_data`, the picker or smtplib the line with one dot. Double it for `send_raw` only.",
        ),
        Mistake(
            name="no-dot-line",
            find=_sent(lambda sending: b"." not in _text_lines(sending)),
            message="Envelope and headers are right, but no line of the text that arrived is a single dot.",
            remark="no line `.` in the text of this message",
            next_step="Add a line that holds only a dot, with text after it.",
        ),
        Mistake(
            name="unfinished",
            find=latest(_unended),
            message="The server still waits for the end of this message.",
            remark="not ended yet",
            next_step="Open a new connection and send the message with `send_data`, which adds the end.",
        ),
    ),
    otherwise="You spoke with the server, but it has not taken a message yet.",
    start_with="Send EHLO, MAIL, RCPT and DATA; then the message with `session.send_data`.",
)

EXERCISES = [FADED, ORDER, FREE]

QUESTIONS = [
    Question(
        id="04.q1",
        prompt="Of three RCPT two were answered 250 and one 550. Now the client sends DATA. What happens?",
        options=(
            Option(
                "554: one recipient is missing",
                "That comes when not a single recipient is left. Here two are.",
            ),
            Option(
                "354, and the two who were accepted get the message",
                "Yes: each RCPT has its own answer, and the message goes to those that were taken.",
                right=True,
            ),
            Option(
                "354, and all three get the message",
                "What was refused is not in the transaction. DATA does not ask again.",
            ),
            Option(
                "503: the refused RCPT must be sent again first",
                "A refused RCPT changes nothing. The transaction goes on with the recipients that it has.",
            ),
        ),
        rfc="RFC 5321 3.3",
        looks_back_to="03",
    ),
    Question(
        id="04.q2",
        prompt="The server answers the final dot with 250. What has it promised?",
        options=(
            Option("Bob has read the message", "No server knows that. SMTP ends long before."),
            Option(
                "The message is in Bob's mailbox",
                "Perhaps, but this server may also have to pass it on, and that can still fail.",
            ),
            Option(
                "It will deliver the message or report that it could not",
                "Yes: it is responsible now. The report goes to the reverse-path of MAIL.",
                right=True,
            ),
            Option(
                "The octets arrived undamaged, nothing more",
                "It says much more: from now on you may delete your copy of the message.",
            ),
        ),
        rfc="RFC 5321 4.2.5, 6.1",
    ),
    Question(
        id="04.q3",
        prompt="In a capture of the wire, after 354, you see the line `..profile`. What did the sender write?",
        options=(
            Option(
                ".profile", "Yes: the client put one dot before it, and the server takes that one away.", right=True
            ),
            Option(
                "..profile",
                "That would be three dots on the wire: one more than was written, for any line that begins with one.",
            ),
            Option(
                "profile",
                "Only a line that begins with a dot gets one more. A line without stays as it is.",
            ),
            Option(
                "That cannot be known",
                "It can: after 354 the rule holds for each line that begins with a dot.",
            ),
        ),
        rfc="RFC 5321 4.5.2",
    ),
]

PREDICTIONS = [
    Prediction(
        id="04.p1",
        prompt=(
            "The commands were `MAIL FROM:<alice@lab.example>` and `RCPT TO:<bob@lab.example>`. The message itself "
            "begins with `From: The Queen <queen@palace.example>` and `To: carol@lab.example`. What happens?"
        ),
        options=(
            Option(
                "Carol gets it: To: names her",
                "To: is for people. The server has read RCPT, and there it says Bob.",
            ),
            Option(
                "Bob and Carol get it",
                "The two lists are not added up. RCPT alone decides, and Carol had none.",
            ),
            Option(
                "Bob gets it, and reads that the Queen wrote to Carol",
                "Yes: the envelope delivers, the headers are shown, and nothing makes them agree.",
                right=True,
            ),
            Option(
                "A refusal: headers and envelope contradict each other",
                "SMTP has no such check. A server may add one by policy, as DMARC does for From:; our lab does not.",
            ),
        ),
        rfc="RFC 5321 7.2",
    ),
    Prediction(
        id="04.p2",
        prompt=(
            "After 354 a careless program sends headers, an empty line, and then this, without doubling a dot:\n"
            "`Rule one`\n"
            "`.`\n"
            "`Rule two`\n"
            "`.`\n"
            "What does Bob get?"
        ),
        options=(
            Option(
                "Both rules, with the dot between them",
                "The server cannot know which dot was meant. It takes the first that stands alone.",
            ),
            Option(
                "Rule one only; the server takes the rest for commands",
                "Yes: the message ends at the first lone dot, with 250. What follows is refused, one line at a time.",
                right=True,
            ),
            Option(
                "Two messages, one for each rule",
                "A second message would need MAIL, RCPT and DATA again: the dot ended the transaction.",
            ),
            Option(
                "Nothing: the server sees that the message is broken",
                "Up to the dot it is a whole message. The server has said 250 before it hears the rest.",
            ),
        ),
        rfc="RFC 5321 4.5.2",
    ),
]
