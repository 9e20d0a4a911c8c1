"""Filling what is missing, by what was learned from the training rows alone, and never without saying so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from dq.clean.marks import append, filled, with_ledgers
from dq.clean.training_rows import only_training_rows
from dq.errors import ContractError
from dq.required_columns import require


@dataclass(frozen=True)
class Constant:
    """The same value for every missing cell."""

    value: Any


Fill = Literal["median", "mode"] | Constant


@dataclass(frozen=True)
class Imputation:
    """What was learned: `overall` is one row of fills by column; `groups` has the columns `by` and their
    fills.
    """

    columns: tuple[str, ...]
    by: tuple[str, ...]
    overall: pl.DataFrame
    groups: pl.DataFrame


def learn_imputation(
    training: pl.LazyFrame | pl.DataFrame, fills: Mapping[str, Fill], by: Sequence[str] = ()
) -> Imputation:
    """Learn what to fill the columns of `fills` with, from `training`: give it the training split and nothing
    else.

    `median` is the lower middle value, so that whole numbers stay whole; `mode` the most frequent value, of
    equals the least. With `by`, each group has its own; where a group has no value at all, the overall one
    serves.

    Raises:
        SchemaError: where a column is missing.
        ContractError: where rows of another `split` than "train" are among them, or a median is asked of text,
            or a column has no value to learn from.

    """
    lazy = training.lazy()
    require(lazy, [*fills, *by], "impute")
    only_training_rows(lazy, "learn_imputation")
    schema = lazy.collect_schema()
    wordy = [c for c, fill in fills.items() if fill == "median" and not schema[c].is_numeric()]
    if wordy:
        raise ContractError(f"a median needs numbers: {', '.join(wordy)}", hint='"mode" fits words')
    learned = [_learned(column, fill, schema[column]).alias(column) for column, fill in fills.items()]
    overall = lazy.select(learned).collect()
    empty = [column for column in fills if overall[column].null_count()]
    if empty:
        raise ContractError(f"nothing to learn from: {', '.join(empty)} has no value in the training rows")
    groups = (
        lazy.drop_nulls(list(by)).group_by(list(by)).agg(learned).sort(list(by)).collect() if by else overall
    )
    return Imputation(tuple(fills), tuple(by), overall, groups)


def impute(frame: pl.LazyFrame, imputation: Imputation) -> pl.LazyFrame:
    """Give `frame` with the missing cells filled, and for each column `<column>_is_imputed`, which says
    where.

    A repair `impute:<column>` (completeness) counts them. Cells with a value stay as they are. A row whose group was
    not learned, or is null, gets the overall fill. A frame that has the mask already keeps what it says: filling
    twice is filling once.

    >>> rows = pl.LazyFrame({"age": [10, 20, 40, None], "sex": ["f", "f", "m", "m"]})
    >>> told = impute(rows, learn_imputation(rows, {"age": "median"}, by=["sex"])).collect()
    >>> told["age"].to_list(), told["age_is_imputed"].to_list()
    ([10, 20, 40, 40], [False, False, False, True])

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, [*imputation.columns, *imputation.by], "impute")
    present = frame.collect_schema().names()
    fills = {column: pl.lit(imputation.overall[column]).first() for column in imputation.columns}
    joined = with_ledgers(frame)
    if imputation.by:
        named = imputation.groups.rename({column: f"_fill:{column}" for column in imputation.columns})
        joined = joined.join(named.lazy(), on=list(imputation.by), how="left", maintain_order="left")
        fills = {column: pl.coalesce(f"_fill:{column}", fill) for column, fill in fills.items()}
    masks = {column: f"{column}_is_imputed" for column in imputation.columns}
    return joined.with_columns(
        append("_repairs", [filled(pl.col(c).is_null(), c, "impute") for c in imputation.columns]),
        *(pl.coalesce(pl.col(c), fills[c]).alias(c) for c in imputation.columns),
        *(
            (pl.col(c).is_null() | (pl.col(mask) if mask in present else pl.lit(value=False))).alias(mask)
            for c, mask in masks.items()
        ),
    ).drop(f"_fill:{column}" for column in imputation.columns if imputation.by)


def _learned(column: str, fill: Fill, dtype: pl.DataType) -> pl.Expr:
    if isinstance(fill, Constant):
        return pl.lit(fill.value, dtype=dtype)
    values = pl.col(column).drop_nulls()
    if fill == "median":
        return values.quantile(0.5, "lower").cast(dtype)
    return values.mode().min()
