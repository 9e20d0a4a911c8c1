"""One column of one pair of sources, side by side, and the parts of it in which the two disagree most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.merge.chance import beyond_chance

Floats = npt.NDArray[np.float64]
Array = npt.NDArray[Any]
ORDERS = ("at_x", "at_y", "at_entity")
CONCENTRATED = 2.0
"""How many times as often a batch must disagree as the rest does."""
LEAST = 20
KINDS = 5
"""Fewer values are words, not numbers."""
WHOLE = 0.1
"""A fix for all rows is proposed where no more than this share of those that it mends agree as they stand."""


@dataclass(frozen=True)
class Compared:
    """One column of one pair of sources.

    `rows`: `x`, `y`, `unequal`, `at_x` and `at_y` (the entity's place in each source's own order), `page_x` and
    `page_y` (the landing that it came in) and `at_entity` (its place in the order of the entities), by which they are
    sorted; `x` and `y` are not null. `log_tries` is the logarithm of how many columns of how many pairs are looked at;
    `where` says in words which part of them these rows are, if they are not all.
    """

    rows: pl.DataFrame
    log_tries: float = 0.0
    where: str = ""

    @cached_property
    def unequal(self) -> int:
        """How many entities differ as they stand."""
        return int(self.rows["unequal"].sum())

    @property
    def height(self) -> int:
        """How many entities both speak of."""
        return self.rows.height

    @cached_property
    def counts(self) -> pl.DataFrame:
        """How many entities (`n`) have which two values, by these."""
        return self.rows.group_by("x", "y").agg(n=pl.len().cast(pl.Int64)).sort("x", "y")

    @cached_property
    def near(self) -> float:
        """How far apart two numbers may be and still say the same, but for noise; 0 where values must be equal."""
        if not self.rows.schema["x"].is_float() or not self.height:
            return 0.0
        x = self.rows["x"].to_numpy()
        x = x[np.isfinite(x)] if np.isfinite(x).any() else np.zeros(1)
        spread, size = spread_of(x), abs(float(np.median(x)))
        return max(0.01 * spread, min(0.003 * size, 0.05 * spread), 1e-9)

    @cached_property
    def apart(self) -> Array:
        """Say which rows differ by more than noise."""
        differ = self.rows["unequal"].to_numpy()
        if self.near:
            differ = differ & ~close(self.rows["x"].to_numpy(), self.rows["y"].to_numpy(), self.near)
        return np.asarray(differ)

    @cached_property
    def moved(self) -> float:
        """The share of entities by which the values of the two differ, whatever entity has which value."""
        counts = [self.rows.group_by(v=side).agg(n=pl.len().cast(pl.Int64)) for side in ("x", "y")]
        both = counts[0].join(counts[1], on="v", how="full", coalesce=True).fill_null(0)
        return float(both.select((pl.col("n") - pl.col("n_right")).abs().sum() / 2).item()) / self.height

    def places(self, order: str) -> Array:
        """Give the numbers of the rows in that order."""
        return self.rows[order].arg_sort().to_numpy()

    def batches(self) -> Iterator[Compared]:
        """Give the runs of rows, and the set of pages, in which the two disagree much more than elsewhere."""
        differ = self.apart
        if differ.all() or not differ.any():
            return
        for order in ORDERS:
            places = self.places(order)
            start, stop = _densest(differ[places])
            chosen = np.zeros(self.height, dtype=bool)
            chosen[places[start:stop]] = True
            yield from self._concentrated(differ, chosen, "in one run of {} of {} entities")
        for page in ("page_x", "page_y"):
            pages = self.rows[page].to_numpy()
            if pages.max() > 1:
                kept = _often(np.bincount(pages, differ), np.bincount(pages))
                chosen = kept[pages]
                yield from self._concentrated(
                    differ, chosen, f"on {kept.sum():,} of {len(kept):,} pages, in {{}} of {{}} entities"
                )

    def _concentrated(self, differ: Array, chosen: Array, where: str) -> Iterator[Compared]:
        size, hits = int(chosen.sum()), int(differ[chosen].sum())
        rest = self.height - size
        if size < LEAST or rest < LEAST:
            return
        outside = (int(differ.sum()) - hits) / rest
        tried = self.log_tries + 2 * log(self.height)
        if hits >= CONCENTRATED * outside * size and beyond_chance(hits, size, outside, tried):
            part = self.rows.filter(pl.Series(chosen))
            yield Compared(part, tried, where.format(f"{size:,}", f"{self.height:,}"))


def _densest(differ: Array) -> tuple[int, int]:
    """Give the run of rows whose disagreements exceed what is usual by most."""
    excess = np.concatenate([[0.0], np.cumsum(differ - differ.mean())])
    before = np.minimum.accumulate(excess)
    stop = int(np.argmax(excess - before))
    return int(np.argmin(excess[: stop + 1])), stop


def _often(hits: Array, sizes: Array) -> Array:
    """Say which pages disagree often: the cut that parts their shares best (Otsu's)."""
    shares = hits / np.maximum(sizes, 1)
    by = np.argsort(shares, kind="stable")
    below, total = np.cumsum(sizes[by])[:-1], sizes.sum()
    mean = np.cumsum(hits[by])[:-1]
    apart = (mean * total - hits.sum() * below) ** 2 / np.maximum(below * (total - below), 1)
    # Pages of one share are on one side.
    apart[np.diff(shares[by]) <= 0] = -1.0
    kept = np.zeros(len(sizes), dtype=bool)
    if len(apart) and apart.max() > 0:
        kept[by[int(np.argmax(apart)) + 1 :]] = True
    return kept


def close(x: Array, y: Array, near: float) -> Array:
    """Say which are that near to each other."""
    with np.errstate(invalid="ignore"):  # infinite numbers are apart
        return np.asarray(np.abs(x - y) <= near)


def spread_of(values: Floats) -> float:
    """Give how far values lie apart, where few of them are errors: as the quartiles of a bell curve do."""
    low, high = np.quantile(values, [0.1, 0.9])
    return float(high - low) / 1.9
