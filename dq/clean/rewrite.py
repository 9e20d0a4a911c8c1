"""Replacing text and saying so: what steps that rewrite a column have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from dq.clean.marks import append, mark, with_ledgers
from dq.verdict import Dimension


def rewritten(
    frame: pl.LazyFrame, texts: Mapping[str, pl.Expr], step: str, dimension: Dimension
) -> pl.LazyFrame:
    """Give `frame` with new `texts` by column, and a repair `<step>:<column>` where one differs from before."""
    return with_ledgers(frame).with_columns(
        append(
            "_repairs",
            [mark(text.ne_missing(pl.col(name)), name, step, dimension) for name, text in texts.items()],
        ),
        *(text.alias(name) for name, text in texts.items()),
    )


def each_once(column: str, told: Callable[[str], str | None], only: str | None = None) -> pl.Expr:
    """Give the column with `told` of every different text; of those alone that match the pattern `only`.

    Python sees each different text once: repeats, and texts that cannot change, cost nothing.
    """

    def batch(text: pl.Series) -> pl.Series:
        asked = text.drop_nulls().unique()
        if only is not None:
            asked = asked.filter(asked.str.contains(only))
        found = {before: after for before in asked.to_list() if (after := told(before)) != before}
        return (
            text.replace_strict(
                list(found),
                pl.Series(list(found.values()), dtype=pl.String),
                default=text,
                return_dtype=pl.String,
            )
            if found
            else text
        )

    return pl.col(column).map_batches(batch, pl.String, is_elementwise=True)
