"""Values that look like "we do not know" in the dress of a value: −1, 0, 999, "?", the first of January 1970."""

from __future__ import annotations

from datetime import date

import polars as pl

from dq.profile.missing_words import is_missing_word, is_perhaps_missing
from dq.profile.values import quantiles

NEGATIVE = (-1.0, -9.0, -99.0, -999.0, -9_999.0)
NINES = (99.0, 999.0, 9_999.0, 99_999.0, 999_999.0, 9_999_999.0, 88.0, 888.0, 8_888.0)
DAYS = tuple(
    date.fromisoformat(day)
    for day in (
        "1970-01-01",
        "1900-01-01",
        "1899-12-30",
        "1899-12-31",
        "0001-01-01",
        "9999-12-31",
        "2099-12-31",
    )
)
FENCE = 1.5
"""Tukey's: so many times the middle half's width outside the middle half is far."""
GAP = 0.5
"""And nothing else lies within so many widths of it."""
SPIKE = 0.01
"""A lone number that is no known code is one where this share of the rows has it."""
FEWEST_ROWS = 20
FEWEST_DISTINCTS = 8
FEW_STEPS = 20
"""So few numbers in use are a scale, and what is a step or two below it is its beginning, as no discount is."""
STEPS = 2.0
MEANT = 0.05
"""What so many rows say may be meant, and is told as a perhaps."""
FEW_UP = 3.0
FEW_BROKEN = 0.02
"""A few errors make a scale no longer, and whole numbers no less whole."""
HEAP = 2.0
"""A lone number heaps up that occurs so many times as often as any other."""
APART_DAYS = 365

FOUND = {"value": pl.String, "count": pl.Int64, "reason": pl.String, "sure": pl.Boolean}


def hidden_words(values: pl.DataFrame) -> pl.DataFrame:
    """Give `value, count, reason, sure` of text that stands for nothing; `unknown` and `none` are not sure.

    >>> hidden_words(pl.DataFrame({"value": ["?", "rent", "none"], "count": [3, 9, 1]})).rows()
    [('?', 3, 'a word for nothing', True), ('none', 1, 'perhaps a word for nothing', False)]
    """
    word = pl.col("value")
    reason = (
        pl.when(is_missing_word(word))
        .then(pl.lit("a word for nothing"))
        .when(is_perhaps_missing(word))
        .then(pl.lit("perhaps a word for nothing"))
    )
    return (
        values.with_columns(reason=reason)
        .filter(pl.col("reason").is_not_null())
        .with_columns(sure=is_missing_word(word))
        .sort("count", "value", descending=[True, False])
        .select(pl.col(name).cast(dtype) for name, dtype in FOUND.items())
    )


def hidden_numbers(numbers: pl.DataFrame) -> pl.DataFrame:
    """Give `value, count, reason, sure` of numbers that stand apart where only a code for nothing would.

    −1, −9, −99 … among numbers that are never negative; 0, 99, 999 … and any number that heaps up, where they
    lie outside Tukey's fence of all other numbers with nothing near them.

    >>> chol = pl.DataFrame({"number": [0.0, *range(150, 300, 10)], "count": [9] + [5] * 15})
    >>> hidden_numbers(chol).rows()
    [('0', 9, '0 stands apart: the others are 150 to 290', True)]
    """
    rows = int(numbers["count"].sum())
    if rows < FEWEST_ROWS:
        return pl.DataFrame(schema=FOUND)
    known = pl.col("number").is_in((0.0, *NEGATIVE, *NINES))
    ends = pl.col("number").is_in([numbers["number"].min(), numbers["number"].max()])
    inner = int(numbers.filter(~ends)["count"].max() or 0)  # type: ignore[arg-type]
    spike = ends & (pl.col("count") >= max(3, SPIKE * rows)) & (pl.col("count") >= HEAP * inner)
    found = [_told(numbers, code) for code in numbers.filter(known | spike)["number"]]
    return pl.DataFrame([row for row in found if row is not None], schema=FOUND, orient="row")


def _told(numbers: pl.DataFrame, code: float) -> tuple[str, int, str, bool] | None:
    rest = numbers.filter((pl.col("number") != code) & ~pl.col("number").is_in((*NEGATIVE, *NINES)))
    count = int(numbers.filter(pl.col("number") == code)["count"].sum())
    if rest.height < 2 or count > rest["count"].sum():
        return None
    low, q25, q75, most, high = quantiles(rest, (0, 0.25, 0.75, 0.98, 1))
    text = f"{code:.15g}"
    others = f"the others are {low:g} to {high:g}"
    often = count > MEANT * (count + int(rest["count"].sum()))
    if code in NEGATIVE and low >= 0:
        # Less, even, more: -1 is a step of a scale of so few.
        return text, count, f"{text} is the only negative number: {others}", not (often and most <= FEW_UP)
    width = (q75 - q25) or (high - low)
    outside = (low > code and q25 - code > FENCE * width) or (high < code and code - q75 > FENCE * width)
    gap = min(abs(code - low), abs(code - high))
    step = float(rest["number"].diff().max() or 0)  # type: ignore[arg-type]
    on_scale = rest.height < FEW_STEPS and gap <= STEPS * step
    if rest.height < FEWEST_DISTINCTS or not outside or gap < GAP * width or on_scale:
        return None
    # At the upper end long tails are common: there it takes more than one lonely value.
    if code > high and count < 2 and gap < high - low:
        return None
    # Many zeros among numbers with decimals are amounts of nothing, or the logarithm of one.
    broken = int(rest.filter(pl.col("number") % 1 != 0)["count"].sum())
    whole = broken <= FEW_BROKEN * int(rest["count"].sum())
    return text, count, f"{text} stands apart: {others}", code != 0 or whole or not often


def hidden_days(days: pl.DataFrame) -> pl.DataFrame:
    """Give `value, count, reason, sure` of days that programs write for none, a year or more from all others.

    >>> days = pl.DataFrame({"day": [date(1970, 1, 1), date(2021, 5, 1), date(2021, 6, 1)], "count": [2, 30, 40]})
    >>> hidden_days(days).rows()
    [('1970-01-01', 2, 'the first day of a calendar, a year or more from all others', True)]
    """
    rest = days.filter(~pl.col("day").is_in(DAYS))
    if rest.is_empty():
        return pl.DataFrame(schema=FOUND)
    low, high = rest["day"].min(), rest["day"].max()
    apart = pl.max_horizontal(
        (pl.lit(low) - pl.col("day")).dt.total_days(), (pl.col("day") - pl.lit(high)).dt.total_days()
    )
    return (
        days.filter(pl.col("day").is_in(DAYS) & (apart >= APART_DAYS))
        .select(
            value=pl.col("day").cast(pl.String),
            count=pl.col("count").cast(pl.Int64),
            reason=pl.when(pl.col("day") < low)
            .then(pl.lit("the first day of a calendar, a year or more from all others"))
            .otherwise(pl.lit("the last day of a calendar, a year or more from all others")),
            sure=pl.lit(value=True),
        )
        .sort("value")
    )
