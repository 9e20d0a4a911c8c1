"""Whom to believe, learned from the data: how often each source is right, and who repeats whom.

On the entities that several sources speak of, three estimates feed each other until they settle, with chances
and not with hard winners, so that an early mistake can be unlearned:

- the truth: a source counts its log odds of being right, the less the more surely it repeats one counted before
  it. What the wrong ones would say is taken from how popular each value is, not as even among all: a stale
  time that half of the sites show is no wonder. Numbers and times lend part of their votes to those near by;
- each source's accuracy in each column, pulled towards what its record in the other columns lets expect there;
- who repeats whom, over all columns: two sources that share *wrong* values, the rarer the more, share more than
  honest work explains.

A source that is wrong about an entity in other columns (another day's flight) counts for less there.

Where two camps contradict each other, each can be explained as right and the other as copying its mistakes, and both
explanations hold together. So the clearest column is solved first, and what it teaches of the sources is carried to
the next. A camp that was wrongly believed is right everywhere, by presumption. So where no source does better in one
column and worse in another than was to be expected, all is begun again, with suspicion of all who agree.

The model is AccuCopy's (Dong, Berti-Équille and Srivastava, 2009) with PopAccu's popularity of wrong values (Dong,
Saha and Srivastava, 2012), TruthFinder's support between similar values (Yin, Han and Yu, 2007), and, across columns,
that of Rasch (1960): how able a source is, and how hard a column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dq.merge.column_votes import Codes, Column, Floats, Statements
from dq.merge.source_records import dependences, records, slips

ROUNDS = 20
OPENING = 2
"""Rounds by column before all columns are taken together."""
NO_RECORD = 1e6
POOL_WEIGHT = 10.0
"""How many items of a column what is expected of a source is worth."""
LEAST_WEIGHT = -1.0
"""Once all has settled, a bad source may count against what it says, by this much at most."""
UPRIGHT = 0.7
"""The share of winners that must outlast that, or it is not done."""
CONFIRMED = 1.5
"""The misfit from which on the camps that were believed are taken for found, not for presumed."""
SPREAD = 10.0
"""How many items what is expected of a source is worth when it is judged whether its record fits."""
FEW = 5
EPSILON = 1e-9


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
    told = [Column(one) for one in columns]
    wary = False
    mild = _settled(told, _opened(told), floor=0.0, wary=False)
    if _misfit(told, mild) < CONFIRMED:
        wary = True
        mild = _settled(told, [one.popular() for one in told], floor=0.0, wary=True)
    harsh = _settled(told, [one.chance for one in mild], floor=LEAST_WEIGHT, wary=wary)
    # It corrects some winners. Where it makes others of many, it has believed the bad and called the good ones bad.
    kept = [np.mean(a.winner == b.winner) for a, b in zip(mild, harsh, strict=True) if len(a.winner)]
    return harsh if not kept or np.mean(kept) >= UPRIGHT else mild


def _opened(told: Sequence[Column]) -> list[Floats]:
    """Give the chances to begin with: column by column, the clearest first, each by what is known from those before.

    Nothing in a column says which of two camps is right. In a clearer one the sources of one of them may be known.
    """
    chance = [one.popular() for one in told]
    before: list[int] = []
    for place in sorted(range(len(told)), key=lambda at: (-told[at].clarity(), at)):
        own = told[place]
        some = [*before, place]
        for turn in range(OPENING):
            right = [told[at].of_sources(chance[at]) for at in some]
            # At first a source is believed, and taken for a copy, by its record elsewhere alone.
            blank = turn == 0 and bool(before)
            accuracy = records([told[at] for at in some], right, NO_RECORD if blank else POOL_WEIGHT).accuracy
            seen = [
                told[at].shared_mistakes(chance[at], a, wary=False)
                for at, a in zip(some, accuracy, strict=True)
            ]
            if blank:
                seen[-1] = np.zeros_like(seen[-1])
            chance[place] = own.chance(accuracy[-1], dependences(seen)[-1], np.zeros(own.codes.shape), 0.0)
        before.append(place)
    return chance


def _settled(told: Sequence[Column], chance: list[Floats], *, floor: float, wary: bool) -> list[Trust]:
    """Let the three estimates feed each other from `chance` on; no vote weighs less than `floor`."""
    slipped = [np.zeros(one.codes.shape) for one in told]
    accuracy: list[Floats] = []
    dependence: list[Floats] = []
    winner = [one.winner(found) for one, found in zip(told, chance, strict=True)]
    for turn in range(ROUNDS):
        right = [one.of_sources(found) for one, found in zip(told, chance, strict=True)]
        accuracy = records(told, right, POOL_WEIGHT).accuracy
        dependence = dependences(
            [
                one.shared_mistakes(found, own, wary=wary)
                for one, found, own in zip(told, chance, accuracy, strict=True)
            ]
        )
        if turn:
            slipped = slips(told, right, accuracy)
        chance = [
            one.chance(accuracy[place], dependence[place], slipped[place], floor)
            for place, one in enumerate(told)
        ]
        before, winner = winner, [one.winner(found) for one, found in zip(told, chance, strict=True)]
        if turn and all(np.array_equal(a, b) for a, b in zip(before, winner, strict=True)):
            break
    return [Trust(*found) for found in zip(accuracy, dependence, chance, winner, strict=True)]


def _misfit(told: Sequence[Column], learned: Sequence[Trust]) -> float:
    """Give how far the sources' records differ from what those in the other columns let expect; by chance it is 1."""
    right = [one.of_sources(found.chance) for one, found in zip(told, learned, strict=True)]
    expected = records(told, right, POOL_WEIGHT).expected
    misfit = weights = 0.0
    for one, found, own, usual in zip(told, learned, right, expected, strict=True):
        n = one.said.sum(axis=0)
        # Copies are counted as one.
        alone = np.where(n >= FEW, 1 / (1 + found.dependence.sum(axis=1)), 0.0)
        varies = n * usual * (1 - usual) * (1 + (n - 1) / (SPREAD + 1))
        misfit += float(alone @ ((own.sum(axis=0) - n * usual) ** 2 / np.maximum(varies, EPSILON)))
        weights += float(alone.sum())
    return misfit / weights if weights else 0.0
