"""Moments as people write them, with or without a zone, as UTC; hours that clocks skip or repeat are not guessed."""

from __future__ import annotations

from functools import cache
from typing import Literal
from zoneinfo import available_timezones

import polars as pl

from dq.clean.dates import Order, with_date
from dq.clean.marks import append, mark, with_ledgers
from dq.errors import ContractError
from dq.required_columns import require

Twice = Literal["problem", "earliest", "latest"]

CLOCK = (
    r"^(.*?[0-9年月日])(?:T|\s*[,，]?\s*(上午|下午|[AaPp][Mm]\b|[AaPp]\.[Mm]\.)?\s*)([0-9]{1,2})[:：时]([0-9]{2})(?:[:：分]([0-9]{2})"
    r"(?:[.,]([0-9]{1,9}))?秒?)?\s*([AaPp][Mm]\b|[AaPp]\.[Mm]\.)?\s*(Z|z|UTC|GMT|(?:UTC|GMT)?[+\-−][0-9]{1,2}(?::?[0-9]{2})?)?"
    r"\s*(?:\[?([A-Za-z_]+/[A-Za-z_/+\-0-9]+)\]?)?$"
)
DAY, HALF, HOUR, MINUTE, SECOND, FRACTION, HALF_BEHIND, OFFSET, NAMED = range(1, 10)
AT = ("_dq:parts", "_dq:day", "_dq:local", "_dq:offset", "_dq:zone", "_dq:at", "_dq:why")


def parse_time(
    frame: pl.LazyFrame,
    column: str,
    order: Order | None = None,
    *,
    zone: str | None = None,
    twice: Twice = "problem",
    pivot: int = 70,
) -> pl.LazyFrame:
    """Give `frame` with `column` as moments in UTC: a date as `parse_date` reads it, a time of day, and a zone.

    The zone is what the cell says: `Z`, `UTC`, `+08:00`, `+0800`, `UTC+8`, or a name (`Europe/Berlin`); where it says
    none, the declared `zone`. Letters such as CST mean several zones and are not read. Times are `14:05[:06[.789]]`,
    with AM and PM or 上午 and 下午 also to twelve. What cannot be read is null and a problem that says why
    (accuracy); an empty cell is null:

    - `time:<column>`: no moment, or of no zone that is known;
    - `time_ambiguous:<column>`: two different days, as no `order` of day and month is declared;
    - `time_zone:<column>`: no zone in the cell, and none declared;
    - `time_skipped:<column>`: an hour that the clocks of the zone left out;
    - `time_twice:<column>`: an hour that they went through twice, unless `twice` says which is meant.

    >>> rows = pl.LazyFrame({"at": ["2021-03-04T10:00:00+08:00", "4.3.2021 10:00"]})
    >>> [f"{at:%H:%M}" for at in parse_time(rows, "at", "dmy", zone="Asia/Tokyo").collect()["at"]]
    ['02:00', '01:00']

    Raises:
        SchemaError: where the column is missing.
        ContractError: where the zone is none.

    """
    require(frame, [column], "parse_time")
    if zone is not None and zone not in _zones():
        raise ContractError(f"no such time zone: {zone}", where=column, hint="a name such as Europe/Berlin")
    if frame.collect_schema()[column] != pl.String:
        return with_ledgers(frame)
    text = pl.col(column).str.strip_chars()
    why = pl.col("_dq:why")
    rules = ("time", "time_ambiguous", "time_zone", "time_skipped", "time_twice")
    return (
        with_date(
            with_ledgers(frame)
            .with_columns(text.str.extract_groups(CLOCK).alias("_dq:parts"))
            .with_columns(_part(DAY).alias("_dq:day")),
            "_dq:day",
            "_dq:date",
            order,
            pivot,
        )
        .with_columns(
            _local().alias("_dq:local"), _offset().alias("_dq:offset"), _zone(zone).alias("_dq:zone")
        )
        .with_columns(_moments(twice).alias("_dq:at"))
        .with_columns(
            pl.when((text == "") | text.is_null())
            .then(None)
            .when(pl.col("_dq:date_ambiguous"))
            .then(pl.lit("time_ambiguous"))
            .otherwise(pl.col("_dq:at").struct.field("why"))
            .alias("_dq:why")
        )
        .with_columns(
            append("_problems", [mark(why == rule, column, rule, "accuracy") for rule in rules]),
            pl.when(why.is_null()).then(pl.col("_dq:at").struct.field("at")).alias(column),
        )
        .drop(*AT, "_dq:date", "_dq:date_ambiguous")
    )


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _part(number: int) -> pl.Expr:
    return pl.col("_dq:parts").struct.field(str(number))


def _local() -> pl.Expr:
    """Give the time on the wall, null where there is none such."""
    hour, minute, second = (_part(p).cast(pl.Int64, strict=False) for p in (HOUR, MINUTE, SECOND))
    half = pl.coalesce(_part(HALF), _part(HALF_BEHIND)).str.to_lowercase()
    late = half.str.starts_with("p") | (half == "下午")
    twelve = pl.when(hour.is_between(1, 12)).then(hour % 12 + 12 * late.cast(pl.Int64))
    hour = pl.when(half.is_null()).then(hour).otherwise(twelve)
    whole = hour * 3600 + minute * 60 + second.fill_null(0)
    micros = _part(FRACTION).str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64, strict=False).fill_null(0)
    real = (hour < 24) & (minute < 60) & (second.fill_null(0) < 60)
    added = pl.duration(microseconds=whole * 1_000_000 + micros)
    return pl.when(real).then(pl.col("_dq:date").cast(pl.Datetime("us")) + added)


def _offset() -> pl.Expr:
    """Give how far the cell says that its clock is ahead of UTC, in minutes; null where it says nothing."""
    said = _part(OFFSET).str.to_uppercase().str.replace("−", "-", literal=True)
    parts = said.str.extract_groups(r"([+\-])([0-9]{1,2}):?([0-9]{2})?$").struct
    hours, minutes = (parts.field(p).cast(pl.Int64, strict=False).fill_null(0) for p in ("2", "3"))
    far = (hours * 60 + minutes) * pl.when(parts.field("1") == "-").then(-1).otherwise(1)
    return pl.when(parts.field("1").is_null()).then(pl.when(said.is_not_null()).then(0)).otherwise(far)


def _zone(declared: str | None) -> pl.Expr:
    """Give the zone that a clock without an offset is read by."""
    named = pl.coalesce(_part(NAMED), pl.lit(declared, dtype=pl.String))
    return pl.when(_part(OFFSET).is_null()).then(named)


def _moments(twice: Twice) -> pl.Expr:
    """Give `at` in UTC, and `why` it is null."""
    dtype = pl.Struct({"at": pl.Datetime("us", "UTC"), "why": pl.String})
    cells = pl.struct("_dq:local", "_dq:offset", "_dq:zone")
    return cells.map_batches(lambda batch: _of_batch(batch, twice), dtype, is_elementwise=True)


def _of_batch(cells: pl.Series, twice: Twice) -> pl.Series:
    rows = cells.struct.unnest()
    local = pl.col("_dq:local")
    at = (local - pl.duration(minutes=pl.col("_dq:offset"))).dt.replace_time_zone("UTC")
    at = pl.when(pl.col("_dq:offset").abs() <= 18 * 60).then(at)
    why = (
        pl.when(local.is_null())
        .then(pl.lit("time"))
        .when(pl.col("_dq:offset").is_null() & pl.col("_dq:zone").is_null())
        .then(pl.lit("time_zone"))
    )
    for name in rows["_dq:zone"].drop_nulls().unique().to_list():
        if name not in _zones():
            continue
        here = pl.col("_dq:zone") == name
        kept: Literal["earliest", "latest"] = "latest" if twice == "latest" else "earliest"
        read = local.dt.replace_time_zone(name, ambiguous=kept, non_existent="null")
        sure = local.dt.replace_time_zone(name, ambiguous="null", non_existent="null")
        meant = sure if twice == "problem" else read
        at = pl.when(here).then(meant.dt.convert_time_zone("UTC")).otherwise(at)
        why = why.when(here & local.is_not_null() & read.is_null()).then(pl.lit("time_skipped"))
        why = why.when(here & meant.is_null() & read.is_not_null()).then(pl.lit("time_twice"))
    told = rows.with_columns(at=at, why=why.otherwise(None))
    unread = pl.col("at").is_null() & pl.col("why").is_null()
    return told.select(pl.struct("at", why=pl.when(unread).then(pl.lit("time")).otherwise("why"))).to_series()
