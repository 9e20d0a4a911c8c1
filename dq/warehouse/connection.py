"""One way to reach the lake: extensions come from wheels, nothing downloads, the home folder stays clean."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from types import ModuleType

import duckdb
import duckdb_extension_ducklake
import duckdb_extension_sqlite_scanner
from filelock import FileLock, Timeout

from dq.errors import ConfigError, DqError, UserError
from dq.warehouse.bookkeeping import furnish
from dq.warehouse.names import literal

LAKE = "lake"
CATALOG = "catalog.sqlite"
FILES = "files"
LOCK = "commit.lock"
BUSY_MS = 60_000
QUEUE_SECONDS = 900.0

_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}


@cache
def _extension(package: ModuleType, name: str) -> str:
    """Give the path of the signed extension that a wheel brought, for the DuckDB that is running."""
    folder = Path(str(package.__file__)).parent / "extensions" / f"v{duckdb.__version__}"
    path = folder / f"{name}.duckdb_extension"
    if not path.is_file():
        raise ConfigError(
            f"the DuckDB extension {name} is not here for DuckDB {duckdb.__version__}",
            where=str(path),
            hint="install duckdb and the duckdb-extension-* wheels of one and the same version",
        )
    return str(path)


def _bare() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config=_OFFLINE)
    connection.execute(f"load {literal(_extension(duckdb_extension_sqlite_scanner, 'sqlite_scanner'))}")
    connection.execute(f"load {literal(_extension(duckdb_extension_ducklake, 'ducklake'))}")
    return connection


def _moment(at: int | str | None) -> str:
    """Give the option of ATTACH that pins a snapshot."""
    if at is None:
        return ""
    text = str(at).strip()
    if text.isdigit():
        return f", snapshot_version {text}"
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"{text!r} is neither a version nor a time", hint="write a number, or 2026-01-31 12:00"
        ) from None
    return f", snapshot_time {literal(str(time))}"


def _attach(connection: duckdb.DuckDBPyConnection, root: Path, catalog: str, options: str = "") -> None:
    # Without WAL and a busy timeout readers and writers fail on each other with "database is locked".
    connection.execute(
        f"attach {literal(f'ducklake:sqlite:{root / catalog}')} as {LAKE} "
        f"(data_path {literal(f'{root / FILES}/')}, override_data_path true, "
        f"meta_journal_mode 'WAL', meta_busy_timeout {BUSY_MS}{options})"
    )
    _settle(connection)


def _settle(connection: duckdb.DuckDBPyConnection) -> None:
    # Instants read the same on every machine; a person's session may set its own zone.
    connection.execute(f"use {LAKE}; set timezone = 'UTC'")


def open_lake(root: Path, *, read_only: bool, at: int | str | None = None) -> duckdb.DuckDBPyConnection:
    """Connect to the lake under `root`, attached as `lake` and made current; the connection shares nothing.

    A writer's connection makes a lake where there is none; a reader's says that there is none.

    Raises:
        ConfigError: where there is nothing to read, or it cannot be opened.
        UserError: where `at` names no snapshot, or was asked for to write.

    """
    root = root.resolve()
    if not read_only:
        if at is not None:
            raise UserError("the past is read-only", hint="leave out the version, or open it read-only")
        create(root)
    elif not (root / CATALOG).is_file():
        raise ConfigError("no warehouse here yet", where=str(root), hint="run make run")
    connection = _bare()
    try:
        _attach(connection, root, CATALOG, (", read_only" if read_only else "") + _moment(at))
    except UserError:
        connection.close()
        raise
    except duckdb.Error as error:
        connection.close()
        if at is not None and "snapshot" in str(error).lower():
            raise UserError(f"the warehouse has no snapshot at {at}", where=str(root)) from error
        raise ConfigError(f"the warehouse cannot be opened: {error}", where=str(root)) from error
    return connection


def session(root: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Give a connection for one short piece of work: as `open_lake`, 100 times as fast from the second on.

    Loading the extensions takes 0.2 s, so a process keeps the instances of the few lakes it last worked with.
    """
    root = root.resolve()
    if not read_only:
        create(root)
    catalog = root / CATALOG
    inode = catalog.stat().st_ino if catalog.is_file() else 0
    with _KEEPING:
        connection = _kept(root, read_only, inode, os.getpid()).cursor()
    _settle(connection)
    return connection


_KEEPING = Lock()


@lru_cache(maxsize=8)
def _kept(root: Path, read_only: bool, inode: int, process: int) -> duckdb.DuckDBPyConnection:  # noqa: ARG001
    return open_lake(root, read_only=read_only)


def create(root: Path) -> None:
    """Make the folder and a furnished catalog where there is none; of many that try, one does.

    The catalog is made aside and then renamed, so that nobody ever meets half of one.
    """
    if (root / CATALOG).is_file():
        return
    (root / FILES).mkdir(parents=True, exist_ok=True)
    with queue(root):
        if (root / CATALOG).is_file():
            return
        for left in root.glob(f"{CATALOG}.new*"):
            left.unlink()
        connection = _bare()
        try:
            _attach(connection, root, f"{CATALOG}.new")
            # Rows of published tables are in Parquet files only: the list of files is the whole truth.
            connection.execute(f"call {LAKE}.set_option('data_inlining_row_limit', 0)")
            furnish(connection)
        finally:
            connection.close()
        (root / f"{CATALOG}.new").rename(root / CATALOG)


@contextmanager
def queue(root: Path, *, patience: float = QUEUE_SECONDS) -> Iterator[None]:
    """Wait for the turn to write among all processes; the kernel frees the turn of a process that dies.

    Raises:
        DqError: where the turn has not come within `patience` seconds.

    """
    lock = FileLock(root / LOCK, timeout=patience)
    try:
        lock.acquire()
    except Timeout as error:
        raise DqError(
            f"another writer has held the warehouse for {patience:,.0f} s",
            where=lock.lock_file,
            hint="look which process holds that file open; ending it frees the warehouse",
        ) from error
    try:
        yield
    finally:
        lock.release()
