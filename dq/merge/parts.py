"""A stack cut into parts that fit in memory, by ranges of the entity, so that each is settled alone.

By ranges and not by hash, since parts by range stand in the order of the entities: nothing is sorted as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dq.merge.part import Part, part_of
from dq.merge.stack import Stack

BYTES_A_PART = 128 << 20
"""About what the rows of a part take; settling takes several times as much."""
SAMPLE = 1000
"""How many entities per part are looked at to say where to cut."""


def parts_of(stacked: Stack, scratch: Path, count: int | None = None) -> Iterable[Part]:
    """Give the stack as parts, of which one is in memory at a time; what is in none of them lies in `scratch`.

    Where it all fits in one, nothing is written. How it is cut makes no difference to what merging gives.
    """
    wanted = min(count or -(-stacked.height * stacked.width // BYTES_A_PART), stacked.height)
    edges = _edges(stacked, wanted) if wanted > 1 else pl.Series(dtype=stacked.types[stacked.entity])
    if edges.is_empty():
        return [whole(stacked)]
    return _Cut(_cut(stacked, edges, scratch), stacked.entity)


def whole(stacked: Stack) -> Part:
    """Give all of the stack as one part."""
    return part_of(stacked.rows.collect().rechunk(), stacked.entity)


@dataclass(frozen=True)
class _Cut:
    files: tuple[tuple[Path, ...], ...]
    entity: str

    def __iter__(self) -> Iterator[Part]:
        first = 0
        for files in self.files:
            rows = pl.concat(pl.read_ipc(file) for file in files).rechunk()
            part = part_of(rows, self.entity, first)
            first += part.entities
            yield part


def _edges(stacked: Stack, wanted: int) -> pl.Series:
    """Give the entities at which the parts after the first start."""
    step = max(1, stacked.height // (wanted * SAMPLE))
    ids = pl.col(stacked.entity)
    sample = stacked.rows.select(ids.gather_every(step)).collect(engine="streaming").to_series().sort()
    places = [len(sample) * n // wanted for n in range(1, wanted)]
    return sample.gather(places).unique().sort()


def _cut(stacked: Stack, edges: pl.Series, scratch: Path) -> tuple[tuple[Path, ...], ...]:
    part = pl.col(stacked.entity).map_batches(
        lambda ids: edges.search_sorted(ids, side="right"), return_dtype=pl.UInt32, is_elementwise=True
    )
    into = pl.PartitionBy(scratch, key={"_part": part}, include_key=False)
    stacked.rows.sink_ipc(into, engine="streaming", mkdir=True)
    folders = [scratch / f"_part={number}" for number in range(len(edges) + 1)]
    return tuple(tuple(sorted(folder.iterdir())) for folder in folders if folder.exists())
