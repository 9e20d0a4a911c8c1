"""The name of the content: equal exactly where the content is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.release.content_hash import SplitDigest, content_hash
from tests.dq.training.releases import release

cells = {
    "int": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    "float": st.one_of(st.none(), st.floats(width=32)),
    "text": st.one_of(st.none(), st.text(max_size=5)),
    "truth": st.one_of(st.none(), st.booleans()),
    "list": st.one_of(st.none(), st.lists(st.integers(0, 9), max_size=3)),
}
SCHEMA = pa.schema(
    [
        ("int", pa.int64()),
        ("float", pa.float32()),
        ("text", pa.string()),
        ("truth", pa.bool_()),
        ("list", pa.list_(pa.int64())),
    ]
)
tables = st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=8)


def name_of(tables: Mapping[str, pa.Table], about: Mapping[str, str] | None = None) -> str:
    digests = {split: SplitDigest() for split in tables}
    for split, table in tables.items():
        digests[split].add(table)
    return content_hash(digests, about or {})


def named(rows: list[dict[str, object]]) -> str:
    return name_of({"train": pa.Table.from_pylist(rows, schema=SCHEMA)})


@settings(max_examples=200)
@given(rows=tables, cut=st.integers(0, 8))
def test_chunks_and_slices_do_not_matter(rows: list[dict[str, object]], cut: int) -> None:
    """How the table lies in memory is no content."""
    whole = pa.Table.from_pylist(rows, schema=SCHEMA)
    pieces = pa.concat_tables([whole.slice(0, cut), whole.slice(cut)])
    inside = pa.concat_tables([whole, whole, whole]).combine_chunks().slice(len(rows), len(rows))
    assert name_of({"train": pieces}) == name_of({"train": inside}) == named(rows)
    parts = SplitDigest()
    for part in (whole.slice(0, cut), whole.slice(cut)):
        parts.add(part)
    assert content_hash({"train": parts}, {}) == named(rows)


@settings(max_examples=200)
@given(rows=tables, data=st.data())
def test_every_cell_matters(rows: list[dict[str, object]], data: st.DataObject) -> None:
    """Another value in one cell, also null for empty or zero, is another content."""
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(sorted(cells)))
    other = data.draw(cells[column])
    before = rows[row][column]
    floats = column == "float" and other is not None and before is not None
    same = floats and repr(np.float32(other)) == repr(np.float32(before))  # None is not NaN
    changed = [*rows[:row], {**rows[row], column: other}, *rows[row + 1 :]]
    assert (named(changed) == named(rows)) == (same or repr(other) == repr(before))


@pytest.mark.parametrize(
    ("one", "other"),
    [(["ab", "c"], ["a", "bc"]), ([None, "a"], ["a", None]), (["", "a"], [None, "a"]), (["a\0"], ["a"])],
)
def test_texts_that_run_together_are_told_apart(one: list[str], other: list[str]) -> None:
    """The same bytes cut in other places, and null against empty."""

    def of(values: list[str]) -> str:
        return name_of({"train": pa.table({"t": pa.array(values, pa.string())})})

    assert of(one) != of(other)


def test_splits_and_roles_matter() -> None:
    """The same rows under another split's name, or with another label, are another training set."""
    rows = pa.table({"x": [1, 2]})
    assert (
        len(
            {
                name_of({"a": rows}),
                name_of({"b": rows}),
                name_of({"a": rows}, {"label": "x"}),
            }
        )
        == 3
    )


def test_the_hash_is_this_one(tmp_path) -> None:
    """Another day, machine, polars or pyarrow may not change it; nor the order of rows and columns."""
    frame = pl.DataFrame(
        {
            "id": ["a", "b", "ä漢"],
            "x": pl.Series([1.5, None, float("nan")], dtype=pl.Float32),
            "text": ["one", None, ""],
            "tokens": [[1, 2], [], None],
            "label": [True, False, None],
            "split": ["train", "train", "test"],
        }
    )
    made = release(tmp_path / "one", frame)
    turned = release(tmp_path / "two", frame.reverse().select(sorted(frame.columns)))
    assert turned.content_hash == made.content_hash
    assert made.content_hash == "d134c2d9e849463b656be2449dd43194f1a2b0fc8e856fc1e11eac23788f9a5a"
