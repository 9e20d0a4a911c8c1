"""A series is split in its order, and days of one date never part."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from dq.split_in_order import split_in_order

ORDER = {"train": 0, "validation": 1, "test": 2}


@given(st.lists(st.integers(0, 50), min_size=1, max_size=200))
def test_what_is_learnt_lies_before_what_is_tested(days: list[int]) -> None:
    """Every row has a split, later days never have an earlier one, equal days have the same, and train comes first."""
    told = split_in_order(pl.DataFrame({"day": days}), "day").sort("day")
    places = [ORDER[split] for split in told["split"]]
    assert places == sorted(places)
    assert told.group_by("day").agg(pl.col("split").n_unique())["split"].max() == 1
    assert places[0] == 0


def test_shares_are_of_rows() -> None:
    """Of 100 days, 80 are learnt from, 10 validate, 10 test."""
    told = split_in_order(pl.DataFrame({"day": range(100, 0, -1)}), "day")
    assert dict(told["split"].value_counts().iter_rows()) == {"train": 80, "validation": 10, "test": 10}
