"""How the rows of a query reach a person: a table, or one row below the other; what is left out is said."""

from __future__ import annotations

from typing import Literal

import duckdb
import polars as pl
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq.warehouse.names import quote

SHOWN_ROWS = 200
CELL = 60
"""The most that a cell takes of a table, in columns of the terminal: a Chinese character takes two."""
LEAST_CELL = 12
UPRIGHT_CELL = 1_000
_NESTED = ("STRUCT", "MAP", "UNION")
_BETWEEN = 3
_Row = tuple[str | None, ...]


def print_table(rows: duckdb.DuckDBPyRelation, console: Console, *, upright: bool = False) -> str:
    """Print the first rows, as a table or, where that would not fit or `upright`, one below the other.

    Gives what is true of the rest, in words: how many rows there are and are shown, how many cells are cut.
    """
    if rows.columns == ["explain_key", "explain_value"]:
        return _plan(rows, console)
    names, kinds = rows.columns, [str(dtype) for dtype in rows.types]
    total, head = _counted(rows)
    widths = None if upright else _widths(names, kinds, head, console.width)
    if widths is not None:
        cut = sum(
            cell is not None and not _fits(cell, width)
            for row in head
            for cell, width in zip(row, widths, strict=True)
        )
        console.print(_as_table(names, kinds, head, widths))
    else:
        cut = sum(cell is not None and len(cell) > UPRIGHT_CELL for row in head for cell in row)
        for number, row in enumerate(head, 1):
            console.print(_as_record(names, row, number))
    words = f"{total:,} row{'' if total == 1 else 's'}"
    if total > len(head):
        words += f", the first {len(head):,} shown (--format csv gives all)"
    if cut:
        words += f", {cut:,} long cell{'' if cut == 1 else 's'} cut at …"
    return words


def printable(text: str) -> str:
    """Show what would move the cursor instead of doing it: data comes from strangers."""
    return "".join(c if c.isprintable() else {"\n": "⏎", "\t": "⇥"}.get(c, "�") for c in text)


def is_number(dtype: str) -> bool:
    """Say whether a type of SQL is of numbers, which stand to the right.

    >>> is_number("UBIGINT"), is_number("DECIMAL(18,3)"), is_number("INTERVAL")
    (True, True, False)
    """
    return dtype.endswith(("INT", "INTEGER", "FLOAT", "DOUBLE")) or dtype.startswith("DECIMAL")


def uniquely_named(rows: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Give columns of the same name (a join's) names of their own."""
    if len({name.lower() for name in rows.columns}) == len(rows.columns):
        return rows
    return rows.query("_named", "from _named")


def as_texts(rows: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Give every cell as text: exact for every type that SQL has; nested values are JSON."""
    rows = uniquely_named(rows)
    return rows.project(", ".join(f"{cell} as {quote(name)}" for name, cell in _texts(rows).items()))


def _texts(rows: duckdb.DuckDBPyRelation) -> dict[str, str]:
    return {
        name: f"to_json({quote(name)})::varchar"
        if dtype.endswith("[]") or dtype.startswith(_NESTED)
        else f"{quote(name)}::varchar"
        for name, dtype in zip(rows.columns, map(str, rows.types), strict=True)
    }


def _counted(rows: duckdb.DuckDBPyRelation) -> tuple[int, list[_Row]]:
    """Give the number of rows, and the first ones as text, in one pass that makes text of no others."""
    rows = uniquely_named(rows)
    number = "_n"
    while number in map(str.lower, rows.columns):
        number += "_"
    cells = ", ".join(
        f"case when {number} <= {SHOWN_ROWS} then left({cell}, {UPRIGHT_CELL + 1}) end as {quote(name)}"
        for name, cell in _texts(rows).items()
    )
    numbered = rows.query(
        "_rows", f"select {cells} from (select row_number() over () as {number}, * from _rows)"
    )
    total, head = 0, list[_Row]()
    for batch in numbered.to_arrow_reader(65_536):
        first = pl.DataFrame(pl.from_arrow(batch.slice(0, SHOWN_ROWS - len(head))))
        head.extend(first.iter_rows())
        total += batch.num_rows
    return total, head


def _plan(rows: duckdb.DuckDBPyRelation, console: Console) -> str:
    """Print what EXPLAIN drew, as it drew it."""
    plans = rows.fetchall()
    for _, drawn in plans:
        console.print(Text("\n".join(map(printable, str(drawn).splitlines()))), soft_wrap=True)
    return f"{len(plans):,} plan{'' if len(plans) == 1 else 's'}"


def _widths(names: list[str], kinds: list[str], head: list[_Row], room: int) -> list[int] | None:
    """Share the room out: each column gets all it wants or, the widest first, less; nothing where all is too little."""
    heads = [cell_len(printable(name)) for name in names]
    wanted = [
        max([width, *(min(_width(row[i]), CELL) for row in head)], default=1) for i, width in enumerate(heads)
    ]
    # A number that is cut is another number.
    least = [
        want if is_number(kind) else max(width, min(want, LEAST_CELL))
        for width, want, kind in zip(heads, wanted, kinds, strict=True)
    ]
    room -= _BETWEEN * (len(names) - 1)
    if sum(least) > room:
        return None
    for most in range(CELL, 0, -1):
        widths = [max(low, min(want, most)) for low, want in zip(least, wanted, strict=True)]
        if sum(widths) <= room:
            return widths
    return least


def _width(cell: str | None) -> int:
    return 4 if cell is None else cell_len(printable(cell[: CELL + 1]))


def _fits(cell: str, width: int) -> bool:
    return len(cell) <= width and cell_len(printable(cell)) <= width


def _as_table(names: list[str], kinds: list[str], head: list[_Row], widths: list[int]) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    for name, kind, width in zip(names, kinds, widths, strict=True):
        justify: Literal["left", "right"] = "right" if is_number(kind) else "left"
        table.add_column(Text(printable(name)), justify=justify, no_wrap=True, width=width)
    for row in head:
        table.add_row(*(_cell(cell, width) for cell, width in zip(row, widths, strict=True)))
    return table


def _as_record(names: list[str], row: _Row, number: int) -> Table:
    table = Table(
        title=f"row {number:,}", title_justify="left", show_header=False, show_edge=False, pad_edge=False
    )
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, cell in zip(names, row, strict=True):
        whole = cell is None or len(cell) <= UPRIGHT_CELL
        table.add_row(Text(printable(name)), _cell(cell if whole else f"{(cell or '')[: UPRIGHT_CELL - 1]}…"))
    return table


def _cell(cell: str | None, width: int | None = None) -> Text:
    if cell is None:
        return Text("null", style="dim")
    if width is not None and not _fits(cell, width):
        return Text(set_cell_size(printable(cell[:width]), width - 1).rstrip() + "…")
    return Text(printable(cell))
