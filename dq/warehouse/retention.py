"""Keeping the warehouse small: old snapshots go, small files become one, orphans go; no reader loses a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from dq.errors import UserError
from dq.publication import Change
from dq.warehouse.connection import session
from dq.warehouse.names import LAKE, META, literal, split
from dq.warehouse.place import Place
from dq.warehouse.publishing import Note, change, in_turn
from dq.warehouse.reading import read
from dq.warehouse.runs import give_up_lost
from dq.warehouse.staging import stage, writer
from dq.warehouse.sweeping import GRACE, orphans, sweep

KEEP_DAYS = 30
# A file that no snapshot needs any more stays this long, for readers that began before.
READERS_GRACE = timedelta(days=1)
SMALL_FILES = 8
SMALL_BYTES = 16 * 1024 * 1024
# Its rows say by the snapshot that wrote them when a release was made.
_NEVER_REWRITTEN = "quality.releases"


@dataclass(frozen=True)
class Upkeep:
    """What was done, or would be: snapshots that expired, tables with their number of files before, files removed, and
    runs that were noted as lost.
    """

    expired: tuple[int, ...]
    kept: int
    compacted: tuple[tuple[str, int], ...]
    freed: int
    orphans: int
    lost: tuple[str, ...] = ()


def maintain(place: Place, now: datetime, *, keep_days: int = KEEP_DAYS, dry_run: bool = False) -> Upkeep:
    """Expire snapshots, compact tables of many small files, remove files that nobody needs, note which runs are lost.

    The newest snapshot stays, those of the last `keep_days`, and those that a release was made from. Their files
    are removed a day after: not before every reader that may hold them is done.

    Raises:
        UserError: `keep_days` is less than one day.

    """
    if keep_days < 1:
        raise UserError(
            f"cannot keep {keep_days} days", hint="at least 1: readers may hold snapshots of today"
        )
    if not place.identity():
        return Upkeep((), 0, (), 0, 0)
    before = now - timedelta(days=keep_days)
    lake = session(place, read_only=True)
    try:
        small = _small(lake)
        old, kept = _old(lake, before)
        due = _due(lake, now)
    finally:
        lake.close()
    if dry_run:
        return Upkeep(old, kept, small, due, len(orphans(place, now, GRACE)))
    lost = give_up_lost(place)
    for table, _ in small:
        _compact(place, table)
    with place.turn():
        lake = session(place, read_only=False)
        try:
            # Looked up anew: only a writer whose turn it is knows what there is. Files go before snapshots
            # expire: what expires now has its day of grace, whatever the clocks say.
            due, (old, kept) = _due(lake, now), _old(lake, before)
            lake.execute(
                f"call ducklake_cleanup_old_files('{LAKE}', "
                f"older_than => {literal((now - READERS_GRACE).isoformat())}::timestamptz)"
            )
            if old:
                lake.execute(f"call ducklake_expire_snapshots('{LAKE}', versions => {list(old)})")
        finally:
            lake.close()
    return Upkeep(old, kept, small, due, sweep(place, now), lost)


def _old(lake: duckdb.DuckDBPyConnection, before: datetime) -> tuple[tuple[int, ...], int]:
    """Give the snapshots that may go, and the number of those that stay."""
    released = "select null::bigint where false"
    if lake.execute(
        "select 1 from duckdb_tables() where database_name = 'lake' "
        "and schema_name = 'quality' and table_name = 'releases'"
    ).fetchone():
        released = "select snapshot_id from quality.releases"
    rows = lake.execute(
        f"select snapshot_id, snapshot_time::timestamptz < $before and snapshot_id not in ({released}) "
        f"and snapshot_id != (select max(snapshot_id) from {META}.ducklake_snapshot) "
        f"from {META}.ducklake_snapshot order by 1",
        {"before": before},
    ).fetchall()
    old = tuple(int(version) for version, goes in rows if goes)
    return old, len(rows) - len(old)


def _due(lake: duckdb.DuckDBPyConnection, now: datetime) -> int:
    """Count the files that expired snapshots left and that no reader can hold any more."""
    row = lake.execute(
        f"select count(*) from {META}.ducklake_files_scheduled_for_deletion "
        "where schedule_start::timestamptz < $before",
        {"before": now - READERS_GRACE},
    ).fetchone()
    return int(row[0]) if row else 0


def _small(lake: duckdb.DuckDBPyConnection) -> tuple[tuple[str, int], ...]:
    """Give the tables that are in many files of which most are small, with the number of files."""
    rows = lake.execute(
        f"""
        select s.schema_name || '.' || t.table_name as name, count(*) as files
        from {META}.ducklake_data_file f
        join {META}.ducklake_table t using (table_id) join {META}.ducklake_schema s using (schema_id)
        where f.end_snapshot is null and t.end_snapshot is null and name != '{_NEVER_REWRITTEN}'
        group by name having files >= {SMALL_FILES} and median(f.file_size_bytes) < {SMALL_BYTES} order by name
        """
    ).fetchall()
    return tuple((str(name), int(files)) for name, files in rows)


def _compact(place: Place, table: str) -> None:
    """Write a table's rows to one file, in one transaction.

    DuckLake's own compaction loses its way on fragmented tables (1.5.5), so the table is given its own rows.
    """
    lake = session(place, read_only=True)
    try:
        state = _state(lake, table)
    finally:
        lake.close()
    with writer(place) as name:
        early = stage(place, Change(table, read(place, table, None)), name, 0)

        def work(lake: duckdb.DuckDBPyConnection) -> None:
            if _state(lake, table) == state:
                change(lake, early)
                return
            # Another writer was faster: the same again while it is nobody else's turn.
            place.files.remove([early.path])
            change(lake, stage(place, Change(table, read(place, table, None)), name, 1))

        in_turn(place, work, Note("maintain", "compacted"))


def _state(lake: duckdb.DuckDBPyConnection, table: str) -> Sequence[tuple[object, ...]]:
    """Name what a table holds now: its files, and the deletions in them."""
    schema, name = split(table)
    return lake.execute(
        f"select data_file, delete_file from ducklake_list_files('{LAKE}', {literal(name)}, "
        f"schema => {literal(schema)}) order by all"
    ).fetchall()
