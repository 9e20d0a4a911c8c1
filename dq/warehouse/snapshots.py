"""The warehouse's past: what every snapshot changed, and which snapshot a person means."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import polars as pl

from dq.errors import UserError
from dq.warehouse.names import META, split

# Rows are told from the list of files, so that the past is not read: rows in files less rows deleted in them.
_HISTORY = f"""
with tables as (
    select t.table_id, s.schema_name || '.' || t.table_name as "table", t.begin_snapshot, t.end_snapshot
    from {META}.ducklake_table t join {META}.ducklake_schema s using (schema_id)
    where $table is null or (s.schema_name = $schema and t.table_name = $name)
),
counts as (
    select table_id, begin_snapshot, end_snapshot, record_count as rows
    from {META}.ducklake_data_file
    union all
    -- A file that is dropped takes its deletions along.
    select d.table_id, d.begin_snapshot, least(d.end_snapshot, f.end_snapshot), -d.delete_count
    from {META}.ducklake_delete_file d join {META}.ducklake_data_file f using (data_file_id)
),
files as (select "table", c.* from counts c join tables using (table_id)),
touched as (
    select begin_snapshot as version, "table" from files
    union select end_snapshot, "table" from files where end_snapshot is not null
    union select begin_snapshot, "table" from tables where not starts_with("table", 'quality.')
),
shown as (
    select snapshot_id as version, snapshot_time::timestamptz as "at", author, commit_message
    from {META}.ducklake_snapshot left join {META}.ducklake_snapshot_changes using (snapshot_id)
    where $table is null or snapshot_id in (select version from touched)
    order by 1 desc limit $limit
),
runs as (
    select snapshot_id as version, any_value(run_id) as run_id from quality.ledger group by all
),
sized as (
    select t.version, t."table",
        sum(f.rows) filter (f.begin_snapshot < t.version
            and (f.end_snapshot is null or f.end_snapshot >= t.version)) as rows_before,
        sum(f.rows) filter (f.begin_snapshot <= t.version
            and (f.end_snapshot is null or f.end_snapshot > t.version)) as rows_after
    from touched t semi join shown using (version) left join files f using ("table")
    group by all
)
select version, "at", coalesce(author, run_id) as run_id, commit_message as comment, "table",
    case when "table" is not null then coalesce(rows_before, 0) end::bigint as rows_before,
    case when "table" is not null then coalesce(rows_after, 0) end::bigint as rows_after
from shown left join runs using (version) left join sized using (version)
order by version desc, "table"
"""


def history(lake: duckdb.DuckDBPyConnection, table: str | None = None, limit: int = 20) -> pl.DataFrame:
    """Give the newest snapshots, one row per table that each changed, newest first.

    Columns: `version, at, run_id, comment, table, rows_before, rows_after`. A snapshot that changed no published
    table is one row with a null `table`. Rows that another client keeps in the catalog itself aren't counted.

    Raises:
        UserError: no snapshot ever had such a table.

    """
    schema, name = split(table) if table is not None else (None, None)
    values = {"table": table, "schema": schema, "name": name, "limit": limit}
    rows = pl.DataFrame(pl.from_arrow(lake.execute(_HISTORY, values).to_arrow_table()))
    if table is not None and rows.is_empty():
        raise UserError(
            f"there never was a table {table} with files", hint="dq sql .tables lists what there is"
        )
    return rows


def version_of(lake: duckdb.DuckDBPyConnection, moment: str) -> int:
    """Give the snapshot that was the newest at a moment: a number, `now`, or an ISO time (UTC where it names no zone).

    Raises:
        UserError: it is none of these, or the warehouse has no such snapshot.

    """
    if moment == "now":
        query, value = f"select max(snapshot_id) from {META}.ducklake_snapshot", None
    elif moment.isdecimal():
        query, value = f"select snapshot_id from {META}.ducklake_snapshot where snapshot_id = $value", moment
    else:
        try:
            time = datetime.fromisoformat(moment)
        except ValueError:
            raise UserError(
                f"{moment!r} is neither a version nor a time",
                hint="write a number, 'now', or 2026-01-31T12:00",
            ) from None
        value = (time if time.tzinfo else time.replace(tzinfo=UTC)).isoformat()
        query = (
            f"select max(snapshot_id) from {META}.ducklake_snapshot "
            "where snapshot_time::timestamptz <= $value::timestamptz"
        )
    row = lake.execute(query, None if value is None else {"value": value}).fetchone()
    if row is None or row[0] is None:
        raise UserError(f"the warehouse has no snapshot at {moment}", hint="dq history lists the snapshots")
    return int(row[0])


def snapshot_before(lake: duckdb.DuckDBPyConnection, version: int) -> int:
    """Give the snapshot that came before another, of those that are still there.

    Raises:
        UserError: it is the oldest.

    """
    row = lake.execute(
        f"select max(snapshot_id) from {META}.ducklake_snapshot where snapshot_id < $version",
        {"version": version},
    ).fetchone()
    if row is None or row[0] is None:
        raise UserError(f"snapshot {version} is the oldest that is still there", hint="dq history lists them")
    return int(row[0])
