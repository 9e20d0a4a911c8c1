"""What is known of the rows before they are cut: as many bytes as the streams have that name the content."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import SchemaError
from dq.release.build import _arrow
from dq.release.content_hash import streams_of
from dq.release.extent import measure

TYPES = {
    "int": pl.Int64,
    "small": pl.UInt8,
    "half": pl.Int16,
    "float": pl.Float32,
    "text": pl.String,
    "bytes": pl.Binary,
    "truth": pl.Boolean,
    "day": pl.Date,
    "time": pl.Datetime("us", "UTC"),
    "numbers": pl.List(pl.Int32),
    "words": pl.List(pl.String),
}
cells = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "small": st.integers(0, 255),
    "half": st.integers(-9, 9),
    "float": st.floats(width=32),
    "text": st.text(max_size=5),
    "bytes": st.binary(max_size=5),
    "truth": st.booleans(),
    "day": st.dates(),
    "time": st.datetimes().map(lambda time: time.isoformat()),
    "numbers": st.lists(st.integers(0, 9), max_size=3),
    "words": st.lists(st.text(max_size=3), max_size=3),
}
rows = st.lists(
    st.fixed_dictionaries({name: st.none() | cell for name, cell in cells.items()}), min_size=1, max_size=8
)


@settings(max_examples=60)
@given(rows=rows, cut=st.integers(0, 8))
def test_bytes_are_those_of_the_streams(rows: list[dict[str, object]], cut: int) -> None:
    """Of every type, nulls included, however the rows lie in memory; a length counts one. And nulls are counted."""
    times = [{**row, "time": None} for row in rows]
    frame = pl.DataFrame(times, schema=TYPES, orient="row").with_columns(
        time=pl.Series([row["time"] for row in rows], dtype=pl.String).str.to_datetime(
            "%Y-%m-%dT%H:%M:%S%.f", strict=False, time_zone="UTC"
        ),
        split=pl.lit("train"),
    )
    read = sum(
        len(data)
        for column in _arrow(frame).columns
        for chunk in column.chunks
        for _, data in streams_of(chunk)
    )
    told = measure(pl.concat([frame.head(cut), frame.slice(cut)]).lazy(), "split")
    assert (told.rows, told.bytes, told.splits) == (frame.height, read, ("train",))
    assert told.nulls == frame.null_count().row(0, named=True)


def test_nulls_are_refused_where_a_loader_cannot_give_them() -> None:
    """In the key, and in lists, with how many of how many."""
    told = measure(pl.LazyFrame({"id": [1, None], "tokens": [[1], [None, 2]], "s": ["a", "b"]}), "s")
    with pytest.raises(SchemaError, match="id is null"):
        told.refuse_nulls(("id",), "x")
    with pytest.raises(SchemaError, match=r"lists in tokens hold nulls.*1 of 2"):
        told.refuse_nulls(("s",), "x")
