"""Exact de-duplication: which row stays, and which row each dropped one repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dq.errors import SchemaError

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
    """Keep one row a key: the first by `order`, whatever the order of the rows that come in.

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
    lazy = frame.lazy()
    present = lazy.collect_schema().names()
    full_order = [*order, *(name for name in ORIGIN if name not in order)]
    missing = [name for name in dict.fromkeys([*by, *full_order]) if name not in present]
    if missing or not by:
        raise SchemaError(
            f"cannot de-duplicate by {list(by)}: missing {missing}" if by else "no key to de-duplicate by",
            hint=f"the frame has: {', '.join(present)}",
        )
    ranked = lazy.sort(full_order, nulls_last=True, maintain_order=True).with_row_index("_rank").collect()
    compared = ranked if nulls_equal else ranked.drop_nulls(list(by))
    winners = compared.group_by(list(by)).agg(_kept_rank=pl.col("_rank").min())
    winner_of = compared.select("_rank", *by).join(winners, on=list(by), nulls_equal=True)
    losers = winner_of.filter(pl.col("_rank") != pl.col("_kept_rank")).select("_rank", "_kept_rank")
    names = ranked.select(_kept_rank="_rank", _kept_landing_id="_landing_id", _kept_row="_row")
    origin = [name for name in ORIGIN if name not in by]
    dropped = (
        ranked.select("_rank", *by, *origin)
        .join(losers, on="_rank")
        .join(names, on="_kept_rank", how="left")
        .sort("_rank")
        .drop("_rank", "_kept_rank")
    )
    return Deduplicated(
        kept=ranked.join(losers, on="_rank", how="anti", maintain_order="left").drop("_rank"), dropped=dropped
    )
