"""Columns that a step cannot do without."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dq.errors import SchemaError


def require(frame: pl.LazyFrame | pl.DataFrame, columns: Sequence[str], step: str) -> None:
    """Do nothing where all of `columns` are there.

    Raises:
        SchemaError: where a column is missing; names the step, and the columns that are there.

    >>> require(pl.DataFrame({"a": [1]}), ["a", "b"], "deduplicate")
    Traceback (most recent call last):
        ...
    dq.errors.SchemaError: deduplicate: no column b (1 of 2)
      hint:  the frame has: a

    """
    present = frame.lazy().collect_schema().names()
    wanted = list(dict.fromkeys(columns))
    missing = [column for column in wanted if column not in present]
    if missing:
        raise SchemaError(
            f"{step}: no column {', '.join(missing)}",
            failed=len(missing),
            of=len(wanted),
            hint=f"the frame has: {', '.join(present)}",
        )
