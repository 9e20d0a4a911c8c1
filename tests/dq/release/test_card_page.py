"""The data card as a page: all that the Markdown says, by itself, whatever the names hold."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dq.release import Gate, Manifest, SourceUse, TableFlow
from dq.release.card import sections
from dq.release.card_page import page
from tests.dq.training.releases import release, table

HOSTILE = '<img src="http://example.org/x.png" onerror="alert(1)"> & | "it"'


class Reader(HTMLParser):
    """Collects the tags, their attributes and the words of a page; counts what stays open."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    made = release(tmp_path_factory.mktemp("card"), table(100), gate=Gate(floors={"accuracy": 0.5}))
    assert (made.path / "card.html").read_text(encoding="utf-8") == page(made.manifest)
    return replace(
        made.manifest,
        scores={"accuracy": 0.25},
        sources=(SourceUse("forms", HOSTILE, 100, 3, consent="for research, by a signed form"),),
        flow=(TableFlow("core.forms", 120, 100, 15, 5, broken={"age:ge(0)": 12}),),
        conflicts={"label": 7},
        notes=(HOSTILE,),
    )


def read(manifest: Manifest) -> Reader:
    reader = Reader()
    reader.feed(page(manifest))
    reader.close()
    assert not reader.open, reader.open
    return reader


def test_the_page_says_all_that_the_card_says(manifest: Manifest) -> None:
    """Every cell of every section is on the page: sources, terms, filters, conflicts, scores, limits."""
    words = read(manifest).words
    for section in sections(manifest):
        assert section.title in words
        for row in section.rows:
            assert {cell.strip("*") for cell in row if cell} <= set(words), section.title
    assert {"for research, by a signed form", "age:ge(0)", "15", "12", "7", "0.2500"} <= set(words)


def test_labels_and_fates_are_shown_as_bars(manifest: Manifest) -> None:
    """Each value of the label with its rows and share by split; of 120 rows the parts of a bar, with how many each."""
    reader = read(manifest)
    for value, rows in manifest.labels.items():
        assert sum(rows.values()) == sum(table(100)["label"] == (value == "true"))
        train = rows["train"]
        assert {value, f"{train} ({train / 80:.1%})"} <= set(reader.words)
    widths = [value for name, value in reader.attributes if name == "style"]
    assert {"width:83.33%", "width:12.50%", "width:4.17%"} <= set(widths)
    assert ("title", "quarantined: 15") in reader.attributes
    assert "Label: label" in reader.words
    assert "There is none." in read(replace(manifest, label=None, labels={})).words


def test_the_page_needs_nothing_else_and_runs_nothing(manifest: Manifest) -> None:
    """No script, no picture, no link, no address to load from, even where a licence is written as markup."""
    reader = read(manifest)
    assert not {"script", "img", "link", "iframe", "a"} & set(reader.tags)
    assert not {"src", "href", "onerror"} & {name for name, _ in reader.attributes}
    assert HOSTILE in reader.words
    assert ("name", "viewport") in reader.attributes


def test_a_failed_gate_is_said_first(manifest: Manifest) -> None:
    """The verdict is in the heading and the first section gives the reasons."""
    gate = replace(manifest.gate, passed=False, reasons=("licence: forms has 'none'",))
    words = read(replace(manifest, gate=gate)).words
    assert words.index("gate failed: do not train on this version") < words.index("Why the gate failed")
    assert words.index("licence: forms has 'none'") < words.index("Splits")


def test_a_manifest_of_before_has_a_page(tmp_path: Path, manifest: Manifest) -> None:
    """A manifest without flow, conflicts, consent and licences is read, and its card says so."""
    old = replace(manifest, flow=(), conflicts={}, sources=(SourceUse("forms", "MIT", 100),))
    said = json.loads(old.to_json())
    for name in ("flow", "conflicts", "seal"):
        del said[name]
    for source in said["sources"]:
        del source["consent"], source["licences"]
    raw = json.dumps(said | {"format": "dq-release-1"})
    assert Manifest.from_json(raw, where="here") == replace(old, format="dq-release-1")
    assert "Not recorded." in read(old).words
