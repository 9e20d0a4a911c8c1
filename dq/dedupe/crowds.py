"""Crowds: many texts that share a key, tied to one another without comparing each with each.

Who is tied to whom, directly or over others, comes out exactly as if all had been compared: a pair is left out only
where its similarity cannot reach the threshold (one minus the Jaccard similarity obeys the triangle inequality), or
where both are tied already.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from dq.ties import tied

ROUNDS = 16
"""Leaders that a crowd may have before those that follow none are compared with each other."""
SLACK = 1e-9
CROSSING = 2_000_000

Measure = Callable[[pl.DataFrame], pl.DataFrame]


def crowd_pairs(members: pl.DataFrame, measure: Measure, threshold: float) -> pl.DataFrame:
    """Give pairs (`a`, `b`, `similarity`) at or above `threshold` that tie all of `members` that are to be tied.

    `members` has `key` and `text`, a number; texts with the same key are a crowd. `measure` adds `similarity` to
    pairs of texts (`a` < `b`). In a crowd of near-identical texts the work grows with its size and not with the
    square.
    """
    groups, found, left = [], [], members.select("key", "text")
    for _ in range(ROUNDS):
        if left.is_empty():
            break
        led = left.with_columns(leader=pl.col("text").min().over("key"))
        measured = measure(
            led.filter(pl.col("text") != pl.col("leader")).select(a="leader", b="text").unique()
        )
        found.append(measured.filter(pl.col("similarity") >= threshold))
        led = led.join(measured, left_on=["leader", "text"], right_on=["a", "b"], how="left").with_columns(
            pl.col("similarity").fill_null(1.0)
        )
        follows = pl.col("similarity") >= threshold
        groups.append(led.filter(follows).select("key", "leader", "text", far=1 - pl.col("similarity")))
        left = led.filter(~follows).select("key", "text")
    groups.append(left.select("key", leader="text", text="text", far=pl.lit(0.0)))
    grouped = pl.concat(groups)
    leaders, between = _between_leaders(grouped, measure)
    found.append(between.filter(pl.col("similarity") >= threshold))
    found.append(_across(grouped, leaders, pl.concat(found), measure, threshold))
    return pl.concat(found).unique().sort("a", "b")


def _between_leaders(grouped: pl.DataFrame, measure: Measure) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the pairs of leaders of each crowd with their similarity and the reach of each, and the pairs alone."""
    reach = grouped.group_by("key", "leader").agg(reach=pl.col("far").max(), size=pl.len().cast(pl.Int64))
    both = reach.join(reach, on="key", suffix="_b").filter(pl.col("leader") < pl.col("leader_b"))
    measured = measure(both.select(a="leader", b="leader_b").unique())
    named = measured.rename({"a": "leader", "b": "leader_b"})
    return both.join(named, on=["leader", "leader_b"]), measured


def _across(
    grouped: pl.DataFrame, leaders: pl.DataFrame, found: pl.DataFrame, measure: Measure, threshold: float
) -> pl.DataFrame:
    """Give the ties between followers of different leaders."""
    apart, least = 1 - pl.col("similarity"), 1 - threshold + SLACK
    cluster = tied(found.select("a", "b"))
    open_pairs = (
        leaders.filter(
            (apart - pl.col("reach") - pl.col("reach_b") <= least) & (pl.col("similarity") < threshold)
        )
        .join(cluster.select(leader="id", of_a="cluster"), on="leader", how="left")
        .join(cluster.select(leader_b="id", of_b="cluster"), on="leader_b", how="left")
        .filter(~pl.col("of_a").eq(pl.col("of_b")).fill_null(value=False))
        .sort("key", "leader", "leader_b")
        .with_columns(_slice=(pl.col("size") * pl.col("size_b")).cum_sum() // CROSSING)
    )
    parts = [found.clear()]
    for some in open_pairs.partition_by("_slice", maintain_order=True):
        crossing = (
            some.join(grouped, on=["key", "leader"])
            .join(grouped, left_on=["key", "leader_b"], right_on=["key", "leader"], suffix="_b")
            .filter(apart - pl.col("far") - pl.col("far_b") <= least)
            .select(a=pl.min_horizontal("text", "text_b"), b=pl.max_horizontal("text", "text_b"))
            .unique()
        )
        parts.append(measure(crossing).filter(pl.col("similarity") >= threshold))
    return pl.concat(parts)
