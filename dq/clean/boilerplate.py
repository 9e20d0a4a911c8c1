"""Lines that stand on page after page: menus, footers, cookie notes. They teach a model nothing."""

from __future__ import annotations

import polars as pl

from dq.clean.marks import append, mark, with_ledgers
from dq.required_columns import require

AT = "__dq_at"


def without_boilerplate(
    frame: pl.LazyFrame, column: str, *, share: float = 0.2, at_least: int = 20
) -> pl.LazyFrame:
    r"""Give `frame` with the lines of `column` gone that at least `share` of its texts have in common.

    Lines are compared without the blanks around them. Under `at_least` texts nothing can be called common, so nothing
    goes. A text of which no line is left is null. A repair `boilerplate:<column>` (accuracy) keeps the text before.
    Nulls stay null. It must see all texts: it is not for one batch at a time.

    >>> rows = pl.LazyFrame({"t": [f"Home\nstory {n}\n© us" for n in range(20)]})
    >>> without_boilerplate(rows, "t").collect()["t"][7]
    'story 7'

    Raises:
        SchemaError: where the column is missing.

    """
    require(frame, [column], "without_boilerplate")
    ledgers = with_ledgers(frame).with_row_index(AT)
    lines = ledgers.select(AT, line=pl.col(column).str.split("\n")).drop_nulls().explode("line")
    key = pl.col("line").str.strip_chars()
    # A text of which nothing was left counts as a text still, so that others' lines become no commoner by it.
    gone = (
        pl.col("_repairs").list.eval(pl.element().struct.field("rule") == f"boilerplate:{column}").list.any()
    )
    every = ledgers.filter(pl.col(column).is_not_null() | gone).select(pl.len().alias("all"))
    common = (
        lines.filter(key != "")
        .group_by(key=key)
        .agg(pl.col(AT).n_unique().alias("texts"))
        .join(every, how="cross")
        .filter(
            (pl.col("all") >= at_least) & (pl.col("texts") >= pl.max_horizontal(share * pl.col("all"), 2))
        )
        .select("key")
    )
    kept = (
        lines.with_columns(key=key)
        .join(common, on="key", how="anti", maintain_order="left")
        .group_by(AT, maintain_order=True)
        .agg(_text=pl.col("line").str.join("\n"))
    )
    joined = ledgers.join(kept, on=AT, how="left", maintain_order="left")
    text = pl.col("_text").str.strip_chars("\n")
    changed = pl.col(column).is_not_null() & (text.is_null() | (text != pl.col(column).str.strip_chars("\n")))
    return joined.with_columns(
        append("_repairs", [mark(changed, column, "boilerplate", "accuracy")]),
        pl.when(changed)
        .then(pl.when(text.str.strip_chars() != "").then(text))
        .otherwise(column)
        .alias(column),
    ).drop(AT, "_text")
