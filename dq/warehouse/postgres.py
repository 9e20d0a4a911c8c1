"""A warehouse of several machines: catalog and locks in a PostgreSQL database, files where all machines reach them."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import duckdb

from dq.errors import ConfigError, DqError
from dq.warehouse.extensions import bare
from dq.warehouse.files import Files
from dq.warehouse.names import literal, quote
from dq.warehouse.place import QUEUE_SECONDS, Database

_SERVER = "server"
# A machine that vanishes says no goodbye: its locks are freed once the server has missed it this long.
_MISSED_SECONDS = 60
# A lock is held as long as its transaction, which idles for as long as a run goes on: no limit that the server has for
# such may free it. Of these settings older servers lack one.
_SETTINGS = f"""
select set_config(name, wanted, true)
from (values ('tcp_keepalives_idle', '{_MISSED_SECONDS // 2}'),
             ('tcp_keepalives_interval', '{_MISSED_SECONDS // 6}'), ('tcp_keepalives_count', '3'),
             ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0')) as ours (name, wanted)
join pg_settings using (name)
"""


@dataclass(frozen=True)
class Postgres:
    """A database by its address (without a password), the schema of the catalog in it, and where the files are."""

    database: str
    schema: str
    files: Files

    def __str__(self) -> str:
        ours = urlencode({"files": str(self.files), "schema": self.schema}, safe="/")
        return f"{self.database}{'&' if '?' in self.database else '?'}{ours}"

    @property
    def extensions(self) -> tuple[str, ...]:
        """PostgreSQL's, and what reaches the files."""
        return ("postgres_scanner", *self.files.extensions)

    def identity(self) -> int:
        """Give the object id of the catalog's first table; 0 where there is none."""
        table = f"{quote(self.schema)}.ducklake_metadata"
        with self._session() as server:
            rows = _ask(server, f"select coalesce(to_regclass({literal(table)})::oid::bigint, 0)")
        return int(rows[0][0])

    def attachment(self, *, aside: bool = False) -> tuple[str, str]:
        """Give the database, and the schema of the catalog."""
        schema = self._aside if aside else self.schema
        return f"postgres:{self.database}", f"meta_schema {literal(schema)}"

    @contextmanager
    def frozen(self) -> Iterator[Database]:
        """Give the schema: a transaction of PostgreSQL's sees one state of it."""
        yield Database(self.database, "postgres", f", schema {literal(self.schema)}")

    @property
    def making(self) -> Database:
        """The schema aside."""
        return Database(self.database, "postgres", f", schema {literal(self._aside)}")

    @property
    def _aside(self) -> str:
        return f"{self.schema}.new"

    def begin(self) -> None:
        """Make the schema aside anew, once files can be written."""
        self.files.make_room()
        aside = quote(self._aside)
        with self._session() as server:
            _do(server, f"drop schema if exists {aside} cascade; create schema {aside}")

    def finish(self) -> None:
        """Rename the schema; an empty one of that name makes room."""
        with self._session() as server:
            name = quote(self.schema)
            _do(server, f"drop schema if exists {name}; alter schema {quote(self._aside)} rename to {name}")

    @contextmanager
    def turn(self, patience: float = QUEUE_SECONDS) -> Iterator[None]:
        """Wait for an advisory lock of the database; the server frees it when the connection ends."""
        with self._session(locks=True) as server:
            _do(server, f"set local lock_timeout = {max(1, round(patience * 1000))}")
            try:
                _ask(server, f"select pg_advisory_xact_lock({self._key('turn')}, 0)")
            except duckdb.Error as error:
                if "lock timeout" not in str(error):
                    raise self._unreachable(error) from error
                raise DqError(
                    f"another writer has held the warehouse for {patience:,.0f} s",
                    where=str(self),
                    hint="select pid, client_addr from pg_locks join pg_stat_activity using (pid) "
                    "where locktype = 'advisory' names it",
                ) from error
            yield

    @contextmanager
    def living(self, writer: str) -> Iterator[None]:
        """Hold an advisory lock that bears a number made of the writer's name."""
        with self._session(locks=True) as server:
            _ask(server, f"select pg_advisory_xact_lock_shared({self._key('writer')}, {_number(writer)})")
            yield

    def alive(self, before: float) -> set[str]:  # noqa: ARG002
        """Give the writers whose lock is held, as the numbers that `trace` makes of their names."""
        query = (
            "select objid::bigint from pg_locks where locktype = 'advisory' and granted "
            f"and database = (select oid from pg_database where datname = current_database()) "
            f"and classid = {self._key('writer') % 2**32}"
        )
        with self._session() as server:
            return {str(int(row[0])) for row in _ask(server, query)}

    def _key(self, purpose: str) -> int:
        """Name a lock of this warehouse: the locks of a database are numbers, and its warehouses are schemas."""
        return _signed(zlib.crc32(f"dq {purpose} {self.schema}".encode()))

    @contextmanager
    def _session(self, *, locks: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a transaction on a connection of its own to the database; it ends with what was done in it.

        Where it is for holding `locks`, it may last.
        """
        try:
            with _MAKING:
                server = _server(self.database, os.getpid()).cursor()
            server.begin()
            if locks:
                _ask(server, _SETTINGS)
        except duckdb.Error as error:
            raise self._unreachable(error) from error
        try:
            yield server
        except BaseException:
            server.rollback()
            raise
        else:
            server.commit()
        finally:
            server.close()

    def _unreachable(self, error: duckdb.Error) -> ConfigError:
        return ConfigError(
            f"the database of the warehouse does not answer: {str(error).strip().splitlines()[-1]}",
            where=self.database,
            hint="passwords come from PGPASSWORD, PGPASSFILE or ~/.pgpass",
        )


def trace(writer: str, alive: set[str]) -> bool:
    """Say whether a writer is one of those alive, which a place names in full or by number."""
    return writer in alive or str(_number(writer) % 2**32) in alive


def _number(writer: str) -> int:
    return _signed(zlib.crc32(writer.encode()))


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number


def _ask(server: duckdb.DuckDBPyConnection, query: str) -> Sequence[tuple[Any, ...]]:
    return server.execute(f"from postgres_query('{_SERVER}', {literal(query)})").fetchall()


def _do(server: duckdb.DuckDBPyConnection, statements: str) -> None:
    server.execute(f"call postgres_execute('{_SERVER}', {literal(statements)})")


_MAKING = Lock()


@lru_cache(maxsize=8)
def _server(database: str, process: int) -> duckdb.DuckDBPyConnection:  # noqa: ARG001
    connection = bare("postgres_scanner")
    # With more threads DuckDB's own spins, at a whole core, while another waits for the server: a queue takes minutes.
    connection.execute("set threads = 1")
    # At any other level the transaction that holds a lock would keep a snapshot, too: no VACUUM of the whole database
    # could remove a row that was deleted since a run began.
    connection.execute(
        f"attach {literal(database)} as {_SERVER} (type postgres, isolation_level 'READ COMMITTED')"
    )
    return connection
