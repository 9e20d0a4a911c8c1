"""Dates as people write them, with the order of day and month decided once a column, never cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import polars as pl

from dq.clean.marks import append, mark, with_ledgers
from dq.required_columns import require

Order = Literal["dmy", "mdy", "ymd"]

ORDERS: tuple[Order, ...] = get_args(Order)
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
    dmy, mdy, ymd = (pl.col(order) for order in ORDERS)
    counts = (
        frame.select(parts=pl.col(column).str.strip_chars().str.extract_groups(PARTS))
        .select(_read(pl.col("parts"), order, pivot).alias(order) for order in ORDERS)
        .select(
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

    Two digits of a year are 1900 plus from `pivot` on, 2000 plus below: for days of birth give this year's last two
    digits plus one. Without a declared `order`, cells that are two different dates are problems
    `date_ambiguous:<column>` and not guesses. A time behind the date is left out: `parse_time` reads it. What cannot
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
    text, value, ambiguous = (
        pl.col(column).str.strip_chars(),
        pl.col("_dq:date"),
        pl.col("_dq:date_ambiguous"),
    )
    return (
        with_date(
            with_ledgers(frame).with_columns(text.alias("_dq:text")), "_dq:text", "_dq:date", order, pivot
        )
        .with_columns(
            append(
                "_problems",
                [
                    mark((text != "") & value.is_null() & ~ambiguous, column, "date", "accuracy"),
                    mark(ambiguous, column, "date_ambiguous", "accuracy"),
                ],
            ),
            value.alias(column),
        )
        .drop("_dq:text", "_dq:date", "_dq:date_ambiguous")
    )


def with_date(frame: pl.LazyFrame, written: str, to: str, order: Order | None, pivot: int) -> pl.LazyFrame:
    """Add `to`, the date that the text of `written` is, and `<to>_ambiguous`: whether it is two dates, and so null."""
    dmy, mdy, ymd = (pl.col(f"_dq:{one}") for one in ORDERS)
    clear = pl.when(dmy.is_null() | mdy.is_null() | (dmy == mdy)).then(pl.coalesce(dmy, mdy))
    value = pl.coalesce(ymd, clear if order is None else pl.col(f"_dq:{order}"))
    two = pl.lit(value=False) if order is not None else (ymd.is_null() & (dmy != mdy)).fill_null(value=False)
    # In steps, each a column of its own: written as one expression, the cell would be taken apart many times.
    return (
        frame.with_columns(pl.col(written).str.extract_groups(PARTS).alias("_dq:parts_of_date"))
        .with_columns(_read(pl.col("_dq:parts_of_date"), one, pivot).alias(f"_dq:{one}") for one in ORDERS)
        .with_columns(value.alias(to), two.alias(f"{to}_ambiguous"))
        .drop("_dq:parts_of_date", *(f"_dq:{one}" for one in ORDERS))
    )


def _read(parts: pl.Expr, order: Order, pivot: int) -> pl.Expr:
    """Give the date of the three parts in this order, or null; a year has four digits, or two and stands
    last.
    """
    text = {place: parts.struct.field(str(number)) for number, place in enumerate(order, 1)}
    year, month, day = (text[part].cast(pl.Int32, strict=False) for part in "ymd")
    length = text["y"].str.len_chars()
    century = pl.when(year >= pivot).then(1900).otherwise(2000)
    year = pl.when(length == 4).then(year).when((length == 2) & (order != "ymd")).then(year + century)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = pl.when(month == 2).then(28 + leap.cast(pl.Int32)).otherwise(30 + (month + month // 8) % 2)
    real = (year >= 1000) & month.is_between(1, 12) & day.is_between(1, 31) & (day <= last)
    # pl.date raises on what is no day: those are asked for a day that is one, and left out.
    safe = [pl.when(real).then(part).otherwise(1) for part in (year, month, day)]
    return pl.when(real).then(pl.date(*safe))
