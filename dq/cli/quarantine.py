"""`dq quarantine`: rejected rows, every rule they broke, and the URL or file and line they came from."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq.cli.sql import run_sql
from dq.cli.sql_output import printable
from dq.errors import ConfigError, UserError
from dq.quarantine import quarantine_table
from dq.warehouse import Warehouse
from dq.warehouse.names import literal, qualified, quote

LISTED = """
select table_name from information_schema.tables where table_schema = 'quarantine' order by table_name
"""


def print_quarantine(
    warehouse: Warehouse, console: Console, table: str | None, *, rule: str | None = None, limit: int = 20
) -> None:
    """List the tables in quarantine with their counts by rule or, for one table, its rows with reasons and origin."""
    if table is None:
        _list(warehouse, console)
        return
    name = _named(warehouse, table)
    rows = warehouse.read(name)
    if rule is not None:
        rows = rows.filter(pl.col("_reasons").list.eval(pl.element().struct.field("rule") == rule).list.any())
    total = rows.select(pl.len()).collect().item()
    shown = rows.head(limit).collect()
    urls = _urls(warehouse)
    for row in shown.to_dicts():
        origin = urls.get(row.get("_landing_id", ""), "merged from several sources")
        console.print(Text.assemble((printable(origin), "bold"), f" row {row.get('_row', '·')}"))
        for reason in row["_reasons"]:
            console.print(
                f"  {reason['rule']} ({reason['dimension']}): {printable(str(reason['value']))}",
                markup=False,
                highlight=False,
            )
        cells = {key: value for key, value in row.items() if not key.startswith("_") and value is not None}
        console.print(f"  {printable(str(cells))}", style="dim", markup=False, highlight=False)
    console.print(f"{shown.height:,} of {total:,} rows of {name}")


FORMATS = {".csv": "csv", ".json": "json", ".parquet": "parquet"}


def export_quarantine(warehouse: Warehouse, table: str, output: Path, *, rule: str | None = None) -> None:
    """Write all rejected rows of a table, with `_reasons` and the address they came from, by the file's suffix."""
    written_as = FORMATS.get(output.suffix.lower())
    if written_as is None:
        raise UserError(f"cannot tell the format of {output.name}", hint=f"end it in {', '.join(FORMATS)}")
    name = _named(warehouse, table)
    query = f"from {qualified(name)}"
    if "_landing_id" in warehouse.read(name).collect_schema():
        query = f"select url as _url, q.* from ({query}) q left join raw.landings on landing_id = _landing_id"
    if rule is not None:
        query = f"from ({query}) where list_contains([reason.rule for reason in _reasons], {literal(rule)})"
    run_sql(warehouse, query, format=written_as, out=output)


def _named(warehouse: Warehouse, table: str) -> str:
    name = quarantine_table(table.removeprefix("quarantine."))
    if not warehouse.exists(name):
        raise ConfigError(f"there is no {name}", where=table, hint="dq quarantine lists what there is")
    return name


def _list(warehouse: Warehouse, console: Console) -> None:
    with warehouse.connect() as connection:
        names = [row[0] for row in connection.execute(LISTED).fetchall()]
        listing = Table("table", "rule", pad_edge=False)
        listing.add_column("rows", justify="right")
        for name in names:
            counts = connection.execute(
                f"select reason.rule, count(*) from (select unnest(_reasons) as reason from quarantine.{quote(name)}) "
                "group by all order by 2 desc, 1"
            ).fetchall()
            for rule, count in counts:
                listing.add_row(name, rule, f"{count:,}")
    console.print(listing if listing.row_count else "Nothing is in quarantine.")


def _urls(warehouse: Warehouse) -> dict[str, str]:
    landings = warehouse.read("raw.landings").select("landing_id", "url").collect()
    return dict(landings.iter_rows())
