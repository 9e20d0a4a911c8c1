"""Walking a split in its published order: block after block, each batch a view of a block where it can be."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import numpy as np

from dq.release.splitmix import Rows
from dq.training.blocks import Blocks
from dq.training.order import Epoch
from dq.training.pool import Batch, Pool
from dq.training.space import Matrix


class InOrder:
    """Walks forward from any position with two blocks in memory: the one in use, and the next, read by a thread.

    Nothing is shuffled, so nothing is gathered. Close it, or use it as a context.
    """

    def __init__(self, epoch: Epoch, blocks: Blocks, matrices: Mapping[str, Matrix]) -> None:
        self._epoch, self._blocks, self._matrices = epoch, blocks, matrices
        self._edges = epoch.edges[0]
        self._held: tuple[int, Pool] | None = None
        self._ahead: tuple[int, Future[Pool]] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dq-block")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def take(self, positions: Rows) -> Batch:
        """Give the rows at these ascending positions, none of them before one taken already."""
        parts: list[Batch] = []
        done = 0
        while done < len(positions):
            number = int(np.searchsorted(self._edges, positions[done], side="right")) - 1
            end = int(np.searchsorted(positions, self._edges[number + 1]))
            rows = positions[done:end] - self._edges[number]
            gapless = rows[-1] - rows[0] == len(rows) - 1
            picked = slice(int(rows[0]), int(rows[-1]) + 1) if gapless else rows
            pool = self._have(number)
            views = {name: array[picked] for name, array in pool.arrays.items()}
            made = {name: held.take(rows) for name, held in pool.texts.items()}
            parts.append({name: (views | made)[name] for name in pool.names})
            done = end
        if len(parts) == 1:
            return parts[0]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _have(self, number: int) -> Pool:
        if self._held is None or self._held[0] != number:
            ahead, self._ahead = self._ahead, None
            hit = ahead is not None and ahead[0] == number
            future = ahead[1] if ahead is not None and hit else self._thread.submit(self._read, number)
            self._held = (number, future.result())
            if number + 2 < len(self._edges):
                self._ahead = (number + 1, self._thread.submit(self._read, number + 1))
        return self._held[1]

    def _read(self, number: int) -> Pool:
        rows = int(self._edges[number + 1] - self._edges[number])
        pool = Pool(self._blocks, matrices=self._matrices, regions=1, window_rows=rows, kept=False)
        pool.load(0, self._epoch, 0, number)
        return pool
