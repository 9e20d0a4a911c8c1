"""What is tied to one another, directly or over others."""

from __future__ import annotations

import polars as pl


def tied(pairs: pl.DataFrame) -> pl.DataFrame:
    """Give each `id` of `pairs` (columns `a`, `b`) with its `cluster`: the least of all that are tied to it.

    >>> tied(pl.DataFrame({"a": [1, 2, 7], "b": [2, 3, 8]})).rows()
    [(1, 1), (2, 1), (3, 1), (7, 7), (8, 7)]
    """
    ties = pl.concat([pairs.select(id="a", other="b"), pairs.select(id="b", other="a")])
    told = ties.select("id").unique().sort("id").with_columns(cluster="id")
    while True:
        # Each takes the least cluster of its neighbours, then that one's own: paths halve with every round.
        reached = ties.join(told, left_on="other", right_on="id").group_by("id").agg(pl.col("cluster").min())
        least = pl.min_horizontal("cluster", "cluster_right")
        closer = told.join(reached, on="id", maintain_order="left").select("id", cluster=least)
        ahead = closer.join(closer, left_on="cluster", right_on="id", maintain_order="left").select(
            "id", cluster="cluster_right"
        )
        if ahead.equals(told):
            return told
        told = ahead
