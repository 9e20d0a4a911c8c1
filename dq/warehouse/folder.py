"""A warehouse in a folder: catalog in SQLite beside the files, locks of the kernel. One machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from dq.errors import DqError
from dq.scratch import Scratch
from dq.warehouse.folder_files import FolderFiles
from dq.warehouse.place import QUEUE_SECONDS, Database

CATALOG = "catalog.sqlite"
LOCK = "commit.lock"
WRITERS = "writers"
BUSY_MS = 60_000


@dataclass(frozen=True)
class Folder:
    """A place of its own that can be moved and copied: no path of the machine is in it."""

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    @property
    def extensions(self) -> tuple[str, ...]:
        """SQLite's."""
        return ("sqlite_scanner",)

    @property
    def files(self) -> FolderFiles:
        """The Parquet files, in a folder beside the catalog."""
        return FolderFiles(self.root / "files")

    @property
    def catalog(self) -> Path:
        """The file of the catalog."""
        return self.root / CATALOG

    def identity(self) -> int:
        """Give the catalog file's inode; 0 where there is none."""
        return self.catalog.stat().st_ino if self.catalog.is_file() else 0

    def attachment(self, *, aside: bool = False) -> tuple[str, str]:
        """Give the file; without WAL and a busy timeout readers and writers fail on each other."""
        path = self._aside if aside else self.catalog
        return f"sqlite:{path}", f"meta_journal_mode 'WAL', meta_busy_timeout {BUSY_MS}"

    @contextmanager
    def frozen(self) -> Iterator[Database]:
        """Give a copy, made in SQLite's own way: one state of the catalog, whoever writes meanwhile."""
        with Scratch("catalog") as folder:
            path = folder / CATALOG
            with closing(sqlite3.connect(self.catalog)) as old, closing(sqlite3.connect(path)) as new:
                old.backup(new)
            yield Database(str(path), "sqlite")

    @property
    def making(self) -> Database:
        """The file aside."""
        return Database(str(self._aside), "sqlite")

    @property
    def _aside(self) -> Path:
        return self.root / f"{CATALOG}.new"

    def begin(self) -> None:
        """Remove what another process left unfinished."""
        self.files.make_room()
        for left in self.root.glob(f"{CATALOG}.new*"):
            left.unlink()

    def finish(self) -> None:
        """Rename the new catalog."""
        self._aside.rename(self.catalog)

    @contextmanager
    def turn(self, patience: float = QUEUE_SECONDS) -> Iterator[None]:
        """Wait for the turn to write; the kernel frees the turn of a process that dies."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / LOCK, timeout=patience)
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

    @contextmanager
    def living(self, writer: str) -> Iterator[None]:
        """Hold a lock of the writer's own."""
        folder = self.root / WRITERS
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{writer}.{uuid4().hex}.lock"
        with FileLock(path):
            yield
            path.unlink(missing_ok=True)

    def alive(self, before: float) -> set[str]:
        """Give the writers whose lock is held; the locks of dead ones go, once they are old."""
        living = set()
        for path in (self.root / WRITERS).glob("*.lock"):
            lock = FileLock(path, timeout=0)
            try:
                lock.acquire()
            except Timeout:
                living.add(path.stem.rpartition(".")[0])
                continue
            if path.exists() and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
            lock.release()
        return living
