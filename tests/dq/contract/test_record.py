"""A check is asked once which expressions it is made of; what cannot be trusted is not recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from pandera.api.polars.types import PolarsData

from dq.contract.record import Recorded, record

SCHEMA = {"a": pl.Int64(), "b": pl.String(), "c": pl.List(pl.Int64())}
Check = Callable[[PolarsData], Any]


def recorded(check: Check) -> Recorded | None:
    return record(check, SCHEMA, lambda frame: PolarsData(frame, "a"))


def selects(expr: Any) -> Check:
    return lambda data: data.lazyframe.select(expr)


@pytest.mark.parametrize(
    "expr",
    [
        pl.col("a") > 1,
        pl.col("a").is_in({1, 2}),
        pl.col("b").str.contains("x") & pl.col("a").is_not_null(),
        pl.when(pl.col("a") > 1).then(pl.col("b") == "x"),
        pl.struct("a", "b").is_in([{"a": 1, "b": "x"}]),
        pl.col("b").str.to_date("%Y", strict=False) > pl.date(2000, 1, 1),
        pl.col("c").list.contains(1),
        [pl.col("a") > 1, pl.col("b") == "x"],
    ],
)
def test_expressions_over_one_row_are_fused(expr: Any) -> None:
    """What looks at one row at a time is recognized, so that it can run on any batch."""
    found = recorded(selects(expr))
    assert found is not None
    assert found.is_row_local
    assert not found.is_scalar


@pytest.mark.parametrize(
    "expr",
    [
        pl.col("a") > pl.col("a").mean(),
        pl.col("a") > pl.len(),
        pl.col("a").shift(1) > 1,
        pl.col("a").cum_sum() > 1,
        pl.col("a").is_unique(),
        pl.col("a").n_unique().over("b") == 1,
        pl.col("a").rank() > 1,
        pl.col("a").fill_null(strategy="forward") > 1,
        (pl.col("a") > 1).filter(pl.col("a") > 2),
        pl.col("a").drop_nulls() > 1,
        pl.col("c").explode() > 1,
        pl.col("a") == pl.lit(pl.Series([1, 2])),
        pl.int_range(pl.len()) > pl.col("a"),
        pl.col("a").shuffle() > 1,
        pl.col("a").map_batches(lambda a: a > 1, return_dtype=pl.Boolean),
        pl.all().is_not_null(),
    ],
)
def test_expressions_over_many_rows_are_not_fused(expr: pl.Expr) -> None:
    """What looks at other rows, at the number of rows or at positions is kept from running on a batch."""
    found = recorded(selects(expr))
    assert found is not None
    assert not found.is_row_local


@pytest.mark.parametrize("expr", [pl.col("a").mean() > 1, pl.len() > 1, pl.lit(value=True)])
def test_one_verdict_for_the_frame_is_told(expr: pl.Expr) -> None:
    """An aggregate has no row to blame."""
    found = recorded(selects(expr))
    assert found is not None
    assert found.is_scalar


def reads_all(data: PolarsData) -> pl.LazyFrame:
    seen = data.lazyframe.group_by("a").agg(pl.len()).collect()
    return data.lazyframe.select(~pl.col("a").is_in(seen["a"].to_list()))


def reads_some_and_hides_it(data: PolarsData) -> pl.LazyFrame:
    try:
        seen = data.lazyframe.head(3).collect()["a"].to_list()
    except Exception:  # noqa: BLE001
        seen = []
    return data.lazyframe.select(~pl.col("a").is_in(seen))


@pytest.mark.parametrize(
    "check",
    [
        reads_all,
        reads_some_and_hides_it,
        lambda data: data.lazyframe.collect().height > 1,
        lambda _: True,
        lambda data: data.lazyframe.filter(pl.col("a") > 1).select(pl.col("a") > 1),
        lambda data: data.lazyframe.with_columns(a=1).select(pl.col("a") > 1),
        lambda data: data.lazyframe.select(pl.col("a") + 1),
        lambda data: data.lazyframe.select("gone"),
        lambda data: 1 / 0,
    ],
)
def test_what_is_more_than_one_select_is_not_recorded(check: Check) -> None:
    """A check that reads the frame, even if it hides that, is never fixed to what it saw without rows."""
    assert recorded(check) is None
