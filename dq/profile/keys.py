"""Which columns, alone or in pairs, tell one row from every other, and not by chance."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import polars as pl

from dq.profile.column import Column

COLLISIONS = 10.0
"""A key is believed where chance would have given this many repeats, and there is none."""
NEARLY = 0.98
"""A column that is named like a key is one where this share of its values is distinct: the rest are slips."""
CANDIDATES = 8
FEWEST_ROWS = 20
NAME = re.compile(
    r"(?i:(^|[_\W])(id|ids|key|no|nr|number|code|uuid|guid|index)\.?$)|[a-z](Id|ID|Key|Number|No|Code)$"
)
WORDS = 0.05
"""Text with white space in more than this share of its cells is prose or names, and no key."""


def is_named_like_a_key(name: str) -> bool:
    """Say whether a column is called so.

    >>> [is_named_like_a_key(name) for name in ("customer_id", "ProviderNumber", "NO.", "paid", "amount")]
    [True, True, True, False, False]
    """
    return NAME.search(name) is not None


LABEL = re.compile(r"(?i)(^|[_\W])(zip|zipcode|postcode|postal|phone|telephone|tel|fax|isbn|issn)([_\W]|$)")


def is_label(name: str) -> bool:
    """Say whether whole numbers of this name are names, so that none is too large: keys, zip codes, phones."""
    return is_named_like_a_key(name) or LABEL.search(name) is not None


def single_key(column: Column) -> bool:
    """Say whether one column is a likely key: never null, never twice, and either called a key or no accident.

    Measurements with decimals, days and prose may be unique by accident and are no keys; of a column that is
    named like a key a few values may repeat.
    """
    distincts = column.values.height
    if column.rows < FEWEST_ROWS or column.nulls or distincts < NEARLY * column.rows:
        return False
    named = is_named_like_a_key(column.name)
    if column.reading.kind in {"decimal", "date", "datetime", "boolean", "nested", "time"}:
        return False
    if distincts < column.rows and not named:
        return False
    if column.is_text and column.reading.kind != "integer":
        spaced = column.values.filter(pl.col("value").str.contains(r"\s|[。，！？]"))["count"].sum()
        return bool(spaced <= WORDS * column.rows)
    if named or column.numbers is None or column.numbers.is_empty():
        return named
    spread = float(column.numbers["number"][-1]) - float(column.numbers["number"][0]) + 1
    return column.rows**2 / (2 * spread) >= COLLISIONS


def pair_keys(frame: pl.DataFrame, columns: Sequence[Column]) -> list[tuple[str, str]]:
    """Give the pairs of columns that no two rows share, where chance would have let rows share them."""
    rows = frame.height
    if rows < FEWEST_ROWS:
        return []
    same = {
        column.name: float(((column.values["count"] / rows) ** 2).sum())
        for column in columns
        if not column.nulls
        and not column.is_opaque
        and 1 < column.values.height < rows
        and column.reading.kind not in {"decimal", "boolean", "nested", "prose"}
    }
    height = {column.name: column.values.height for column in columns}
    candidates = sorted(same, key=lambda name: (same[name], name))[:CANDIDATES]
    return [
        (a, b)
        for a, b in itertools.combinations([c.name for c in columns if c.name in candidates], 2)
        if rows * (rows - 1) / 2 * same[a] * same[b] >= COLLISIONS
        and height[a] * height[b] >= rows
        and frame.select(pl.struct(a, b).n_unique()).item() == rows
    ]
