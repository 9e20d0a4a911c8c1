"""Parquet files → rows of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.as_text import as_text
from dq.errors import DecodeError
from dq.source import Decoded

_PART = 64 << 20  # bytes of row groups, unpacked, that are read at once


@dataclass(frozen=True)
class ParquetFile:
    """How one Parquet file is read: all columns, or those of `only`; `columns` gives them other names.

    `_row` is the row's number in the file, from 1. Parquet checks itself, so there are no rejects: a file that
    is cut or damaged cannot be read at all.
    """

    only: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def read(self, body: bytes, where: str) -> Decoded:
        """Read all rows.

        Raises:
            DecodeError: where it is not Parquet, is damaged, or lacks a column of `only`.

        """
        try:
            frame = pl.read_parquet(body, columns=list(self.only) or None, use_pyarrow=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _unreadable(error, where) from None
        return as_text(frame, where, self.columns)

    def read_parts(self, path: Path, where: str) -> Iterator[Decoded]:
        """Read all rows, some row groups at a time.

        Raises:
            DecodeError: as `read`.

        """
        try:
            spans = list(_spans(pq.ParquetFile(path).metadata))
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(error, where) from None
        for first, rows in spans:
            try:
                part = pl.scan_parquet(path, glob=False, hive_partitioning=False).slice(first, rows)
                frame = (part.select(self.only) if self.only else part).collect()
            except (pl.exceptions.PolarsError, OSError) as error:
                raise _unreadable(error, where) from None
            decoded = as_text(frame, where, self.columns)
            yield replace(decoded, rows=decoded.rows.with_columns(pl.col("_row") + first))


def _spans(about: Any) -> Iterator[tuple[int, int]]:
    """Give the first row, from 0, and the rows of each part: as many whole row groups as are not too large."""
    first, rows, size = 0, 0, 0
    for group in map(about.row_group, range(about.num_row_groups)):
        if rows and size + group.total_byte_size > _PART:
            yield first, rows
            first, rows, size = first + rows, 0, 0
        rows, size = rows + group.num_rows, size + group.total_byte_size
    yield first, rows


def _unreadable(error: Exception, where: str) -> DecodeError:
    return DecodeError(
        f"the Parquet file cannot be read: {str(error).partition(chr(10))[0]}",
        where=where,
        hint="fetch it again; if it is whole, its writer must be mended",
    )
