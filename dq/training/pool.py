"""The rows that are in memory: a window of each lane, and how batches are gathered from all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from dq.release.splitmix import Rows
from dq.training.blocks import Blocks
from dq.training.mapped import LongTexts
from dq.training.order import Epoch
from dq.training.space import Column, Matrix, Space
from dq.training.texts import Texts, objects

Batch = dict[str, Column]
CHUNK_ROWS, CHUNK_BYTES = 16_384, 8 << 20


class Pool:
    """Row-major matrices and one array a column, for `regions` windows; rows are gathered from all at once.

    Where the pool is `kept` for many epochs, texts are made once for all; otherwise each when it is taken.
    """

    def __init__(
        self, blocks: Blocks, *, matrices: Mapping[str, Matrix], regions: int, window_rows: int, kept: bool
    ) -> None:
        self._blocks = blocks
        self._matrices = matrices
        self.regions, self.window_rows, self.kept = regions, window_rows, kept
        self.rows = regions * window_rows
        texts = {} if kept else blocks.texts()
        self.texts = {name: Texts(self.rows, binary=binary) for name, binary in texts.items()}
        inside = {column for matrix in matrices.values() for column in matrix.columns}
        self._dtypes = {name: dtype for name, dtype in blocks.dtypes().items() if name not in inside}
        self.arrays: Batch = {
            name: array for name, array in self.empty(self.rows).items() if name not in self.texts
        }
        self._resident = False
        self._space = Space(matrices, blocks.block_rows)

    @property
    def names(self) -> list[str]:
        """The arrays of a batch, in the order in which columns were asked for; matrices are the last."""
        return [*self._dtypes, *self._matrices]

    def load(self, region: int, epoch: Epoch, lane: int, number: int) -> None:
        """Fill a region with a lane's window, unshuffled; a split that is one window is read but once."""
        if self._resident:
            return
        at = region * self.window_rows
        for held in self.texts.values():
            held.drop(at, at + self.window_rows)
        for part in epoch.parts(lane, number):
            columns = self._blocks.read(part.block, self._space)
            rows = slice(at, at + part.last - part.first)
            for name, array in self.arrays.items():
                if name in self._space.lines:
                    array[rows] = self._space.lines[name][:, part.first : part.last].T
                else:
                    values = columns[name][part.first : part.last]
                    array[rows] = objects(values) if isinstance(values, pa.Array | LongTexts) else values
            for name, held in self.texts.items():
                held.put(at, columns[name][part.first : part.last])
            at = rows.stop
        self._resident = epoch.whole

    def gather(self, rows: Rows, out: Batch, first: int) -> None:
        """Copy pool rows to `out`, from its row `first` on."""
        last = first + len(rows)
        for name, array in self.arrays.items():
            np.take(array, rows, axis=0, out=out[name][first:last], mode="clip")
        for name, held in self.texts.items():
            out[name][first:last] = held.take(rows)

    def empty(self, rows: int) -> Batch:
        """Give arrays to gather `rows` rows to."""
        made = {name: np.empty(rows, dtype=dtype) for name, dtype in self._dtypes.items()}
        for name, matrix in self._matrices.items():
            made[name] = np.empty((rows, len(matrix.columns)), dtype=matrix.dtype)
        return made


def chunks(steps: Sequence[int], batch_size: int, row_bytes: float) -> Iterator[Sequence[int]]:
    """Cut steps to runs of about 16,384 rows or 8 MiB: no time is lost between batches, and the cache holds a run."""
    many = max(int(min(CHUNK_ROWS, CHUNK_BYTES / max(row_bytes, 1))) // batch_size, 1)
    for start in range(0, len(steps), many):
        yield steps[start : start + many]


def split_rows(batch: Mapping[str, Column], sizes: Sequence[int]) -> Iterator[Batch]:
    """Give the batch cut into views of these sizes."""
    first = 0
    for size in sizes:
        yield {name: array[first : first + size] for name, array in batch.items()}
        first += size
