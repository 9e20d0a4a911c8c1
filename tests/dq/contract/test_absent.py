"""What is not there is seen: missing records, and news that have not come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.contract import Contract
from dq.errors import ContractError
from dq.verdict import Example, Report, RuleResult

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
CUSTOMERS = {"core.customers": pl.LazyFrame({"id": [1, 2, 3, 3, None]})}


class Order(pa.DataFrameModel):
    customer: int = pa.Field(nullable=True, metadata={"covers": ("core.customers", "id")})
    bought_on: date = pa.Field(nullable=True, metadata={"fresh_within": timedelta(days=2)})

    class Config:
        name = "core.orders"


COVERS, FRESH = "covers(customer: core.customers)", "bought_on:fresh_within(2 days, 0:00:00)"


def judged(customers: list[int | None], days: list[date | None]) -> Report:
    frame = pl.DataFrame(
        {"customer": customers, "bought_on": days}, schema={"customer": pl.Int64, "bought_on": pl.Date}
    )
    return Contract(Order).judge(frame, CUSTOMERS, now=NOW).report


def rule(report: Report, name: str) -> RuleResult:
    return next(one for one in report.rules if one.rule == name)


def test_a_missing_record_is_counted_and_shown() -> None:
    """Of the three customers that there are two have no order; it is said which, and no row is to blame."""
    report = judged([2, 2, None], [date(2026, 1, 9)] * 3)
    found = rule(report, COVERS)
    assert (found.checked, found.failed, found.dimension, found.on_fail) == (3, 2, "completeness", "warn")
    assert found.examples == (Example("1", None, None), Example("3", None, None))
    assert (report.rejected, report.blocked) == (0, None)


@given(st.lists(st.one_of(st.none(), st.integers(1, 4)), max_size=8))
def test_missing_are_those_that_are_there_and_not_here(customers: list[int | None]) -> None:
    """For any rows, the missing records are the difference of the two sets of keys."""
    found = rule(judged(customers, [None] * len(customers)), COVERS)
    assert found.failed == len({1, 2, 3} - set(customers))
    assert found.passed == (found.failed == 0)


@pytest.mark.parametrize(
    ("day", "stale"), [(date(2026, 1, 9), 0), (date(2026, 1, 7), 1), (date(2026, 1, 11), 0), (None, 1)]
)
def test_old_news_are_stale(day: date | None, stale: int) -> None:
    """A day counts from its end; the future is fresh; no value at all is stale; the words say how old."""
    found = rule(judged([1, 2, 3], [day, None, date(2020, 1, 1) if day else None]), FRESH)
    assert (found.checked, found.failed) == (1, stale)
    assert ("2 d 12 h old" in found.description) == (day == date(2026, 1, 7))


def test_both_can_block(tmp_path: Path) -> None:
    """Told to block, they keep the table from being published, eager and streamed, and say why."""

    class Strict(Order):
        class Config:
            name = "core.orders"
            metadata: ClassVar[dict[str, Any]] = {
                "dq": {"rules": {COVERS: {"on_fail": "block"}, FRESH: {"on_fail": "block"}}}
            }

    frame = pl.DataFrame({"customer": [1], "bought_on": [date(2025, 1, 1)]})
    eager = Contract(Strict).judge(frame, CUSTOMERS, now=NOW).report
    streamed = Contract(Strict).judge_streaming(
        frame.lazy(), accepted=tmp_path / "a", rejected=tmp_path / "r", references=CUSTOMERS, now=NOW
    )
    assert eager == streamed
    assert f"{COVERS} failed for 2 of 3" in (eager.blocked or "")
    assert f"{FRESH} failed for the table" in (eager.blocked or "")
    assert Contract(Strict).version != Contract(Order).version


def test_what_is_needed_is_asked_for() -> None:
    """Without the clock, or without the other table, nothing is judged."""
    frame = pl.DataFrame({"customer": [1], "bought_on": [date(2025, 1, 1)]})
    with pytest.raises(ContractError, match="needs to know the time"):
        Contract(Order).judge(frame, CUSTOMERS)
    with pytest.raises(ContractError, match=r"needs the table core\.customers"):
        Contract(Order).judge(frame, now=NOW)


def test_a_length_of_time_is_one() -> None:
    """A number of days is not a length of time."""

    class Wrong(pa.DataFrameModel):
        at: date = pa.Field(metadata={"fresh_within": 2})

        class Config:
            name = "core.wrong"

    with pytest.raises(ContractError, match="fresh_within = 2"):
        Contract(Wrong)


def test_a_table_grows_old_by_itself() -> None:
    """The same rows, asked later, are stale; nothing else is judged."""
    rows = pl.LazyFrame({"customer": [-1], "bought_on": [date(2026, 1, 9)]})
    contract = Contract(Order)
    fresh, stale = (contract.freshness(rows, NOW + timedelta(days=days)) for days in (0, 3))
    assert [(one.rule, one.failed) for one in fresh] == [(FRESH, 0)]
    assert [(one.rule, one.failed) for one in stale] == [(FRESH, 1)]
