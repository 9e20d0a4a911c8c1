"""What cleaning changed, counted: the rows of `quality.repairs`."""

from __future__ import annotations

import polars as pl

SCHEMA: dict[str, type[pl.DataType]] = {
    "table_name": pl.String,
    "column_name": pl.String,
    "rule": pl.String,
    "dimension": pl.String,
    "cells": pl.Int64,
}


def repairs_frame(frame: pl.LazyFrame | pl.DataFrame, table: str) -> pl.DataFrame:
    """Count the repaired cells of `frame` by column and rule, sorted by both.

    Columns `table_name, column_name, rule, dimension, cells`. A frame without repairs, or without the column
    `_repairs`, gives no rows.

    >>> from dq.clean import hidden_missing
    >>> frame = hidden_missing(pl.LazyFrame({"ca": ["4", "4", "1"]}), {"ca": ["4"]})
    >>> repairs_frame(frame, "core.heart").rows()
    [('core.heart', 'ca', 'hidden_missing:ca', 'completeness', 2)]
    """
    lazy = frame.lazy()
    if "_repairs" not in lazy.collect_schema().names():
        return pl.DataFrame(schema=SCHEMA)
    return (
        lazy.select(repair=pl.col("_repairs"))
        .explode("repair")
        .drop_nulls()
        .unnest("repair")
        .group_by(column_name="column", rule="rule", dimension="dimension")
        .agg(cells=pl.len().cast(pl.Int64))
        .select(pl.lit(table).alias("table_name"), "column_name", "rule", "dimension", "cells")
        .sort("column_name", "rule")
        .collect()
    )
