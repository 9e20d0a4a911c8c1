"""The pairs worth comparing, part by part: never all at once, and never more than a block may give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.match.fields import Block

Ids = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]

MOST_IN_BLOCK = 2_000
"""Rows that may share a block: two million pairs. A greater block says nothing of its rows."""
PART_PAIRS = 2_000_000


@dataclass(frozen=True)
class Pairs:
    """Numbers of nodes, `a` the lesser."""

    a: Ids
    b: Ids


@dataclass(frozen=True)
class Candidates:
    """What `blocks` bring together, and the `declared` pairs; by block how many rows were `skipped`.

    `skipped` rows share a key with so many others that they are not compared by that block.
    """

    blocks: Sequence[_Shared]
    declared: Pairs
    skipped: Mapping[str, int]

    def parts(self) -> Iterator[Pairs]:
        """Give every pair once, the declared ones first, then at most about two million at a time."""
        told = np.unique(_packed(self.declared.a, self.declared.b))
        yield _unpacked(told)
        nodes = max((int(one.node.max(initial=0)) + 1 for one in self.blocks), default=0)
        weight = np.zeros(nodes, dtype=np.int64)
        for one in self.blocks:
            np.add.at(weight, one.node, one.stop - one.start)
        before = np.cumsum(weight)
        low = 0
        while low < nodes:
            done = before[low - 1] if low else 0
            high = max(low + 1, int(np.searchsorted(before, done + PART_PAIRS, side="right")))
            found = np.unique(np.concatenate([one.pairs(low, high) for one in self.blocks]))
            found = found[~np.isin(found, told)] if len(told) else found
            if len(found):
                yield _unpacked(found)
            low = high


@dataclass(frozen=True)
class _Shared:
    """The rows of one block that share a key with others: sorted by key and source.

    Each is to be compared with those from its `start` to its `stop`. `by_node` are their places in the order of nodes.
    """

    node: Ids
    start: Places
    stop: Places
    by_node: Places

    def pairs(self, low: int, high: int) -> npt.NDArray[np.uint64]:
        """Give, packed, the pairs whose first row is a node from `low` up to `high`."""
        ordered = self.node[self.by_node]
        some = self.by_node[np.searchsorted(ordered, low) : np.searchsorted(ordered, high)]
        counts = self.stop[some] - self.start[some]
        first = np.cumsum(counts) - counts
        others = np.repeat(self.start[some] - first, counts) + np.arange(int(counts.sum()))
        one, two = np.repeat(self.node[some], counts), self.node[others]
        return _packed(np.minimum(one, two), np.maximum(one, two))


def candidates(nodes: pl.DataFrame, blocks: Sequence[Block], declared: Pairs, *, within: bool) -> Candidates:
    """Give the candidates among `nodes` (`_node`, `_source` and the columns that `blocks` name).

    Where not `within`, rows of one source are never compared.
    """
    source = nodes["_source"].rank("dense").cast(pl.UInt32).to_numpy()
    shared: list[_Shared] = []
    skipped: dict[str, int] = {}
    for block in blocks:
        keys = block.keys(nodes).with_columns(_size=pl.len().over("_key"))
        name = ", ".join(block.columns)
        skipped[name] = (
            skipped.get(name, 0) + keys.filter(pl.col("_size") > MOST_IN_BLOCK)["_node"].n_unique()
        )
        some = keys.filter(pl.col("_size").is_between(2, MOST_IN_BLOCK)).select(
            "_node", _group=pl.col("_key").rank("dense").cast(pl.UInt32)
        )
        shared.append(_shared(some["_node"].to_numpy(), some["_group"].to_numpy(), source, within=within))
    return Candidates(shared, declared, skipped)


def _shared(node: Ids, group: Ids, source: Ids, *, within: bool) -> _Shared:
    order = np.lexsort((node, source[node], group))
    node, group = node[order], group[order]
    stop = np.searchsorted(group, group, side="right")
    if within:
        start = np.arange(1, len(node) + 1)
    else:
        # Those of the own source stand together: the others of the group begin behind them.
        own = group.astype(np.uint64) << np.uint64(32) | source[node]
        start = np.searchsorted(own, own, side="right")
    return _Shared(node, start, stop, np.argsort(node, kind="stable"))


def _packed(a: Ids, b: Ids) -> npt.NDArray[np.uint64]:
    return a.astype(np.uint64) << np.uint64(32) | b.astype(np.uint64)


def _unpacked(pairs: npt.NDArray[np.uint64]) -> Pairs:
    return Pairs(
        (pairs >> np.uint64(32)).astype(np.uint32), (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    )
