"""Where a pass reads blocks to, one after the other: memory that is used again for each, which saves its pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]
"""One row a place: numbers, dates or objects."""

PAD = 16
"""Lines that lie a power of two apart fall into the same few places of the processor's cache."""


class Space:
    """Memory for one block of `rows` rows: `lines` for the columns of the matrix, one each, and the others' own."""

    def __init__(self, matrix: Sequence[str], rows: int) -> None:
        self.lines = np.empty((len(matrix), rows + PAD), dtype=np.float32)
        self._rows = rows
        self._place = {name: place for place, name in enumerate(matrix)}
        self._own: dict[str, Column] = {}

    def column(self, name: str, dtype: np.dtype[np.generic], rows: int) -> Column:
        """Give where so many values of a column are read to: its line, where they are float32 and it has one."""
        if name in self._place and dtype == self.lines.dtype:
            return self.lines[self._place[name], :rows]
        if name not in self._own:
            self._own[name] = np.empty(self._rows, dtype=dtype)
        return self._own[name][:rows]

    def complete(self, columns: Mapping[str, Column], rows: int) -> None:
        """Bring those of the matrix to their lines that were not read there."""
        for name, place in self._place.items():
            if columns[name].base is not self.lines:
                self.lines[place, :rows] = columns[name]
