"""One data set from many sources, declared: who takes part, what links them, who wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dq.contract import Contract
from dq.dedupe import NearDuplicates
from dq.match import Matching
from dq.merge import Survivorship

Frames = Mapping[str, pl.LazyFrame]


@dataclass(frozen=True)
class Unified:
    """A domain's merged table `core.<domain>`: one row per entity, from every source that knows it.

    `prepare` gives each source's core table the shared column names and the entity column; by default the tables
    already have them. `match` finds the entity where no key is shared: it makes the entity column, by what the rows
    say, and its pairs are `quality.matches`. `near_duplicates` drops merged rows whose texts are nearly the same.
    """

    sources: tuple[str, ...]
    entity: str
    survivorship: Survivorship
    contract: type[Any]
    prepare: Callable[[Frames], Frames] = lambda frames: frames
    description: str = ""
    match: Matching | None = None
    near_duplicates: NearDuplicates | None = None
    law: Contract = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "law", Contract(self.contract))
        if self.near_duplicates is not None:
            self.near_duplicates.check(self.law.columns, self.table)

    @property
    def table(self) -> str:
        """The merged table, as its contract names it."""
        return self.law.table

    @property
    def domain(self) -> str:
        """The domain, which is the table's name."""
        return self.table.partition(".")[2].partition("__")[0]
