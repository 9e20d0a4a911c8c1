"""The well-known rules of truth discovery, as they were published, on the same statements; and the best in hindsight.

All take one weight a source for all columns together, as the originals do. `statements` brings a world to arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from merge_worlds import World

ROUNDS = 20


@dataclass(frozen=True)
class Claims:
    """One column: by item and source the number of the value (−1: nothing said), by item and number the value where it
    is one, and the number of the true value (−1: nobody says it).
    """

    codes: np.ndarray
    values: np.ndarray | None
    truth: np.ndarray

    @property
    def kinds(self) -> int:
        return int(self.codes.max(initial=0)) + 1

    def votes(self, weights: np.ndarray) -> np.ndarray:
        """Give by item and value the weights of the sources that say it; of one (items, sources) or (sources,)."""
        full = np.broadcast_to(weights, self.codes.shape)
        return np.stack([np.where(self.codes == k, full, 0.0).sum(axis=1) for k in range(self.kinds)], axis=1)

    def said(self) -> np.ndarray:
        return self.votes(np.ones(self.codes.shape[1])) > 0

    def alike(self) -> np.ndarray | None:
        """Give by item and pair of values how alike they are, from 0 to 1, for numbers."""
        if self.values is None:
            return None
        apart = np.abs(self.values[:, :, None] - self.values[:, None, :])
        steps = np.diff(np.sort(self.values, axis=1), axis=1)
        near = np.median(steps[np.isfinite(steps) & (steps > 0)]) if (steps > 0).any() else 1.0
        alike = np.nan_to_num(np.exp(-apart / near))
        alike[:, np.arange(self.kinds), np.arange(self.kinds)] = 0.0
        return alike


def statements(world: World) -> list[Claims]:
    """Give what is said in each column of the cells whose truth is known and that anybody speaks of."""
    names = sorted(world.told)
    found = []
    for column in (c for c in world.truth.columns if c != "id"):
        rows = [
            world.told[n].select("id", v=column, s=pl.lit(at))
            for at, n in enumerate(names)
            if column in world.told[n].columns
        ]
        told = (
            pl.concat(rows, how="vertical_relaxed")
            .drop_nulls()
            .unique(["id", "s"], keep="first", maintain_order=True)
        )
        truth = (
            world.truth.select("id", t=column)
            .drop_nulls()
            .join(told, on="id", how="semi")
            .with_row_index("i")
        )
        told = told.join(truth, on="id").with_columns(
            k=(pl.col("v").rank("dense").over("id") - 1).cast(pl.Int64)
        )
        if told.is_empty():
            continue
        codes = np.full((truth.height, len(names)), -1, dtype=np.int64)
        codes[told["i"].to_numpy(), told["s"].to_numpy()] = told["k"].to_numpy()
        values = None
        if told["v"].dtype.is_numeric():
            values = np.full((truth.height, int(codes.max()) + 1), np.nan)
            values[told["i"].to_numpy(), told["k"].to_numpy()] = told["v"].to_numpy()
        true = told.filter(pl.col("v") == pl.col("t")).unique("i")
        right = np.full(truth.height, -1, dtype=np.int64)
        right[true["i"].to_numpy()] = true["k"].to_numpy()
        found.append(Claims(codes, values, right))
    return found


def share(told: list[Claims], scores: list[np.ndarray], cells: int) -> float:
    """Give the share of `cells` that the best scored values get right."""
    hits = 0
    for one, score in zip(told, scores, strict=True):
        best = np.where(one.said(), score, -np.inf).argmax(axis=1)
        hits += int((best == one.truth).sum())
    return hits / cells


def _means(told: list[Claims], by_value: list[np.ndarray], sources: int) -> np.ndarray:
    """Give by source the mean of its values' scores."""
    total, heads = np.zeros(sources), np.zeros(sources)
    for one, score in zip(told, by_value, strict=True):
        spoke = one.codes >= 0
        own = np.take_along_axis(score, np.maximum(one.codes, 0), axis=1)
        total += np.where(spoke, own, 0.0).sum(axis=0)
        heads += spoke.sum(axis=0)
    return total / np.maximum(heads, 1)


def truth_finder(told: list[Claims], sources: int) -> list[np.ndarray]:
    """TruthFinder (Yin, Han and Yu, 2007): trust 0.9 to begin with, damping 0.3, support between numbers 0.5."""
    trust, scores = np.full(sources, 0.9), []
    for _ in range(ROUNDS):
        scores = []
        for one in told:
            sigma = one.votes(-np.log(np.maximum(1 - trust, 1e-12)))
            alike = one.alike()
            if alike is not None:
                # Half as alike is no support at all, less speaks against it.
                sigma = sigma + 0.5 * np.einsum("ikj,ij->ik", np.where(alike > 0, alike - 0.5, 0.0), sigma)
            scores.append(np.where(one.said(), 1 / (1 + np.exp(-0.3 * np.clip(sigma, -100, 100))), 0.0))
        before, trust = trust, np.clip(_means(told, scores, sources), 1e-6, 1 - 1e-6)
        if np.abs(before - trust).max() < 1e-6:
            break
    return scores


def accu(told: list[Claims], sources: int, support: float = 0.0) -> list[np.ndarray]:
    """ACCU (Dong, Berti-Équille and Srivastava, 2009) with 100 wrong values a cell; with support: AccuSim."""
    right, scores = np.full(sources, 0.8), []
    for _ in range(ROUNDS):
        scores = []
        for one in told:
            count = one.votes(np.log(100 * right / (1 - right)))
            alike = one.alike() if support else None
            if alike is not None:
                count = count + support * np.einsum("ikj,ij->ik", alike, count)
            count = np.where(one.said(), count, -np.inf)
            odds = np.exp(count - count.max(axis=1, keepdims=True))
            scores.append(odds / odds.sum(axis=1, keepdims=True))
        before, right = right, np.clip(_means(told, scores, sources), 0.01, 0.99)
        if np.abs(before - right).max() < 1e-6:
            break
    return scores


def accu_sim(told: list[Claims], sources: int) -> list[np.ndarray]:
    """AccuSim: ACCU, values near by lending half of their votes."""
    return accu(told, sources, support=0.5)


def crh(told: list[Claims], sources: int) -> list[np.ndarray]:
    """CRH (Li, Li, Gao, Zhao, Fan and Han, 2014) with the 0-1 loss, since a cell counts only where it is right."""
    weight, scores = np.ones(sources), []
    for _ in range(ROUNDS):
        scores = [one.votes(weight) for one in told]
        winners = [
            np.eye(one.kinds)[np.where(one.said(), s, -1).argmax(axis=1)]
            for one, s in zip(told, scores, strict=True)
        ]
        loss = np.maximum(1 - _means(told, winners, sources), 1e-3)
        before, weight = weight, -np.log(loss / loss.max()) + 1e-6
        if np.abs(before - weight).max() < 1e-6:
            break
    return scores


def average_log(told: list[Claims], sources: int) -> list[np.ndarray]:
    """Average·log (Pasternack and Roth, 2010)."""
    heads = sum((one.codes >= 0).sum(axis=0) for one in told)
    trust, scores = np.ones(sources), []
    for _ in range(ROUNDS):
        scores = [one.votes(trust) for one in told]
        top = max(float(s.max()) for s in scores)
        scores = [s / max(top, 1e-300) for s in scores]
        trust = np.log(np.maximum(heads, 1)) * _means(told, scores, sources)
        trust = trust / max(float(trust.max()), 1e-300)
    return scores


def hindsight(told: list[Claims], sources: int) -> list[np.ndarray]:
    """By column the best weights that one source can have, found with the truth at hand: no rule of votes does better.

    A conditional logit, climbed from nothing. Copies share one weight, a bad source has a negative one. It has seen
    the answers, so it is a bound and no estimate: with few items and many sources it may be out of any reach.
    """
    scores = []
    for one in told:
        some = np.flatnonzero(one.truth >= 0)
        said = one.said()
        hot = np.stack([one.codes == k for k in range(one.kinds)], axis=1).astype(np.float64)
        weight = np.full(sources, 0.5)
        step = 4.0 / max(1.0, float((one.codes >= 0).sum(axis=1).mean()))
        for _ in range(400):
            score = np.where(said, hot @ weight, -np.inf)
            odds = np.exp(score - score.max(axis=1, keepdims=True))
            odds /= odds.sum(axis=1, keepdims=True)
            wish = -odds[some]
            wish[np.arange(len(some)), one.truth[some]] += 1
            weight += step * (np.einsum("ik,iks->s", wish, hot[some]) / max(len(some), 1) - 1e-3 * weight)
        scores.append(hot @ weight)
    return scores


BASELINES: Mapping[str, Callable[[list[Claims], int], list[np.ndarray]]] = {
    "TruthFinder": truth_finder,
    "ACCU": accu,
    "AccuSim": accu_sim,
    "CRH": crh,
    "average·log": average_log,
}


def compared(world: World) -> dict[str, float]:
    """Give the share of cells that each of them gets right, and of those whose truth anybody `said`."""
    told, sources = statements(world), len(world.told)
    cells = sum(int(world.truth[c].count()) for c in world.truth.columns if c != "id")
    found = {name: share(told, rule(told, sources), cells) for name, rule in BASELINES.items()}
    found["hindsight"] = share(told, hindsight(told, sources), cells)
    found["said"] = sum(int((one.truth >= 0).sum()) for one in told) / cells
    return found
