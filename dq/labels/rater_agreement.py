"""How far the raters of the same items agree beyond chance, and on which items they do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from dq.errors import SchemaError
from dq.required_columns import require

Level = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's `alpha` (1 perfect, 0 chance, below 0 worse than chance; null where it is undefined).

    `items` and `ratings` count what could be compared: items with at least two ratings. `by_item` has the
    item, its `ratings` and its `disagreement`: its mean difference as a share of what chance gives (1 is
    chance).
    """

    alpha: float | None
    items: int
    ratings: int
    by_item: pl.DataFrame


def rater_agreement(frame: pl.DataFrame | pl.LazyFrame, item: str, value: str, *, level: Level) -> Agreement:
    """Give Krippendorff's alpha of `frame`, one row per rating; who rated is not needed, nulls are no ratings.

    `level` says which differences count: `nominal` (any), `ordinal` (by the order of the values and how many
    lie between), `interval` (by their squared distance). Items with one rating teach nothing and are left
    out. Undefined, so null, where all ratings are the same or nothing can be compared.

    >>> rows = pl.DataFrame({"id": ["a", "a", "b", "b", "c", "c"], "stars": [1, 1, 2, 2, 3, 2]})
    >>> round(rater_agreement(rows, "id", "stars", level="nominal").alpha, 3)
    0.545

    Raises:
        SchemaError: where a column is missing, or values of an ordered level are text.

    """
    rows = frame.lazy().collect()
    require(rows, (item, value), "rater agreement")
    if level != "nominal" and rows.schema[value] == pl.String:
        raise SchemaError(f"{value} is text, which has neither order nor distances", hint='level="nominal"')
    rated = (
        rows.select(item=item, value=value)
        .drop_nulls()
        .filter(pl.len().over("item") > 1)
        .sort("item", "value")
    )
    told = rated.with_columns(value=_position(rated)) if level == "ordinal" else rated
    differing = _differing_nominal if level == "nominal" else _differing_distance
    total = rated.height
    everywhere = differing(told.with_columns(item=pl.lit(0)))["differing"].to_list()
    chance = float(sum(everywhere)) / max(1, total * (total - 1))
    # What is the sum over ordered pairs within an item, each item weighing by its ratings.
    seen = differing(told).with_columns(
        mean=pl.col("differing") / (pl.col("ratings") * (pl.col("ratings") - 1))
    )
    observed = float((seen["mean"] * seen["ratings"]).sum()) / max(1, total)
    by_item = seen.select(
        pl.col("item").alias(item),
        "ratings",
        disagreement=pl.col("mean") / chance if chance else pl.lit(None, dtype=pl.Float64),
    ).sort(item)
    return Agreement(1 - observed / chance if chance else None, seen.height, total, by_item)


def _position(rated: pl.DataFrame) -> pl.Series:
    """Give the middle place of each value among all ratings: distances between these are the ordinal ones."""
    counts = rated.group_by("value").agg(n=pl.len().cast(pl.Float64)).sort("value")
    counts = counts.with_columns(place=pl.col("n").cum_sum() - pl.col("n") / 2)
    return rated.join(counts, on="value", how="left", maintain_order="left")["place"]


def _differing_nominal(rated: pl.DataFrame) -> pl.DataFrame:
    """Count, by item, the ordered pairs of unequal values."""
    same = rated.group_by("item", "value").agg(n=pl.len().cast(pl.Int64))
    return same.group_by("item").agg(
        ratings=pl.col("n").sum(),
        differing=(pl.col("n").sum() ** 2 - (pl.col("n") ** 2).sum()).cast(pl.Float64),
    )


def _differing_distance(rated: pl.DataFrame) -> pl.DataFrame:
    """Sum, by item, the squared distances of all ordered pairs: 2n times the sum of squares about the
    mean.
    """
    # About the mean, not as n·Σx² − (Σx)²: that loses every digit where the values are large and close.
    away = pl.col("value").cast(pl.Float64) - pl.col("value").cast(pl.Float64).mean()
    return rated.group_by("item").agg(
        ratings=pl.len().cast(pl.Int64), differing=2 * pl.len().cast(pl.Float64) * (away**2).sum()
    )
