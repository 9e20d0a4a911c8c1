"""What a contract should say of one column: a type, whether it may be missing, a range, a vocabulary, a format."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from dq.profile.bounds import day_range, number_range, rounded_down
from dq.profile.column import Column
from dq.profile.fences import fences
from dq.profile.keys import is_label
from dq.profile.python_source import constant, literal, regex
from dq.profile.shapes import stable_regex
from dq.profile.slips import slips
from dq.profile.values import quantiles

LONG_NAMES = 76
"""A vocabulary longer than this, written out, becomes a constant above the class."""
MOST_TEXT = 4
"""Text may be so many times as long as the longest that was seen."""
LONG_TAIL = 5
"""A tail is long that ends at so many times what half of the rows do not exceed."""
FEW = 30
"""What fewer cells than this have in common may be chance: they tell a type, and no range, words or format."""
SHORT_TYPES = {pl.Int64: "int", pl.Float64: "float", pl.String: "str", pl.Boolean: "bool", pl.Date: "date"}


@dataclass(frozen=True)
class Check:
    """A check of one column in Python: what `test` asks of what is `read` of a `cell`; `missing` values pass.

    `remarks` stand above it as comments.
    """

    name: str
    says: str
    test: str
    read: str = ""
    missing: tuple[object, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """Write the body of the function."""
        fits = f"read.{self.test}.fill_null(cell.is_null())" if self.read else f"cell.{self.test}"
        return [
            *(f"        # {remark}" for remark in self.remarks),
            "        cell = pl.col(data.key)",
            *([f"        read = {self.read}"] if self.read else []),
            f"        fits = {fits}",
            *(constant("hidden", list(self.missing), 8) if self.missing else []),
            f"        return data.lazyframe.select({'fits | cell.is_in(hidden)' if self.missing else 'fits'})",
        ]


@dataclass(frozen=True)
class Field:
    """One field: `arguments` of `pa.Field` by name, as they are written; `known` says whether nulls are counted."""

    column: str
    attribute: str
    annotation: str
    arguments: dict[str, str]
    vocabulary: tuple[object, ...] = ()
    checks: tuple[Check, ...] = ()
    missing: tuple[object, ...] = ()
    missing_share: float = 0.0
    note: str = ""

    def without(self, rule: str) -> Field:
        """Give the field without the rule that a contract calls `<column>:<rule>`."""
        name = rule.partition("(")[0]
        if name == "not_null":
            return replace(self, arguments=self.arguments | {"nullable": "True"})
        if name == "coerce":
            bare = self._less("coerce", *_RANGES)
            return replace(self, annotation="str", arguments=bare, vocabulary=(), checks=(), note="")
        if name == "isin":
            return replace(self, arguments=self._less("isin"), vocabulary=())
        checks = tuple(check for check in self.checks if check.name != name)
        return replace(self, arguments=self._less(name), checks=checks)

    def _less(self, *names: str) -> dict[str, str]:
        short = {"greater_than_or_equal_to": "ge", "less_than_or_equal_to": "le"}
        gone = {short.get(name, name) for name in names}
        return {name: value for name, value in self.arguments.items() if name not in gone}


_RANGES = ("ge", "le", "in_range", "isin")


def field_of(column: Column, attribute: str, *, key: bool) -> Field | None:
    """Draft one column's field; null where its type cannot be written in a contract (it passes through unjudged)."""
    annotation = _annotation(column)
    if annotation is None or column.is_opaque:
        return None
    missing = _missing(column)
    arguments: dict[str, str] = {}
    share = (column.nulls + _count(column, missing)) / max(column.rows, 1)
    if column.nulls:
        arguments["nullable"] = "True"
    if key:
        arguments["unique"] = "True"
    blank = Field(
        column.name,
        attribute,
        annotation,
        arguments,
        missing=missing,
        missing_share=share,
        note=_note(column),
    )
    if column.values.is_empty() or column.known == _count(column, missing):
        return blank
    if column.known < FEW:
        return _typed(column, blank) if column.is_text and not missing else blank
    if column.is_text:
        return _of_text(column, blank)
    return _of_values(column, blank)


def _annotation(column: Column) -> str | None:
    dtype = column.dtype
    for known, name in SHORT_TYPES.items():
        if dtype == known:
            return name
    if isinstance(dtype, pl.Datetime):
        zone = "None" if dtype.time_zone is None else literal(dtype.time_zone)
        return f'Annotated[pl.Datetime, "{dtype.time_unit}", {zone}]'
    if dtype.is_integer() or dtype.is_float() or isinstance(dtype, pl.Categorical | pl.Time):
        return f"pl.{dtype.base_type().__name__}"
    return None


def _missing(column: Column) -> tuple[object, ...]:
    """Give the values that surely stand for nothing, as they stand in the cells; NaN is null to a contract anyway."""
    cells = column.values.filter(column.is_missing(pl.col("value")))["value"].to_list()
    return tuple(cell for cell in cells if not (isinstance(cell, float) and cell != cell))  # noqa: PLR0124 - NaN


def _count(column: Column, values: tuple[object, ...]) -> int:
    return int(column.values.filter(pl.col("value").is_in(list(values)))["count"].sum()) if values else 0


def _note(column: Column) -> str:
    if column.days is not None and column.days.height:
        return f"{column.days['day'][0]} to {column.days['day'][-1]}"
    if column.numbers is not None and column.numbers.height:
        low, middle, high = quantiles(column.numbers, (0, 0.5, 1))
        return f"{low:g} to {high:g}, half below {middle:g}"
    return ""


def _of_text(column: Column, field: Field) -> Field:
    if column.is_closed and column.reading.kind != "integer" and column.values.height > 1:
        return _with_vocabulary(column, field)
    if column.reading.is_number and isinstance(column.dtype, pl.String):
        if not field.missing:
            return _of_numbers(column, _typed(column, field))
        kind = "Int64" if column.reading.kind == "integer" else "Float64"
        return _of_numbers(column, field, read=f"cell.cast(pl.{kind}, strict=False)")
    if column.reading.form and column.days is not None and column.reading.kind in {"date", "datetime"}:
        return _of_written_days(column, field)
    values = column.values.filter(~column.is_missing(pl.col("value")))
    pattern = stable_regex(values)
    if pattern is not None:
        return _with_format(field, pattern)
    longest = int(values["value"].str.len_chars().max() or 1)  # type: ignore[arg-type]
    room = number_range(0, longest * MOST_TEXT, whole=True, skewed=False)[1]
    return replace(
        field,
        arguments=field.arguments | {"str_length": f'{{"min_value": 1, "max_value": {room}}}'},
        note=field.note or f"text of up to {longest:,} letters",
    )


def _typed(column: Column, field: Field) -> Field:
    """Give the field the type that all of its text reads as; text stays text."""
    if not (column.reading.is_number and isinstance(column.dtype, pl.String)):
        return field
    annotation = "int" if column.reading.kind == "integer" else "float"
    return replace(field, annotation=annotation, arguments={"coerce": "True"} | field.arguments)


def _with_format(field: Field, pattern: str) -> Field:
    if field.missing:
        check = Check(
            "has_its_format", "follows its format", f"str.contains({regex(pattern)})", missing=field.missing
        )
        return replace(field, checks=(*field.checks, check))
    return replace(field, arguments=field.arguments | {"str_matches": regex(pattern)})


def _with_vocabulary(column: Column, field: Field) -> Field:
    assert column.vocabulary is not None  # noqa: S101 - only called for closed columns
    values = column.vocabulary
    wrong = slips(values)["value"].to_list() if column.is_text else []
    words = (
        values.filter(~pl.col("value").is_in(wrong))["value"].to_list()
        if wrong
        else values["value"].to_list()
    )
    return replace(field, vocabulary=(*sorted(words), *field.missing), note="")


def _of_written_days(column: Column, field: Field) -> Field:
    assert column.days is not None  # noqa: S101
    low, high = _usual_days(column)
    first, last = day_range(low, high)
    form = column.reading.form
    if column.reading.kind == "date":
        cell = "cell" if column.is_text else "cell.cast(pl.String)"
        read = f"{cell}.str.to_date({literal(form)}, strict=False)"
    else:
        read = f'cell.str.to_datetime({literal(form)}, strict=False, time_unit="us").dt.date()'
    test = f"is_between({literal(first)}, {literal(last)})"
    check = Check("reads_as_a_day", f"is a day from {first.year} to {last.year}", test, read, field.missing)
    return replace(field, checks=(replace(check, remarks=_undecided(column)),))


def _undecided(column: Column) -> tuple[str, ...]:
    reading = column.reading
    if reading.twin is None:
        return ()
    return (
        f"UNDECIDED: no cell tells day from month; {reading.unclear:,} of {column.known:,} cells are two days.",
        f"{reading.form} is a guess, {reading.twin} fits them as well. Ask who wrote them, or look for a day above 12",
        "in more rows; then put the right format here, and declare the order where they are cleaned (parse_date).",
    )


def _usual_days(column: Column) -> tuple:  # type: ignore[type-arg]
    assert column.days is not None  # noqa: S101
    hidden = column.hidden["value"].to_list()
    usual = column.days.filter(~pl.col("day").cast(pl.String).is_in(hidden))
    numbers = usual.select(number=pl.col("day").to_physical().cast(pl.Float64), count="count")
    low, high = fences(numbers)
    kept = usual.filter(pl.col("day").to_physical().is_between(low, high))["day"]
    return kept[0], kept[-1]


def _of_values(column: Column, field: Field) -> Field:
    if column.reading.kind == "date" and not column.dtype.is_temporal():
        return _of_written_days(column, field)
    if column.reading.is_number:
        return _of_numbers(column, field)
    if isinstance(column.dtype, pl.Date) and column.days is not None:
        first, last = day_range(*_usual_days(column))
        if field.missing:
            test = f"is_between({literal(first)}, {literal(last)})"
            check = Check("is_in_range", f"is from {first} to {last}", test, missing=field.missing)
            return replace(field, checks=(check,))
        return _in_range(field, literal(first), literal(last))
    return field


def _of_numbers(column: Column, field: Field, read: str = "cell") -> Field:
    """Say what range or vocabulary numbers have; `read` makes a number of the cell where it is text."""
    assert column.numbers is not None  # noqa: S101
    whole = column.reading.kind == "integer"
    codes = [float(value) for value in map(str, field.missing) if _reads(value)]
    numbers = column.numbers.filter(~pl.col("number").is_in(codes))
    if numbers.is_empty():
        return field
    if column.is_closed and whole and not field.missing and numbers.height > 1:
        return replace(field, vocabulary=tuple(int(number) for number in numbers["number"]))
    low, high = fences(numbers)
    skewed = low >= 0 and high > LONG_TAIL * quantiles(numbers, (0.5,))[0]
    bottom, top = number_range(low, high, whole=whole, skewed=skewed)
    if bottom == 0 and low > 0 and 0 in codes:
        bottom = rounded_down(
            low / 2, whole=whole
        )  # zero stands for nothing here, and little else is near it
    if column.is_numbering or field.arguments.get("unique") or (whole and is_label(column.name)):
        top = None
    if not field.missing and read == "cell":
        return _in_range(field, _written(bottom), _written(top))
    if bottom is None or top is None:
        test = "is_not_null()" if bottom is None else f"ge({bottom!r})"
    else:
        test = f"is_between({bottom!r}, {top!r})"
    says = f"is from {bottom} to {top}" if top is not None else "is a number"
    source = "" if read == "cell" else read
    return replace(field, checks=(Check("is_in_range", says, test, source, field.missing),))


def _written(number: float | None) -> str | None:
    return None if number is None else repr(number)


def _in_range(field: Field, low: str | None, high: str | None) -> Field:
    if low is not None and high is not None:
        more = {"in_range": f'{{"min_value": {low}, "max_value": {high}}}'}
    else:
        more = {name: bound for name, bound in (("ge", low), ("le", high)) if bound is not None}
    return replace(field, arguments=field.arguments | more)


def _reads(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
