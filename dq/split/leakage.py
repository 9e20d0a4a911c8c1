"""What leaks: the pairs that stand in different splits though they say the same."""

from __future__ import annotations

import polars as pl

from dq.clean.normal_text import normal_text
from dq.split.by_hash import check_entities

LEAKS: dict[str, type[pl.DataType]] = {
    "kind": pl.String,
    "shared": pl.String,
    "entity_a": pl.String,
    "split_a": pl.String,
    "entity_b": pl.String,
    "split_b": pl.String,
}


def leakage(
    frame: pl.DataFrame,
    entity: str,
    text: str | None = None,
    split: str = "split",
    *,
    tied: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Give the pairs that stand in different splits though they are one entity, say the same text, or are
    tied.

    Columns `kind` (entity, text or tied), `shared` (the id, the normal text, or null), `entity_a, split_a,
    entity_b, split_b`. Every row of a leaking group is paired with the group's first (by entity and split),
    so a group of n gives fewer than n rows; of `tied` (`id_a`, `id_b`) each pair that crosses is given. No
    rows: nothing leaks. Rows with a null text share none.

    >>> rows = pl.DataFrame({"id": ["1", "2"], "text": ["Good day!", "good day"], "split": ["train", "test"]})
    >>> leakage(rows, "id", "text").select("kind", "entity_a", "split_a", "entity_b", "split_b").rows()
    [('text', '1', 'train', '2', 'test')]

    Raises:
        SchemaError: where a column is missing, or an entity is null.

    """
    check_entities(frame, entity, [entity, split, *([text] if text else [])])
    named = frame.select(
        pl.col(entity).cast(pl.String).alias("entity"),
        pl.col(split).cast(pl.String).alias("split"),
        (normal_text(text) if text else pl.lit(None, dtype=pl.String)).alias("text"),
    )
    found = [_crossing(named, "entity"), _crossing(named.drop_nulls("text"), "text")]
    if tied is not None:
        found.append(_apart(named, tied))
    return pl.concat([pl.DataFrame(schema=LEAKS), *found]).sort(list(LEAKS))


def _apart(rows: pl.DataFrame, tied: pl.DataFrame) -> pl.DataFrame:
    where = rows.select("entity", "split").unique()
    pairs = tied.select(pl.col("id_a", "id_b").cast(pl.String)).unique()
    joined = pairs.join(where, left_on="id_a", right_on="entity").join(
        where, left_on="id_b", right_on="entity", suffix="_b"
    )
    return joined.filter(pl.col("split") != pl.col("split_b")).select(
        kind=pl.lit("tied"),
        shared=pl.lit(None, dtype=pl.String),
        entity_a="id_a",
        split_a="split",
        entity_b="id_b",
        split_b="split_b",
    )


def _crossing(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    named = rows.select(shared=pl.col(kind), entity="entity", split="split")
    spread = named.group_by("shared").agg(least=pl.col("split").min(), most=pl.col("split").max())
    # Few cross, if any: only those are worth the sort.
    crossing = (
        named.join(spread.filter(pl.col("least") != pl.col("most")), on="shared", how="semi")
        .unique()
        .sort("shared", "entity", "split")
    )
    first = crossing.unique("shared", keep="first", maintain_order=True)
    return (
        crossing.join(first, on="shared", suffix="_a")
        .filter(pl.col("split") != pl.col("split_a"))
        .select(
            pl.lit(kind).alias("kind"),
            "shared",
            "entity_a",
            "split_a",
            entity_b="entity",
            split_b="split",
        )
    )
