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
    starts = pl.col("e") != pl.col("e").shift(1)
    said = (
        pl.LazyFrame({"v": cells, "e": part.number})
        .drop_nulls("v")
        .with_columns(first=starts.fill_null(value=True))
        .with_columns(
            last=pl.col("first").shift(-1, fill_value=True),
            unequal=(pl.col("v") != pl.col("v").shift(1)) & ~pl.col("first"),
        )
        .collect()
    )
    suspects = said.filter("unequal")["e"].unique().sort().to_numpy()
    told = said.select("v", "e").filter(said["last"])
    values = _by_entity(told["v"], told["e"].to_numpy(), part.entities).alias(column)
    if not (dtype.is_float() and len(suspects)):
        return Disputes(values, suspects, suspects)
    least, differs = _beyond_rounding(part, suspects, cells, dtype)
    # What differs by rounding alone is the least of it, whoever says so.
    return Disputes(values.scatter(suspects, least), suspects, suspects[differs.to_numpy()])


def _by_entity(values: pl.Series, entities: Ints, height: int) -> pl.Series:
    """Give the values at the places of their entities, and null at all others of `height` places."""
    if len(values) == height:
        return values
    place = np.full(height, len(values), dtype=np.uint32)
    place[entities] = np.arange(len(values), dtype=np.uint32)
    return pl.concat([values, pl.Series([None], dtype=values.dtype)]).gather(place)


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
