import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.dedupe import deduplicate_near
from dq.errors import SchemaError

SAID = [
    "the cat sat on the mat all day",
    "The cat sat on the mat, all day!",
    "the cat sat on the mat all days",
]
SAID += ["差评 差评 差评 还 不错", "差评 差评 差评 还 不错 吧", "a", "A."]
ROWS = st.lists(st.sampled_from([None, "", "!!", *SAID]), max_size=10)


@settings(max_examples=40)
@given(texts=ROWS, data=st.data())
def test_the_first_of_each_cluster_stays(texts, data):
    """No row is lost, the order of rows does not matter, again drops nothing, and null texts repeat
    nothing."""
    rows = pl.DataFrame(
        [("aa", i, text) for i, text in enumerate(texts)],
        schema={"_landing_id": pl.String, "_row": pl.Int64, "text": pl.String},
        orient="row",
    )
    told = deduplicate_near(rows, "text")
    order = data.draw(st.permutations(range(len(texts))))
    again = deduplicate_near(rows[order], "text")
    assert again.kept.equals(told.kept)
    assert again.dropped.equals(told.dropped)
    assert sorted([*told.kept["_row"], *told.dropped["_row"]]) == list(range(len(texts)))
    assert told.dropped["_kept_row"].is_in(told.kept["_row"].implode()).all()
    assert (told.dropped["_kept_row"] < told.dropped["_row"]).all()
    assert told.dropped["similarity"].is_between(0.8, 1).all()
    speechless = sum(text in (None, "", "!!") for text in texts)
    assert sum(text in (None, "", "!!") for text in told.kept["text"]) == speechless
    assert deduplicate_near(told.kept, "text").dropped.height == 0


def rows_of(*rows):
    """Rows of one landing: each a text and, where given, a label and a day."""
    told = [(*row, None, None)[:3] for row in rows]
    frame = pl.DataFrame(told, schema={"text": pl.String, "label": pl.String, "day": pl.Int64}, orient="row")
    return frame.with_row_index("_row").with_columns(pl.col("_row").cast(pl.Int64), _landing_id=pl.lit("aa"))


def test_what_differs_in_a_label_is_not_dropped():
    """Within a label the first stays; the other label's row stays too; null is a label like others."""
    rows = rows_of((SAID[0], "good"), (SAID[1], "bad"), (SAID[2], "good"), (SAID[0], None), (SAID[1], None))
    told = deduplicate_near(rows, "text", within=["label"])
    assert told.dropped.select("_row", "_kept_row").rows() == [(2, 0), (4, 3)]


def test_the_order_says_who_stays():
    """The earliest day stays; where days are equal, or unknown, landing and row tell."""
    rows = rows_of((SAID[0], None, 3), (SAID[1], None, 1), (SAID[0], None, None), (SAID[2], None, 1))
    told = deduplicate_near(rows, "text", ["day"])
    assert told.kept["_row"].to_list() == [1]
    assert set(told.dropped["_kept_row"]) == {1}


def test_a_chain_says_how_far_its_end_is():
    """The last of a chain is near to the winner over others only: its similarity to the winner is below the bound."""
    words = [f"word{n:03}" for n in range(60)]
    texts = [" ".join(words[at : at + 50]) for at in (0, 3, 6, 9)]
    told = deduplicate_near(rows_of(*((text,) for text in texts)), "text")
    assert told.kept["_row"].to_list() == [0]
    similarity = dict(told.dropped.select("_row", "similarity").iter_rows())
    assert similarity[1] >= 0.8 > similarity[2] > similarity[3] > 0.5
    assert told.dropped["cluster"].n_unique() == 1


def test_a_missing_column_is_refused():
    """A column that is not there is named."""
    with pytest.raises(SchemaError, match="no column text"):
        deduplicate_near(pl.DataFrame({"_landing_id": ["a"], "_row": [1]}), "text")
