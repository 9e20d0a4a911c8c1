"""A column as its distinct values and how often each occurs: nearly all of a profile is computed of that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

OPAQUE = (pl.List, pl.Array, pl.Struct, pl.Binary, pl.Object, pl.Null)
"""Types of which only the nulls are counted."""


def value_counts(column: pl.Series) -> pl.DataFrame:
    """Give `value` (not null) and `count`, a row a distinct value, the commonest first.

    Categories are given as text; of a type without comparable values there are none.

    >>> value_counts(pl.Series(["a", "b", None, "a"])).rows()
    [('a', 2), ('b', 1)]
    """
    if isinstance(column.dtype, OPAQUE):
        return pl.DataFrame(schema={"value": pl.String, "count": pl.Int64})
    if isinstance(column.dtype, pl.Categorical | pl.Enum):
        column = column.cast(pl.String)
    return (
        column.alias("value")
        .to_frame()
        .filter(pl.col("value").is_not_null())
        .group_by("value")
        .agg(pl.len().cast(pl.Int64).alias("count"))
        .sort("count", "value", descending=[True, False])
    )


def number_counts(values: pl.DataFrame, number: pl.Expr) -> pl.DataFrame:
    """Give `number` (finite, ascending) and `count`; what is no number is left out.

    >>> number_counts(pl.DataFrame({"value": ["2", "x", "1"], "count": [1, 5, 3]}),
    ...               pl.col("value").cast(pl.Float64, strict=False)).rows()
    [(1.0, 3), (2.0, 1)]
    """
    return (
        values.select(number=number, count="count")
        .filter(pl.col("number").is_finite())
        .group_by("number")
        .agg(pl.col("count").sum())
        .sort("number")
    )


def quantiles(numbers: pl.DataFrame, at: Sequence[float]) -> list[float]:
    """Give for each share the smallest number that at least this share of the rows does not exceed.

    >>> quantiles(pl.DataFrame({"number": [1.0, 2.0], "count": [3, 1]}), (0.5, 0.75, 0.76))
    [1.0, 1.0, 2.0]
    """
    if numbers.is_empty():
        return []
    total = numbers["count"].cum_sum().to_numpy()
    ranks = np.ceil(np.asarray(at) * total[-1] - 1e-9)
    places = np.searchsorted(total, np.clip(ranks, 1, total[-1]), side="left")
    return [float(number) for number in numbers["number"].to_numpy()[places]]


def histogram(numbers: pl.DataFrame, bins: int = 12) -> list[int]:
    """Give how many rows lie in each of equally wide bins between the lowest and the highest number.

    >>> histogram(pl.DataFrame({"number": [0.0, 1.0, 4.0], "count": [2, 1, 5]}), 2)
    [3, 5]
    """
    if numbers.is_empty():
        return []
    heights, _ = np.histogram(numbers["number"].to_numpy(), bins=bins, weights=numbers["count"].to_numpy())
    return [int(height) for height in heights]
