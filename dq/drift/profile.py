"""One table measured: one row per column, small enough to keep for every run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

SAMPLE_ROWS = 50_000
"""Values are looked at in a sample of between this many rows and twice as many; smaller tables whole."""
POINTS = 50
"""Quantiles are kept at 0, 1/50, …, 1."""
TOP = 20
"""A column of at most this many values, each there often, is a category; as many of its values are kept."""
OFTEN = 5
CELL_CHARACTERS = 60
DIGITS = 7
NEARLY_ALL = 0.9
SORTED = 0.99
LEAST_STEPS = 9
"""This many values in a row are in order by chance less than once in a million times."""

INTEGER = r"^\s*[+-]?[0-9]+\s*$"
NUMBER = r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"
DATE = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}"
SPACED = r"\S\s+\S"

PROFILES_SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "table_name": pl.String,
    "column_name": pl.String,
    "position": pl.Int64,
    "dtype": pl.String,
    "kind": pl.String,
    "rows": pl.Int64,
    "nulls": pl.Int64,
    "distinct_about": pl.Int64,
    "sampled": pl.Int64,
    "min": pl.String,
    "max": pl.String,
    "mean": pl.Float64,
    "quantiles": pl.String,
    "top": pl.String,
    "integers": pl.Int64,
    "numbers": pl.Int64,
    "dates": pl.Int64,
}
"""The columns of `quality.profiles`, without the run and the time.

`quantiles` and `top` are JSON: as nested columns they would make each look at the table's past six times as dear.
"""


@dataclass(frozen=True)
class ColumnProfile:
    """One column of one table at one time.

    `nulls` counts what is missing: null, NaN and empty text. `distinct_about` is exact where the whole column was
    looked at, else an estimate (HyperLogLog, some per cent off). `kind` says how it is compared: `category`, `number`,
    `prose` (by its length) by their distribution; `key`, `time`, `growing`, `text`, `other` by their nulls alone.
    `sampled` values were looked at for what follows: `quantiles` at 0, 1/50, …, 1 (of numbers, or of the number of
    characters), `top` (values and how often) and, of text, how many read as `integers`, as `numbers` (integers too) and
    as ISO `dates`.
    """

    table_name: str
    column_name: str
    position: int
    dtype: str
    kind: str
    rows: int
    nulls: int
    distinct_about: int | None
    sampled: int
    min: str | None
    max: str | None
    mean: float | None
    quantiles: tuple[float, ...]
    top: tuple[tuple[str, int], ...]
    integers: int | None
    numbers: int | None
    dates: int | None

    @property
    def present(self) -> int:
        """Rows that have a value."""
        return self.rows - self.nulls

    def read_as(self, what: str) -> int:
        """Give how many of the sampled values read as `integers`, `numbers` or `dates`."""
        return {"integers": self.integers, "numbers": self.numbers, "dates": self.dates}[what] or 0


def profile(table: str, frame: pl.LazyFrame | pl.DataFrame) -> tuple[ColumnProfile, ...]:
    """Measure every column but the framework's, all of it and a sample that does not depend on the values.

    A lazy frame should be cheap to read three times, as the scan of a file is.

    >>> [(one.column_name, one.kind, one.nulls) for one in profile("core.x", pl.DataFrame({"a": [1, None] * 10}))]
    [('a', 'category', 10)]
    """
    lazy = frame.lazy()
    columns = {name: dtype for name, dtype in lazy.collect_schema().items() if not name.startswith("_")}
    rows = int(lazy.select(pl.len()).collect().item())
    if not columns:
        return ()
    every = max(1, rows // SAMPLE_ROWS)
    # A hash of the row's number chooses the sample: every n-th row would see one phase only of a table that repeats
    # itself.
    sampling = lazy.select(*columns)
    if every > 1:
        sampling = sampling.with_row_index("_n").filter(pl.col("_n").hash(seed=7) % every == 0)
    # Of bytes, as of pictures, only whether they are there is of interest.
    there = pl.when(pl.col(pl.Binary).is_not_null()).then(pl.lit(b"")).name.keep()
    sampling = sampling.with_columns(there) if pl.Binary in columns.values() else sampling
    measures = [
        measure.alias(f"{number} {name}")
        for number, (column, dtype) in enumerate(columns.items())
        for name, measure in _measures(column, dtype, sampled=every > 1).items()
    ]
    # One after the other: two that share one scan hold back what the slower of them has not taken, 100 MB and more.
    measured = lazy.select(measures).collect(engine="streaming")
    sample = sampling.collect(engine="streaming")
    found: list[dict[str, Any]] = [{} for _ in columns]
    for name, value in measured.row(0, named=True).items():
        number, _, measure = name.partition(" ")
        found[int(number)][measure] = value
    return tuple(
        _column(table, number, rows, sample[column], found[number]) for number, column in enumerate(columns)
    )


def row_of(one: ColumnProfile) -> dict[str, Any]:
    """Give the row of `quality.profiles` that stands for a column."""
    top = [{"value": value, "rows": rows} for value, rows in one.top]
    return {**vars(one), "quantiles": json.dumps(one.quantiles), "top": json.dumps(top, ensure_ascii=False)}


def profile_of(row: Mapping[str, Any]) -> ColumnProfile:
    """Give the column that a row of `quality.profiles` stands for.

    >>> (one,) = profile("core.x", pl.DataFrame({"a": ["x", "y"] * 9}))
    >>> profile_of(row_of(one)) == one
    True
    """
    top = tuple((one["value"], one["rows"]) for one in json.loads(row["top"]))
    return ColumnProfile(**{**row, "quantiles": tuple(json.loads(row["quantiles"])), "top": top})


def _measures(column: str, dtype: pl.DataType, *, sampled: bool) -> dict[str, pl.Expr]:
    """Give what is counted over all rows, by name."""
    value = pl.col(column)
    missing = value.is_null()
    if dtype.is_float():
        missing = missing | value.is_nan()
        value = value.fill_nan(None)
    elif dtype == pl.String:
        missing = missing | (value == "")
    measures = {"nulls": missing.sum()}
    if dtype.is_numeric() or dtype.is_temporal():
        measures |= {"min": value.min(), "max": value.max()}
    if dtype.is_numeric():
        measures |= {"mean": value.cast(pl.Float64).mean()}
    if sampled and not dtype.is_nested() and dtype != pl.Binary:
        measures |= {"distinct": value.approx_n_unique()}
    return measures


def _column(
    table: str, position: int, rows: int, sample: pl.Series, found: Mapping[str, Any]
) -> ColumnProfile:
    dtype = sample.dtype
    values = _values(sample)
    kind, counts = _kind(values)
    text = dtype == pl.String
    numbers = _numbers(values) if kind not in {"time", "other"} else None
    top = () if counts is None else tuple(_top(counts))
    whole = kind != "other" and values.len() == rows - found["nulls"]
    distinct = values.n_unique() if whole else found.get("distinct")
    mean = numbers.mean() if text and numbers is not None else found.get("mean")
    return ColumnProfile(
        table_name=table,
        column_name=sample.name,
        position=position,
        dtype="String" if isinstance(dtype, pl.Categorical | pl.Enum) else str(dtype),
        kind=kind,
        rows=rows,
        nulls=found["nulls"],
        distinct_about=None if distinct is None else distinct,
        sampled=values.len(),
        min=_shown(found.get("min")),
        max=_shown(found.get("max")),
        mean=None if mean is None else float(mean),
        quantiles=() if numbers is None else tuple(_quantiles(numbers)),
        top=top,
        integers=_reading(values, INTEGER) if text else None,
        numbers=_reading(values, NUMBER) if text else None,
        dates=_reading(values, DATE) if text else None,
    )


def _values(sample: pl.Series) -> pl.Series:
    """Give what is there: no null, NaN or empty text."""
    values = sample.drop_nulls()
    if values.dtype.is_float():
        return values.filter(values.is_not_nan())
    if isinstance(values.dtype, pl.Categorical | pl.Enum):
        values = values.cast(pl.String)
    return values.filter(values != "") if values.dtype == pl.String else values


def _kind(values: pl.Series) -> tuple[str, pl.Series | None]:
    """Say how a column is to be compared; give its values to count where they repeat."""
    dtype = values.dtype
    if dtype.is_temporal() or _are_dates(values):
        return "time", None
    if not values.len() or not (dtype.is_numeric() or dtype in {pl.String, pl.Boolean}):
        return "other", None
    distinct = values.n_unique()
    if dtype == pl.Boolean or (distinct <= TOP and values.len() >= OFTEN * distinct):
        return "category", values
    repeats = values if distinct < values.len() else None
    if dtype == pl.String and _is_prose(values):
        return "prose", repeats
    if repeats is None and (dtype.is_integer() or dtype == pl.String):
        return "key", None
    return ("text" if dtype == pl.String else "growing" if _grows(values) else "number"), repeats


def _is_prose(values: pl.Series) -> bool:
    """Say whether most texts hold a blank between words, or letters beyond ASCII, as Chinese does."""
    words = values.str.contains(SPACED) | (values.str.len_bytes() > values.str.len_chars())
    return int(words.sum()) > values.len() / 2


def _are_dates(values: pl.Series) -> bool:
    return values.dtype == pl.String and 0 < NEARLY_ALL * values.len() <= _reading(values, DATE)


def _grows(values: pl.Series) -> bool:
    """Say whether the values hardly ever fall from row to row, as numbers and time stamps given in turn do."""
    steps = values.cast(pl.Float64).diff().drop_nulls()
    return steps.len() >= LEAST_STEPS and int((steps >= 0).sum()) >= SORTED * steps.len()


def _numbers(values: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """Give numbers as they are and texts by their characters; null where there is neither."""
    if values.dtype == pl.String:
        values = values.str.len_chars()
    if not values.dtype.is_numeric() or not values.len():
        return None
    found = values.cast(pl.Float64).to_numpy()
    return found[np.isfinite(found)] if values.dtype.is_float() else found


def _quantiles(numbers: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Iterator[float]:
    if numbers.size:
        ordered = np.sort(numbers)
        at = np.ceil(np.linspace(0, 1, POINTS + 1) * ordered.size).astype(np.int64) - 1
        yield from (float(f"{point:.{DIGITS}g}") for point in ordered[at.clip(min=0)].tolist())


def _top(values: pl.Series) -> Iterator[tuple[str, int]]:
    counts = values.cast(pl.String).rename("value").value_counts(name="rows")
    for value, rows in counts.sort("rows", "value", descending=[True, False]).head(TOP).iter_rows():
        yield value[:CELL_CHARACTERS], rows


def _reading(values: pl.Series, form: str) -> int:
    return int(values.str.contains(form).sum())


def _shown(value: object) -> str | None:
    return None if value is None else str(value)[:CELL_CHARACTERS]
