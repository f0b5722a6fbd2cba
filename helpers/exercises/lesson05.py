"""Exercises and questions of lesson 05: RSET, NOOP, QUIT, HELP and the ends of a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import SequenceMatcher

from helpers.exercises.base import Exercise, Finder, Mistake, Option, Prediction, Question, Solution, holds_gap, latest
from helpers.exercises.records import Conversation, Deed, Records, Sending
from helpers.protocol.state import verb_of
from helpers.wire.transcript import ExchangeKind, Outcome

_ALICE, _BOB, _CAROL = "alice@lab.example", "bob@lab.example", "carol@lab.example"
_HELLO = ("EHLO", "HELO")


def _in_transaction(deed: Deed) -> bool:
    return deed.exchange.before.in_transaction


# -- 05.a: drop the transaction, keep the session -----------------------------------------------------

_OPENED = ("EHLO laptop.example", f"MAIL FROM:<{_ALICE}>", f"RCPT TO:<{_CAROL}>")


def _misspelt(deed: Deed) -> bool:
    """A word that the server does not know and that looks like RSET or says what it does."""
    alike = SequenceMatcher(None, deed.verb, "RSET").ratio() >= 0.6
    return deed.code in (500, 502) and (alike or deed.verb in ("REST", "CLEAR", "CANCEL", "ABORT", "UNDO"))


FADED = Exercise(
    id="05.a",
    title="Forget the transaction",
    task=(
        "The cell names a sender and a recipient, and the recipient is the wrong one. Fill the gap: one command that "
        "makes the server forget both and leaves the session as it is. Expected: 250, and you are back at “greeted”."
    ),
    starter=(
        'practice = Lab("open", name="05.a")\n'
        "session = practice.connect()\n"
        f'for line in ["{_OPENED[0]}", "{_OPENED[1]}", "{_OPENED[2]}"]:\n'
        "    session.send(line)\n"
        "line = ...  # replace the three dots by one command, in quotes\n"
        "session.send(line)\n"
        'check("05.a")'
    ),
    hints=(
        "A recipient that has been accepted cannot be taken back alone. The whole transaction has to go.",
        "The command has four letters, stands alone on its line, and its name says “reset”.",
        'The line is `line = "RSET"`, with the quotes.',
    ),
    solution=Solution(
        code=(
            'practice = Lab("open", name="05.a")\n'
            "session = practice.connect()\n"
            f'for line in ["{_OPENED[0]}", "{_OPENED[1]}", "{_OPENED[2]}"]:\n'
            "    session.send(line)\n"
            'line = "RSET"\n'
            "session.send(line)\n"
            'check("05.a")'
        ),
        explanation=(
            "RSET ends the transaction: sender, recipients and text are thrown away. The session keeps what it knew, "
            "so the next command may be MAIL, with no new EHLO before it (RFC 5321 4.1.1.5). There is no command that "
            "takes back one recipient alone."
        ),
    ),
    done=latest(lambda deed: deed.code == 250 and _in_transaction(deed), "RSET"),
    praise="RSET threw sender and recipient away, and the session is where it was after EHLO.",
    shown="the transaction ends here, with {code}; the session goes on",
    mistakes=(
        Mistake(
            name="gap-sent",
            find=latest(holds_gap),
            message="The placeholder itself went over the wire, and the server takes each character at its word.",
            remark="this is the text of the gap, not a command",
            next_step="Replace the whole gap by one command in quotes.",
        ),
        Mistake(
            name="misspelt",
            find=latest(_misspelt),
            message="The server finds no command that it knows in this line: {code} says so.",
            remark="no command of this spelling",
            next_step="The four letters are R S E T, without the first E of “reset”.",
        ),
        Mistake(
            name="with-argument",
            find=latest(lambda deed: deed.code == 501, "RSET"),
            message="RSET takes no argument: it drops the whole transaction and cannot drop a part of it.",
            remark="something follows the command; the answer is {code}",
            next_step="Send the word alone: `RSET`.",
        ),
        Mistake(
            name="nothing-to-reset",
            find=latest(lambda deed: deed.code == 250 and not _in_transaction(deed), "RSET"),
            message=(
                "This RSET was accepted and changed nothing: in this connection no transaction was open. "
                "Each connection is a session of its own."
            ),
            remark="no sender has been named before this line",
            next_step="Send it in the session in which MAIL and RCPT were accepted.",
        ),
        Mistake(
            name="greeted-again",
            find=latest(lambda deed: deed.code == 250 and _in_transaction(deed), *_HELLO),
            message=(
                "That works, by a side effect: a second greeting empties the transaction, too. But it introduces you "
                "all over again. There is a command that does the one thing only."
            ),
            remark="the transaction ends here, and the session is greeted anew",
            next_step="Use the command whose name says “reset”.",
        ),
        Mistake(
            name="quit",
            find=latest(lambda deed: deed.code == 221, "QUIT"),
            message="QUIT ended more than you wanted: the transaction is gone, and the session with it.",
            remark="the whole session ends here",
            next_step="Use the command that ends the transaction only.",
        ),
        Mistake(
            name="named-again",
            find=latest(lambda deed: deed.code == 503 and _in_transaction(deed), "MAIL"),
            message=(
                "A second MAIL does not replace the first. While a transaction is open the server refuses it, "
                "and the wrong recipient is still there."
            ),
            remark="answered {code}: a transaction is open",
            next_step="Drop the open transaction first.",
        ),
        Mistake(
            name="recipient-added",
            find=latest(lambda deed: deed.accepted and deed.command not in _OPENED, "RCPT"),
            message="Another RCPT puts one more recipient beside the wrong one. It replaces nobody.",
            remark="answered {code}: one recipient more",
            next_step="Drop the open transaction as a whole.",
        ),
        Mistake(
            name="changes-nothing",
            find=latest(lambda deed: deed.accepted, "NOOP", "HELP", "VRFY", "EXPN"),
            message="{command} is answered {code} and changes nothing: sender and recipient are still there.",
            remark="accepted, and without effect on the transaction",
            next_step="You need the command that throws something away.",
        ),
    ),
    otherwise="You said something, but the transaction has not been dropped by RSET yet.",
    start_with="Replace the three dots by one command in quotes, then run the cell again.",
    given=_OPENED,
)


# -- 05.b: two transactions, one of them dropped ------------------------------------------------------


def _from(sending: Sending, sender: str) -> bool:
    return sending.transaction.sender.lower() == sender


def _dropped_alice(conversation: Conversation) -> bool:
    return any(
        _from(s, _ALICE) and s.transaction.outcome is Outcome.RESET and s.end.verb == "RSET"
        for s in conversation.sendings
    )


def _carol_to_bob(conversation: Conversation) -> Sending | None:
    return next((s for s in conversation.sendings if s.accepted and _from(s, _CAROL) and _BOB in s.recipients), None)


def _refusal(conversation: Conversation) -> Deed | None:
    """The first refusal in a conversation; those after it are often only its consequence."""
    return next((deed for deed in conversation.deeds if deed.refused), None)


def _both(records: Records) -> Deed | None:
    for conversation in reversed(records.conversations()):
        if _dropped_alice(conversation) and _carol_to_bob(conversation) and not _refusal(conversation):
            return next((deed for deed in conversation.deeds if (deed.verb, deed.code) == ("QUIT", 221)), None)
    return None


def _of_newest(find: Callable[[Conversation], Deed | None]) -> Finder:
    """A finder that looks at the last connection only: each try opens a new one."""

    def found(records: Records) -> Deed | None:
        conversation = records.newest
        return find(conversation) if conversation else None

    return found


def _command_in_message(conversation: Conversation) -> Deed | None:
    """A line that was meant as a command and stands in the message."""
    for deed in conversation.deeds:
        if deed.exchange.kind is ExchangeKind.MESSAGE:
            for number, line in enumerate(deed.exchange.client_lines()):
                if verb_of(line) in ("EHLO", "MAIL", "RCPT", "RSET", "QUIT"):
                    return replace(deed, line=number)
    return None


def _reset_of_carol(conversation: Conversation) -> Deed | None:
    deeds = (deed for deed in conversation.deeds if deed.verb == "RSET" and deed.code == 250)
    return next((deed for deed in deeds if (deed.exchange.before.reverse_path or "").lower() == _CAROL), None)


def _nested(conversation: Conversation) -> Deed | None:
    refusal = _refusal(conversation)
    return refusal if refusal and refusal.verb == "MAIL" and _in_transaction(refusal) else None


def _too_early(conversation: Conversation) -> Deed | None:
    refusal = _refusal(conversation)
    if refusal is None or refusal.code != 503 or _nested(conversation) or _reset_of_carol(conversation):
        return None
    return refusal


def _lone_dot(conversation: Conversation) -> Deed | None:
    refusal = _refusal(conversation)
    return refusal if refusal and refusal.command == "." else None


def _sent_as_alice(conversation: Conversation) -> Deed | None:
    if _nested(conversation):
        return None
    return next((s.end for s in conversation.sendings if s.accepted and _from(s, _ALICE)), None)


def _idle_reset(conversation: Conversation) -> Deed | None:
    if _refusal(conversation) or _sent_as_alice(conversation):
        return None
    deeds = (deed for deed in conversation.deeds if deed.verb == "RSET" and deed.code == 250)
    return next((deed for deed in deeds if not _in_transaction(deed)), None)


def _quit_early(conversation: Conversation) -> Deed | None:
    if _refusal(conversation) or _carol_to_bob(conversation) or _sent_as_alice(conversation):
        return None
    return next((deed for deed in conversation.deeds if (deed.verb, deed.code) == ("QUIT", 221)), None)


def _no_farewell(conversation: Conversation) -> Deed | None:
    sending = _carol_to_bob(conversation)
    return sending.end if sending and not conversation.said("QUIT") else None


def _over_two_connections(records: Records) -> Deed | None:
    """Carol's message, where Alice's transaction was dropped in an earlier connection."""
    dropped = False
    found = None
    for conversation in records.conversations():
        sending = _carol_to_bob(conversation)
        if dropped and sending and not any(_from(s, _ALICE) for s in conversation.sendings):
            found = sending.end
        dropped |= _dropped_alice(conversation)
    return found


ORDER = Exercise(
    id="05.b",
    title="Put a change of mind in order",
    task=(
        "Somebody began a transaction as Alice, changed their mind, and wrote to Bob as Carol instead, all in one "
        "session. The eight lines are shuffled. Put them in an order in which the server refuses nothing, RSET drops "
        "what Alice began, and Bob gets one message from Carol. The line with only a dot ends the message, which is "
        "empty here. Expected: 250 for each MAIL, for RSET, for RCPT and for the message, 354 for DATA, "
        "221 at the end."
    ),
    starter=(
        'shuffled = Lab("open", name="05.b")\n'
        f'lines = ["QUIT", "DATA", "MAIL FROM:<{_CAROL}>", "RSET", "EHLO laptop.example"]\n'
        f'lines += [".", "MAIL FROM:<{_ALICE}>", "RCPT TO:<{_BOB}>"]\n'
        'order(shuffled, lines, "05.b")'
    ),
    hints=(
        "One greeting is enough for the whole session, and QUIT ends it. Everything else stands between those two.",
        "A transaction must be over before the next MAIL. What ends Alice's? What ends Carol's?",
        "EHLO, MAIL from Alice, RSET, MAIL from Carol, RCPT, DATA, the dot, QUIT.",
    ),
    solution=Solution(
        code=(
            'shuffled = Lab("open", name="05.b")\n'
            "session = shuffled.connect()\n"
            f'lines = ["EHLO laptop.example", "MAIL FROM:<{_ALICE}>", "RSET", "MAIL FROM:<{_CAROL}>"]\n'
            f'for line in [*lines, "RCPT TO:<{_BOB}>", "DATA", ".", "QUIT"]:\n'
            "    session.send(line)\n"
            'check("05.b")'
        ),
        explanation=(
            "Only one transaction may be open at a time, and it ends in one of a few ways: by the reply after the "
            "final dot, by RSET, by a new EHLO, or with the session (RFC 5321 4.1.4). So RSET has to stand between "
            "Alice's MAIL and Carol's. The session is greeted once and holds both."
        ),
    ),
    done=_both,
    praise="One session, two transactions: Alice's was dropped by RSET, Carol's was delivered, and QUIT came last.",
    shown="the session ended with {code}, all before it in order",
    mistakes=(
        Mistake(
            name="over-two-connections",
            find=_over_two_connections,
            message=(
                "Both transactions are as they should be, but in two connections, so in two sessions. "
                "A session can hold one transaction after the other."
            ),
            remark="in another connection than the transaction that was dropped",
            next_step="Send all lines in one connection, with one EHLO at its start.",
        ),
        Mistake(
            name="command-in-message",
            find=_of_newest(_command_in_message),
            message=(
                "After 354 every line is a line of the message, also one that looks like a command. "
                "The server does not answer it: it waits for the dot."
            ),
            remark="text of the message, not a command",
            next_step="Let the line with the dot follow DATA at once.",
        ),
        Mistake(
            name="nested",
            find=_of_newest(_nested),
            message="A transaction was open already, so the server answered the second MAIL with {code}.",
            remark="the transaction before it has not ended",
            next_step="Put RSET between the two MAIL lines.",
        ),
        Mistake(
            name="carol-dropped",
            find=_of_newest(_reset_of_carol),
            message="RSET came when Carol's transaction was open, so it was hers that was dropped.",
            remark="this drops what Carol began",
            next_step="Move RSET up, right behind Alice's MAIL.",
        ),
        Mistake(
            name="too-early",
            find=_of_newest(_too_early),
            message="{command} came before something that it needs, and the server answered {code}: wrong order.",
            remark="too early here",
            next_step="Read what the reply asks for first, and move that line up.",
        ),
        Mistake(
            name="lone-dot",
            find=_of_newest(_lone_dot),
            message="The dot came while no message was open. There it is a command that does not exist.",
            remark="no DATA before this line; the answer is {code}",
            next_step="Move the dot right behind DATA.",
        ),
        Mistake(
            name="sent-as-alice",
            find=_of_newest(_sent_as_alice),
            message="A message went out, but in Alice's transaction. It was Carol who should write.",
            remark="delivered with Alice as its sender",
            next_step="Drop Alice's transaction before RCPT and DATA, then send Carol's MAIL.",
        ),
        Mistake(
            name="greeted-again",
            find=latest(lambda deed: deed.code == 250 and _in_transaction(deed), *_HELLO),
            message="This greeting emptied the transaction before RSET could do it.",
            remark="the transaction ends here",
            next_step="Greet once, at the start.",
        ),
        Mistake(
            name="idle-reset",
            find=_of_newest(_idle_reset),
            message="RSET was accepted, but no transaction was open, so there was nothing to drop.",
            remark="no sender is named at this point",
            next_step="Move RSET behind Alice's MAIL.",
        ),
        Mistake(
            name="quit-early",
            find=_of_newest(_quit_early),
            message=(
                "QUIT came before the message was sent. The server said 221 and closed the connection; "
                "what was still open is lost, and the lines after it were never heard."
            ),
            remark="the session ends here",
            next_step="Move QUIT to the end.",
        ),
        Mistake(
            name="no-quit",
            find=_of_newest(_no_farewell),
            message="Carol's message has been accepted. The session has no end yet: QUIT is missing.",
            remark="accepted with {code}; the server waits for more",
            next_step="Send QUIT as the last line of the same connection.",
        ),
    ),
    otherwise="The server has answered, but the two transactions have not come about in one session yet.",
    start_with="Move the lines with the buttons until their order makes sense, then choose Send.",
)


# -- 05.c: deliver although the server hangs up -------------------------------------------------------


def _turned_away(conversation: Conversation) -> Deed | None:
    return next((deed for deed in reversed(conversation.deeds) if deed.code == 421), None)


def _to_bob(records: Records) -> list[Sending]:
    return [s for s in records.sendings(accepted=True) if _BOB in s.recipients]


def _came_back(records: Records) -> Deed | None:
    delivered = _to_bob(records)
    if len(delivered) != 1 or not any(_turned_away(c) for c in records.conversations()):
        return None
    conversation = delivered[0].conversation
    return next((deed for deed in conversation.deeds if (deed.verb, deed.code) == ("QUIT", 221)), None)


def _never_turned_away(records: Records) -> Deed | None:
    delivered = _to_bob(records)
    return delivered[-1].end if delivered and not any(_turned_away(c) for c in records.conversations()) else None


def _twice(records: Records) -> Deed | None:
    delivered = _to_bob(records)
    return delivered[-1].end if len(delivered) > 1 else None


def _after_421(find: Callable[[Conversation], Deed | None]) -> Finder:
    """A finder in the last connection, where the server has hung up in an earlier one."""

    def found(records: Records) -> Deed | None:
        conversation = records.newest
        if conversation is None or _turned_away(conversation):
            return None
        return find(conversation) if any(_turned_away(c) for c in records.conversations()) else None

    return found


def _gave_up(records: Records) -> Deed | None:
    conversation = records.newest
    return _turned_away(conversation) if conversation else None


def _carried_on(conversation: Conversation) -> Deed | None:
    """RCPT or DATA as the first word, as if the old transaction were still there."""
    deed = conversation.deeds[0]
    return deed if deed.refused and deed.verb in ("RCPT", "DATA") else None


def _not_greeted(conversation: Conversation) -> Deed | None:
    deeds = (deed for deed in conversation.deeds if deed.verb == "MAIL" and deed.code == 503)
    return next((deed for deed in deeds if deed.exchange.before.hello is None), None)


def _left_open(conversation: Conversation) -> Deed | None:
    return next((s.end for s in conversation.sendings if s.transaction.outcome is Outcome.OPEN), None)


def _left_early(conversation: Conversation) -> Deed | None:
    return next((s.end for s in conversation.sendings if s.transaction.outcome is Outcome.DROPPED), None)


def _somebody_else(conversation: Conversation) -> Deed | None:
    return next((s.end for s in conversation.sendings if s.accepted and _BOB not in s.recipients), None)


def _hung_up(conversation: Conversation) -> Deed | None:
    delivered = [s for s in conversation.sendings if s.accepted and _BOB in s.recipients]
    return delivered[-1].end if delivered and not conversation.said("QUIT") else None


_FAULT = 'shaky.fault("RCPT", "421 4.3.2 mail.lab.example Service shutting down", times=1)'

FREE = Exercise(
    id="05.c",
    title="Deliver although the server hangs up",
    task=(
        "The server of this exercise is about to restart: it answers the first RCPT with 421 and closes. Bring a "
        "message from Alice to Bob all the same, and end politely. Any tool may be used. Expected: 421; then, in a "
        "new connection, 250 for the message and 221; and one message in Bob's mailbox, not two."
    ),
    starter=f'shaky = Lab("open", name="05.c")\n{_FAULT}\n\ncheck("05.c")',
    hints=(
        "421 ends the session, whatever was open in it. Only a new connection can help.",
        "In the new session the server knows nothing of the old one: neither your name nor Alice nor Bob.",
        "Connect, EHLO, MAIL, RCPT: 421. Connect again, EHLO, MAIL, RCPT, DATA, the message, QUIT.",
    ),
    solution=Solution(
        code=(
            'shaky = Lab("open", name="05.c")\n'
            f"{_FAULT}\n"
            f'opening = ["EHLO laptop.example", "MAIL FROM:<{_ALICE}>", "RCPT TO:<{_BOB}>"]\n'
            "session = shaky.connect()\n"
            "for line in opening:\n"
            "    session.send(line)\n"
            "session = shaky.connect()\n"
            'for line in [*opening, "DATA"]:\n'
            "    session.send(line)\n"
            r'session.send_data("Subject: Hello\n\nHello, Bob.\n")'
            '\nsession.send("QUIT")\n'
            'check("05.c")'
        ),
        explanation=(
            "421 is a temporary refusal of the whole session: nothing of the open transaction is kept, and the server "
            "closes (RFC 5321 3.8). A client that still wants to deliver opens a new connection, later in real life, "
            "and starts from EHLO. It may do so without fear, since no 250 had come for this message: Bob gets it once."
        ),
    ),
    done=_came_back,
    praise="421 ended one session; you opened another, started over, and Bob has the message exactly once.",
    shown="the second session ended with {code}",
    mistakes=(
        Mistake(
            name="no-421",
            find=_never_turned_away,
            message="The message was delivered, but this server has never hung up on you: its fault is not set.",
            remark="delivered at the first attempt",
            next_step="Run the first two lines of the cell as they were given, the one with `fault` included.",
        ),
        Mistake(
            name="twice",
            find=_twice,
            message="Bob has the message twice. After its 250 a message is the server's business, not yours.",
            remark="accepted with {code}, as one before it was",
            next_step="Run the cell again from its first line, and send the message until one 250 comes, no further.",
        ),
        Mistake(
            name="gave-up",
            find=_gave_up,
            message="The server said 421 and closed the connection. Alice's message is still with you.",
            remark="the session ends here, and the transaction with it",
            next_step="Open a new connection with `shaky.connect()` and start from EHLO.",
            side="S",
        ),
        Mistake(
            name="carried-on",
            find=_after_421(_carried_on),
            message=(
                "The new connection began with {command}, where the old one had stopped. "
                "But the transaction ended with its session: in a new one nothing of it is left."
            ),
            remark="the first line of a new session, answered {code}",
            next_step="Start over: EHLO, MAIL, RCPT, DATA.",
        ),
        Mistake(
            name="not-greeted",
            find=_after_421(_not_greeted),
            message="In this new session nobody has said EHLO. The old greeting went with the old session.",
            remark="no EHLO in this connection; the answer is {code}",
            next_step="Send EHLO first.",
        ),
        Mistake(
            name="left-open",
            find=_after_421(_left_open),
            message="The transaction is open and its message has not been ended. So far Bob has nothing.",
            remark="the last line of an open transaction",
            next_step="Send DATA, the message, and the line with only a dot (`send_data` writes that itself).",
        ),
        Mistake(
            name="left-early",
            find=_after_421(_left_early),
            message="The session ended while the transaction was open, so nothing was delivered.",
            remark="the last line of a transaction that was never completed",
            next_step="Wait for the 250 after the final dot before you send QUIT.",
        ),
        Mistake(
            name="somebody-else",
            find=_after_421(_somebody_else),
            message="A message was delivered, but Bob is not among its recipients.",
            remark="accepted with {code}, for somebody else",
            next_step=f"Name `<{_BOB}>` in RCPT.",
        ),
        Mistake(
            name="hung-up",
            find=_after_421(_hung_up),
            message="Bob has the message. The session has not been ended politely yet.",
            remark="accepted with {code}; no QUIT after it",
            next_step="Send `QUIT` in this connection and wait for 221.",
        ),
    ),
    otherwise="You spoke with the server, but it has not come to the 421 at RCPT yet.",
    start_with="Open a session with `session = shaky.connect()` and send EHLO, MAIL and RCPT.",
)

EXERCISES = [FADED, ORDER, FREE]

QUESTIONS = [
    Question(
        id="05.q1",
        prompt="Which of these lines begins a transaction?",
        options=(
            Option("`S: 220 mail.lab.example ESMTP ready`", "This begins the session. No message is in sight yet."),
            Option("`C: EHLO laptop.example`", "EHLO introduces you for the whole session, not for one message."),
            Option(
                "`C: MAIL FROM:<>`, answered 250",
                "Yes: MAIL opens the transaction, also with the null reverse-path, as a bounce has it.",
                right=True,
            ),
            Option("`C: DATA`, answered 354", "By then it has long been open: the sender and recipients are named."),
        ),
        rfc="RFC 5321 4.1.1.2, 4.1.4",
        looks_back_to="02",
    ),
    Question(
        id="05.q2",
        prompt=(
            "A program sends 200 messages over one connection. The first has been answered 250 after its dot. "
            "What does the program have to send before the next MAIL?"
        ),
        options=(
            Option("EHLO", "The session is greeted once. A second EHLO is allowed, and of no use here."),
            Option("RSET", "The 250 has ended the transaction already. RSET would find nothing to drop."),
            Option("QUIT, and then connect anew", "It works, and costs a connection (and a login) for each message."),
            Option(
                "Nothing", "Yes: after the reply to the message the session is ready for the next MAIL.", right=True
            ),
        ),
        rfc="RFC 5321 4.1.1.4, 4.1.4",
    ),
    Question(
        id="05.q3",
        prompt="The client has sent the final dot. No reply comes; the connection is dead. What should the client do?",
        options=(
            Option(
                "Count the message as delivered",
                "Perhaps it is, but nobody has said so. If the server had not finished, the message would be lost.",
            ),
            Option(
                "Give the message up and tell the sender",
                "A dead connection is a temporary trouble. The next attempt may well succeed.",
            ),
            Option(
                "Keep it and try again later",
                "Yes: as after 451. If it had been accepted and only the reply was lost, there will be two copies. "
                "That is the lesser evil.",
                right=True,
            ),
            Option(
                "Connect anew and send only the dot again",
                "The transaction ended with its connection. A new session knows nothing of it.",
            ),
        ),
        rfc="RFC 5321 3.8, 4.1.1.10; RFC 1047",
    ),
]

PREDICTIONS = [
    Prediction(
        id="05.p1",
        prompt=(
            "EHLO, MAIL and RCPT have been accepted. Now the client sends RSET and gets 250. "
            "Which of these lines will the server accept next?"
        ),
        options=(
            Option(
                "`RCPT TO:<carol@lab.example>`, for another recipient",
                "503: RSET forgets the sender as well, so there is no transaction to add a recipient to.",
            ),
            Option(
                "Only EHLO, to begin again",
                "EHLO would be accepted, too, but it is not needed: RSET leaves the session as it is.",
            ),
            Option(
                "`MAIL FROM:<carol@lab.example>`, for a new transaction",
                "Yes: the old transaction is gone, and the session is still greeted.",
                right=True,
            ),
            Option(
                "None, the connection is closed",
                "RSET must not close a connection. That is what QUIT is for.",
            ),
        ),
        rfc="RFC 5321 4.1.1.5",
    ),
    Prediction(
        id="05.p2",
        prompt="The server has answered DATA with 354. The client changes its mind and sends RSET. What happens?",
        options=(
            Option(
                "250, and the transaction is dropped",
                "So it would be in any other state. Here the server reads no commands at all.",
            ),
            Option(
                "503, wrong order",
                "To say that, the server would have to look for commands. Until the dot it looks for nothing else.",
            ),
            Option(
                "No reply: RSET is a line of the message",
                "Yes: until the line with only a dot everything is text.",
                right=True,
            ),
            Option(
                "The message ends here, and is delivered",
                "A message ends with the line that holds only a dot, and with nothing else.",
            ),
        ),
        rfc="RFC 5321 4.1.1.4",
    ),
]
