"""Which entities' values differ, column by column, and what the others say: all without grouping a row.

In a part an entity's rows are neighbours, so each value is held against the one before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from dq.merge.cells import differ
from dq.merge.part import Ints, Part


@dataclass(frozen=True)
class Disputes:
    """One column of a part.

    `values`: by entity the value where all are the same, null where there is none. `suspects`: the entities with two
    values that are not exactly equal. `disputed`: those of them whose values differ by more than rounding; what
    `values` says of them means nothing.
    """

    values: pl.Series
    suspects: Ints
    disputed: Ints


def disputes(part: Part, column: str, dtype: pl.DataType) -> Disputes:
    """Find the entities of which two rows say two things of `column`."""
    cells = part.rows[column]
    if cells.null_count():
        place = pl.int_range(pl.len(), dtype=pl.UInt32)
        start = pl.Series(part.start_of)
        found = (
            cells.to_frame("v")
            .lazy()
            .select("v", at=pl.when(pl.col("v").is_not_null()).then(place).forward_fill())
            .select("v", "at", told=pl.col("v").forward_fill().shift(1), at_told=pl.col("at").shift(1))
            .select("at", unequal=(pl.col("v") != pl.col("told")) & (pl.col("at_told") >= start))
            .collect()
        )
        unequal = found["unequal"].fill_null(value=False)
        last = found["at"].gather(part.ends)
        last = last.set(last < pl.Series(part.starts), None)
    else:
        unequal = (cells != cells.shift(1)).fill_null(value=False).scatter(part.starts, values=False)
        last = pl.Series(part.ends)
    suspects = np.unique(part.number[unequal.arg_true().to_numpy()])
    values = cells.gather(last)
    if not (dtype.is_float() and len(suspects)):
        return Disputes(values, suspects, suspects)
    least, differs = _beyond_rounding(part, suspects, cells, dtype)
    # What differs by rounding alone is the least of it, whoever says so.
    return Disputes(values.scatter(suspects, least), suspects, suspects[differs.to_numpy()])


def _beyond_rounding(
    part: Part, suspects: Ints, cells: pl.Series, dtype: pl.DataType
) -> tuple[pl.Series, pl.Series]:
    at = part.rows_of(suspects)
    told = (
        pl.DataFrame({"e": part.number[at], "v": cells.gather(at)})
        .group_by("e")
        .agg(least=pl.col("v").min(), most=pl.col("v").max())
        .sort("e")
        .with_columns(differs=differ(pl.col("least"), pl.col("most"), dtype))
    )
    return told["least"], told["differs"]
