"""What is remembered of near repeats between runs, so that only texts that are new are compared."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from dq.dedupe.pairs import INDEX, PAIRS, SHINGLE, THRESHOLD, keyed, near_clusters, near_pairs
from dq.stable_hash import stable_hash

TEXTS: dict[str, pl.DataType] = {name: INDEX[name] for name in ("id", "keys")}


@dataclass(frozen=True)
class NearMemory:
    """The keys of every text by its `id` (as `text_ids` names it), and the pairs that tie those that are near.

    The texts themselves are not in it: whoever has the rows has them.
    """

    texts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TEXTS))
    pairs: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PAIRS))


def text_ids(text: pl.Series) -> pl.Series:
    """Name each text in normal form by 128 bits of its hash, the same for ever; null stays null.

    >>> text_ids(pl.Series(["good day", None])).to_list()
    ['1579385807379344660-13849940644949208245', None]
    """
    halves = pl.DataFrame({name: stable_hash(text, f"near:{name}") for name in "ab"})
    return halves.select(
        pl.concat_str(pl.col("a", "b").cast(pl.String), separator="-").alias("id")
    ).to_series()


def remembered(
    known: NearMemory, texts: pl.DataFrame, *, threshold: float = THRESHOLD, shingle: int = SHINGLE
) -> NearMemory:
    """Bring `known` up to the `texts` of now (`id`, `text` in normal form, each once).

    Texts that are new are compared with each other and with those that are known, which are not compared again. What
    is no longer there is forgotten; texts that were tied to it are compared anew, as it may have been all that tied
    them. So the clusters are those of comparing all texts of now, whatever was there before, in any order.
    `threshold` and `shingle` must be those that `known` was made with.
    """
    clusters = near_clusters(known.pairs)
    gone = known.texts.join(texts, on="id", how="anti")
    loose = clusters.join(clusters.join(gone, on="id", how="semi"), on="cluster", how="semi").select("id")
    there = texts.select("id", "text").join(known.texts, on="id", how="left")
    new, old = there.filter(pl.col("keys").is_null()), there.filter(pl.col("keys").is_not_null())
    old = old.cast(pl.Schema(INDEX))
    fresh = pl.concat([keyed(new, shingle), old.join(loose, on="id", how="semi")])
    quiet = old.join(loose, on="id", how="anti")
    found = near_pairs(fresh, quiet, threshold=threshold, shingle=shingle)
    kept = known.pairs.join(loose, left_on="id_a", right_on="id", how="anti")
    return NearMemory(
        texts=pl.concat([fresh, quiet]).select(list(TEXTS)).sort("id"),
        pairs=pl.concat([kept, found]).sort("id_a", "id_b"),
    )
