"""The declaration that rows which say nearly the same are one row, told more than once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dq.dedupe.pairs import SHINGLE, THRESHOLD
from dq.errors import ConfigError


@dataclass(frozen=True)
class NearDuplicates:
    """Of accepted rows whose `text`s are nearly the same, one stays; the others are in `quality.near_duplicates`.

    `threshold` is the Jaccard similarity of their runs of `shingle` characters, in normal form. The first by
    `first_by` stays, then by landing and row. Rows that differ in `within`, a label say, do not repeat one another.
    A pair at 0.8 is found with a chance of 0.998, one at 0.7 with 0.92, one at 0.6 with 0.62.

    Raises:
        ConfigError: where the threshold is no share, or the shingle no length.

    """

    text: str
    threshold: float = THRESHOLD
    first_by: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    shingle: int = SHINGLE

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1 or self.shingle < 1:
            raise ConfigError(
                f"near duplicates cannot be told by {self.threshold} of runs of {self.shingle} characters",
                hint="threshold is a share such as 0.8, shingle a small number such as 5",
            )

    def check(self, columns: Collection[str], table: str) -> None:
        """Do nothing where the table has all columns that are named here.

        Raises:
            ConfigError: where it lacks one.

        """
        if missing := sorted({self.text, *self.first_by, *self.within} - set(columns)):
            raise ConfigError(
                f"near duplicates are to be told by {', '.join(missing)}, which the contract does not have",
                where=table,
                hint=f"it has {', '.join(columns)}",
            )
