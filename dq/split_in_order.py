"""Splits of a series: what came first is learnt from, what came last is tested on."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dq.split import SHARES


def split_in_order(frame: pl.DataFrame, column: str, *, shares: Mapping[str, float] = SHARES) -> pl.DataFrame:
    """Give `frame` with the column `split`: by rising `column`, each share of the rows in the order of `shares`.

    Rows with the same value share a split; nulls come first. More rows at the end move the bounds.

    >>> days = pl.DataFrame({"day": [3, 1, 2, 4]})
    >>> split_in_order(days, "day", shares={"train": 0.5, "test": 0.5})["split"].to_list()
    ['test', 'train', 'train', 'test']
    """
    place = (pl.col(column).rank("min") - 1).fill_null(0) / max(frame.height, 1)
    split, bound = pl.lit(next(iter(shares))), 0.0
    for (_, share), name in zip(shares.items(), list(shares)[1:], strict=False):
        bound += share
        split = pl.when(place >= bound - 1e-9).then(pl.lit(name)).otherwise(split)
    return frame.with_columns(split.alias("split"))
