"""Arrow IPC and Feather files and streams → rows of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa
from pyarrow import feather, ipc

from connectors.as_text import as_text
from dq.errors import DecodeError
from dq.source import Decoded

_FILE = b"ARROW1"
_OLD_FEATHER = b"FEA1"


@dataclass(frozen=True)
class ArrowFile:
    """How one Arrow file (Feather is one) or stream is read: all columns; `columns` gives them other names.

    `_row` is the row's number in the file, from 1. A stream says itself where it ends: a cut one cannot be read.
    """

    columns: tuple[str, ...] = ()

    def read(self, body: bytes, where: str) -> Decoded:
        """Read all rows.

        Raises:
            DecodeError: where it is no Arrow file, or is cut or damaged.

        """
        try:
            table = _table(body)
            table.validate(full=True)
            frame = pl.from_arrow(table)
        except (pa.ArrowException, pl.exceptions.PolarsError, OSError) as error:
            raise DecodeError(
                f"the Arrow file cannot be read: {str(error).partition(chr(10))[0]}",
                where=where,
                hint="fetch it again; if it is whole, its writer must be mended",
            ) from None
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 — of a table comes a frame
        return as_text(frame, where, self.columns)


def _table(body: bytes) -> Any:
    source = pa.BufferReader(body)
    if body.startswith(_OLD_FEATHER):
        return feather.read_table(source)
    if body.startswith(_FILE):
        return ipc.open_file(source).read_all()
    if not body.endswith(b"\0\0\0\0"):
        raise pa.ArrowInvalid("it is neither an Arrow file nor a stream with its end")
    return ipc.open_stream(source).read_all()
