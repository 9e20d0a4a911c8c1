import datetime as dt
import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.as_text import as_text
from dq.clean import parse
from dq.errors import DecodeError

TYPES = {
    "i": pl.Int64,
    "f": pl.Float64,
    "b": pl.Boolean,
    "d": pl.Date,
    "t": pl.Datetime("us"),
    "s": pl.String,
}
ROW = st.fixed_dictionaries(
    {
        "i": st.none() | st.integers(-(2**63), 2**63 - 1),
        "f": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "b": st.none() | st.booleans(),
        "d": st.none() | st.dates(dt.date(1000, 1, 1)),
        "t": st.none() | st.datetimes(dt.datetime(1000, 1, 1)),  # noqa: DTZ001
        "s": st.none() | st.text("aé字", min_size=1, max_size=4),
    }
)


@settings(max_examples=60)
@given(st.lists(ROW, max_size=8))
def test_what_was_typed_can_be_read_back(rows: list[dict[str, object]]) -> None:
    """For any numbers, dates and text: as text and parsed again they are what they were, none is a problem."""
    frame = pl.DataFrame(rows, schema=TYPES)
    text = as_text(frame, "x").rows
    assert set(text.drop("_row").dtypes) == {pl.String}
    read = parse(text.lazy(), TYPES).collect()
    assert read.select(frame.columns).equals(frame)
    assert read["_problems"].list.len().sum() == 0


@settings(max_examples=40)
@given(st.lists(st.none() | st.lists(st.integers(-9, 9), max_size=3), max_size=6))
def test_nested_values_are_json(lists: list[list[int] | None]) -> None:
    """A list or a record is the JSON of what it was, null stays null."""
    frame = pl.DataFrame(
        {"l": lists, "r": [{"x": n, "y": '甲"'} for n in range(len(lists))]},
        schema_overrides={"l": pl.List(pl.Int64), "r": pl.Struct({"x": pl.Int64, "y": pl.String})},
    )
    rows = as_text(frame, "x").rows
    assert [None if cell is None else json.loads(cell) for cell in rows["l"]] == lists
    assert [json.loads(cell) for cell in rows["r"]] == frame["r"].to_list()


def test_bytes_in_a_record_get_columns_of_their_own() -> None:
    """The way in which published image sets keep pictures: bytes beside their path."""
    frame = pl.DataFrame({"image": [{"bytes": b"\xff", "path": "a.png"}, None], "label": [1, 2]})
    rows = as_text(frame, "x").rows
    assert rows.rows() == [(b"\xff", "a.png", "1", 1), (None, None, "2", 2)]
    assert rows.columns == ["image.bytes", "image.path", "label", "_row"]


def test_what_has_no_text_is_told() -> None:
    """Bytes in a list are refused by the column's name, never left out."""
    with pytest.raises(DecodeError, match="column 'l' is List"):
        as_text(pl.DataFrame({"l": [[b"x"]]}), "x")


def test_names_may_be_replaced_but_not_repeat() -> None:
    """The framework's own names are taken."""
    assert as_text(pl.DataFrame({"a": [1]}), "x", ["b"]).rows.columns == ["b", "_row"]
    with pytest.raises(DecodeError, match="_row"):
        as_text(pl.DataFrame({"_row": [1]}), "x")
