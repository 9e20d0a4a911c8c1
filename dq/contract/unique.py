"""Which rows share their key with another row: exact, and in little memory at any size."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

SMALL = 100_000
"""Up to so many rows the keys are simply compared; hashing them first pays only beyond."""
PER_PASS = 25_000_000
"""So many hashes are sorted at once, 8 bytes each: more rows take more passes, not more memory."""


def duplicated(
    frame: pl.LazyFrame, columns: Sequence[str], height: int, small: int = SMALL, per_pass: int = PER_PASS
) -> pl.Series:
    """Give, a row, whether another row has the same cells in `columns`; null equals null and NaN equals NaN.

    The keys of many rows are hashed and the hashes sorted, part by part; then only rows whose hash occurs more than
    once are compared cell by cell. Beside these, memory holds 8 bytes a row of one part and one bit a row of all.

    >>> duplicated(pl.LazyFrame({"a": [1, 2, 1, None, None]}), ["a"], 5).to_list()
    [True, False, True, True, True]
    """
    if height <= small:
        return frame.select(columns).collect().is_duplicated()
    hashed = frame.select(_hash(columns))
    parts = -(-height // per_pass)
    repeated = pl.concat([_repeated(hashed, part, parts) for part in range(parts)])
    if repeated.is_empty():
        return pl.repeat(value=False, n=height, eager=True)
    twice = hashed.select(pl.col("_hash").is_in(repeated.implode()).alias("_twice")).collect(
        engine="streaming"
    )
    again = pl.concat([frame.select(columns), twice.lazy()], how="horizontal").filter("_twice")
    exact = again.select(columns).collect(engine="streaming").is_duplicated()
    at = twice.to_series().arg_true().filter(exact)
    return pl.repeat(value=False, n=height, eager=True).scatter(at, values=True)


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
