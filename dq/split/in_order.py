"""Splits of a series: what came first is learnt from, what came last is tested on."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dq.split.by_hash import SHARES, check_shares, groups


def split_in_order(
    frame: pl.DataFrame,
    column: str,
    *,
    shares: Mapping[str, float] = SHARES,
    entity: str | None = None,
    cluster_by: str | None = None,
    tied: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Give `frame` with the column `split`: by rising `column`, each share of the rows in the order of `shares`.

    Rows with the same value share a split; nulls come first. More rows at the end move the bounds. Given its `entity`,
    the rows of one, and of those that share a `cluster_by` text or are `tied` (as `dq.split.assign_split` has it), go
    where the last of them goes: none parts, and nothing is learnt of the time that is tested.

    >>> days = pl.DataFrame({"day": [3, 1, 2, 4]})
    >>> split_in_order(days, "day", shares={"train": 0.5, "test": 0.5})["split"].to_list()
    ['test', 'train', 'train', 'test']

    Raises:
        SchemaError: where a column is missing, or an entity is null.
        ContractError: where the shares are not positive or don't add up to 1.

    """
    check_shares(shares)
    rank = (pl.col(column).rank("min") - 1).fill_null(0) / max(frame.height, 1)
    placed = frame.select(place=rank)
    if entity is not None:
        group = groups(frame, entity, salt=column, cluster_by=cluster_by, tied=tied)
        placed = placed.with_columns(pl.col("place").max().over(group))
    place, split, bound = pl.col("place"), pl.lit(next(iter(shares))), 0.0
    for (_, share), name in zip(shares.items(), list(shares)[1:], strict=False):
        bound += share
        split = pl.when(place >= bound - 1e-9).then(pl.lit(name)).otherwise(split)
    return frame.with_columns(placed.select(split.alias("split")).to_series())
