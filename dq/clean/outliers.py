"""Numbers that lie far from the rest of their column or group: flagged, clipped or handed to the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from dq.clean.marks import append, mark, with_ledgers
from dq.clean.training_rows import only_training_rows
from dq.errors import ContractError
from dq.required_columns import require

Method = Literal["iqr", "mad"]
Action = Literal["flag", "clip", "problem"]

MAD_TO_SIGMA = 1.4826
"""Makes the median absolute deviation of a normal distribution its standard deviation."""


@dataclass(frozen=True)
class Fences:
    """What was learned: `bounds` has the columns `by`, and of each column its `<column>:low` and
    `<column>:high`.

    A null bound bounds nothing.
    """

    columns: tuple[str, ...]
    by: tuple[str, ...]
    bounds: pl.DataFrame


def learn_fences(
    frame: pl.LazyFrame | pl.DataFrame,
    columns: Sequence[str],
    *,
    method: Method = "iqr",
    width: float = 3.0,
    by: Sequence[str] = (),
    at_least: int = 20,
) -> Fences:
    """Learn between which bounds the values of `columns` are usual: overall, or for each group `by`.

    `iqr`: quartiles, `width` times their distance beyond; `mad`: `width` robust standard deviations about the
    median. Where half of the values are the same these measures are 0 and say nothing, so there are no
    bounds; nor where a group has fewer than `at_least` values.

    Raises:
        SchemaError: where a column is missing.
        ContractError: where rows of another `split` than "train" are among them, or a column is no number.

    """
    lazy = frame.lazy()
    require(lazy, [*columns, *by], "learn_fences")
    only_training_rows(lazy, "learn_fences")
    schema = lazy.collect_schema()
    wordy = [column for column in columns if not schema[column].is_numeric()]
    if wordy:
        raise ContractError(f"only numbers have outliers: {', '.join(wordy)}")
    bounds = [bound for column in columns for bound in _bounds(column, method, width, at_least)]
    learned = lazy.group_by(list(by)).agg(bounds).sort(list(by)) if by else lazy.select(bounds)
    return Fences(tuple(columns), tuple(by), learned.collect())


def fence(frame: pl.LazyFrame, fences: Fences, action: Action = "flag") -> pl.LazyFrame:
    """Give `frame` with what lies outside of `fences` dealt with; nulls, NaN and unknown groups are inside.

    - `flag`: a column `<column>_is_outlier`;
    - `clip`: the value becomes the bound, and a repair `outlier:<column>` (accuracy) keeps what it was; whole
      numbers become the nearest whole number inside;
    - `problem`: the value becomes null and a problem `outlier:<column>` (accuracy), which the contract
      judges.

    >>> rows = pl.LazyFrame({"x": [*range(30), 1000]})
    >>> fence(rows, learn_fences(rows, ["x"])).filter("x_is_outlier").collect()["x"].to_list()
    [1000]

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, [*fences.columns, *fences.by], "fence")
    schema = frame.collect_schema()
    if fences.by:
        joined = frame.join(
            fences.bounds.lazy(), on=list(fences.by), how="left", maintain_order="left", nulls_equal=True
        )
    else:
        joined = frame.with_columns(pl.lit(bound).first().alias(bound.name) for bound in fences.bounds)
    marks, columns = [], []
    for column in fences.columns:
        low, high = pl.col(f"{column}:low"), pl.col(f"{column}:high")
        number = pl.col(column).fill_nan(None) if schema[column].is_float() else pl.col(column)
        beyond = ((number < low) | (number > high)).fill_null(value=False)
        marks.append(mark(beyond, column, "outlier", "accuracy"))
        if action == "flag":
            columns.append(beyond.alias(f"{column}_is_outlier"))
        elif action == "clip":
            whole = schema[column].is_integer()
            inside = pl.col(column).clip(low.ceil() if whole else low, high.floor() if whole else high)
            columns.append(pl.when(beyond).then(inside).otherwise(column).cast(schema[column]).alias(column))
        else:
            columns.append(pl.when(~beyond).then(pl.col(column)).alias(column))
    if action != "flag":
        columns.insert(0, append("_repairs" if action == "clip" else "_problems", marks))
        joined = with_ledgers(joined)
    return joined.with_columns(columns).drop(
        f"{column}:{side}" for column in fences.columns for side in ("low", "high")
    )


def _bounds(column: str, method: Method, width: float, at_least: int) -> list[pl.Expr]:
    values = pl.col(column).cast(pl.Float64)
    values = values.filter(values.is_finite())
    if method == "iqr":
        low, high = values.quantile(0.25, "linear"), values.quantile(0.75, "linear")
        spread = high - low
    else:
        low = high = values.median()
        spread = MAD_TO_SIGMA * (values - values.median()).abs().median()
    known = (values.len() >= at_least) & (spread > 0)
    return [
        pl.when(known).then(low - width * spread).alias(f"{column}:low"),
        pl.when(known).then(high + width * spread).alias(f"{column}:high"),
    ]
