"""The edition that needs no kernel: every page is whole, links lead somewhere, nothing comes from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.exercises.course import lessons
from helpers.exercises.registry import registry
from tools import edition, links
from tools import notebook as nb

PAGES = ["index.html", *(edition.page_name(lesson) for lesson in lessons())]
EVERY = pytest.mark.parametrize("name", PAGES)
REPO = links.Repository("https://github.com/someone/their-course", "v2")


class Reader(HTMLParser):
    """What a page has: its elements with their attributes, its text, its ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> set[str]:
        return {attributes["id"] for _, attributes in self.elements if "id" in attributes}

    @property
    def headings(self) -> list[int]:
        return [int(tag[1]) for tag, _ in self.elements if tag in ("h1", "h2", "h3", "h4", "h5", "h6")]


def as_read(text: str) -> str:
    """Text as HTML reads its line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reader]:
    folder = tmp_path_factory.mktemp("edition") / "html"
    paths = edition.write(folder)
    assert (folder / edition.STYLESHEET).is_file()
    return {path.name: Reader(path.read_text(encoding="utf-8")) for path in paths}


def test_there_is_a_page_for_every_notebook(written: dict[str, Reader]) -> None:
    assert sorted(written) == sorted(PAGES)


@EVERY
def test_it_loads_nothing_from_elsewhere(written: dict[str, Reader], name: str) -> None:
    page = written[name]
    assert not page.all("script")
    assert not page.all("style"), "the cards' rules stand in the one stylesheet"
    assert [link["href"] for link in page.all("link")] == [edition.STYLESHEET]
    assert not [value for _, attributes in page.elements for value in (attributes.get("src"),) if value]


@EVERY
def test_every_link_leads_somewhere(written: dict[str, Reader], name: str) -> None:
    lost = []
    for link in written[name].all("a"):
        target, _, place = link["href"].partition("#")
        if target.startswith("https://"):
            continue
        page = written.get(target or name)
        if page is None or (place and unquote(place) not in page.ids):
            lost.append(link["href"])
    assert not lost


@EVERY
def test_it_says_where_it_can_be_run(written: dict[str, Reader], name: str) -> None:
    source = next((f"notebooks/{lesson.file}" for lesson in lessons() if edition.page_name(lesson) == name), None)
    hrefs = [link["href"] for link in written[name].all("a")]
    assert links.repository().binder(source or links.FIRST) in hrefs


@EVERY
def test_it_is_a_page_for_everyone(written: dict[str, Reader], name: str) -> None:
    """WCAG 2.2: language (3.1.1), title (2.4.2), skip link (2.4.1), landmarks and headings in order (1.3.1)."""
    page = written[name]
    assert page.all("html") == [{"lang": "en"}]
    assert page.elements[[tag for tag, _ in page.elements].index("body") + 1] == (
        "a",
        {"class": "skip", "href": "#content"},
    )
    assert [main["id"] for main in page.all("main")] == ["content"]
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    assert all(cell.get("scope") for cell in page.all("th"))
    assert all(picture.get("alt") for picture in page.all("img"))
    twice = [i for i in page.ids if sum(attributes.get("id") == i for _, attributes in page.elements) > 1]
    assert not twice


def test_it_is_marked_which_page_is_open(written: dict[str, Reader]) -> None:
    current = [link["href"] for link in written["01-ehlo-helo.html"].all("a") if link.get("aria-current") == "page"]
    assert current == ["01-ehlo-helo.html"]


@pytest.mark.parametrize("lesson", [one for one in lessons() if one.ids], ids=lambda lesson: lesson.id)
def test_the_exercises_have_their_hints_and_solutions(written: dict[str, Reader], lesson: edition.Lesson) -> None:
    text = written[edition.page_name(lesson)].text
    for exercise in registry().exercises.values():
        if exercise.lesson == lesson.id:
            assert text.count(f"Solution of {exercise.id}") == 1
            assert text.count(f" for {exercise.id}") >= len(exercise.hints)


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.id)
def test_what_the_server_answered_is_there(written: dict[str, Reader], lesson: edition.Lesson) -> None:
    """The text of every plain output of the notebook stands in its page."""
    text = written[edition.page_name(lesson)].text
    for cell in nb.code_cells(nb.read(nb.NOTEBOOKS / lesson.file)):
        for output in cell.outputs:
            if output.output_type == "stream":
                assert as_read(output.text) in as_read(text)


def test_the_sheet_and_the_slides_come_along_where_they_are_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edition, "body", lambda notebook: "")  # the first page is what counts here
    built = tmp_path / "build"
    (built / "slides").mkdir(parents=True)
    for name in ("speak-smtp-sheet.pdf", "speak-smtp-sheet.html", "slides/index.html", "slides/01.html"):
        (built / name).write_text(name)
    folder = tmp_path / "html"
    edition.write(folder, built)
    first = Reader((folder / "index.html").read_text(encoding="utf-8"))
    hrefs = {link["href"] for link in first.all("a") if not link["href"].startswith(("https://", "#"))}
    assert {"speak-smtp-sheet.pdf", "speak-smtp-sheet.html", "slides/index.html"} <= hrefs
    assert all((folder / href).is_file() for href in hrefs)
    assert (folder / "slides" / "01.html").read_text() == "slides/01.html"
    assert links.repository().source("workshop/README.md") in {link["href"] for link in first.all("a")}
    edition.write(folder)  # and without them no link to them is left
    assert not (folder / "slides").exists()
    assert "slides/" not in (folder / "index.html").read_text(encoding="utf-8")


def test_an_extra_that_was_not_built_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no speak-smtp-sheet\.pdf: run make sheet"):
        edition.write(tmp_path / "html", tmp_path)
    assert not (tmp_path / "html").exists()


def test_what_a_peer_sent_stays_text() -> None:
    evil = "<script>alert(1)</script>"
    outputs = [
        new_output("stream", name="stdout", text=evil),
        new_output("error", ename=evil, evalue=evil, traceback=[]),
        new_output("execute_result", data={"text/plain": evil}, execution_count=1),
    ]
    notebook = new_notebook(cells=[new_markdown_cell("# T"), new_code_cell(f"x = '{evil}'", outputs=outputs)])
    page = Reader(edition.page(evil, edition.body(notebook), "x.html", "notebooks/x.ipynb", REPO))
    assert not page.all("script")
    assert page.text.count(evil) == 6  # the title, the code, and each output: an error has it twice


def test_the_place_of_a_heading_is_named_as_it_reads() -> None:
    """Browsers decode a link before they look for its place, and an id never."""
    page = Reader(edition.markdown("### `[SSL: X] bare <LF>`"))
    assert page.ids == {"[SSL:-X]-bare-<LF>"}
    assert unquote(page.all("a")[0]["href"]) == "#[SSL:-X]-bare-<LF>"


def test_hints_read_as_in_the_notebook() -> None:
    """An address keeps its brackets; in Markdown it would become a link to write a mail to it."""
    page = Reader(edition.help_for("11.c"))
    assert "MAIL FROM:<bob@lab.example>" in page.text
    assert not page.all("a")


def test_an_empty_folder_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "html"
    edition.write(folder)
    (folder / "left-over.html").write_text("old")
    edition.write(folder)
    assert not (folder / "left-over.html").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("ten years")
    with pytest.raises(SystemExit):
        edition.main([str(tmp_path)])
    assert "name another folder" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "ten years"
