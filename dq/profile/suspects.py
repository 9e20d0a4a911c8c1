"""The cells of a table that look wrong, each with the reason and, where one can be had, a proposal."""

from __future__ import annotations

import polars as pl

from dq.profile.column import Column
from dq.profile.profile import Profile, profile
from dq.profile.suspect_rows import FOUND as FOUND_ROWS
from dq.profile.suspect_rows import broken_dependencies, out_of_order, repeated_keys
from dq.profile.suspect_values import suspect_values
from dq.profile.swallowed import swallowed
from dq.profile.swapped import swapped

SUSPECTS = {
    "row": pl.UInt32,
    "column": pl.String,
    "kind": pl.String,
    "value": pl.String,
    "why": pl.String,
    "proposal": pl.String,
}
FEW_NULLS = 0.005
FEWEST = 50


def suspects(frame: pl.DataFrame, found: Profile | None = None) -> pl.DataFrame:
    """Give `row` (from 0), `column, kind, value` (as text), `why, proposal` of every cell that looks wrong.

    A cell is given once, with the surest kind: those that hold a neighbour's value, too, swapped, dependency and
    missing (what the same key has elsewhere), those of `suspect_values`, duplicate, order, and last a lone null
    (`missing`). Nothing is told of columns with an underscore in front. It is for a table in which most cells are
    right.

    >>> towns = pl.DataFrame({"zip": ["a", "b", "c"] * 20, "town": ["York", "Bath", "Ely"] * 20})
    >>> wrong = towns.with_columns(town=pl.when(pl.int_range(pl.len()) == 7).then(pl.lit("Btah")).otherwise("town"))
    >>> suspects(wrong).select("row", "column", "value", "proposal").rows()
    [(7, 'town', 'Btah', 'Bath')]
    """
    rows = frame.select(pl.exclude("^_.*$"))
    found = profile(rows, "core.suspects") if found is None else found
    columns = [column for column in found.columns if not column.is_opaque]
    numbered = (
        rows.with_row_index("_row_number").rename({"_row_number": "row"})
        if "row" not in rows.columns
        else None
    )
    if numbered is None:  # a column of the table has the name that is needed here
        renamed = frame.rename({"row": "row "})
        return suspects(renamed).with_columns(pl.col("column").replace("row ", "row"))
    told = [
        swallowed(numbered, columns),
        swapped(numbered, columns),
        broken_dependencies(numbered, columns),
        *(_by_value(numbered, column) for column in columns),
        repeated_keys(numbered, columns),
        out_of_order(numbered, columns, found.orders),
        *(_nulls(numbered, column) for column in columns),
    ]
    cells = pl.concat(told).unique(["row", "column"], keep="first", maintain_order=True)
    return _with_values(numbered, cells).sort("row", "column")


def _by_value(rows: pl.DataFrame, column: Column) -> pl.DataFrame:
    wrong = suspect_values(column)
    if wrong.is_empty():
        return pl.DataFrame(schema=FOUND_ROWS)
    cells = rows.select("row", value=pl.col(column.name).cast(pl.String))
    return (
        cells.join(wrong, on="value")
        .with_columns(column=pl.lit(column.name))
        .select(*FOUND_ROWS)
        .cast(FOUND_ROWS)  # type: ignore[arg-type]
    )


def _nulls(rows: pl.DataFrame, column: Column) -> pl.DataFrame:
    if not column.nulls or column.nulls > FEW_NULLS * column.rows or column.rows < FEWEST:
        return pl.DataFrame(schema=FOUND_ROWS)
    return (
        rows.filter(pl.col(column.name).is_null())
        .select(
            "row",
            column=pl.lit(column.name),
            kind=pl.lit("missing"),
            proposal=pl.lit(None, pl.String),
            why=pl.lit("nearly all others are known"),
        )
        .cast(FOUND_ROWS)  # type: ignore[arg-type]
    )


def _with_values(rows: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    parts = [pl.DataFrame(schema=SUSPECTS)]
    for (name,), some in cells.group_by("column", maintain_order=True):
        values = rows.select("row", value=pl.col(str(name)).cast(pl.String))
        parts.append(some.join(values, on="row", how="left").select(*SUSPECTS).cast(SUSPECTS))  # type: ignore[arg-type]
    return pl.concat(parts)
