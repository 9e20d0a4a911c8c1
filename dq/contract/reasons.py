"""Why rows were rejected: one struct a broken rule, gathered a row."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dq.contract.rules import Rule
from dq.verdict import REASON, REASONS

AT, ONE, ORDER = "__dq_at", "__dq_one", "__dq_order"
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
    # not pl.format, which panics on an empty batch of the streaming engine (Polars 2.1)
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
    schema = rows.schema
    numbered = rows.lazy().with_row_index(AT)
    parts = []
    if problems is not None:
        parts.append(
            pl.LazyFrame({AT: pl.int_range(rows.height, dtype=pl.UInt32, eager=True), ONE: problems})
            .explode(ONE, empty_as_null=False, keep_nulls=False)
            .with_columns(pl.lit(-1, dtype=pl.Int32).alias(ORDER))
        )
    for order, (rule, columns, fails) in enumerate(broken):
        if not fails.any():
            continue
        one = pl.struct(
            rule=pl.lit(rule.name),
            dimension=pl.lit(rule.dimension),
            column=pl.lit(rule.column, dtype=pl.String),
            value=value_of(columns, schema),
        )
        parts.append(
            numbered.filter(fails).select(
                AT, one.cast(REASON).alias(ONE), pl.lit(order, dtype=pl.Int32).alias(ORDER)
            )
        )
    if not parts:
        return pl.Series("_reasons", [[]] * rows.height, dtype=REASONS)
    gathered = pl.concat(parts).sort(AT, ORDER, maintain_order=True).group_by(AT, maintain_order=True)
    lists = gathered.agg(pl.col(ONE).alias("_reasons"))
    every = pl.LazyFrame({AT: pl.int_range(rows.height, dtype=pl.UInt32, eager=True)})
    out = every.join(lists, on=AT, how="left", maintain_order="left").collect(engine="in-memory")
    return out["_reasons"].fill_null(pl.Series([[]], dtype=REASONS))
