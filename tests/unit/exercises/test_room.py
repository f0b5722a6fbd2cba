"""The table of a room: codes in the midst of what chats put around them, wrong ones named, nothing fatal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.exercises.progress_code import encode
from helpers.exercises.room import read, room

#: 01.a and 01.q2 done; written down in test_progress.py, where its octets are explained.
CODE = "SMTP-AEAQC-AQATS-5Q"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (f"Ada: {CODE}", "Ada"),
        (f"Ada Lovelace: '{CODE}'", "Ada Lovelace"),
        (f"[10:31] Ada: {CODE} – done! 🎉", "Ada"),
        (f"10:31:05 From Ada Lovelace to Everyone: {CODE}", "Ada Lovelace"),  # Zoom, on one line
        (f"10:31:05 From Ada to Everyone:\n\t{CODE}", "Ada"),  # and as it saves its chat
        (f"Ada 10:31 AM\n{CODE}", "Ada"),  # Slack
        (f"Ada:\n{CODE}", "Ada"),
        (f"- **Ada** {CODE.lower()}", "Ada"),
        (f"| Ada | {CODE} |", "Ada"),
        (f"Ada: here is mine: {CODE}", "Ada"),
        (f"Ada Lovelace (she/her): {CODE}", "Ada Lovelace (she/her)"),
        (f"10:31:05\t From  Ada Lovelace : {CODE}", "Ada Lovelace"),  # Zoom, before 2021
        (f"[23.11.26, 10:31:05] Ada: {CODE}", "Ada"),  # WhatsApp on iOS, and on Android
        (f"23/11/2026, 10:31 - Ada: {CODE}", "Ada"),
        (f"[11/23/2026 10:31 AM] Ada Lovelace\n{CODE}", "Ada Lovelace"),  # Teams
        (CODE, "learner 1"),
        (f"hi all, that was fun\n{CODE}", "learner 1"),
        (f"{'so this is what it printed for me just now in the very last cell'} {CODE}", "learner 1"),
    ],
)
def test_a_code_is_found_with_its_name(line: str, name: str) -> None:
    (learner,) = read(line).learners
    assert learner.name == name
    assert learner.done == {"01.a", "01.q2"}


def test_what_is_no_code_is_passed_over() -> None:
    now = read("SMTP is fun\nis SMTP the same as ESMTP?\n\n")
    assert (now.learners, now.unread) == ((), ())


def test_a_code_that_cannot_be_read_is_named_and_the_others_count() -> None:
    now = read(f"Ada: {CODE[:-1]}\nBob: {CODE}\n")
    assert [learner.name for learner in now.learners] == ["Bob"]
    (line,) = now.unread
    assert line.startswith("line 1, Ada: This is not a whole progress code")


def test_an_exercise_that_is_not_there_any_more_is_named() -> None:
    now = read(f"Ada: {encode({'01.a', '01.z'})}")
    assert now.learners[0].done == {"01.a", "01.z"}
    assert now.unread == ("line 1, Ada: not in this version of the course: 01.z",)


def test_a_second_code_of_the_same_person_adds() -> None:
    (learner,) = read(f"Ada: {encode({'00.a'})}\nada: {encode({'01.a'})}").learners
    assert (learner.name, learner.done) == ("Ada", {"00.a", "01.a"})


def test_two_codes_without_a_name_are_two_people() -> None:
    assert [learner.name for learner in read(f"{CODE}\n{CODE}").learners] == ["learner 1", "learner 2"]


START = {"00.a", "00.q1", "00.q2"}
FIRST = {"01.a", "01.b", "01.c", "01.q1", "01.q2", "01.q3"}


def code(name: str, ids: set[str]) -> str:
    return f"{name}: {encode(ids)}\n"


def test_where_somebody_is() -> None:
    text = code("new", set()) + code("start", {"00.a"}) + code("one", START) + code("jumped", START | {"03.a"})
    now = read(text)
    assert [learner.at(now.course).id for learner in now.learners] == ["00", "00", "01", "03"]


def test_who_has_done_everything_is_through() -> None:
    now = read("")
    everything = {identifier for lesson in now.course for identifier in lesson.ids}
    (learner,) = read(code("Ada", everything)).learners
    assert learner.at(now.course) is None


def test_what_most_have_done_and_who_has_not() -> None:
    now = read(code("Ada", START | FIRST) + code("Bob", START | FIRST - {"01.b"}) + code("Carol", START | {"01.a"}))
    assert now.most_have_done() == ["00.a", "01.a", "01.c"]
    assert now.perhaps_stuck() == {"Carol": ["01.c"]}


def test_half_is_not_most() -> None:
    assert read(code("Ada", {"00.a"}) + code("Bob", set())).most_have_done() == []


def test_who_lacks_most_is_named_first() -> None:
    ahead = "".join(code(name, START | FIRST) for name in ("Ada", "Bob", "Carol", "Dan"))
    now = read(ahead + code("Eve", START | FIRST - {"01.b"}) + code("Frank", START))
    assert list(now.perhaps_stuck().items()) == [("Frank", ["01.a", "01.b", "01.c"]), ("Eve", ["01.b"])]
    assert "Frank: 01.a and 2 more" in room(ahead + code("Frank", START)).text


def test_one_who_is_far_ahead_makes_no_long_list() -> None:
    far = code("Zoe", {"00.a", "08.a"})
    assert "08.a" in read(far + code("Ada", START) * 9).exercises()  # one of two
    room_of_eleven = far + "".join(code(f"n{number}", START) for number in range(10))
    assert read(room_of_eleven).exercises() == ["00.a"]


def test_the_first_line_says_where_the_room_is() -> None:
    in_two = "".join(code(name, START | FIRST) for name in ("Ada", "Bob", "Carol"))
    first = room(in_two + code("Dan", START) + code("Eve", set()) + code("Frank", {"03.a"})).text.splitlines()[0]
    assert first == "6 learners. 3 in 02, Open a transaction with MAIL FROM. 2 before that, 1 beyond it."
    everything = {identifier for lesson in read("").course for identifier in lesson.ids}
    assert room(code("Ada", everything)).text.splitlines()[0] == "1 learner. 1 through."


def test_the_table() -> None:
    shown = room(code("Bob", START | {"01.a"}) + code("Ada", START | FIRST) + "Eve: SMTP-AEAQC-AQATS\n")
    lines = [line.split() for line in shown.text.splitlines()]
    assert lines[3][:3] == ["Ada", "✓", "✓"]
    assert lines[4][:3] == ["Bob", "✓", "1/6"]
    assert lines[4][-2:] == ["01", "01.b"]
    assert lines[5][:5] == ["are", "here", "·", "1", "1"]
    assert lines[6][:5] == ["finished", "by", "2", "1", "·"]
    assert any("01.b" in line and line[-3:] == ["1", "of", "2"] for line in lines)
    assert "line 3, Eve: This is not a whole progress code" in shown.text
    assert '<th scope="row">Ada</th>' in shown.html


def test_a_name_moves_no_cursor_and_is_no_markup() -> None:
    shown = room(f"\x1b[2J<script>Eve: {CODE}")
    assert "\x1b" not in shown.text
    assert "<script>" not in shown.html


def test_no_codes_at_all() -> None:
    assert room("").text.startswith("0 learners.")


@given(st.text())
def test_nothing_that_is_pasted_is_fatal(text: str) -> None:
    room(text)
    room(f"{text} {CODE}\n{text}")
