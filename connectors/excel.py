"""Excel workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods) → rows of text, each under its number in the sheet."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import fastexcel
import polars as pl

from connectors.column_names import named
from dq.errors import ConfigError, DecodeError
from dq.source import REJECT_SCHEMA, Decoded

_MOMENT = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"
_MIDNIGHT = " 00:00:00"


@dataclass(frozen=True)
class Excel:
    """How one workbook is written: the sheet by name or number (from 1), the row that holds the header.

    `_row` is the row's number as Excel shows it. `columns` replaces the header's names; with `repeats`, a name that
    was there before gets a number. An empty cell is null, an
    empty row is none; a formula is the value that was last computed. A row with an error in a cell (`#N/A`,
    `#DIV/0!`) is refused by the rule `excel:error`. Whole numbers come without `.0`, dates as ISO 8601: without a
    time where no date of the column has one.
    """

    sheet: str | int = 1
    header: int = 1
    columns: tuple[str, ...] = ()
    max_unpacked: int = 1 << 30
    repeats: bool = False

    def __post_init__(self) -> None:
        if self.header < 1 or (isinstance(self.sheet, int) and self.sheet < 1):
            raise ConfigError("sheets and rows of a workbook are counted from 1", hint="as Excel shows them")

    def read(self, body: bytes, where: str) -> Decoded:
        """Read all rows below the header.

        Raises:
            DecodeError: where it is no workbook, lacks the sheet or the header, or names repeat.

        """
        cells, errors = self._cells(body, where)
        if cells.height < self.header:
            raise DecodeError(f"row {self.header} is not there: no header", where=where)
        found = [cell or "" for cell in cells.row(self.header - 1)]
        numbered = cells.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("_row")).slice(
            self.header
        )
        bare = [
            name
            for name, title in zip(cells.columns, found, strict=True)
            if not title.strip() and not self.columns and numbered[name].is_null().all()
        ]
        kept = [name for name in cells.columns if name not in bare]
        titles = [title for name, title in zip(cells.columns, found, strict=True) if name in kept]
        names = named(titles, self.columns, f"{where}, row {self.header}", repeats=self.repeats)
        renamed = dict(zip(kept, names, strict=True))
        wrong = [error for error in errors if error.position[0] >= self.header]
        rejects = pl.DataFrame(
            [
                (
                    error.position[0] + 1,
                    None,
                    None,
                    "excel:error",
                    renamed.get(cells.columns[error.position[1]]),
                    f"{where}, row {error.position[0] + 1}: {_plain(error.detail)}",
                )
                for error in wrong
            ],
            schema=REJECT_SCHEMA,
            orient="row",
        )
        refused = pl.col("_row").is_in(rejects["_row"].unique().to_list())
        some = numbered.filter(refused | pl.any_horizontal(pl.col(kept).is_not_null()))
        text = some.select("_row", text=pl.concat_list(pl.col(kept).fill_null("")).list.join("\t"))
        rejects = rejects.drop("text").join(text, on="_row", how="left").select(*REJECT_SCHEMA)
        rows = some.filter(~refused).select(pl.col(kept), "_row").rename(renamed)
        return Decoded(_dates(rows), rejects, some.height)

    def _cells(self, body: bytes, where: str) -> tuple[pl.DataFrame, list[fastexcel.CellError]]:
        """Give the whole sheet from its first row and column as text, and the cells that hold errors."""
        if body.startswith(b"PK"):
            self._assert_bounded(body, where)
        try:
            book = fastexcel.read_excel(body)
            names = book.sheet_names
            wanted = self.sheet if isinstance(self.sheet, str) else dict(enumerate(names, 1)).get(self.sheet)
            if wanted not in names:
                raise DecodeError(
                    f"there is no sheet {self.sheet!r}",
                    where=where,
                    hint=f"the workbook has {', '.join(names)}",
                )
            sheet = book.load_sheet(
                wanted, header_row=None, skip_rows=0, dtypes="string", schema_sample_rows=None
            )
            batch, errors = sheet.to_arrow_with_errors()
        except fastexcel.FastExcelError as error:
            raise DecodeError(
                f"the workbook cannot be read: {str(error).partition(chr(10))[0]}", where=where
            ) from None
        frame = pl.from_arrow(batch)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 — of a batch comes a frame
        return frame.with_columns(pl.all().replace("", None)), [] if errors is None else errors.errors

    def _assert_bounded(self, body: bytes, where: str) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as book:
                size = sum(part.file_size for part in book.infolist())
        except (zipfile.BadZipFile, OSError) as error:
            raise DecodeError(f"the workbook cannot be read: {error}", where=where) from None
        if size > self.max_unpacked:
            raise DecodeError(f"the workbook grows to {size:,} bytes when unpacked", where=where)


def _dates(rows: pl.DataFrame) -> pl.DataFrame:
    """Write moments in the form of ISO 8601; Excel knows no dates, only moments that are midnights."""
    written: list[pl.Expr] = []
    for name in rows.columns[:-1]:
        moments = rows[name].str.contains(_MOMENT)
        if not moments.any():
            continue
        cell = pl.col(name)
        moment = cell.str.contains(_MOMENT)
        if rows[name].filter(moments).str.ends_with(_MIDNIGHT).all():
            written.append(pl.when(moment).then(cell.str.head(10)).otherwise(cell))
        else:
            written.append(pl.when(moment).then(cell.str.replace(" ", "T")).otherwise(cell))
    return rows.with_columns(written)


def _plain(detail: str) -> str:
    """Say what stands in the cell: of "Expected string but got 'Error(Div0)'" the last word."""
    inner = detail.partition("Error(")[2].partition(")")[0]
    return f"a cell holds the error {inner}" if inner else detail
