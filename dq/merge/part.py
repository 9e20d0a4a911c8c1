"""The rows of some of the entities, standing in order: what merging works on, one part after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.merge.stack import ORIGIN
from dq.row_order import in_order

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Part:
    """All rows of some entities, sorted by entity, `_rank`, `_landing_id` and `_row`.

    `starts`: the row at which each entity starts. Within a part entities are numbered from 0 in their order; `first`
    is how many stand in the parts before this one.
    """

    rows: pl.DataFrame
    starts: Ints
    first: int = 0

    @property
    def entities(self) -> int:
        """How many entities there are."""
        return len(self.starts)

    @cached_property
    def ends(self) -> Ints:
        """The last row of each entity."""
        return np.append(self.starts[1:], self.rows.height) - 1 if len(self.starts) else self.starts

    @cached_property
    def number(self) -> npt.NDArray[np.int32]:
        """The number of each row's entity."""
        return np.repeat(np.arange(self.entities, dtype=np.int32), self.ends - self.starts + 1)

    def rows_of(self, entities: Ints) -> Ints:
        """Give the rows of `entities`, in the order of these."""
        lengths = self.ends[entities] - self.starts[entities] + 1
        before = np.cumsum(lengths) - lengths
        return np.repeat(self.starts[entities] - before, lengths) + np.arange(lengths.sum())


def part_of(rows: pl.DataFrame, entity: str, first: int = 0) -> Part:
    """Give `rows`, in whatever order they come, as a part."""
    rows = in_order(rows, ("_rank", *ORIGIN))
    rows = rows[_order(rows[entity])]
    ids = rows[entity]
    starts = (
        (ids != ids.shift(1)).fill_null(value=True).arg_true()
        if rows.height
        else pl.Series([], dtype=pl.Int64)
    )
    return Part(rows, starts.cast(pl.Int64).to_numpy(), first)


def _order(entity: pl.Series) -> Ints | pl.Series:
    """Give the places of the values in rising order, equal ones in the order they come."""
    if entity.dtype.is_integer() and entity.dtype not in (pl.Int128, pl.UInt128) and len(entity):
        values = entity.to_numpy()
        least, bits = int(values.min()), len(values).bit_length()
        if (int(values.max()) - least).bit_length() + bits <= 64:
            # Value and place in one number: sorting these is five times as fast as sorting pairs.
            wide = values if values.dtype == np.uint64 else values.astype(np.int64)
            packed = (wide - wide.dtype.type(least)).astype(np.uint64) << np.uint64(bits)
            packed |= np.arange(len(values), dtype=np.uint64)
            packed.sort()
            return (packed & np.uint64((1 << bits) - 1)).astype(np.int64)
    # By place as well: that is twice as fast as a sort that keeps equal ones in order.
    return entity.to_frame("v").with_row_index("at").sort("v", "at")["at"]
