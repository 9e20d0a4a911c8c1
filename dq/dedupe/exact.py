"""Exact de-duplication: which row stays, and which row each dropped one repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dq.errors import SchemaError
from dq.required_columns import require
from dq.row_order import in_order

ORIGIN = ("_landing_id", "_row")


@dataclass(frozen=True)
class Deduplicated:
    """`kept` has the frame's columns; `dropped` has the key, `_landing_id`, `_row` and the `_kept_…` of the
    winner.
    """

    kept: pl.DataFrame
    dropped: pl.DataFrame


def deduplicate(
    frame: pl.DataFrame | pl.LazyFrame,
    by: Sequence[str],
    order: Sequence[str] = ORIGIN,
    *,
    nulls_equal: bool = False,
) -> Deduplicated:
    """Keep one row per key: the first by `order`, whatever the order of the rows that come in.

    Ties of `order` are broken by `_landing_id` and `_row`, which name a row; nulls come last. A row with a
    null in its key repeats nothing (nobody knows that two unknown values are one), unless `nulls_equal`. Kept
    and dropped rows together are the rows that came in; both are sorted by `order`. De-duplicating what was
    kept drops nothing.

    >>> rows = pl.DataFrame({"_landing_id": ["a", "a", "b"], "_row": [1, 2, 1], "id": ["x", "y", "x"]})
    >>> told = deduplicate(rows, by=["id"])
    >>> told.kept["id"].to_list(), told.dropped.rows()
    (['x', 'y'], [('x', 'b', 1, 'a', 1)])

    Raises:
        SchemaError: where a column of `by` or `order`, `_landing_id` or `_row` is missing.

    """
    if not by:
        raise SchemaError("no key to de-duplicate by", hint="name the columns that a repeat has in common")
    full_order = [*order, *(name for name in ORIGIN if name not in order)]
    require(frame, [*by, *full_order], "deduplicate")
    rows = in_order(frame.lazy().collect(), full_order)
    repeats = _repeats(rows, by, nulls_equal=nulls_equal)
    origin = [name for name in ORIGIN if name not in by]
    winners = rows.select(pl.col(ORIGIN).gather(repeats["_kept"]).name.prefix("_kept"))
    dropped = rows.select(pl.col(*by, *origin).gather(repeats["_at"])).with_columns(winners)
    stays = pl.repeat(value=True, n=rows.height, eager=True, dtype=pl.Boolean)
    return Deduplicated(rows.filter(stays.scatter(repeats["_at"], values=False)), dropped)


def _repeats(rows: pl.DataFrame, by: Sequence[str], *, nulls_equal: bool) -> pl.DataFrame:
    """Give `_at`, the rows that repeat an earlier one, in order, and `_kept`, the first that each repeats."""
    at = _suspects(rows, by)
    keys = rows.select(pl.col(by).gather(at)).with_columns(_at=at)
    keys = keys if nulls_equal else keys.drop_nulls(list(by))
    first = keys.group_by(list(by)).agg(_kept=pl.col("_at").min())
    return (
        keys.join(first, on=list(by), nulls_equal=True)
        .filter(pl.col("_at") != pl.col("_kept"))
        .select("_at", "_kept")
        .sort("_at")
    )


def _suspects(rows: pl.DataFrame, by: Sequence[str]) -> pl.Series:
    """Give the rows whose key another one may have: all that do, and by chance a few more."""
    if any(rows.schema[name].is_nested() for name in by):
        return pl.int_range(rows.height, dtype=pl.UInt32, eager=True)
    mixed = pl.lit(0, dtype=pl.UInt64)
    for seed, name in enumerate(by):
        mixed = mixed ^ pl.col(name).hash(seed)
    # Hash and place in one number, as numbers sort many times as fast as pairs. The bits that the place takes are
    # those that the hash loses.
    bits = np.uint64(rows.height.bit_length())
    packed = rows.select(mixed.alias("hash"))["hash"].to_numpy() >> bits << bits
    packed |= np.arange(rows.height, dtype=np.uint64)
    packed.sort()
    same = packed[1:] >> bits == packed[:-1] >> bits
    twice = np.zeros(rows.height, dtype=np.bool_)
    twice[1:] |= same
    twice[:-1] |= same
    places = (packed[twice] & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.uint32)
    return pl.Series(np.sort(places))
