"""What one stage did to one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dq.ledger import LedgerEntry
from dq.verdict import Report

State = Literal["published", "unchanged", "blocked"]


@dataclass(frozen=True)
class Outcome:
    """`published`: the table is new; `unchanged`: nothing had changed; `blocked`: refused, the last good one stays.

    `ledger` is null where nothing was published; `report` is null where no contract judges the table;
    `why` says, in words, why a table was refused; `counts` are plain numbers and texts worth showing.
    """

    table: str
    state: State
    ledger: LedgerEntry | None = None
    report: Report | None = None
    counts: Mapping[str, Any] = field(default_factory=dict)
    why: str | None = None
