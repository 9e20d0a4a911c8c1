"""Rules about what is missing: records that another table says must exist, and values that are not recent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from dq.contract.evidence import MOST
from dq.contract.other_table import keys_of
from dq.contract.reasons import value_of
from dq.contract.steps import Covers, Fresh
from dq.errors import ContractError
from dq.verdict import Example


@dataclass(frozen=True)
class Absent:
    """How many records there must be, how many are missing, and the first of these."""

    checked: int
    failed: int
    examples: tuple[Example, ...]


def missing_records(
    step: Covers, frame: pl.LazyFrame, references: Mapping[str, pl.LazyFrame], table: str
) -> Absent:
    """Count the keys of the other table that no row here has; a key with a null in it is none.

    Raises:
        ContractError: where the other table is missing, or its keys cannot equal these.

    """
    wanted = keys_of(step, frame, references, table).drop_nulls()
    missing = (
        wanted.join(frame.select(step.columns).unique(), on=list(step.columns), how="anti")
        .sort(step.columns)
        .collect(engine="streaming")
    )
    few = missing.head(MOST).select(value_of(step.columns, missing.schema).alias("value"))
    examples = tuple(Example(value, None, None) for value in few["value"]) if missing.height else ()
    return Absent(int(wanted.select(pl.len()).collect().item()), missing.height, examples)


def is_stale(step: Fresh, frame: pl.LazyFrame, now: datetime | None, table: str) -> tuple[bool, str]:
    """Say whether the newest value is older than it may be, and in words how old it is; no value at all is stale.

    Raises:
        ContractError: where nobody said what time it is, or the column holds no times.

    """
    if now is None:
        raise ContractError(
            f"the rule {step.rule.name} needs to know the time", where=table, hint="judge(frame, now=…)"
        )
    newest = frame.select(pl.col(step.column).max()).collect(engine="streaming").item()
    if newest is None:
        return True, "there is no value at all"
    age = now - _moment(newest, step, table)
    return age > step.within, f"the newest is of {newest}, {in_words(age)} old"


def _moment(newest: object, step: Fresh, table: str) -> datetime:
    if isinstance(newest, datetime):
        return newest if newest.tzinfo else newest.replace(tzinfo=UTC)
    if isinstance(newest, date):  # a day is over when the next begins
        return datetime(newest.year, newest.month, newest.day, tzinfo=UTC) + timedelta(days=1)
    raise ContractError(f"the rule {step.rule.name} needs a date or a time, not {newest!r}", where=table)


def in_words(age: timedelta) -> str:
    """Give a length of time in its largest two units.

    >>> in_words(timedelta(days=2, hours=3, minutes=4)), in_words(timedelta(minutes=90)), in_words(timedelta(days=1))
    ('2 d 3 h', '1 h 30 min', '1 d')
    """
    minutes = max(int(age.total_seconds() // 60), 0)
    parts = [(minutes // 1440, "d"), (minutes % 1440 // 60, "h"), (minutes % 60, "min")]
    shown = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(shown[:2]) or "0 min"
