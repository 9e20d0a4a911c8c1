"""What is said in one column, and what it comes to once it is known how much each source counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

COPY_RATE = 0.8
"""How much of its content a source that repeats another is taken to have from there."""
SUPPORT = 0.5
"""The share of its votes that a number lends to the same number; less to one further away."""
EVEN = 1e-9


@dataclass(frozen=True)
class Statements:
    """What is said in one column.

    `codes`: one row per item, one column per source; equal values of an item have equal codes, counting from 0; −1 is
    no value. `entity`: the number of each item's entity, the same in all columns. `values`: by item and code the
    number that is meant, NaN where there is none; null where the column holds no numbers. What the first of
    `anchors` that speaks says is the truth; `barred` sources have no vote.
    """

    codes: Codes
    entity: Codes
    values: Floats | None = None
    anchors: Sequence[int] = ()
    barred: Collection[int] = ()


class Column:
    """One column's statements with what every round needs of them."""

    def __init__(self, told: Statements) -> None:
        self.codes, self.entity = told.codes, told.entity
        self.said = self.codes >= 0
        self.voters = [s for s in range(self.codes.shape[1]) if s not in told.barred]
        kinds = int(self.codes.max(initial=0)) + 1
        self.counts = np.zeros((len(self.codes), kinds))
        for source in self.voters:
            spoke = np.flatnonzero(self.said[:, source])
            self.counts[spoke, self.codes[spoke, source]] += 1
        self.fixed = np.full(len(self.codes), -1, dtype=np.int64)
        for anchor in reversed(told.anchors):
            self.fixed = np.where(self.said[:, anchor], self.codes[:, anchor], self.fixed)
        self.values = told.values
        self.near = _nearness(told.values)

    def anchored(self, chance: Floats) -> Floats:
        """Give the chances with those certain that an anchor speaks of."""
        known = np.flatnonzero(self.fixed >= 0)
        chance[known] = 0.0
        chance[known, self.fixed[known]] = 1.0
        return chance

    def popular(self) -> Floats:
        """Give the chances while nothing is known: a value is as likely as it is popular."""
        return self.anchored(self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1))

    def clarity(self) -> float:
        """Give by how great a share of its statements the most popular value of an item leads, in the mean."""
        if not self.counts.size:
            return 0.0
        ranked = np.sort(self.counts, axis=1)
        second = ranked[:, -2] if ranked.shape[1] > 1 else 0.0
        return float(((ranked[:, -1] - second) / np.maximum(ranked.sum(axis=1), 1)).mean())

    def of_sources(self, chance: Floats) -> Floats:
        """Give by item and source the chance that what it says is right; 0 where it says nothing."""
        if not len(self.codes):
            return np.zeros(self.codes.shape)
        return np.where(self.said, np.take_along_axis(chance, np.maximum(self.codes, 0), axis=1), 0.0)

    def winner(self, chance: Floats) -> Codes:
        """Give the likeliest value of each item; where several are, that of the first source that has a vote."""
        best = chance.max(axis=1, initial=0.0)
        winner = np.full(len(self.codes), -1, dtype=np.int64)
        items = np.arange(len(self.codes))
        for source in reversed(self.voters):
            own = self.codes[:, source]
            leads = (own >= 0) & (chance[items, own] >= best - EVEN)
            winner = np.where(leads, own, winner)
        return np.where(self.fixed >= 0, self.fixed, winner)

    def chance(self, accuracy: Floats, dependence: Floats, slips: Floats, floor: float) -> Floats:
        """Give by item and code the chance that it is the truth."""
        votes, heads = np.zeros(self.counts.shape), np.zeros(self.counts.shape)
        odds = np.log(accuracy / (1 - accuracy))
        counted: list[int] = []
        # The most accurate of those that repeat one another counts in full, the others for what they may know.
        for source in sorted(self.voters, key=lambda s: (-accuracy[s], s)):
            spoke = np.flatnonzero(self.said[:, source])
            own = self.codes[spoke, source]
            kin = np.array([o for o in counted if dependence[source, o] > 0.01], dtype=np.int64)
            same = self.codes[np.ix_(spoke, kin)] == own[:, None]
            weight = np.where(same, 1 - COPY_RATE * dependence[source, kin], 1.0).prod(axis=1)
            votes[spoke, own] += weight * np.maximum(floor, odds[source] + slips[spoke, source])
            heads[spoke, own] += weight
            counted.append(source)
        everyone = heads.sum(axis=1, keepdims=True)
        votes += _n_log_n(everyone) - _n_log_n(heads) - _n_log_n(np.maximum(everyone - heads, 0.0))
        votes += SUPPORT * self._support(np.maximum(votes, 0.0))
        votes = np.where(self.counts > 0, votes, -np.inf)
        top = votes.max(axis=1, initial=-1e300, keepdims=True)
        weights = np.exp(votes - top)
        return self.anchored(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300))

    def _support(self, votes: Floats) -> Floats:
        lent = np.zeros(votes.shape)
        if self.values is None or not self.near:
            return lent
        for one in range(votes.shape[1]):
            some = np.flatnonzero(self.counts[:, one] > 0)
            for other in range(votes.shape[1]):
                if other == one or not len(some):
                    continue
                apart = np.abs(self.values[some, one] - self.values[some, other])
                lent[some, one] += np.nan_to_num(np.exp(-apart / self.near)) * votes[some, other]
        return lent

    def shared_mistakes(self, chance: Floats, accuracy: Floats, *, wary: bool) -> Floats:
        """Give by pair of sources the log odds of one repeating the other, before any prior.

        `wary`: what is not sure to be right may be a mistake. Else what leads is taken for the truth, be it ever so
        unsure: no suspicion falls on those who agree before anything is known.
        """
        sources = self.codes.shape[1]
        evidence = np.zeros((sources, sources))
        total = self.counts.sum(axis=1)
        best = np.ones(len(chance)) if wary else np.maximum(chance.max(axis=1, initial=0.0), 1e-300)
        for a in range(sources - 1):
            spoke = np.flatnonzero(self.said[:, a])
            own, rest = self.codes[spoke, a], slice(a + 1, sources)
            others = self.codes[spoke, rest]
            same = others == own[:, None]
            # How popular the value is among all others than these two.
            popular = np.clip((self.counts[spoke, own] - 1.5) / np.maximum(total[spoke], 2.0), 0.02, 1.0)
            slip = 1 - (accuracy[a] + accuracy[rest]) / 2
            alone = np.clip(slip[None, :] * popular[:, None], 0.01, 1.0)
            # Agreement on the truth proves nothing, however little the model expects of it: no sum over it.
            mistaken = 1 - chance[spoke, own] / best[spoke]
            wrong = np.where(same, mistaken[:, None], 0.0)
            found = (wrong * np.log(COPY_RATE / alone + 1 - COPY_RATE)).sum(axis=0)
            found += ((others >= 0) & ~same).sum(axis=0) * np.log(1 - COPY_RATE)
            evidence[a, rest] = evidence[rest, a] = found
        return evidence


def _nearness(values: Floats | None) -> float:
    """Give how far apart two numbers of one item may lie and still support each other: as far as neighbours do."""
    if values is None or not values.size:
        return 0.0
    ordered = np.sort(values, axis=1)
    steps = np.diff(ordered, axis=1)
    apart = steps[np.isfinite(steps) & (steps > 0)]
    return float(np.median(apart)) if len(apart) else 0.0


def _n_log_n(n: Floats) -> Floats:
    return np.where(n > 0, n * np.log(np.maximum(n, 1e-300)), 0.0)
