import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean.impute import Constant, impute, learn_imputation
from dq.errors import ContractError

ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, 1, 2, 5, 9]),
        st.sampled_from([None, "a", "b"]),
        st.sampled_from([None, "f", "m"]),
    ),
    max_size=10,
)
TRAINING = pl.DataFrame(
    {"n": [1, 2, 9, 5, None], "w": ["b", "a", "a", None, "b"], "g": ["f", "f", "f", "m", "m"]}
)


def frame(rows):
    """Rows of (number, word, group)."""
    return pl.LazyFrame(rows, schema={"n": pl.Int64, "w": pl.String, "g": pl.String}, orient="row")


@settings(max_examples=40)
@given(rows=ROWS, by=st.sampled_from([(), ("g",)]))
def test_only_missing_cells_are_filled_and_each_is_masked(rows, by):
    """The mask says where; known cells stay; nothing is missing afterwards; again changes nothing."""
    learned = learn_imputation(TRAINING, {"n": "median", "w": "mode"}, by)
    told = impute(frame(rows), learned).collect()
    for place, column in enumerate(("n", "w")):
        missing = [row[place] is None for row in rows]
        assert told[f"{column}_is_imputed"].to_list() == missing
        assert told[column].null_count() == 0
        kept = [value for value, gone in zip(told[column], missing, strict=True) if not gone]
        assert kept == [row[place] for row in rows if row[place] is not None]
    assert told["g"].to_list() == [row[2] for row in rows]
    assert impute(told.lazy(), learned).collect().equals(told)
    assert impute(frame(rows), learned).collect(engine="streaming").sort(pl.all()).equals(told.sort(pl.all()))


def test_fills_come_from_the_training_rows_alone():
    """Extreme values in the rows to be filled change no fill; groups have their own, unknown ones the
    overall."""
    learned = learn_imputation(TRAINING, {"n": "median", "w": Constant("?")}, by=["g"])
    told = impute(
        frame([(None, None, "f"), (None, None, "m"), (None, None, "x"), (10**9, None, None)]), learned
    )
    assert told.collect().select("n", "w").rows() == [(2, "?"), (5, "?"), (2, "?"), (10**9, "?")]
    assert told.collect_schema()["n"] == pl.Int64


def test_what_cannot_be_learned_is_refused():
    """A median of words, and a column without any value, are errors and not a silent null."""
    with pytest.raises(ContractError, match="a median needs numbers: w"):
        learn_imputation(TRAINING, {"w": "median"})
    with pytest.raises(ContractError, match="n has no value"):
        learn_imputation(frame([(None, None, None)]), {"n": "mode"})
