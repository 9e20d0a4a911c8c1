import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.json_file import JsonFile
from connectors.reader import together
from dq.errors import DecodeError
from tests.connectors.test_json_rows import JSON


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), JSON, max_size=3), max_size=5), st.booleans())
def test_one_document_and_one_object_a_line_are_the_same(
    objects: list[dict[str, Any]], ascii_only: bool
) -> None:
    """For any objects, both ways of writing them give the same cells."""
    whole = json.dumps({"data": objects}, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    lines = "\n".join(json.dumps(each) for each in objects).encode()
    left, right = JsonFile("data").read(whole, "f"), JsonFile(lines=True).read(lines, "f")
    assert left.rows.equals(right.rows)
    assert left.records == right.records == len(objects)


def test_a_bad_line_is_kept_with_its_place() -> None:
    """Cut, of another kind, or of bytes that are no text: the other lines are rows, numbered as in the file."""
    body = '{"a": "é"}\n\n{"a": \n[1]\n'.encode() + b'{"a": "\xff"}\n' + b'{"a": 2}\n'
    decoded = JsonFile(lines=True).read(body, "f.ndjson")
    assert decoded.rows.rows() == [("é", 1), ("2", 6)]
    assert decoded.records == 5
    found = decoded.rejects.select("_row", "byte_offset", "rule", "message").rows()
    assert found == [
        (3, 13, "json:line", "f.ndjson, line 3: the JSON is cut off at character 6 of 6: Expecting value"),
        (4, 20, "json:line", "f.ndjson, line 4: not an object"),
        (5, 24, "json:line", "f.ndjson, line 5: bytes that are not valid utf-8"),
    ]


def test_a_document_without_the_list_is_told() -> None:
    """The declaration and the file do not agree."""
    with pytest.raises(DecodeError, match="no list at 'items'"):
        JsonFile("items").read(b'{"rows": []}', "f")


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.dictionaries(st.sampled_from("abc"), JSON, max_size=3).map(
                lambda found: json.dumps(found).encode()
            ),
            st.sampled_from([b"", b"[1]", b'{"a"', b"\xff", '{"é": "字"}'.encode()]),
        ),
        max_size=8,
    ),
    st.sampled_from([b"\n", b"\r\n"]),
    st.integers(1, 30),
)
def test_lines_in_parts_are_the_whole(lines: list[bytes], end: bytes, size: int) -> None:
    """For any lines and any size of a part: the same rows, rejects and places."""
    body = end.join(lines)
    whole = JsonFile(lines=True).read(body, "f")
    parts = together(list(JsonFile(lines=True).file_parts(io.BytesIO(body), "f", size)))
    assert parts.rows.equals(whole.rows.select(parts.rows.columns))
    assert parts.rejects.equals(whole.rejects)
    assert parts.records == whole.records == sum(bool(line.strip()) for line in lines)
