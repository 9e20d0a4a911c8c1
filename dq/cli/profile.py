"""`dq profile`: what a file or table is like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from dq.cli.plain import plain, share, short
from dq.cli.sql_output import printable
from dq.console import Console
from dq.profile.column import Column
from dq.profile.profile import Profile, describe, profile
from dq.profile.read_file import Rows, at_most, read_file
from dq.warehouse import Warehouse

BARS = " ▁▂▃▄▅▆▇█"
TOLD = 8


def read_rows(warehouse: Warehouse, named: str, most: int) -> tuple[str, Rows]:
    """Give the rows of a file, or of a table of the warehouse, and the name of the table that they are.

    Raises:
        UserError: there is neither.

    """
    path = Path(named)
    is_table = named.count(".") == 1 and "/" not in named and not path.exists()
    if is_table and path.suffix.lower() not in {
        ".csv",
        ".tsv",
        ".txt",
        ".json",
        ".parquet",
        ".xlsx",
        ".ndjson",
    }:
        return named, at_most(warehouse.read(named), most)
    rows = read_file(path, most)
    stem = "".join(letter if letter.isalnum() else "_" for letter in path.name.partition(".")[0]).strip("_")
    return f"core.{stem or 'table'}", rows


def print_profile(name: str, rows: Rows, console: Console, *, as_json: bool) -> None:
    """Print what the table is like."""
    found = profile(rows.frame, name, rows.total)
    if as_json:
        console.print_data(found.as_json(), allow_nan=False)
        return
    looked = "" if found.rows == found.total else f", every {-(-found.total // found.rows)}th looked at"
    console.print(f"[bold]{plain(name)}[/bold]  {found.total:,} rows{looked}, {len(found.columns)} columns")
    if rows.left_out is not None:
        out = rows.left_out
        console.print(
            f"[yellow]left out[/yellow]  {out.lines:,} {'line' if out.lines == 1 else 'lines'}, "
            f"the first is line {out.first:,}: {plain(out.why)}"
        )
    console.print(_columns(found))
    _print_lines(console, "Likely keys", [" + ".join(key) for key in found.keys])
    hidden = [
        f"{column.name}: {one['value'] or repr(one['value'])} in {one['count']:,} rows; {one['reason']}"
        for column in found.columns
        for one in column.hidden.sort("sure", descending=True).to_dicts()
    ]
    _print_lines(console, "Likely hidden missing values", hidden)
    given = [
        f"{one.given} gives {one.then} in {share(one.agree)} of {one.rows:,} rows"
        for one in found.dependencies
    ]
    _print_lines(console, "Columns that give others", given)
    ordered = [f"{one.low} ≤ {one.high} in {share(one.hold)} of {one.rows:,} rows" for one in found.orders]
    _print_lines(console, "Columns in order", ordered)


def _columns(found: Profile) -> Table:
    table = Table(pad_edge=False)
    table.add_column("column", overflow="fold")
    table.add_column("reads as")
    for title in ("null", "distinct"):
        table.add_column(title, justify="right", no_wrap=True)
    for title in ("values", "shape"):
        table.add_column(title, overflow="fold")
    for column in found.columns:
        missing, told = column.nulls / column.rows if column.rows else 0.0, describe(column)
        table.add_row(
            plain(column.name),
            plain(str(column.reading)),
            "·" if not column.nulls else share(missing),
            f"{column.values.height:,}",
            plain(_values(column, told)),
            plain(_shape(column, told)),
        )
    return table


def _values(column: Column, told: dict[str, Any]) -> str:
    if column.values.is_empty():
        return ""
    if told.get("vocabulary") or column.reading.kind in {"text", "boolean"}:
        common = [f"{short(one['value'])} {share(one['count'] / column.known)}" for one in told["top"][:4]]
        return ", ".join(common) + (" …" if column.values.height > 4 else "")
    if "quantiles" in told:
        return f"{told['min']:g} … {told['quantiles']['0.5']:g} … {told['max']:g}"
    return f"{short(told['min'])} … {short(told['max'])}"


def _shape(column: Column, told: dict[str, Any]) -> str:
    if told.get("histogram"):
        return bars(told["histogram"])
    return ", ".join(
        short(one["pattern"]) for one in told.get("patterns", [])[:2] if column.reading.kind == "code"
    )


def bars(heights: Sequence[int]) -> str:
    """Draw numbers as bars; what is not nothing is seen.

    >>> bars([0, 1, 50, 100])
    ' ▁▄█'
    """
    top = max(heights, default=0) or 1
    return "".join(BARS[0 if not height else max(1, height * 8 // top)] for height in heights)


def _print_lines(console: Console, title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    console.print(f"\n{title}", style="bold")
    for line in lines[:TOLD]:
        console.print(f"  {printable(line)}", markup=False, highlight=False)
    if len(lines) > TOLD:
        console.print(f"  … and {len(lines) - TOLD} more: see --json", style="dim")
