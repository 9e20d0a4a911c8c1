"""A model that has not seen a row says how probable its labels are; planted wrong labels come to the top."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import ContractError, SchemaError
from dq.labels import likely_label_errors, out_of_fold

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["good day", "bad day", "很好", "", None]),
        st.one_of(st.none(), st.floats(-9, 9)),
        st.sampled_from(["pos", "neg", None]),
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=30)
@given(ROWS, st.data())
def test_probabilities_are_such_and_blind_to_order(rows, data):
    """Of any rows: shares that add up to 1, the same in any order of the rows."""
    schema = {"t": pl.String, "n": pl.Float64, "y": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("id")
    if frame["y"].n_unique() - (frame["y"].null_count() > 0) < 2:
        with pytest.raises(ContractError, match="two classes"):
            out_of_fold(frame, ["t", "n"], "y", group="id")
        return
    told, of = out_of_fold(frame, ["t", "n"], "y", group="id")
    assert np.allclose(told.select(of.values()).sum_horizontal(), 1)
    order = data.draw(st.permutations(range(len(rows))))
    again, _ = out_of_fold(frame[order], ["t", "n"], "y", group="id")
    assert np.allclose(again.select(of.values()).to_numpy(), told[order].select(of.values()).to_numpy())


def test_a_row_does_not_judge_itself():
    """The label of a row, and of all rows of its group, has no say in its own probabilities."""
    frame = pl.DataFrame({"id": range(60), "t": [f"word{n % 7}" for n in range(60)], "y": ["a", "b"] * 30})
    alone, of = out_of_fold(frame, ["t"], "y", group="id")
    turned = frame.with_columns(y=pl.when(pl.col("id") == 3).then(pl.lit("a")).otherwise("y"))
    other, _ = out_of_fold(turned, ["t"], "y", group="id")
    heated = np.log(alone[of["a"]][3] / alone[of["b"]][3]), np.log(other[of["a"]][3] / other[of["b"]][3])
    assert np.sign(round(heated[0], 9)) == np.sign(round(heated[1], 9))


def test_planted_wrong_labels_come_to_the_top():
    """Of 1,000 texts with 50 labels turned, most of the 50 most doubtful are turned ones."""
    chance = np.random.default_rng(1)
    labels = chance.choice(["praise", "blame"], 1000)
    words = {"praise": ["great", "lovely", "fine", "best"], "blame": ["awful", "poor", "broken", "worst"]}
    both = ["the", "a", "it", "shop", "price", "box"]
    texts = [" ".join([*chance.choice(words[y], 2), *chance.choice(both, 4)]) for y in labels]
    wrong = np.zeros(1000, dtype=bool)
    wrong[chance.choice(1000, 50, replace=False)] = True
    given_ = [
        ("blame" if y == "praise" else "praise") if turn else y for y, turn in zip(labels, wrong, strict=True)
    ]
    frame = pl.DataFrame({"id": range(1000), "t": texts, "y": given_, "wrong": wrong})
    told, of = out_of_fold(frame, ["t"], "y", group="id")
    doubts = likely_label_errors(told, "y", of).sort("label_quality")
    assert doubts["wrong"].head(50).sum() >= 45
    found = doubts.filter("is_likely_label_error")
    assert found["wrong"].mean() >= 0.9
    assert found["wrong"].sum() >= 35


def test_what_is_missing_is_named():
    """A feature that is not there."""
    with pytest.raises(SchemaError, match="no column t"):
        out_of_fold(pl.DataFrame({"id": [1], "y": ["a"]}), ["t"], "y", group="id")
