"""DuckDB instances with their extensions loaded, used again for one lake after another."""

from __future__ import annotations

import os

import duckdb

from dq.warehouse.extensions import bare
from dq.warehouse.names import LAKE

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
    spare = _SPARE.get((os.getpid(), extensions))
    return spare.pop() if spare else bare(*extensions)


def give_back(connection: duckdb.DuckDBPyConnection, extensions: tuple[str, ...]) -> None:
    """Take the lake and its keys off an instance that nobody uses any more, and keep it for the next lake."""
    # A child of a fork leaves its parent's instances alone: their threads are not there.
    spare = _SPARE.setdefault((os.getpid(), extensions), [])
    if len(spare) >= _MOST_SPARE:
        connection.close()
        return
    try:
        connection.execute(f"use memory; detach {LAKE}; drop secret if exists lake_files")
        clean = not connection.execute(_LEFT).fetchall()
    except duckdb.Error:
        clean = False
    if clean:
        spare.append(connection)
    else:
        connection.close()
