"""How often two sources say the same: per column and pair of sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import polars as pl

from dq.merge.cells import differ
from dq.merge.stack import Stack

AGREEMENT: dict[str, type[pl.DataType]] = {
    "column_name": pl.String,
    "source_a": pl.String,
    "source_b": pl.String,
    "both": pl.Int64,
    "agree": pl.Int64,
    "share": pl.Float64,
}


def statements(stacked: Stack) -> dict[str, pl.DataFrame]:
    """Give what each source says of each entity: one row an entity, by source.

    Columns: the entity, the source's columns (null where the source contradicts itself about the entity),
    `_at` (the place of the entity's first row in the source's own order: landing, then row) and `_page`, its landing.
    """
    told = {}
    for source in stacked.sources:
        rows = stacked.rows.filter(pl.col("_source") == source).with_row_index("_at")
        columns = stacked.of[source]
        repeats = rows[stacked.entity].is_duplicated()
        once = rows.filter(~repeats).select(stacked.entity, *columns, "_at", _page="_landing_id")
        if once.height == rows.height:
            told[source] = once
            continue
        # Grouping is dear, so those that stand there once are left out of it.
        several = rows.filter(repeats).group_by(stacked.entity)
        first = (pl.col("_at").min(), pl.col("_landing_id").first().alias("_page"))
        undisputed = (_undisputed(column, rows.schema[column]) for column in columns)
        told[source] = pl.concat([once, several.agg(*undisputed, *first)]).sort("_at")
    return told


def _undisputed(column: str, dtype: pl.DataType) -> pl.Expr:
    low, high = pl.col(column).min(), pl.col(column).max()
    return pl.when(~differ(low, high, dtype)).then(low).alias(column)


def pairs(stacked: Stack, told: Mapping[str, pl.DataFrame]) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Give each pair of sources that shares a column, in precedence order, with the entities both know.

    The frame has the first source's columns, `_at` and `_page`, and the second's with `:b` behind their names.
    """
    for a, b in combinations(stacked.sources, 2):
        yield (
            a,
            b,
            told[a]
            .join(told[b], on=stacked.entity, how="inner", suffix=":b")
            .rename({c: f"{c}:b" for c in stacked.of[b] if c not in stacked.of[a]}, strict=False),
        )


def shared_columns(stacked: Stack, a: str, b: str) -> list[str]:
    """Give the columns that both sources have, in the stack's order."""
    return [c for c in stacked.columns if c in stacked.of[a] and c in stacked.of[b]]


def unequal(column: str, dtype: pl.DataType) -> pl.Expr:
    """Say where the two sides of a pair differ in `column`; null where one side is null."""
    a, b = pl.col(column), pl.col(f"{column}:b")
    return differ(pl.min_horizontal(a, b), pl.max_horizontal(a, b), dtype) if dtype.is_float() else a != b


def agreement_of(stacked: Stack, a: str, b: str, joined: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of `AGREEMENT` of one pair, in the order of the columns; `share` is null where nothing is
    shared.
    """
    columns = shared_columns(stacked, a, b)
    if not columns:
        return pl.DataFrame(schema=AGREEMENT)
    counts = joined.select(
        *(unequal(c, stacked.rows.schema[c]).count().alias(f"both:{i}") for i, c in enumerate(columns)),
        *((~unequal(c, stacked.rows.schema[c])).sum().alias(f"agree:{i}") for i, c in enumerate(columns)),
    ).row(0, named=True)
    first, second = sorted((a, b))
    return pl.DataFrame(
        {
            "column_name": columns,
            "source_a": [first] * len(columns),
            "source_b": [second] * len(columns),
            "both": [counts[f"both:{i}"] for i in range(len(columns))],
            "agree": [counts[f"agree:{i}"] for i in range(len(columns))],
        },
        schema={name: dtype for name, dtype in AGREEMENT.items() if name != "share"},
    ).with_columns(share=pl.when(pl.col("both") > 0).then(pl.col("agree") / pl.col("both")))
