"""The order in which rows are published: that of a keyed hash of their key, made a part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from dq.release.buffers import texts
from dq.release.splitmix import derive, hash_texts

ORDER = "dq-published-1"
"""Rows of a split stand in the order of the keyed hash of their key's text; ties in the order of the key and of the
other columns."""
HASH, KEY = "_order", "_key"
PART_BYTES = 128 << 20
"""About what the rows of a part take; sorting and writing them takes several times as much."""


def in_published_order(
    rows: pl.LazyFrame, key: str, *, size: int, scratch: Path, part_bytes: int = PART_BYTES
) -> Iterator[pl.DataFrame]:
    """Give the rows in their published order, with their key's text as `_key`, a part of about `part_bytes` at a time.

    `size` is what all rows take in bytes. Where that is more than a part, rows are sorted by way of files in the folder
    `scratch`, which is made. Rows of one key are in one part. How rows are cut makes no difference to their order.
    """
    hashed = pl.col(KEY).map_batches(_hashes, return_dtype=pl.UInt64, is_elementwise=True)
    keyed = rows.with_columns(pl.col(key).cast(pl.String).alias(KEY)).with_columns(hashed.alias(HASH))
    parts = -(-size // part_bytes)
    if parts <= 1:
        yield _sorted(keyed.collect(engine="streaming"), key)
        return
    part = pl.col(HASH) // pl.lit((1 << 64) // parts + 1, dtype=pl.UInt64)
    into = pl.PartitionBy(scratch, key={"_part": part}, include_key=False)
    keyed.sink_ipc(into, engine="streaming", mkdir=True)
    for number in range(parts):
        files = sorted((scratch / f"_part={number}").glob("*"))
        if files:
            yield _sorted(pl.concat(pl.read_ipc(file) for file in files), key)
        for file in files:
            file.unlink()


def _hashes(keys: pl.Series) -> pl.Series:
    data, offsets = texts(keys.to_arrow(compat_level=pl.CompatLevel.oldest()))
    return pl.Series(hash_texts(data, offsets, derive(ORDER)), dtype=pl.UInt64)


def _sorted(part: pl.DataFrame, key: str) -> pl.DataFrame:
    """Sort by hash and key; by all other columns only where a key repeats, since only there they decide."""
    repeated = part[KEY].is_duplicated().any()
    rest = [name for name in part.columns if name not in {key, HASH, KEY}]
    return part.sort(HASH, KEY, *(rest if repeated else []), nulls_last=True).drop(HASH)
