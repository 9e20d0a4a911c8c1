"""Building releases: what is written, when, and what survives a kill."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from dq.errors import ConfigError, GateError, SchemaError
from dq.release import (
    Check,
    Gate,
    Manifest,
    Release,
    SourceUse,
    build_release,
    list_releases,
    newest_passed,
    open_release,
)
from tests.dq.training.releases import release, table


def test_a_release_is_whole_and_says_what_it_is(tmp_path: Path) -> None:
    """Files, rows, hashes, schema and splits in the manifest are those on disk, and it reads back."""
    made = release(tmp_path, table(1_000))
    manifest = made.manifest
    assert (made.path, made.version, made.created, made.passed) == (
        tmp_path / "numbers" / "v1",
        1,
        True,
        True,
    )
    assert manifest.splits == {"test": 200, "train": 800}
    assert {file.path: file.rows for file in manifest.files} == {
        "data/test-00000.parquet": 200,
        "data/train-00000.parquet": 800,
    }
    for file in manifest.files:
        body = (made.path / file.path).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (file.bytes, file.sha256)
        assert pq.read_schema(made.path / file.path).names == [column.name for column in manifest.columns]
    assert Manifest.from_json((made.path / "manifest.json").read_text(), where="") == manifest
    made.verify()


def test_the_files_are_for_sql_too_and_for_fast_decoding(tmp_path: Path) -> None:
    """Any reader of Parquet gets the table; columns without nulls are REQUIRED, floats are plain."""
    made = release(tmp_path, table(1_000))
    files = str(made.path / "data" / "*.parquet")
    assert duckdb.sql(
        f"select count(*), count(distinct id) from '{files}' where split = 'train'"
    ).fetchone() == (800, 800)
    assert "_members" not in pl.read_parquet(files).columns
    metadata = pq.read_metadata(made.path / "data" / "train-00000.parquet")
    nullable = {column.name for column in made.manifest.columns if column.nullable}
    assert nullable == {"count", "text"}
    schema = metadata.schema.to_arrow_schema()
    assert {name for name in schema.names if schema.field(name).nullable} == nullable
    x = metadata.row_group(0).column(schema.names.index("x"))
    assert (x.has_dictionary_page, x.compression, metadata.row_group(0).num_rows) == (
        False,
        "UNCOMPRESSED",
        64,
    )


def test_rows_stand_in_hash_order(tmp_path: Path) -> None:
    """The published order has nothing to do with the input's, nor with the order of the key."""
    made = release(tmp_path, table(1_000))
    ids = pl.read_parquet(made.path / "data" / "train-00000.parquet")["id"].to_numpy()
    assert abs(np.corrcoef(ids, np.arange(len(ids)))[0, 1]) < 0.1
    assert not (np.diff(ids) > 0).all()


def test_the_same_content_is_not_released_twice(tmp_path: Path) -> None:
    """Shuffled input: nothing is written. One column changed: the next version."""
    first = release(tmp_path, table(300))
    again = release(tmp_path, table(300).sample(fraction=1, shuffle=True, seed=1))
    assert (again.created, again.version, again.content_hash) == (False, 1, first.content_hash)
    changed = release(tmp_path, table(300).with_columns(x=pl.col("x") + 1))
    assert (changed.created, changed.version) == (True, 2)
    assert [made.version for made in list_releases(tmp_path, "numbers")] == [1, 2]


def test_a_failed_gate_is_written_and_marked(tmp_path: Path) -> None:
    """It takes a version, says why, is passed over as newest; what passes later is released."""
    good = release(tmp_path, table(100))
    gate = Gate(
        floors={"accuracy": 0.9}, checks=(Check("licences", passed=False, words="one source has none"),)
    )
    bad = release(tmp_path, table(120), gate=gate)
    assert (bad.version, bad.passed, bad.created) == (2, False, True)
    assert bad.manifest.gate.reasons == (
        "accuracy was not measured; its floor is 0.9000",
        "licences: one source has none",
    )
    assert not release(tmp_path, table(120), gate=gate).created
    assert newest_passed(tmp_path, "numbers") == Release(good.path, good.manifest)
    assert open_release("numbers", tmp_path).version == 1
    with pytest.raises(GateError, match="one source has none"):
        open_release("numbers@2", tmp_path).require_passed()
    assert release(tmp_path, table(120)).version == 3


def test_leaking_and_repeated_keys_fail_the_gate(tmp_path: Path) -> None:
    """A key in two splits is leakage, a key twice in one is no key; both with how many of how many."""
    frame = table(100)
    leaking = pl.concat([frame, frame.head(3).with_columns(split=pl.lit("dev"))])
    reasons = release(tmp_path, leaking).manifest.gate.reasons
    assert reasons == ("no leakage: 3 of 100 values of id are in more than one split: 0, 1, 2",)
    twice = pl.concat([frame, frame.head(2)])
    made = release(tmp_path, twice)
    assert made.manifest.gate.reasons == (
        "unique key: 2 of 100 values of id occur more than once in a split",
    )
    assert release(tmp_path, twice.reverse()).content_hash == made.content_hash


def test_an_empty_table_fails_the_gate(tmp_path: Path) -> None:
    """No rows is a finding, not a crash."""
    made = release(tmp_path, table(10).clear())
    assert made.manifest.gate.reasons == ("rows: there are no rows",)
    assert made.manifest.files == ()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"x": pl.lit(None)}, "types that cannot be published: x"),
        ({"id": pl.lit(None, dtype=pl.Int64)}, "id is null"),
        ({"tokens": pl.lit([1, None], dtype=pl.List(pl.Int64))}, "lists in tokens hold nulls"),
        ({"split": pl.lit(None, dtype=pl.String)}, "split is null"),
    ],
)
def test_what_cannot_be_published_is_refused(tmp_path: Path, change: dict[str, pl.Expr], word: str) -> None:
    """The error names the column and how many rows; nothing is written."""
    with pytest.raises(SchemaError, match=word):
        release(tmp_path, table(10).with_columns(**change))
    assert list_releases(tmp_path, "numbers") == []


def test_names_that_would_leave_the_folder_are_refused(tmp_path: Path) -> None:
    """A split or dataset is a file's or folder's name; a missing column is named."""
    with pytest.raises(ConfigError, match="split's name"):
        release(tmp_path, table(10).with_columns(split=pl.lit("../x")))
    with pytest.raises(SchemaError, match="no column id"):
        release(tmp_path, table(10).drop("id"))


def test_opening_what_is_not_there_says_what_is(tmp_path: Path) -> None:
    """By folder, by version and by name."""
    release(tmp_path, table(10))
    assert open_release(str(tmp_path / "numbers" / "v1"), tmp_path).version == 1
    assert open_release("numbers@v1", tmp_path).version == 1
    for spec in ("numbers@7", "letters", "no such/thing", tmp_path):
        with pytest.raises(ConfigError):
            open_release(spec, tmp_path)


def test_the_card_tells_a_person(tmp_path: Path) -> None:
    """Sources with licences, splits, scores with floors, columns, limits."""
    made = build_release(
        table(100),
        dataset="numbers",
        root=tmp_path,
        key="id",
        features=["x"],
        label="label",
        sources=[SourceUse("made__here", "CC0-1.0", 100, 2)],
        scores={"accuracy": 0.5},
        gate=Gate(floors={"accuracy": 0.9}),
        contract_versions={"training.numbers": "3"},
        code_version="test",
        now=datetime(2026, 1, 1, tzinfo=UTC),
        notes=["A made-up table."],
    )
    card = (made.path / "card.md").read_text()
    for line in (
        "100 rows, made at 2026-01-01T00:00:00+00:00 by test. Gate: **failed",
        "| train | 80 | 80.0% |",
        "| made__here | CC0-1.0 | not stated | 100 | 2 |  |",
        "| accuracy | 0.5000 | 0.9000 |",
        "- accuracy is 0.5000, below its floor of 0.9000",
        "| x | float32 | no | feature |",
        "| training.numbers | 3 |",
        "- A made-up table.",
    ):
        assert line in card


def test_two_builds_at_once_take_turns(tmp_path: Path) -> None:
    """Each gets a version of its own, and both are whole."""
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda seed: release(tmp_path, table(200, seed=seed)), range(8)))
    assert sorted(one.version for one in made) == list(range(1, 9))
    for one in list_releases(tmp_path, "numbers"):
        one.verify()


BUILDER = """
import sys, itertools
from pathlib import Path
from tests.dq.training.releases import release, table
for seed in itertools.count(int(sys.argv[2])):
    release(Path(sys.argv[1]), table(20_000, seed=seed), block_limit=16_384)
"""


def test_a_kill_leaves_whole_releases_alone(tmp_path: Path) -> None:
    """SIGKILL at three moments of ceaseless building: every version is whole, and the next build goes on."""
    random = np.random.default_rng(0)
    for round_ in range(3):
        before = len(list_releases(tmp_path, "numbers"))
        command = [sys.executable, "-c", BUILDER, str(tmp_path), str(1_000 * round_)]
        builder = subprocess.Popen(command, cwd=Path.cwd())  # noqa: S603 - our own words
        deadline = time.monotonic() + 600
        while len(list_releases(tmp_path, "numbers")) == before and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(float(random.uniform(0, 0.15)))
        os.kill(builder.pid, signal.SIGKILL)
        builder.wait()
        made = list_releases(tmp_path, "numbers")
        assert len(made) > before
        assert [one.version for one in made] == list(range(1, len(made) + 1))
        for one in made[before:]:
            one.verify()
            assert (one.path / "card.md").is_file()
    last = release(tmp_path, table(100))
    assert last.version == len(list_releases(tmp_path, "numbers"))
    assert list((tmp_path / "numbers").glob(".building-*")) == []
