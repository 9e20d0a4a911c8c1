"""Filling what is missing with what was known last, in a series of time."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dq.clean.marks import append, filled, with_ledgers
from dq.required_columns import require


def fill_forward(
    frame: pl.LazyFrame,
    columns: Sequence[str],
    *,
    order: str,
    by: Sequence[str] = (),
    most: int | None = None,
) -> pl.LazyFrame:
    """Give `frame` with missing cells as they were last in the order of `order`, and where in `<column>_is_imputed`.

    A repair `fill_forward:<column>` (completeness) counts them. Only the past is asked, so no later row tells an
    earlier one. Each group `by` has its own past; at most `most` cells in a row are filled; what has no past stays
    null. Rows stay where they are. Ties of `order` are taken in the order of the rows. A frame that has the mask
    already keeps what it says, and filled cells are filled once: only with `most` does filling twice fill more.

    >>> rows = pl.LazyFrame({"at": [3, 1, 2], "x": [None, 7, None]})
    >>> told = fill_forward(rows, ["x"], order="at").collect()
    >>> told["x"].to_list(), told["x_is_imputed"].to_list()
    ([7, 7, 7], [True, False, True])

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, [*columns, order, *by], "fill_forward")
    present = frame.collect_schema().names()
    place = "__dq_place"
    ordered = with_ledgers(frame).with_row_index(place).sort(order, place, nulls_last=True)
    last = {name: pl.col(name).forward_fill(limit=most) for name in columns}
    known = {name: expr.over(list(by)) if by else expr for name, expr in last.items()}
    now = {name: pl.col(name).is_null() & expr.is_not_null() for name, expr in known.items()}
    masks = {name: f"{name}_is_imputed" for name in columns}
    before = {mask: pl.col(mask) if mask in present else pl.lit(value=False) for mask in masks.values()}
    return (
        ordered.with_columns(
            append("_repairs", [filled(where, name, "fill_forward") for name, where in now.items()]),
            *((where | before[masks[name]]).alias(masks[name]) for name, where in now.items()),
            *(expr.alias(name) for name, expr in known.items()),
        )
        .sort(place)
        .drop(place)
    )
