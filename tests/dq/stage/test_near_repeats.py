"""Near repeats in the pipeline: counted, explained, remembered, and back when what stood for them is gone."""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandera.polars as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.delimited import Delimited
from connectors.files import Files
from dq.dedupe import NearDuplicates
from dq.dedupe import pairs as pairing
from dq.errors import ConfigError
from dq.feed import Feed
from dq.merge import Survivorship
from dq.outcome import Outcome
from dq.run import Run
from dq.stage.collect import collect
from dq.stage.refine import refine
from dq.stage.unify import unify
from dq.unified import Unified
from tests.dq.stage.shop import a_run, rows_of


class Note(pa.DataFrameModel):
    note: int = pa.Field(unique=True)
    text: str
    stars: int = pa.Field(ge=1, le=5)

    class Config:
        name = "core.shop__notes"
        metadata = {"dq": {"max_rejected_share": 0.9}}  # noqa: RUF012


FEED = Feed(
    Files("shop__notes", glob="*.csv", reader=Delimited(), licence="own"),
    Note,
    near_duplicates=NearDuplicates("text", within=("stars",)),
)
CAT = "the cat sat on the mat all day long and then it slept"
DOG = "a dog ran through the garden and barked at all that moved"
LINES = [f"1,{CAT},5", f"2,{CAT}!,5", f"3,{CAT.upper()},1", f"4,{DOG},5", f"5,{DOG}s,5", "6,???,5", "7,???,5"]
FOUND = ("table_name", "key", "kept_key", "_row", "_kept_row", "similarity", "_members")


def deliver(folder: Path, files: Mapping[str, Sequence[str]]) -> None:
    """Let the feed find exactly these files."""
    place = folder / "files"
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("*.csv"):
        old.unlink()
    long_ago = time.time_ns() - 10**12
    for name, lines in files.items():
        (place / f"{name}.csv").write_text("\n".join(["note,text,stars", *lines]) + "\n", encoding="utf-8")
        os.utime(place / f"{name}.csv", ns=(long_ago, long_ago))


def refined(
    folder: Path, files: Mapping[str, Sequence[str]], feed: Feed = FEED, code: str = "v1"
) -> tuple[Outcome, Run]:
    deliver(folder, files)
    run = a_run(folder, code)
    collect(feed, run)
    return refine(feed, run), run


def test_a_near_repeat_is_counted_and_explained(tmp_path: Path) -> None:
    """Of seven notes two repeat others within their stars; the ledger says so, and a table which, and how near."""
    outcome, run = refined(tmp_path, {"a": LINES})
    assert outcome.ledger is not None
    assert (outcome.ledger.rows_in, outcome.ledger.accepted, outcome.ledger.deduplicated) == (7, 5, 2)
    assert outcome.counts["near_repeats"] == 2
    assert rows_of(run, FEED.core, "note") == [(1,), (3,), (4,), (6,), (7,)]
    found = rows_of(run, "quality.near_duplicates", *FOUND)
    assert [row[:5] for row in found] == [(FEED.core, "2", "1", 3, 2), (FEED.core, "5", "4", 6, 5)]
    assert found[0][5] == 1.0
    assert 0.8 <= float(str(found[1][5])) < 1
    assert rows_of(run, "quality.near_pairs", "similarity") == [(found[1][5],)]
    assert len(rows_of(run, "quality.near_texts", "id")) == 3


def test_who_stood_for_others_may_go(tmp_path: Path) -> None:
    """Corrected so that it is rejected, or taken away: the row that repeated it is there; again, and it is not."""
    _, run = refined(tmp_path, {"a": [f"1,{CAT},5"], "b": [f"2,{CAT},5"]})
    (stays,), (gone,) = rows_of(run, FEED.core, "note"), rows_of(run, "quality.near_duplicates", "key")
    file = {1: "a", 2: "b"}[int(str(stays[0]))]
    other = {"a": "b", "b": "a"}[file]
    lines = {"a": [f"1,{CAT},5"], "b": [f"2,{CAT},5"]}
    rejected, _ = refined(tmp_path, lines | {file: [lines[file][0].replace(",5", ",9")]})
    assert rejected.ledger is not None
    assert (rejected.ledger.accepted, rejected.ledger.quarantined, rejected.ledger.deduplicated) == (1, 1, 0)
    assert rows_of(run, FEED.core, "note") == [(int(str(gone[0])),)]
    assert rows_of(run, "quality.near_duplicates", "key") == []
    refined(tmp_path, lines)
    assert rows_of(run, FEED.core, "note") == [stays]
    refined(tmp_path, {other: lines[other]})
    assert rows_of(run, FEED.core, "note") == [(int(str(gone[0])),)]


KINDS = [CAT, f"{CAT} x", f"{CAT} x y", f"so {CAT} x y", f"so {CAT} x y z", DOG, f"{DOG}s", "???", ""]
NOTES = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from([5, 5, 1, 9])), max_size=6)


@settings(max_examples=2)
@given(files=st.lists(NOTES, min_size=2, max_size=2), data=st.data())
def test_increments_in_any_order_are_one_run(files: list[list[tuple[str, int]]], data: st.DataObject) -> None:
    """Files that come one by one, in any order, one of them wrong at first, give what all of them give at once."""
    lines = {
        str(at): [f"{at * 10 + n},{text},{stars}" for n, (text, stars) in enumerate(notes)]
        + [f"{at}9,{DOG} {at},1"]
        for at, notes in enumerate(files)
    }
    order = data.draw(st.permutations(sorted(lines)))
    with tempfile.TemporaryDirectory() as name:
        _, whole = refined(Path(name) / "whole", lines)
        there = {order[0]: [f"{n}00,{CAT},5" for n in range(1, 4)]}
        parts = refined(Path(name) / "parts", there)[1]
        for file in order[1:] + order[:1]:
            there[file] = lines[file]
            outcome, _ = refined(Path(name) / "parts", there)
        assert outcome.ledger is not None
        for table in (FEED.core, "quality.near_duplicates", "quality.near_texts", "quality.near_pairs"):
            columns = [c for c in whole.warehouse.read(table).collect_schema() if c != "run_id"]
            assert rows_of(parts, table, *columns) == rows_of(whole, table, *columns), table
        raw = Counter(rows_of(parts, FEED.raw, "_landing_id", "_row"))
        tables = (FEED.core, "quarantine.core__shop__notes", "quality.near_duplicates")
        assert sum((Counter(rows_of(parts, one, "_landing_id", "_row")) for one in tables), Counter()) == raw


def test_only_what_is_new_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run sketches the new text alone; under another threshold, or other code, all of them."""
    seen: list[int] = []
    plain = pairing.sketch
    monkeypatch.setattr(pairing, "sketch", lambda text, n: seen.append(len(text)) or plain(text, n))
    refined(tmp_path, {"a": LINES})
    refined(tmp_path, {"a": LINES, "b": [f"8,{CAT} at last,5"]})
    refined(tmp_path, {"a": LINES, "b": [f"8,{CAT} at last,5"]}, code="v2")
    stricter = replace(FEED, near_duplicates=NearDuplicates("text", threshold=0.99))
    refined(tmp_path, {"a": LINES}, stricter)
    assert seen == [3, 1, 4, 3]


def test_a_refused_table_changes_nothing(tmp_path: Path) -> None:
    """Where most rows are rejected, table and memory stay as they were."""
    _, run = refined(tmp_path, {"a": LINES})
    tables = (FEED.core, "quality.near_duplicates", "quality.near_texts")
    before = [rows_of(run, table, "*") for table in tables]
    outcome, _ = refined(tmp_path, {"a": [f"{n},{DOG},9" for n in range(20)]})
    assert outcome.state == "blocked"
    assert [rows_of(run, table, "*") for table in tables] == before


def test_what_is_no_longer_declared_is_forgotten(tmp_path: Path) -> None:
    """Without the declaration all rows are there, and no table speaks of repeats any more."""
    refined(tmp_path, {"a": LINES}, replace(FEED, distinct=("text",)))
    outcome, run = refined(tmp_path, {"a": LINES}, replace(FEED, near_duplicates=None), code="v2")
    assert outcome.ledger is not None
    assert (outcome.ledger.accepted, outcome.ledger.deduplicated) == (7, 0)
    for table in ("duplicates", "near_duplicates", "near_texts", "near_pairs"):
        assert rows_of(run, f"quality.{table}", "table_name") == [], table


class Shop(Note):
    class Config:
        name = "core.shop"


def test_merged_rows_are_told_apart_too(tmp_path: Path) -> None:
    """Of what two sources know, near repeats of each other are one row, and the ledger of the merged table balances."""
    feed = replace(FEED, near_duplicates=None)
    _, run = refined(tmp_path, {"a": LINES})
    refined(tmp_path, {"a": LINES}, feed, code="v2")
    unified = Unified(
        sources=("shop__notes",),
        entity="note",
        survivorship=Survivorship(precedence=("shop__notes",)),
        contract=Shop,
        prepare=lambda frames: frames,
        near_duplicates=NearDuplicates("text", first_by=("stars",)),
    )
    outcome = unify(unified, run)
    assert outcome.ledger is not None
    assert (outcome.ledger.rows_in, outcome.ledger.accepted, outcome.ledger.deduplicated) == (7, 4, 3)
    assert rows_of(run, "core.shop", "note") == [(3,), (4,), (6,), (7,)]
    found = rows_of(run, "quality.near_duplicates", "key", "kept_key", "table_name", "_members", "_row")
    assert [row[:3] for row in found] == [
        ("1", "3", "core.shop"),
        ("2", "3", "core.shop"),
        ("5", "4", "core.shop"),
    ]
    for _, _, _, members, row in found:
        assert [member["row"] for member in members] == [row]  # type: ignore[attr-defined]


def test_a_declaration_that_cannot_work_is_refused() -> None:
    """A column that the contract lacks is named, and a threshold that is no share is refused."""
    with pytest.raises(ConfigError, match="told by words"):
        replace(FEED, near_duplicates=NearDuplicates("words"))
    with pytest.raises(ConfigError, match="cannot be told by 80"):
        NearDuplicates("text", threshold=80)
