"""The warehouse's face: connect, read, publish, remember."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dq.publication import Publication, Receipt
from dq.warehouse.address import place_of
from dq.warehouse.connection import open_lake, session
from dq.warehouse.names import qualified
from dq.warehouse.place import Place
from dq.warehouse.publishing import publish
from dq.warehouse.reading import read
from dq.warehouse.retention import KEEP_DAYS, Upkeep, maintain
from dq.warehouse.runs import finish_run, start_run
from dq.warehouse.sweeping import sweep


@dataclass(frozen=True, init=False)
class Warehouse:
    """A catalog and the Parquet files it speaks of; made by the first publication.

    Any number of processes read while others write: a reader sees whole snapshots only, writers queue.
    """

    place: Place

    def __init__(self, address: Path | str) -> None:
        """Name a warehouse by a folder or a URL, as `dq.warehouse.address` reads it; nothing is opened yet."""
        object.__setattr__(self, "place", place_of(address))

    def connect(self, *, read_only: bool = True, at: int | str | None = None) -> duckdb.DuckDBPyConnection:
        """Open a DuckDB connection with the lake attached as `lake` and made current; the caller closes it.

        `at` pins a snapshot, by version or ISO time. Readers of now share one DuckDB instance a process: temporary
        tables and the time zone are a connection's own, settings such as the memory limit are the process's.

        Raises:
            ConfigError: there is no warehouse yet.
            UserError: `at` names no snapshot.

        """
        if read_only and at is None:
            return session(self.place, read_only=True)
        return open_lake(self.place, read_only=read_only, at=at)

    def read(self, table: str, *, at: int | None = None) -> pl.LazyFrame:
        """Give a table of one snapshot as a lazy frame that streams and that no later publication changes.

        Types are those of `dq.warehouse.dtypes`.

        Raises:
            ConfigError: there is no warehouse yet.
            UserError: there is no such table, or no such snapshot.

        """
        return read(self.place, table, at)

    def exists(self, table: str) -> bool:
        """Say whether the table is there now; before the first publication nothing is."""
        return self._first(f"describe {qualified(table)}") is not None

    def ask(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Give the rows of a short query of the newest snapshot; none where its tables are not there yet.

        Cheaper than `connect`, which loads the extensions anew: a process keeps its lake open for this.
        """
        if not self.place.identity():
            return []
        lake = session(self.place, read_only=True)
        try:
            return lake.execute(query, list(values)).fetchall()
        except duckdb.CatalogException:
            return []
        finally:
            lake.close()

    def publish(self, publication: Publication, *, now: datetime) -> Receipt:
        """Make all that `publication` says true, in one snapshot, or leave everything as it was.

        Raises:
            UserError: a table is changed twice, or is one of the warehouse's own.
            SchemaError: a column that the lake cannot hold, or whose type appended rows would change.
            LedgerError: a table would not hold the rows that the ledger says.

        """
        return publish(self.place, publication, now)

    def cursor(self, source: str) -> dict[str, Any]:
        """Give what a source remembered in its last publication; nothing before the first."""
        row = self._first("select cursor from quality.cursors where source = ?", [source])
        return {} if row is None else dict(json.loads(row[0]))

    def fingerprint(self, table: str) -> str | None:
        """Give the fingerprint that the table was last published with; null where there is none."""
        row = self._first("select fingerprint from quality.tables where table_name = ?", [table])
        return None if row is None else row[0]

    def start_run(self, run_id: str, code_version: str, now: datetime) -> None:
        """Note that a run began, and that this process works on it; a run that began before is running again."""
        start_run(self.place, run_id, code_version, now)

    def finish_run(self, run_id: str, status: str, now: datetime) -> None:
        """Note how a run ended.

        Raises:
            UserError: no such run was started.

        """
        finish_run(self.place, run_id, status, now)

    def sweep(self, now: datetime) -> int:
        """Remove the files that dead writers left; give how many. Never one that a snapshot refers to."""
        return sweep(self.place, now)

    def maintain(self, now: datetime, *, keep_days: int = KEEP_DAYS, dry_run: bool = False) -> Upkeep:
        """Expire old snapshots, compact small files, remove what nobody needs; see `dq.warehouse.retention`."""
        return maintain(self.place, now, keep_days=keep_days, dry_run=dry_run)

    def _first(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        rows = self.ask(query, values)
        return rows[0] if rows else None
