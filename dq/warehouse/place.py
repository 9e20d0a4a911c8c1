"""Where a warehouse lies: what every kind of place can do."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from dq.warehouse.files import Files

QUEUE_SECONDS = 900.0


@dataclass(frozen=True)
class Database:
    """What ATTACH takes for the database that a catalog is in: address, kind, and further options."""

    address: str
    kind: str
    options: str = ""


class Place(Protocol):
    """A catalog, the files it speaks of, and the locks by which writers know of each other.

    Places are values: two of the same address are equal, and may be in any number of processes.
    """

    def __hash__(self) -> int:
        """Tell places apart by their address."""
        ...

    @property
    def files(self) -> Files:
        """The Parquet files."""
        ...

    @property
    def extensions(self) -> tuple[str, ...]:
        """DuckDB's extensions that the catalog needs."""
        ...

    def identity(self) -> int:
        """Name the catalog that is there now, so that one made anew is told from it; 0 where there is none."""
        ...

    def attachment(self, *, aside: bool = False) -> tuple[str, str]:
        """Give what ATTACH takes for the catalog, or for the one being made `aside`: its address and options."""
        ...

    def frozen(self) -> AbstractContextManager[Database]:
        """Give the catalog's database, to be read in one transaction: all of it is of one moment."""
        ...

    @property
    def making(self) -> Database:
        """The database of the catalog that is being made aside."""
        ...

    def begin(self) -> None:
        """Make room for a new catalog, aside, so that nobody ever meets half of one."""
        ...

    def finish(self) -> None:
        """Put the catalog that was made aside in its place, at once."""
        ...

    def turn(self, patience: float = QUEUE_SECONDS) -> AbstractContextManager[None]:
        """Wait for the turn to write among all processes; the turn of one that dies is freed.

        Raises:
            DqError: where the turn has not come within `patience` seconds.

        """
        ...

    def living(self, writer: str) -> AbstractContextManager[None]:
        """Let others know that a writer lives, until it ends or its process dies; several may bear one name."""
        ...

    def alive(self, before: float) -> set[str]:
        """Give the writers that live; traces of dead ones from `before` (seconds since the epoch) go."""
        ...
