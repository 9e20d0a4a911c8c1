"""`dq diff`: what differs between two snapshots of a table, for people and for programs."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from rich.table import Table
from rich.text import Text

from dq.cli.interruptible import interruptible
from dq.cli.sql import UNWATCHED_WIDTH, run_query
from dq.cli.sql_output import printable
from dq.console import Console
from dq.warehouse import Warehouse
from dq.warehouse.diff import KINDS, Diff, diff
from dq.warehouse.snapshots import history, snapshot_before, version_of

MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
CELL = 40


def print_diff(
    warehouse: Warehouse,
    table: str,
    before: str | None = None,
    after: str | None = None,
    *,
    key: tuple[str, ...] = (),
    limit: int = 20,
    format: str | None = None,  # noqa: A002
    out: Path | None = None,
    console: Console | None = None,
) -> None:
    """Compare two snapshots of a table; without snapshots, its last change with the state before it.

    As a table it shows at most `limit` rows of a kind; all other formats hold every row that differs.

    Raises:
        ConfigError: there is no warehouse yet.
        UserError: there is no such table or snapshot, or `key` is no key.

    """
    with warehouse.connect() as lake:
        versions = _versions(lake, table, before, after)
        found = diff(lake, table, versions, key)
        if format in {None, "table"} and out is None:
            _show(lake, found, limit, console or _console())
        elif format == "json" and out is None:
            _as_json(lake, found, limit, console or _console())
        else:
            interruptible(lake, lambda: run_query(lake, found.query(), format, out))


def _console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else UNWATCHED_WIDTH)


def _versions(
    lake: duckdb.DuckDBPyConnection, table: str, before: str | None, after: str | None
) -> tuple[int, int]:
    if before is not None:
        return version_of(lake, before), version_of(lake, after or "now")
    last = int(history(lake, table, 1)["version"][0])
    return snapshot_before(lake, last), last


def _as_json(lake: duckdb.DuckDBPyConnection, found: Diff, limit: int, console: Console) -> None:
    """Print one object: counts, columns, scores, and the first rows of each kind."""
    summary = {name: value for name, value in asdict(found).items() if not name.startswith("_")}
    rows = {kind: _rows(lake, found, kind, limit) for kind in KINDS if getattr(found, kind)}
    told = summary | {"same": found.same, "examples": rows}
    console.print_data(told)


def _rows(lake: duckdb.DuckDBPyConnection, found: Diff, kind: str, limit: int) -> list[dict[str, Any]]:
    # A changed row is two rows: before and after.
    lines = limit * 2 if kind == "changed" else limit
    rows = lake.execute(f"{found.query(kind)} limit {lines}").to_arrow_table()
    return pl.DataFrame(pl.from_arrow(rows)).to_dicts()


def _show(lake: duckdb.DuckDBPyConnection, found: Diff, limit: int, console: Console) -> None:
    old, new = found.versions
    matched = f"rows matched by {', '.join(found.key)}" if found.key else "no key known: whole rows compared"
    console.print(Text.assemble((found.table, "bold"), f"  snapshot {old} → {new}, {matched}"))
    if found.same and not found.elsewhere:
        console.print(f"Nothing differs: {found.rows[1]:,} rows.")
        return
    console.print(_counts(found))
    for column in found.columns:
        kind = "added" if column.before is None else "removed" if column.after is None else "changed"
        mark, style = MARKS[kind]
        types = (
            column.after
            if kind == "added"
            else column.before
            if kind == "removed"
            else (f"{column.before} → {column.after}")
        )
        console.print(Text(f"  {mark} column {printable(column.name)}  {str(types).lower()}", style=style))
    for score in found.scores:
        if score.before != score.after:
            console.print(f"  {score.dimension}  {_score(score.before)} → {_score(score.after)}")
    for kind in KINDS:
        count = getattr(found, kind)
        if count:
            rows = _rows(lake, found, kind, limit)
            console.print()
            console.print(_changes(found, rows) if kind == "changed" else _listing(found, kind, rows))
            if count > limit:
                console.print(
                    Text(f"the first {limit:,} of {count:,} (--limit, or --format csv for all)", style="dim")
                )


def _counts(found: Diff) -> Text:
    line = Text(f"  {found.rows[0]:,} → {found.rows[1]:,} rows: ")
    parts = [(f"{MARKS[kind][0]}{getattr(found, kind):,} {kind}", MARKS[kind][1]) for kind in KINDS]
    for number, (words, style) in enumerate(parts if found.key else parts[:2]):
        line.append(", " if number else "").append(words, style=style)
    if found.elsewhere:
        line.append(f"; {found.elsewhere:,} differ only in where they came from")
    if found.cells:
        cells = sorted(found.cells.items(), key=lambda item: -item[1])
        line.append(
            "\n  changed cells: " + ", ".join(f"{printable(name)} {count:,}" for name, count in cells)
        )
    return line


def _changes(found: Diff, rows: list[dict[str, Any]]) -> Table:
    """One line per changed cell: the row's key, the column, before, after."""
    table = Table(
        title="~ changed", title_justify="left", header_style="bold", show_edge=False, pad_edge=False
    )
    for name in found.key:
        table.add_column(printable(name), overflow="fold")
    table.add_column("column", no_wrap=True)
    table.add_column("before", style="red", overflow="fold")
    table.add_column("after", style="green", overflow="fold")
    for before, after in zip(rows[::2], rows[1::2], strict=True):
        head = [_cell(after[name]) for name in found.key]
        for column in found.cells:
            # As text, since NaN is not equal to itself.
            if str(before.get(column)) != str(after.get(column)):
                table.add_row(*head, printable(column), _cell(before.get(column)), _cell(after.get(column)))
                head = [""] * len(head)
    return table


def _listing(found: Diff, kind: str, rows: list[dict[str, Any]]) -> Table:
    """One line per added or removed row: its key, and the rest of it as far as there is room."""
    mark, style = MARKS[kind]
    table = Table(
        title=f"{mark} {kind}", title_justify="left", header_style="bold", show_edge=False, pad_edge=False
    )
    for name in found.key:
        table.add_column(printable(name), style=style, overflow="fold")
    table.add_column("row", style=style, no_wrap=True, overflow="ellipsis")
    for row in rows:
        rest = {
            name: value
            for name, value in row.items()
            if name not in found.key and not name.startswith("_") and value is not None
        }
        words = ", ".join(f"{name}={_cell(value)}" for name, value in rest.items())
        table.add_row(*(_cell(row[name]) for name in found.key), Text(printable(words)))
    return table


def _cell(value: object) -> str:
    if value is None:
        return "null"
    text = printable(str(value))
    return text if len(text) <= CELL else text[: CELL - 1] + "…"


def _score(score: float | None) -> str:
    return "·" if score is None else f"{score:.4f}"
