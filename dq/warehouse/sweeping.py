"""Files that nobody will ever see: what writers that died had staged."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from dq.warehouse.connection import CATALOG, FILES, LAKE, queue, session
from dq.warehouse.staging import PREFIX, WRITERS

GRACE = timedelta(hours=1)


def sweep(root: Path, now: datetime, grace: timedelta = GRACE) -> int:
    """Remove files that no snapshot, past or present, refers to and that no living writer is staging.

    Gives how many were removed. Files younger than `grace` stay, as another program may be writing them.
    """
    if not (root / CATALOG).is_file():
        return 0
    with queue(root):
        before = (now - grace).timestamp()
        old = [p for p in (root / FILES).rglob("*.parquet") if p.stat().st_mtime < before]
        known = _referenced(root) if old else set()
        alive = _alive(root, before)
        orphans = [path for path in old if path.resolve() not in known and _writer(path) not in alive]
        for path in orphans:
            path.unlink(missing_ok=True)
    return len(orphans)


def _writer(path: Path) -> str | None:
    return path.stem[len(PREFIX) :].rsplit("-", 1)[0] if path.name.startswith(PREFIX) else None


def _alive(root: Path, before: float) -> set[str]:
    """Give the ids of the writers whose lock is held; the locks of dead ones go, once they are old."""
    living = set()
    for path in (root / WRITERS).glob("*.lock"):
        lock = FileLock(path, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            living.add(path.stem)
            continue
        if path.exists() and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
        lock.release()
    return living


def _referenced(root: Path) -> set[Path]:
    """Give every file that the catalog knows, of all snapshots and of those whose removal is planned."""
    lake = session(root, read_only=True)
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
    files = root / FILES
    known = {(files / path if relative else Path(path)).resolve() for path, relative in planned}
    for path, relative, table, table_relative, schema, schema_relative in rows:
        above = files / schema if schema_relative else Path(schema)
        above = above / table if table_relative else Path(table)
        known.add((above / path if relative else Path(path)).resolve())
    return known
