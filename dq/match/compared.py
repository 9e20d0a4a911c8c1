"""One field of all nodes, ready to be compared pair by pair; and what agreement on a rare value says more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from dq.match.candidates import Pairs
from dq.match.fields import Field, Floats
from dq.match.model import Grades, Model, graded


class Compared:
    """The values of one field, each known by its number: equal ones need no comparing, others are compared once."""

    def __init__(self, nodes: pl.DataFrame, field: Field) -> None:
        self.field = field
        self.key = nodes.select(field.key().alias("k"))["k"]
        kinds = self.key.drop_nulls().unique().sort().to_frame("k").with_row_index("code")
        self.values = kinds["k"]
        told = self.key.to_frame().join(kinds, on="k", how="left", maintain_order="left")
        self.code = told["code"].cast(pl.Int64).fill_null(-1).to_numpy()

    def grades(self, pairs: Pairs) -> Grades:
        """Give the grade of each pair, −1 where one side is null."""
        return graded(self.similarities(pairs), self.field.levels).astype(np.int8)

    def similarities(self, pairs: Pairs) -> Floats:
        """Give the similarity of each pair, from 0 to 1; NaN where one side is null."""
        one, two = self.code[pairs.a], self.code[pairs.b]
        similar = np.where((one < 0) | (two < 0), np.nan, 1.0)
        other = np.flatnonzero((one != two) & (one >= 0) & (two >= 0))
        kinds, place = np.unique(one[other] * len(self.values) + two[other], return_inverse=True)
        a, b = (self.values.gather(part) for part in np.divmod(kinds, max(1, len(self.values))))
        similar[other] = self.field.similarity(a, b)[place]
        return similar


class Rarity:
    """How much more agreement on a rare value says than on the usual one, and how much less on a common one.

    The usual one is that of the pairs that agree; never does agreement say less than being nearly the same.
    """

    def __init__(
        self, compared: Sequence[Compared], parts: Sequence[tuple[Pairs, Grades]], model: Model
    ) -> None:
        self.share = []
        self.usual, self.nearly = np.zeros(len(compared)), np.full(len(compared), -np.inf)
        for at, one in enumerate(compared):
            counts = np.bincount(one.code[one.code >= 0], minlength=len(one.values))
            # How many others than the two have it, and half a row more: nobody knows that a value is never met again.
            shares = np.maximum((counts - 1.5) / max(1, counts.sum()), 1e-9)
            self.share.append(np.append(np.log(shares), 0.0)[one.code])
            agreed = [self.share[at][pairs.a[grades[:, at] == 0]] for pairs, grades in parts]
            heads = sum(map(len, agreed))
            self.usual[at] = sum(float(part.sum()) for part in agreed) / heads if heads else 0.0
            weights = np.log(model.m[at] / model.u[at])
            if weights.size > 2:
                self.nearly[at] = weights[1] - weights[0]

    def of(self, pairs: Pairs, grades: Grades) -> Floats:
        """Give by pair and field what is to be added to the weight of its grade."""
        more = np.zeros(grades.shape)
        for at, share in enumerate(self.share):
            equal = np.flatnonzero(grades[:, at] == 0)
            more[equal, at] = np.maximum(self.usual[at] - share[pairs.a[equal]], self.nearly[at])
        return more
