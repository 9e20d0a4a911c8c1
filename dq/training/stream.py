"""Walking an epoch: which rows of the pool the next positions are, with each lane's next window read in time."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import numpy as np

from dq.release.splitmix import Rows
from dq.training.order import Epoch
from dq.training.pool import Batch, Pool


class Stream:
    """Walks an epoch forward from any position, with one window of every lane that is asked for in memory.

    A lane's next window is read in a background thread while this one is used up. Close it, or use it as a
    context.
    """

    def __init__(self, epoch: Epoch, pool: Pool) -> None:
        self._epoch, self._pool = epoch, pool
        lanes = epoch.active_lanes
        self._order = np.empty(pool.rows, dtype=np.int64)
        self._lanes = np.arange(lanes)
        self._number = [-1] * lanes
        self._shift = np.zeros(lanes, dtype=np.int64)
        self._ends = np.zeros(lanes, dtype=np.int64)
        self._region: dict[int, int] = {}
        self._free = list(range(len(self._order) // max(pool.window_rows, 1)))
        self._ahead: tuple[int, int, int, Future[None]] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dq-window")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def take(self, positions: Rows) -> Batch:
        """Give the rows at these ascending positions, none of them before one taken already."""
        out = self._pool.empty(len(positions))
        gapless = len(positions) > 0 and positions[-1] - positions[0] == len(positions) - 1
        done = 0
        while done < len(positions):
            rows = (
                self._run(int(positions[done]), int(positions[-1]))
                if gapless
                else self._some(positions[done:])
            )
            self._pool.gather(rows, out, done)
            done += len(rows)
        return out

    def _run(self, first: int, last: int) -> Rows:
        """Give the pool's rows of the positions from `first` on, up to `last` or a lane's next window."""
        lanes = self._epoch.active_lanes
        nexts = first + (self._lanes - first) % lanes
        while (beyond := int(np.maximum(self._ends * lanes + self._lanes, nexts).min())) == first:
            self._enter(first % lanes, first // lanes)
        rows = np.empty(min(last + 1, beyond) - first, dtype=np.int64)
        offsets = (nexts // lanes + self._shift).tolist()
        for lane, at in enumerate((nexts - first).tolist()):
            mine = rows[at::lanes]
            mine[:] = self._order[offsets[lane] : offsets[lane] + len(mine)]
        return rows

    def _some(self, positions: Rows) -> Rows:
        """Give the pool's rows of the first of any ascending positions, up to a lane's next window."""
        lanes = self._epoch.active_lanes
        lane_of, offset_of = _places(positions, lanes)
        while (beyond := offset_of >= self._ends[lane_of])[0]:
            self._enter(int(lane_of[0]), int(offset_of[0]))
        end = int(np.argmax(beyond)) if beyond.any() else len(positions)
        rows: Rows = self._order[offset_of[:end] + self._shift[lane_of[:end]]]
        return rows

    def _enter(self, lane: int, offset: int) -> None:
        """Have the window in memory that holds this offset of the lane, in place of the lane's last one."""
        edges = self._epoch.edges[lane]
        number = int(np.searchsorted(edges, offset, side="right")) - 1
        if lane in self._region:
            self._free.append(self._region.pop(lane))
        region = self._region[lane] = self._fetch(lane, number)
        self._number[lane] = number
        self._ends[lane] = edges[number + 1]
        self._shift[lane] = region * self._pool.window_rows - edges[number]
        self._read_ahead()

    def _fetch(self, lane: int, number: int) -> int:
        if self._ahead is not None:
            ahead_lane, ahead_number, region, future = self._ahead
            if (ahead_lane, ahead_number) == (lane, number):
                self._ahead = None
                future.result()
                return region
            if not self._free:
                self._ahead = None
                future.result()
                self._free.append(region)
        region = self._free.pop()
        self._thread.submit(self._load, region, lane, number).result()
        return region

    def _read_ahead(self) -> None:
        """Begin to read the next window that will be needed, where there is room for it."""
        if self._ahead is not None or not self._free:
            return
        nexts = [
            (int(self._ends[lane]) * self._epoch.active_lanes + lane, lane)
            for lane in self._region
            if self._number[lane] + 2 < len(self._epoch.edges[lane])
        ]
        if nexts:
            _, lane = min(nexts)
            region, number = self._free.pop(), self._number[lane] + 1
            self._ahead = (lane, number, region, self._thread.submit(self._load, region, lane, number))

    def _load(self, region: int, lane: int, number: int) -> None:
        self._pool.load(region, self._epoch, lane, number)
        order = self._epoch.shuffle(lane, number)
        at = region * self._pool.window_rows
        np.add(order, at, out=self._order[at : at + len(order)])


def _places(positions: Rows, lanes: int) -> tuple[Rows, Rows]:
    """Give the lane of each position and its offset in it; by bits where it can be, as division is slow."""
    if lanes & (lanes - 1) == 0:
        return positions & (lanes - 1), positions >> (lanes.bit_length() - 1)
    return positions % lanes, positions // lanes
