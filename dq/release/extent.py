"""How large the rows to release are, and what they lack: one pass, before they are cut and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dq.errors import SchemaError


@dataclass(frozen=True)
class Extent:
    """How many rows and bytes there are, nulls by column, nulls in lists by column, and the splits.

    Bytes are counted so that they are the same on every machine, as the size of a block follows from them.
    """

    rows: int
    bytes: int
    nulls: Mapping[str, int]
    nulls_in_lists: Mapping[str, int]
    splits: tuple[str, ...]

    def refuse_nulls(self, names: tuple[str, ...], dataset: str) -> None:
        """Do nothing where these columns, and all lists, are without nulls: lists are given as arrays of one type.

        Raises:
            SchemaError: where they are not; says how many of how many.

        """
        for name in names:
            if self.nulls[name]:
                raise SchemaError(f"{name} is null", where=dataset, failed=self.nulls[name], of=self.rows)
        for name, failed in self.nulls_in_lists.items():
            if failed:
                raise SchemaError(
                    f"lists in {name} hold nulls",
                    where=dataset,
                    failed=failed,
                    of=self.rows,
                    hint="drop or fill them",
                )


def measure(rows: pl.LazyFrame, split: str) -> Extent:
    """Measure rows that can be published, in a pass that holds none of them.

    >>> measure(pl.LazyFrame({"x": [1, None], "s": ["train", "test"]}), "s")
    Extent(rows=2, bytes=31, nulls={'x': 1, 's': 0}, nulls_in_lists={}, splits=('test', 'train'))
    """
    schema = rows.collect_schema()
    lists = [name for name, dtype in schema.items() if isinstance(dtype, pl.List)]
    named = rows.select(pl.col(split).cast(pl.String)).unique()
    told, splits = pl.collect_all(
        [
            rows.select(
                pl.len().alias("rows"),
                pl.sum_horizontal([_bytes(name, dtype) for name, dtype in schema.items()]).alias("bytes"),
                *(pl.col(name).null_count().alias(f"nulls {name}") for name in schema),
                *(_with_nulls(name).alias(f"nulls in {name}") for name in lists),
            ),
            named,
        ],
        engine="streaming",
    )
    counts = told.row(0, named=True)
    return Extent(
        rows=counts["rows"],
        bytes=counts["bytes"],
        nulls={name: counts[f"nulls {name}"] for name in schema},
        nulls_in_lists={name: counts[f"nulls in {name}"] for name in lists},
        splits=tuple(splits.to_series().drop_nulls().sort()),
    )


def _with_nulls(name: str) -> pl.Expr:
    return pl.col(name).list.eval(pl.element().is_null()).list.any().sum().cast(pl.Int64)


def _bytes(name: str, dtype: pl.DataType) -> pl.Expr:
    """Give the bytes of a column: its values, one a row for validity, one a text or list for its length."""
    column, rows = pl.col(name), pl.len().cast(pl.Int64)
    if isinstance(dtype, pl.List):
        items = column.list.len().sum().cast(pl.Int64)
        if isinstance(dtype.inner, (pl.String, pl.Binary)):
            flat = column.explode(empty_as_null=False, keep_nulls=False)
            return rows * 2 + items * 2 + _length(flat, dtype.inner)
        return rows * 2 + items * (1 + _width(dtype.inner))
    if isinstance(dtype, (pl.String, pl.Binary)):
        return rows * 2 + _length(column, dtype)
    return rows * (1 + _width(dtype))


def _length(column: pl.Expr, dtype: pl.DataType | pl.datatypes.DataTypeClass) -> pl.Expr:
    length = column.bin.size() if isinstance(dtype, pl.Binary) else column.str.len_bytes()
    return length.sum().cast(pl.Int64)


def _width(dtype: pl.DataType | pl.datatypes.DataTypeClass) -> int:
    if isinstance(dtype, (pl.Boolean, pl.Int8, pl.UInt8)):
        return 1
    if isinstance(dtype, (pl.Int16, pl.UInt16)):
        return 2
    if isinstance(dtype, (pl.Int32, pl.UInt32, pl.Float32, pl.Date)):
        return 4
    return 8
