"""Missing numbers are filled by training rows that are alike, and by nothing else."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - makes the next import possible
from sklearn.impute import IterativeImputer
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeRegressor

from dq.clean import impute_by_model, learn_model_imputation
from dq.errors import ContractError, SchemaError

TRAINING = pl.DataFrame({"a": range(40), "b": [3.0 * a for a in range(40)], "c": [a % 2 for a in range(40)]})
LEARNED = learn_model_imputation(TRAINING, ["a", "b", "c"], neighbours=2)
CELLS = st.tuples(
    st.one_of(st.none(), st.integers(0, 39)),
    st.one_of(st.none(), st.floats(0, 117)),
    st.one_of(st.none(), st.integers(0, 1)),
)


def frame(rows):
    """Rows of three numbers."""
    return pl.LazyFrame(rows, schema={"a": pl.Int64, "b": pl.Float64, "c": pl.Int64}, orient="row")


@settings(max_examples=40)
@given(st.lists(CELLS, max_size=6))
def test_only_what_is_missing_is_filled_and_alone(rows):
    """Known cells stay, none is missing, the mask says which; a row alone is filled as in company; twice is once."""
    told = impute_by_model(frame(rows), LEARNED).collect()
    assert told.select("a", "b", "c").null_count().sum_horizontal().item() == 0
    for at, row in enumerate(rows):
        assert [told[f"{name}_is_imputed"][at] for name in "abc"] == [cell is None for cell in row]
        assert all(cell in {None, told[name][at]} for name, cell in zip("abc", row, strict=True))
    if rows:
        assert impute_by_model(frame(rows[-1:]), LEARNED).collect().equals(told[-1:])
    assert impute_by_model(told.lazy(), LEARNED).collect().equals(told)


def test_neighbours_know_better_than_the_mean():
    """Of a line, the missing end is near the line; the mean of the column would be far off."""
    told = impute_by_model(frame([(38, None, 0)]), LEARNED).collect()
    assert abs(told["b"].item() - 114) < 4


def trees():
    """An imputer of scikit-learn's, of small trees."""
    return IterativeImputer(DecisionTreeRegressor(max_depth=5, random_state=0), max_iter=2, random_state=0)


def test_a_model_learns_from_the_training_rows_alone_and_must_fill():
    """The model that was given is not fitted itself; rows of other splits are refused; so is one that leaves gaps."""
    model = trees()
    learned = learn_model_imputation(TRAINING, ["a", "b"], model=model)
    assert not hasattr(model, "n_iter_")
    again = learn_model_imputation(TRAINING.lazy(), ["a", "b"], model=trees())
    few = frame([(None, 9.0, 1), (None, None, 0), (7, None, None)])
    assert impute_by_model(few, again).collect().equals(impute_by_model(few, learned).collect())
    assert abs(impute_by_model(frame([(20, None, 0)]), learned).collect()["b"].item() - 60) < 15
    with pytest.raises(ContractError, match="other splits"):
        learn_model_imputation(TRAINING.with_columns(split=pl.lit("test")), ["a"], model=model)
    odd = learn_model_imputation(TRAINING, ["a", "b"], model=FunctionTransformer())
    told = impute_by_model(frame([(None, 1.0, 0)]), odd)
    with pytest.raises(ContractError, match="FunctionTransformer does not fill every cell"):
        told.collect()


def test_what_cannot_be_learned_is_said():
    """Words, columns without a value, and columns that are not there."""
    with pytest.raises(ContractError, match="numbers: w"):
        learn_model_imputation(pl.DataFrame({"w": ["x"]}), ["w"])
    with pytest.raises(ContractError, match="nothing to learn"):
        learn_model_imputation(pl.DataFrame({"w": [None]}, schema={"w": pl.Float64}), ["w"])
    with pytest.raises(SchemaError, match="v"):
        learn_model_imputation(pl.DataFrame({"w": [1]}), ["v"])
