"""Every split holds every label in its share, and nothing that belongs together parts."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import ContractError, SchemaError
from dq.split import leakage, split_stratified

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
LABELS = st.lists(st.sampled_from(["a", "b", "rare", None]), min_size=1, max_size=60)


@settings(max_examples=60)
@given(LABELS)
def test_each_label_is_shared_out(labels):
    """Of each label, each split holds its share of the rows within one row."""
    frame = pl.DataFrame({"id": range(len(labels)), "y": labels}, schema={"id": pl.Int64, "y": pl.String})
    told = split_stratified(frame, "id", "y", shares=SHARES, salt="s")
    for label in set(labels):
        rows = told.filter(pl.col("y").eq_missing(label))
        for name, share in SHARES.items():
            assert abs(rows.filter(pl.col("split") == name).height - share * rows.height) < 1 + 1e-9


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 9).map(str), st.sampled_from(["x", "X!", "y", "z", None]), st.booleans())
    ),
    st.data(),
)
def test_nothing_leaks_and_order_is_nothing(rows, data):
    """Rows of one entity, and of entities with one text, go together, whatever the order of the rows."""
    schema = {"id": pl.String, "t": pl.String, "y": pl.Boolean}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    told = split_stratified(frame, "id", "y", shares=SHARES, salt="s", cluster_by="t")
    assert leakage(told, "id", "t").is_empty()
    order = data.draw(st.permutations(range(len(rows))))
    again = split_stratified(frame[order], "id", "y", shares=SHARES, salt="s", cluster_by="t")
    assert again.equals(told[order])
    assert set(told["split"]) <= set(SHARES)


def test_what_cannot_be_split_is_refused():
    """A label that is not there, shares that do not add up."""
    frame = pl.DataFrame({"id": [1], "y": ["a"]})
    with pytest.raises(SchemaError, match="no column z"):
        split_stratified(frame, "id", "z", salt="s")
    with pytest.raises(ContractError, match="add up to 1"):
        split_stratified(frame, "id", "y", shares={"a": 0.5}, salt="s")
