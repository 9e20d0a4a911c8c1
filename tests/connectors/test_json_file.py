import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.json_file import JsonFile
from connectors.reader import together
from dq.errors import DecodeError
from tests.connectors.test_json_rows import JSON


@settings(max_examples=50)
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


@settings(max_examples=80)
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


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-16", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("gb18030", "gb18030"),
        ("gb18030", None),
        ("utf-16-le", "utf-16-le"),
    ],
)
@pytest.mark.parametrize("lines", [True, False])
def test_json_is_read_in_its_encoding(encoding: str, declared: str | None, lines: bool) -> None:
    """PowerShell writes UTF-16 with a mark, and some Chinese programs write GBK."""
    records = ['{"城市": "北京", "价格": 1.50}', '{"城市": "上海市浦东新区", "价格": 2}'] * 9
    text = "\r\n".join(records) if lines else f"[{','.join(records)}]"
    read = JsonFile(lines=lines, encoding=declared).read(text.encode(encoding), "f")
    assert read.rows.head(2).select("城市", "价格").rows() == [("北京", "1.50"), ("上海市浦东新区", "2")]
    assert (read.records, read.rejects.height) == (18, 0)


def test_a_document_that_is_not_in_its_encoding_is_told() -> None:
    """With the byte."""
    with pytest.raises(DecodeError, match="not utf-16-le at byte 6"):
        JsonFile().read("[{".encode("utf-16") + b"\x00\xd8", "f")


def test_a_document_that_is_too_large_is_told_before_it_is_read(tmp_path: Path) -> None:
    """With what to do; one object a line knows no such limit."""
    path = tmp_path / "a.json"
    path.write_bytes(b'[{"a": 1}]')
    assert [part.records for part in JsonFile(max_bytes=10).read_parts(path, "f")] == [1]
    with pytest.raises(DecodeError, match="a JSON document of 10 bytes is more than 9") as caught:
        list(JsonFile(max_bytes=9).read_parts(path, "f"))
    assert "one object a line" in str(caught.value.hint)
    path.write_bytes(b'{"a": 1}\n{"a": 2}\n')
    assert JsonFile(lines=True, max_bytes=9).read(path.read_bytes(), "f").records == 2
