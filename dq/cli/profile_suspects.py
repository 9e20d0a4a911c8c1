"""`dq profile --suspects`: the cells that look wrong, counted, shown or written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from rich.table import Table

from dq.cli.plain import plain, short
from dq.console import Console
from dq.errors import UserError
from dq.profile.profile import profile
from dq.profile.read_file import Rows
from dq.profile.suspects import suspects

COUNTED = ("column", "kind", "cells")
WRITERS: Mapping[str, Callable[[pl.DataFrame, Path], Any]] = {
    ".csv": pl.DataFrame.write_csv,
    ".parquet": pl.DataFrame.write_parquet,
    ".json": pl.DataFrame.write_json,
}


def print_suspects(name: str, rows: Rows, console: Console, *, output: Path | None, as_json: bool) -> None:
    """Print the cells that look wrong: how many of each kind a column, and the first of them; or write them all.

    Rows are counted from 1, the first row of data; of a table that was not looked at whole, that is its sample.

    Raises:
        UserError: the output is of no known kind, or there already.

    """
    if output is not None and (output.exists() or output.suffix not in WRITERS):
        raise UserError(f"{output} is there already, or no {', '.join(WRITERS)}", hint="take another name")
    found = suspects(rows.frame, profile(rows.frame, name, rows.total)).with_columns(pl.col("row") + 1)
    if output is not None:
        WRITERS[output.suffix](found, output)
    if as_json:
        told = [dict(zip(COUNTED, row, strict=True)) for row in _counted(found).select(COUNTED).rows()]
        console.print_data(
            {"table": name, "rows": rows.total, "counts": told, "cells": found.to_dicts()}, allow_nan=False
        )
        return
    cells = rows.frame.height * rows.frame.width
    sample = (
        "" if rows.frame.height == rows.total else f", of every {-(-rows.total // rows.frame.height)}th row"
    )
    console.print(
        f"[bold]{plain(name)}[/bold]  {found.height:,} of {cells:,} cells look wrong{sample}",
        highlight=False,
    )
    if output is not None:
        console.print(f"wrote {output}", markup=False, highlight=False)
    if found.height:
        console.print(_suspect_table(found))


def _counted(found: pl.DataFrame) -> pl.DataFrame:
    return (
        found.group_by("column", "kind", maintain_order=True)
        .agg(pl.len().alias("cells"), pl.col("row", "value", "proposal", "why").first())
        .sort("cells", "column", descending=[True, False])
    )


def _suspect_table(found: pl.DataFrame) -> Table:
    table = Table(pad_edge=False)
    table.add_column("column", overflow="fold")
    table.add_column("kind", no_wrap=True)
    table.add_column("cells", justify="right", no_wrap=True)
    table.add_column("such as row", justify="right", no_wrap=True)
    for title in ("value", "why", "rather"):
        table.add_column(title, overflow="fold")
    for one in _counted(found).to_dicts():
        value = "null" if one["value"] is None else short(repr(one["value"]))
        rather = "" if one["proposal"] is None else short(one["proposal"])
        words = [
            one["column"],
            one["kind"],
            f"{one['cells']:,}",
            f"{one['row']:,}",
            value,
            one["why"],
            rather,
        ]
        table.add_row(*map(plain, words))
    return table
