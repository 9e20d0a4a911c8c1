"""Delimited text whose lines do not all have as many cells: those that do, and how many lines were left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dq.warehouse.names import literal, quote

_WIDTHS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")


@dataclass(frozen=True)
class LeftOut:
    """Lines that are no rows: how many, the number of the first, and what is wrong with it."""

    lines: int
    first: int
    why: str


def read_uneven(path: Path, delimiter: str, names: list[str], *, header: bool, to: Path) -> LeftOut:
    """Write the rows with as many cells as there are names to a Parquet file, all text; the rest is left out.

    `header` says that the first line is one. An empty cell is null.
    """
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    cells = ", ".join(f"nullif({quote(name)}, '') as {quote(name)}" for name in names)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select {cells} from read_csv({literal(str(path))}, delim = {literal(delimiter)}, "
            f"quote = '\"', escape = '\"', header = {header}, columns = {{{columns}}}, auto_detect = false, "
            "store_rejects = true, rejects_limit = 0, max_line_size = 100000000)) "
            f"to {literal(str(to))} (format parquet)"
        )
        lines, first, why = connection.execute(
            "select count(distinct line), min(line), arg_min(error_message, line) from reject_errors"
        ).fetchall()[0]
    said = str(why or "").partition("\n")[0]
    widths = _WIDTHS.fullmatch(said)
    return LeftOut(lines, first or 0, f"{widths[2]} cells instead of {widths[1]}" if widths else said)
