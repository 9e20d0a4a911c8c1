"""A copy of the warehouse as of one snapshot, taken while others write, and the way back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dq.errors import ConfigError, IntegrityError, UserError
from dq.warehouse.connection import session
from dq.warehouse.folder import Folder
from dq.warehouse.names import one_file
from dq.warehouse.place import Place
from dq.warehouse.snapshots import version_of
from dq.warehouse.sweeping import Kept, kept_files


@dataclass(frozen=True)
class Copied:
    """What was copied: its newest snapshot, and the files with their bytes, of which `linked` took no room."""

    snapshot: int
    files: int
    bytes: int
    linked: int


def backup(place: Place, target: Path) -> Copied:
    """Copy the catalog as it is at one moment and every file it speaks of; `target` is then a warehouse of its own.

    Files are never changed once they are written, so on the same disk they are linked instead of copied. The folder
    appears when all of it is there and was verified: each file's size and number of rows against the catalog.

    Raises:
        ConfigError: there is no warehouse yet, or its catalog is in PostgreSQL.
        UserError: `target` is there already.
        IntegrityError: a file is missing, or is not what the catalog says.

    """
    source = _in_a_folder(place)
    if not source.identity():
        raise ConfigError("no warehouse here yet", where=str(source), hint="there is nothing to back up")
    if target.exists():
        raise UserError("the backup's folder is there already", where=str(target), hint="name a new one")
    return _copy(source, target)


def restore(saved: Path, place: Place) -> Copied:
    """Make the warehouse from a backup; the backup stays as it is.

    Raises:
        ConfigError: the catalog of the warehouse is in PostgreSQL.
        UserError: there is a warehouse already, or no backup in `saved`.
        IntegrityError: a file of the backup is missing, or is not what its catalog says.

    """
    target, source = _in_a_folder(place), Folder(saved.resolve())
    if not source.identity():
        raise UserError(
            "there is no backup here", where=str(saved), hint="name the folder that dq backup made"
        )
    if target.root.exists():
        raise UserError(
            "there is a warehouse already", where=str(target), hint="move it away first: nothing is merged"
        )
    return _copy(source, target.root)


def _in_a_folder(place: Place) -> Folder:
    if isinstance(place, Folder):
        return place
    raise ConfigError(
        "the catalog is in PostgreSQL, which has its own backups",
        where=str(place),
        hint="docs/warehouse.md, Backup: pg_dump of the schema, and then a copy of the files",
    )


def _copy(source: Folder, target: Path) -> Copied:
    """Copy aside, verify, then rename: a folder that is there is whole."""
    aside = Folder(target.resolve().with_name(f".{target.name}.part"))
    shutil.rmtree(aside.root, ignore_errors=True)
    aside.files.mkdir(parents=True)
    # SQLite's own way: one state of the catalog, whoever writes meanwhile. What it lists nobody removes for a day.
    with closing(sqlite3.connect(source.catalog)) as old, closing(sqlite3.connect(aside.catalog)) as new:
        old.backup(new)
        # Files that nobody needs were not copied, and so need not be removed one day.
        new.execute("delete from ducklake_files_scheduled_for_deletion")
        new.commit()
    lake = session(aside, read_only=True)
    try:
        snapshot = version_of(lake, "now")
    finally:
        lake.close()
    # A file outside of the warehouse was brought in by another client, and is where it was.
    files = [file for file in kept_files(aside) if file.path.is_relative_to(aside.files)]
    linked = sum(_bring(source.files / file.path.relative_to(aside.files), file.path) for file in files)
    _verify(aside, files)
    aside.root.rename(target)
    return Copied(snapshot, len(files), sum(file.bytes for file in files), linked)


def _bring(old: Path, new: Path) -> bool:
    """Link a file or, on another disk, copy it; say whether it was linked."""
    new.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(old, new)
    except FileNotFoundError as error:
        raise IntegrityError("the catalog speaks of a file that is not there", where=str(old)) from error
    except OSError:
        shutil.copy2(old, new)
        return False
    return True


def _verify(place: Folder, files: Sequence[Kept]) -> None:
    """Hold every file against the catalog: its size, and of rows their number."""
    wrong = [file.path for file in files if file.path.stat().st_size != file.bytes]
    counted = {file.path: file.rows for file in files if file.rows is not None}
    if counted and not wrong:
        names = ", ".join(map(one_file, counted))
        lake = session(place, read_only=True)
        try:
            found = lake.execute(
                f"select file_name, num_rows from parquet_file_metadata([{names}])"
            ).fetchall()
        finally:
            lake.close()
        rows = {Path(name): int(number) for name, number in found}
        wrong = [path for path, number in counted.items() if rows.get(path) != number]
    if wrong:
        raise IntegrityError(
            "files are not what the catalog says", where=str(wrong[0]), failed=len(wrong), of=len(files)
        )
