"""`dq drift`: what is no longer as it was, and each column of a table over its last times."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq.cli.sql_output import printable
from dq.drift.accept import accept
from dq.drift.compare import Past
from dq.drift.finding import Finding, alarms
from dq.drift.history import history, newest_findings
from dq.drift.profile import POINTS, ColumnProfile
from dq.errors import ConfigError, UserError
from dq.warehouse import Warehouse

MEASURED = """
select table_name, count(distinct snapshot_id) from quality.profiles group by 1 order by 1
"""
STYLES = {"error": "red", "warn": "yellow", "info": "dim"}


def print_drift(
    warehouse: Warehouse, console: Console, table: str | None = None, *, as_json: bool = False
) -> None:
    """Print the findings of each table's newest time or, for one table, also its columns over the last times.

    Raises:
        ConfigError: where the table was never measured.

    """
    if table is not None:
        past = history(table, warehouse)
        if not past:
            raise ConfigError(f"{table} was never measured", where=table, hint="dq drift lists what drifted")
        _table(table, past, warehouse, console, as_json=as_json)
        return
    measured = warehouse.ask(MEASURED)
    found = newest_findings(None, warehouse)
    if as_json:
        console.print_json(json.dumps([asdict(one) for one in found]))
        return
    if found:
        console.print(_findings(found))
    once = sum(1 for _, times in measured if times == 1)
    ringing = len(alarms(found))
    words = (
        f"{len(measured):,} tables measured: {ringing:,} drift{'' if ringing == 1 else 's'}, "
        f"{len(found) - ringing:,} only noted."
    )
    if once:
        words += f" {once:,} were measured once: there is nothing to compare them with yet."
    console.print(words if measured else "No table has been measured yet. Run: make run", highlight=False)


def accept_drift(warehouse: Warehouse, console: Console, table: str | None, now: datetime) -> None:
    """Take a source's fields as they are now; the table that they blocked is made in the next run.

    Raises:
        UserError: where no raw table is named, or it was never measured.

    """
    if table is None or not table.startswith("raw."):
        raise UserError("--accept takes a source's table", hint="dq drift raw.<domain>__<source> --accept")
    accept(table, warehouse, now)
    console.print(f"The fields of {table} are taken as they are; the next run makes what they blocked.")


def _table(
    table: str, past: Sequence[Past], warehouse: Warehouse, console: Console, *, as_json: bool
) -> None:
    found = newest_findings(table, warehouse)
    if as_json:
        times = [[asdict(column) for column in one.columns.values()] for one in past]
        console.print_json(json.dumps({"findings": [asdict(one) for one in found], "newest_first": times}))
        return
    if found:
        console.print(_findings(found))
    listing = Table(
        title=f"{table}, {len(past)} times, the newest last", title_justify="left", pad_edge=False
    )
    for name in ("column", "type", "compared as"):
        listing.add_column(name, no_wrap=name == "column")
    for name in ("missing", "distinct", "middle or commonest value"):
        listing.add_column(name, overflow="fold")
    rows = [next(iter(one.columns.values())).rows for one in reversed(past)]
    for name, column in past[0].columns.items():
        known = [one.columns[name] for one in reversed(past) if name in one.columns]
        listing.add_row(
            Text(name),
            column.dtype,
            column.kind,
            _run_of([f"{one.nulls / one.rows:.1%}" if one.rows else "·" for one in known]),
            _run_of(["·" if one.distinct_about is None else f"{one.distinct_about:,}" for one in known]),
            Text(_run_of([_typical(one) for one in known])),
        )
    console.print(listing)
    console.print(f"rows: {_run_of([f'{count:,}' for count in rows])}", highlight=False)


def _findings(found: Sequence[Finding]) -> Table:
    listing = Table(header_style="bold", show_edge=False, pad_edge=False)
    for name in ("table", "column", "change", "severity"):
        listing.add_column(name, no_wrap=True)
    listing.add_column("what", overflow="fold")
    for one in found:
        style = STYLES[one.severity]
        cells = (one.table_name, one.column_name or "·", one.change, one.severity, one.words)
        listing.add_row(
            *(Text(printable(cell), style=style if cell == one.severity else "") for cell in cells)
        )
    return listing


def _typical(one: ColumnProfile) -> str:
    if one.kind in {"category", "text"} and one.top:
        value, rows = one.top[0]
        return f"{value} {rows / one.sampled:.0%}"
    if one.kind == "time":
        return f"{one.min}…{one.max}" if one.min else "·"
    if not one.quantiles:
        return "·"
    middle = f"{one.quantiles[POINTS // 2]:,.6g}"
    return f"{middle} characters" if one.dtype == "String" else middle


def _run_of(values: Sequence[str]) -> str:
    """Give values in turn; what stays the same is said once.

    >>> _run_of(["1", "1", "2"]), _run_of(["1", "1"])
    ('1 → 1 → 2', '1')
    """
    return values[0] if len(set(values)) == 1 else " → ".join(values)
