"""What all columns together say of each source: how able it is, whom it repeats, where it slips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dq.merge.column_votes import Column, Floats

PRIOR_ACCURACY, PRIOR_WEIGHT = 0.8, 4.0
ABLE_WEIGHT = 2.0
"""How many even chances a source is taken to have won and lost elsewhere before its record is read."""
PRIOR_DEPENDENT = 0.02
ELSEWHERE, AT_MOST = 0.5, 4.0
"""How much the copying seen in other columns says of this one, and the most it may say, in log odds."""
ROW_WEIGHT = 0.8


@dataclass(frozen=True)
class Records:
    """By column: `accuracy` of each source, and what was to be `expected` of it by its record in the others."""

    accuracy: list[Floats]
    expected: list[Floats]


def records(told: Sequence[Column], right: Sequence[Floats], trust: float) -> Records:
    """Give the accuracies: a source's own record, and `trust` items of what is expected of it.

    What is expected is the column's usual share of right statements, and how able the source is elsewhere.
    """
    spoke = [one.said.sum(axis=0) for one in told]
    earned = [own.sum(axis=0) for own in right]
    usual = [
        (own.sum() + PRIOR_ACCURACY * PRIOR_WEIGHT) / (n.sum() + PRIOR_WEIGHT)
        for own, n in zip(earned, spoke, strict=True)
    ]
    # How able it is, in log odds and whatever the column: one step of Newton for the model of Rasch.
    more = [own - n * u for own, n, u in zip(earned, spoke, usual, strict=True)]
    known = [n * u * (1 - u) for n, u in zip(spoke, usual, strict=True)]
    all_more, all_known = sum(more, start=np.float64(0)), sum(known, start=np.float64(0))
    found = Records([], [])
    for place, (own, n) in enumerate(zip(earned, spoke, strict=True)):
        able = (all_more - more[place]) / (all_known - known[place] + ABLE_WEIGHT)
        odds = np.log(usual[place] / (1 - usual[place])) + np.clip(able, -3, 3)
        expected = 1 / (1 + np.exp(-odds))
        found.expected.append(expected)
        found.accuracy.append(np.clip((own + trust * expected) / (n + trust), 0.02, 0.98))
    return found


def dependences(seen: Sequence[Floats]) -> list[Floats]:
    """Give by column the chance of each pair that one repeats the other, given what was `seen` in each."""
    overall = sum(seen, start=np.float64(0))
    prior = np.log(PRIOR_DEPENDENT / (1 - PRIOR_DEPENDENT))
    found = []
    for own in seen:
        # Copying elsewhere makes it likely here, and no more: many copy some columns only.
        odds = prior + own + np.clip(ELSEWHERE * (overall - own), -AT_MOST, AT_MOST)
        dependent = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
        np.fill_diagonal(dependent, 0.0)
        found.append(dependent)
    return found


def slips(told: Sequence[Column], right: Sequence[Floats], accuracy: Sequence[Floats]) -> list[Floats]:
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
