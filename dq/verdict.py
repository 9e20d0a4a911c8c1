"""What judging a frame gives: who passed, who did not and why, and how every rule did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

Dimension = Literal["completeness", "accuracy", "consistency"]
OnFail = Literal["quarantine", "warn", "block"]
DIMENSIONS: tuple[Dimension, ...] = ("completeness", "accuracy", "consistency")

REASON = pl.Struct({"rule": pl.String, "dimension": pl.String, "column": pl.String, "value": pl.String})
"""One broken rule of one row. `column` is null for rules over several columns; `value` is the cell as text.

The same shape serves `_problems` (cells that cleaning could not read: judged as broken rules), `_repairs` (cells
that cleaning changed, with the value before) and `_reasons` (why a row is in quarantine).
"""
REASONS = pl.List(REASON)


@dataclass(frozen=True)
class Example:
    """A row that broke a rule: the cell as text, and where it came from (of a merged row, its first member)."""

    value: str | None
    landing_id: str | None
    row: int | None


@dataclass(frozen=True)
class RuleResult:
    """How one rule did on one table in one run; `checked` and `failed` count rows (or 1 for a table-level rule).

    `examples` are the first few rows that broke it.
    """

    rule: str
    dimension: Dimension
    on_fail: OnFail
    column: str | None
    checked: int
    failed: int
    passed: bool
    description: str = ""
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Report:
    """The counts of one judgement; `blocked` says, in words, why the table must not be published (else null)."""

    table: str
    contract_version: str
    rows_in: int
    accepted: int
    rejected: int
    rules: tuple[RuleResult, ...]
    blocked: str | None = None


@dataclass(frozen=True)
class Verdict:
    """`accepted` has the contract's columns and the framework's; `rejected` is as read, plus `_reasons: REASONS`."""

    accepted: pl.DataFrame
    rejected: pl.DataFrame
    report: Report
