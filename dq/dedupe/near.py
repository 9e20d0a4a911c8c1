"""Near de-duplication: of rows that say nearly the same, which one stays, and how near each dropped one is to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dq.clean.normal_text import normal_text
from dq.dedupe.exact import ORIGIN
from dq.dedupe.memory import NearMemory, remembered, text_ids
from dq.dedupe.pairs import SHINGLE, THRESHOLD, near_clusters, similarities
from dq.required_columns import require
from dq.row_order import in_order


@dataclass(frozen=True)
class NearDeduplicated:
    """`kept` has the frame's columns; `dropped` says of each other row which one stays in its place.

    `dropped` has `_landing_id`, `_row`, the winner's as `_kept_…`, `similarity` to it, the ids of both texts
    (`text_id`, `kept_text_id`) and of their `cluster`. `memory` is what the next call need not compare again.
    """

    kept: pl.DataFrame
    dropped: pl.DataFrame
    memory: NearMemory


def deduplicate_near(
    frame: pl.DataFrame,
    text: str,
    order: Sequence[str] = ORIGIN,
    *,
    within: Sequence[str] = (),
    threshold: float = THRESHOLD,
    shingle: int = SHINGLE,
    known: NearMemory | None = None,
) -> NearDeduplicated:
    """Keep one row of each cluster of near repeats: the first by `order`, whatever the order of the rows.

    Clusters are closed: a row is dropped though it is near to the winner only over others, and its `similarity` to the
    winner may then be below `threshold`. Rows that differ in `within` (a label, say; null is a value like others)
    repeat nothing of each other. Rows without any letter or digit repeat nothing. Kept and dropped rows are the rows
    that came in.

    With `known`, the `memory` that an earlier call gave, only texts that are new are compared. What stays is the same
    with and without: it follows from the rows of now alone.

    >>> said = ["the cat sat on the mat all day long", "The cat sat on the mat - all day long!", "no"]
    >>> rows = pl.DataFrame({"_landing_id": ["a"] * 3, "_row": [1, 2, 3], "text": said})
    >>> told = deduplicate_near(rows, "text")
    >>> told.kept["_row"].to_list(), told.dropped.select("_row", "_kept_row", "similarity").rows()
    ([1, 3], [(2, 1, 1.0)])

    Raises:
        SchemaError: where a column is missing.

    """
    full_order = [*order, *(name for name in ORIGIN if name not in order)]
    require(frame, (text, *within, *full_order), "deduplicate_near")
    ranked = (
        in_order(frame, full_order).with_row_index("_rank").with_columns(normal_text(text).alias("_text"))
    )
    ranked = ranked.with_columns(text_ids(ranked["_text"]).alias("text_id"))
    texts = ranked.select(id="text_id", text="_text").drop_nulls().unique("id")
    memory = remembered(known or NearMemory(), texts, threshold=threshold, shingle=shingle)
    losers = _losers(ranked.drop_nulls("text_id"), near_clusters(memory.pairs), within)
    dropped = _with_similarity(losers, memory.pairs, texts, shingle)
    return NearDeduplicated(
        kept=ranked.join(losers, on="_rank", how="anti", maintain_order="left").select(frame.columns),
        dropped=dropped.select(
            *ORIGIN, "_kept_landing_id", "_kept_row", "similarity", "text_id", "kept_text_id", "cluster"
        ),
        memory=memory,
    )


def _losers(ranked: pl.DataFrame, clusters: pl.DataFrame, within: Sequence[str]) -> pl.DataFrame:
    """Give the rows that are not the first of their cluster, in order, each with the row that is."""
    placed = ranked.join(clusters, left_on="text_id", right_on="id", how="left", maintain_order="left")
    placed = placed.with_columns(pl.coalesce("cluster", "text_id").alias("cluster"))
    first = {
        "_kept_rank": "_rank",
        "_kept_landing_id": "_landing_id",
        "_kept_row": "_row",
        "kept_text_id": "text_id",
    }
    return placed.with_columns(
        pl.col(name).first().over("cluster", *within).alias(kept) for kept, name in first.items()
    ).filter(pl.col("_rank") != pl.col("_kept_rank"))


def _with_similarity(
    losers: pl.DataFrame, pairs: pl.DataFrame, texts: pl.DataFrame, shingle: int
) -> pl.DataFrame:
    """Add how similar each row is to the one that stays; most are a pair that was measured already."""
    named = losers.with_columns(
        id_a=pl.min_horizontal("text_id", "kept_text_id"), id_b=pl.max_horizontal("text_id", "kept_text_id")
    )
    apart = named.filter(pl.col("id_a") != pl.col("id_b")).select("id_a", "id_b").unique()
    far = similarities(texts, apart.join(pairs, on=["id_a", "id_b"], how="anti"), shingle=shingle)
    known = pl.concat([pairs, far.cast(pairs.schema)])
    return named.join(known, on=["id_a", "id_b"], how="left", maintain_order="left").with_columns(
        pl.col("similarity").fill_null(1.0)
    )
