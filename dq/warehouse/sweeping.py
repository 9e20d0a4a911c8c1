"""Files that nobody will ever see: what writers that died had staged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

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
        for path in found:
            path.unlink(missing_ok=True)
    return len(found)


def orphans(place: Place, now: datetime, grace: timedelta) -> list[Path]:
    """Give the files that `sweep` would remove."""
    before = (now - grace).timestamp()
    old = [p for p in place.files.rglob("*.parquet") if p.stat().st_mtime < before]
    known = _referenced(place) if old else set()
    alive = place.alive(before)
    return [path for path in old if path.resolve() not in known and not trace(_writer(path), alive)]


def _writer(path: Path) -> str:
    """Give the id of the writer that staged a file; empty where another program wrote it."""
    return path.stem[len(PREFIX) :].rsplit("-", 1)[0] if path.name.startswith(PREFIX) else ""


@dataclass(frozen=True)
class Kept:
    """A file that a snapshot refers to, as the catalog knows it; `rows` is null where it lists deletions."""

    path: Path
    bytes: int
    rows: int | None


def kept_files(place: Place) -> list[Kept]:
    """Give every file that a snapshot, past or present, refers to."""
    lake = session(place, read_only=True)
    located = (
        "select t.path, t.path_is_relative, s.path, s.path_is_relative, f.path, f.path_is_relative, "
        f"f.file_size_bytes, {{}} from {META}.{{}} f join {META}.ducklake_table t using (table_id) "
        f"join {META}.ducklake_schema s using (schema_id)"
    )
    try:
        rows = [
            row
            for kind, records in (("ducklake_data_file", "f.record_count"), ("ducklake_delete_file", "null"))
            for row in lake.execute(located.format(records, kind)).fetchall()
        ]
    finally:
        lake.close()
    found = []
    for table, table_relative, schema, schema_relative, path, relative, size, records in rows:
        above = place.files / schema if schema_relative else Path(schema)
        above = above / table if table_relative else Path(table)
        found.append(Kept((above / path if relative else Path(path)).resolve(), size, records))
    return found


def _referenced(place: Place) -> set[Path]:
    """Give every file that the catalog knows, of all snapshots and of those whose removal is planned."""
    lake = session(place, read_only=True)
    try:
        planned = lake.execute(
            f"select path, path_is_relative from {META}.ducklake_files_scheduled_for_deletion"
        ).fetchall()
    finally:
        lake.close()
    known = {(place.files / path if relative else Path(path)).resolve() for path, relative in planned}
    return known | {file.path for file in kept_files(place)}
