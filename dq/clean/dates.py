"""Dates as people write them, with the order of day and month decided once a column, never cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from dq.clean.marks import append, mark, require, with_ledgers

Order = Literal["dmy", "mdy", "ymd"]

PARTS = r"^([0-9]{1,4})\s*[./\-年]\s*([0-9]{1,2})\s*[./\-月]\s*([0-9]{1,4})日?(?:[T\s].*)?$"


@dataclass(frozen=True)
class DateOrder:
    """Which order a column writes its dates in, and how many of its cells say so.

    `order` is null where cells tell both, or none tells and some are unclear: then it must be declared. `dmy`
    and `mdy` count the cells that are a date in that order only, `unclear` those that are one in both and not
    the same. Dates with the year first are clear in any case.
    """

    order: Order | None
    dmy: int
    mdy: int
    ymd: int
    unclear: int


def date_order(frame: pl.LazyFrame, column: str, *, pivot: int = 70) -> DateOrder:
    """Look at all cells of `column` and say whether its dates are written day first or month first.

    >>> date_order(pl.LazyFrame({"at": ["03/04/2021", "25/12/2021", "2021-12-25"]}), "at")
    DateOrder(order='dmy', dmy=1, mdy=0, ymd=1, unclear=1)

    Raises:
        SchemaError: where the column is missing.

    """
    require(frame, [column], "date_order")
    dmy, mdy, ymd = (_read(pl.col(column), order, pivot) for order in ("dmy", "mdy", "ymd"))
    counts = (
        frame.select(
            dmy=(dmy.is_not_null() & mdy.is_null()).sum(),
            mdy=(mdy.is_not_null() & dmy.is_null()).sum(),
            ymd=ymd.is_not_null().sum(),
            unclear=(dmy != mdy).sum(),
        )
        .collect()
        .row(0)
    )
    days, months, years, unclear = counts
    told: Order | None = "dmy" if days and not months else "mdy" if months and not days else None
    return DateOrder("ymd" if told is None and not (days or months or unclear) and years else told, *counts)


def parse_date(frame: pl.LazyFrame, column: str, order: Order | None, *, pivot: int = 70) -> pl.LazyFrame:
    """Give `frame` with `column` as dates: `.`, `/`, `-` or 年月日 between, in this order; year-first is always
    read.

    Two digits of a year are 1900 plus from `pivot` on, 2000 plus below. Without a declared `order`, cells
    that are two different dates are problems and not guesses. A time behind the date is left out. What cannot
    be read is null and a problem `date:<column>` (accuracy); an empty cell is null.

    >>> told = parse_date(pl.LazyFrame({"at": ["3.4.21", "2021-12-25", "31/02/2021"]}), "at", "dmy").collect()
    >>> [str(at) for at in told["at"]]
    ['2021-04-03', '2021-12-25', 'None']

    Raises:
        SchemaError: where the column is missing.

    """
    require(frame, [column], "parse_date")
    if frame.collect_schema()[column] != pl.String:
        return with_ledgers(frame)
    text = pl.col(column).str.strip_chars()
    first = _read(text, "ymd", pivot)
    if order in ("dmy", "mdy"):
        value = pl.coalesce(first, _read(text, order, pivot))
    else:
        dmy, mdy = _read(text, "dmy", pivot), _read(text, "mdy", pivot)
        clear = pl.when(dmy.is_null() | mdy.is_null() | (dmy == mdy)).then(pl.coalesce(dmy, mdy))
        value = first if order == "ymd" else pl.coalesce(first, clear)
    failed = (text != "") & value.is_null()
    return with_ledgers(frame).with_columns(
        append("_problems", [mark(failed, column, "date", "accuracy")]), value.alias(column)
    )


def _read(cell: pl.Expr, order: str, pivot: int) -> pl.Expr:
    """Give the date of a cell in this order, or null; the year is the part with four digits, or the last."""
    text = cell.str.strip_chars()
    parts = {place: text.str.extract(PARTS, number) for number, place in enumerate(order, 1)}
    year = parts["y"].cast(pl.Int32, strict=False)
    full = pl.when(year >= pivot).then(year + 1900).otherwise(year + 2000)
    length = parts["y"].str.len_chars()
    year = pl.when(length == 4).then(year).when((length == 2) & (order != "ymd")).then(full)
    month, day = (parts[part].cast(pl.Int8, strict=False) for part in "md")
    short = pl.max_horizontal(parts["d"].str.len_chars(), parts["m"].str.len_chars()) <= 2
    # Only what is a day of some month is put together: pl.date raises on the 32nd.
    written = pl.format("{}-{}-{}", year, month, day).str.to_date("%Y-%m-%d", strict=False)
    return pl.when(short & (year >= 1000)).then(written)
