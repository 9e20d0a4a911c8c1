"""A catalog copied from one place to another, whatever kind of database each is in."""

from __future__ import annotations

import duckdb

from dq.errors import ConfigError, IntegrityError
from dq.warehouse.extensions import bare
from dq.warehouse.names import literal, quote
from dq.warehouse.place import Place

# What DuckLake 1.0 keeps a column of rows in the catalog as, where SQLite and PostgreSQL differ: the former has no
# Boolean, text of the latter cannot hold a NUL. All else is the same in both.
_KEPT_AS = {
    ("boolean", "sqlite"): "bigint",
    ("boolean", "postgres"): "boolean",
    ("varchar", "sqlite"): "varchar",
    ("varchar", "postgres"): "blob",
}
_SAME = {"int8", "int16", "int32", "int64", "float32", "float64"}
_TEXT = {"timestamptz", "timestamp", "date", "timestamp_us", "json"}


def copy_catalog(source: Place, target: Place, files: str) -> None:
    """Fill the empty catalog that is being made at `target` with that of `source` as of one moment.

    `files` is where its files will lie for good. Files whose removal is planned are not spoken of: nobody copies them.

    Raises:
        ConfigError: the two catalogs are of different versions.
        IntegrityError: the catalog holds what cannot be copied.

    """
    with source.frozen() as old:
        # One thread, one connection to the database, one state of it.
        connection = bare(*{*source.extensions, *target.extensions})
        try:
            connection.execute("set threads = 1; set timezone = 'UTC'")
            connection.execute(
                f"attach {literal(old.address)} as old (type {old.kind}, read_only{old.options})"
            )
            new = target.making
            connection.execute(f"attach {literal(new.address)} as new (type {new.kind}{new.options})")
            connection.begin()
            _same_version(connection)
            _fill(connection, new.kind)
            connection.execute("delete from new.ducklake_files_scheduled_for_deletion")
            connection.execute(
                f"update new.ducklake_metadata set value = {literal(files)} where key = 'data_path'"
            )
            connection.commit()
        finally:
            connection.close()


def _same_version(connection: duckdb.DuckDBPyConnection) -> None:
    versions = {
        name: connection.execute(
            f"select value from {name}.ducklake_metadata where key = 'version'"
        ).fetchone()
        for name in ("old", "new")
    }
    if versions["old"] != versions["new"]:
        raise ConfigError(
            f"a catalog of version {versions['old']} cannot become one of {versions['new']}",
            hint="open the warehouse with this version of dq once: a publication renews the catalog",
        )


def _fill(connection: duckdb.DuckDBPyConnection, kind: str) -> None:
    there, made = (_columns(connection, name) for name in ("old", "new"))
    rows_of = dict(
        connection.execute("select table_name, table_id from old.ducklake_inlined_data_tables").fetchall()
    )
    for table, columns in there.items():
        if table in made:
            cells = ", ".join(
                f"{quote(column)}::{made[table][column]} as {quote(column)}" for column in columns
            )
            connection.execute(f"delete from new.{quote(table)}")
        elif table in rows_of:
            types = _types(connection, rows_of[table])
            cells = _make(connection, table, columns, types, kind)
        else:
            raise IntegrityError(f"the catalog holds a table {table}, which cannot be copied")
        connection.execute(f"insert into new.{quote(table)} by name select {cells} from old.{quote(table)}")


def _make(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: dict[str, str],
    types: dict[str, str],
    kind: str,
) -> str:
    """Make a table of rows that are kept in the catalog itself; give what to select into it."""
    ddl, cells = [], []
    for column, old in columns.items():
        said = types.get(column, "int64")
        new = _KEPT_AS.get((said, kind)) or (old if said in _SAME | _TEXT else None)
        if new is None:
            raise IntegrityError(f"the catalog itself holds rows of type {said}, which cannot be copied")
        change = {("BLOB", "varchar"): "decode({})", ("VARCHAR", "blob"): "encode({})"}.get((old, new), "{}")
        ddl.append(f"{quote(column)} {new}")
        cells.append(f"{change.format(quote(column))}::{new} as {quote(column)}")
    connection.execute(f"create table new.{quote(table)} ({', '.join(ddl)})")
    return ", ".join(cells)


def _columns(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    """Give the catalog's tables with their columns' types."""
    found: dict[str, dict[str, str]] = {}
    for table, column, dtype in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = $name and starts_with(table_name, 'ducklake_') order by column_index",
        {"name": database},
    ).fetchall():
        found.setdefault(table, {})[column] = dtype
    return found


def _types(connection: duckdb.DuckDBPyConnection, table_id: int) -> dict[str, str]:
    """Give a table's columns by what DuckLake calls their types."""
    return dict(
        connection.execute(
            "select column_name, any_value(column_type) from old.ducklake_column "
            "where table_id = $id and parent_column is null group by all",
            {"id": table_id},
        ).fetchall()
    )
