"""SQLite databases → rows of text: one table, or what one query gives, read in memory and never written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import polars as pl

from connectors.column_names import named
from dq.errors import ConfigError, DecodeError
from dq.source import REJECT_SCHEMA, Decoded

_HOW_TEXT_IS_READ = "text_factory"
_MAGIC = b"SQLite format 3\0"
_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}


class _Broken(bytes):
    """Text that is not valid UTF-8."""

    __slots__ = ()


@dataclass(frozen=True)
class SqliteFile:
    """How one SQLite file is read: all of `table`, or what `query` selects; `columns` gives other names.

    `_row` is the row's number in the answer, from 1. Numbers come as text in full precision, blobs as a Binary
    column. A row whose text is not UTF-8 is refused by the rule `sqlite:encoding`. The query can only select: no
    attaching, no writing, no extensions, whoever wrote the file.
    """

    table: str | None = None
    query: str | None = None
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.table is None) == (self.query is None):
            raise ConfigError("an SQLite file needs a table or a query", hint='give table="…" or query="…"')

    def read(self, body: bytes, where: str) -> Decoded:
        """Read all rows.

        Raises:
            DecodeError: where it is no SQLite file, is damaged, has no such table, or the query fails.

        """
        if not body.startswith(_MAGIC):
            raise DecodeError("not an SQLite file", where=where)
        # A copy in WAL mode cannot be opened from memory; what its writer had committed to the file is all there is.
        plain = body[:18] + b"\x01\x01" + body[20:] if body[18:20] == b"\x02\x02" else body
        with closing(sqlite3.connect(":memory:")) as connection:
            try:
                connection.deserialize(plain)
                connection.execute("pragma trusted_schema = off")
                connection.execute("pragma query_only = on")
                connection.set_authorizer(_only_select)
                setattr(connection, _HOW_TEXT_IS_READ, _decoded)
                found = connection.execute(self._statement())
                names = [column[0] for column in found.description or ()]
                rows = found.fetchall()
            except sqlite3.Error as error:
                raise DecodeError(
                    f"the SQLite file cannot be read: {error}", where=where, hint="correct `table` or `query`"
                ) from None
        return _as_decoded(rows, named(names, self.columns, where), where)

    def _statement(self) -> str:
        if self.query is not None:
            return self.query
        return 'select * from "{}"'.format(str(self.table).replace('"', '""'))


def _only_select(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _decoded(text: bytes) -> str | bytes:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return _Broken(text)


def _as_decoded(rows: list[tuple[Any, ...]], names: tuple[str, ...], where: str) -> Decoded:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    broken = [
        (number, None, cell.decode("ascii", "backslashreplace"), "sqlite:encoding", name,
         f"{where}, row {number}: text that is not valid UTF-8")
        for name, column in zip(names, columns, strict=True)
        for number, cell in enumerate(column, 1)
        if isinstance(cell, _Broken)
    ]  # fmt: skip
    frame = pl.DataFrame(
        [
            *(_column(name, column, where) for name, column in zip(names, columns, strict=True)),
            pl.int_range(1, len(rows) + 1, dtype=pl.Int64, eager=True).alias("_row"),
        ]
    )
    rejects = pl.DataFrame(broken, schema=REJECT_SCHEMA, orient="row").sort("_row", maintain_order=True)
    kept = frame.filter(~pl.col("_row").is_in(rejects["_row"].unique().to_list()))
    return Decoded(kept, rejects, len(rows))


def _column(name: str, cells: tuple[Any, ...], where: str) -> pl.Series:
    """Give a column as text, or as bytes where it holds blobs; SQLite lets a column hold both."""
    kinds = {type(cell) for cell in cells} - {type(None)}
    if kinds == {bytes}:
        return pl.Series(name, cells, dtype=pl.Binary)
    if bytes in kinds:
        raise DecodeError(
            f"column {name!r} holds blobs and text", where=where, hint="select one of them, or hex(…)"
        )
    if kinds == {int}:
        return pl.Series(name, cells, dtype=pl.Int64).cast(pl.String)
    if kinds == {float}:
        return pl.Series(name, cells, dtype=pl.Float64).cast(pl.String)
    text = [cell if cell is None or isinstance(cell, str) else _shown(cell) for cell in cells]
    return pl.Series(name, text, dtype=pl.String)


def _shown(cell: object) -> str | None:
    return None if isinstance(cell, _Broken) else str(cell)
