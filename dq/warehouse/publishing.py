"""One publication, one transaction, one snapshot: all of it becomes visible, or none of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import duckdb

from dq.errors import DqError, IntegrityError, LedgerError, PromiseError, SchemaError, UserError
from dq.publication import Publication, Receipt
from dq.quarantine import quarantine_table
from dq.warehouse.bookkeeping import TABLES, furnish, record
from dq.warehouse.comments import comment_of
from dq.warehouse.connection import create, session
from dq.warehouse.names import LAKE, literal, one_file, qualified, quote, split
from dq.warehouse.place import Place
from dq.warehouse.staging import Staged, stage, writer

ATTEMPTS = 6
FIRST_WAIT_SECONDS = 0.1
_COLLISIONS = (
    "conflict",
    "database is locked",
    "database is busy",
    "retry count",
    "could not serialize",
    "duplicate key",
)

T = TypeVar("T")


def publish(place: Place, publication: Publication, now: datetime) -> Receipt:
    """Make all that `publication` says true of the lake, at once.

    Raises:
        UserError: a table is changed twice, or is one of the warehouse's own.
        SchemaError: a column that the lake cannot hold, or whose type an appended frame changes.
        LedgerError: a table would not hold the rows that the ledger says.

    """
    _check(publication, now)
    with writer(place) as writer_id:
        staged = [stage(place, change, writer_id, n) for n, change in enumerate(publication.changes)]
        _balance(publication, staged)
        note = Note(publication.run_id, "published")
        snapshot, rows = in_turn(place, lambda lake: _apply(lake, publication, staged, now), note)
    return Receipt(snapshot, rows)


@dataclass(frozen=True)
class Note:
    """What a snapshot says of itself: the run that made it, and what for, in a word or two."""

    run_id: str
    comment: str


def in_turn(
    place: Place, work: Callable[[duckdb.DuckDBPyConnection], T], note: Note | None = None
) -> tuple[int, T]:
    """Do `work` in one transaction when it is this writer's turn; give the snapshot it made and its result.

    A writer that does not queue (someone's own DuckDB client) may collide with it: all of `work` is then
    done again on the new state, a bounded number of times.
    """
    wait = FIRST_WAIT_SECONDS
    create(place)
    with place.turn():
        for attempt in range(1, ATTEMPTS + 1):
            lake = session(place, read_only=False)
            try:
                return _once(lake, work, note)
            except duckdb.Error as error:
                collided = any(sign in str(error).lower() for sign in _COLLISIONS)
                if not collided:
                    raise IntegrityError(
                        f"the warehouse refused a transaction: {error}", where=str(place)
                    ) from error
                if attempt == ATTEMPTS:
                    raise DqError(
                        f"the warehouse could not be written in {ATTEMPTS} attempts: {error}",
                        where=str(place),
                        hint="another program writes to it without queueing",
                    ) from error
            finally:
                lake.close()
            time.sleep(wait)
            wait *= 2
    raise AssertionError


def _once(
    lake: duckdb.DuckDBPyConnection, work: Callable[[duckdb.DuckDBPyConnection], T], note: Note | None
) -> tuple[int, T]:
    furnish(lake)
    lake.begin()
    try:
        result = work(lake)
        if note is not None:
            words = f"{literal(note.run_id)}, {literal(note.comment)}"
            lake.execute(f"call ducklake_set_commit_message('{LAKE}', {words})")
    except BaseException:
        lake.rollback()
        raise
    lake.commit()
    row = lake.execute(f"select * from ducklake_last_committed_snapshot('{LAKE}')").fetchone()
    return int(row[0]) if row and row[0] is not None else 0, result


def _check(publication: Publication, now: datetime) -> None:
    if now.tzinfo is None:
        raise UserError("the time of a publication needs a zone", hint="datetime.now(tz=UTC)")
    counts = Counter(change.table.lower() for change in publication.changes)
    for change in publication.changes:
        schema, _ = split(change.table)
        if change.table in TABLES:
            raise UserError(f"{change.table} is written by the warehouse alone", where=change.table)
        if counts[change.table.lower()] > 1:
            raise UserError(f"{change.table} is changed twice in one publication", where=change.table)
        if change.mode == "replace_where" and change.key is None:
            raise UserError(f"replace_where on {change.table} needs a key", where=change.table)
        if schema.lower() in {"main", "information_schema", "pg_catalog"}:
            raise UserError(f"{change.table} is in a schema of DuckDB's own", where=change.table)


def _balance(publication: Publication, staged: Sequence[Staged]) -> None:
    """Hold the ledger against the rows that are really there: in the table, and in its quarantine."""
    rows = {one.change.table: one.rows for one in staged if one.change.mode != "append"}
    for entry in publication.ledger:
        held = {entry.table: entry.accepted, quarantine_table(entry.table): entry.quarantined}
        for table, said in held.items():
            if table in rows and rows[table] != said:
                raise LedgerError(
                    f"the ledger of {entry.table} says that {table} is given {said:,} rows, but it was given "
                    f"{rows[table]:,}",
                    where=table,
                    hint="nothing was published",
                )


def _apply(
    lake: duckdb.DuckDBPyConnection, publication: Publication, staged: Sequence[Staged], now: datetime
) -> dict[str, int]:
    sizes = {one.change.table: change(lake, one) for one in staged}
    others = [table for table in publication.fingerprints if table not in sizes]
    record(lake, publication, sizes | {t: _count(lake, t) if _columns(lake, t) else 0 for t in others}, now)
    return {one.change.table: one.rows for one in staged}


def change(lake: duckdb.DuckDBPyConnection, staged: Staged) -> int:
    """Apply one change; give the rows that the table then has, counted and compared."""
    wanted, path = staged.change, one_file(staged.path)
    schema, name = split(wanted.table)
    table = qualified(wanted.table)
    lake.execute(f"create schema if not exists {quote(schema)}")
    old = _columns(lake, wanted.table)
    source = f"read_parquet({path}, hive_partitioning => false)"
    new = _described(lake, source)
    if wanted.mode == "replace" and old and list(old.items()) != list(new.items())[: len(old)]:
        # A type changed, or a column went or moved: a new table of the same name. The old one is in the past.
        lake.execute(f"drop table {table}")
        old = {}
    if not old:
        lake.execute(f"create table {table} as select * from {source} limit 0")
    else:
        _widen(lake, wanted.table, old, new)
    if wanted.mode == "replace_where":
        _check_keys(lake, staged, source)
    kept = 0
    if old and wanted.mode != "replace":
        if wanted.mode == "replace_where":
            _remove(lake, staged)
        kept = _count(lake, wanted.table)
    elif old:
        lake.execute(f"delete from {table}")
    if staged.rows:
        lake.execute(
            f"call ducklake_add_data_files('{LAKE}', {literal(name)}, {path}, schema => {literal(schema)}, "
            f"allow_missing => true, hive_partitioning => false)"
        )
    comment = wanted.comment or ("" if old else comment_of(wanted.table))
    if comment:
        lake.execute(f"comment on table {table} is {literal(comment)}")
    size = _count(lake, wanted.table)
    if size != kept + staged.rows:
        raise IntegrityError(
            f"{wanted.table} shows {size:,} rows where {kept + staged.rows:,} were written",
            where=wanted.table,
            hint="nothing was published",
        )
    return size


def _check_keys(lake: duckdb.DuckDBPyConnection, staged: Staged, source: str) -> None:
    """Hold the new rows' keys against the keys that they replace: another one's rows would stand there twice.

    Raises:
        PromiseError: a row has another key, or none.

    """
    wanted = staged.change
    key = f"{quote(str(wanted.key))}::varchar"
    foreign = lake.execute(
        f"select count(*) from {source} where not coalesce(list_contains(?::varchar[], {key}), false)",
        [list(wanted.values)],
    ).fetchone()
    if foreign and foreign[0]:
        raise PromiseError(
            f"new rows of {wanted.table} have keys that they do not replace",
            where=f"{wanted.table}.{wanted.key}",
            failed=int(foreign[0]),
            of=staged.rows,
            hint="name every key in values; nothing was published",
        )


def _remove(lake: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Delete the rows that a `replace_where` replaces."""
    change = staged.change
    key = quote(str(change.key))
    lake.execute(
        f"delete from {qualified(change.table)} where {key}::varchar in (select unnest(?::varchar[]))",
        [list(change.values)],
    )


def _widen(lake: duckdb.DuckDBPyConnection, table: str, old: dict[str, str], new: dict[str, str]) -> None:
    """Add the columns that are new; a column that is there keeps its type."""
    for column, dtype in new.items():
        if column not in old:
            lake.execute(f"alter table {qualified(table)} add column {quote(column)} {dtype}")
        elif old[column] != dtype:
            raise SchemaError(
                f"column {column!r} of {table} holds {old[column]}, the new rows bring {dtype}",
                where=f"{table}.{column}",
                hint="cast the new rows, or replace the whole table",
            )


def _described(lake: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    rows = lake.execute(f"describe select * from {relation}").fetchall()
    return {str(row[0]): str(row[1]) for row in rows}


def _columns(lake: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Give a table's columns and their types; nothing where there is no such table."""
    try:
        return _described(lake, qualified(table))
    except duckdb.CatalogException:
        # The list of all tables would be dearer: 70 ms with sixty tables, this takes 3.
        return {}


def _count(lake: duckdb.DuckDBPyConnection, table: str) -> int:
    row = lake.execute(f"select count(*) from {qualified(table)}").fetchone()
    return int(row[0]) if row else 0
