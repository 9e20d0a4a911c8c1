"""How much each grade of similarity says: the model of Fellegi and Sunter, learned from the pairs themselves.

Of each field, `m` is how often rows of one entity show a grade, `u` how often rows of two entities do. `m`, and how
many of all pairs are of one entity, are found by expectation maximisation on the pairs worth comparing, all others
being taken for pairs of two entities. `u` is how often pairs drawn at random show the grade, less those of one entity
among them: of a name that hardly two entities share, they are most. A null says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Grades = npt.NDArray[np.integer]
Counts = npt.NDArray[np.int64]

ROUNDS = 200
SETTLED = 1e-6
LEAST = 1e-6
SLACK = 2.0
"""How many times more pairs may be taken for one entity than there can be: the estimate is a rough one."""
SURELY = 0.05
"""The part of the pairs drawn with a grade that is taken to be of two entities whatever else is found."""


@dataclass(frozen=True)
class Model:
    """`m` and `u` by field, each by grade (0 is the best); `share`: of all pairs, those of one entity."""

    m: tuple[Floats, ...]
    u: tuple[Floats, ...]
    share: float


def graded(similarity: Floats, levels: Sequence[float]) -> Grades:
    """Give the grade of each similarity: the place of the first level that it reaches; −1 where it is NaN."""
    # A level of 1.0 must be reached by what only rounding keeps from it.
    grade = np.searchsorted(-np.asarray(levels, dtype=np.float64), -(similarity + 1e-12), side="left")
    return np.where(np.isnan(similarity), -1, grade)


def counted(parts: Sequence[Grades], sizes: Sequence[int]) -> tuple[Grades, Counts]:
    """Give the different rows of grades in all parts, and how often each is met."""
    radix = np.cumprod([1, *(size + 1 for size in sizes)])
    met: dict[int, int] = {}
    for grades in parts:
        written = (grades.astype(np.int64) + 1) @ radix[:-1]
        codes, counts = np.unique(written, return_counts=True)
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            met[code] = met.get(code, 0) + count
    codes = np.array(sorted(met), dtype=np.int64)
    patterns = np.stack([codes // radix[at] % (size + 1) - 1 for at, size in enumerate(sizes)], axis=1)
    return patterns, np.array([met[code] for code in codes.tolist()], dtype=np.int64)


def learn(
    candidates: tuple[Grades, Counts],
    by_chance: Grades,
    *,
    equal: Sequence[float],
    sizes: Sequence[int],
    all_pairs: float,
    most: float = np.inf,
) -> Model:
    """Learn from the grades of the pairs worth comparing (from `counted`) and of pairs drawn `by_chance` (pair, field).

    `equal` is the share of all pairs that are equal in each field, `sizes` the number of its grades, `all_pairs` how
    many pairs there are, `most` how many of them can be of one entity. The order of pairs makes no difference.

    Where nearly all rows are alike, agreeing is what pairs of two entities do, and there is nothing in the grades that
    says which kind is which. So not many more pairs are taken for one entity than there can be, and agreement never
    counts against: a field in which it would says nothing.
    """
    patterns, counts = candidates
    drawn = [_shares(by_chance[:, field], np.ones(len(by_chance)), size) for field, size in enumerate(sizes)]
    # Equal values are counted and not drawn: they may be too rare to be met by chance.
    drawn = [np.array([e, *(p[1:] / p[1:].sum() * (1 - e))]) for p, e in zip(drawn, equal, strict=True)]
    u = [np.maximum(p, LEAST) for p in drawn]
    limit = min(0.5, SLACK * most / max(all_pairs, 1.0))
    share = min(limit, 0.5 * float(counts.sum()) / max(all_pairs, 1.0))
    # Near misses are too rare to be drawn, and nearly all of them are worth comparing: there they are counted.
    met = [_met(patterns[:, field], counts, size) / max(all_pairs, 1.0) for field, size in enumerate(sizes)]
    u = [np.maximum(one, seen) for one, seen in zip(u, met, strict=True)]
    # To begin with, rows of one entity are taken to agree as a rule.
    m = [np.array([0.9, *[0.1 / (size - 1)] * (size - 1)]) if size > 1 else np.ones(1) for size in sizes]
    m = _upright(m, u)
    for _ in range(ROUNDS):
        chance = _posterior(_weights(patterns, Model(tuple(m), tuple(u), share)), share)
        found = float((chance * counts).sum())
        before, share = share, min(limit, max(found, 0.5) / max(all_pairs, 1.0))
        m = [_shares(patterns[:, field], chance * counts, size) for field, size in enumerate(sizes)]
        u = [
            np.maximum.reduce([p - share * one, SURELY * p, seen - share * one, np.full(len(p), LEAST)])
            for p, one, seen in zip(drawn, m, met, strict=True)
        ]
        m = _upright(m, u)
        if abs(share - before) <= SETTLED * before:
            break
    return Model(tuple(m), tuple(u), share)


def _upright(m: Sequence[Floats], u: Sequence[Floats]) -> list[Floats]:
    """Give `m`, and of a field in which agreement would say less for one entity than differing does, `u`."""
    return [
        one if one[0] > other[0] and one[0] / other[0] >= one[-1] / other[-1] else other.copy()
        for one, other in zip(m, u, strict=True)
    ]


def _met(grades: Grades, counts: Counts, size: int) -> Floats:
    """Count the pairs worth comparing by grade, but for equal ones, which are counted among all pairs."""
    known = grades > 0
    return np.bincount(grades[known], weights=counts[known], minlength=size).astype(np.float64)


def probability(grades: Grades, model: Model, rarer: Floats) -> Floats:
    """Give the chance that each pair is of one entity; `rarer` (pair, field) is added to the natural-log weights."""
    return _posterior(_weights(grades, model) + rarer.sum(axis=1), model.share)


def weight(model: Model, field: int, grades: Grades, rarer: Floats) -> Floats:
    """Give in bits what `field` says of each pair."""
    told = np.append(np.log(model.m[field] / model.u[field]), 0.0)
    return np.asarray((told[grades[:, field]] + rarer[:, field]) / np.log(2), dtype=np.float64)


def _weights(grades: Grades, model: Model) -> Floats:
    total = np.zeros(len(grades))
    for field, (m, u) in enumerate(zip(model.m, model.u, strict=True)):
        weight = np.append(np.log(m / u), 0.0)
        total += weight[grades[:, field]]
    return total


def _posterior(weights: Floats, share: float) -> Floats:
    likely = min(max(share, 1e-12), 0.5)
    odds = np.clip(weights + np.log(likely / (1 - likely)), -50, 50)
    return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)


def _shares(grades: Grades, weights: Floats, size: int) -> Floats:
    known = grades >= 0
    counts = np.bincount(grades[known], weights=weights[known], minlength=size) + 0.5 / size
    return np.asarray(np.maximum(counts / counts.sum(), LEAST), dtype=np.float64)
