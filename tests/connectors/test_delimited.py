import codecs
import csv
import gzip
import io
import time
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors import delimited_part
from connectors.delimited import Delimited
from connectors.delimited_part import Layout
from connectors.reader import together
from dq.errors import ConfigError, DecodeError
from dq.source import Decoded

CELL = st.text(st.sampled_from("ab1 ,;\t\"'\\\n\r字é"), max_size=6)
PLAIN = st.text(st.sampled_from("ab1 字é'"), max_size=6)


def rejects(decoded: Decoded) -> list[tuple[int, str]]:
    return decoded.rejects.select("_row", "rule").rows()


def cells(decoded: Decoded) -> list[list[str | None]]:
    return [list(row) for row in decoded.rows.drop("_row").rows()]


def written(table: list[list[str]], end: str = "\n") -> bytes:
    out = io.StringIO(newline="")
    lone = any(
        "\r" in cell for row in table for cell in row
    )  # which Python's writer does not quote of itself
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL if lone else csv.QUOTE_MINIMAL).writerows(table)
    return out.getvalue().encode()


@settings(max_examples=150)
@given(st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_writes_comes_back(table: list[list[str]], end: str) -> None:
    """For any cells (delimiters, quotes, line ends, Chinese) the reader gives back what was written."""
    decoded = Delimited().read(written([["x", "y"], *table], end), "f")
    assert cells(decoded) == [[cell or None for cell in row] for row in table]
    assert decoded.rejects.is_empty()
    assert decoded.records == len(table)


@settings(max_examples=150)
@given(st.binary(max_size=80), st.sampled_from([",", "\t"]), st.sampled_from(['"', None]))
def test_no_bytes_break_the_law(body: bytes, delimiter: str, quote: str | None) -> None:
    """For any bytes at all: every record is a row or a reject, once, and numbers point at non-empty lines."""
    try:
        decoded = Delimited(delimiter, header=("x", "y"), quote=quote).read(body, "f")
    except DecodeError:  # no line of broken UTF-16 or UTF-32 can be told from another
        assert body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))
        return
    numbers = decoded.rows["_row"].to_list() + decoded.rejects["_row"].to_list()
    assert len(set(numbers)) == len(numbers) == decoded.records
    lines = (
        body.removeprefix(b"\xef\xbb\xbf").splitlines()
        if not body.startswith((b"\xff\xfe", b"\xfe\xff"))
        else None
    )
    if lines is not None:
        assert all(lines[number - 1] for number in numbers)
        if quote is None:
            assert decoded.records == sum(bool(line) for line in lines)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(PLAIN, PLAIN).filter(any), min_size=1, max_size=12),
    st.sampled_from(["a,b,c", "a", '"open,b', 'a,"x"y', "a,\0", '"', 'a,"b']),
    st.data(),
)
def test_a_bad_line_costs_itself_alone(table: list[tuple[str, str]], bad: str, data: st.DataObject) -> None:
    """Wherever a line with the wrong width or a stray quote stands, it is refused and all others are kept."""
    place = data.draw(st.integers(0, len(table)))
    lines = [f"{a},{b}" for a, b in table]
    planted = [*lines[:place], bad, *lines[place:]]
    decoded = Delimited(header=("x", "y")).read("\n".join(planted).encode(), "f")
    assert [row for row, _ in rejects(decoded)] == [place + 1]
    assert decoded.rejects["text"][0] == bad
    assert cells(decoded) == [[a or None, b or None] for a, b in table]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_line_ends_marks_and_encodings(end: str, encoding: str) -> None:
    """LF, CRLF, CR alone; with and without byte order mark; UTF-8, UTF-16 and GB18030: the same rows."""
    body = end.join(["name,text", "甲,一", "", '乙,"二,三"']).encode(encoding)
    decoded = Delimited(encoding="gb18030" if encoding == "gb18030" else "utf-8").read(body, "f")
    assert decoded.rows.rows() == [("甲", "一", 2), ("乙", "二,三", 4)]


def test_a_mark_is_not_part_of_the_first_cell() -> None:
    """A byte order mark in a file without a header would spoil the first id."""
    decoded = Delimited("\t", header=("id", "v"), quote=None).read("\ufeff1_1\t2\n".encode(), "f")
    assert decoded.rows["id"].to_list() == ["1_1"]


def test_every_rule_names_its_line_place_and_text() -> None:
    """With every kind of damage: each line with number, byte offset, text and reason; the rest is kept."""
    good = "k,好\n".encode()
    parts = [
        b"x,y\n",
        good,
        b"1,2,3\n",
        good,
        b'"open,1\n',
        good,
        b"a\xff,1\n",
        good,
        b"n\0,1\n",
        good,
        b"x,y\n",
        good,
    ]
    body = b"".join(parts)
    decoded = Delimited().read(body, "file:a.csv")
    assert cells(decoded) == [["k", "好"]] * 6
    assert decoded.rejects.select("_row", "rule", "text").rows() == [
        (3, "csv:field_count", "1,2,3"),
        (5, "csv:quote", '"open,1'),
        (7, "csv:encoding", r"a\xff,1"),
        (9, "csv:nul", "n\0,1"),
        (11, "csv:repeated_header", "x,y"),
    ]
    for row, offset in decoded.rejects.select("_row", "byte_offset").rows():
        assert offset == sum(len(part) for part in parts[: row - 1])
    assert decoded.rejects["message"][0] == "file:a.csv, line 3: 3 fields instead of 2"
    assert decoded.records == 11


def test_an_unclosed_quote_does_not_take_the_next_good_row() -> None:
    """Also where later rows hold quoted cells with line ends and quotes, which a naive reader would join."""
    body = b'x,y\n"open,1\nplain,2\n"quoted","a\nb"\n"say ""hi""",3\nlast,4\n'
    decoded = Delimited().read(body, "f")
    assert rejects(decoded) == [(2, "csv:quote")]
    assert decoded.rows.rows() == [
        ("plain", "2", 3),
        ("quoted", "a\nb", 4),
        ('say "hi"', "3", 6),
        ("last", "4", 7),
    ]


def test_a_quote_inside_an_unquoted_cell_is_a_character() -> None:
    """Inches are not a syntax error."""
    decoded = Delimited().read(b'x,y\n5" pipe,6" pipe\na"b"c,"q"\n', "f")
    assert cells(decoded) == [['5" pipe', '6" pipe'], ['a"b"c', "q"]]


def test_without_a_quote_nothing_is_special() -> None:
    """`quote=None` reads text files where quotes are just text."""
    decoded = Delimited("\t", header=("id", "text"), quote=None).read(b'1\t"He said\n2\tno"\n', "f")
    assert cells(decoded) == [["1", '"He said'], ["2", 'no"']]


def test_a_header_may_be_replaced_or_hold_line_ends() -> None:
    """`columns` renames what the first line says; a name may span lines; an unnamed column gets one."""
    body = b'"a\nb",,c\n1,2,3\n'
    assert Delimited().read(body, "f").rows.rows(named=True) == [
        {"a\nb": "1", "column_2": "2", "c": "3", "_row": 3}
    ]
    assert Delimited(columns=("p", "q", "r")).read(body, "f").rows.columns == ["p", "q", "r", "_row"]


@pytest.mark.parametrize(
    ("body", "more", "words"),
    [
        (b"", {}, "empty"),
        (b"\n\n", {}, "empty"),
        (b"a,a\n1,2\n", {}, "repeat"),
        (b"_row,b\n1,2\n", {}, "framework's own"),
        (b'"a,b\n1,2\n', {}, "header cannot be read"),
        (b"a\xff,b\n", {}, "header cannot be read"),
        (b"a,b\n", {"columns": ("x",)}, "2 columns, the declaration 1"),
    ],
)
def test_a_file_without_a_usable_header_is_told(
    body: bytes, more: dict[str, tuple[str, ...]], words: str
) -> None:
    """No guess is made at what the columns are."""
    with pytest.raises(DecodeError, match=words):
        Delimited(**more).read(body, "f")


@pytest.mark.parametrize(
    "declared",
    [{"delimiter": ""}, {"delimiter": "||"}, {"delimiter": '"'}, {"quote": "''"}, {"header": False}],
)
def test_a_declaration_that_cannot_work_is_told_at_once(declared: dict[str, str]) -> None:
    """Before anything is fetched."""
    with pytest.raises(ConfigError):
        Delimited(**declared)


def test_a_file_with_a_header_alone_has_no_rows() -> None:
    """That is a table without rows, not an error."""
    decoded = Delimited().read(b"a,b\n", "f")
    assert (decoded.rows.columns, decoded.records) == (["a", "b", "_row"], 0)


def test_wide_lines_and_long_cells_pass() -> None:
    """2,000 columns, and a cell of a megabyte."""
    wide = ",".join(f"c{i}" for i in range(2000))
    decoded = Delimited().read(f"{wide}\n{wide.replace('c', 'v')}\n".encode(), "f")
    assert decoded.rows.width == 2001
    long = "字" * 350_000
    assert Delimited().read(f'a,b\n"{long}",1\n'.encode(), "f").rows["a"][0] == long


def test_many_opened_quotes_take_linear_time() -> None:
    """20,000 lines that each open a quote and never close it are refused one by one, in seconds."""
    body = b"x,y\n" + b'"open,1\n' * 20_000
    start = time.process_time()
    decoded = Delimited().read(body, "f")
    assert decoded.rejects.height == 20_000
    assert time.process_time() - start < 5


def test_real_files_come_in_whole(sample_root: Path) -> None:
    """The shipped CSVs: every line a row, and where Python's reader can read them, the same cells."""
    expected = {
        "finance/cdnow.csv": 69_659,
        "medical/heart_healthcare.csv": 303,
        "medical/cardiac_arrest.csv": 1_025,
    }
    for name, count in expected.items():
        body = (sample_root / "files" / name).read_bytes()
        decoded = Delimited().read(body, name)
        assert (decoded.rows.height, decoded.rejects.height) == (count, 0)
    reviews = (sample_root / "files/social/reviews_zh.csv").read_bytes()
    decoded = Delimited(encoding="gb18030").read(reviews, "reviews")
    table = list(csv.reader(io.StringIO(reviews.decode("gb18030"), newline="")))
    assert decoded.rows.columns[:-1] == table[0]
    assert cells(decoded) == [[cell or None for cell in row] for row in table[1:]]
    found = Delimited(encoding=None).read(reviews, "reviews")
    assert found.rows.equals(decoded.rows)


@pytest.mark.parametrize(
    "names", [("a", "a"), ("a", "_row"), ("_landing_id",), ("_ROW",), ("a", "_Problems")]
)
def test_columns_of_the_frameworks_names_are_refused(names: tuple[str, ...]) -> None:
    """They would be overwritten in silence."""
    with pytest.raises(ConfigError, match="framework's own"):
        Delimited(header=names)


LINE_ENDS = ["\n", "\n", "\r\n", "\r"]
QUOTED = ['"', '""', '"x"', '"x,y"', '"x""y"', 'z"', '"k","v"\n', '"open,\n', 'end",1\n']
PIECE = st.sampled_from([*LINE_ENDS, *QUOTED, *"a,\0é字😀\ufeff ", "b,c", "k,v\n"])
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-32", "cp1252", "iso2022_jp")


def in_parts(reader: Delimited, body: bytes, size: int, *, fast: bool) -> Decoded:
    """Read in blocks of `size` bytes, all the fast way where it goes, or none; numbers ascend from part to part."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delimited_part, "_LARGE", 0 if fast else 1 << 60)
        parts = list(reader.file_parts(io.BytesIO(body), "f", size))
    numbers = [
        sorted(part.rows["_row"].to_list() + part.rejects["_row"].to_list()) for part in parts if part.records
    ]
    assert all(before[-1] < after[0] for before, after in pairwise(numbers))
    return Decoded(
        pl.concat(part.rows for part in parts),
        pl.concat(part.rejects for part in parts),
        sum(part.records for part in parts),
    )


def assert_same(one: Decoded, other: Decoded) -> None:
    assert one.rows.equals(other.rows)
    assert one.rejects.equals(other.rejects)
    assert one.records == other.records


@st.composite
def damaged_files(draw: st.DrawFn) -> tuple[Delimited, bytes]:
    """Any text in any encoding, with some bytes of it wrong, and how it is to be read."""
    encoding, named = draw(st.sampled_from(ENCODINGS)), draw(st.booleans())
    text = ("" if named else "k,v\n") + "".join(draw(st.lists(PIECE, max_size=25)))
    body = text.encode(encoding, errors="replace")
    for at, wrong in draw(
        st.lists(st.tuples(st.integers(0, 80), st.binary(min_size=1, max_size=2)), max_size=2)
    ):
        body = body[:at] + wrong + body[at:]
    told = encoding if draw(st.booleans()) else None
    quote = draw(st.sampled_from(['"', None]))
    return Delimited(header=("k", "v") if named else True, quote=quote, encoding=told), body


@settings(max_examples=250)
@example((Delimited(header=("k", "v"), encoding="utf-8-sig"), b"\0\xef\xbb\xbf\n\r\0"), 1)
@example((Delimited(header=("k", "v"), encoding="utf-8-sig"), b"a,b\n\xef\xbb\xbfc,d\n"), 4)
@given(damaged_files(), st.integers(1, 40))
def test_parts_of_any_size_are_the_whole(file: tuple[Delimited, bytes], size: int) -> None:
    """For any file, encoding, damage and size of a block, the fast way or not: rows, rejects, places, records.

    A block may end inside a quoted cell, a character, a CRLF, the header or a stray quote.
    """
    reader, body = file
    try:
        whole = in_parts(reader, body, 1 << 20, fast=False)
    except DecodeError:
        with pytest.raises(DecodeError):
            in_parts(reader, body, size, fast=True)
        return
    for fast in (True, False):
        assert_same(in_parts(reader, body, size, fast=fast), whole)


KINDS = [
    "1,x\n",
    '2,"a, ""b"""\n',
    "3\n",
    '4,"open\n',
    '5,"two\nlines"\n',
    "6,\0\n",
    "\n",
    "k,v\n",
    '7,z"\n',
    ",\n",
]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_large_file_with_every_kind_of_line_goes_the_fast_way(
    encoding: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the way that is taken, in blocks of 20 kB, and it agrees with the thorough way on 20,000 lines."""
    text = ("k,v\n" + "".join(KINDS[n * 7 % 10] for n in range(20_000)) + "字,é\n").replace("\n", end)
    body, reader = text.encode(encoding), Delimited(encoding=encoding)
    thorough = in_parts(reader, body, 1 << 20, fast=False)
    monkeypatch.setattr(Layout, "thorough", None)
    fast = in_parts(reader, body, 20_000, fast=True)
    assert_same(fast, thorough)
    assert set(fast.rejects["rule"]) == {"csv:field_count", "csv:quote", "csv:nul", "csv:repeated_header"}
    assert fast.records == fast.rows.height + fast.rejects.height


@pytest.mark.parametrize("closed", [True, False])
def test_a_quote_may_be_closed_many_blocks_later_or_never(closed: bool) -> None:
    """A cell of 2,000 lines is a cell; a stray quote before 2,000 lines costs its own line, and these are read once."""
    inside = "".join(f"{n},x\n" for n in range(2000))
    body = f'k,v\n1,"a\n{inside}{"b" if closed else "c"}"{"" if closed else "z"}\n2,y\n'.encode()
    decoded = in_parts(Delimited(), body, 100, fast=True)
    if closed:
        assert decoded.rows.rows() == [("1", f"a\n{inside}b", 2), ("2", "y", 2004)]
    else:
        assert rejects(decoded) == [(2, "csv:quote"), (2003, "csv:field_count")]
        assert decoded.rows.height == 2001


def test_reading_in_parts_holds_no_more_than_a_part(tmp_path: Path) -> None:
    """Of a file of 60 blocks, also with a quote on its second line that is never closed, each part is a block's."""
    path = tmp_path / "a.csv"
    path.write_bytes(b'k,v\n1,"stray\n' + b"12345,67890\n" * 60_000)
    with path.open("rb") as file:
        sizes = [part.records for part in Delimited().file_parts(file, "f", size=12_000)]
    assert max(sizes) <= 1000
    assert sum(sizes) == 60_001
    assert sum(part.records for part in Delimited().read_parts(path, "f")) == 60_001


@pytest.mark.parametrize("fast", [True, False])
def test_a_column_may_be_named_like_a_pattern(fast: bool) -> None:
    """A name is a name, also where Polars would take it for a regular expression."""
    decoded = in_parts(Delimited(), b'^.*$,b,*\n"",2,"3,3"\n4,,6\n', 1 << 20, fast=fast)
    assert decoded.rows.rows(named=True) == [
        {"^.*$": None, "b": "2", "*": "3,3", "_row": 2},
        {"^.*$": "4", "b": None, "*": "6", "_row": 3},
    ]


def test_a_title_above_the_header_is_skipped_by_number() -> None:
    """As the World Bank's files begin; line numbers and byte offsets stay those of the file, in any encoding."""
    text = (
        '"Data Source","World Development Indicators",\n\n"Last Updated","2026-01-02",\n\nid,year\n1,2\nbad\n'
    )
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        body = text.encode(encoding)
        read = Delimited(skip=4).read(body, "f")
        assert read.rows.rows() == [("1", "2", 6)]
        assert (read.rejects["_row"].to_list(), read.records) == ([7], 2)
        at = read.rejects["byte_offset"][0]
        assert body[at:] == "bad\n".encode({"utf-16": "utf-16-le"}.get(encoding, "utf-8"))
    assert Delimited(skip=5, header=("a", "b")).read(text.encode(), "f").rows.rows() == [("1", "2", 6)]
    with pytest.raises(DecodeError, match="it has not 9 lines to skip"):
        Delimited(skip=9).read(text.encode(), "f")
    with pytest.raises(DecodeError, match="no header") as caught:
        Delimited(skip=7).read(text.encode(), "f")
    assert caught.value.where == "f"
    with pytest.raises(ConfigError, match="skip"):
        Delimited(skip=-1)


@pytest.mark.parametrize("size", [8, 1 << 20])
def test_a_delimiter_that_is_not_declared_is_found_file_by_file(size: int) -> None:
    """One glob, two offices: one writes semicolons, the other tabs in UTF-16."""
    reader = Delimited(delimiter=None, encoding=None)
    for body in (b"id;price\n1;2,50\n", "id\tprice\n1\t2,50\n".encode("utf-16")):
        assert together(list(reader.file_parts(io.BytesIO(body), "f", size))).rows.rows() == [
            ("1", "2,50", 2)
        ]


@pytest.mark.parametrize(
    ("body", "said", "hint"),
    [
        (b"PK\x03\x04 and more", "an Excel workbook", "take Excel"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "compressed by gzip", "take Packed"),
        (b"SQLite format 3\0....", "an SQLite database", "SqliteFile"),
        (b"\xef\xbb\xbf<!DOCTYPE html>\n<title>403 Forbidden</title>", "an HTML page", "what a server says"),
    ],
)
def test_another_format_under_the_name_of_csv_is_told(body: bytes, said: str, hint: str) -> None:
    """By what it is and which reader takes it, instead of rows that mean nothing."""
    with pytest.raises(DecodeError, match=said) as caught:
        Delimited().read(body, "f.csv")
    assert hint in str(caught.value.hint)


def test_marks_that_nobody_sees_are_no_part_of_a_name() -> None:
    """A second byte order mark, of files that were pasted together, and a space of no width."""
    body = b"\xef\xbb\xbf\xef\xbb\xbfid," + "\u200bname \n1,2\n".encode()
    assert Delimited().read(body, "f").rows.columns == ["id", "name", "_row"]
