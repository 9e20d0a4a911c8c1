"""Uniqueness in little memory is uniqueness."""

from __future__ import annotations

import math

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from dq.contract.unique import duplicated

cells = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf]))


@given(st.lists(st.tuples(cells, st.sampled_from(["a", "b", None]))))
def test_hashing_finds_exactly_the_copies(rows: list[tuple[float | None, str | None]]) -> None:
    """For any keys, with nulls, NaN and both zeros, the two ways agree row for row."""
    frame = pl.DataFrame(rows, schema={"a": pl.Float64, "b": pl.String}, orient="row")
    for columns in (["a"], ["b"], ["a", "b"]):
        plain = frame.select(columns).is_duplicated()
        assert duplicated(frame.lazy(), columns, frame.height, small=0).to_list() == plain.to_list()
        assert (
            duplicated(frame.lazy(), columns, frame.height, small=0, per_pass=3).to_list() == plain.to_list()
        )
        assert duplicated(frame.lazy(), columns, frame.height).to_list() == plain.to_list()


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 6)), max_size=12).map(lambda keys: sorted(keys, key=str)),
    st.lists(st.integers(0, 2), min_size=12, max_size=12),
)
def test_neighbours_find_exactly_the_copies(keys: list[int | None], others: list[int]) -> None:
    """For keys in order, with nulls, alone and beside a column in no order, comparing neighbours is uniqueness."""
    frame = pl.DataFrame({"a": pl.Series(keys, dtype=pl.Int64), "b": others[: len(keys)]})
    for columns in (["a"], ["a", "b"], ["b", "a"]):
        plain = frame.select(columns).is_duplicated()
        assert duplicated(frame.lazy(), columns, frame.height, small=0).to_list() == plain.to_list()


def test_an_order_that_breaks_late_is_seen() -> None:
    """Keys that ascend for long and then do not are not taken for ordered ones."""
    frame = pl.DataFrame({"a": [*range(50), 3, 49]})
    assert duplicated(frame.lazy(), ["a"], 52, small=10).arg_true().to_list() == [3, 49, 50, 51]
