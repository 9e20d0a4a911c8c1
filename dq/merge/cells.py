"""One column of a part as cells: who says what about whom, and whose word counts.

Numbers within 1e-9 (of one, or of their size where that is greater) are the same value; `_value` is the least
of those that are. All else is compared exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from dq.merge.part import Ints, Part
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
    part: Part,
    column: str,
    disputed: Ints,
    sources: Sequence[str],
    *,
    survivorship: Survivorship,
    set_aside: Collection[str],
    also: tuple[str, ...] = (),
) -> pl.DataFrame:
    """Give the cells of `column` of those entities that need a decision: values differ, or none has a vote.

    `disputed`: those whose least and greatest value differ.

    Columns: `_entity` (its number in the part), `_at` (the row), `_source, _rank, _landing_id, _row, value, _value`
    (one for all equal values), `_standing` (2 has a vote, 1 is a copy, 0 was set aside in this column), `_counts` (has
    the best standing of its entity and was not set aside), and the columns `also`. Nulls are no cells.
    """
    standing = _standing(sources, survivorship, set_aside)
    if set_aside and part.entities:
        ranks = part.rows["_rank"].to_numpy()
        cells_standing = np.where(part.rows[column].is_not_null().to_numpy(), standing[ranks], -1)
        withheld = np.maximum.reduceat(cells_standing, part.starts) == SET_ASIDE
        disputed = np.union1d(disputed, np.flatnonzero(withheld))
    at = part.rows_of(disputed)
    others = dict.fromkeys(name for name in also if name != column)
    cells = (
        part.rows.select(pl.col(column).alias("value"), "_rank", "_landing_id", "_row", *others)[at]
        .with_columns(
            _entity=pl.Series(part.number[at]),
            _at=pl.Series(at),
            _source=pl.col("_rank").replace_strict(dict(enumerate(sources)), return_dtype=pl.String),
            _standing=pl.col("_rank").replace_strict(
                dict(enumerate(standing.tolist())), return_dtype=pl.Int8
            ),
        )
        .drop_nulls("value")
    )
    best = pl.lit(VOTER) if standing.min() == VOTER else pl.col("_standing").max().over("_entity")
    return _grouped(cells, part.rows.schema[column]).with_columns(
        _counts=(pl.col("_standing") == best) & (pl.col("_standing") != SET_ASIDE)
    )


def doubted(survivorship: Survivorship, set_aside: Collection[str]) -> list[str]:
    """Give the sources that were set aside, and those that repeat one of them."""
    copies = survivorship.copies.items()
    return sorted({*set_aside, *(copy for copy, original in copies if original in set_aside)})


def _standing(sources: Sequence[str], survivorship: Survivorship, set_aside: Collection[str]) -> Ints:
    """Give the standing of each source."""
    out = doubted(survivorship, set_aside)
    return np.array(
        [SET_ASIDE if s in out else COPY if s in survivorship.copies else VOTER for s in sources],
        dtype=np.int64,
    )


def _grouped(cells: pl.DataFrame, dtype: pl.DataType) -> pl.DataFrame:
    if not dtype.is_float():
        return cells.with_columns(_value="value")
    before = pl.when(pl.col("_entity") == pl.col("_entity").shift(1)).then(pl.col("value").shift(1))
    return (
        cells.sort("_entity", "value", "_at")
        .with_columns(_leads=differ(before, pl.col("value"), dtype).fill_null(value=True))
        .with_columns(_value=pl.when("_leads").then("value").forward_fill())
        .drop("_leads")
    )
