"""One source, declared: what to fetch, how to read and clean it, its contract, its cadence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from dq.clean import parse
from dq.contract import Contract
from dq.dedupe import NearDuplicates
from dq.errors import ConfigError
from dq.source import Source

Clean = Callable[[pl.LazyFrame], pl.LazyFrame]


@dataclass(frozen=True)
class Feed:
    """A source with all that turns its bytes into a judged table `core.<domain>__<source>`.

    `contract` is a Pandera model. Without `clean`, each column of the contract is read from the text column of the
    same name. `distinct` names the columns whose repetition, nulls included, makes a row a duplicate (the first row
    stays); `near_duplicates` drops accepted rows whose texts are nearly the same. `cron` is the cadence of its domain's
    schedule where it needs one of its own. With `on_schema_drift="block"` the core table is refused while the source's
    fields are broken (one removed, renamed or retyped) against those that it was last made of; the default says so and
    goes on, and the contract judges the rows.

    `consent` says what the people in the data agreed to; null where that is not stated or it is not about people.

    Raises:
        ConfigError: where the contract's table is not the source's, or lacks a column that is named here.

    """

    source: Source
    contract: type[Any]
    clean: Clean | None = None
    distinct: tuple[str, ...] = ()
    near_duplicates: NearDuplicates | None = None
    cron: str | None = None
    on_schema_drift: Literal["warn", "block"] = "warn"
    consent: str | None = None
    description: str = ""
    law: Contract = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "law", Contract(self.contract))
        if self.law.table != self.core:
            raise ConfigError(
                f"the contract {self.contract.__name__} is for {self.law.table}, the source makes {self.core}",
                where=self.contract.__module__,
                hint=f'write name = "{self.core}" in the contract\'s class Config, or rename the source',
            )
        if self.near_duplicates is not None:
            self.near_duplicates.check(self.law.columns, self.core)

    @property
    def name(self) -> str:
        """`<domain>__<source>`."""
        return self.source.name

    @property
    def domain(self) -> str:
        """The part of the name before the two underscores."""
        return self.name.partition("__")[0]

    @property
    def raw(self) -> str:
        """The table of its rows as text."""
        return f"raw.{self.name}"

    @property
    def core(self) -> str:
        """The table of its rows cleaned, typed and judged."""
        return f"core.{self.name}"

    def cleaned(self, raw: pl.LazyFrame) -> pl.LazyFrame:
        """Give the raw rows the contract's columns and types; what cannot be read stands in `_problems`."""
        if self.clean is not None:
            return self.clean(raw)
        wanted = dict(self.law.columns)
        return parse(raw, wanted).select(*wanted, pl.col("^_.*$"))
