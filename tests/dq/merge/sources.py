"""Small sources that know overlapping entities, for properties of merging."""

import polars as pl
from hypothesis import strategies as st

SCHEMA = {
    "id": pl.String,
    "text": pl.String,
    "number": pl.Float64,
    "flag": pl.Boolean,
    "at": pl.Int64,
    "_landing_id": pl.String,
    "_row": pl.Int64,
}

ROW = st.tuples(
    st.sampled_from("123"),
    st.sampled_from([None, "x", "y", "long"]),
    st.sampled_from([None, 0.0, -0.0, 1.0, 1.0 + 1e-12, 2.5, float("nan")]),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, 1, 2]),
)


def source(rows, landing="aa"):
    """A frame of `SCHEMA`; every row is named by its place."""
    return pl.DataFrame([(*row, landing, i) for i, row in enumerate(rows, 1)], schema=SCHEMA, orient="row")


@st.composite
def worlds(draw, most=4):
    """From one to four sources, some with several rows of an entity, some without a column."""
    names = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=most, unique=True))
    told = {}
    for name in names:
        frame = source(draw(st.lists(ROW, max_size=5)), landing=f"of-{name}")
        told[name] = frame.drop(draw(st.sampled_from([[], ["text"], ["flag"], ["number", "flag"]])))
    return told


def rows_of(told, column):
    """Every non-null value as (source, entity, value, landing, row), by plain Python."""
    return [
        (name, row["id"], row[column], row["_landing_id"], row["_row"])
        for name, frame in told.items()
        if column in frame.columns
        for row in frame.iter_rows(named=True)
        if row[column] is not None and row[column] == row[column]
    ]
