import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean.outliers import fence, learn_fences
from dq.errors import ContractError

USUAL = pl.DataFrame({"x": [float(i) for i in range(40)], "n": list(range(40)), "g": ["a", "b"] * 20})


@settings(max_examples=40)
@given(
    values=st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=8),
    by=st.sampled_from([(), ("g",)]),
    method=st.sampled_from(["iqr", "mad"]),
)
def test_the_three_actions_agree_on_what_is_an_outlier(values, by, method):
    """What is flagged is what is clipped and what becomes a problem; all else stays; again changes
    nothing."""
    rows = pl.LazyFrame({"x": values, "g": ["a"] * len(values)}, schema={"x": pl.Float64, "g": pl.String})
    fences = learn_fences(USUAL, ["x"], method=method, by=by)
    flagged = fence(rows, fences).collect()
    clipped, judged = (fence(rows, fences, action).collect() for action in ("clip", "problem"))
    out = flagged["x_is_outlier"]
    assert flagged["x"].to_list() == values
    assert out.null_count() == 0
    assert clipped["_repairs"].list.len().cast(pl.Boolean).to_list() == out.to_list()
    assert judged["_problems"].list.len().cast(pl.Boolean).to_list() == out.to_list()
    assert judged.filter(out)["x"].null_count() == out.sum()
    low, high = fences.bounds.filter(pl.col("g") == "a" if by else True)[["x:low", "x:high"]].row(0)
    for before, after, far in zip(values, clipped["x"], out, strict=True):
        assert after == (min(max(before, low), high) if far else before)
        assert far == (before is not None and not low <= before <= high)
    assert fence(clipped.lazy(), fences, "clip").collect().equals(clipped)
    assert fence(judged.lazy(), fences, "problem").collect().equals(judged)


def test_whole_numbers_stay_whole_inside_the_bounds():
    """A clipped integer is the nearest whole number that is no outlier, and keeps its type."""
    fences = learn_fences(USUAL, ["n"], width=1.01)
    told = fence(pl.LazyFrame({"n": [-1000, 5, 1000]}), fences, "clip").collect()
    assert told.schema["n"] == pl.Int64
    assert not fence(told.lazy(), fences).collect()["n_is_outlier"].any()


def test_groups_have_their_own_bounds():
    """What is usual in one group is far out in another."""
    rows = pl.DataFrame({"x": [*range(30), *range(1000, 1030)], "g": ["a"] * 30 + ["b"] * 30})
    fences = learn_fences(rows, ["x"], by=["g"])
    told = fence(pl.LazyFrame({"x": [1015, 1015, 1015], "g": ["a", "b", "c"]}), fences).collect()
    assert told["x_is_outlier"].to_list() == [True, False, False]


def test_no_spread_or_few_values_bound_nothing():
    """Where half of the values are equal, or there are few, nothing is called an outlier."""
    same = pl.DataFrame({"x": [5.0] * 30 + [9.0]})
    assert not fence(same.lazy(), learn_fences(same, ["x"])).collect()["x_is_outlier"].any()
    few = pl.DataFrame({"x": [1.0, 2.0, 3.0, 1e9]})
    assert not fence(few.lazy(), learn_fences(few, ["x"])).collect()["x_is_outlier"].any()
    with pytest.raises(ContractError, match="only numbers have outliers: g"):
        learn_fences(USUAL, ["g"])
