"""Rows stored before anyone can see them: a writer's files, and how to know that a writer is alive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import polars as pl

from dq.publication import Change
from dq.warehouse.dtypes import fit
from dq.warehouse.names import split
from dq.warehouse.place import Place

PREFIX = "dq-"


@dataclass(frozen=True)
class Staged:
    """A change, the address of the file that holds its rows, and their number."""

    change: Change
    path: str
    rows: int


@contextmanager
def writer(place: Place) -> Iterator[str]:
    """Give the id that a writer's files carry; while it lives, nobody sweeps them away."""
    name = uuid4().hex
    with place.living(name):
        yield name


def stage(place: Place, change: Change, writer_id: str, number: int) -> Staged:
    """Write a change's rows beside its table's files; a lazy frame streams through.

    A writer that is killed leaves a file that `sweep` removes, or parts of an object that nobody sees.

    Raises:
        SchemaError: where the lake cannot hold a column.

    """
    schema, name = split(change.table)
    path = place.files.address(schema, name, f"{PREFIX}{writer_id}-{number}.parquet")
    frame = fit(change.frame.lazy(), change.table)
    options = place.files.options
    with place.files.asking():
        frame.sink_parquet(path, compression="zstd", sync_on_close="all", mkdir=True, storage_options=options)
        rows = pl.scan_parquet(path, glob=False, storage_options=options).select(pl.len()).collect().item()
    return Staged(change, path, rows)
