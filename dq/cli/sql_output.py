"""How the rows of a query reach a person or a program: a table to look at, or CSV and JSON to the letter."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

import duckdb
import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq.warehouse.names import literal, quote

SHOWN_ROWS = 200
CELL_CHARACTERS = 60
LEAST_CHARACTERS = 12
_NESTED = ("STRUCT", "MAP", "UNION")
_NUMBERS = ("INT", "INTEGER", "FLOAT", "DOUBLE")


def write_csv(rows: duckdb.DuckDBPyRelation, out: TextIO) -> None:
    """Write a header and every row; null is an empty field, empty text is `""`, nested values are JSON."""
    # As text, not straight to the stream: Polars would write past `out` to its file descriptor.
    out.write(pl.DataFrame(rows.columns).transpose().write_csv(include_header=False))
    out.writelines(frame.write_csv(include_header=False) for frame in _texts(rows))


def write_json(rows: duckdb.DuckDBPyRelation, out: TextIO) -> None:
    """Write one array of objects, a line each; a number that JSON does not know (NaN, infinity) is null."""
    rows = _unique(rows)
    fields = ", ".join(
        f"{literal(name)}: "
        + (f"case when isfinite({quote(name)}) then {quote(name)} end" if _is_float(dtype) else quote(name))
        for name, dtype in zip(rows.columns, map(str, rows.types), strict=True)
    )
    objects = rows.project(f"to_json({{{fields}}})::varchar as object")
    out.write("[")
    between = "\n"
    for frame in _batches(objects):
        out.write(between + ",\n".join(frame["object"].to_list()))
        between = ",\n"
    out.write("\n]\n")


def write_parquet(rows: duckdb.DuckDBPyRelation, path: Path) -> None:
    """Write all rows to a file."""
    rows.write_parquet(str(path), compression="zstd")


def print_table(rows: duckdb.DuckDBPyRelation, console: Console) -> str:
    """Print the first rows, as a table or, where that would not fit, one below the other.

    Gives what is true of the rest, in words: how many rows there are and are shown, how many cells are cut.
    """
    names, kinds = rows.columns, [str(dtype) for dtype in rows.types]
    total, head = 0, list[tuple[str | None, ...]]()
    for frame in _texts(rows):
        head.extend(islice(frame.iter_rows(), SHOWN_ROWS - len(head)))
        total += frame.height
    cut = [cell for row in head for cell in row if cell is not None and len(cell) > CELL_CHARACTERS]
    if _fits(names, head, console.width):
        console.print(_as_table(names, kinds, head))
    else:
        for number, row in enumerate(head, 1):
            console.print(_as_record(names, row, number))
    words = f"{total:,} row{'' if total == 1 else 's'}"
    if total > len(head):
        words += f", the first {len(head):,} shown (--format csv gives all)"
    if cut:
        words += f", {len(cut):,} long cell{'' if len(cut) == 1 else 's'} cut at …"
    return words


def _as_table(names: list[str], kinds: list[str], head: list[tuple[str | None, ...]]) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    for name, kind in zip(names, kinds, strict=True):
        number = kind.endswith(_NUMBERS) or kind.startswith("DECIMAL")
        table.add_column(
            Text(printable(name)), justify="right" if number else "left", no_wrap=True, overflow="ellipsis"
        )
    for row in head:
        table.add_row(*map(_cell, row))
    return table


def _as_record(names: list[str], row: tuple[str | None, ...], number: int) -> Table:
    table = Table(
        title=f"row {number:,}", title_justify="left", show_header=False, show_edge=False, pad_edge=False
    )
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, cell in zip(names, row, strict=True):
        table.add_row(Text(printable(name)), _cell(cell))
    return table


def _fits(names: list[str], head: list[tuple[str | None, ...]], width: int) -> bool:
    """Say whether every column can have its name and a readable part of its cells."""
    cells = [[len(row[i] or "null") for row in head] for i in range(len(names))]
    least = [
        max(len(name), min(max(lengths, default=0), LEAST_CHARACTERS))
        for name, lengths in zip(names, cells, strict=True)
    ]
    return sum(least) + 3 * len(least) <= width


def _cell(text: str | None) -> Text:
    if text is None:
        return Text("null", style="dim")
    if len(text) > CELL_CHARACTERS:
        text = text[: CELL_CHARACTERS - 1] + "…"
    return Text(printable(text))


def printable(text: str) -> str:
    """Show what would move the cursor instead of doing it: data comes from strangers."""
    return "".join(c if c.isprintable() else {"\n": "⏎", "\t": "⇥"}.get(c, "�") for c in text)


def _is_float(dtype: str) -> bool:
    return dtype in {"FLOAT", "DOUBLE"}


def _unique(rows: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Give columns of the same name (a join's) names of their own."""
    if len({name.lower() for name in rows.columns}) == len(rows.columns):
        return rows
    return rows.query("_rows", "from _rows")


def _texts(rows: duckdb.DuckDBPyRelation) -> Iterator[pl.DataFrame]:
    """Give the rows batch by batch, every cell as text: exact for every type that SQL has."""
    rows = _unique(rows)
    casts = [
        f"to_json({quote(name)})::varchar as {quote(name)}"
        if dtype.endswith("[]") or dtype.startswith(_NESTED)
        else f"{quote(name)}::varchar as {quote(name)}"
        for name, dtype in zip(rows.columns, map(str, rows.types), strict=True)
    ]
    yield from _batches(rows.project(", ".join(casts)))


def _batches(rows: duckdb.DuckDBPyRelation) -> Iterator[pl.DataFrame]:
    for batch in rows.to_arrow_reader(65_536):
        yield pl.DataFrame(pl.from_arrow(batch))
