"""Files of any usual kind, delimiter and encoding become the same rows."""

from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from dq.cli.profile import print_profile
from dq.errors import DecodeError, UserError
from dq.profile.read_file import at_most, read_file
from dq.profile.uneven import LeftOut
from tests.connectors.workbooks import workbook

ROWS = pl.DataFrame({"城市": ["北京", "上海", "重庆，渝中"] * 30, "code": ["007", "12", "5"] * 30})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimited_text_is_read_in_its_encoding(tmp_path: Path, encoding: str, delimiter: str) -> None:
    """Cells stay as they are written, zeros in front included, whatever the delimiter and the encoding."""
    path = tmp_path / "rows.txt"
    path.write_bytes(ROWS.write_csv(separator=delimiter).encode(encoding))
    assert read_file(path).frame.equals(ROWS)


@pytest.mark.parametrize("suffix", ["parquet", "ndjson", "json", "xlsx"])
def test_other_files_keep_their_cells(tmp_path: Path, suffix: str) -> None:
    """Parquet, NDJSON, JSON and Excel are read by their name."""
    path = tmp_path / f"rows.{suffix}"
    if suffix == "xlsx":
        path.write_bytes(workbook({"Sheet1": [list(ROWS.columns), *ROWS.rows()]}))
    else:
        getattr(ROWS, f"write_{suffix}")(path)
    assert read_file(path).frame.equals(ROWS)


def test_a_longer_table_is_looked_at_evenly() -> None:
    """Of 1,001 rows at most 100 are kept, from the first to the last part, and the total is known."""
    rows = at_most(pl.LazyFrame({"x": range(1001)}), 100)
    assert rows.total == 1001
    assert rows.frame.height <= 100
    assert rows.frame["x"].to_list()[-1] > 980


def test_what_is_no_table_is_told(tmp_path: Path) -> None:
    """A missing, an empty, a broken and a binary file are errors that name the file."""
    with pytest.raises(UserError, match="there is no file"):
        read_file(tmp_path / "none.csv")
    for name, bytes_ in (
        ("empty.csv", b""),
        ("broken.parquet", b"PAR1"),
        ("binary.csv", bytes(range(256)) * 9),
    ):
        path = tmp_path / name
        path.write_bytes(bytes_)
        with pytest.raises(DecodeError, match=name):
            read_file(path)


def test_a_file_that_begins_with_counts_is_read(tmp_path: Path) -> None:
    """scikit-learn's real breast_cancer.csv, whose first line is `569,30,malignant,benign` above lines of 31 cells."""
    data = files("sklearn") / "datasets" / "data" / "breast_cancer.csv"
    rows = read_file(Path(str(data)))
    assert rows.frame.shape == (569, 31)
    assert rows.frame.columns[:2] == ["column_1", "column_2"]
    assert rows.left_out == LeftOut(1, 1, "4 cells instead of 31")
    with (tmp_path / "said.txt").open("w") as said:
        print_profile("breast", rows, Console(file=said, width=200), as_json=False)
    assert (
        "left out  1 line, the first is line 1: 4 cells instead of 31" in (tmp_path / "said.txt").read_text()
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_uneven_lines_are_left_out_and_told(tmp_path: Path, end: str) -> None:
    """Too many and too few cells, far behind what is sniffed; a quoted line end and names that repeat stay."""
    good = [f'{n},"a\n{n}",x' for n in range(1000)]
    lines = ["id,Note,note", *good, "7,8", "1,2,3,4", "9,,"]
    path = tmp_path / "uneven.csv"
    path.write_bytes(end.join(lines).encode())
    rows = read_file(path)
    assert rows.frame.columns == ["id", "Note", "note_2"]
    assert (rows.total, rows.frame.row(-1)) == (1001, ("9", None, None))
    assert rows.left_out is not None
    assert (rows.left_out.lines, rows.left_out.why) == (2, "2 cells instead of 3")


def test_line_ends_of_several_kinds_are_lines(tmp_path: Path) -> None:
    """A file that was pasted together on two systems."""
    (tmp_path / "mixed.csv").write_bytes(b"a,b\n1,2\r\n3,4\n5\r\n")
    rows = read_file(tmp_path / "mixed.csv")
    assert rows.frame.rows() == [("1", "2"), ("3", "4")]
    assert rows.left_out == LeftOut(1, 4, "1 cells instead of 2")
