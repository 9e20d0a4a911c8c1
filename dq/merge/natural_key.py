"""Entity ids for a source that has none: by what the rows say of the entity, never by a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dq.errors import SchemaError
from dq.stable_hash import stable_hash


@dataclass(frozen=True)
class Linked:
    """`frame`: the rows in their order with the id; the counts say how each row came by it."""

    frame: pl.DataFrame
    linked: int
    ambiguous: int
    unlinked: int


def link(
    frame: pl.DataFrame | pl.LazyFrame,
    reference: pl.DataFrame | pl.LazyFrame,
    *,
    on: Sequence[str],
    id: str,  # noqa: A002 - it is the name of the id column
    source: str,
    decimals: int = 6,
) -> Linked:
    """Give each row of `frame` the id of the one entity of `reference` that says the same in all columns
    `on`.

    Floats are compared after rounding to `decimals`, numbers by value whatever their type. A row that fits
    more than one entity (ambiguous), or none, or has a null in `on` (both unlinked) is not guessed at: it
    gets an id of its own, `<source>:<16 hex digits>` of its content without the framework's columns, so equal
    rows stay one entity.

    >>> known = pl.DataFrame({"id": ["1", "2", "3"], "age": [63, 41, 41], "chol": [233.0, 204.0, 204.0]})
    >>> rows = pl.DataFrame({"age": [63.0, 41.0, 50.0], "chol": [233, 204, 1]})
    >>> told = link(rows, known, on=["age", "chol"], id="id", source="web")
    >>> told.frame["id"].to_list()[0], told.linked, told.ambiguous, told.unlinked
    ('1', 1, 1, 1)

    Raises:
        SchemaError: where a column of `on`, or the reference's `id`, is missing.

    """
    rows, known = frame.lazy().collect(), reference.lazy().collect()
    for table, needed in ((rows, on), (known, [*on, id])):
        missing = [name for name in needed if name not in table.columns]
        if missing:
            raise SchemaError(f"cannot link {source}: no column {', '.join(missing)}", where=source)
    keys = [f"_key{place}" for place in range(len(on))]
    entities = (
        known.select(pl.col(id).cast(pl.String).alias("_linked"), *_keys(known, on, decimals))
        .drop_nulls()
        .group_by(keys)
        .agg(pl.col("_linked").min(), _candidates=pl.col("_linked").n_unique())
    )
    found = rows.with_columns(_keys(rows, on, decimals)).join(
        entities, on=keys, how="left", maintain_order="left"
    )
    candidates = found["_candidates"].fill_null(0)
    single = pl.col("_candidates").fill_null(0) == 1
    named = found.with_columns(
        pl.when(single).then(pl.col("_linked")).otherwise(own_ids(rows, id, source)).alias(id)
    ).drop(*keys, "_linked", "_candidates")
    return Linked(
        frame=named,
        linked=int((candidates == 1).sum()),
        ambiguous=int((candidates > 1).sum()),
        unlinked=int((candidates == 0).sum()),
    )


def _keys(frame: pl.DataFrame, on: Sequence[str], decimals: int) -> list[pl.Expr]:
    def key(column: str) -> pl.Expr:
        if frame.schema[column].is_numeric():
            # Adding 0.0 makes -0.0 into 0.0.
            return pl.col(column).cast(pl.Float64).round(decimals) + 0.0
        return pl.col(column).cast(pl.String)

    return [key(column).alias(f"_key{place}") for place, column in enumerate(on)]


def own_ids(rows: pl.DataFrame, id_column: str, source: str) -> pl.Series:
    """Give each row an id of its content, `<source>:<16 hex digits>`; the framework's columns are no content."""
    said = [name for name in sorted(rows.columns) if not name.startswith("_") and name != id_column]
    # Each value with its length before it, so that no two different rows are written alike.
    parts = [pl.col(name).cast(pl.String) for name in said]
    written = [pl.format("{}:{}", part.str.len_bytes(), part).fill_null("-") for part in parts]
    content = rows.select(content=pl.concat_str(written, separator="|"))["content"]
    hashes = stable_hash(content, salt="natural_key").to_frame("h")
    return hashes.select(pl.lit(f"{source}:") + _hex(pl.col("h"))).to_series()


def _hex(words: pl.Expr) -> pl.Expr:
    digits = [
        (words // (16**place) % 16).cast(pl.Int64).replace_strict(list(range(16)), list("0123456789abcdef"))
        for place in range(15, -1, -1)
    ]
    return pl.concat_str(digits)
