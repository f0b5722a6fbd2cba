"""Owner and name of the repository stand in pyproject.toml; everything else is written from there."""

from __future__ import annotations

import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest

from helpers.exercises.course import lessons
from tools import links

REPO = links.Repository("https://github.com/someone/their-course", "v2")
HERE = links.repository()


def test_owner_and_name_come_from_the_address() -> None:
    assert (REPO.owner, REPO.name, REPO.slug) == ("someone", "their-course", "someone/their-course")


def test_binder_opens_the_file() -> None:
    """mybinder.org: /v2/gh/OWNER/NAME/REF?urlpath=PATH (binder's documentation, "Share a Binder link")."""
    link = urlsplit(REPO.binder("notebooks/01-ehlo-helo.ipynb"))
    assert (link.netloc, link.path) == ("mybinder.org", "/v2/gh/someone/their-course/v2")
    assert parse_qs(link.query) == {"urlpath": ["lab/tree/notebooks/01-ehlo-helo.ipynb"]}


def test_nbgitpuller_names_the_branch_and_the_file() -> None:
    """nbgitpuller: repo, branch and urlpath as query of /hub/user-redirect/git-pull; the default branch is master."""
    link = urlsplit(REPO.nbgitpuller("hub.school.example", "notebooks/08-auth.ipynb"))
    assert (link.netloc, link.path) == ("hub.school.example", "/hub/user-redirect/git-pull")
    assert parse_qs(link.query) == {
        "repo": ["https://github.com/someone/their-course"],
        "branch": ["v2"],
        "urlpath": ["lab/tree/their-course/notebooks/08-auth.ipynb"],
    }


def test_the_web_pages_are_the_owners() -> None:
    assert REPO.pages("01-ehlo-helo.html") == "https://someone.github.io/their-course/01-ehlo-helo.html"


def test_writing_fills_the_blocks_and_nothing_else() -> None:
    text = "before\n<!-- links: clone -->\nold\n<!-- /links -->\nafter\n"
    once = links.written(text, REPO)
    assert "git clone https://github.com/someone/their-course\ncd their-course" in once
    assert once.startswith("before\n")
    assert once.endswith("<!-- /links -->\nafter\n")
    assert links.written(once, REPO) == once
    assert links.without_blocks(once) == links.without_blocks(text)


def test_a_block_that_there_is_not_is_named() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        links.written("<!-- links: nonsense -->\n<!-- /links -->", REPO)


@pytest.mark.parametrize("path", list(links.pages_with_links()), ids=lambda path: path.name)
def test_every_page_has_the_links_that_the_tool_writes(path: links.Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert links.written(text, HERE) == text, "make links"


def test_every_lesson_can_be_opened() -> None:
    written = links.lesson_links(HERE)
    for lesson in lessons():
        assert HERE.binder(f"notebooks/{lesson.file}") in written


def test_no_other_file_knows_the_owner() -> None:
    """A copy of the course under another name has one line to change."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=links.ROOT,
        capture_output=True,
        check=True,
    )
    found = []
    for name in listed.stdout.decode().split("\0"):
        path = links.ROOT / name
        if not name or name == "pyproject.toml" or not path.is_file():
            continue
        text = links.without_blocks(path.read_text(encoding="utf-8", errors="replace"))
        addresses = (HERE.slug, f"{HERE.owner}.github.io", f"{HERE.owner}%2F{HERE.name}")
        found += [f"{name}: {address}" for address in addresses if address in text]
    assert not found, "write the link with tools/links.py"
