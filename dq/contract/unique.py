"""Which rows share their key with another row: exact, and in little memory at any size."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

SMALL = 100_000
"""Up to so many rows the keys are simply compared; hashing them first pays only beyond."""


def duplicated(frame: pl.LazyFrame, columns: Sequence[str], height: int, small: int = SMALL) -> pl.Series:
    """Give, a row, whether another row has the same cells in `columns`; null equals null and NaN equals NaN.

    Many rows cost 8 bytes each twice over: their keys are hashed, the hashes are sorted, and only rows
    whose hash occurs more than once are read again and compared cell by cell.

    >>> duplicated(pl.LazyFrame({"a": [1, 2, 1, None, None]}), ["a"], 5).to_list()
    [True, False, True, True, True]
    """
    if height <= small:
        return frame.select(columns).collect().is_duplicated()
    hashes = frame.select(_hash(columns)).collect(engine="streaming").to_series()
    ordered = hashes.sort()
    repeated = ordered.filter(ordered == ordered.shift(1)).unique()
    if repeated.is_empty():
        return pl.repeat(value=False, n=height, eager=True)
    candidates = hashes.is_in(repeated.implode())
    again = pl.concat([frame.select(columns), candidates.alias("_again").to_frame().lazy()], how="horizontal")
    exact = again.filter("_again").select(columns).collect(engine="streaming").is_duplicated()
    at = candidates.arg_true().filter(exact)
    return pl.repeat(value=False, n=height, eager=True).scatter(at, values=True)


def _hash(columns: Sequence[str]) -> pl.Expr:
    hashes = [pl.col(name).hash(seed) for seed, name in enumerate(columns)]
    joined = hashes[0]
    for one in hashes[1:]:
        joined ^= one
    return joined.alias("_hash")
