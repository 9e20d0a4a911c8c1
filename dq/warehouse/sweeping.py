"""Files that nobody will ever see, and parts of some: what writers that died had staged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from dq.warehouse.connection import session
from dq.warehouse.names import META
from dq.warehouse.place import Place
from dq.warehouse.postgres import trace
from dq.warehouse.staging import PREFIX

GRACE = timedelta(hours=1)


def sweep(place: Place, now: datetime, grace: timedelta = GRACE) -> int:
    """Remove files that no snapshot, past or present, refers to and that no living writer is staging.

    Gives how many were removed. Files younger than `grace` stay, as another program may be writing them.
    """
    if not place.identity():
        return 0
    with place.turn():
        found = orphans(place, now, grace)
        place.files.remove(found)
    return len(found)


def orphans(place: Place, now: datetime, grace: timedelta) -> list[str]:
    """Give the files that `sweep` would remove."""
    before = (now - grace).timestamp()
    parts = [file for file in place.files.unfinished() if _writer(file.address)]
    old = [file.address for file in (*place.files.found(), *parts) if file.modified < before]
    known = _referenced(place) if old else set()
    alive = place.alive(before)
    return [path for path in old if path not in known and not trace(_writer(path), alive)]


def _writer(path: str) -> str:
    """Give the id of the writer that staged a file; empty where another program wrote it."""
    name = path.rpartition("/")[2].partition("?")[0]
    return name[len(PREFIX) :].rpartition("-")[0] if name.startswith(PREFIX) else ""


@dataclass(frozen=True)
class Kept:
    """A file that a snapshot refers to, as the catalog knows it; `rows` is null where it lists deletions."""

    path: str
    bytes: int
    rows: int | None


def kept_files(place: Place, lake: duckdb.DuckDBPyConnection) -> list[Kept]:
    """Give every file that a snapshot, past or present, refers to."""
    located = (
        "select t.path, t.path_is_relative, s.path, s.path_is_relative, f.path, f.path_is_relative, "
        f"f.file_size_bytes, {{}} from {META}.{{}} f join {META}.ducklake_table t using (table_id) "
        f"join {META}.ducklake_schema s using (schema_id)"
    )
    rows = [
        row
        for kind, records in (("ducklake_data_file", "f.record_count"), ("ducklake_delete_file", "null"))
        for row in lake.execute(located.format(records, kind)).fetchall()
    ]
    found = []
    for table, table_relative, schema, schema_relative, path, relative, size, records in rows:
        above = _below(_below(str(place.files), schema, schema_relative), table, table_relative)
        found.append(Kept(place.files.canonical(_below(above, path, relative)), size, records))
    return found


def _below(folder: str, path: str, relative: bool) -> str:
    """Give the address that the catalog means by a path, which may end in a slash."""
    return (f"{folder}/{path}" if relative else path).rstrip("/")


def _referenced(place: Place) -> set[str]:
    """Give every file that the catalog knows, of all snapshots and of those whose removal is planned."""
    lake = session(place, read_only=True)
    try:
        planned = lake.execute(
            f"select path, path_is_relative from {META}.ducklake_files_scheduled_for_deletion"
        ).fetchall()
        kept = kept_files(place, lake)
    finally:
        lake.close()
    known = {place.files.canonical(_below(str(place.files), path, relative)) for path, relative in planned}
    return known | {file.path for file in kept}
