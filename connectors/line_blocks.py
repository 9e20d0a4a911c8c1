"""A text file in blocks of whole lines, so that it never lies in memory as a whole."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import polars as pl

from connectors.lines import Lines, coding_of, line_starts, split_part

BLOCK = 2 << 20
"""Bytes that are read at once: enough that what a call costs does not count, few enough for a processor's cache."""

_CUTTABLE = frozenset(
    {"utf-8", "ascii", "gb18030", "gbk", "gb2312", "big5", "big5hkscs", "cp949", "cp932", "shift_jis"}
    | {"euc_kr", "euc_jp", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"}
)
_ONE_BYTE = ("iso8859", "cp125", "koi8", "mac-")


@dataclass(frozen=True)
class Block:
    """Whole lines from byte `at` of the file; `last` says that they are its last."""

    data: bytes
    at: int
    last: bool

    @property
    def end(self) -> int:
        """Where the next block begins."""
        return self.at + len(self.data)


class LineBlocks:
    r"""A file that can be read from any line on, some lines at a time.

    A file in an encoding whose state outlives a line is one block.

    Raises:
        ConfigError: where there is no such encoding.

    >>> blocks = LineBlocks(io.BytesIO(b"a\nbb\nc"), "utf-8", "x.txt", size=4)
    >>> first = blocks.block(0)
    >>> first.data, blocks.block(first.end)
    (b'a\n', Block(data=b'bb\nc', at=2, last=True))

    """

    def __init__(self, file: BinaryIO, encoding: str | None, where: str, size: int = BLOCK) -> None:
        self._file, self.where = file, where
        self.coding = coding_of(file, encoding, where)
        self._end = file.seek(0, io.SEEK_END)
        self._size = size if all(map(_is_cuttable, self.coding.encodings)) else max(self._end, 1)

    def block(self, at: int, least: int = 0) -> Block:
        """Give the lines from byte `at` on, `least` bytes or more if there are as many."""
        unit: int = self.coding.unit.itemsize
        size = -(-max(self._size, least) // unit) * unit
        while True:
            self._file.seek(at)
            data = self._file.read(size)
            if at + len(data) >= self._end:
                return Block(data, at, last=True)
            if (cut := self._cut(data)) > 0 and cut >= least:
                return Block(data[:cut], at, last=False)
            size *= 2

    def _cut(self, data: bytes) -> int:
        """Give where the last line of `data` ends that surely is whole."""
        unit: int = self.coding.unit.itemsize
        if unit == 1:
            return data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, len(data) - 1) + 1
        units = np.frombuffer(data, self.coding.unit)
        for sign, among in (("\n", units), ("\r", units[:-1])):
            found = np.flatnonzero(among == ord(sign))
            if len(found):
                return (int(found[-1]) + 1) * unit
        return 0


def _is_cuttable(encoding: str) -> bool:
    """Say whether each line can be decoded on its own: no state outlives it, and its end stands for nothing else."""
    name = codecs.lookup(encoding).name
    return name in _CUTTABLE or name.startswith(_ONE_BYTE)


def line_parts(
    file: BinaryIO, encoding: str | None, where: str, size: int = BLOCK
) -> Iterator[tuple[Lines, pl.Series, int]]:
    """Give the lines of an open file some at a time, where each begins in the file, and how many came before them.

    At least one part comes, if without lines.
    """
    blocks = LineBlocks(file, encoding, where, size)
    block, before = blocks.block(blocks.coding.mark), 0
    while True:
        lines = split_part(block.data, blocks.coding, where)
        starts = line_starts(block.data, blocks.coding)[: lines.frame.height] + block.at
        yield lines, pl.Series(starts, dtype=pl.Int64), before
        if block.last:
            return
        block, before = blocks.block(block.end), before + lines.frame.height
