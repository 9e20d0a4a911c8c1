"""`dq status`: what became of every row of every table, and how good the tables are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import duckdb
from rich.table import Table

from dq.console import Console
from dq.warehouse import Warehouse

LAST = """
with ledger as (
    -- By the order of snapshots: a clock may be set back.
    select *, row_number() over (partition by table_name order by snapshot_id desc) as age from quality.ledger
), score as (
    select table_name, dimension, arg_max(score, snapshot_id) as score from quality.scores group by all
)
select * from (
select ledger.table_name, rows_in, accepted, quarantined, deduplicated, superseded,
       max(score) filter (dimension = 'completeness') as completeness,
       max(score) filter (dimension = 'accuracy') as accuracy,
       max(score) filter (dimension = 'consistency') as consistency,
       strftime(ledger."at", '%Y-%m-%d %H:%M:%S') as published_at
from ledger left join score using (table_name)
where age = 1
group by all)
order by case split_part(table_name, '.', 1) when 'raw' then 0 when 'core' then 1 else 2 end,
         contains(table_name, '__') desc, table_name
"""
COUNTS = ("rows_in", "accepted", "quarantined", "deduplicated", "superseded")
WIDTH = 134
SCORES = ("completeness", "accuracy", "consistency")


def wide(console: Console) -> Console:
    """Make the console wide enough for the table where nobody watches it, so that a log keeps every digit."""
    return console if console.is_terminal else Console(file=console.file, width=max(console.width, WIDTH))


def status_rows(warehouse: Warehouse, domains: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Give one row per table: its last ledger entry and scores, which are null where no rule speaks of them."""
    with warehouse.connect() as connection:
        try:
            found = connection.execute(LAST)
        except duckdb.CatalogException:
            return []
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [row for row in rows if not domains or _domain(row["table_name"]) in domains]


def print_status(
    warehouse: Warehouse, console: Console, domains: Sequence[str] = (), *, as_json: bool = False
) -> None:
    """Print the rows as a table for people, or as JSON for programs."""
    rows = status_rows(warehouse, domains)
    if as_json:
        console.print_json(json.dumps(rows))
        return
    if not rows:
        console.print("Nothing has been published yet. Run: make run")
        return
    table = Table(title="What became of every row", title_justify="left", pad_edge=False)
    table.add_column("table", no_wrap=True)
    for name in (*COUNTS, *SCORES):
        table.add_column(name.replace("_", " "), justify="right")
    before = None
    for row in rows:
        schema = row["table_name"].partition(".")[0]
        if before not in {None, schema}:
            table.add_section()
        before = schema
        table.add_row(
            row["table_name"],
            *(f"{row[name]:,}" if row[name] or name in COUNTS[:2] else "·" for name in COUNTS),
            *("·" if row[name] is None else _score(row[name]) for name in SCORES),
        )
    console.print(table)
    console.print("rows in = accepted + quarantined + deduplicated + superseded, in every line.", style="dim")


def _score(score: float) -> str:
    """Round down, so that only a perfect score shows as 1.

    >>> _score(0.99999), _score(1.0)
    ('0.9999', '1')
    """
    return "1" if score == 1 else f"{int(score * 10_000) / 10_000:.4f}"


def _domain(table: str) -> str:
    return table.partition(".")[2].partition("__")[0]
