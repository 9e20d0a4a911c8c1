"""Lists laid out by hand hold what was given, in the order it was given."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from dq.lists_by_row import lists_by_row

HEIGHT = 5
part = st.lists(st.tuples(st.integers(0, HEIGHT - 1), st.one_of(st.none(), st.text(max_size=2))), max_size=8)


@given(st.lists(part, max_size=4))
def test_every_value_is_in_the_list_of_its_row(parts: list[list[tuple[int, str | None]]]) -> None:
    """For any parts, places out of order and repeated, nulls among the values: none is lost, doubled or moved."""
    expected: list[list[str | None]] = [[] for _ in range(HEIGHT)]
    for one in parts:
        for place, value in one:
            expected[place].append(value)
    given_parts = [
        (
            np.array([place for place, _ in one], dtype=np.int64),
            pl.Series([v for _, v in one], dtype=pl.String),
        )
        for one in parts
    ]
    assert lists_by_row(HEIGHT, given_parts, pl.List(pl.String)).to_list() == expected
