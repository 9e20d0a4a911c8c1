"""Functions that a project writes, and how they may lose or double a row without changing the number of rows."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.errors import LedgerError
from dq.stage.collect import collect
from dq.stage.each_once import assert_each_once
from dq.stage.refine import refine
from tests.dq.stage.shop import FEED, a_run, deliver

names = st.tuples(st.sampled_from("ab"), st.integers(1, 3))


def frame(rows: list[tuple[str, int]]) -> pl.LazyFrame:
    return pl.LazyFrame(rows, schema={"_landing_id": pl.String, "_row": pl.Int64}, orient="row")


@given(st.lists(names, unique=True), st.lists(names))
def test_only_the_same_rows_pass(before: list[tuple[str, int]], after: list[tuple[str, int]]) -> None:
    """It passes where both are the same rows in any order, and nowhere else."""
    if sorted(before) == sorted(after):
        assert assert_each_once(frame(before), frame(after), step="clean", where="core.t") == len(before)
    else:
        with pytest.raises(LedgerError, match="every row once"):
            assert_each_once(frame(before), frame(after), step="clean", where="core.t")


def test_what_differs_is_counted_and_named() -> None:
    """Row 2 lost, row 1 doubled, row 9 of another landing made up: each is counted, and the first named."""
    before, after = frame([("a", 1), ("a", 2), ("a", 3)]), frame([("a", 1), ("a", 1), ("a", 3), ("b", 9)])
    with pytest.raises(
        LedgerError, match="1 lost and 1 doubled and 1 new, the first of them row 1 of landing a"
    ):
        assert_each_once(before, after, step="clean", where="core.t")


def test_rows_without_an_origin_are_refused() -> None:
    """Nobody could trace them."""
    with pytest.raises(LedgerError, match="where they come from"):
        assert_each_once(frame([("a", 1)]), frame([("a", 1)]).drop("_row"), step="clean", where="core.t")


def test_cleaning_that_loses_one_row_and_doubles_another_publishes_nothing(tmp_path: Path) -> None:
    """Four rows in, four out: only their names give it away."""
    deliver(tmp_path, "a", ["1,10,open", "2,20,paid", "3,30,open", "4,40,paid"])
    run = a_run(tmp_path)
    collect(FEED, run)

    def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
        doubled = pl.concat([raw.filter(pl.col("order") != "2"), raw.filter(pl.col("order") == "1")])
        return FEED.cleaned(doubled)

    with pytest.raises(LedgerError, match="1 lost and 1 doubled"):
        refine(replace(FEED, clean=clean, distinct=()), run)
    assert not run.warehouse.exists("core.shop__orders")
