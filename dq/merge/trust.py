"""Whom to believe, learned from the data: how often each source is right, and who repeats whom.

On the entities that several sources speak of, three estimates feed each other until they settle, with chances
and not with hard winners, so that an early mistake can be unlearned:

- the truth: a source counts its log odds of being right, the less the more surely it repeats one counted before
  it. What the wrong ones would say is taken from how popular each value is, not as even among all: a stale
  time that half of the sites show is no wonder. Numbers and times lend part of their votes to those near by;
- each source's accuracy in each column, pulled towards its accuracy in all columns, and that towards 0.8;
- who repeats whom, over all columns: two sources that share *wrong* values, the rarer the more, share more than
  honest work explains.

A source that is wrong about an entity in other columns (another day's flight) counts for less there.

The model is AccuCopy's (Dong, Berti-Équille and Srivastava, 2009) with PopAccu's popularity of wrong values (Dong,
Saha and Srivastava, 2012) and TruthFinder's support between similar values (Yin, Han and Yu, 2007).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

ROUNDS = 20
COPY_RATE = 0.8
"""How much of its content a source that repeats another is taken to have from there."""
PRIOR_DEPENDENT = 0.02
PRIOR_ACCURACY, PRIOR_WEIGHT = 0.8, 4.0
POOL_WEIGHT = 10.0
"""How many items of a column the source's record in all columns is worth."""
ELSEWHERE = 0.5
"""How much the copying seen in other columns says of this one."""
SUPPORT = 0.5
"""The share of its votes that a number lends to the same number; less to one further away."""
ROW_WEIGHT = 0.8
LEAST_WEIGHT = -1.0
"""Once all has settled, a bad source may count against what it says, by this much at most."""
UPRIGHT = 0.7
"""The share of winners that must outlast that, or it is not done."""
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


@dataclass(frozen=True)
class Trust:
    """What was learned of one column.

    `accuracy` by source, `dependence` by pair of sources, `chance` by item and code, `winner` by item (−1 where
    nobody with a vote speaks).
    """

    accuracy: Floats
    dependence: Floats
    chance: Floats
    winner: Codes


def learn(columns: Sequence[Statements]) -> list[Trust]:
    """Learn whom to believe from what is said in all `columns`, which have the same sources in the same order.

    Deterministic: the order of items makes no difference beyond the last digits, and that of the sources decides
    even votes only.
    """
    told = [_Column(one) for one in columns]
    # Before anything is known, a value is as likely as it is popular.
    popular = [
        one.anchored(one.counts / np.maximum(one.counts.sum(axis=1, keepdims=True), 1)) for one in told
    ]
    mild = _settled(told, popular, floor=0.0)
    harsh = _settled(told, [one.chance for one in mild], floor=LEAST_WEIGHT)
    # It corrects some winners. Where it makes others of many, it has believed the bad and called the good ones bad.
    kept = [np.mean(a.winner == b.winner) for a, b in zip(mild, harsh, strict=True) if len(a.winner)]
    return harsh if not kept or np.mean(kept) >= UPRIGHT else mild


def _settled(told: Sequence[_Column], chance: list[Floats], floor: float) -> list[Trust]:
    """Let the three estimates feed each other from `chance` on; no vote weighs less than `floor`."""
    slips = [np.zeros(one.codes.shape) for one in told]
    accuracy: list[Floats] = []
    dependence: list[Floats] = []
    winner = [one.winner(found) for one, found in zip(told, chance, strict=True)]
    for turn in range(ROUNDS):
        right = [one.of_sources(found) for one, found in zip(told, chance, strict=True)]
        accuracy = _accuracies(told, right)
        dependence = _dependences(told, right, accuracy)
        if turn:
            slips = _slips(told, right, accuracy)
        chance = [
            one.chance(accuracy[place], dependence[place], slips[place], floor)
            for place, one in enumerate(told)
        ]
        before, winner = winner, [one.winner(found) for one, found in zip(told, chance, strict=True)]
        if turn and all(np.array_equal(a, b) for a, b in zip(before, winner, strict=True)):
            break
    return [Trust(*found) for found in zip(accuracy, dependence, chance, winner, strict=True)]


class _Column:
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

    def shared_mistakes(self, right: Floats, accuracy: Floats) -> Floats:
        """Give by pair of sources the log odds of one repeating the other, before any prior."""
        sources = self.codes.shape[1]
        evidence = np.zeros((sources, sources))
        total = self.counts.sum(axis=1)
        items = np.arange(len(self.codes))
        for a in range(sources - 1):
            rest = slice(a + 1, sources)
            both = self.said[:, a, None] & self.said[:, rest]
            same = both & (self.codes[:, a, None] == self.codes[:, rest])
            # How popular the value is among all others than these two.
            others = self.counts[items, np.maximum(self.codes[:, a], 0)] - 1.5
            popular = np.clip(others / np.maximum(total, 2.0), 0.02, 1.0)
            slip = 1 - (accuracy[a] + accuracy[rest]) / 2
            alone = np.clip(slip[None, :] * popular[:, None], 0.01, 1.0)
            # Agreement on the truth proves nothing, however little the model expects of it: no sum over it.
            wrong = np.where(same, (1 - right[:, a])[:, None], 0.0)
            found = (wrong * np.log(COPY_RATE / alone + 1 - COPY_RATE)).sum(axis=0)
            found += (both & ~same).sum(axis=0) * np.log(1 - COPY_RATE)
            evidence[a, rest] = evidence[rest, a] = found
        return evidence


def _accuracies(told: Sequence[_Column], right: Sequence[Floats]) -> list[Floats]:
    spoke = [one.said.sum(axis=0) for one in told]
    earned = [own.sum(axis=0) for own in right]
    whole = sum(earned, start=np.float64(0)) + PRIOR_ACCURACY * PRIOR_WEIGHT
    overall = whole / (sum(spoke, start=np.float64(0)) + PRIOR_WEIGHT)
    return [
        np.clip((own + POOL_WEIGHT * overall) / (n + POOL_WEIGHT), 0.02, 0.98)
        for own, n in zip(earned, spoke, strict=True)
    ]


def _dependences(
    told: Sequence[_Column], right: Sequence[Floats], accuracy: Sequence[Floats]
) -> list[Floats]:
    seen = [one.shared_mistakes(right[place], accuracy[place]) for place, one in enumerate(told)]
    overall = sum(seen, start=np.float64(0))
    prior = np.log(PRIOR_DEPENDENT / (1 - PRIOR_DEPENDENT))
    found = []
    for own in seen:
        odds = prior + own + ELSEWHERE * (overall - own)
        dependent = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
        np.fill_diagonal(dependent, 0.0)
        found.append(dependent)
    return found


def _slips(told: Sequence[_Column], right: Sequence[Floats], accuracy: Sequence[Floats]) -> list[Floats]:
    """Give by item and source how much better or worse than usual it is about the entity in other columns."""
    entities = max((int(one.entity.max(initial=-1)) + 1 for one in told), default=0)
    more = [np.where(one.said, right[place] - accuracy[place], 0.0) for place, one in enumerate(told)]
    total = np.zeros((entities, told[0].codes.shape[1] if told else 0))
    heads = total.copy()
    for one, own in zip(told, more, strict=True):
        total[one.entity] += own
        heads[one.entity] += one.said
    return [
        ROW_WEIGHT * (total[one.entity] - own) / (heads[one.entity] - one.said + 1.0)
        for one, own in zip(told, more, strict=True)
    ]


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
