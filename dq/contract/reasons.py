"""Why rows were rejected: one struct per broken rule, gathered by row."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from dq.contract.rules import Rule
from dq.lists_by_row import Places, lists_by_row
from dq.verdict import REASONS

LONGEST_VALUE_COLUMNS = 8
"""A rule over more columns than this shows the first ones only, and says how many it left out."""


def as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    """Give a cell as text, null where the cell is; nested cells as JSON, bytes in hexadecimal.

    >>> pl.DataFrame({"a": [[1, 2], None]}).select(as_text("a", pl.List(pl.Int64())))["a"].to_list()
    ['[1,2]', None]
    """
    cell = pl.col(name)
    if dtype == pl.String:
        return cell
    if dtype == pl.Binary:
        return cell.bin.encode("hex")
    if dtype == pl.Duration:
        return cell.dt.to_string("iso")
    if dtype == pl.Object:
        return pl.lit(None, dtype=pl.String).alias(name)
    if dtype.is_nested():
        wrapped = pl.struct(cell.alias("v")).struct.json_encode()
        return pl.when(cell.is_not_null()).then(wrapped.str.slice(5).str.head(-1)).alias(name)
    return cell.cast(pl.String)


def value_of(columns: tuple[str, ...], schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """Give what a reason shows: the cell of one column, `a=1, b=2` of several, null where no column is known.

    >>> frame = pl.DataFrame({"a": [1], "b": [None]}, schema={"a": pl.Int64, "b": pl.String})
    >>> frame.select(value_of(("a", "b"), frame.schema)).item()
    'a=1, b=null'
    """
    known = [name for name in columns if name in schema]
    if not known:
        return pl.lit(None, dtype=pl.String)
    if len(columns) == 1:
        return as_text(known[0], schema[known[0]])
    shown = known[:LONGEST_VALUE_COLUMNS]
    # pl.format has panicked on an empty batch of the streaming engine (Polars 2.1)
    parts = [
        pl.concat_str(pl.lit(f"{name}="), as_text(name, schema[name]).fill_null("null")) for name in shown
    ]
    left_out = len(known) - len(shown)
    return pl.concat_str([*parts, *([pl.lit(f"… {left_out} more")] if left_out else [])], separator=", ")


def reasons_column(
    rows: pl.DataFrame, broken: list[tuple[Rule, tuple[str, ...], pl.Series]], problems: pl.Series | None
) -> pl.Series:
    """Give `_reasons` of `rows`: its problems first, then every broken rule in the order of the contract.

    `broken` holds, a rule, the columns that it involves and which of `rows` break it. Rules that no row
    breaks cost nothing, so a few bad cells among many rules are cheap.
    """
    parts: list[tuple[Places, pl.Series]] = []
    if problems is not None:
        there = np.repeat(np.arange(rows.height), problems.list.len().to_numpy())
        parts.append((there, problems.explode(empty_as_null=False, keep_nulls=False)))
    at_fault = [(rule, columns, fails.arg_true()) for rule, columns, fails in broken if fails.any()]
    if at_fault:
        parts.append(_of_rules(rows, at_fault))
    return lists_by_row(rows.height, parts, REASONS).rename("_reasons")


def _of_rules(
    rows: pl.DataFrame, at_fault: list[tuple[Rule, tuple[str, ...], pl.Series]]
) -> tuple[Places, pl.Series]:
    """Give the places and the reasons of all rules at once: a frame for each rule would cost more than its rows."""
    texts = []
    for _, columns, where in at_fault:
        known = [name for name in columns if name in rows.columns]
        if known:
            texts.append(rows.select(known)[where].select(value_of(columns, rows.schema)).to_series())
        else:
            texts.append(pl.Series([None], dtype=pl.String).new_from_index(0, len(where)))
    which = np.repeat(np.arange(len(at_fault)), [len(where) for _, _, where in at_fault])
    rules = pl.DataFrame(
        {
            "rule": [rule.name for rule, _, _ in at_fault],
            "dimension": [rule.dimension for rule, _, _ in at_fault],
            "column": pl.Series([rule.column for rule, _, _ in at_fault], dtype=pl.String),
        }
    )
    values = pl.concat([text.rename("value") for text in texts])
    reasons = rules[which].with_columns(values).to_struct("one")
    return np.concatenate([where.to_numpy() for _, _, where in at_fault]), reasons
