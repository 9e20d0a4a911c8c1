"""How the rows of a release spread over the values of its label, split by split: what a data card shows first."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite

import polars as pl

AT_MOST = 20
"""So many values are told one by one; of numbers that have more, ranges are; of others the rest is told together."""
RANGES = 10
MANY = 100_000
"""Of a label with more values than these nothing is told: it is no class, and to count them takes memory."""
SCHEMA = {"value": pl.String, "number": pl.Float64, "split": pl.String, "rows": pl.Int64}


class LabelBalance:
    """Takes the rows a part at a time, and counts them by value of the label and by split.

    >>> rows = pl.DataFrame({"y": ["no", "no", "yes"], "split": ["train", "test", "train"]})
    >>> balance = LabelBalance(rows.lazy(), "y", "split")
    >>> balance.add(rows)
    >>> balance.counts
    {'no': {'test': 1, 'train': 1}, 'yes': {'test': 0, 'train': 1}}
    """

    def __init__(self, rows: pl.LazyFrame, label: str | None, split: str) -> None:
        dtype = rows.collect_schema()[label] if label else None
        told = dtype is not None and not dtype.is_nested() and dtype != pl.Binary
        self._label, self._split = (label if told else None), split
        self._numeric = dtype is not None and dtype.is_numeric()
        self._edges = _edges(rows, label) if label and self._numeric else []
        self._values: pl.DataFrame | None = pl.DataFrame(schema=SCHEMA)
        self._ranges = pl.DataFrame(schema=SCHEMA)

    def add(self, part: pl.DataFrame) -> None:
        """Count the rows of a part."""
        if self._label is None:
            return
        label, split = pl.col(self._label), pl.col(self._split).cast(pl.String).alias("split")
        number = (label.cast(pl.Float64) if self._numeric else pl.lit(None, dtype=pl.Float64)).alias("number")
        if self._values is not None:
            text = label.cast(pl.String).fill_null("null").alias("value")
            self._values = _more(self._values, part.select(text, number, split))
            if self._values["value"].n_unique() > (AT_MOST + 1 if self._edges else MANY):
                self._values = None
        if self._edges:
            self._ranges = _more(
                self._ranges, part.select(number, split).select(self._range(), "number", "split")
            )

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Rows by value and by split: the most frequent value first, numbers from the least on, or in ten ranges.

        Null is a value of its own, `null`. Every row is counted once. Empty for labels that are lists or bytes, or have
        very many values.
        """
        if self._label is None or (self._values is None and not self._edges):
            return {}
        counted = self._ranges if self._values is None else self._values
        totals = counted.group_by("value").agg(pl.col("number").min(), pl.col("rows").sum())
        if self._numeric:
            order = totals.sort("number", "value", nulls_last=True)["value"].to_list()
        else:
            order = totals.sort("rows", "value", descending=[True, False])["value"].to_list()
        if len(order) > AT_MOST + 1:
            rest = f"{len(order) - AT_MOST:,} other values"
            named = pl.when(pl.col("value").is_in(order[:AT_MOST])).then("value").otherwise(pl.lit(rest))
            counted, order = counted.with_columns(named.alias("value")), [*order[:AT_MOST], rest]
        splits = sorted(counted["split"].unique().to_list())
        found = {
            (value, split): rows
            for value, split, rows in counted.group_by("value", "split").agg(pl.col("rows").sum()).iter_rows()
        }
        return {value: {split: found.get((value, split), 0) for split in splits} for value in order}

    def _range(self) -> pl.Expr:
        """Name the tenth of the range from least to greatest that a number lies in; NaN and null by themselves."""
        edges = self._edges
        digits = next(
            (many for many in (4, 6, 9, 12) if len({f"{one:.{many}g}" for one in edges}) > RANGES), 17
        )
        names = [f"{first:.{digits}g} to {last:.{digits}g}" for first, last in pairwise(edges)]
        width = (edges[-1] - edges[0]) / RANGES
        number = pl.col("number")
        tenth = ((number - edges[0]) / width).floor().clip(0, RANGES - 1)
        named = (
            pl.when(number.is_finite())
            .then(tenth)
            .cast(pl.Int64)
            .replace_strict(dict(enumerate(names)), default="not finite", return_dtype=pl.String)
        )
        return pl.when(number.is_null()).then(pl.lit("null")).otherwise(named).alias("value")


def _edges(rows: pl.LazyFrame, label: str) -> list[float]:
    """Give the eleven edges of ten equal ranges; none where the numbers have no range."""
    number = pl.col(label).cast(pl.Float64)
    finite = number.filter(number.is_finite())
    told = rows.select(finite.min().alias("least"), finite.max().alias("greatest")).collect(
        engine="streaming"
    )
    least, greatest = told.row(0)
    if least is None or least == greatest or not isfinite(greatest - least):
        return []
    return [least + (greatest - least) / RANGES * step for step in range(RANGES)] + [greatest]


def _more(counted: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Give the counts with those of further rows."""
    fresh = rows.group_by("value", "split").agg(pl.col("number").min(), pl.len().cast(pl.Int64).alias("rows"))
    both = pl.concat([counted, fresh.select(*SCHEMA)])
    return both.group_by("value", "split").agg(pl.col("number").min(), pl.col("rows").sum()).select(*SCHEMA)
