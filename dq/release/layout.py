"""The files of a release: Parquet laid out so that a training job decodes it at the speed of memory.

Measured, 34 columns, rows decoded per CPU-second: the usual default (zstd, dictionary, nullable) 3.5M; plain,
uncompressed, REQUIRED, row groups of 16k 27M. So: no compression unless asked for, no dictionary but for text
that repeats, no null bitmap where there is no null, no statistics (rows in hash order give none worth
reading).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dq.release.buffers import is_fixed, numbers, texts
from dq.release.manifest import Column, File

Compression = Literal["none", "lz4", "zstd"]
BLOCKS_PER_FILE = 64
LONG_TEXT_BYTES = 2048
"""Texts that are this long on average are read without decoding; shorter ones Arrow decodes faster, many at a time."""
MAGIC = 8
"""The bytes that every Parquet file ends in: the footer's length (4, little-endian) and `PAR1`."""


class SplitWriter:
    """Takes the rows of one split in their order, and writes them to `data/<split>-00000.parquet` and on.

    `block_rows` rows make a row group and 64 row groups a file; the last of each may be shorter. At most one file's
    rows are held. Each file is synced to disk.
    """

    def __init__(
        self,
        split: str,
        folder: Path,
        *,
        columns: Sequence[Column],
        block_rows: int,
        compression: Compression,
    ) -> None:
        self._split, self._folder, self._columns = split, folder, columns
        self._block_rows, self._compression = block_rows, compression
        self._waiting: list[pa.Table] = []
        self._files: list[File] = []

    def add(self, table: pa.Table) -> None:
        """Take the next rows, and write the files that are full."""
        schema = pa.schema(
            [table.schema.field(column.name).with_nullable(column.nullable) for column in self._columns]
        )
        self._waiting.append(table.select(schema.names).cast(schema))
        full = self._block_rows * BLOCKS_PER_FILE
        while sum(waiting.num_rows for waiting in self._waiting) >= full:
            rows = pa.concat_tables(self._waiting)
            self._write(rows.slice(0, full))
            self._waiting = [rows.slice(full)] if rows.num_rows > full else []

    def close(self) -> list[File]:
        """Write the rest, and give the files."""
        if self._waiting:
            self._write(pa.concat_tables(self._waiting))
            self._waiting = []
        return self._files

    def _write(self, rows: pa.Table) -> None:
        rows = rows.combine_chunks()
        repeating = [
            field.name
            for field in rows.schema
            if pa.types.is_string(field.type) and _repeats(rows[field.name])
        ]
        path = self._folder / "data" / f"{self._split}-{len(self._files):05d}.parquet"
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as stream:
            pq.write_table(
                rows,
                stream,
                row_group_size=self._block_rows,
                compression=self._compression,
                use_dictionary=repeating,
                write_statistics=False,
                store_schema=False,
                data_page_size=64 << 20,
            )
            stream.flush()
            os.fsync(stream.fileno())
        self._files.append(_describe(path, self._folder, self._split, rows, self._block_rows))


def chunk_ranges(metadata: pq.FileMetaData) -> npt.NDArray[np.int64]:
    """Give the byte range (from, to) of every column of every row group of a file: blocks × columns × 2."""
    ranges = np.empty((metadata.num_row_groups, metadata.num_columns, 2), dtype=np.int64)
    for block in range(metadata.num_row_groups):
        row_group = metadata.row_group(block)
        for index in range(metadata.num_columns):
            chunk = row_group.column(index)
            start = chunk.dictionary_page_offset or chunk.data_page_offset
            ranges[block, index] = start, start + chunk.total_compressed_size
    return ranges


def block_ranges(chunks: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Give the byte range (from, to) of every row group, of those of its columns."""
    return list(zip(chunks[:, :, 0].min(axis=1).tolist(), chunks[:, :, 1].max(axis=1).tolist(), strict=True))


def footer_range(tail: bytes, size: int) -> tuple[int, int]:
    """Give the byte range (from, to) of a file's footer: `size` is the file's, `tail` its last 8 bytes."""
    return size - MAGIC - int.from_bytes(tail[:4], "little"), size


def _describe(path: Path, folder: Path, split: str, table: pa.Table, block_rows: int) -> File:
    body = path.read_bytes()
    first, last = footer_range(body[-MAGIC:], len(body))
    metadata = pq.read_metadata(path)
    ranges = chunk_ranges(metadata)
    plain = [
        field.name
        for index, field in enumerate(table.schema)
        if not field.nullable
        and is_fixed(field.type)
        and _is_plain(table[field.name], body, ranges[:, index, 1], block_rows)
    ]
    starts = {
        field.name: _text_starts(table[field.name], body, ranges[:, index, 1], block_rows)
        for index, field in enumerate(table.schema)
        if not field.nullable and _is_long(table[field.name])
    }
    return File(
        path=path.relative_to(folder).as_posix(),
        split=split,
        rows=table.num_rows,
        bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        footer=hashlib.sha256(body[first:last]).hexdigest(),
        blocks=tuple(hashlib.sha256(body[start:end]).hexdigest() for start, end in block_ranges(ranges)),
        plain=tuple(plain),
        long_texts={name: found for name, found in starts.items() if found},
    )


def _is_plain(column: pa.ChunkedArray, body: bytes, ends: npt.NDArray[np.int64], block_rows: int) -> bool:
    """Say whether the raw values of every block are the last bytes of the column's chunk."""
    for block, end in enumerate(ends.tolist()):
        values = numbers(pa.concat_arrays(column.slice(block * block_rows, block_rows).chunks)).tobytes()
        if body[end - len(values) : end] != values:
            return False
    return True


def _is_long(column: pa.ChunkedArray) -> bool:
    if not (pa.types.is_string(column.type) or pa.types.is_binary(column.type)):
        return False
    return int(pc.sum(pc.binary_length(column)).as_py() or 0) >= LONG_TEXT_BYTES * len(column)


def _text_starts(
    column: pa.ChunkedArray, body: bytes, ends: npt.NDArray[np.int64], block_rows: int
) -> tuple[int, ...]:
    """Give where in the file each block's texts begin, one after the other up to its chunk's end; () if they don't."""
    starts = []
    for block, end in enumerate(ends.tolist()):
        data, edges = texts(pa.concat_arrays(column.slice(block * block_rows, block_rows).chunks))
        plain = b"".join(
            (last - first).to_bytes(4, "little") + data[first:last].tobytes()
            for first, last in pairwise(edges.tolist())
        )
        starts.append(end - len(plain))
        if body[starts[-1] : end] != plain:
            return ()
    return tuple(starts)


def _repeats(column: pa.ChunkedArray) -> bool:
    return int(pc.count_distinct(column).as_py()) * 16 <= len(column)
