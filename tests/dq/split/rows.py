"""Rows of entities that say the same, nearly the same, and nothing."""

import polars as pl
from hypothesis import strategies as st

TEXTS = st.one_of(
    st.none(), st.sampled_from(["", "!", "Good day!", "good  day", "bad", "Bad.", "ｂａｄ", "other"])
)
ROWS = st.lists(st.tuples(st.integers(0, 6).map(str), TEXTS), min_size=1, max_size=12)


def frame(rows):
    """Rows of (entity, text)."""
    return pl.DataFrame(rows, schema={"id": pl.String, "text": pl.String}, orient="row")
