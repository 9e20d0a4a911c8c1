"""One query of a PostgreSQL database → a Parquet file of text, through DuckDB's scanner; nothing can be written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote as percent
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from dq.errors import ConfigError, FetchError
from dq.scratch import Scratch

_MOST_SEEN = 100_000
_MEMORY = "500MB"
_NUMBERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE"})
_TYPES = {"TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamptz", "DATE": "timestamp"}


@dataclass(frozen=True)
class Since:
    """Where an increment begins: the highest cursor that was seen, and the rows around it that have come already."""

    high: str
    seen: tuple[str, ...]


@dataclass(frozen=True)
class Pulled:
    """What a query gave: how many new rows are in the Parquet file, and where the next increment begins."""

    rows: int
    since: Since | None


class Postgres:
    """A connection that can only read: the server is told so, and DuckDB is."""

    def __init__(self, connection: Any, where: str, hide: Sequence[str]) -> None:
        self._connection, self._where, self._hide = connection, where, hide

    def pull(
        self, query: str, *, cursor: str | None, overlap: float, since: Since | None, to: Path
    ) -> Pulled:
        """Run the query, for the rows since then or for all, and write those that have not come before to a file.

        Rows flow from the server to the file; what an increment must sort and compare goes to disk beyond `_MEMORY`.

        Raises:
            FetchError: where the query fails or the overlap holds too many rows to remember.
            ConfigError: where it has no such cursor column, or its type knows no overlap.

        """
        from dq.warehouse.names import quote  # noqa: PLC0415 — loads DuckDB, which only this source needs

        inner = f"(\n{query.strip().rstrip(';')}\n) q"
        columns = self._columns(f"select * from {inner}")
        shown = [f"{_as_text(quote(name), kind)} as {quote(name)}" for name, kind in columns.items()]
        if cursor is None:
            rows = self._write(self._ask(f"select {', '.join(shown)} from {inner}"), to)
            return Pulled(rows, None)
        if cursor not in columns:
            raise ConfigError(
                f"the query gives no column {cursor!r}",
                where=self._where,
                hint=f"it gives {', '.join(columns)}",
            )
        # By its bare name it would be the text that is given, which sorts 11 before 9.
        at, back = f"q.{quote(cursor)}", self._back(cursor, columns[cursor], overlap)
        from_there = "" if since is None else f"where {at} >= {back(_literal(since.high))} or {at} is null"
        asked = (
            f"select {', '.join(shown)}, {at}::text as _cursor, "
            "md5(q::text) || '#' || row_number() over (partition by q::text) as _id, "
            f"({at} is null or {at} >= {back(f'max({at}) over ()')}) as _recent "
            f"from {inner} {from_there} order by {at} nulls first, _id"
        )
        self._run(f"create table found as {self._ask(asked)}")
        high = self._run("select _cursor from found where _cursor is not null order by rowid desc limit 1")
        seen = [row[0] for row in self._run(f"select _id from found where _recent limit {_MOST_SEEN + 1}")]
        if len(seen) > _MOST_SEEN:
            raise FetchError(
                f"more than {_MOST_SEEN:,} rows lie within the overlap, too many to tell new ones from old",
                where=self._where,
                hint="declare a smaller overlap",
            )
        if since is not None:
            self._run("create table seen as select unnest(?) as _id", [list(since.seen)])
            self._run("create table fresh as select * from found where _id not in (from seen) order by rowid")
        table = "found" if since is None else "fresh"
        rows = self._write(f"select * exclude (_cursor, _recent, _id) from {table} order by rowid", to)
        return Pulled(rows, Since(high[0][0], tuple(seen)) if high else None)

    def _back(self, cursor: str, kind: str, overlap: float) -> Any:
        """Give how a value of the cursor is moved back by the overlap, in PostgreSQL's words."""
        if kind in _TYPES:
            return lambda value: f"({value}::{_TYPES[kind]} - interval '{overlap:f} seconds')"
        if kind in _NUMBERS or kind.startswith("DECIMAL"):
            return lambda value: f"({value}::numeric - {overlap:f})"
        if overlap:
            raise ConfigError(
                f"the cursor {cursor!r} is {kind}, which knows no overlap",
                where=self._where,
                hint="take a moment, a date or a number as cursor, or no overlap",
            )
        return lambda value: f"({value})"

    def _columns(self, query: str) -> dict[str, str]:
        return {row[0]: row[1] for row in self._run(f"describe {self._ask(query)}")}

    def _write(self, select: str, to: Path) -> int:
        rows = self._run(f"copy ({select}) to {_literal(str(to))} (format parquet, compression zstd)")
        return int(rows[0][0])

    def _ask(self, query: str) -> str:
        return f"select * from postgres_query('source', {_literal(query)})"

    def _run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        import duckdb  # noqa: PLC0415 — loaded where it is needed

        try:
            found: list[tuple[Any, ...]] = self._connection.execute(statement, list(values)).fetchall()
        except duckdb.Error as error:
            raise FetchError(
                f"the query failed: {_plain(str(error), self._hide)}",
                where=self._where,
                hint="try the query in psql with the same account",
            ) from None
        return found


@contextmanager
def connected(dsn: str, where: str, timeout: float) -> Iterator[tuple[Postgres, Path]]:
    """Connect for one fetch, read-only on both sides; gives the connection and a folder to write to.

    Raises:
        FetchError: where there is no connection; the message shows no part of the DSN.

    """
    import duckdb  # noqa: PLC0415 — loaded where it is needed

    from dq.warehouse.extensions import bare  # noqa: PLC0415

    settings = {
        "TimeZone": "UTC",
        "DateStyle": "ISO",
        "default_transaction_read_only": "on",
        "statement_timeout": f"{timeout * 1000:.0f}",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    full, hide = _with_options(dsn, options, where)
    with Scratch("database") as folder:
        connection = bare("postgres_scanner")
        try:
            connection.execute(f"set temp_directory = {_literal(str(folder))}")  # where more than memory goes
            connection.execute(f"set memory_limit = '{_MEMORY}'")
            connection.execute(f"attach {_literal(full)} as source (type postgres, read_only)")
            yield Postgres(connection, where, hide), folder
        except duckdb.Error as error:
            raise FetchError(
                f"the database cannot be reached: {_plain(str(error), hide)}",
                where=where,
                hint="check the DSN in the environment, and that the server lets this machine in",
            ) from None
        finally:
            connection.close()


def _with_options(dsn: str, options: str, where: str) -> tuple[str, list[str]]:
    """Give the DSN with our options of the session, and all forms in which it or its password could be shown."""
    if "options" in dsn:
        raise ConfigError("the DSN may not set options of its own", where=where, hint="leave out `options`")
    parts = urlsplit(dsn)
    if parts.scheme in {"postgresql", "postgres"}:
        more = urlencode({"options": options, "connect_timeout": "10"}, quote_via=percent)
        full = urlunsplit(parts._replace(query=f"{parts.query}&{more}" if parts.query else more))
        password = parts.password or ""
    else:
        full = f"{dsn} connect_timeout=10 options='{options}'"
        password = dsn.partition("password=")[2].split(" ")[0].strip("'")
    return full, [text for text in (full, dsn, password, unquote(password)) if text]


def _as_text(column: str, kind: str) -> str:
    """Give a column as PostgreSQL writes it; moments in UTC, bytes as they are."""
    if kind == "BLOB":
        return column
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"({column} at time zone 'UTC')::text"
    return f"{column}::text"


def _plain(message: str, hide: Sequence[str]) -> str:
    """Give what the server said, in one line, without the statement around it or a secret inside."""
    for secret in hide:
        message = message.replace(secret, "…")
    said = message.partition("ERROR:")[2] or message.partition('": ')[2] or message
    return " ".join(said.partition("\nLINE ")[0].split())


def _literal(text: str) -> str:
    from dq.warehouse.names import literal  # noqa: PLC0415 — loads DuckDB, which only this source needs

    return literal(text)
