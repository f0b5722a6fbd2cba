"""Exercise and questions of the start page."""

from __future__ import annotations

from helpers.exercises.base import Exercise, Mistake, Option, Prediction, Question, Solution, latest
from helpers.exercises.records import Deed

_COMMANDS = {"EHLO", "HELO", "NOOP", "HELP", "RSET", "VRFY", "QUIT"}


def _no_command(deed: Deed) -> bool:
    return deed.code in (500, 502) and deed.verb not in _COMMANDS


EXERCISES = [
    Exercise(
        id="00.a",
        title="Send your first command",
        task=(
            'Replace the three dots by a command in quotes, for example `"NOOP"`, and run the cell. '
            "The reply appears below it. Done when the server answers with a code that begins with 2."
        ),
        starter=(
            'first = Lab("open", name="00.a")\n'
            "session = first.connect()\n"
            'line = ...  # replace the three dots by a command in quotes: "NOOP"\n'
            'print(session.send(line) or "Nothing has been sent yet.")'
        ),
        hints=(
            "A command is a line of text. `NOOP` asks for nothing: the server only answers that it is there.",
            'Write `line = "NOOP"`, with the quotes, and run the cell again.',
        ),
        solution=Solution(
            code=(
                'first = Lab("open", name="00.a")\nsession = first.connect()\nline = "NOOP"\nprint(session.send(line))'
            ),
            explanation=(
                "NOOP means “no operation”. It may come at any time, changes nothing, and a server that is well "
                "answers 250 (RFC 5321 4.1.1.9). So it is the safest first word to say."
            ),
        ),
        done=latest(lambda deed: deed.code is not None and deed.code // 100 == 2),
        praise="You spoke, and the server answered with a code that begins with 2: it did what you asked.",
        shown="the answer was {code}",
        mistakes=(
            Mistake(
                name="unknown-word",
                find=latest(_no_command),
                message="The server does not know this word: {code} means that it could read no command in the line.",
                remark="this was answered {code}",
                next_step='Send a command that it knows, for example `line = "NOOP"`.',
            ),
            Mistake(
                name="too-early",
                find=latest(lambda deed: deed.code == 503),
                message="The server knows this command, but not at this point: 503 means “wrong order”.",
                remark="this was answered 503",
                next_step='NOOP is allowed at any time: `line = "NOOP"`.',
            ),
            Mistake(
                name="no-argument",
                find=latest(lambda deed: deed.code == 501),
                message="The server knows this command, but what follows its name is missing or wrong: that is 501.",
                remark="this was answered 501",
                next_step='Try one that needs nothing more, `line = "NOOP"`, or add a name: `EHLO laptop.example`.',
            ),
        ),
        otherwise="You said something, but no answer that begins with 2 has come back yet.",
        start_with='Put a command in quotes in the place of the three dots, `line = "NOOP"`, and run the cell again.',
    ),
]

QUESTIONS = [
    Question(
        id="00.q1",
        prompt="A server sends `250-SIZE 10485760`. What does the hyphen after 250 tell you?",
        options=(
            Option(
                "The number after it is negative",
                "The hyphen is no minus sign. It stands between the code and the text, and belongs to neither.",
            ),
            Option(
                "More lines of the same reply follow",
                "Yes: a hyphen says “go on reading”, and a space marks the last line.",
                right=True,
            ),
            Option(
                "The command failed in part",
                "Success or failure is told by the code alone: 250 is success, whichever character follows it.",
            ),
            Option(
                "The server waits for your next command",
                "It waits only after the line that has a space there. Who sends before that talks over the server.",
            ),
        ),
        rfc="RFC 5321 4.2.1",
    ),
    Question(
        id="00.q2",
        prompt="The connection is open. Who speaks first?",
        options=(
            Option(
                "The client, with EHLO",
                "EHLO is the client's first word, but it has to wait for the greeting. "
                "Some servers refuse clients that cannot wait.",
            ),
            Option(
                "Whoever is ready first",
                "There is a fixed order. Without it neither side could tell which reply belongs to which command.",
            ),
            Option("The server, with 220", "Yes: the server greets, and the client waits for it.", right=True),
            Option(
                "The client, with MAIL",
                "MAIL opens a transaction. Before it come the server's greeting and the client's EHLO.",
            ),
        ),
        rfc="RFC 5321 3.1",
    ),
]

PREDICTIONS: list[Prediction] = []
