"""Write the links that open the course somewhere: badges, a link for each lesson, addresses for instructors.

    python tools/links.py            write them between their markers
    python tools/links.py --check    exit code 1 when a file has others

Owner and name of the repository stand once, in pyproject.toml (``[project.urls] Repository``); ``open-at`` beside
it is the branch or tag that is opened. Running it twice changes nothing.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers.exercises.course import lessons

ROOT = Path(__file__).resolve().parent.parent
FIRST = "notebooks/00-start-here.ipynb"
HUB = "hub.example.org"  #: stands for an instructor's own JupyterHub
BLOCK = re.compile(r"(<!-- links: (?P<name>[a-z-]+) -->\n).*?(<!-- /links -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the course is published, and every address that follows from it."""

    url: str
    ref: str

    @property
    def slug(self) -> str:
        """``owner/name``."""
        return self.url.removeprefix("https://github.com/").rstrip("/")

    @property
    def owner(self) -> str:
        return self.slug.partition("/")[0]

    @property
    def name(self) -> str:
        return self.slug.partition("/")[2]

    def source(self, path: str) -> str:
        """A file as the code-hosting page shows it."""
        return f"{self.url}/blob/{self.ref}/{path}"

    def binder(self, path: str = FIRST) -> str:
        """A fresh JupyterLab on mybinder.org with this file open."""
        return f"https://mybinder.org/v2/gh/{self.slug}/{self.ref}?" + urlencode({"urlpath": f"lab/tree/{path}"})

    def codespaces(self) -> str:
        return f"https://codespaces.new/{self.slug}?quickstart=1"

    def nbgitpuller(self, hub: str = HUB, path: str = FIRST) -> str:
        """A link that fetches the course into a learner's home on a JupyterHub and opens this file.

        What learners changed is kept when it is followed again.
        """
        place = f"lab/tree/{self.name}/{path}"
        return f"https://{hub}/hub/user-redirect/git-pull?" + urlencode(
            {"repo": self.url, "branch": self.ref, "urlpath": place}, quote_via=quote, safe=""
        )

    def pages(self, path: str = "") -> str:
        """The edition that needs no kernel, as the repository's web pages."""
        return f"https://{self.owner}.github.io/{self.name}/{path}"

    def image(self) -> str:
        """The image that the workflow Image publishes, without its tag; a registry takes small letters only."""
        return f"ghcr.io/{self.slug.lower()}"

    def clone(self) -> str:
        return f"git clone {self.url}\ncd {self.name}"


def repository() -> Repository:
    """What pyproject.toml says."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return Repository(content["project"]["urls"]["Repository"], content["tool"]["speak-smtp"]["open-at"])


def badges(repo: Repository) -> str:
    return "\n".join(
        (
            f"[![Open on Binder](https://mybinder.org/badge_logo.svg)]({repo.binder()})",
            f"[![Open in Codespaces](https://github.com/codespaces/badge.svg)]({repo.codespaces()})",
            f"[![Read without running](https://img.shields.io/badge/read-online-4051b5)]({repo.pages()})",
        )
    )


def lesson_links(repo: Repository) -> str:
    """For each lesson what ``[open][01]`` in the text goes to: Binder, with its notebook open."""
    return "\n" + "\n".join(f"[{lesson.id}]: {repo.binder(f'notebooks/{lesson.file}')}" for lesson in lessons())


def hub_link(repo: Repository) -> str:
    return f"```text\n{repo.nbgitpuller()}\n```"


def hub_package(repo: Repository) -> str:
    return f"```console\nsudo -E pip install git+{repo.url}@{repo.ref}\n```"


def hub_chart(repo: Repository) -> str:
    """The command that installs the course on a cluster, with the image of this repository."""
    return f"""```console
helm repo add jupyterhub https://hub.jupyter.org/helm-chart/
helm upgrade --install class jupyterhub/jupyterhub --namespace class --create-namespace \\
  --values workshop/hub/values.yaml --values secret.yaml \\
  --set singleuser.image.name={repo.image()} --set singleuser.image.tag=TAG
```"""


def clone(repo: Repository) -> str:
    return f"```console\n{repo.clone()}\n```"


def handouts(repo: Repository) -> str:
    """What the published pages have for instructors (the workflow Pages puts it there)."""
    sheet, slides = repo.pages("speak-smtp-sheet.pdf"), repo.pages("slides/index.html")
    return f"The web pages have the [sheet as PDF]({sheet}) and the [slides]({slides}), ready to use."


BLOCKS: dict[str, Callable[[Repository], str]] = {
    "badges": badges,
    "lessons": lesson_links,
    "nbgitpuller": hub_link,
    "hub-package": hub_package,
    "hub-chart": hub_chart,
    "clone": clone,
    "handouts": handouts,
}


def written(text: str, repo: Repository) -> str:
    """The text with every block as it should be.

    Raises:
        KeyError: a marker names a block that there is not.
    """
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found['name']](repo)}\n{found[3]}", text)


def without_blocks(text: str) -> str:
    """The text that people wrote: what is left when the blocks are empty."""
    return BLOCK.sub(lambda found: found[1] + found[3], text)


def pages_with_links() -> Iterator[Path]:
    """The Markdown files that may have blocks."""
    yield ROOT / "README.md"
    yield ROOT / "CONTRIBUTING.md"
    yield from sorted((ROOT / "workshop").rglob("*.md"))


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="links.py", description="Write the links that open the course.")
    parser.add_argument("--check", action="store_true", help="write nothing, say which are not right")
    check = parser.parse_args(argv).check
    repo = repository()
    problems = []
    for path in pages_with_links():
        before = path.read_text(encoding="utf-8")
        after = written(before, repo)
        if after != before:
            if check:
                problems.append(f"{path.relative_to(ROOT)}: its links are not right; make links writes them")
            else:
                path.write_text(after, encoding="utf-8", newline="\n")
                print(f"{path.relative_to(ROOT)}: links written")
    print("\n".join(problems) or f"every link goes to {repo.slug} at {repo.ref}")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
