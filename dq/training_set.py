"""One training set, declared: from which table, which features, which label, how it is split."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dq.contract import Contract


@dataclass(frozen=True)
class TrainingSet:
    """A domain's training set `training.<dataset>`: typed features, label and split, judged and versioned.

    `shape` gives the merged rows the training columns (without the split). Rows whose `cluster_by` texts are the same,
    or nearly, go to the same split, so that copies never leak. `floors` are the least scores, by dimension, of a
    passed release.
    """

    table_from: str
    contract: type[Any]
    key: str
    features: tuple[str, ...]
    label: str
    shape: Callable[[pl.LazyFrame], pl.LazyFrame]
    cluster_by: str | None = None
    shares: Mapping[str, float] = field(
        default_factory=lambda: {"train": 0.8, "validation": 0.1, "test": 0.1}
    )
    floors: Mapping[str, float] = field(
        default_factory=lambda: {"completeness": 0.9, "accuracy": 0.95, "consistency": 0.9}
    )
    sources: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    description: str = ""
    law: Contract = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "law", Contract(self.contract))

    @property
    def table(self) -> str:
        """The training table, as its contract names it."""
        return self.law.table

    @property
    def dataset(self) -> str:
        """The table's name without its schema."""
        return self.table.partition(".")[2]
