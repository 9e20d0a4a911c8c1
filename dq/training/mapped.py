"""Long texts of a block, left in the mapped file until a batch takes them: each is copied once, into its `str`."""

from __future__ import annotations

import mmap
from struct import Struct, error
from typing import Any

import numpy as np
import numpy.typing as npt

from dq.errors import IntegrityError
from dq.release.manifest import EDITED
from dq.release.splitmix import Rows

DONTNEED = getattr(mmap, "MADV_DONTNEED", None)
LENGTH = Struct("<I")


class Mapped:
    """Bytes `first` to `last` of a mapped file; when nobody holds them any more, their pages are unmapped.

    So memory is bounded by the window, not by the files.
    """

    def __init__(self, file: mmap.mmap, first: int, last: int) -> None:
        self._file, self._first, self._last = file, first - first % mmap.PAGESIZE, last
        self.bytes = memoryview(file)

    def __del__(self) -> None:
        """Unmap the pages; who should read them again gets them from the file."""
        self.bytes.release()
        if DONTNEED is not None and self._last > self._first:
            self._file.madvise(DONTNEED, self._first, self._last - self._first)


class LongTexts:
    """Texts, or with `binary` bytes, by where each begins and ends in a mapped file."""

    def __init__(self, held: Mapped, firsts: Rows, lasts: Rows, *, binary: bool) -> None:
        self.held, self.firsts, self.lasts, self._binary = held, firsts, lasts, binary

    def __len__(self) -> int:
        return len(self.firsts)

    def __getitem__(self, rows: slice) -> LongTexts:
        return LongTexts(self.held, self.firsts[rows], self.lasts[rows], binary=self._binary)

    def objects(self) -> npt.NDArray[np.object_]:
        """Give the texts themselves."""
        made: npt.NDArray[Any] = np.empty(len(self), dtype=object)
        places = zip(self.firsts.tolist(), self.lasts.tolist(), strict=True)
        parts = (self.held.bytes[first:last] for first, last in places)
        made[:] = [bytes(part) if self._binary else str(part, "utf-8") for part in parts]
        return made


def long_texts(file: mmap.mmap, first: int, last: int, rows: int, *, binary: bool, where: str) -> LongTexts:
    """Find `rows` texts between two places of a file: each its length in 4 bytes, little-endian, then its bytes.

    Raises:
        IntegrityError: where they do not end where they should; `where` names the block.

    """
    firsts = np.empty(rows, dtype=np.int64)
    lasts = np.empty(rows, dtype=np.int64)
    at, length_at = first, LENGTH.unpack_from
    try:
        for row in range(rows):
            firsts[row] = begin = at + LENGTH.size
            lasts[row] = at = begin + length_at(file, at)[0]
    except error:
        at = -1
    if at != last:
        raise IntegrityError(
            "the texts do not end where the manifest says",
            where=where,
            hint=EDITED,
        )
    return LongTexts(Mapped(file, first, last), firsts, lasts, binary=binary)
