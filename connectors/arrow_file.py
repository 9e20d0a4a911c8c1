"""Arrow IPC and Feather files and streams → rows of text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import polars as pl
import pyarrow as pa
from pyarrow import feather, ipc

from connectors.as_text import as_text
from connectors.reader import together
from dq.errors import DecodeError
from dq.source import Decoded

_FILE = b"ARROW1"
_OLD_FEATHER = b"FEA1"
_STREAM_END = b"\0\0\0\0"
_PART = 1 << 16  # rows that are turned into text at once


@dataclass(frozen=True)
class ArrowFile:
    """How one Arrow file (Feather is one) or stream is read: all columns; `columns` gives them other names.

    `_row` is the row's number in the file, from 1. A stream says itself where it ends: a cut one cannot be read.
    One record batch of a file is held at a time, as large as its writer made it; a file of Feather's first version,
    which knows no batches, is held as a whole.
    """

    columns: tuple[str, ...] = ()

    def read(self, body: bytes, where: str) -> Decoded:
        """Read all rows.

        Raises:
            DecodeError: where it is no Arrow file, or is cut or damaged.

        """
        return together(list(self.file_parts(io.BytesIO(body), where)))

    def read_parts(self, path: Path, where: str) -> Iterator[Decoded]:
        """Read all rows, some of a record batch at a time.

        Raises:
            DecodeError: as `read`, maybe after some parts.

        """
        with path.open("rb") as file:
            yield from self.file_parts(file, where)

    def file_parts(self, file: IO[bytes], where: str, size: int = _PART) -> Iterator[Decoded]:
        """Read all rows of an open file, `size` at a time; at least one part comes, if without rows."""
        try:
            schema, batches = _batches(file)
            before = 0
            for batch in batches:
                batch.validate(full=True)
                for start in range(0, batch.num_rows, size):
                    yield self._part(pa.table(batch.slice(start, size)), before + start, where)
                before += batch.num_rows
        except (pa.ArrowException, pl.exceptions.PolarsError, OSError) as error:
            raise DecodeError(
                f"the Arrow file cannot be read: {str(error).partition(chr(10))[0]}",
                where=where,
                hint="fetch it again; if it is whole, its writer must be mended",
            ) from None
        if not before:
            yield self._part(schema.empty_table(), 0, where)

    def _part(self, table: Any, before: int, where: str) -> Decoded:
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 — of a table comes a frame
        decoded = as_text(frame, where, self.columns)
        return replace(decoded, rows=decoded.rows.with_columns(pl.col("_row") + before))


def _batches(file: IO[bytes]) -> tuple[Any, Iterator[Any]]:
    """Give the schema, and the record batches one by one."""
    start = file.read(len(_FILE))
    file.seek(0)
    if start.startswith(_OLD_FEATHER):
        table = feather.read_table(pa.PythonFile(file, mode="r"))
        return table.schema, iter(table.to_batches())
    if start == _FILE:
        opened = ipc.open_file(pa.PythonFile(file, mode="r"))
        return opened.schema, map(opened.get_batch, range(opened.num_record_batches))
    size = file.seek(0, io.SEEK_END)
    file.seek(max(size - len(_STREAM_END), 0))
    if file.read() != _STREAM_END:
        raise pa.ArrowInvalid("it is neither an Arrow file nor a stream with its end")
    file.seek(0)
    stream = ipc.open_stream(pa.PythonFile(file, mode="r"))
    return stream.schema, iter(stream)
