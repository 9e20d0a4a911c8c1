"""Texts of the rows in memory: kept as bytes of Arrow or of the file, made Python's own when a batch takes them.

A `str` made for a whole window long before its use costs twice as much as one made on the way out, in memory that the
last batch has just left.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dq.release.buffers import texts, validity
from dq.release.splitmix import Rows
from dq.training.mapped import LongTexts, Mapped

MISSING = -1


def objects(array: pa.Array | LongTexts) -> npt.NDArray[np.object_]:
    """Give what Python takes a text, bytes or other value for, None for null."""
    if isinstance(array, LongTexts):
        return array.objects()
    made = np.empty(len(array), dtype=object)
    made[:] = array.to_pylist()
    return made


class Texts:
    """The texts, or with `binary` the bytes, of a pool's rows; None where there is none."""

    def __init__(self, rows: int, *, binary: bool) -> None:
        self._binary = binary
        self._part = np.zeros(rows, dtype=np.int64)
        self._first = np.zeros(rows, dtype=np.int64)
        self._last = np.full(rows, MISSING, dtype=np.int64)
        self._bytes: dict[int, memoryview] = {}
        self._mapped: dict[int, Mapped] = {}

    def drop(self, first: int, last: int) -> None:
        """Let go of the bytes of these rows."""
        for at in [at for at in self._bytes if first <= at < last]:
            del self._bytes[at]
            self._mapped.pop(at, None)

    def put(self, at: int, array: pa.Array | LongTexts) -> None:
        """Hold the texts of the rows from `at` on."""
        if isinstance(array, LongTexts):
            rows = slice(at, at + len(array))
            self._bytes[at], self._mapped[at] = array.held.bytes, array.held
            self._part[rows], self._first[rows], self._last[rows] = at, array.firsts, array.lasts
            return
        data, edges = texts(array)
        rows = slice(at, at + len(array))
        self._bytes[at] = data.data
        self._part[rows], self._first[rows] = at, edges[:-1]
        self._last[rows] = np.where(validity(array), edges[1:], MISSING)

    def take(self, rows: Rows) -> npt.NDArray[np.object_]:
        """Give the texts of these rows."""
        held = self._bytes
        places = zip(
            self._part[rows].tolist(), self._first[rows].tolist(), self._last[rows].tolist(), strict=True
        )
        made = np.empty(len(rows), dtype=object)
        if self._binary:
            made[:] = [None if last < 0 else bytes(held[part][first:last]) for part, first, last in places]
        else:
            made[:] = [
                None if last < 0 else str(held[part][first:last], "utf-8") for part, first, last in places
            ]
        return made
