"""What reads a file's bytes, whatever way they came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import polars as pl

from dq.source import Decoded


class Reader(Protocol):
    """Reads one file: pure, the same bytes always give the same rows."""

    def read(self, body: bytes, where: str) -> Decoded:
        """Give rows and rejects of these bytes; `where` names them in messages.

        Raises:
            DecodeError: where they cannot be read at all.

        """
        ...


@runtime_checkable
class PartsReader(Protocol):
    """A reader that need not hold a file as a whole."""

    def read_parts(self, path: Path, where: str) -> Iterator[Decoded]:
        """Give the same in parts, of a bounded number of bytes each; `_row` ascends from part to part.

        Raises:
            DecodeError: where the file cannot be read at all, maybe after some parts.

        """
        ...


def parts_of(reader: Reader, path: Path, where: str) -> Iterator[Decoded]:
    """Read a file in parts where the reader can, else as a whole."""
    if isinstance(reader, PartsReader):
        yield from reader.read_parts(path, where)
    else:
        yield reader.read(path.read_bytes(), where)


def together(parts: Sequence[Decoded]) -> Decoded:
    """Give all parts of a file as one; a column that a part lacks is null there."""
    if len(parts) == 1:
        return parts[0]
    rows = pl.concat([part.rows for part in parts], how="diagonal").select(pl.exclude("_row"), "_row")
    rejects = pl.concat([part.rejects for part in parts])
    return Decoded(rows, rejects, sum(part.records for part in parts))
