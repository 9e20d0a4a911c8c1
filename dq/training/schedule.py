"""Who reads what in which step: positions of an epoch dealt to global batches, and those to ranks.

A global batch is the next `batch_size` × `world_size` positions. Sorted by lane it is cut into `world_size`
even parts, one per rank: so a rank reads few lanes (with 8 lanes and 4 ranks: two), and which positions a batch
has does not depend on the world size. The tail, where fewer positions are left than a global batch has, is
the last global batch, dealt evenly; where it has fewer positions than there are ranks it joins the batch
before. So every rank has the same number of batches, none is empty, and no position is lost or doubled. With
`drop_last` the tail is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from dq.errors import ConfigError
from dq.release.splitmix import Rows


@dataclass(frozen=True)
class Schedule:
    """The steps from position `origin` to the end of an epoch of `rows` positions, as one rank sees them."""

    rows: int
    lanes: int
    origin: int
    batch_size: int
    rank: int
    world_size: int
    drop_last: bool

    def __post_init__(self) -> None:
        if 0 < self.left < self.world_size and not self.drop_last:
            raise ConfigError(
                f"{self.left:,} rows are left of the epoch for {self.world_size:,} ranks: not one for each",
                hint=f"finish the epoch on at most {self.left:,} ranks, or give drop_last=True",
            )

    @property
    def left(self) -> int:
        """How many positions the epoch has from the origin on."""
        return self.rows - self.origin

    @cached_property
    def steps(self) -> int:
        """How many batches every rank has."""
        full, tail = divmod(self.left, self.batch_size * self.world_size)
        return full + (not self.drop_last and tail >= self.world_size)

    def consumed(self, step: int) -> int:
        """Give how many positions of the epoch are done after `step` steps."""
        if step >= self.steps and not self.drop_last:
            return self.rows
        return self.origin + min(step, self.steps) * self.batch_size * self.world_size

    def run(self, steps: Sequence[int]) -> tuple[Rows, list[int]]:
        """Give this rank's positions of these ascending steps, end to end, and how many each step has."""
        if self.world_size == 1 and steps[-1] - steps[0] == len(steps) - 1:
            edges = [self.consumed(step) for step in (*steps, steps[-1] + 1)]
            return np.arange(edges[0], edges[-1]), [last - first for first, last in pairwise(edges)]
        whole = self.batch_size * self.world_size
        alike = [step for step in steps if self.consumed(step + 1) - self.consumed(step) == whole]
        if whole % self.lanes or not alike:
            alike = alike[:1]
        each = [self.positions(step) for step in steps[len(alike) :]]
        if alike:  # a step of whole batches has the places of the one before it, so many further on
            further = np.array([self.consumed(step) for step in alike]) - self.consumed(alike[0])
            first = self.positions(alike[0])
            each.insert(0, (first + further[:, np.newaxis]).ravel())
        sizes = [self.batch_size] * len(alike) + [len(some) for some in each[bool(alike) :]]
        return np.concatenate(each), sizes

    def positions(self, step: int) -> Rows:
        """Give this rank's positions of one step, ascending."""
        first, last = self.consumed(step), self.consumed(step + 1)
        share, extra = divmod(last - first, self.world_size)
        start = self.rank * share + min(self.rank, extra)
        end = start + share + (self.rank < extra)
        if self.world_size == 1 or self.lanes == 1:
            return np.arange(first + start, first + end)
        picked, before = [], 0
        for lane in range(self.lanes):
            low, high = (-(-(edge - lane) // self.lanes) for edge in (first, last))
            mine = range(max(start - before, 0), min(end - before, high - low))
            if mine:
                picked.append(np.arange(low + mine.start, low + mine.stop) * self.lanes + lane)
            before += high - low
        return np.sort(np.concatenate(picked))
