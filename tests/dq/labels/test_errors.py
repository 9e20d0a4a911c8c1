import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import normal_text
from dq.errors import ContractError, SchemaError
from dq.labels import conflicting_labels, likely_label_errors

CLASSES = {"a": "pa", "b": "pb", "c": "pc"}


def world(seed, flipped=0.1, rows=1500):
    """Rows of three classes, a fair model's probabilities, and labels of which a known tenth is wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, rows)
    score = rng.normal(0, 1, (rows, 3))
    score[np.arange(rows), truth] += 3.5
    chance = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    wrong = rng.random(rows) < flipped
    given_label = np.where(wrong, (truth + rng.integers(1, 3, rows)) % 3, truth)
    names = np.array(list(CLASSES))
    frame = pl.DataFrame(
        {"y": names[given_label], **{p: chance[:, i] for i, p in enumerate(CLASSES.values())}}
    )
    return frame, pl.Series(wrong), pl.Series(names[truth])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_errors_are_found(seed):
    """Of a tenth of labels flipped, at least 75 % are in the queue, and at least 70 % of the queue are
    flipped."""
    frame, wrong, truth = world(seed)
    told = likely_label_errors(frame, "y", CLASSES)
    found = told["is_likely_label_error"]
    assert (found & wrong).sum() >= 0.75 * wrong.sum()
    assert (found & wrong).sum() >= 0.7 * found.sum()
    right = told["suggested_label"].filter(found & wrong) == truth.filter(found & wrong)
    assert right.mean() > 0.9
    worst = told.with_columns(wrong=wrong).sort("label_quality").head(100)
    assert worst["wrong"].mean() > 0.9


def test_nothing_is_changed_and_clean_labels_are_mostly_left_alone():
    """The frame comes back as it was with three more columns; without flips the queue is short."""
    frame, _, _ = world(4, flipped=0.0)
    told = likely_label_errors(frame, "y", CLASSES)
    assert told.select(frame.columns).equals(frame)
    assert told["is_likely_label_error"].mean() < 0.06


@settings(max_examples=40)
@given(
    data=st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([None, 0.0, 0.3, 0.5, 1.0])))
)
def test_a_suggestion_is_another_class_or_nothing(data):
    """A suggested label is never the given one; rows without label or probability get none."""
    frame = pl.DataFrame(data, schema={"y": pl.String, "pa": pl.Float64}, orient="row").with_columns(
        pb=1 - pl.col("pa")
    )
    told = likely_label_errors(frame, "y", {"a": "pa", "b": "pb"})
    for row in told.iter_rows(named=True):
        incomplete = row["y"] is None or row["pa"] is None
        assert (row["label_quality"] is None) == incomplete
        assert row["is_likely_label_error"] == (row["suggested_label"] is not None)
        assert row["suggested_label"] is None or (row["suggested_label"] != row["y"] and not incomplete)


def test_bad_input_is_refused():
    """Probabilities that are none, labels nobody predicts, and a single class are errors by name."""
    frame = pl.DataFrame({"y": ["a", "z"], "pa": [0.5, 0.5], "pb": [0.5, 0.9]})
    with pytest.raises(SchemaError, match="labels without a probability: z"):
        likely_label_errors(frame, "y", {"a": "pa", "b": "pb"})
    with pytest.raises(ContractError, match=r"add up to 1 in each row \(1 of 2\)"):
        likely_label_errors(frame.with_columns(y=pl.lit("a")), "y", {"a": "pa", "b": "pb"})
    with pytest.raises(ContractError, match="two classes"):
        likely_label_errors(frame, "y", {"a": "pa"})
    with pytest.raises(SchemaError, match="no column q"):
        conflicting_labels(frame, "q", "y")


def test_47_real_reviews_carry_both_labels(sample_root):
    """In the Chinese reviews 47 texts stand in the list of good and in the list of bad ones, as they are
    written."""
    raw = (sample_root / "files/social/reviews_zh.csv").read_bytes().decode("gb18030").encode()
    reviews = pl.read_csv(raw, infer_schema=False)
    both = conflicting_labels(reviews, "review", "label")
    assert both["review"].n_unique() == 47
    nearly = conflicting_labels(reviews.with_columns(same=normal_text("review")), "same", "label")
    assert nearly["same"].n_unique() >= 47
