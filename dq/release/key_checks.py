"""What a release may never have: no rows, a key twice, a key in two splits."""

from __future__ import annotations

import polars as pl

from dq.release.gate import Check
from dq.release.published_order import KEY

NAMED = 3


class KeyChecks:
    """Takes the rows a part at a time, all rows of a key in one part, and judges their keys."""

    def __init__(self, key: str, split: str) -> None:
        self._key, self._split = key, split
        self._rows = self._keys = self._twice = self._leaking = 0
        self._names: list[str] = []

    def add(self, part: pl.DataFrame) -> None:
        """Count the keys of a part."""
        groups = part.group_by(KEY).agg(
            pl.len().alias("rows"), pl.col(self._split).n_unique().alias("splits")
        )
        leaking = groups.filter(pl.col("splits") > 1)[KEY].sort()
        self._rows += part.height
        self._keys += groups.height
        self._twice += groups.filter(pl.col("rows") > pl.col("splits")).height
        self._leaking += leaking.len()
        self._names = sorted([*self._names, *leaking.head(NAMED)])[:NAMED]

    @property
    def checks(self) -> tuple[Check, ...]:
        """What the gate is told."""
        rows, keys, named = self._rows, self._keys, ", ".join(self._names)
        return (
            Check("rows", rows > 0, f"{rows:,} rows" if rows else "there are no rows"),
            Check(
                "unique key",
                self._twice == 0,
                f"{self._twice:,} of {keys:,} values of {self._key} occur more than once in a split",
            ),
            Check(
                "no leakage",
                self._leaking == 0,
                f"{self._leaking:,} of {keys:,} values of {self._key} are in more than one split"
                + f": {named}" * bool(named),
            ),
        )
