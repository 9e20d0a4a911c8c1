"""DuckDB instances with their extensions loaded, used again for one lake after another."""

from __future__ import annotations

import os

import duckdb

from dq.warehouse.extensions import bare
from dq.warehouse.names import LAKE

# By process, since a child of a fork must leave its parent's alone: their threads are not there.
_SPARE: dict[tuple[int, tuple[str, ...]], list[duckdb.DuckDBPyConnection]] = {}
_MOST_SPARE = 4
# What those who were lent a connection may have made in it.
_LEFT = """
    select database_name from duckdb_databases() where not internal and database_name <> 'memory'
    union all select table_name from duckdb_tables() union all select view_name from duckdb_views() where not internal
    union all select name from duckdb_secrets()
"""


def take(extensions: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    """Give an instance with these extensions and no lake, that nobody else uses.

    An extension's file of 35 MB is read through for its signature each time it is loaded, which is most of what
    opening a lake costs; so an instance that was given back comes before a new one.
    """
    try:
        return _spare(extensions).pop()
    except IndexError:  # also where another thread was first
        return bare(*extensions)


def give_back(connection: duckdb.DuckDBPyConnection, extensions: tuple[str, ...]) -> None:
    """Take the lake and its keys off an instance that nobody uses any more, and keep it for the next lake."""
    spare = _spare(extensions)
    if len(spare) < _MOST_SPARE and _emptied(connection):
        spare.append(connection)
    else:
        connection.close()


def _spare(extensions: tuple[str, ...]) -> list[duckdb.DuckDBPyConnection]:
    return _SPARE.setdefault((os.getpid(), extensions), [])


def _emptied(connection: duckdb.DuckDBPyConnection) -> bool:
    """Take the lake and its keys off an instance; say whether nothing else is left in it."""
    try:
        connection.execute(f"use memory; detach {LAKE}; drop secret if exists lake_files")
        return not connection.execute(_LEFT).fetchall()
    except duckdb.Error:
        return False
