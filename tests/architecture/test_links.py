"""Links between the documents: each leads to a file that is there and, where it names one, to a heading of it."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.architecture.test_tracked_files import tracked

CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


def prose(path: Path) -> str:
    return CODE.sub("", path.read_text(encoding="utf-8"))


def anchor(heading: str) -> str:
    """Give the anchor that a heading gets: lower case, words joined by hyphens, signs dropped."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def dead_links(path: Path) -> list[str]:
    dead = []
    for link in LINK.findall(prose(path)):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, part = unquote(link).partition("#")
        target = path.parent / name if name else path
        there = target.exists()
        if not there or (part and part not in map(anchor, HEADING.findall(prose(target)))):
            dead.append(link)
    return dead


@pytest.mark.parametrize(
    "path", [path for path in tracked() if path.suffix == ".md"], ids=lambda path: path.name
)
def test_no_link_is_dead(path: Path) -> None:
    """Neither a file nor a heading is named that is not there."""
    assert not dead_links(path)


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    """Of five links three are good; a file and a heading that are not there are told."""
    (tmp_path / "other.md").write_text("# What `it` costs\n\n```\n# no heading\n```\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md) [b](other.md#what-it-costs) [c](https://example.org) [d](gone.md) [e](other.md#no-heading)",
        encoding="utf-8",
    )
    assert dead_links(page) == ["gone.md", "other.md#no-heading"]
