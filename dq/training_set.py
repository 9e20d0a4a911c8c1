"""One training set, declared: from which table, which features, which label, how it is split."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dq.contract import Contract
from dq.errors import ContractError
from dq.split import Benchmark


@dataclass(frozen=True)
class TrainingSet:
    """A domain's training set `training.<dataset>`: typed features, label and split, judged and versioned.

    `shape` gives the merged rows the training columns (without the split), every row once. One that makes rows of
    another kind, such as days of purchases, says so with `regroups`; rows that it uses nowhere are then counted. Rows
    whose `cluster_by` texts are the same, or nearly (not with `near=False`), go to the same split: copies never leak.
    With `in_order_of` the splits are consecutive stretches of that column instead, the test last. `floors` are the
    least scores, by dimension, of a passed release. `beside` names columns that are published but are no features: what
    the label is made from. Where `allowed_licences` are named, a source under another one stops the release ("MIT"
    allows "MIT (a remark)" too); with `needs_consent` so does a source that states none.
    With `stratified` every split holds its share of every label; no row may have anything in common with `benchmarks`;
    with `doubt_labels` labels that are likely wrong are published in `quality.label_doubts`.
    `learned` is given the rows of the training split, and all rows, and gives all rows back, filled or clipped by what
    it learns of the former: the first split of `shares` is all that it gets to learn from.

    Raises:
        ContractError: where the contract's columns are not key, features, label, `beside` and split.

    """

    table_from: str
    contract: type[Any]
    key: str
    features: tuple[str, ...]
    label: str
    shape: Callable[[pl.LazyFrame], pl.LazyFrame]
    beside: tuple[str, ...] = ()
    cluster_by: str | None = None
    near: bool = True
    in_order_of: str | None = None
    shares: Mapping[str, float] = field(
        default_factory=lambda: {"train": 0.8, "validation": 0.1, "test": 0.1}
    )
    floors: Mapping[str, float] = field(
        default_factory=lambda: {"completeness": 0.9, "accuracy": 0.95, "consistency": 0.9}
    )
    sources: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    allowed_licences: tuple[str, ...] = ()
    needs_consent: bool = False
    stratified: bool = False
    regroups: bool = False
    benchmarks: tuple[Benchmark, ...] = ()
    doubt_labels: bool = False
    learned: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame] | None = None
    description: str = ""
    law: Contract = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "law", Contract(self.contract))
        declared = {self.key, *self.features, self.label, *self.beside, "split"}
        if odd := sorted(declared ^ set(self.law.columns)):
            raise ContractError(
                f"{self.table} and its contract differ in {', '.join(odd)}",
                where=self.contract.__module__,
                hint="each column is the key, a feature, the label, the split, or named in beside=",
            )

    @property
    def table(self) -> str:
        """The training table, as its contract names it."""
        return self.law.table

    @property
    def dataset(self) -> str:
        """The table's name without its schema."""
        return self.table.partition(".")[2]
