"""Files that hold tables with types: Parquet, Arrow, SQLite, Excel."""

import io
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather

from connectors import parquet_file as module
from connectors.arrow_file import ArrowFile
from connectors.excel import Excel
from connectors.files import Files
from connectors.parquet_file import ParquetFile
from connectors.reader import Reader, together
from connectors.sqlite_file import SqliteFile
from dq.errors import ConfigError, DecodeError
from dq.landing import LandingStore
from dq.raw import decode_all
from dq.source import Surroundings
from tests.connectors.workbooks import workbook

FRAME = pl.DataFrame(
    {"id": [1, 2, 3], "word": ["a", None, "字"], "tags": [["x"], [], None], "share": [0.1, 1.0, None]}
)
TEXT = [("1", "a", '["x"]', "0.1", 1), ("2", None, "[]", "1.0", 2), ("3", "字", None, None, 3)]


def parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def arrow(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_ipc(out, compression="zstd")
    return out.getvalue()


def stream(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_ipc_stream(out)
    return out.getvalue()


def old_feather(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    feather.write_feather(frame.drop("tags").to_arrow(), out, version=1)
    return out.getvalue()


def database(*statements: str, rows: int = 0) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.executemany("insert into t values (?, ?)", [(n, "x" * 50) for n in range(rows)])
        connection.commit()
        return connection.serialize()


@pytest.mark.parametrize(
    ("written", "reader"), [(parquet, ParquetFile()), (arrow, ArrowFile()), (stream, ArrowFile())]
)
def test_rows_come_as_text_with_their_numbers(written: Callable[..., bytes], reader: Reader) -> None:
    """Parquet, Arrow file, Arrow stream: the same rows; nested values as JSON, null as null."""
    decoded = reader.read(written(FRAME), "x")
    assert decoded.rows.rows() == TEXT
    assert (decoded.records, decoded.rejects.height) == (3, 0)


def test_the_first_feather_format_is_read_too() -> None:
    """Old exports of R and pandas."""
    assert ArrowFile().read(old_feather(FRAME), "x").rows["word"].to_list() == ["a", None, "字"]


@pytest.mark.parametrize(
    ("written", "reader"), [(parquet, ParquetFile()), (arrow, ArrowFile()), (stream, ArrowFile())]
)
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.8, 0.99])
def test_a_cut_file_is_never_taken_for_the_whole(
    written: Callable[..., bytes], reader: Reader, kept: float
) -> None:
    """Wherever it is cut, the error says so."""
    body = written(pl.concat([FRAME] * 500))
    with pytest.raises(DecodeError, match="cannot be read"):
        reader.read(body[: int(len(body) * kept)], "x")


def test_only_some_columns_of_a_wide_file() -> None:
    """`only` picks, `columns` renames; a column that is not there is told."""
    read = ParquetFile(only=("id", "share"), columns=("a", "b")).read(parquet(FRAME), "x")
    assert read.rows.columns == ["a", "b", "_row"]
    with pytest.raises(DecodeError, match="cannot be read"):
        ParquetFile(only=("nope",)).read(parquet(FRAME), "x")


def test_a_table_or_a_query_of_sqlite() -> None:
    """Numbers keep every digit, blobs stay bytes, null stays null."""
    body = database(
        "create table t (n, x)",
        "insert into t values (9007199254740993, 0.1), (2, 'seven'), (null, 1e300)",
        "create table b (blob)",
        "insert into b values (x'ff00')",
    )
    assert SqliteFile("t").read(body, "x").rows.rows() == [
        ("9007199254740993", "0.1", 1),
        ("2", "seven", 2),
        (None, "1e+300", 3),
    ]
    assert SqliteFile("b").read(body, "x").rows["blob"].to_list() == [b"\xff\x00"]
    assert SqliteFile(query="select n as m from t where n > 2").read(body, "x").rows.columns == ["m", "_row"]


def test_text_that_is_not_utf8_is_refused_with_its_row() -> None:
    """One such cell costs its row, not the table."""
    body = database("create table t (n, x)", "insert into t values (1, cast(x'61ff' as text)), (2, 'b')")
    read = SqliteFile("t").read(body, "f.db")
    assert read.rows.rows() == [("2", "b", 2)]
    assert read.rejects.select("_row", "text", "rule", "column").rows() == [
        (1, r"a\xff", "sqlite:encoding", "x")
    ]


def test_a_database_in_wal_mode_is_read(tmp_path: Path) -> None:
    """A copy that an application made; what was committed to the file is there."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table t (n)")
        connection.execute("insert into t values (1)")
        connection.commit()
    body = path.read_bytes()
    assert body[18:20] == b"\x02\x02"
    assert SqliteFile("t").read(body, "x").rows["n"].to_list() == ["1"]


@pytest.mark.parametrize(
    "query",
    [
        "delete from t",
        "attach '/tmp/stolen.db' as other",
        "create table u (n)",
        "pragma writable_schema = on",
        "select load_extension('/tmp/x.so')",
        "select 1; select 2",
    ],
)
def test_a_query_can_only_select(query: str) -> None:
    """Whoever wrote the query: nothing is written, attached or loaded."""
    with pytest.raises(DecodeError, match="cannot be read"):
        SqliteFile(query=query).read(database("create table t (n, x)"), "x")


DATABASE = database("create table t (n, x)", rows=2000)


@pytest.mark.parametrize(
    ("table", "body"), [("t", DATABASE[: len(DATABASE) // 2]), ("t", b"hello"), ("nope", DATABASE)]
)
def test_a_damaged_database_is_told(table: str, body: bytes) -> None:
    """Cut, no database at all, without that table."""
    with pytest.raises(DecodeError, match=r"cannot be read|not an SQLite file"):
        SqliteFile(table).read(body, "x")


def test_a_table_and_a_query_are_too_much() -> None:
    """One of them, at once when it is declared."""
    with pytest.raises(ConfigError, match="a table or a query"):
        SqliteFile()


BOOK = workbook(
    {
        "notes": [["nothing"]],
        "数据": [
            [None, "Report of 2024"],
            [],
            [None, "id", "name", "on", "at"],
            [None, 1.0, "a", ("d", "45292"), ("d", "45292.5")],
            [None, 41, "007", ("d", "45293"), ("d", "45293")],
            [],
            [None, 123456789012.0, "b", None, ("e", "#N/A")],
            [None, 0.1, "  ", None, None],
        ],
    }
)


def test_a_sheet_with_its_header_below_a_title() -> None:
    """Rows under the numbers that Excel shows; whole numbers without .0, dates as dates, moments as moments."""
    read = Excel("数据", header=3, columns=("id", "name", "on", "at")).read(BOOK, "b.xlsx")
    assert read.rows.rows() == [
        ("1", "a", "2024-01-01", "2024-01-01T12:00:00", 4),
        ("41", "007", "2024-01-02", "2024-01-02T00:00:00", 5),
        ("0.1", "  ", None, None, 8),
    ]
    assert read.records == 4


def test_columns_without_name_and_content_are_none() -> None:
    """An empty first column is layout, not data."""
    assert Excel("数据", header=3).read(BOOK, "b.xlsx").rows.columns == ["id", "name", "on", "at", "_row"]


def test_a_row_with_an_error_in_a_cell_is_refused() -> None:
    """#N/A is no value: row, column, and the rest of the row as it stands."""
    rejects = Excel(2, header=3).read(BOOK, "b.xlsx").rejects
    assert rejects.select("_row", "rule", "column", "message", "text").rows() == [
        (7, "excel:error", "at", "b.xlsx, row 7: a cell holds the error NA", "123456789012\tb\t\t")
    ]


@pytest.mark.parametrize(
    ("reader", "body", "said"),
    [
        (Excel("nope"), BOOK, "there is no sheet 'nope'"),
        (Excel(3), BOOK, "there is no sheet 3"),
        (Excel(1, header=9), BOOK, "no header"),
        (Excel(), b"id,name\n1,a\n", "cannot be read"),
        (Excel(), BOOK[: len(BOOK) // 2], "cannot be read"),
        (Excel(max_unpacked=100), BOOK, "when unpacked"),
        (Excel(), workbook({"s": [["a", "a"], [1, 2]]}), "repeat"),
    ],
)
def test_a_workbook_that_cannot_be_read_is_told(reader: Excel, body: bytes, said: str) -> None:
    """With the sheets that there are, where one is asked for that is not."""
    with pytest.raises(DecodeError, match=said) as caught:
        reader.read(body, "b.xlsx")
    assert "\n" not in caught.value.what


def test_sheets_are_counted_from_one() -> None:
    """As Excel shows them."""
    with pytest.raises(ConfigError, match="counted from 1"):
        Excel(0)


def test_files_of_a_folder_go_to_raw(
    tmp_path: Path, around: Callable[..., Surroundings], store: LandingStore
) -> None:
    """From the folder to rows with their landing; a broken file among whole ones is one reject."""
    folder = tmp_path / "files"
    (folder / "a.xlsx").write_bytes(workbook({"s": [["x"], [1], [2]]}))
    (folder / "b.xlsx").write_bytes(b"PK broken")
    source = Files("demo__books", "*.xlsx", Excel())
    batch = decode_all(source, source.fetch({}, around(source)).current, store)
    assert batch.rows["x"].to_list() == ["1", "2"]
    assert (batch.records, batch.rejects["_reasons"][0][0]["rule"]) == (3, "decode")


def test_parquet_comes_in_parts_of_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many row groups at a time as are not too large: the rows of the whole, numbered through."""
    path = tmp_path / "x.parquet"
    frame = pl.DataFrame({"id": range(1000), "word": [f"{n}" for n in range(1000)]})
    frame.write_parquet(path, row_group_size=100)
    monkeypatch.setattr(module, "_PART", 3000)
    for reader in (ParquetFile(), ParquetFile(only=("word",), columns=("w",))):
        parts = list(reader.read_parts(path, "f"))
        whole = reader.read(path.read_bytes(), "f")
        assert len(parts) > 2
        assert together(parts).rows.equals(whole.rows)
        assert sum(part.records for part in parts) == whole.records == 1000
    frame.clear().write_parquet(path)
    assert [part.records for part in ParquetFile().read_parts(path, "f")] == [0]


def test_a_parquet_file_that_is_damaged_further_on_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where parts of it could be read."""
    path = tmp_path / "x.parquet"
    pl.DataFrame({"word": [f"{n}" for n in range(1000)]}).write_parquet(path, row_group_size=100)
    monkeypatch.setattr(module, "_PART", 1)
    body = path.read_bytes()
    for bad in (body[: len(body) // 2], body[:3000] + b"\xff" * 500 + body[3500:]):
        path.write_bytes(bad)
        with pytest.raises(DecodeError, match="the Parquet file cannot be read"):
            list(ParquetFile().read_parts(path, "f"))


@pytest.mark.parametrize("written", [arrow, stream])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_arrow_comes_in_parts_of_its_record_batches(
    written: Callable[..., bytes], size: int, tmp_path: Path
) -> None:
    """The rows of the whole at any size of a part, numbered through, also where a file has no rows at all."""
    frame = pl.concat([FRAME] * 3, rechunk=False)  # three batches
    for table in (frame, frame.clear()):
        body = written(table)
        whole = ArrowFile().read(body, "f")
        parts = list(ArrowFile().file_parts(io.BytesIO(body), "f", size))
        assert together(parts).rows.equals(whole.rows)
        assert sum(part.records for part in parts) == whole.records == table.height
    (tmp_path / "cut").write_bytes(written(frame)[:-20])
    with pytest.raises(DecodeError, match="the Arrow file cannot be read"):
        list(ArrowFile().read_parts(tmp_path / "cut", "f"))


CELL = (
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text("aé\n'", max_size=3)
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(CELL, CELL, st.none() | st.binary(max_size=3)), max_size=9), st.integers(1, 10))
def test_sqlite_comes_in_parts(tmp_path: Path, rows: list[tuple[object, ...]], size: int) -> None:
    """For any rows and any size of a part: the same text as of the whole, whatever kinds stand in a column."""
    path = tmp_path / "parts.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table t (a, b, c)")
        connection.executemany("insert into t values (?, ?, ?)", rows)
        connection.commit()
    parts = list(SqliteFile("t").read_parts(path, "f", size))
    whole = SqliteFile(query="select * from t;").read(path.read_bytes(), "f")
    assert together(parts).rows.equals(whole.rows)
    assert sum(part.records for part in parts) == whole.records == len(rows)
    assert whole.rows["c"].to_list() == [row[2] for row in rows]


def test_blobs_that_come_late_are_seen_before_the_first_row(tmp_path: Path) -> None:
    """A column that is null at first and bytes later is bytes in every part; one that is text, too, is told."""
    path = tmp_path / "late.db"
    path.write_bytes(
        database("create table t (n, x)", "insert into t values (1, null), (2, x'00'), (3, null)")
    )
    parts = list(SqliteFile("t").read_parts(path, "f", 1))
    assert [part.rows.schema["x"] for part in parts] == [pl.Binary] * 3
    path.write_bytes(database("create table t (n, x)", "insert into t values (1, 'a'), (2, x'00')"))
    with pytest.raises(DecodeError, match="'x' holds blobs and text"):
        list(SqliteFile("t").read_parts(path, "f", 1))
