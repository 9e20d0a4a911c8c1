"""Files of any usual kind, delimiter and encoding become the same rows."""

from pathlib import Path

import polars as pl
import pytest

from dq.errors import DecodeError, UserError
from dq.profile.read_file import at_most, read_file
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
