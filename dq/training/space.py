"""Where a pass reads blocks to, one after the other: memory that is used again for each, which saves its pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]
"""One row per place: numbers, dates or objects."""

PAD = 16
"""Lines that lie a power of two apart fall into the same few places of the processor's cache."""


class Matrix(NamedTuple):
    """Which columns, in this order, come as the columns of one row-major matrix, and of which type."""

    dtype: np.dtype[np.generic]
    columns: tuple[str, ...]


class Space:
    """Memory for one block of `rows` rows: `lines` for the columns of each matrix, one each, and the others' own."""

    def __init__(self, matrices: Mapping[str, Matrix], rows: int) -> None:
        self.lines: dict[str, Column] = {
            name: np.empty((len(matrix.columns), rows + PAD), dtype=matrix.dtype)
            for name, matrix in matrices.items()
        }
        self._rows = rows
        self._place = {
            column: (self.lines[name], place)
            for name, matrix in matrices.items()
            for place, column in enumerate(matrix.columns)
        }
        self._own: dict[str, Column] = {}

    def column(self, name: str, dtype: np.dtype[np.generic], rows: int) -> Column:
        """Give where so many values of a column are read to: its line, where it has one of that type."""
        if name in self._place:
            lines, place = self._place[name]
            if lines.dtype == dtype:
                return lines[place, :rows]
        if name not in self._own:
            self._own[name] = np.empty(self._rows, dtype=dtype)
        return self._own[name][:rows]

    def complete(self, columns: Mapping[str, Column], rows: int) -> None:
        """Bring those of the matrices to their lines that were not read there."""
        for name, (lines, place) in self._place.items():
            if columns[name].base is not lines:
                lines[place, :rows] = columns[name]
