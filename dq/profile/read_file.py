"""Any table in a file as rows: text stays as it is written, since what it reads as is the profile's to say."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb
import polars as pl
from charset_normalizer import from_bytes

from dq.dialect import delimiter_of
from dq.errors import DecodeError, UserError
from dq.profile.uneven import LeftOut, read_uneven
from dq.scratch import Scratch

MOST_ROWS = 1_000_000
"""Of a longer table every k-th row is looked at, so that memory stays bounded."""
SNIFFED = 1 << 18
ENCODINGS = ("utf_8", "gb18030", "utf_16", "utf_16_le", "utf_16_be", "cp1252", "big5", "shift_jis", "euc_kr")
_CHUNK = 1 << 20
_LINES = 200


@dataclass(frozen=True)
class Rows:
    """`frame` holds all `total` rows of a table, or every k-th of them in their order; `left_out` lines are no rows."""

    frame: pl.DataFrame
    total: int
    left_out: LeftOut | None = None


def read_file(path: Path, most: int = MOST_ROWS) -> Rows:
    """Read a CSV or TSV (any usual delimiter and encoding), Parquet, NDJSON, JSON or Excel file.

    Cells of delimited text and of Excel stay text, empty ones are null; the others keep their types. Lines of another
    number of cells than most are left out, and told. Where the first line is one of them, as in files that begin with
    counts, the columns are `column_1` and so on.

    Raises:
        UserError: there is no such file.
        DecodeError: the file cannot be read as what its name says.

    """
    if not path.is_file():
        raise UserError(f"there is no file {path}", hint="give a file, or a table such as core.finance")
    try:
        return _read(path, most)
    except (pl.exceptions.PolarsError, UnicodeError, duckdb.Error, csv.Error) as error:
        kind = path.suffix.removeprefix(".") or "delimited text"
        raise DecodeError(
            f"the file cannot be read as {kind}",
            where=str(path),
            hint=str(error).strip().splitlines()[0][:200],
        ) from error


def _read(path: Path, most: int) -> Rows:
    match path.suffix.lower():
        case ".parquet" | ".pq":
            return at_most(pl.scan_parquet(path), most)
        case ".ndjson" | ".jsonl":
            return at_most(pl.scan_ndjson(path, infer_schema_length=10_000), most)
        case ".json":
            return at_most(pl.read_json(path, infer_schema_length=10_000).lazy(), most)
        case ".xlsx" | ".xls" | ".xlsb" | ".ods":
            return at_most(pl.read_excel(path, infer_schema_length=0).lazy(), most)
    return _delimited(path, most)


def at_most(frame: pl.LazyFrame, most: int = MOST_ROWS) -> Rows:
    """Collect the frame; where it has more than `most` rows, every k-th of them.

    >>> at_most(pl.LazyFrame({"x": range(10)}), 4).frame["x"].to_list()
    [0, 3, 6, 9]
    """
    total = int(frame.select(pl.len()).collect(engine="streaming").item())
    if total <= most:
        return Rows(frame.collect(engine="streaming"), total)
    step = -(-total // most)
    kept = frame.with_row_index("_every").filter(pl.col("_every") % step == 0).drop("_every")
    return Rows(kept.collect(engine="streaming"), total)


def _delimited(path: Path, most: int) -> Rows:
    with path.open("rb") as file:
        start = file.read(SNIFFED)
    if not start.strip():
        raise DecodeError("the file is empty", where=str(path))
    encoding = encoding_of(start, str(path))
    text = start.decode(encoding, errors="replace").removeprefix("\ufeff")
    delimiter = delimiter_of(text)
    names, header = _columns(text, delimiter)
    with Scratch("profile") as folder:
        rows, copy = folder / "rows.parquet", folder / "utf8.csv"
        try:
            if encoding != "utf_8":
                _copy(path, encoding, copy)
            plain = path if encoding == "utf_8" else copy
            left_out = read_uneven(plain, delimiter, names, header=header, to=rows)
        except duckdb.Error:  # line ends of several kinds, which the copy makes one
            _copy(path, encoding, copy)
            left_out = read_uneven(copy, delimiter, names, header=header, to=rows)
        return replace(at_most(pl.scan_parquet(rows), most), left_out=left_out if left_out.lines else None)


def _copy(path: Path, encoding: str, to: Path) -> None:
    """Write the same text in UTF-8, each line ended alike."""
    with path.open(encoding=encoding) as text, to.open("w", encoding="utf_8", newline="") as out:
        while chunk := text.read(_CHUNK):
            out.write(chunk)


def _columns(text: str, delimiter: str) -> tuple[list[str], bool]:
    """Give the columns' names, each once in any case, and whether the first line names them."""
    lines = io.StringIO(text, newline=None)  # line ends of all kinds
    found = [row for row in islice(csv.reader(lines, delimiter=delimiter), _LINES + 1) if row]
    found = found[:-1] if len(found) > _LINES else found  # the last may be cut off
    widths = Counter(len(row) for row in found[1:])
    width = max(widths, key=lambda one: (widths[one], one == len(found[0]))) if widths else len(found[0])
    header = width == len(found[0])
    names: dict[str, None] = {}
    for place, cell in enumerate(found[0] if header else [""] * width, 1):
        number, name = 1, cell.strip() or f"column_{place}"
        while name.lower() in {one.lower() for one in names}:
            number += 1
            name = f"{cell.strip() or 'column'}_{number}"
        names[name] = None
    return list(names), header


def encoding_of(start: bytes, where: str = "") -> str:
    """Say how text is encoded, by its first bytes; UTF-8 wherever it can be.

    >>> encoding_of("价格,数量".encode("gb18030") * 20)
    'gb18030'

    Raises:
        DecodeError: the bytes are no text.

    """
    try:
        codecs.getincrementaldecoder("utf_8")().decode(
            start
        )  # a letter that is cut off at the end is no error
    except UnicodeDecodeError:
        pass
    else:
        if b"\0" not in start:
            return "utf_8"
    # GBK first: nearly any bytes are valid in one-byte encodings, few are in this one.
    if b"\0" not in start and _is_chinese(start):
        return "gb18030"
    best = from_bytes(start, cp_isolation=list(ENCODINGS)).best()
    if best is None:
        raise DecodeError("the file is no text", where=where, hint="known are CSV, Parquet, JSON and Excel")
    return str(best.encoding)


def _is_chinese(start: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("gb18030")().decode(start)
    except UnicodeDecodeError:
        return False
    beyond = [letter for letter in text if letter > "\x7f"]
    common = sum("\u4e00" <= letter <= "\u9fff" or letter in "，。！？、；：“”（）" for letter in beyond)
    return len(beyond) >= 4 and common >= 0.8 * len(beyond)
