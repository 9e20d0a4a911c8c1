"""Rows on disk before anyone can see them: a writer's files, and how to know that a writer is alive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import polars as pl

from dq.publication import Change
from dq.warehouse.dtypes import fit
from dq.warehouse.names import split
from dq.warehouse.place import Place

PREFIX = "dq-"


@dataclass(frozen=True)
class Staged:
    """A change whose rows are in `path`; null where it has no rows, and `empty` then holds its schema."""

    change: Change
    path: Path
    rows: int


@contextmanager
def writer(place: Place) -> Iterator[str]:
    """Give the id that a writer's files carry; while it lives, nobody sweeps them away."""
    name = uuid4().hex
    with place.living(name):
        yield name


def stage(place: Place, change: Change, writer_id: str, number: int) -> Staged:
    """Write a change's rows beside its table's files; a lazy frame streams through.

    Raises:
        SchemaError: where the lake cannot hold a column.

    """
    schema, name = split(change.table)
    path = place.files / schema / name / f"{PREFIX}{writer_id}-{number}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = fit(change.frame.lazy(), change.table)
    frame.sink_parquet(path, compression="zstd", sync_on_close="all")
    return Staged(change, path, pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
