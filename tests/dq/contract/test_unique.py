"""Uniqueness in little memory is uniqueness."""

from __future__ import annotations

import math

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.contract.unique import duplicated

cells = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf]))


@settings(deadline=None)
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
