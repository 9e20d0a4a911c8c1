"""A training set and a benchmark have in common what a plain comparison finds, no more and no less."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import SchemaError
from dq.split import benchmark_overlap

TEXTS = st.lists(
    st.one_of(st.none(), st.lists(st.sampled_from(["a", "b", "c", "很", "好"]), max_size=7).map(" ".join)),
    max_size=6,
)


def runs(text: str | None, words: int) -> set[str]:
    """All runs of so many words, by hand; of a shorter text the whole, marked."""
    tokens = (text or "").split()
    if not tokens:
        return set()
    if len(tokens) < words:
        return {" ".join(tokens) + " (whole)"}
    return {" ".join(tokens[at : at + words]) for at in range(len(tokens) - words + 1)}


@settings(max_examples=80)
@given(TEXTS, TEXTS, st.integers(1, 4))
def test_pairs_are_those_that_share_a_run_of_words(mine, asked, words):
    """For any texts: exactly the pairs with a common run, or that are short and the same."""
    frame = pl.DataFrame({"id": range(len(mine)), "t": mine}, schema={"id": pl.Int64, "t": pl.String})
    told = benchmark_overlap(
        frame, "id", pl.DataFrame({"t": asked}, schema={"t": pl.String}), text="t", words=words
    )
    expected = {
        (str(a), b)
        for a, one in enumerate(mine)
        for b, other in enumerate(asked)
        if runs(one, words) & runs(other, words)
    }
    assert set(told.select("entity", "benchmark_row").rows()) == expected
    assert told.height == len(expected)


def test_case_and_punctuation_hide_nothing():
    """A question copied with other capitals and commas is the question; characters count as words in Chinese."""
    rows = pl.DataFrame({"id": ["x", "y"], "t": ["WHAT is, the Capital -- of France?", "中国的首都是哪里啊"]})
    asked = pl.DataFrame({"t": ["what is the capital of france", "问：中国的首都是哪里？"]})
    told = benchmark_overlap(rows, "id", asked, text="t", words=6)
    assert told.rows() == [
        ("text", "what is the capital of france", "x", 0),
        ("text", "中 国 的 首 都 是", "y", 1),
    ]


def test_keys_are_compared_as_text():
    """A number and its text are one key; null is none."""
    rows = pl.DataFrame({"id": ["x", "y"], "doi": [7, None]})
    told = benchmark_overlap(rows, "id", pl.DataFrame({"doi": ["7", None]}), key="doi")
    assert told.rows() == [("key", "7", "x", 0)]


def test_what_cannot_be_compared_is_said():
    """A column that one of the two does not have is named."""
    with pytest.raises(SchemaError, match=r"t \(benchmark\)"):
        benchmark_overlap(pl.DataFrame({"id": [1], "t": ["a"]}), "id", pl.DataFrame({"u": ["a"]}), text="t")
    with pytest.raises(SchemaError, match="neither"):
        benchmark_overlap(pl.DataFrame({"id": [1]}), "id", pl.DataFrame({"u": ["a"]}))
