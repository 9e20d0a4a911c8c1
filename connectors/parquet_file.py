"""Parquet files → rows of text."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from connectors.as_text import as_text
from dq.errors import DecodeError
from dq.source import Decoded


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
            raise DecodeError(
                f"the Parquet file cannot be read: {str(error).partition(chr(10))[0]}",
                where=where,
                hint="fetch it again; if it is whole, its writer must be mended",
            ) from None
        return as_text(frame, where, self.columns)
