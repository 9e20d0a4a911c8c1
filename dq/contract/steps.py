"""The steps that a contract is judged by, one per rule, and whether each looks at one row or at all of them.

`NotNull`, `Coerced` and `RowCheck` look at one row at a time and run on any batch. The others must see every row: they
run first, over few columns each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from dq.contract.rules import Rule


@dataclass(frozen=True)
class NotNull:
    """No cell of the column is null (or NaN, as Pandera has it)."""

    rule: Rule
    column: str


@dataclass(frozen=True)
class Coerced:
    """Every cell of the column can be read as its type."""

    rule: Rule
    column: str


@dataclass(frozen=True)
class RowCheck:
    """A check that judges each row by itself: one expression, fused with all others."""

    rule: Rule
    passes: pl.Expr
    ignore_na: bool
    columns: tuple[str, ...]


@dataclass(frozen=True)
class WholeCheck:
    """A check that must see every row: run by Pandera's own backend, over `columns` (null: all of them).

    `shown` are those of the contract that it is known to read.
    """

    rule: Rule
    check: Any
    key: str | None
    scalar: bool
    columns: tuple[str, ...] | None
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Unique:
    """No two rows agree on all columns; every copy is at fault, and null equals null, as Pandera has it."""

    rule: Rule
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """The columns are found together in `to` of another table; a row with a null among them passes."""

    rule: Rule
    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class Covers:
    """Every key that another table has in `to` is in `columns` of some row: no record is missing."""

    rule: Rule
    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class Fresh:
    """The newest value of the column is at most `within` old."""

    rule: Rule
    column: str
    within: timedelta


Step = NotNull | Coerced | RowCheck | WholeCheck | Unique | Reference | Covers | Fresh
WHOLE = (WholeCheck, Unique, Reference, Covers, Fresh)
