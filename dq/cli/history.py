"""`dq history`: the snapshots of the warehouse, and what each changed."""

from __future__ import annotations

import json
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq.warehouse import Warehouse
from dq.warehouse.snapshots import history


def print_history(
    warehouse: Warehouse,
    console: Console,
    table: str | None = None,
    *,
    limit: int = 20,
    as_json: bool = False,
) -> None:
    """Print the newest snapshots, newest first: when, which run, which tables, rows before → after, comment.

    Raises:
        ConfigError: there is no warehouse yet.
        UserError: there never was such a table.

    """
    with warehouse.connect() as lake:
        rows = history(lake, table, limit).to_dicts()
    if as_json:
        console.print_json(json.dumps(rows, default=str))
        return
    listing = Table(header_style="bold", show_edge=False, pad_edge=False)
    listing.add_column("snapshot", justify="right")
    listing.add_column("time (UTC)", no_wrap=True)
    listing.add_column("run", no_wrap=True)
    listing.add_column("table", overflow="fold")
    for name in ("rows before", "rows after", "±"):
        listing.add_column(name, justify="right", no_wrap=True)
    listing.add_column("comment")
    for _, group in groupby(rows, key=lambda row: row["version"]):
        for number, row in enumerate(group):
            head = (f"{row['version']}", f"{row['at']:%Y-%m-%d %H:%M:%S}", (row["run_id"] or "·")[:8])
            sizes = _sizes(row["rows_before"], row["rows_after"])
            shown = (row["table"] or "·", *sizes)
            listing.add_row(
                *(head if number == 0 else ("", "", "")), *shown, "" if number else row["comment"] or ""
            )
    console.print(listing)
    console.print(
        Text(
            "dq diff TABLE BEFORE AFTER shows what changed; dq sql --at SNAPSHOT reads the past.", style="dim"
        )
    )


def _sizes(before: int | None, after: int | None) -> tuple[str, str, str]:
    """Give rows before and after, and the difference with its sign.

    >>> _sizes(1000, 990)
    ('1,000', '990', '-10')
    """
    if before is None or after is None:
        return "", "", ""
    return f"{before:,}", f"{after:,}", f"{after - before:+,}" if after != before else "="
