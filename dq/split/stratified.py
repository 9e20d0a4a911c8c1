"""Splits that hold every label in its share: for labels so rare that chance might leave a split without any."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dq.required_columns import require
from dq.split.by_hash import SHARES, check_shares, groups
from dq.stable_hash import mix


def split_stratified(
    frame: pl.DataFrame,
    entity: str,
    label: str,
    *,
    shares: Mapping[str, float] = SHARES,
    salt: str,
    cluster_by: str | None = None,
    tied: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Give `frame` with the column `split`: of every label, each split holds its share of the rows.

    A share is met but for one group, since the rows of an entity, and of entities that share a text or are `tied` (as
    `dq.split.assign_split` has it), never part; such a group counts as of its most frequent label. Null is a label,
    too. The order of the rows does not matter. Unlike `assign_split`, **rows that come later may move others**: whoever
    must keep an entity where it is takes that.

    >>> rows = pl.DataFrame({"id": range(40), "y": ["rare"] * 4 + ["usual"] * 36})
    >>> told = split_stratified(rows, "id", "y", shares={"train": 0.75, "test": 0.25}, salt="demo")
    >>> told.filter(pl.col("y") == "rare")["split"].sort().to_list()
    ['test', 'train', 'train', 'train']

    Raises:
        SchemaError: where a column is missing, or an entity is null.
        ContractError: where the shares are not positive or don't add up to 1.

    """
    check_shares(shares)
    require(frame, [label], "a split by label")
    group = groups(frame, entity, salt=salt, cluster_by=cluster_by, tied=tied)
    labels = pl.DataFrame({"group": group, "label": frame[label].cast(pl.String)})
    counted = labels.group_by("group", "label").agg(rows=pl.len())
    whole = (
        counted.sort("group", pl.col("rows"), "label", descending=[False, True, False])
        .group_by("group", maintain_order=True)
        .agg(pl.col("label").first(), pl.col("rows").sum())
    )
    order = pl.Series("order", mix(whole["group"].to_numpy()), dtype=pl.UInt64)
    ordered = whole.with_columns(order).sort("label", "order", "group")
    middle = pl.col("rows").cum_sum().over("label") - pl.col("rows") / 2
    placed = ordered.with_columns(point=middle / pl.col("rows").sum().over("label"))
    return frame.with_columns(_of(group, placed.select("group", split=_placed(shares))))


def _placed(shares: Mapping[str, float]) -> pl.Expr:
    """Give the split whose share of the way from 0 to 1 holds `point`."""
    names = list(shares)
    split, bound = pl.lit(names[-1]), 1.0
    for name in names[-2::-1]:
        bound -= shares[names[names.index(name) + 1]]
        split = pl.when(pl.col("point") < bound).then(pl.lit(name)).otherwise(split)
    return split


def _of(group: pl.Series, splits: pl.DataFrame) -> pl.Series:
    rows = group.to_frame("group").join(splits, on="group", how="left", maintain_order="left")
    return rows["split"]
