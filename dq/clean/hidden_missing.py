"""Values that stand for "we do not know" and must not be read as a measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from dq.clean.marks import append, mark, with_ledgers
from dq.required_columns import require


def hidden_missing(frame: pl.LazyFrame, values: Mapping[str, Sequence[str]]) -> pl.LazyFrame:
    """Give `frame` with null where a cell is one of its column's `values`, each kept as a repair.

    The repair `hidden_missing:<column>` (completeness) keeps the text before. Text is compared without
    surrounding white space and otherwise exactly; a column that is already numeric is compared as numbers.
    Nulls stay null and are no repair; doing it twice is doing it once.

    >>> heart = pl.LazyFrame({"chol": ["233", "0"], "ca": ["4", "1"]})
    >>> seen = hidden_missing(heart, {"chol": ["0"], "ca": ["4"]}).collect()
    >>> seen.select("chol", "ca").rows()
    [('233', None), (None, '1')]

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, list(values), "hidden_missing")
    schema = frame.collect_schema()
    hidden = {column: _is_one_of(column, schema[column], words) for column, words in values.items()}
    return with_ledgers(frame).with_columns(
        append("_repairs", [mark(w, c, "hidden_missing", "completeness") for c, w in hidden.items()]),
        *(pl.when(~where.fill_null(value=False)).then(pl.col(c)).alias(c) for c, where in hidden.items()),
    )


def _is_one_of(column: str, dtype: pl.DataType, words: Sequence[str]) -> pl.Expr:
    if dtype.is_numeric():
        return pl.col(column).cast(pl.Float64).is_in([float(word) for word in words])
    return pl.col(column).cast(pl.String).str.strip_chars().is_in(list(words))
