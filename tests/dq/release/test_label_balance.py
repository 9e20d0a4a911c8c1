"""Every row is counted once, under its label and split, whatever the label is like."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.release.label_balance import AT_MOST, RANGES, LabelBalance

labels = st.one_of(
    st.lists(st.one_of(st.none(), st.booleans()), min_size=1),
    st.lists(st.one_of(st.none(), st.sampled_from("abc")), min_size=1),
    st.lists(st.one_of(st.none(), st.floats()), min_size=1, max_size=60),
    st.lists(st.one_of(st.none(), st.integers(-(10**9), 10**9)), min_size=1, max_size=60),
    st.lists(st.text(max_size=2), min_size=1, max_size=60),
)


def label_balance(frame: pl.DataFrame, label: str, split: str, part: int = 7) -> dict[str, dict[str, int]]:
    """Give the counts of a table that comes in parts."""
    balance = LabelBalance(frame.lazy(), label, split)
    for start in range(0, frame.height, part):
        balance.add(frame.slice(start, part))
    return balance.counts


@settings(max_examples=100)
@given(values=labels, data=st.data())
def test_every_row_is_counted_once(values: list[object], data: st.DataObject) -> None:
    """Of truth values, texts and numbers, with nulls, NaN and infinities; few values or many."""
    splits = data.draw(st.lists(st.sampled_from(["a", "b"]), min_size=len(values), max_size=len(values)))
    frame = pl.DataFrame({"label": pl.Series(values, strict=False), "split": splits})
    found = label_balance(frame, "label", "split")
    for split in set(splits):
        assert sum(rows[split] for rows in found.values()) == splits.count(split)
    assert len(found) <= AT_MOST + 3
    assert label_balance(frame, "label", "split", part=1_000) == found


def test_numbers_of_many_values_are_told_in_ranges() -> None:
    """Of 0 to 999 each tenth has a hundred; neighbours that only a sixth digit tells apart still have two names."""
    frame = pl.DataFrame({"label": [*range(1_000), None], "split": ["train"] * 1_001})
    found = label_balance(frame, "label", "split")
    assert list(found)[:2] == ["0 to 99.9", "99.9 to 199.8"]
    assert [rows["train"] for rows in found.values()] == [100] * RANGES + [1]
    near = label_balance(frame.head(1_000).with_columns(pl.col("label") + 10**6), "label", "split")
    assert len(near) == RANGES
    assert next(iter(near)) == "1e+06 to 1.0001e+06"


def test_few_numbers_stand_in_order_and_texts_by_how_many() -> None:
    """Whole numbers from the least on, the most frequent text first; beyond twenty texts the rest is one line."""
    frame = pl.DataFrame({"label": [3, 1, 1, 2], "split": ["x"] * 4})
    assert list(label_balance(frame, "label", "split")) == ["1", "2", "3"]
    texts = pl.DataFrame({"label": [f"t{n}" for n in range(30) for _ in range(40 - n)], "split": "x"})
    found = label_balance(texts, "label", "split")
    assert list(found)[:2] == ["t0", "t1"]
    assert list(found)[-1] == "10 other values"
    assert len(found) == AT_MOST + 1
    lists = pl.DataFrame({"label": [[1]], "split": ["x"]})
    assert label_balance(lists, "label", "split") == {}
