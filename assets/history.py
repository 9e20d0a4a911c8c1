"""Keeps Dagster's SQLite history from waiting for the disk at every event."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

_kept: dict[str, sqlite3.Connection] = {}


def relax_history() -> None:
    """Let this process write Dagster's event log without flushing the disk at every event.

    Dagster opens and closes its databases for each of some hundred events a run. Each close of the last
    connection copies the write-ahead log into the database and waits for the disk, so one more connection is
    kept open; and with a write-ahead log SQLite itself advises `synchronous=NORMAL`, which cannot damage a
    database: a power cut may lose the last events of the log, which the warehouse does not depend on.
    """
    if not event.contains(Engine, "connect", _relax):
        event.listen(Engine, "connect", _relax)


def _relax(connection: Any, _: Any) -> None:
    connection.execute("pragma synchronous = normal")
    path = connection.execute("pragma database_list").fetchone()[2]
    if path and path not in _kept:
        _kept[path] = sqlite3.connect(path, check_same_thread=False)
        _kept[path].execute("select count(*) from sqlite_master").fetchone()
