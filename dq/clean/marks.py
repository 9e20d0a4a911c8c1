"""How a cleaning step says what it did to a cell: one struct per cell, kept in a list beside the row.

Only the bookkeeping is here; which cells are marked, and why, is each step's own affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl

from dq.lists_by_row import lists_by_row
from dq.verdict import REASONS, Dimension

Ledger = Literal["_problems", "_repairs"]
LEDGERS: tuple[Ledger, ...] = ("_problems", "_repairs")


def mark(where: pl.Expr, column: str, step: str, dimension: Dimension) -> pl.Expr:
    """Give one reason `<step>:<column>` with the cell's text where `where` holds, and null elsewhere."""
    return pl.when(where).then(
        pl.struct(
            rule=pl.lit(f"{step}:{column}"),
            dimension=pl.lit(dimension),
            column=pl.lit(column),
            value=pl.col(column).cast(pl.String),
        )
    )


def filled(where: pl.Expr, column: str, step: str) -> pl.Expr:
    """Give one reason `<step>:<column>` (completeness) where `where` says that a cell was missing and is not now."""
    return pl.when(where).then(
        pl.struct(
            rule=pl.lit(f"{step}:{column}"),
            dimension=pl.lit("completeness"),
            column=pl.lit(column),
            value=pl.lit(None, dtype=pl.String),
        )
    )


def with_ledgers(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Give `frame` with both columns, empty where they were absent or null."""
    present = frame.collect_schema().names()
    empty = pl.lit([], dtype=REASONS)
    return frame.with_columns(
        (pl.col(name).fill_null(empty) if name in present else empty).alias(name) for name in LEDGERS
    )


def append(ledger: Ledger, marks: Sequence[pl.Expr]) -> pl.Expr:
    """Give `ledger` with those of `marks` that are not null behind what it held, in the order of `marks`."""
    if not marks:
        return pl.col(ledger)
    cells = pl.struct(pl.col(ledger), *(one.alias(str(place)) for place, one in enumerate(marks)))
    return cells.map_batches(_appended, REASONS, is_elementwise=True).alias(ledger)


def _appended(cells: pl.Series) -> pl.Series:
    ledger, *marks = (cells.struct.field(name) for name in cells.struct.fields)
    there = np.repeat(np.arange(len(cells)), ledger.list.len().to_numpy())
    parts = [(there, ledger.explode(empty_as_null=False))]
    for one in marks:
        marked = one.is_not_null().arg_true()
        if len(marked):
            parts.append((marked.to_numpy(), one.gather(marked)))
    return ledger if len(parts) == 1 else lists_by_row(len(cells), parts, REASONS).rename(ledger.name)
