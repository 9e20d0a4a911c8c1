"""A series is split in its order, and days of one date never part."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.split import SHARES, leakage, split_in_order

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


ROWS = st.lists(
    st.tuples(
        st.integers(0, 20),
        st.integers(0, 6),
        st.sampled_from([None, "Good day!", "good day", "bad", "other"]),
    ),
    min_size=1,
    max_size=15,
)


@settings(max_examples=40)
@given(rows=ROWS, data=st.data())
def test_what_belongs_together_goes_where_its_last_row_goes(
    rows: list[tuple[int, int, str | None]], data: st.DataObject
) -> None:
    """Nothing leaks, no training row is later than all of a later split, and the order of the rows is nothing."""
    frame = pl.DataFrame(rows, schema={"day": pl.Int64, "id": pl.Int64, "text": pl.String}, orient="row")
    told = split_in_order(frame, "day", entity="id", cluster_by="text")
    assert leakage(told, "id", "text").is_empty()
    plain = split_in_order(frame, "day")
    order = {name: at for at, name in enumerate(SHARES)}
    for own, by_day in zip(told["split"], plain["split"], strict=True):
        assert order[own] >= order[by_day]
    shuffled = data.draw(st.permutations(range(len(rows))))
    again = split_in_order(frame[shuffled], "day", entity="id", cluster_by="text")
    assert again.equals(told[shuffled])
