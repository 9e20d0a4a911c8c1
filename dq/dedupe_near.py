"""Near repeats: texts that are the same but for a few words, found among millions, and one of each kept.

An index is a plain frame (`id`, `text` in normal form, `keys`): it can be stored, and two indexes of
different rows are one when concatenated. New rows are compared with a kept index without comparing that with
itself again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dq.clean.normal_text import normal_text
from dq.dedupe import ORIGIN
from dq.minhash import BANDS, shingles, sketch
from dq.near_crowds import crowd_pairs
from dq.required_columns import require
from dq.ties import tied

SHINGLE = 5
"""Characters in a shingle: about a word in English, a phrase in Chinese."""
THRESHOLD = 0.8
PAIRS_AT_ONCE = 20_000
CROWD = 50
"""Texts with one key that are compared each with each; of more, only as many pairs as tie them."""

INDEX: dict[str, pl.DataType] = {"id": pl.String(), "text": pl.String(), "keys": pl.List(pl.UInt64)}
PAIRS: dict[str, pl.DataType] = {"id_a": pl.String(), "id_b": pl.String(), "similarity": pl.Float64()}


@dataclass(frozen=True)
class NearDeduplicated:
    """`kept` has the frame's columns; `dropped` has `_landing_id`, `_row`, the winner's as `_kept_…`,
    `_similarity`.

    `_similarity` is that of the row to the most similar other row of its cluster. `pairs` as `near_pairs`
    gives them, the ids being `<landing>:<row>`.
    """

    kept: pl.DataFrame
    dropped: pl.DataFrame
    pairs: pl.DataFrame


def near_index(frame: pl.DataFrame, id: str, text: str, *, shingle: int = SHINGLE) -> pl.DataFrame:  # noqa: A002
    """Give the index of the texts of `frame`: one row per id. Rows without any letter or digit are left out.

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, (id, text), "near_index")
    rows = frame.select(pl.col(id).cast(pl.String).alias("id"), normal_text(text).alias("text")).drop_nulls()
    keys = pl.Series("keys", sketch(rows["text"], shingle)).cast(pl.List(pl.UInt64))
    return rows.with_columns(keys).cast(pl.Schema(INDEX))


def near_pairs(
    new: pl.DataFrame,
    known: pl.DataFrame | None = None,
    *,
    threshold: float = THRESHOLD,
    shingle: int = SHINGLE,
) -> pl.DataFrame:
    """Give the pairs of texts whose shingles have a Jaccard similarity of at least `threshold`.

    Pairs within `new`, and of `new` with `known`, both indexes; not within `known`. Every pair given is exact
    (it is counted, not estimated); a pair of similarity 0.8 is missed with a chance of 0.002, a more similar
    one with less. Texts that are the same in normal form are paired with the first of them by id only, and of more
    than 50 texts that share a key only as many pairs are given as tie what all would tie.
    Columns `id_a` < `id_b`, `similarity`, sorted.

    >>> rows = pl.DataFrame({"id": ["1", "2", "3"], "text": ["the cat sat on the mat all day long"] * 2 + ["no"]})
    >>> near_pairs(near_index(rows, "id", "text")).rows()
    [('1', '2', 1.0)]
    """
    kept = pl.DataFrame(schema=INDEX) if known is None else known
    rows = pl.concat([new.with_columns(_new=pl.lit(value=True)), kept.with_columns(_new=pl.lit(value=False))])
    rows = rows.sort("id").with_columns(_first=pl.col("id").first().over("text"))
    # The first of equal texts stands for all of them, and is new where any of them is.
    texts = rows.group_by("text", maintain_order=True).agg(
        pl.col("id").first(), pl.col("keys").first(), pl.col("_new").any()
    )
    texts = texts.with_row_index("_text")
    near = _near(texts, threshold, shingle)
    same = rows.filter(
        (pl.col("id") != pl.col("_first")) & (pl.col("_new") | pl.col("_new").first().over("text"))
    ).select(id_a="_first", id_b="id", similarity=pl.lit(1.0))
    return pl.concat([near, same]).cast(pl.Schema(PAIRS)).sort("id_a", "id_b")


def near_clusters(pairs: pl.DataFrame) -> pl.DataFrame:
    """Give each id of `pairs` with its `cluster`: the first by id of all that are tied to it, directly or
    over others.

    >>> near_clusters(pl.DataFrame({"id_a": ["1", "2"], "id_b": ["2", "3"], "similarity": [0.9, 0.8]})).rows()
    [('1', '1'), ('2', '1'), ('3', '1')]
    """
    return tied(pairs.select(a="id_a", b="id_b"))


def deduplicate_near(
    frame: pl.DataFrame,
    text: str,
    order: Sequence[str] = ORIGIN,
    *,
    threshold: float = THRESHOLD,
    shingle: int = SHINGLE,
) -> NearDeduplicated:
    """Keep one row of each cluster of near repeats: the first by `order`, whatever the order of the rows.

    Clusters are closed: a row is dropped though it is near to the winner only over others. Rows without any
    letter or digit repeat nothing. Kept and dropped rows are the rows that came in.

    >>> said = ["the cat sat on the mat all day long", "The cat sat on the mat - all day long!", "no"]
    >>> rows = pl.DataFrame({"_landing_id": ["a"] * 3, "_row": [1, 2, 3], "text": said})
    >>> told = deduplicate_near(rows, "text")
    >>> told.kept["_row"].to_list(), told.dropped.rows()
    ([1, 3], [('a', 2, 'a', 1, 1.0)])

    Raises:
        SchemaError: where a column is missing.

    """
    full_order = [*order, *(name for name in ORIGIN if name not in order)]
    require(frame, (text, *full_order), "deduplicate_near")
    ranked = (
        frame.sort(full_order, nulls_last=True)
        .with_columns(_id=pl.format("{}:{}", "_landing_id", "_row"))
        .with_row_index("_rank")
    )
    pairs = near_pairs(near_index(ranked, "_id", text, shingle=shingle), threshold=threshold, shingle=shingle)
    best = (
        pl.concat(
            [
                pairs.select(_id="id_a", _similarity="similarity"),
                pairs.select(_id="id_b", _similarity="similarity"),
            ]
        )
        .group_by("_id")
        .agg(pl.col("_similarity").max())
    )
    clustered = (
        ranked.select("_rank", "_id", *ORIGIN)
        .join(near_clusters(pairs), left_on="_id", right_on="id")
        .with_columns(_kept_rank=pl.col("_rank").min().over("cluster"))
    )
    winners = ranked.select(_kept_rank="_rank", _kept_landing_id="_landing_id", _kept_row="_row")
    losers = clustered.filter(pl.col("_rank") != pl.col("_kept_rank"))
    dropped = losers.join(winners, on="_kept_rank").join(best, on="_id").sort("_rank")
    return NearDeduplicated(
        kept=ranked.join(losers, on="_rank", how="anti", maintain_order="left").select(frame.columns),
        dropped=dropped.select(*ORIGIN, "_kept_landing_id", "_kept_row", "_similarity"),
        pairs=pairs,
    )


def _candidates(texts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the pairs of texts (`a` < `b`, places in `texts`) that share a key and of which one is new, and the crowds.

    A crowd is more than `CROWD` texts with one key, of which one is new: `key`, `text`.
    """
    pairs, crowds = [], []
    # A key belongs to one band, so the bands need not lie in memory at once.
    for band in range(BANDS):
        keyed = texts.select("_text", "_new", key=pl.col("keys").list.get(band))
        keyed = keyed.filter(pl.col("key").is_duplicated()).with_columns(_size=pl.len().over("key"))
        crowded = keyed.filter((pl.col("_size") > CROWD) & pl.col("_new").any().over("key"))
        crowds.append(crowded.select("key", text="_text"))
        few = keyed.filter(pl.col("_size") <= CROWD).drop("_size")
        both = few.join(few, on="key", suffix="_b").filter(
            (pl.col("_text") < pl.col("_text_b")) & (pl.col("_new") | pl.col("_new_b"))
        )
        pairs.append(both.select(a="_text", b="_text_b"))
    return pl.concat(pairs).unique().sort("a", "b"), pl.concat(crowds)


def _measured(texts: pl.DataFrame, candidates: pl.DataFrame, shingle: int) -> pl.DataFrame:
    """Add to pairs of texts the Jaccard similarity of their shingles."""
    parts = [candidates.clear().with_columns(similarity=pl.lit(None, dtype=pl.Float64))]
    for some in candidates.sort("a", "b").iter_slices(PAIRS_AT_ONCE):
        needed = pl.concat([some["a"], some["b"].alias("a")]).unique().sort()
        sets = pl.DataFrame({"_text": needed, "set": shingles(texts["text"].gather(needed), shingle)})
        both = some.join(sets, left_on="a", right_on="_text").join(
            sets, left_on="b", right_on="_text", suffix="_b"
        )
        shared = pl.col("set").list.set_intersection("set_b").list.len().cast(pl.Float64)
        either = pl.col("set").list.set_union("set_b").list.len()
        parts.append(both.select("a", "b", similarity=shared / either))
    return pl.concat(parts)


def _near(texts: pl.DataFrame, threshold: float, shingle: int) -> pl.DataFrame:
    candidates, crowds = _candidates(texts)
    found = [_measured(texts, candidates, shingle).filter(pl.col("similarity") >= threshold)]
    if not crowds.is_empty():
        found.append(crowd_pairs(crowds, lambda pairs: _measured(texts, pairs, shingle), threshold))
    new, ids = texts["_new"], texts["id"]
    pairs = pl.concat(found).unique()
    fresh = pairs.filter(new.gather(pairs["a"]) | new.gather(pairs["b"]))
    return pl.DataFrame(
        {"id_a": ids.gather(fresh["a"]), "id_b": ids.gather(fresh["b"]), "similarity": fresh["similarity"]}
    ).cast(pl.Schema(PAIRS))
