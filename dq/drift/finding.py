"""One thing that is no longer as it was, in numbers and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

Kind = Literal["schema", "volume", "nulls", "distribution"]
Severity = Literal["info", "warn", "error"]
KINDS: tuple[Kind, ...] = ("schema", "volume", "nulls", "distribution")
SEVERITIES: tuple[Severity, ...] = ("info", "warn", "error")

DRIFT_SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "table_name": pl.String,
    "column_name": pl.String,
    "kind": pl.String,
    "change": pl.String,
    "value": pl.String,
    "severity": pl.String,
    "measure": pl.String,
    "before": pl.Float64,
    "now": pl.Float64,
    "words": pl.String,
}
"""The columns of `quality.drift`, without the run and the time."""


@dataclass(frozen=True)
class Finding:
    """`before` and `now` are values of `measure`, null where it is no number; `column_name` is null for a table's rows.

    `change` is one of added, removed, renamed, retyped, accepted by hand (schema); fewer_rows (volume); more_nulls,
    fewer_nulls (nulls); shifted, new_value, vanished_value (distribution). `value` is that value, or a column's new
    name. What is `info` is noted and gives no alarm.
    """

    table_name: str
    column_name: str | None
    kind: Kind
    change: str
    severity: Severity
    measure: str
    before: float | None
    now: float | None
    words: str
    value: str | None = None


def alarms(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give those that ask for a look."""
    return tuple(one for one in findings if one.severity != "info")
