"""The name of what a release holds: rows, schema, splits and order, and nothing of when, where or by whom.

Every column of every split is read as plain streams (validity, values, lengths), so that neither chunks nor
the writer of the Parquet files can be told from the hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from dq.release.buffers import numbers, texts, validity

BLOCK_BYTES = 4 << 20
BLOCK_ROWS = 1 << 14


class SplitDigest:
    """Takes the rows of a split in their order, a table at a time, and knows what names its content."""

    def __init__(self) -> None:
        self.rows = 0
        self._columns: dict[str, dict[str, Any]] = {}

    def add(self, table: pa.Table) -> None:
        """Read on; how the rows are cut into tables makes no difference."""
        self.rows += table.num_rows
        for name in table.column_names:
            streams = self._columns.setdefault(name, {})
            for chunk in table.column(name).chunks:
                for stream, data in streams_of(chunk):
                    streams.setdefault(stream, hashlib.sha256()).update(data)

    @property
    def content(self) -> dict[str, Any]:
        """How many rows there are, and the digest of each column."""
        return {
            "rows": self.rows,
            "columns": {
                name: hashlib.sha256(json.dumps(_hex(streams), sort_keys=True).encode()).hexdigest()
                for name, streams in self._columns.items()
            },
        }


def content_hash(splits: Mapping[str, SplitDigest], about: Mapping[str, Any]) -> str:
    """Give 64 hex digits for these splits, in this row order, and for what `about` says of them (JSON).

    >>> digest = SplitDigest()
    >>> digest.add(pa.table({"x": [1, 2]}))
    >>> content_hash({"train": digest}, {"label": "x"})[:8]
    'ce1202e8'
    """
    told = {name: splits[name].content for name in sorted(splits)}
    text = json.dumps({"algorithm": "dq-content-1", "about": about, "splits": told}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def block_rows(rows: int, size: int, limit: int = BLOCK_ROWS) -> int:
    """Give how many rows make a block: a power of two from 64 on, at most about 4 MiB, or `limit` if less.

    `size` is what all `rows` take, in bytes. Heavy rows make small blocks, so that the window of blocks which a loader
    shuffles has a bounded size.

    >>> block_rows(100_000, 900_000), block_rows(100, 3_000_900)
    (16384, 128)
    """
    fitting = max(BLOCK_BYTES * rows // max(size, 1), 1)
    return int(min(max(1 << (fitting.bit_length() - 1), 64), limit))


def _hex(streams: Mapping[str, Any]) -> dict[str, str]:
    return {name: stream.hexdigest() for name, stream in streams.items()}


def streams_of(array: pa.Array, prefix: str = "") -> list[tuple[str, memoryview]]:
    """Give the streams of one chunk; those of the chunks of a column, joined, are the column's."""
    valid = validity(array)
    streams = [(prefix + "valid", valid.view(np.uint8).data)]
    kind = array.type
    if (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    ):
        data, offsets = texts(array)
        return [*streams, (prefix + "lengths", np.diff(offsets).data), (prefix + "values", data.data)]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        lengths = numbers(array.value_lengths()).astype("<i8")
        lengths[~valid] = 0
        return [*streams, (prefix + "lengths", lengths.data), *streams_of(array.flatten(), prefix + "item.")]
    values = numbers(array)
    if values.dtype.kind == "M":
        values = values.view(np.int64)
    values = np.array(values.astype(values.dtype.newbyteorder("<"), copy=True))
    values[~valid] = 0
    if values.dtype.kind == "f":
        values[np.isnan(values)] = np.nan
    return [*streams, (prefix + "values", values.view(np.uint8).data)]
