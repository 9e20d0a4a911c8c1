"""A copy of the warehouse as of one snapshot, taken while others write, and the way back."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dq.errors import ConfigError, IntegrityError, UserError
from dq.warehouse.catalog_copy import copy_catalog
from dq.warehouse.connection import empty_lake, session
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

    It is one in a folder, wherever this one's catalog and files are. Files are never changed once they are written, so
    on the same disk they are linked instead of copied. The folder appears when all of it is there and was verified:
    each file's size and number of rows against the catalog.

    Raises:
        ConfigError: there is no warehouse yet.
        UserError: `target` is there already.
        IntegrityError: a file is missing, or is not what the catalog says.

    """
    if not place.identity():
        raise ConfigError("no warehouse here yet", where=str(place), hint="there is nothing to back up")
    if target.exists():
        raise UserError("the backup's folder is there already", where=str(target), hint="name a new one")
    return _in_a_new_folder(place, target)


def restore(saved: Path, place: Place) -> Copied:
    """Make the warehouse from a backup, of whatever kind either is; the backup stays as it is.

    Nobody meets a warehouse before all of it is there and was verified. What a restore that was killed left of the same
    backup is taken for its own.

    Raises:
        UserError: there is a warehouse already, or other files where its files would be; or no backup in `saved`.
        IntegrityError: a file of the backup is missing, or is not what its catalog says.

    """
    source = Folder(saved.resolve())
    if not source.identity():
        raise UserError(
            "there is no backup here", where=str(saved), hint="name the folder that dq backup made"
        )
    if place.root.exists() if isinstance(place, Folder) else place.identity() or _others(source, place):
        raise UserError(
            "there is a warehouse already", where=str(place), hint="move it away first: nothing is merged"
        )
    if isinstance(place, Folder):
        return _in_a_new_folder(source, place.root)
    with place.turn():
        return _copy(source, place, str(place.files))


def _others(source: Place, place: Place) -> bool:
    """Say whether there are files where none of the backup's would be."""
    lake = session(source, read_only=True)
    try:
        names = [file.path.removeprefix(f"{source.files}/") for file in kept_files(source, lake)]
    finally:
        lake.close()
    ours = {place.files.address(name) for name in names}
    return any(file.address not in ours for file in place.files.found())


def _in_a_new_folder(source: Place, root: Path) -> Copied:
    """Copy aside, then rename: a folder that is there is whole."""
    target = root.resolve()
    aside = Folder(target.with_name(f".{target.name}.part"))
    shutil.rmtree(aside.root, ignore_errors=True)
    copied = _copy(source, aside, str(Folder(target).files))
    aside.root.rename(target)
    return copied


def _copy(source: Place, target: Place, files: str) -> Copied:
    """Copy the catalog aside, then the files that it speaks of; verify them, and put the catalog in its place."""
    brought: list[str] = []
    target.begin()
    try:
        empty_lake(target).close()
        copy_catalog(source, target, f"{files}/")
        lake = empty_lake(target)
        try:
            # A file outside of the warehouse was brought in by another client, and is where it was.
            inside = f"{target.files}/"
            kept = [file for file in kept_files(target, lake) if file.path.startswith(inside)]
            snapshot, linked = version_of(lake, "now"), 0
            for file in kept:
                old = source.files.address(file.path.removeprefix(inside))
                with source.files.here(old) as path:
                    brought.append(file.path)
                    # What had to be fetched first takes room, however it then got into its folder.
                    linked += target.files.bring(path, file.path) and str(path) == old
            _verify(target, lake, kept)
        finally:
            lake.close()
        target.finish()
    except BaseException:
        target.files.remove(brought)
        raise
    return Copied(snapshot, len(kept), sum(file.bytes for file in kept), linked)


def _verify(place: Place, lake: duckdb.DuckDBPyConnection, files: Sequence[Kept]) -> None:
    """Hold every file against the catalog: its size, and of rows their number."""
    sizes = {file.address: file.bytes for file in place.files.found()}
    wrong = [file.path for file in files if sizes.get(file.path) != file.bytes]
    counted = {file.path: file.rows for file in files if file.rows is not None}
    if counted and not wrong:
        names = ", ".join(map(one_file, counted))
        found = lake.execute(f"select file_name, num_rows from parquet_file_metadata([{names}])").fetchall()
        rows = {str(name): int(number) for name, number in found}
        wrong = [path for path, number in counted.items() if rows.get(path) != number]
    if wrong:
        raise IntegrityError(
            "files are not what the catalog says", where=wrong[0], failed=len(wrong), of=len(files)
        )
