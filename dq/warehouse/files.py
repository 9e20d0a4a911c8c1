"""Where a warehouse's Parquet files lie: what a folder and an object store can both do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb


@dataclass(frozen=True)
class Found:
    """A file that is there: its address, when it was written (seconds since the epoch), and its size."""

    address: str
    modified: float
    bytes: int


class Files(Protocol):
    """Files by address, which Polars and DuckDB read as it is; a file appears whole and never changes."""

    def __hash__(self) -> int:
        """Tell places apart by their address."""
        ...

    @property
    def extensions(self) -> tuple[str, ...]:
        """DuckDB's extensions that reach them."""
        ...

    @property
    def options(self) -> dict[str, str] | None:
        """Polars' `storage_options` to reach them."""
        ...

    def address(self, *parts: str) -> str:
        """Give the address of the file under here that these folders and name lead to."""
        ...

    def canonical(self, address: str) -> str:
        """Give the one address of a file that may have several."""
        ...

    def make_room(self) -> None:
        """See to it that files can be written here.

        Raises:
            ConfigError: where the store cannot be reached.

        """
        ...

    def let_in(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let a DuckDB connection reach them."""
        ...

    def asking(self) -> AbstractContextManager[None]:
        """Say in this house's words where the store refuses what is asked of it in the block.

        Raises:
            ConfigError: without the keys in its words.

        """
        ...

    def found(self) -> Iterator[Found]:
        """Give every Parquet file that is there, by its canonical address."""
        ...

    def unfinished(self) -> Iterator[Found]:
        """Give what was begun of files and is not one of those found, by addresses that `remove` takes."""
        ...

    def remove(self, addresses: Sequence[str]) -> None:
        """Remove files; one that is gone already is none the worse."""
        ...

    def here(self, address: str) -> AbstractContextManager[Path]:
        """Give a file on this machine, for as long as the block lasts.

        Raises:
            IntegrityError: where there is none.

        """
        ...

    def bring(self, path: Path, address: str) -> bool:
        """Have a copy of a file at an address under here; say whether it took no room, being a link."""
        ...
