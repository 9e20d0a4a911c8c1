"""The warehouse over the network, read-only, through DuckDB's own client/server protocol (quack)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from dq.errors import ConfigError, UserError
from dq.warehouse.connection import serving_lake
from dq.warehouse.names import LAKE, literal, quote
from dq.warehouse.place import Place

LEAST_TOKEN = 16
# Only SELECT can be serialized as JSON, so what the parser did not read as one is refused, whatever it looks like.
# Refused by name are functions that would reach files, settings or another server, or change the lake, and the
# catalog's own tables: a PostgreSQL may hold more than the catalog.
_GUARD = """
create macro memory.main.dq_may(session, query) as (
    select not (tree->>'error')::boolean and not regexp_matches(tree::varchar, {pattern})
    from (select json_serialize_sql(query::varchar)::json as tree)
)
"""
_FUNCTIONS = (
    "quack_", "postgres_", "sqlite_", "read_", "parquet_", "sniff_", "glob", "query", "duckdb_secrets", "duckdb_logs",
    "duckdb_settings", "enable_", "disable_", "pragma_", "getenv", "json_execute",
    "(ducklake_)?(add_data|cleanup|commit|delete_orph|expire|flush_inl|merge_adj|rewrite_data|set_)",
)  # fmt: skip
_FORBIDDEN = f'(?i)"function_name":"({"|".join(_FUNCTIONS)})|"(catalog|schema)(_name)?":"__ducklake_metadata'


@dataclass(frozen=True)
class Limits:
    """What all clients may use together: memory as DuckDB writes it, such as `4GB`, and threads; a query's seconds."""

    memory: str = "4GB"
    threads: int = 4
    seconds: float = 300.0


@contextmanager
def serving(
    place: Place, host: str, port: int, token: str, limits: Limits
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Serve the newest snapshot, also those to come, until the block ends; gives the server's own connection.

    Clients may SELECT from the lake, and nothing else: they cannot write, change settings, nor read another file
    or server. Whoever serves watches the time of their queries: `dq.warehouse.server_process`.

    Raises:
        ConfigError: there is no warehouse yet, or the port cannot be listened on.
        UserError: the token is short, or a limit is not one.

    """
    if len(token) < LEAST_TOKEN:
        raise UserError(f"a token of {len(token)} characters can be guessed", hint=f"at least {LEAST_TOKEN}")
    lake = serving_lake(place)
    address = f"quack:{host}:{port}"
    try:
        try:
            # Strangers' queries may not fill the disk either: what does not fit into memory fails.
            lake.execute("set temp_directory = ''")
            lake.execute(f"set memory_limit = {literal(limits.memory)}; set threads = {int(limits.threads)}")
        except duckdb.Error as error:
            raise UserError(f"not a limit: {error}") from error
        lake.execute(_GUARD.format(pattern=literal(_FORBIDDEN)))
        show_tables(lake)
        lake.execute("set global quack_authorization_function = 'dq_may'")
        lake.execute(f"set allowed_directories = [{literal(f'{place.files}/')}]")
        lake.execute("set enable_external_access = false; set lock_configuration = true")
        elsewhere = str(host not in {"localhost", "127.0.0.1", "::1"}).lower()
        try:
            lake.execute(
                f"call quack_serve({literal(address)}, token := {literal(token)}, allow_other_hostname := {elsewhere})"
            )
        except duckdb.Error as error:
            raise ConfigError(
                f"cannot listen: {str(error).splitlines()[0]}", where=f"{host}:{port}"
            ) from error
        yield lake
        lake.execute(f"call quack_stop({literal(address)})")
    finally:
        lake.close()


def show_tables(lake: duckdb.DuckDBPyConnection) -> int:
    """Let clients find each table of the lake as a view `"schema.name"`; gives how many there are.

    An attached quack database has no schemas of its own (1.5.5): `schema.name` in its SQL would be read as `name`.
    """
    there = _names(
        lake, f"select schema_name || '.' || table_name from duckdb_tables() where database_name = '{LAKE}'"
    )
    views = _names(
        lake, "select view_name from duckdb_views() where database_name = 'memory' and not internal"
    )
    for name in views - there:
        lake.execute(f"drop view memory.main.{quote(name)}")
    for name in there:
        schema, _, table = name.partition(".")
        lake.execute(
            f"create or replace view memory.main.{quote(name)} as from {LAKE}.{quote(schema)}.{quote(table)}"
        )
    return len(there)


def _names(lake: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return {str(name) for (name,) in lake.execute(query).fetchall()}
