"""A table as it is: types, gaps, ranges, shapes, likely keys, hidden missing values, columns that hang together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from dq.profile.column import Column, look
from dq.profile.dependencies import Dependency, Order, dependencies, orders
from dq.profile.keys import pair_keys, single_key
from dq.profile.shapes import patterns
from dq.profile.values import histogram, quantiles

QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
TOP = 10


@dataclass(frozen=True)
class Profile:
    """What a table is; `rows` of `total` were looked at, evenly spread.

    `keys` has likely keys of one column or two. `dependencies` and `orders` may be broken by a minority of rows.
    """

    table: str
    total: int
    rows: int
    columns: tuple[Column, ...]
    keys: tuple[tuple[str, ...], ...]
    dependencies: tuple[Dependency, ...]
    orders: tuple[Order, ...]

    def column(self, name: str) -> Column:
        """Give the column of this name."""
        return next(column for column in self.columns if column.name == name)

    def as_json(self) -> dict[str, Any]:
        """Give all of it in types that JSON has."""
        return {
            "table": self.table,
            "rows": self.total,
            "rows_looked_at": self.rows,
            "keys": [list(key) for key in self.keys],
            "dependencies": [asdict(one) for one in self.dependencies],
            "orders": [asdict(one) for one in self.orders],
            "columns": [describe(column) for column in self.columns],
        }


def profile(frame: pl.DataFrame, table: str, total: int | None = None) -> Profile:
    """Profile the rows of a table; columns with an underscore in front are the framework's and left out.

    Costs one count of values per column, and one sort per pair of columns that repeat their values.

    >>> found = profile(pl.DataFrame({"id": range(1, 31), "paid": ["yes", "no", "?"] * 10}), "core.orders")
    >>> found.keys, found.column("paid").reading.kind, found.column("paid").hidden["value"].to_list()
    ((('id',),), 'boolean', ['?'])
    """
    rows = frame.select(pl.exclude("^_.*$"))
    columns = tuple(look(column) for column in rows)
    alone = [(column.name,) for column in columns if single_key(column)]
    return Profile(
        table=table,
        total=rows.height if total is None else total,
        rows=rows.height,
        columns=columns,
        keys=tuple(alone or pair_keys(rows, columns)),
        dependencies=tuple(without_keys(dependencies(rows, columns), [key for (key,) in alone])),
        orders=tuple(orders(rows, columns)),
    )


def without_keys(found: Sequence[Dependency], keys: Sequence[str]) -> list[Dependency]:
    """Leave out what follows from a key, as everything does."""
    return [one for one in found if one.given not in keys]


def describe(column: Column) -> dict[str, Any]:
    """Give one column in types that JSON has; numbers keep theirs, days and other values are text."""
    told: dict[str, Any] = {
        "name": column.name,
        "dtype": str(column.dtype),
        "reads_as": str(column.reading),
        "reads_as_share": column.reading.share,
        "rows": column.rows,
        "nulls": column.nulls,
    }
    if column.is_opaque:
        return told
    told |= {
        "distincts": column.values.height,
        "top": column.values.head(TOP).with_columns(pl.col("value").cast(pl.String)).to_dicts(),
        "hidden_missing": column.hidden.to_dicts(),
        "vocabulary": column.is_closed,
    }
    if column.numbers is not None and column.numbers.height:
        told["min"], *_, told["max"] = quantiles(column.numbers, QUANTILES)
        cells, counts = column.numbers["number"].to_numpy(), column.numbers["count"].to_numpy()
        told["mean"] = float((cells * counts).sum() / counts.sum())
        told["quantiles"] = dict(zip(map(str, QUANTILES), quantiles(column.numbers, QUANTILES), strict=True))
        told["histogram"] = histogram(column.numbers)
    elif column.days is not None and column.days.height:
        told["min"], told["max"] = str(column.days["day"][0]), str(column.days["day"][-1])
    elif column.values.height:
        ordered = column.values["value"]
        told["min"], told["max"] = str(ordered.min())[:200], str(ordered.max())[:200]
    if column.is_text and column.values.height:
        lengths = column.values["value"].str.len_chars()
        told["min_length"], told["max_length"] = lengths.min(), lengths.max()
        told["patterns"] = patterns(column.values).to_dicts()
    return told
