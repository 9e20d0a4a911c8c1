"""SQLite databases → rows of text: one table, or what one query gives, some rows at a time and never written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote as percent

import polars as pl

from connectors.column_names import named
from connectors.reader import together
from dq.errors import ConfigError, DecodeError
from dq.scratch import Scratch
from dq.source import REJECT_SCHEMA, Decoded

_HOW_TEXT_IS_READ = "text_factory"
_MAGIC = b"SQLite format 3\0"
_PART = 20_000  # rows that are read at once
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
    attaching, no writing, no extensions, whoever wrote the file. It is run twice, first to see which columns hold
    blobs, since SQLite does not say so.
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
        with Scratch("sqlite") as folder:
            path = folder / "copy.db"
            path.write_bytes(body)
            return together(list(self.read_parts(path, where)))

    def read_parts(self, path: Path, where: str, size: int = _PART) -> Iterator[Decoded]:
        """Read all rows of a file, `size` at a time; at least one part comes, if without rows.

        Raises:
            DecodeError: as `read`, maybe after some parts.

        """
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise DecodeError("not an SQLite file", where=where)
        # Immutable: nothing is locked or written beside it, and of a copy in WAL mode, what its writer had committed to
        # the file is read, which is all there is.
        address = f"file:{percent(str(path.absolute()))}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(address, uri=True)) as connection:
                connection.execute("pragma trusted_schema = off")
                connection.execute("pragma query_only = on")
                connection.set_authorizer(_only_select)
                setattr(connection, _HOW_TEXT_IS_READ, _decoded)
                yield from self._parts(connection, where, size)
        except sqlite3.Error as error:
            raise DecodeError(
                f"the SQLite file cannot be read: {error}", where=where, hint="correct `table` or `query`"
            ) from None

    def _parts(self, connection: sqlite3.Connection, where: str, size: int) -> Iterator[Decoded]:
        found = connection.execute(self._statement())
        names = named([column[0] for column in found.description or ()], self.columns, where)
        blobs = self._blobs(connection, names, where)
        for before in count(0, size):
            rows = found.fetchmany(size)
            if rows or not before:
                yield _as_decoded(rows, names, blobs, before, where)
            if len(rows) < size:
                return

    def _statement(self) -> str:
        if self.query is not None:
            return self.query
        return 'select * from "{}"'.format(str(self.table).replace('"', '""'))

    def _blobs(self, connection: sqlite3.Connection, names: Sequence[str], where: str) -> frozenset[str]:
        """Give the columns that hold blobs; SQLite lets a column hold both blobs and text."""
        if not names:
            return frozenset()
        places = range(len(names))
        kinds = ", ".join(
            f"max(typeof(c{at}) = 'blob'), max(typeof(c{at}) not in ('blob', 'null'))" for at in places
        )
        inner = self._statement().strip().removesuffix(";")
        found = connection.execute(
            f"with q({', '.join(f'c{at}' for at in places)}) as ({inner}\n) select {kinds} from q"
        ).fetchone()
        for name, blob, other in zip(names, found[::2], found[1::2], strict=True):
            if blob and other:
                raise DecodeError(
                    f"column {name!r} holds blobs and text", where=where, hint="select one of them, or hex(…)"
                )
        return frozenset(name for name, blob in zip(names, found[::2], strict=True) if blob)


def _only_select(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _decoded(text: bytes) -> str | bytes:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return _Broken(text)


def _as_decoded(
    rows: list[tuple[Any, ...]], names: tuple[str, ...], blobs: frozenset[str], before: int, where: str
) -> Decoded:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    broken = [
        (number, None, cell.decode("ascii", "backslashreplace"), "sqlite:encoding", name,
         f"{where}, row {number}: text that is not valid UTF-8")
        for name, column in zip(names, columns, strict=True)
        for number, cell in enumerate(column, before + 1)
        if isinstance(cell, _Broken)
    ]  # fmt: skip
    numbers = pl.int_range(before + 1, before + len(rows) + 1, dtype=pl.Int64, eager=True).alias("_row")
    cells = [_column(name, column, name in blobs) for name, column in zip(names, columns, strict=True)]
    frame = pl.DataFrame([*cells, numbers])
    rejects = pl.DataFrame(broken, schema=REJECT_SCHEMA, orient="row").sort("_row", maintain_order=True)
    kept = frame.filter(~pl.col("_row").is_in(rejects["_row"].unique().to_list()))
    return Decoded(kept, rejects, len(rows))


def _column(name: str, cells: Sequence[Any], blob: bool) -> pl.Series:
    """Give a column as text, or as bytes; a number is written alike, whatever stands beside it."""
    if blob:
        return pl.Series(name, cells, dtype=pl.Binary)
    kinds = {type(cell) for cell in cells} - {type(None)}
    if kinds == {int}:
        return pl.Series(name, cells, dtype=pl.Int64).cast(pl.String)
    if kinds == {float}:
        return pl.Series(name, cells, dtype=pl.Float64).cast(pl.String)
    text = pl.Series(name, [_shown(cell) for cell in cells], dtype=pl.String)
    if float not in kinds:
        return text
    numbers = pl.Series([cell if type(cell) is float else None for cell in cells], dtype=pl.Float64)
    return text.zip_with(numbers.is_null(), numbers.cast(pl.String)).alias(name)


def _shown(cell: object) -> str | None:
    return str(cell) if isinstance(cell, int) else cell if type(cell) is str else None
