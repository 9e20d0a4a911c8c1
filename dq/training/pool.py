"""The rows that are in memory: a window of each lane, and how batches are gathered from all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from dq.release.splitmix import Rows
from dq.training.blocks import Blocks
from dq.training.order import Epoch
from dq.training.space import Column, Space

Batch = dict[str, Column]
MATRIX = "features"
CHUNK_ROWS = 16_384


class Pool:
    """One row-major matrix and one array a column, for `regions` windows; rows are gathered from all at once.

    `matrix` names the columns that become the columns of one float32 matrix, `features`.
    """

    def __init__(self, blocks: Blocks, *, matrix: Sequence[str], regions: int, window_rows: int) -> None:
        self._blocks = blocks
        self._matrix = bool(matrix)
        self.regions, self.window_rows = regions, window_rows
        rows = regions * window_rows
        self.arrays: Batch = {
            name: np.empty(rows, dtype=dtype) for name, dtype in blocks.dtypes().items() if name not in matrix
        }
        if matrix:
            self.arrays[MATRIX] = np.empty((rows, len(matrix)), dtype=np.float32)
        self._resident = False
        self._space = Space(matrix, blocks.block_rows)

    def load(self, region: int, epoch: Epoch, lane: int, number: int) -> None:
        """Fill a region with a lane's window, unshuffled; a split that is one window is read but once."""
        if self._resident:
            return
        at = region * self.window_rows
        for part in epoch.parts(lane, number):
            columns = self._blocks.read(part.block, self._space)
            end = at + part.last - part.first
            for name, array in self.arrays.items():
                if name == MATRIX and self._matrix:
                    array[at:end] = self._space.lines[:, part.first : part.last].T
                else:
                    array[at:end] = columns[name][part.first : part.last]
            at = end
        self._resident = epoch.whole

    def gather(self, rows: Rows, out: Batch, first: int) -> None:
        """Copy pool rows to `out`, from its row `first` on."""
        for name, array in self.arrays.items():
            np.take(array, rows, axis=0, out=out[name][first : first + len(rows)], mode="clip")

    def empty(self, rows: int) -> Batch:
        """Give arrays to gather `rows` rows to."""
        return {
            name: np.empty((rows, *array.shape[1:]), dtype=array.dtype) for name, array in self.arrays.items()
        }


def chunks(steps: Sequence[int], batch_size: int) -> Iterator[Sequence[int]]:
    """Cut steps to runs of about 16,384 rows: enough at once that no time is lost between batches."""
    many = max(CHUNK_ROWS // batch_size, 1)
    for start in range(0, len(steps), many):
        yield steps[start : start + many]


def split_rows(batch: Mapping[str, Column], sizes: Sequence[int]) -> Iterator[Batch]:
    """Give the batch cut into views of these sizes."""
    first = 0
    for size in sizes:
        yield {name: array[first : first + size] for name, array in batch.items()}
        first += size
