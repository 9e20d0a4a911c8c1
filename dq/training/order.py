"""The order of an epoch: a function of release, split, seed and epoch; no world size or library has a say.

Algorithm `dq-epoch-1`. The published rows of a split lie in blocks (row groups) of `block_rows`.

1. The blocks are permuted. Their rows, one block after the other, make one long line.
2. The line is cut into `lanes` equal lengths. Position p of the epoch is row p // lanes of lane p % lanes, so
   that any run of positions has an equal share of every lane.
3. A lane is cut into windows of `window` whole blocks, whose rows are permuted. The first window of each lane
   is shorter, each lane's by another measure, so that no two lanes change windows at the same time.
4. A split of at most `lanes` × `window` blocks is one lane and one window: a full permutation of its rows.

Every permutation is `dq.release.splitmix.permutation` under a key derived from the above. Rows are published
in hash order, so a batch is as random as that of a full permutation within an epoch and between epochs; and
wherever an epoch is entered, `lanes` × `window` blocks are enough to go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dq.release.splitmix import Rows, derive, permutation

ALGORITHM = "dq-epoch-1"
AS_PUBLISHED = "dq-published-1"
"""The order of the files, in every epoch: for those who ask for no shuffling."""


@dataclass(frozen=True)
class Part:
    """Rows `first` up to `last` of one block."""

    block: int
    first: int
    last: int


@dataclass(frozen=True)
class Epoch:
    """One epoch of one split, of which every position's row is known without having walked there."""

    content_hash: str
    split: str
    seed: int
    epoch: int
    rows: int
    block_rows: int
    lanes: int
    window: int
    shuffled: bool = True

    @cached_property
    def blocks(self) -> int:
        """How many blocks the split has."""
        return -(-self.rows // self.block_rows)

    @cached_property
    def whole(self) -> bool:
        """Whether the split is small enough for one full permutation."""
        return self.shuffled and self.blocks <= self.lanes * self.window

    @cached_property
    def active_lanes(self) -> int:
        """How many lanes the epoch has: 1 where it is one full permutation."""
        return 1 if self.whole else self.lanes

    def _key(self, *purpose: str | int) -> int:
        return derive(ALGORITHM, self.content_hash, self.split, self.seed, self.epoch, *purpose)

    @cached_property
    def _line(self) -> Rows:
        """Which block stands where in the line; a full permutation of rows needs none of blocks."""
        as_they_are = self.whole or not self.shuffled
        return np.arange(self.blocks) if as_they_are else permutation(self.blocks, self._key("blocks"))

    @cached_property
    def _starts(self) -> Rows:
        """Where in the line each of its blocks begins, and the line's end."""
        sizes = np.full(self.blocks, self.block_rows)
        if self.blocks:
            sizes[self._line == self.blocks - 1] = self.rows - (self.blocks - 1) * self.block_rows
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    @cached_property
    def _lane_starts(self) -> list[int]:
        """Where in the line each lane begins, and its end; the first rows % lanes have one row more."""
        share, extra = divmod(self.rows, self.active_lanes)
        return [lane * share + min(lane, extra) for lane in range(self.active_lanes + 1)]

    @cached_property
    def edges(self) -> list[Rows]:
        """For each lane the offsets at which its windows begin, and its length."""
        if self.whole:
            return [np.array([0, self.rows])]
        edges = []
        for lane in range(self.lanes):
            start, end = self._lane_starts[lane], self._lane_starts[lane + 1]
            block = int(np.searchsorted(self._starts, start, side="right")) - 1
            first = block + -(-(lane + 1) * self.window // self.lanes)
            cuts = self._starts[first :: self.window]
            edges.append(np.concatenate([[start], cuts[(cuts > start) & (cuts < end)], [end]]) - start)
        return edges

    def parts(self, lane: int, number: int) -> Iterator[Part]:
        """Give the parts of blocks that make up a lane's window, in the line's order."""
        first, last = (self._lane_starts[lane] + int(edge) for edge in self.edges[lane][number : number + 2])
        at = int(np.searchsorted(self._starts, first, side="right")) - 1
        while first < last:
            start, end = int(self._starts[at]), min(int(self._starts[at + 1]), last)
            yield Part(int(self._line[at]), first - start, end - start)
            first, at = end, at + 1

    def shuffle(self, lane: int, number: int) -> Rows:
        """Give the order in which a window's rows are taken, as numbers of rows within the window."""
        first, last = self.edges[lane][number : number + 2]
        return permutation(int(last - first), self._key("window", lane, number))

    @cached_property
    def window_rows(self) -> int:
        """How many rows the largest window has."""
        return max((int(np.diff(edges).max()) for edges in self.edges), default=0)
