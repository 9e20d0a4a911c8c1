"""The name of what a release holds: rows, schema, splits and order, and nothing of when, where or by whom.

Every column of every split is read as plain streams (validity, values, lengths), so that neither chunks nor
the writer of the Parquet files can be told from the hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from dq.release.buffers import numbers, texts, validity

BLOCK_BYTES = 4 << 20
BLOCK_ROWS = 1 << 14


def content_hash(tables: Mapping[str, pa.Table], about: Mapping[str, Any]) -> str:
    """Give 64 hex digits for these splits, in this row order, and for what `about` says of them (JSON)."""
    splits = {
        name: {
            "rows": tables[name].num_rows,
            "columns": {column: _digest(tables[name].column(column)) for column in tables[name].column_names},
        }
        for name in sorted(tables)
    }
    text = json.dumps({"algorithm": "dq-content-1", "about": about, "splits": splits}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def block_rows(tables: Sequence[pa.Table], limit: int = BLOCK_ROWS) -> int:
    """Give how many rows make a block: a power of two from 64 on, at most about 4 MiB, or `limit` if less.

    Heavy rows make small blocks, so that the window of blocks which a loader shuffles has a bounded size.

    >>> block_rows([pa.table({"x": np.zeros(100_000)})])
    16384
    >>> block_rows([pa.table({"x": ["w" * 30_000] * 100})])
    128
    """
    rows = sum(table.num_rows for table in tables)
    size = sum(_bytes(chunk) for table in tables for column in table.columns for chunk in column.chunks)
    fitting = max(BLOCK_BYTES * rows // max(size, 1), 1)
    return int(min(max(1 << (fitting.bit_length() - 1), 64), limit))


def _digest(column: pa.ChunkedArray) -> str:
    streams: dict[str, Any] = {}
    for chunk in column.chunks:
        for name, data in _streams(chunk):
            streams.setdefault(name, hashlib.sha256()).update(data)
    whole = {name: stream.hexdigest() for name, stream in streams.items()}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _bytes(array: pa.Array) -> int:
    return sum(len(data) for _, data in _streams(array))


def _streams(array: pa.Array, prefix: str = "") -> list[tuple[str, memoryview]]:
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
        return [*streams, (prefix + "lengths", lengths.data), *_streams(array.flatten(), prefix + "item.")]
    values = numbers(array)
    if values.dtype.kind == "M":
        values = values.view(np.int64)
    values = np.array(values.astype(values.dtype.newbyteorder("<"), copy=True))
    values[~valid] = 0
    if values.dtype.kind == "f":
        values[np.isnan(values)] = np.nan
    return [*streams, (prefix + "values", values.view(np.uint8).data)]
