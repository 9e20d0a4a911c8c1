"""The first promise, as arithmetic: rows in = accepted + quarantined + deduplicated + superseded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from dq.errors import LedgerError


@dataclass(frozen=True)
class LedgerEntry:
    """What became of every row that went into one table in one run.

    Raises:
        LedgerError: at once, where it does not balance; such a run publishes nothing.

    >>> LedgerEntry("core.finance__cdnow", rows_in=10, accepted=7, quarantined=2, deduplicated=1).superseded
    0

    """

    table: str
    rows_in: int
    accepted: int
    quarantined: int = 0
    deduplicated: int = 0
    superseded: int = 0

    def __post_init__(self) -> None:
        parts = (self.accepted, self.quarantined, self.deduplicated, self.superseded)
        if min(self.rows_in, *parts) < 0 or self.rows_in != sum(parts):
            raise LedgerError(
                f"{self.table} does not balance: {self.rows_in:,} rows in, but {self.accepted:,} accepted + "
                f"{self.quarantined:,} quarantined + {self.deduplicated:,} deduplicated + "
                f"{self.superseded:,} superseded = {sum(parts):,}",
                where=self.table,
                hint="nothing was published; a step lost or doubled rows between reading and writing",
            )

    def also_deduplicated(self, rows: int) -> Self:
        """Give the entry where so many of the accepted rows turned out to repeat others.

        >>> LedgerEntry("core.finance__cdnow", rows_in=10, accepted=8, quarantined=2).also_deduplicated(3).accepted
        5
        """
        return replace(self, accepted=self.accepted - rows, deduplicated=self.deduplicated + rows)
