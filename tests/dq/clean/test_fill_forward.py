"""What is missing is what was known last, and never what is known later."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import fill_forward

ROWS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ab"), st.one_of(st.none(), st.integers(0, 9))))


def frame(rows):
    """Rows of (time, group, value)."""
    return pl.LazyFrame(rows, schema={"at": pl.Int64, "g": pl.String, "x": pl.Int64}, orient="row")


@settings(max_examples=60)
@given(ROWS)
def test_filled_by_the_past_of_the_group(rows):
    """Each missing cell gets the last value of its group before it; all else stays, in place; again changes nothing."""
    told = fill_forward(frame(rows), ["x"], order="at", by=["g"]).collect()
    assert told.select("at", "g").rows() == [row[:2] for row in rows]
    for place, (at, group, value) in enumerate(rows):
        own = [(when, where, x) for where, (when, g, x) in enumerate(rows) if g == group and x is not None]
        past = [one for one in own if one[:2] < (at, place)]
        expected = value if value is not None else (max(past)[2] if past else None)
        assert told["x"][place] == expected
        assert told["x_is_imputed"][place] == (value is None and expected is not None)
    assert fill_forward(told.lazy(), ["x"], order="at", by=["g"]).collect().equals(told)


def test_a_gap_may_be_too_long():
    """With a limit, only so many cells in a row are filled."""
    told = fill_forward(
        frame([(at, "a", 7 if at == 0 else None) for at in range(4)]), ["x"], order="at", most=2
    )
    assert told.collect()["x"].to_list() == [7, 7, 7, None]
