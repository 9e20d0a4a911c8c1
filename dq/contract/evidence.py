"""The first few rows that broke each rule, kept while batches stream past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from dq.contract.reasons import value_of
from dq.verdict import REASONS, Example

MOST = 5
"""How many examples of each rule are kept, enough to see what is wrong; all rejected rows lie in quarantine."""
ORIGIN = ("_landing_id", "_row", "_members")


def first_rows(rows: pl.DataFrame, columns: tuple[str, ...], fails: pl.Series) -> pl.DataFrame:
    """Give the first few rows that fail: the columns of the rule, and what tells where a row came from."""
    shown = dict.fromkeys(name for name in (*columns, *ORIGIN) if name in rows.columns)
    return rows.select(*shown)[fails.arg_true().head(MOST)] if shown else pl.DataFrame()


def examples(rows: pl.DataFrame, columns: tuple[str, ...]) -> tuple[Example, ...]:
    """Give each of these few rows as an example."""
    if not rows.width:
        return ()
    landing, row = origin_of(rows.columns)
    value = value_of(columns, rows.schema)
    told = rows.with_columns(value.alias("_value"), landing.alias("_landing"), row.alias("_at"))
    return tuple(Example(*cells) for cells in told.select("_value", "_landing", "_at").rows())


def unread_examples(rows: pl.DataFrame, problems: pl.Series) -> Mapping[str, tuple[Example, ...]]:
    """Give the first few rows of every rule that cleaning names in `problems`."""
    landing, row = origin_of(rows.columns)
    told = (
        rows.with_columns(landing.alias("landing"), row.alias("row"), problems.cast(REASONS).alias("one"))
        .select("landing", "row", "one")
        .explode("one", empty_as_null=False, keep_nulls=False)
        .unnest("one")
        .group_by("rule", maintain_order=True)
        .head(MOST)
        .select("rule", "value", "landing", "row")
    )
    found: dict[str, tuple[Example, ...]] = {}
    for rule, *cells in told.iter_rows():
        found[rule] = (*found.get(rule, ()), Example(*cells))
    return found


def origin_of(columns: Sequence[str]) -> tuple[pl.Expr, pl.Expr]:
    """Give landing and row number, of a merged row those of its first member; both null where no column tells."""
    if {"_landing_id", "_row"} <= set(columns):
        return pl.col("_landing_id"), pl.col("_row").cast(pl.Int64)
    if "_members" in columns:
        member = pl.col("_members").list.first()
        return member.struct.field("landing_id"), member.struct.field("row").cast(pl.Int64)
    return pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.Int64)
