"""Near repeats: texts that are the same but for a few words, found among millions.

An index is a plain frame (`id`, `text` in normal form, `keys`): it can be stored, and two indexes of
different rows are one when concatenated. New rows are compared with a kept index without comparing that with
itself again.
"""

from __future__ import annotations

import polars as pl

from dq.clean.normal_text import normal_text
from dq.dedupe.crowds import crowd_pairs
from dq.dedupe.minhash import BANDS, shingles, sketch
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


def near_index(frame: pl.DataFrame, id: str, text: str, *, shingle: int = SHINGLE) -> pl.DataFrame:  # noqa: A002
    """Give the index of the texts of `frame`: one row per id. Rows without any letter or digit are left out.

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, (id, text), "near_index")
    rows = frame.select(pl.col(id).cast(pl.String).alias("id"), normal_text(text).alias("text")).drop_nulls()
    return keyed(rows, shingle)


def keyed(texts: pl.DataFrame, shingle: int) -> pl.DataFrame:
    """Make the index of `texts` (`id`, `text` in normal form)."""
    keys = pl.Series("keys", sketch(texts["text"], shingle)).cast(INDEX["keys"])
    return texts.select("id", "text", keys).cast(pl.Schema(INDEX))


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
    kept = pl.DataFrame(schema=INDEX) if known is None else _touched(known, new)
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


def similarities(texts: pl.DataFrame, pairs: pl.DataFrame, *, shingle: int = SHINGLE) -> pl.DataFrame:
    """Add to pairs (`id_a`, `id_b`) of `texts` (`id`, `text` in normal form) the Jaccard similarity of their shingles.

    >>> texts = pl.DataFrame({"id": ["1", "2"], "text": ["abcdefgh", "abcdefgx"]})
    >>> similarities(texts, pl.DataFrame({"id_a": ["1"], "id_b": ["2"]}))["similarity"].to_list()
    [0.6]
    """
    placed = texts.select("id", "text").with_row_index("_text")
    at = placed.select("id", "_text")
    found = pairs.join(at.rename({"_text": "a"}), left_on="id_a", right_on="id").join(
        at.rename({"_text": "b"}), left_on="id_b", right_on="id"
    )
    return pairs.join(
        found.select("id_a", "id_b", "a", "b")
        .join(_measured(placed, found.select("a", "b").unique(), shingle), on=["a", "b"])
        .drop("a", "b"),
        on=["id_a", "id_b"],
        how="left",
        maintain_order="left",
    )


def _touched(known: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of `known` that share a key with any of `new`: the others are near to none of them."""
    shares = pl.repeat(value=False, n=known.height, eager=True)
    for band in range(BANDS):
        key = pl.col("keys").list.get(band)
        shares |= known.select(key).to_series().is_in(new.select(key.unique()).to_series().implode())
    return known.filter(shares)


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
