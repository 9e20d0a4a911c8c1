"""Filling missing numbers by what the row's other numbers say, learned from the training rows alone.

By default by rows that are alike; by any imputer of scikit-learn where one is given. scikit-learn itself is not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dq.clean.marks import append, filled, with_ledgers
from dq.clean.training_rows import only_training_rows
from dq.errors import ContractError
from dq.required_columns import require

AT_ONCE = 256


class Imputer(Protocol):
    """What `sklearn.impute` calls an imputer: it is fitted to rows with NaN, and gives rows without."""

    def fit(self, rows: NDArray[np.float64], /) -> object:
        """Learn from these rows."""

    def transform(self, rows: NDArray[np.float64], /) -> NDArray[np.float64]:
        """Give the rows with every NaN filled."""


@dataclass(frozen=True)
class ModelImputation:
    """What was learned: the training rows, brought to one scale by `means` and `spreads`, null as NaN.

    `model` is fitted to these rows; without one the `neighbours` nearest of them tell.
    """

    columns: tuple[str, ...]
    means: NDArray[np.float64]
    spreads: NDArray[np.float64]
    rows: NDArray[np.float64]
    neighbours: int
    model: Imputer | None = None


def learn_model_imputation(
    training: pl.LazyFrame | pl.DataFrame,
    columns: Sequence[str],
    *,
    neighbours: int = 5,
    model: Imputer | None = None,
) -> ModelImputation:
    """Learn from `training`, the training split and nothing else: which rows are alike in `columns`, all numbers.

    A missing cell will get the mean of the `neighbours` rows that are nearest in the columns that both know and know
    the missing one; of rows equally near, the first. (scikit-learn's `KNNImputer` takes of these now one, now another,
    depending on the rows beside.)

    With `model`, an imputer of scikit-learn, that one is fitted to the rows, all columns on one scale, and fills:
    `IterativeImputer(HistGradientBoostingRegressor(random_state=0), random_state=0)`, say. Give it a seed. It must fill
    a row by that row alone, as all but `KNNImputer` do; a linear model may differ in the last digits with the rows
    beside. The model that was given stays as it was.

    Raises:
        SchemaError: where a column is missing.
        ContractError: where rows of another `split` than "train" are among them, or a column is no number, or
            has no value to learn from.

    """
    lazy = training.lazy()
    require(lazy, columns, "impute_by_model")
    only_training_rows(lazy, "learn_model_imputation")
    schema = lazy.collect_schema()
    wordy = [name for name in columns if not schema[name].is_numeric()]
    if wordy:
        raise ContractError(f"neighbours are told by numbers: {', '.join(wordy)}", hint="recode words first")
    numbers = lazy.select(pl.col(columns).cast(pl.Float64).fill_nan(None)).collect()
    empty = [name for name in columns if numbers[name].null_count() == numbers.height]
    if empty:
        raise ContractError(f"nothing to learn from: {', '.join(empty)} has no value in the training rows")
    rows = numbers.to_numpy()
    means, spreads = np.nanmean(rows, axis=0), np.nanstd(rows, axis=0)
    spreads[spreads == 0] = 1
    scaled = (rows - means) / spreads
    fitted = deepcopy(model)
    if fitted is not None:
        fitted.fit(scaled)
    return ModelImputation(tuple(columns), means, spreads, scaled, neighbours, fitted)


def impute_by_model(frame: pl.LazyFrame, imputation: ModelImputation) -> pl.LazyFrame:
    """Give `frame` with missing numbers filled, and for each column `<column>_is_imputed`, which says where.

    A repair `impute_by_model:<column>` (completeness) counts them. Cells with a value stay as they are; whole numbers
    are filled with the nearest whole number. Each row is filled by the training rows alone, so other rows of `frame`
    do not matter. Filling twice is filling once.

    >>> rows = pl.LazyFrame({"a": [1.0, 2.0, 9.0, 1.5], "b": [10.0, 20.0, 90.0, None]})
    >>> told = impute_by_model(rows, learn_model_imputation(rows, ["a", "b"], neighbours=2)).collect()
    >>> told["b"].to_list(), told["b_is_imputed"].to_list()
    ([10.0, 20.0, 90.0, 15.0], [False, False, False, True])

    Raises:
        SchemaError: where a column is missing.
        ContractError: where a model that was given leaves cells missing, or gives other columns.

    """
    require(frame, imputation.columns, "impute_by_model")
    schema = frame.collect_schema()
    given = {name: schema[name] for name in imputation.columns}

    def told(cells: pl.Series) -> pl.Series:
        numbers = cells.struct.unnest().select(pl.all().cast(pl.Float64).fill_nan(None)).to_numpy()
        filled = _filled((numbers - imputation.means) / imputation.spreads, imputation)
        back = filled * imputation.spreads + imputation.means
        return pl.DataFrame(back, schema=dict.fromkeys(given, pl.Float64)).to_struct(cells.name)

    whole = pl.Struct(dict.fromkeys(given, pl.Float64))
    guess = pl.struct(list(given)).map_batches(told, whole, is_elementwise=True)
    guesses = {name: guess.struct.field(name) for name in given}
    kept = {
        name: pl.coalesce(name, (guesses[name].round() if dtype.is_integer() else guesses[name]).cast(dtype))
        for name, dtype in given.items()
    }
    masks = {name: f"{name}_is_imputed" for name in given}
    before = {mask: pl.col(mask) if mask in schema else pl.lit(value=False) for mask in masks.values()}
    missing = [filled(pl.col(name).is_null(), name, "impute_by_model") for name in given]
    return with_ledgers(frame).with_columns(
        append("_repairs", missing),
        *(expr.alias(name) for name, expr in kept.items()),
        *((pl.col(name).is_null() | before[mask]).alias(mask) for name, mask in masks.items()),
    )


def _filled(rows: NDArray[np.float64], learned: ModelImputation) -> NDArray[np.float64]:
    """Give the rows with what is missing filled, a few at a time: memory holds their distances to all training rows."""
    out = rows.copy()
    incomplete = np.flatnonzero(np.isnan(rows).any(axis=1))
    if learned.model is not None:
        return _by_model(out, incomplete, learned.model)
    for start in range(0, len(incomplete), AT_ONCE):
        at = incomplete[start : start + AT_ONCE]
        far = _distances(rows[at], learned.rows)
        for column in range(rows.shape[1]):
            missing = np.isnan(rows[at, column])
            donors = np.flatnonzero(~np.isnan(learned.rows[:, column]))
            order = np.argsort(far[missing][:, donors], axis=1, kind="stable")[:, : learned.neighbours]
            out[at[missing], column] = learned.rows[donors[order], column].mean(axis=1)
    return out


def _distances(rows: NDArray[np.float64], training: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the mean squared distance over the columns that both rows know; rows with none in common are far."""
    total, both = np.zeros((len(rows), len(training))), np.zeros((len(rows), len(training)))
    for column in range(rows.shape[1]):
        away = (rows[:, column, None] - training[None, :, column]) ** 2
        known = ~np.isnan(away)
        total += np.where(known, away, 0)
        both += known
    return np.where(both > 0, total / np.maximum(both, 1), np.inf)


def _by_model(rows: NDArray[np.float64], at: NDArray[np.int64], model: Imputer) -> NDArray[np.float64]:
    if not len(at):
        return rows
    # A row that is known, the means, goes with them: where nothing at all is known, IterativeImputer takes another way.
    # What is infinite tells nothing of the others, and scikit-learn refuses it; the cell itself stays.
    known = np.where(np.isfinite(rows[at]), rows[at], np.nan)
    filled = np.asarray(model.transform(np.vstack([np.zeros(rows.shape[1]), known])))[1:]
    if filled.shape != rows[at].shape or np.isnan(filled).any():
        raise ContractError(
            f"{type(model).__name__} does not fill every cell of every column",
            hint="of an imputer of scikit-learn: add_indicator=False, missing_values=nan",
        )
    rows[at] = filled
    return rows
