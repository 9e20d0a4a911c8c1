import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.json_rows import load, rows, text
from dq.errors import DecodeError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**63 - 2, 2**63 + 2)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100)
@given(JSON)
def test_a_nested_cell_is_the_same_json(value: Any) -> None:
    """For any JSON, its text parses to the same value; scalars keep their own text."""
    cell = text(load(json.dumps(value).encode(), "u"))
    if value is None or isinstance(value, str):
        assert cell == value
    else:
        assert json.loads(cell or "") == value


@pytest.mark.parametrize(
    "number", ["1.10", "1e5", "-0", "0.1000", "123456789012345678901234567890", "1E-400"]
)
def test_numbers_stay_as_they_were_written(number: str) -> None:
    """No digit changes, neither in a cell nor inside a nested one."""
    assert text(load(number.encode(), "u")) == number
    assert text(load(f'{{"a":[{number}]}}'.encode(), "u")) == f'{{"a":[{number}]}}'


@settings(max_examples=100)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), JSON, max_size=3), max_size=4))
def test_a_column_holds_each_cells_text(items: list[dict[str, Any]]) -> None:
    """For any objects, whatever kinds of value a column holds, each cell is what the value alone would give."""
    found = load(json.dumps(items).encode(), "u")
    frame = rows(found, "u").rows
    names = {name for item in items for name in item}
    assert set(frame.columns) == names | {"_row"}
    assert frame.height == len(items)
    for name in names:
        assert frame[name].to_list() == [text(item.get(name)) for item in found]


@pytest.mark.parametrize("body", [b'{"a": -0}', b"[1,-0]", b"[\n-0\n]", b'{"a":-0,"on":"2026-01-02"}'])
def test_minus_zero_is_seen_beside_dates(body: bytes) -> None:
    """The one whole number that Python would write in another way stays, and a day in January costs nothing."""
    assert b"-0" in (text(load(body, "u")) or "").encode()
    assert load(b'{"id": 1, "on": "2026-01-02"}', "u")["id"] == 1


def test_objects_become_rows_and_others_rejects() -> None:
    """Columns are the union of the fields; absent is null; what is no object is kept as a reject."""
    decoded = rows(load(b'[{"a": 1, "b": null}, 7, {"c": "x"}, null]', "u"), "u")
    assert decoded.rows.rows(named=True) == [
        {"a": "1", "b": None, "c": None, "_row": 1},
        {"a": None, "b": None, "c": "x", "_row": 3},
    ]
    assert decoded.rejects.select("_row", "text", "rule").rows() == [
        (2, "7", "json:not_an_object"),
        (4, None, "json:not_an_object"),
    ]
    assert decoded.records == 4


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"items": [{"a": 1}, {"a"', "cut off"),
        (b"<html>", "not JSON"),
        (b"", "cut off"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_told_with_its_place(body: bytes, words: str) -> None:
    """The error says whether the body was cut, and where."""
    with pytest.raises(DecodeError, match=words):
        load(body, "http://h/api")


def test_a_field_of_the_frameworks_name_is_told() -> None:
    """It would be overwritten in silence."""
    with pytest.raises(DecodeError, match="framework's own name: _row"):
        rows([{"_row": "1"}], "u")


def test_half_an_emoji_does_not_lose_the_page() -> None:
    """Text cut in the middle of a surrogate pair is kept, its half shown as the escape that it came as."""
    decoded = rows(load(b'[{"a": "x\\ud83d", "b": "1"}, {"a": "\\ud83d\\ude00", "b": null}, 3]', "u"), "u")
    assert decoded.rows.rows() == [("x\\ud83d", "1", 1), ("😀", None, 2)]
    assert decoded.rejects["_row"].to_list() == [3]
