"""Which rows share their key with another row: exact, and in little memory at any size."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

SMALL = 100_000
"""Up to this many rows the keys are compared directly; anything cleverer pays off only beyond."""
PER_PASS = 25_000_000
"""How many hashes are sorted in one pass, 8 bytes each: more rows take more passes, not more memory."""


def duplicated(
    frame: pl.LazyFrame, columns: Sequence[str], height: int, small: int = SMALL, per_pass: int = PER_PASS
) -> pl.Series:
    """Give, a row, whether another row has the same cells in `columns`; null equals null and NaN equals NaN.

    Keys in ascending order, as numbers given one after the other and times of arrival are, repeat next to each
    other: neighbours are compared. Other keys are hashed and the hashes sorted, part by part; then only rows whose
    hash occurs more than once are compared cell by cell. Beside these, memory holds 8 bytes per row of one part and
    one bit a row of all.

    >>> duplicated(pl.LazyFrame({"a": [1, 2, 1, None, None]}), ["a"], 5).to_list()
    [True, False, True, True, True]
    """
    if height <= small:
        return frame.select(columns).collect().is_duplicated()
    neighbours = _by_neighbours(frame, columns, height, small)
    if neighbours is not None:
        return neighbours
    hashed = frame.select(_hash(columns))
    parts = -(-height // per_pass)
    repeated = pl.concat([_repeated(hashed, part, parts) for part in range(parts)])
    if repeated.is_empty():
        return pl.repeat(value=False, n=height, eager=True)
    again = (
        frame.select(columns)
        .with_row_index("_at")
        .filter(_hash(columns).is_in(repeated.implode()))
        .collect(engine="streaming")
    )
    at = again["_at"].filter(again.select(columns).is_duplicated())
    return pl.repeat(value=False, n=height, eager=True).scatter(at, values=True)


def _by_neighbours(frame: pl.LazyFrame, columns: Sequence[str], height: int, small: int) -> pl.Series | None:
    """Give the answer where one column, by its order, can tell; null where none can."""
    schema = frame.collect_schema()
    ordered = [name for name in columns if schema[name].is_integer() or schema[name].is_temporal()]
    for rows in (frame.head(small), frame):  # most keys that are in no order show it soon
        if not ordered:
            return None
        told = rows.select(
            pl.struct(
                ascends=(pl.col(name) >= pl.col(name).shift(1)).all() & (pl.col(name).null_count() == 0),
                repeats=(pl.col(name) == pl.col(name).shift(1)).any(),
            ).alias(name)
            for name in ordered
        ).collect(engine="streaming")
        ordered = [name for name in ordered if told[name].struct.field("ascends").item()]
        if len(columns) > 1:  # one column that never repeats is enough: then the key cannot
            ordered = [name for name in ordered if not told[name].struct.field("repeats").item()]
    if not ordered:
        return None
    if not told[ordered[0]].struct.field("repeats").item():
        return pl.repeat(value=False, n=height, eager=True)
    key = pl.col(ordered[0])
    twice = ((key == key.shift(1)) | (key == key.shift(-1))).fill_null(value=False)
    return frame.select(twice).collect(engine="streaming").to_series()


def _repeated(hashed: pl.LazyFrame, part: int, parts: int) -> pl.Series:
    """Give the hashes that occur more than once, of those that belong to this part."""
    mine = hashed if parts == 1 else hashed.filter(pl.col("_hash") % parts == part)
    ordered = mine.collect(engine="streaming").to_series().sort(in_place=True)
    return ordered.filter(ordered == ordered.shift(1)).unique()


def _hash(columns: Sequence[str]) -> pl.Expr:
    hashes = [pl.col(name).hash(seed) for seed, name in enumerate(columns)]
    joined = hashes[0]
    for one in hashes[1:]:
        joined ^= one
    return joined.alias("_hash")
