"""A table as a lazy frame that streams: from its files where they are the whole truth, else through SQL."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import polars as pl
from polars.io.plugins import register_io_source

from dq.errors import UserError
from dq.warehouse.connection import session
from dq.warehouse.names import LAKE, META, literal, qualified, quote, split
from dq.warehouse.place import Place
from dq.warehouse.staging import PREFIX

BATCH_ROWS = 65_536


def read(place: Place, table: str, at: int | None) -> pl.LazyFrame:
    """Give the table as it is in one snapshot, now or `at`; later publications don't change the frame.

    Raises:
        ConfigError: there is no warehouse yet.
        UserError: there is no such table in that snapshot.

    """
    schema, name = split(table)
    lake = session(place, read_only=True)
    try:
        lake.begin()
        version = _version(lake) if at is None else at
        past = f"{qualified(table)} at (version => {version})"
        empty = lake.execute(f"select * from {past} limit 0").to_arrow_table()
        dtypes = pl.DataFrame(pl.from_arrow(empty)).schema
        files = lake.execute(
            f"select data_file, delete_file from ducklake_list_files('{LAKE}', {literal(name)}, "
            f"schema => {literal(schema)}, snapshot_version => {version})"
        ).fetchall()
        rows = lake.execute(f"select count(*) from {past}").fetchone()
        complete = _all_in_files(lake, table, version, int(rows[0]) if rows else 0)
    except duckdb.Error as error:
        moment = "" if at is None else f" in snapshot {at}"
        raise UserError(
            f"there is no table {table}{moment}", where=str(place), hint=_last_line(error)
        ) from error
    finally:
        lake.close()
    paths = [path for path, _ in files]
    whole = complete and all(deleted is None for _, deleted in files)
    with place.files.asking():
        if not whole or not all(_is_ours(place, path, dtypes) for path in paths):
            return _through_sql(place, past, dtypes)
    return _scan(place, paths).select(dtypes.names()) if paths else pl.LazyFrame(schema=dtypes)


def _version(lake: duckdb.DuckDBPyConnection) -> int:
    row = lake.execute(f"select * from ducklake_current_snapshot('{LAKE}')").fetchone()
    return int(row[0]) if row else 0


def _last_line(error: duckdb.Error) -> str:
    return str(error).strip().splitlines()[-1]


def _is_ours(place: Place, path: str, dtypes: pl.Schema) -> bool:
    """Say whether a file is one that was published here and has exactly the table's columns."""
    ours = path.rpartition("/")[2].startswith(PREFIX)
    return ours and dict(_scan(place, [path]).collect_schema()) == dict(dtypes)


def _scan(place: Place, paths: list[str]) -> pl.LazyFrame:
    """Scan exactly these files, whatever pattern or partition their folder's name looks like."""
    return pl.scan_parquet(paths, glob=False, hive_partitioning=False, storage_options=place.files.options)


def _all_in_files(lake: duckdb.DuckDBPyConnection, table: str, version: int, visible: int) -> bool:
    """Say whether no row and no deletion of the table is in the catalog itself.

    The warehouse's own tables live there; published tables have something there only where a person wrote to
    them with another client. Rows there are registered; a deletion there shows as fewer rows than filed.
    """
    schema, name = split(table)
    row = lake.execute(
        f"""
        select
            not exists (from {META}.ducklake_inlined_data_tables i where i.table_id = t.table_id),
            (
                select coalesce(sum(f.record_count), 0) from {META}.ducklake_data_file f
                where f.table_id = t.table_id
                and f.begin_snapshot <= $version and (f.end_snapshot is null or f.end_snapshot > $version)
            )
        from {META}.ducklake_table t join {META}.ducklake_schema s using (schema_id)
        where s.schema_name = $schema and t.table_name = $name
        and t.begin_snapshot <= $version and (t.end_snapshot is null or t.end_snapshot > $version)
        """,
        {"schema": schema, "name": name, "version": version},
    ).fetchone()
    return row is not None and bool(row[0]) and int(row[1]) == visible


def _through_sql(place: Place, past: str, dtypes: pl.Schema) -> pl.LazyFrame:
    """Stream a table of one snapshot through DuckDB, batch by batch, only the columns that are asked for."""

    def batches(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        names = dtypes.names() if columns is None else columns
        # A frame of no columns cannot carry its height, so the first column stands in.
        asked = names or dtypes.names()[:1]
        limit = "" if rows is None else f" limit {rows}"
        lake = session(place, read_only=True)
        try:
            query = f"select {', '.join(map(quote, asked))} from {past}{limit}"
            for batch in lake.execute(query).to_arrow_reader(size or BATCH_ROWS):
                frame = pl.DataFrame(pl.from_arrow(batch)).cast({name: dtypes[name] for name in asked})
                if predicate is not None:
                    frame = frame.filter(predicate)
                yield frame
        finally:
            lake.close()

    return register_io_source(batches, schema=dtypes, validate_schema=True)
