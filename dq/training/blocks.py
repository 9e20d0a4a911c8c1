"""Reading one block of a release: verified, then decoded to numpy arrays.

A block is a row group. Its bytes are held against the manifest the first time this process reads it, so a
resumed run verifies what it reads and no more; the footer is verified when a file is opened.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from dq.errors import IntegrityError, SchemaError
from dq.release.buffers import is_fixed, number_type, numbers, validity
from dq.release.layout import BLOCKS_PER_FILE, MAGIC, block_ranges, chunk_ranges, footer_range
from dq.release.manifest import EDITED, File
from dq.release.release import Release
from dq.training.mapped import long_texts
from dq.training.space import Column, Space
from dq.training.texts import objects


@dataclass(frozen=True)
class _Open:
    """A file of the split.

    `plain` columns (name, type in the file, where each block's values end) need no decoding, nor do `long` texts (name,
    whether they are bytes, where each block's begin and end).
    """

    file: File
    path: Path
    stream: BinaryIO
    bytes: mmap.mmap
    parquet: pq.ParquetFile
    types: dict[str, pa.DataType]
    ranges: list[tuple[int, int]]
    plain: list[tuple[str, np.dtype[np.generic], list[int]]]
    long: list[tuple[str, bool, tuple[int, ...], list[int]]]
    dates: list[str]
    others: list[str]

    def read(self, into: Column, at: int) -> None:
        """Copy the bytes from `at` on, as many as there is room for; no other reader's place in the file matters."""
        room = into.view(np.uint8).data
        if not hasattr(os, "preadv"):
            room[:] = self.bytes[at : at + len(room)]
        elif (got := os.preadv(self.stream.fileno(), [room], at)) != len(room):
            raise IntegrityError(
                f"{got:,} of {len(room):,} bytes could be read",
                where=f"{self.path}, byte {at:,}",
                hint=EDITED,
            )


class Blocks:
    """The blocks of one split, by number; `blocks_read` counts how many were read."""

    def __init__(self, release: Release, split: str, columns: tuple[str, ...], *, verify: bool) -> None:
        self._release = release
        self._files = [file for file in release.manifest.files if file.split == split]
        self._columns = columns
        self._nullable = {column.name: column.nullable for column in release.manifest.columns}
        self.block_rows = release.manifest.block_rows
        self._verify = verify
        self._open: dict[int, _Open] = {}
        self._verified: set[int] = set()
        self.blocks_read = 0
        self._one_at_a_time = threading.Lock()
        for file in self._files:
            path = release.path / file.path
            if release.address is not None and not path.is_file():
                continue
            if not path.is_file() or path.stat().st_size != file.bytes:
                found = f"{path.stat().st_size:,} bytes" if path.is_file() else "missing"
                raise IntegrityError(
                    f"a file of the release is not as published: {found}, manifest {file.bytes:,} bytes",
                    where=str(path),
                    hint=EDITED,
                )

    def dtypes(self) -> dict[str, np.dtype[np.generic]]:
        """Give each column's numpy type: the file's; float64 where integers or truth values may be null."""
        if not self._files:
            return {}
        types = self._file(0).types
        missing = [name for name in self._columns if name not in types]
        if missing:
            raise SchemaError(f"the files have no column {', '.join(missing)}", where=str(self._file(0).path))
        return {name: _numpy_type(types[name], self._nullable[name]) for name in self._columns}

    def texts(self) -> dict[str, bool]:
        """Give the columns of text and of bytes, and which of them are bytes."""
        types = self._file(0).types if self._files else {}
        return {
            name: _is_bytes(types[name]) for name in self._columns if name in types and _is_text(types[name])
        }

    def read(self, block: int, space: Space) -> Mapping[str, Any]:
        """Give the columns of one block: texts and bytes as Arrow arrays or `LongTexts`, all others as numpy's.

        Numbers are good until the next block is read to the same space; those of its matrix are in its lines.

        Raises:
            IntegrityError: where its bytes are not those of the manifest.

        """
        number, group = divmod(block, BLOCKS_PER_FILE)
        with self._one_at_a_time:
            opened = self._file(number)
            rows = min(self.block_rows, opened.file.rows - group * self.block_rows)
            checked = self._check(opened, block, group)
            self.blocks_read += 1
            columns: dict[str, Any] = {}
            for name, dtype, ends in opened.plain:
                columns[name] = values = space.column(name, dtype, rows)
                opened.read(values, ends[group] - values.nbytes)
            for name, binary, starts, ends in opened.long:
                where = f"{opened.path}, block {group}, {name}"
                columns[name] = long_texts(
                    opened.bytes, starts[group], ends[group], rows, binary=binary, where=where
                )
            if opened.others:
                table = opened.parquet.read_row_group(group, columns=opened.others, use_threads=False)
                for name in opened.others:
                    array = _one(table.column(name))
                    text = _is_text(array.type)
                    columns[name] = array if text else _decode(array, self._nullable[name])
            if checked or opened.others:
                self._forget(opened, group)
        for name in opened.dates:
            columns[name] = columns[name].astype("datetime64[D]")
        space.complete(columns, rows)
        return columns

    def _check(self, opened: _Open, block: int, group: int) -> bool:
        """Hold a block's bytes against the manifest where that is to be done; say whether it was."""
        if not self._verify or block in self._verified:
            return False
        first, last = opened.ranges[group]
        _hold(
            memoryview(opened.bytes)[first:last], opened.file.blocks[group], f"{opened.path}, block {group}"
        )
        self._verified.add(block)
        return True

    def _forget(self, opened: _Open, group: int) -> None:
        """Unmap the pages of a block: memory is bounded by the window, not by the files."""
        if hasattr(mmap, "MADV_DONTNEED"):
            first, last = opened.ranges[group]
            start = first - first % mmap.PAGESIZE
            opened.bytes.madvise(mmap.MADV_DONTNEED, start, last - start)

    def _file(self, number: int) -> _Open:
        if number not in self._open:
            self._open[number] = self._opened(self._files[number])
        return self._open[number]

    def _opened(self, file: File) -> _Open:
        path = self._release.have(file)
        stream = path.open("rb")
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        first, last = footer_range(mapped[-MAGIC:], len(mapped))
        if self._verify:
            _hold(memoryview(mapped)[max(first, 0) : last], file.footer, f"{path}, footer")
        parquet = pq.ParquetFile(pa.BufferReader(pa.py_buffer(mapped)), pre_buffer=False)
        types = {field.name: field.type for field in parquet.schema_arrow}
        chunks = chunk_ranges(parquet.metadata)
        return _Open(
            file=file,
            path=path,
            stream=stream,
            bytes=mapped,
            parquet=parquet,
            types=types,
            ranges=block_ranges(chunks),
            plain=[
                (name, number_type(kind), chunks[:, place, 1].tolist())
                for place, (name, kind) in enumerate(types.items())
                if name in self._columns and name in file.plain
            ],
            long=[
                (name, _is_bytes(kind), file.long_texts[name], chunks[:, place, 1].tolist())
                for place, (name, kind) in enumerate(types.items())
                if name in self._columns and name in file.long_texts
            ],
            dates=[name for name in self._columns if name in file.plain and pa.types.is_date32(types[name])],
            others=[name for name in self._columns if name not in file.plain and name not in file.long_texts],
        )


def _hold(body: memoryview, sha256: str, where: str) -> None:
    found = hashlib.sha256(body).hexdigest()
    body.release()
    if found != sha256:
        raise IntegrityError(
            f"the bytes are not what was published: sha256 {found[:16]}…, manifest {sha256[:16]}…",
            where=where,
            hint=EDITED,
        )


def _is_number(kind: pa.DataType) -> bool:
    return is_fixed(kind) or bool(pa.types.is_boolean(kind))


def _numpy_type(kind: pa.DataType, nullable: bool) -> np.dtype[np.generic]:
    if not _is_number(kind):
        return np.dtype(object)
    if pa.types.is_boolean(kind):
        return np.dtype(np.float64 if nullable else np.bool_)
    if pa.types.is_date32(kind):
        return np.dtype("datetime64[D]")
    if nullable and pa.types.is_integer(kind):
        return np.dtype(np.float64)
    return number_type(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind)) or _is_bytes(kind)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _decode(array: pa.Array, nullable: bool) -> Column:
    if not _is_number(array.type):
        return _objects(array)
    values = numbers(array)
    dtype = _numpy_type(array.type, nullable)
    if pa.types.is_date32(array.type):
        values = values.astype(dtype)
    if not nullable:
        return values
    missing = np.array("NaT", dtype=dtype) if dtype.kind == "M" else np.array(np.nan, dtype=dtype)
    return np.where(validity(array), values.astype(dtype), missing)


def _objects(array: pa.Array) -> npt.NDArray[np.object_]:
    """Give lists of numbers as arrays, lists of text as lists, null as None."""
    if not pa.types.is_list(array.type):
        return objects(array)
    items = _decode(array.flatten(), nullable=False)
    sizes = np.where(validity(array), numbers(array.value_lengths()), 0)
    parts = [items[start:end] for start, end in pairwise([0, *np.cumsum(sizes).tolist()])]
    lists = (part.tolist() for part in parts) if items.dtype == object else parts
    made = np.fromiter(lists, dtype=object, count=len(array))
    made[~validity(array)] = None
    return made
