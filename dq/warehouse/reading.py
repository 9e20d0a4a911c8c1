"""A table as a lazy frame that streams: its own Parquet files where they are the whole truth, else through SQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
from polars.io.plugins import register_io_source

from dq.errors import UserError
from dq.warehouse.connection import LAKE, open_lake
from dq.warehouse.names import literal, qualified, quote, split
from dq.warehouse.staging import PREFIX

BATCH_ROWS = 65_536


def read(root: Path, table: str, at: int | None) -> pl.LazyFrame:
    """Give the table as it is in one snapshot, now or `at`; later publications don't change the frame.

    Raises:
        ConfigError: there is no warehouse yet.
        UserError: there is no such table.

    """
    schema, name = split(table)
    lake = open_lake(root, read_only=True, at=at)
    try:
        lake.begin()
        row = lake.execute(f"select * from ducklake_current_snapshot('{LAKE}')").fetchone()
        version = at if at is not None else int(row[0]) if row else 0
        try:
            empty = lake.execute(f"select * from {qualified(table)} limit 0").to_arrow_table()
        except duckdb.CatalogException as error:
            raise UserError(f"there is no table {table}", where=str(root), hint="dq sql '.tables'") from error
        dtypes = pl.DataFrame(pl.from_arrow(empty)).schema
        files = lake.execute(
            f"select data_file, delete_file from ducklake_list_files('{LAKE}', {literal(name)}, "
            f"schema => {literal(schema)}, snapshot_version => {version})"
        ).fetchall()
        inlined = _inlined(lake, table)
    finally:
        lake.close()
    paths = [Path(path) for path, _ in files]
    whole = not inlined and all(deleted is None for _, deleted in files)
    if whole and all(_is_ours(path, dtypes) for path in paths):
        return (
            pl.scan_parquet(paths, low_memory=True).select(dtypes.names())
            if paths
            else pl.LazyFrame(schema=dtypes)
        )
    return _through_sql(root, table, version, dtypes)


def _is_ours(path: Path, dtypes: pl.Schema) -> bool:
    """Say whether a file is one that was published here and has exactly the table's columns."""
    return path.name.startswith(PREFIX) and dict(pl.read_parquet_schema(path)) == dict(dtypes)


def _inlined(lake: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Say whether rows or deletions of the table may live in the catalog: another client may have put them there."""
    schema, name = split(table)
    row = lake.execute(
        f"select table_oid from duckdb_tables() where database_name = '{LAKE}' and schema_name = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    oid = int(row[0]) if row else -1
    found = lake.execute(
        "select 1 from duckdb_tables() where database_name = ? and "
        "(table_name = ? or starts_with(table_name, ?)) limit 1",
        [f"__ducklake_metadata_{LAKE}", f"ducklake_inlined_delete_{oid}", f"ducklake_inlined_data_{oid}_"],
    ).fetchone()
    return found is not None


def _through_sql(root: Path, table: str, version: int, dtypes: pl.Schema) -> pl.LazyFrame:
    """Stream a table of one snapshot through DuckDB, batch by batch, only the columns that are asked for."""

    def batches(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        names = dtypes.names() if columns is None else columns
        # A frame of no columns cannot carry its height, so the first column stands in.
        asked = names or dtypes.names()[:1]
        limit = "" if rows is None else f" limit {rows}"
        lake = open_lake(root, read_only=True, at=version)
        try:
            query = f"select {', '.join(map(quote, asked))} from {qualified(table)}{limit}"
            for batch in lake.execute(query).to_arrow_reader(size or BATCH_ROWS):
                frame = pl.DataFrame(pl.from_arrow(batch)).cast({name: dtypes[name] for name in asked})
                if predicate is not None:
                    frame = frame.filter(predicate)
                yield frame
        finally:
            lake.close()

    return register_io_source(batches, schema=dtypes, validate_schema=True)
