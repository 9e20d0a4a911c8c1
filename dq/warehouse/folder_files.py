"""A warehouse's files in a folder of this machine, or one that is mounted on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dq.errors import IntegrityError
from dq.warehouse.files import Found


@dataclass(frozen=True)
class FolderFiles:
    """The folder, by its resolved path."""

    root: Path
    extensions: tuple[str, ...] = ()
    options: None = None

    def __str__(self) -> str:
        return str(self.root)

    def address(self, *parts: str) -> str:
        """Give a path."""
        return str(self.root.joinpath(*parts))

    def canonical(self, address: str) -> str:
        """Give the path without links in it."""
        return str(Path(address).resolve())

    def make_room(self) -> None:
        """Make the folder."""
        self.root.mkdir(parents=True, exist_ok=True)

    def let_in(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Do nothing: a folder is reached as it is."""

    def asking(self) -> AbstractContextManager[None]:
        """Add nothing: the system's own words name the file."""
        return nullcontext()

    def found(self) -> Iterator[Found]:
        """Give every Parquet file in the folder and those below."""
        for path in self.root.rglob("*.parquet"):
            state = path.stat()
            yield Found(str(path.resolve()), state.st_mtime, state.st_size)

    def unfinished(self) -> Iterator[Found]:
        """Give nothing: what a writer left in the middle of a file is a file."""
        return iter(())

    def remove(self, addresses: Sequence[str]) -> None:
        """Remove files."""
        for address in addresses:
            Path(address).unlink(missing_ok=True)

    @contextmanager
    def here(self, address: str) -> Iterator[Path]:
        """Give the file itself."""
        if not Path(address).is_file():
            raise IntegrityError("the catalog speaks of a file that is not there", where=address)
        yield Path(address)

    def bring(self, path: Path, address: str) -> bool:
        """Link the file or, from another disk, copy it."""
        target = Path(address)
        target.parent.mkdir(parents=True, exist_ok=True)
        # What one that was killed left there may be half of it.
        target.unlink(missing_ok=True)
        try:
            os.link(path, target)
        except OSError:
            shutil.copy2(path, target)
            return False
        return True
