"""A small model in plain numpy for the examples: softmax regression on sparse rows, with Adagrad.

Not part of dq: a training job brings its own model. This one needs nothing to be installed.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

BUCKETS = 1 << 18
Floats = npt.NDArray[np.float32]
TOKEN = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+|[!?:;()]+")


@dataclass(frozen=True)
class Sparse:
    """Rows of a wide matrix: row i has `values[starts[i]:starts[i + 1]]` in `columns` of the same range."""

    columns: npt.NDArray[np.int64]
    values: Floats
    starts: npt.NDArray[np.int64]


class Softmax:
    """Learns which class a sparse row is of."""

    def __init__(self, classes: Sequence[str], *, rate: float = 0.1, decay: float = 0.0) -> None:
        self.classes = np.array(classes)
        self._rate, self._decay = rate, decay
        self._weights = np.zeros((BUCKETS, len(classes)), dtype=np.float32)
        self._squares = np.full((BUCKETS, len(classes)), 1e-6, dtype=np.float32)

    def probabilities(self, rows: Sparse) -> Floats:
        """Give the probability of each class, row by row."""
        parts = self._weights[rows.columns] * rows.values[:, None]
        scores = np.add.reduceat(parts, rows.starts[:-1], axis=0)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares: Floats = scores / scores.sum(axis=1, keepdims=True)
        return shares

    def learn(self, rows: Sparse, labels: npt.NDArray[Any]) -> None:
        """Take one step towards these labels."""
        wrong = self.probabilities(rows) - (labels[:, None] == self.classes)
        per_value = np.repeat(wrong / len(labels), np.diff(rows.starts), axis=0) * rows.values[:, None]
        columns, place = np.unique(rows.columns, return_inverse=True)
        slope = np.zeros((len(columns), len(self.classes)), dtype=np.float32)
        np.add.at(slope, place, per_value)
        slope += self._decay * self._weights[columns]
        self._squares[columns] += slope**2
        self._weights[columns] -= self._rate * slope / np.sqrt(self._squares[columns])


def words(texts: Iterable[str]) -> Sparse:
    """Give the words, Chinese signs and pairs of neighbours of each text, hashed to columns."""
    rows = [_buckets(text) for text in texts]
    sizes = np.array([len(row) for row in rows])
    values = np.repeat(1 / np.sqrt(sizes), sizes).astype(np.float32)
    return Sparse(np.concatenate(rows), values, np.concatenate([[0], np.cumsum(sizes)]))


@cache
def _buckets(text: str) -> npt.NDArray[np.int64]:
    """Give a text's columns; an epoch asks for those of all texts anew."""
    tokens = ["^", *TOKEN.findall(text.lower())]
    tokens += [f"{first} {second}" for first, second in pairwise(tokens)]
    return np.array([_bucket(token) for token in tokens], dtype=np.int64)


class Fields:
    """Makes sparse rows of a table: a number is scaled as in training, any other value is a column of its own."""

    def __init__(self, batches: Iterable[Mapping[str, npt.NDArray[Any]]], names: Sequence[str]) -> None:
        seen = list(batches)
        self._names = names
        self._scale = {}
        for name in names:
            column = np.concatenate([batch[name] for batch in seen])
            if column.dtype.kind in "iuf":
                self._scale[name] = (np.nanmean(column), np.nanstd(column) + 1e-9)

    def rows(self, batch: Mapping[str, npt.NDArray[Any]]) -> Sparse:
        """Give the rows of one batch; a number that is missing is a column of its own."""
        columns, values = [], []
        for name in self._names:
            column = batch[name]
            if name in self._scale:
                middle, width = self._scale[name]
                missing = np.isnan(column.astype(np.float64))
                columns.append(np.where(missing, _bucket(f"{name} is missing"), _bucket(name)))
                values.append(np.where(missing, 1, (column.astype(np.float64) - middle) / width))
            else:
                columns.append(np.array([_bucket(f"{name}={value}") for value in column.tolist()]))
                values.append(np.ones(len(column)))
        count = len(columns[0])
        columns.append(np.full(count, _bucket("every row")))
        values.append(np.ones(count))
        starts = np.arange(count + 1) * len(columns)
        return Sparse(np.stack(columns, 1).ravel(), np.stack(values, 1).ravel().astype(np.float32), starts)


def area_under_curve(scores: Floats, positive: npt.NDArray[np.bool_]) -> float:
    """Give how often a positive row is scored above a negative one: 0.5 is chance."""
    rank = np.argsort(np.argsort(scores)) + 1
    many = int(positive.sum())
    return float((rank[positive].sum() - many * (many + 1) / 2) / (many * (len(scores) - many)))


def _bucket(token: str) -> int:
    return zlib.crc32(token.encode()) % BUCKETS
