"""One column, looked at: its distinct values, what they read as, what is typical and what is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from dq.profile.hidden_missing import FOUND, hidden_days, hidden_numbers, hidden_words
from dq.profile.missing_words import is_missing_word
from dq.profile.reads_as import Reading, day_of, number_of, reads_as
from dq.profile.values import OPAQUE, number_counts, value_counts

FEW_WORDS = 50
FEW_NUMBERS = 10
ROWS_A_VALUE = 10
UNSEEN = 0.005
"""A vocabulary is closed where a next row shows a new value in no more than this share (Good and Turing)."""


@dataclass(frozen=True)
class Column:
    """`values` has the distinct known values with their `count`, the commonest first; `rows` counts nulls too."""

    name: str
    dtype: pl.DataType
    rows: int
    nulls: int
    values: pl.DataFrame = field(repr=False)
    reading: Reading

    @property
    def known(self) -> int:
        """The cells that are not null."""
        return self.rows - self.nulls

    @property
    def is_text(self) -> bool:
        """Whether its cells are text."""
        return isinstance(self.dtype, pl.String | pl.Categorical | pl.Enum)

    @property
    def is_opaque(self) -> bool:
        """Whether only its nulls can be counted: a type without comparable values, or a name that is a pattern."""
        return isinstance(self.dtype, OPAQUE) or is_pattern(self.name)

    @cached_property
    def numbers(self) -> pl.DataFrame | None:
        """Give `number, count` in ascending order where the column holds numbers."""
        number = number_of(self.reading, pl.col("value"), self.dtype)
        return None if number is None else number_counts(self.values, number)

    @cached_property
    def days(self) -> pl.DataFrame | None:
        """Give `day, count` in ascending order where the column holds days or moments."""
        day = day_of(self.reading, pl.col("value"), self.dtype)
        if day is None:
            return None
        days = self.values.select(day=day, count="count").drop_nulls()
        return days.group_by("day").agg(pl.col("count").sum()).sort("day")

    @cached_property
    def hidden(self) -> pl.DataFrame:
        """Give `value, count, reason, sure` of the values that look like "we do not know"."""
        found = [pl.DataFrame(schema=FOUND)]
        if self.is_text:
            found.append(hidden_words(self.values))
        if self.days is not None:
            found.append(hidden_days(self.days))
        if self.numbers is not None and not self.is_numbering:
            found.append(hidden_numbers(self.numbers))
        if self.dtype.is_float():
            nan = int(self.values.filter(pl.col("value").is_nan())["count"].sum())
            if nan:
                found.append(pl.DataFrame([("NaN", nan, "not a number", True)], schema=FOUND, orient="row"))
        return pl.concat(found)

    @cached_property
    def is_numbering(self) -> bool:
        """Whether whole numbers are names given in turn: a hundred or more, and most between their ends used."""
        if self.numbers is None or self.reading.kind != "integer" or self.numbers.height < 100:
            return False
        low, high = self.numbers["number"][0], self.numbers["number"][-1]
        distincts = self.numbers.height
        return bool(
            distincts >= 0.5 * (high - low + 1) and distincts >= 0.2 * int(self.numbers["count"].sum())
        )

    def is_missing(self, cell: pl.Expr) -> pl.Expr:
        """Say of each cell whether it surely stands for nothing, null itself left out."""
        sure = self.hidden.filter(pl.col("sure"))["value"].to_list()
        found = pl.lit(value=False)
        if self.is_text:
            found = is_missing_word(cell.cast(pl.String))
        number = number_of(self.reading, cell, self.dtype)
        if number is not None:
            codes = [float(value) for value in sure if _is_number(value)]
            found = (
                found
                | number.is_in(codes)
                | (number.is_nan() if self.dtype.is_float() else pl.lit(value=False))
            )
        day = day_of(self.reading, cell, self.dtype)
        if day is not None:
            found = found | day.cast(pl.String).is_in(sure)
        return found.fill_null(value=False)

    @property
    def reckoned(self) -> pl.Expr:
        """Give the cells of a column of days or numbers as numbers; null is what stands for nothing."""
        cell = pl.col(self.name)
        day = day_of(self.reading, cell, self.dtype)
        number = (
            number_of(self.reading, cell, self.dtype) if day is None else day.to_physical().cast(pl.Float64)
        )
        return pl.when(~self.is_missing(cell)).then(number)

    @cached_property
    def vocabulary(self) -> pl.DataFrame | None:
        """Give the `value`s with their `count` where they are few, each seen often, and a new one would surprise.

        A rare value (0.5 % of the rows or less, together no more than 3 %) belongs to it only where it is not to be
        taken for a slip: that is for the reader to say, so here are all.
        """
        if self.reading.kind == "boolean" and not self.is_text:
            return self.values
        if not self.is_text and self.reading.kind != "integer":
            return None
        if self.reading.kind in {"prose", "date", "datetime", "decimal"}:
            return None
        known = self.values.filter(~self.is_missing(pl.col("value")))
        if known.is_empty():
            return None
        rows = int(known["count"].sum())
        limit = FEW_NUMBERS if self.reading.kind == "integer" else FEW_WORDS
        often = known.filter(pl.col("count") > max(1, 0.005 * rows))
        few = 0 < often.height <= limit and rows >= ROWS_A_VALUE * often.height
        return known if few and often["count"].sum() >= 0.95 * rows else None

    @cached_property
    def is_closed(self) -> bool:
        """Whether it has a vocabulary that no value is missing from, as far as the rare ones tell."""
        if self.vocabulary is None:
            return False
        singles = int((self.vocabulary["count"] == 1).sum())
        limit = FEW_WORDS if self.is_text and self.reading.kind != "integer" else FEW_NUMBERS
        return self.vocabulary.height <= limit and singles <= UNSEEN * self.known


def is_pattern(name: str) -> bool:
    """Say whether Polars would take a column's name for a pattern of names.

    >>> is_pattern("*"), is_pattern("^a.*$"), is_pattern("2*")
    (True, True, False)
    """
    return name == "*" or (name.startswith("^") and name.endswith("$"))


def look(column: pl.Series) -> Column:
    """Look at a column of a table."""
    values = value_counts(column)
    opaque = isinstance(column.dtype, OPAQUE)
    return Column(
        name=column.name,
        dtype=column.dtype,
        rows=len(column),
        nulls=column.null_count(),
        values=values,
        reading=Reading("nested") if opaque else reads_as(values, column.dtype),
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
