"""Nothing is learned from validation and test."""

import polars as pl
import pytest

from dq.clean import learn_fences, learn_imputation, learn_model_imputation
from dq.errors import ContractError

LEARNERS = {
    "learn_fences": lambda rows: learn_fences(rows, ["n"]),
    "learn_imputation": lambda rows: learn_imputation(rows, {"n": "median"}),
    "learn_model_imputation": lambda rows: learn_model_imputation(rows, ["n"]),
}


@pytest.mark.parametrize(("name", "learn"), LEARNERS.items())
def test_rows_of_other_splits_are_refused(name, learn):
    """A frame that says itself that it holds other splits is an error with a count; training rows alone are fine."""
    rows = pl.DataFrame(
        {"n": range(30), "split": ["train"] * 24 + ["validation"] * 3 + ["test"] * 2 + [None]}
    )
    with pytest.raises(ContractError, match=rf"{name} was given rows of other splits.*6 of 30"):
        learn(rows)
    learn(rows.filter(pl.col("split") == "train"))
    learn(rows.drop("split").lazy())
