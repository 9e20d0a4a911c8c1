"""Numbers as people write them: thousands, decimal commas, percent, brackets for minus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from dq.clean.marks import append, mark, with_ledgers
from dq.required_columns import require

Mark = Literal[".", ","]

SIGNED = r"^\(?\s*[+\-−]?\s*([0-9][0-9.,'’\s]*|[.,][0-9]+)\s*%?\s*\)?$"
# Thousands in threes, one kind of mark throughout: 1,234 567 is no number.
PAIRS: tuple[tuple[Mark, Mark], ...] = ((".", ","), (",", "."))
READS: dict[Mark, str] = {
    decimal: rf"^([0-9]*|[0-9]{{1,3}}(([{other}][0-9]{{3}})+|(['’][0-9]{{3}})+|(\s[0-9]{{3}})+))([{decimal}][0-9]*)?$"
    for decimal, other in PAIRS
}
READ = "_dq:read"
TEMPORARY = ("_dq:body", "_dq:point", "_dq:comma")


@dataclass(frozen=True)
class NumberStyle:
    """Which mark a column writes its decimals with, and how many of its cells say so.

    `decimal` is null where no cell tells (`1.234` may be either), or cells tell both: then it must be
    declared. `points` and `commas` count the cells that can only be read with that decimal mark, `unclear`
    those that could be read with both.
    """

    decimal: Mark | None
    points: int
    commas: int
    unclear: int


def number_style(frame: pl.LazyFrame, column: str) -> NumberStyle:
    """Look at all cells of `column` and say which decimal mark it is written with; a decision a column, not a
    cell.

    >>> number_style(pl.LazyFrame({"x": ["1.234", "1.234,50", "7"]}), "x")
    NumberStyle(decimal=',', points=0, commas=1, unclear=1)

    Raises:
        SchemaError: where the column is missing.

    """
    require(frame, [column], "number_style")
    body = pl.col("body")
    point, comma, marked = pl.col("point"), pl.col("comma"), body.str.contains(r"[.,]")
    points, commas, unclear = (
        frame.select(body=_body(pl.col(column)))
        .with_columns(point=body.str.contains(READS["."]), comma=body.str.contains(READS[","]))
        .select(
            points=(marked & point & ~comma).sum(),
            commas=(marked & comma & ~point).sum(),
            unclear=(marked & point & comma).sum(),
        )
        .collect()
        .row(0)
    )
    told: Mark | None = "." if points and not commas else "," if commas and not points else None
    return NumberStyle(told, points, commas, unclear)


def parse_number(frame: pl.LazyFrame, column: str, decimal: Mark | None) -> pl.LazyFrame:
    """Give `frame` with `column` as a float, read with this decimal mark; the other one may group thousands.

    Blanks and apostrophes may group thousands too, always in threes. `12 %` is 0.12, `(5)` is −5, `+` and the
    true minus sign are read. Without a declared `decimal`, cells that both marks can read differently are
    problems and not guesses. What cannot be read is null and a problem `number:<column>` (accuracy); an empty
    cell is null.

    >>> told = parse_number(pl.LazyFrame({"x": ["1.234,5", "(2)", "50 %", "1,2,3"]}), "x", ",").collect()
    >>> told["x"].to_list()
    [1234.5, -2.0, 0.5, None]

    Raises:
        SchemaError: where the column is missing.

    """
    require(frame, [column], "parse_number")
    if frame.collect_schema()[column] != pl.String:
        return with_ledgers(frame)
    text, value = pl.col(column), pl.col(READ)
    return (
        with_number(with_ledgers(frame), column, READ, decimal)
        .with_columns(
            append(
                "_problems",
                [mark((text.str.strip_chars() != "") & value.is_null(), column, "number", "accuracy")],
            ),
            value.alias(column),
        )
        .drop(READ)
    )


def with_number(frame: pl.LazyFrame, written: str, to: str, decimal: Mark | None) -> pl.LazyFrame:
    """Add the column `to`: the number that the text of `written` is, null where it is none or could be two."""
    text, body, point, comma = (pl.col(name) for name in (written, *TEMPORARY))
    if decimal is not None:
        value = point if decimal == "." else comma
    else:
        value = pl.when(point.is_null() | comma.is_null() | (point == comma)).then(pl.coalesce(point, comma))
    minus = text.str.contains(r"[-−]") != text.str.contains("(", literal=True)
    value = pl.when(text.str.contains("%", literal=True)).then(value / 100).otherwise(value)
    value = pl.when(minus).then(-value).otherwise(value)
    # In steps, each a column of its own: written as one expression, every mark would be looked for many
    # times.
    return (
        frame.with_columns(_body(text).alias("_dq:body"))
        .with_columns(_value(body, ".").alias("_dq:point"), _value(body, ",").alias("_dq:comma"))
        .with_columns(value.alias(to))
        .drop(TEMPORARY)
    )


def _body(cell: pl.Expr) -> pl.Expr:
    """Give the digits and marks of a number, without sign, percent and brackets; null where it is none."""
    text = cell.str.strip_chars()
    whole = text.str.contains(SIGNED) & (text.str.starts_with("(") == text.str.ends_with(")"))
    return pl.when(whole).then(text.str.replace_all(r"[()%+\-−]", "").str.strip_chars())


def _value(body: pl.Expr, decimal: Mark) -> pl.Expr:
    other = "," if decimal == "." else "."
    digits = body.str.replace_all(rf"[{other}'’\s]", "").str.replace(decimal, ".", literal=True)
    value = pl.when(body.str.contains(READS[decimal])).then(digits).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)
