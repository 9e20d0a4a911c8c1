"""Files that nobody will ever see: what writers that died had staged."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from dq.warehouse.connection import LAKE, session
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


def _referenced(place: Place) -> set[Path]:
    """Give every file that the catalog knows, of all snapshots and of those whose removal is planned."""
    lake = session(place, read_only=True)
    meta = f"__ducklake_metadata_{LAKE}"
    try:
        located = (
            f"select f.path, f.path_is_relative, t.path, t.path_is_relative, s.path, s.path_is_relative "
            f"from {meta}.{{}} f join {meta}.ducklake_table t using (table_id) "
            f"join {meta}.ducklake_schema s using (schema_id)"
        )
        rows = [
            row
            for kind in ("ducklake_data_file", "ducklake_delete_file")
            for row in lake.execute(located.format(kind)).fetchall()
        ]
        planned = lake.execute(
            f"select path, path_is_relative from {meta}.ducklake_files_scheduled_for_deletion"
        ).fetchall()
    finally:
        lake.close()
    files = place.files
    known = {(files / path if relative else Path(path)).resolve() for path, relative in planned}
    for path, relative, table, table_relative, schema, schema_relative in rows:
        above = files / schema if schema_relative else Path(schema)
        above = above / table if table_relative else Path(table)
        known.add((above / path if relative else Path(path)).resolve())
    return known
