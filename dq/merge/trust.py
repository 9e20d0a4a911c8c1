"""Whom to believe, learned from the data: how often each source is right, and who repeats whom.

Per column, on the entities that several sources speak of, three estimates feed each other until they settle:

- the truth: each value's votes, a source counting log(n·A / (1 − A)) for its accuracy A among n wrong values,
  and the less the more surely it repeats a source that was counted before it for the same value;
- each source's accuracy: the share of its values that are the truth, pulled towards the prior;
- who repeats whom: two sources that share wrong values share more than honest work explains, since there are
  many ways to be wrong and one to be right.

The model is the one known as AccuCopy (Dong, Berti-Équille and Srivastava, 2009), with symmetric dependence.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

ROUNDS = 12
COPY_RATE = 0.8
"""How much of its content a source that repeats another is taken to have from there."""
PRIOR_DEPENDENT = 0.1
PRIOR_ACCURACY, PRIOR_WEIGHT = 0.8, 4.0
EVEN = 1e-9


@dataclass(frozen=True)
class Trust:
    """What was learned of one column.

    `accuracy` by source, `dependence` by pair of sources, `votes` by item and code, `winner` by item.
    """

    accuracy: Floats
    dependence: Floats
    votes: Floats
    winner: Codes


def learn(codes: Codes, anchors: Sequence[int] = (), barred: Collection[int] = ()) -> Trust:
    """Learn whom to believe from `codes`: one row an item, one column a source, equal values with equal
    codes.

    Codes count from 0 within each item; −1 is no value. What the first of `anchors` that speaks says of an
    item is its truth, and what the others are measured by; `barred` sources have no vote. Deterministic: the
    order of items makes no difference, and that of the sources decides even votes only.
    """
    said = codes >= 0
    kinds = int(codes.max(initial=0)) + 1
    wrong = float(max(1, kinds - 1))
    sources = codes.shape[1]
    fixed = _anchored(codes, anchors)
    voters = [source for source in range(sources) if source not in barred]
    trust, dependence = np.full(sources, PRIOR_ACCURACY), np.zeros((sources, sources))
    votes = _votes(codes, kinds, trust, dependence, voters)
    winner = _winner(codes, votes, fixed, voters)
    for _ in range(ROUNDS):
        right = said & (codes == winner[:, None])
        earned = right.sum(axis=0) + PRIOR_ACCURACY * PRIOR_WEIGHT
        trust = np.clip(earned / (said.sum(axis=0) + PRIOR_WEIGHT), 0.01, 0.99)
        dependence = _dependence(codes, said, right, trust, wrong)
        votes = _votes(codes, kinds, trust, dependence, voters)
        before, winner = winner, _winner(codes, votes, fixed, voters)
        if np.array_equal(before, winner):
            break
    return Trust(trust, dependence, votes, winner)


def _anchored(codes: Codes, anchors: Sequence[int]) -> Codes:
    fixed = np.full(len(codes), -1, dtype=np.int64)
    for anchor in reversed(anchors):
        fixed = np.where(codes[:, anchor] >= 0, codes[:, anchor], fixed)
    return fixed


def _winner(codes: Codes, votes: Floats, fixed: Codes, voters: Sequence[int]) -> Codes:
    best = votes.max(axis=1, initial=0.0)
    winner = np.full(len(codes), -1, dtype=np.int64)
    items = np.arange(len(codes))
    for source in reversed(voters):
        own = codes[:, source]
        leads = (own >= 0) & (votes[items, own] >= best - EVEN)
        winner = np.where(leads, own, winner)
    return np.where(fixed >= 0, fixed, winner)


def _votes(codes: Codes, kinds: int, trust: Floats, dependence: Floats, voters: Sequence[int]) -> Floats:
    votes = np.zeros((len(codes), kinds))
    wrong = max(1.0, kinds - 1.0)
    counted: list[int] = []
    # The most accurate of those that repeat one another counts in full, the others for what they may know.
    for source in sorted(voters, key=lambda s: (-trust[s], s)):
        own = codes[:, source]
        spoke = np.flatnonzero(own >= 0)
        weight = np.full(len(spoke), max(0.0, float(np.log(wrong * trust[source] / (1 - trust[source])))))
        for other in counted:
            if dependence[source, other] > 0.01:
                same = codes[spoke, other] == own[spoke]
                weight[same] *= 1 - COPY_RATE * dependence[source, other]
        votes[spoke, own[spoke]] += weight
        counted.append(source)
    return votes


def _dependence(
    codes: Codes, said: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_], trust: Floats, wrong: float
) -> Floats:
    sources = codes.shape[1]
    dependent = np.zeros((sources, sources))
    prior = np.log(PRIOR_DEPENDENT / (1 - PRIOR_DEPENDENT))
    for a in range(sources):
        for b in range(a + 1, sources):
            both = said[:, a] & said[:, b]
            same = both & (codes[:, a] == codes[:, b])
            true = int((same & right[:, a]).sum())
            false = int(same.sum()) - true
            apart = int(both.sum()) - true - false
            mean = float(trust[a] + trust[b]) / 2
            alone_true, alone_false = (
                float(trust[a] * trust[b]),
                float((1 - trust[a]) * (1 - trust[b])) / wrong,
            )
            copied_true = COPY_RATE * mean + (1 - COPY_RATE) * alone_true
            copied_false = COPY_RATE * (1 - mean) + (1 - COPY_RATE) * alone_false
            # Agreement on the truth proves nothing, however little the model expects of it: no sum over it.
            evidence = prior + false * np.log(copied_false / alone_false) + apart * np.log(1 - COPY_RATE)
            evidence += true * min(0.0, float(np.log(copied_true / alone_true)))
            dependent[a, b] = dependent[b, a] = 1 / (1 + np.exp(-np.clip(evidence, -50, 50)))
    return dependent
