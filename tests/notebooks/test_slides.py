"""The slides come from cells that are there; what they show is the notebooks' and the registry's."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.exercises.course import Lesson, lessons
from helpers.exercises.registry import registry
from tools import links, slides, workshop
from tools import notebook as nb

CHOSEN = slides.chosen()
TAUGHT = [lesson for lesson in lessons() if lesson.minutes]
EVERY = pytest.mark.parametrize("lesson", TAUGHT, ids=lambda lesson: lesson.id)
FIRST = TAUGHT[1]


def deck(*entries: str, lesson: Lesson = FIRST) -> list[slides.Slide]:
    return slides.slides(lesson, entries)


def text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


@EVERY
def test_every_lesson_has_slides_of_cells_that_are_there(lesson: Lesson) -> None:
    made = deck(*CHOSEN[lesson.id], lesson=lesson)
    assert made[0].is_title
    assert all(slide.is_title or slide.section or slide.heading for slide in made)


def test_no_slides_for_a_lesson_that_is_not_there() -> None:
    assert set(CHOSEN) == {lesson.id for lesson in TAUGHT}


@EVERY
def test_every_exercise_and_prediction_has_its_slide(lesson: Lesson) -> None:
    for identifier in registry().exercises:
        if identifier.startswith(f"{lesson.id}.") and lesson.ids.index(identifier) < 3:
            assert f"task {identifier}" in CHOSEN[lesson.id]
    for identifier in registry().predictions:
        if identifier.startswith(f"{lesson.id}."):
            assert CHOSEN[lesson.id].index(f"ask {identifier}") < CHOSEN[lesson.id].index(f"answer {identifier}")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("run-nothing", "no cell 'run-nothing'"),
        ("idea/table", "0 of table"),
        ("idea/text 9", "of text"),
        ("idea/picture", "'picture' is no part"),
        ("run-ehlo/table", "is code"),
        ("run-ehlo/from 250-NOTHING to 250", "no line with '250-NOTHING'"),
        ("run-ehlo/from 250-SIZE to 999", "no line with '999'"),
        ("ask 01.p9", "no question '01.p9'"),
        ("task 01.z", 'no exercise "01.z"'),
    ],
)
def test_what_is_not_there_is_named(entry: str, reason: str) -> None:
    with pytest.raises(slides.BadSlide, match=rf"lesson 01.*{re.escape(reason)}"):
        deck(entry)


def test_a_question_gives_nothing_away_until_its_answer() -> None:
    asked, answered = deck("ask 01.p1", "answer 01.p1")
    prediction = registry().prediction("01.p1")
    right = next(option for option in prediction.options if option.right)
    assert all(option.text.replace("`", "") in text(asked.body) for option in prediction.options)
    assert right.answer not in text(asked.body)
    assert "✓" not in asked.body
    assert right.answer in text(answered.body)
    assert answered.body.count("✓") == 1


def test_an_exercise_on_the_wall_has_no_solution() -> None:
    cell, task = deck("ex-a-code", "task 01.a")
    for slide in (cell, task):
        assert "Hint 1" not in slide.body
        assert registry().exercise("01.a").solution.explanation not in text(slide.body)


def test_what_stands_on_the_wall_while_people_arrive() -> None:
    start = lessons()[0]
    common, own = deck("welcome", "welcome https://hub.example.org/?a&b", lesson=start)
    url = links.repository().url
    assert f"open {url.removeprefix('https://')}, the button" in text(common.body)
    assert re.search(rf"^(.*:)?git clone {url}\ncd \S+\nmake lab", text(common.body), re.MULTILINE)
    assert "open https://hub.example.org/?a&b" in text(own.body)
    assert "launch binder" not in text(own.body)
    assert workshop.is_part("Check that everything is here", common.section)  # the notes for it stand beside


def test_a_cell_comes_with_its_stored_output_and_can_be_cut() -> None:
    whole, code, output, lines = deck(
        "break-again", "break-again/code", "break-again/output", "run-ehlo/from 250-SIZE to 250-DSN"
    )
    assert "RCPT TO:<bob@lab.example> → 503" in text(whole.body)
    assert "again.send" in text(code.body)
    assert "→ 503" not in text(code.body)
    assert "again.send" not in text(output.body)
    assert text(lines.body).splitlines()[0] == "250-SIZE 10485760"
    assert text(lines.body).splitlines()[-1] == "250-DSN"


def test_a_slide_has_the_heading_of_its_section() -> None:
    title, run, several = deck("title/text 1", "run-ehlo", "idea/code")
    assert title.is_title
    assert (run.section, several.section) == ("Run", "The idea")


def test_links_between_notebooks_become_text() -> None:
    (slide,) = deck("idea/text 1")
    assert "transaction" in slide.body
    assert "<a " not in slide.body


def test_the_notes_stand_beside_their_slides() -> None:
    notes = workshop.notes(FIRST)
    assert notes is not None
    page = slides.page(FIRST, deck("title/text 1", "ask 01.p1", "task 01.a"), notes)
    beside = re.findall(r'<aside class="notes">(.*?)</aside>', page, re.DOTALL)
    assert len(beside) == 3
    assert "Every mail that you have ever sent" in beside[0]
    assert "vote by hands" in beside[1]
    assert "Angle brackets" in beside[2]


def test_what_a_peer_sent_stays_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "<script>alert(1)</script>"
    outputs = [
        new_output("stream", name="stdout", text=f"{evil}\nend"),
        new_output("execute_result", data={"text/plain": evil}, execution_count=1),
    ]
    cells = [new_markdown_cell("# T\n\n## A", id="t"), new_code_cell(f"x = '{evil}'", id="c", outputs=outputs)]
    nb.write(new_notebook(cells=cells), tmp_path / FIRST.file)
    monkeypatch.setattr(nb, "NOTEBOOKS", tmp_path)
    for slide in deck("c", f"c/from {evil} to end"):
        assert "<script" not in slide.body
        assert evil in text(slide.body)


def test_without_reveal_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REVEAL", str(tmp_path))
    monkeypatch.setattr(slides, "FOLDER", tmp_path / "slides")
    assert slides.main([]) == 1
    assert "make slides" in capsys.readouterr().err


def test_a_lesson_without_slides_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in slides.REVEAL:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("")
    monkeypatch.setenv("REVEAL", str(tmp_path))
    assert slides.main(["99"]) == 1
    assert "no slides for 99" in capsys.readouterr().err
