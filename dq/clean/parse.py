"""Text to type: what a cell says in text becomes a number, a date or a boolean, or a problem that is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from dq.clean.marks import append, mark, with_ledgers
from dq.errors import ContractError
from dq.required_columns import require

TRUE_WORDS = ("true", "t", "yes", "y", "1")
FALSE_WORDS = ("false", "f", "no", "n", "0")

INTEGER = r"^[+-]?[0-9]+(\.0*)?$"
DECIMAL = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"


@dataclass(frozen=True)
class Date:
    """A date in one of these `strftime` formats, the first that fits. `%Y` means four digits."""

    formats: tuple[str, ...]

    def __init__(self, *formats: str) -> None:
        object.__setattr__(self, "formats", formats or ("%Y-%m-%d",))


@dataclass(frozen=True)
class Datetime:
    """A time stamp in one of these formats, the first that fits.

    A format with `%z` (`Z`, `+08`, `+08:00`) gives UTC. Without it the time is read as local to `zone`, where an hour
    that the clocks skip or go through twice is a problem (`parse_time` says which), or stays without a zone.
    """

    formats: tuple[str, ...]
    zone: str | None

    def __init__(self, *formats: str, zone: str | None = None) -> None:
        object.__setattr__(self, "formats", formats or ("%Y-%m-%dT%H:%M:%S",))
        object.__setattr__(self, "zone", zone)


ZONED = Datetime("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z", "%Y-%m-%d %H:%M%z")
ISO = Datetime("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")

Kind = pl.DataType | type[pl.DataType] | Date | Datetime
"""What a column of text is to become."""


def parse(frame: pl.LazyFrame, types: Mapping[str, Kind]) -> pl.LazyFrame:
    """Give `frame` with each column of `types` read as its type; what cannot be read becomes null and a
    problem.

    The problem `parse:<column>` (accuracy) keeps the text. Surrounding white space is tolerated; an empty
    cell is null and no problem: whether it may be missing is for the contract to say. What counts as
    readable:

    - integers: `7`, `+7`, `-7`, `7.0` (tools that know only floats write whole numbers so), within the type's
      range; not `7.5`, `1e3` or `1,000`;
    - floats: decimal and scientific notation; not `nan`, `inf`, nor what overflows;
    - booleans: true/t/yes/y/1 and false/f/no/n/0 in any case;
    - `Date("%d/%m/%Y", …)`, `Datetime(…)`: the first format that fits; `pl.Date` is ISO, `pl.Datetime` ISO
      with `T` or a blank, with a zone such as UTC ISO with an offset;
    - `pl.String`: the text without surrounding white space; `pl.Enum`: exactly one of its words.

    A column that already has its type stays as it is, so parsing twice is parsing once.

    >>> read = parse(pl.LazyFrame({"age": ["41", " 7.0", "", "old"]}), {"age": pl.Int64}).collect()
    >>> read["age"].to_list(), [len(problems) for problems in read["_problems"]]
    ([41, 7, None, None], [0, 0, 0, 1])

    Raises:
        SchemaError: where a column is missing.
        ContractError: where a type is one that text cannot be read as.

    """
    require(frame, list(types), "parse")
    schema = frame.collect_schema()
    todo = {column: kind for column, kind in types.items() if schema[column] == pl.String}
    ready = {column: _reader(column, kind) for column, kind in todo.items()}
    prepared = with_ledgers(frame)
    read = {column: reader(_trimmed(column)) for column, reader in ready.items()}
    problems = [
        mark(_trimmed(column).is_not_null() & value.is_null(), column, "parse", "accuracy")
        for column, value in read.items()
    ]
    return prepared.with_columns(append("_problems", problems), *(v.alias(c) for c, v in read.items()))


def _trimmed(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def _reader(column: str, kind: Kind) -> Callable[[pl.Expr], pl.Expr]:
    if isinstance(kind, Date):
        return lambda text: _dates(text, kind.formats)
    if isinstance(kind, Datetime):
        return lambda text: _datetimes(text, kind)
    dtype = kind if isinstance(kind, pl.DataType) else kind()
    readers: dict[type[pl.DataType], Callable[[pl.Expr], pl.Expr]] = {
        pl.Boolean: _boolean,
        pl.Date: lambda text: _dates(text, ("%Y-%m-%d",)),
        pl.Datetime: lambda text: _moments(text, dtype),
        pl.String: lambda text: text,
        pl.Enum: lambda text: text.cast(dtype, strict=False),
    }
    if dtype.is_integer():
        return lambda text: _matching(text, INTEGER).str.replace(r"\.0*$", "").cast(dtype, strict=False)
    if dtype.is_float():
        return lambda text: _finite(_matching(text, DECIMAL).cast(dtype, strict=False))
    if type(dtype) not in readers:
        raise ContractError(
            f"text cannot be read as {dtype}",
            where=column,
            hint="parse knows integers, floats, Boolean, Date, Datetime, Enum and String",
        )
    return readers[type(dtype)]


def _matching(text: pl.Expr, form: str) -> pl.Expr:
    return pl.when(text.str.contains(form)).then(text)


def _finite(number: pl.Expr) -> pl.Expr:
    return pl.when(number.is_finite()).then(number)


def _boolean(text: pl.Expr) -> pl.Expr:
    word = text.str.to_lowercase()
    return (
        pl.when(word.is_in(TRUE_WORDS))
        .then(statement=True)
        .when(word.is_in(FALSE_WORDS))
        .then(statement=False)
    )


def _dates(text: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    return pl.coalesce(_date(text, one) for one in formats)


def _date(text: pl.Expr, one: str) -> pl.Expr:
    # chrono reads %Y from "97" as the year 97, and "1997011" by %Y%m%d as 1 January: neither was meant.
    date = text.str.to_date(one, strict=False)
    sure = date.dt.year() >= 1000 if "%Y" in one else pl.lit(value=True)
    if not any(not c.isalnum() for c in one.replace("%", "")):
        sure = sure & (date.dt.strftime(one) == text)
    return pl.when(sure).then(date)


def _moments(text: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    zone = dtype.time_zone if isinstance(dtype, pl.Datetime) else None
    return _datetimes(text, ISO) if zone is None else _datetimes(text, ZONED).dt.convert_time_zone(zone)


def _datetimes(text: pl.Expr, kind: Datetime) -> pl.Expr:
    zoned = any("%z" in one for one in kind.formats)
    if zoned and not all("%z" in one for one in kind.formats):
        raise ContractError(
            "formats with and without %z cannot be mixed in one column", where=str(kind.formats)
        )
    # %z alone knows no Z.
    formats = [re.sub(r"(?<!%)%:?z", "%#z", one) for one in kind.formats]
    times = [text.str.to_datetime(one, strict=False, time_unit="us") for one in formats]
    read = pl.coalesce(times)
    if kind.zone is not None and not zoned:
        read = read.dt.replace_time_zone(kind.zone, ambiguous="null", non_existent="null")
    return read
