"""One column of the stack as cells: who says what about whom, and whose word counts.

Numbers within 1e-9 (of one, or of their size where that is greater) are the same value; `_value` is the least
of those that are. All else is compared exactly.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from dq.merge.stack import Stack
from dq.merge.survivorship import Survivorship

TOLERANCE = 1e-9

VOTER = 2
COPY = 1
SET_ASIDE = 0


def differ(low: pl.Expr, high: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Say whether two values differ, `low` being the lesser; null where one is null."""
    if not dtype.is_float():
        return low != high
    size = pl.max_horizontal(low.abs(), high.abs(), pl.lit(1.0))
    return high - low > TOLERANCE * size


def contested_cells(
    stacked: Stack,
    column: str,
    disputed: pl.DataFrame,
    survivorship: Survivorship,
    set_aside: Collection[str],
    *,
    also: tuple[str, ...] = (),
) -> pl.DataFrame:
    """Give the cells of `column` of those entities that need a decision: values differ, or none has a vote.

    `disputed` has one column, `_entity`: those whose least and greatest value differ.

    Columns: `_entity, _source, _rank, _landing_id, _row, value, _value` (one for all equal values),
    `_standing` (2 has a vote, 1 is a copy, 0 was set aside in this column), `_counts` (has the best standing
    of its entity and was not set aside), and the columns `also`. Nulls are no cells.
    """
    dtype = stacked.rows.schema[column]
    cells = (
        stacked.rows.lazy()
        .filter(pl.col(column).is_not_null())
        .select(
            _entity=stacked.entity,
            value=column,
            _source="_source",
            _rank="_rank",
            _landing_id="_landing_id",
            _row="_row",
            **{name: name for name in also if name != column},
        )
        .with_columns(_standing=_standing(survivorship, set_aside))
    )
    needed = disputed.lazy()
    if set_aside:
        doubtful = cells.group_by("_entity").agg(best=pl.col("_standing").max())
        needed = pl.concat([needed, doubtful.filter(pl.col("best") == SET_ASIDE).select("_entity")])
    found = cells.join(needed, on="_entity", how="semi").collect()
    return _grouped(found, dtype).with_columns(
        _counts=(pl.col("_standing") == pl.col("_standing").max().over("_entity"))
        & (pl.col("_standing") != SET_ASIDE)
    )


def doubted(survivorship: Survivorship, set_aside: Collection[str]) -> list[str]:
    """Give the sources that were set aside, and those that repeat one of them."""
    copies = survivorship.copies.items()
    return sorted({*set_aside, *(copy for copy, original in copies if original in set_aside)})


def _standing(survivorship: Survivorship, set_aside: Collection[str]) -> pl.Expr:
    return (
        pl.when(pl.col("_source").is_in(doubted(survivorship, set_aside)))
        .then(SET_ASIDE)
        .when(pl.col("_source").is_in(list(survivorship.copies)))
        .then(COPY)
        .otherwise(VOTER)
        .cast(pl.Int8)
    )


def _grouped(cells: pl.DataFrame, dtype: pl.DataType) -> pl.DataFrame:
    if not dtype.is_float():
        return cells.with_columns(_value="value")
    before = pl.col("value").shift(1).over("_entity")
    return (
        cells.sort("_entity", "value", "_rank", "_landing_id", "_row")
        .with_columns(_step=differ(before, pl.col("value"), dtype).fill_null(value=False).cast(pl.Int32))
        .with_columns(_group=pl.col("_step").cum_sum().over("_entity"))
        .with_columns(_value=pl.col("value").min().over("_entity", "_group"))
        .drop("_step", "_group")
    )
