"""Rejected rows whose reasons are still to be written out: many small batches are told their reasons at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dq.contract.reasons import reasons_column
from dq.contract.rules import Rule


@dataclass(frozen=True)
class Rejected:
    """The rejected rows of a batch: as they were read, as the rules saw them, and which rules each breaks.

    `broken` has, for each rule, the columns that it involves and one Boolean per row. Batches of one frame have
    the same rules.
    """

    read: pl.DataFrame
    seen: pl.DataFrame
    broken: tuple[tuple[Rule, tuple[str, ...], pl.Series], ...]
    problems: pl.Series | None

    @property
    def height(self) -> int:
        """How many rows were rejected."""
        return self.read.height


def with_reasons(batches: Sequence[Rejected]) -> pl.DataFrame:
    """Give the rows of all batches as they were read, in order, with `_reasons`."""
    first = batches[0]
    broken = [
        (rule, columns, pl.concat([batch.broken[at][2] for batch in batches]))
        for at, (rule, columns, _) in enumerate(first.broken)
    ]
    problems = [batch.problems for batch in batches if batch.problems is not None]
    reasons = reasons_column(
        pl.concat([batch.seen for batch in batches]), broken, pl.concat(problems) if problems else None
    )
    return pl.concat([batch.read for batch in batches]).with_columns(reasons)
