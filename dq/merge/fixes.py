"""Repairs that a human turned on after a finding proposed them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from dq.errors import ContractError
from dq.merge.survivorship import Fix, Offset, Scale


def apply_fixes(frame: pl.LazyFrame, source: str, fixes: Mapping[tuple[str, str], Fix]) -> pl.LazyFrame:
    """Give the frame of `source` with the fixes declared for it; other sources' fixes are not looked at.

    Nulls stay null.

    Raises:
        ContractError: where a fix names a column that is not there, or does not fit its values.

    """
    mine = {column: fix for (of, column), fix in fixes.items() if of == source}
    schema = frame.collect_schema()
    for column in mine:
        if column not in schema:
            raise ContractError(f"a fix names {source}.{column}, which is not there", where=source)
    return frame.with_columns(_fixed(frame, column, source, fix) for column, fix in mine.items())


def _fixed(frame: pl.LazyFrame, column: str, source: str, fix: Fix) -> pl.Expr:
    where, values, dtype = f"{source}.{column}", pl.col(column), frame.collect_schema()[column]
    if fix == "invert":
        return _inverted(frame, column, where)
    if isinstance(fix, Mapping):
        if dtype != pl.String:
            raise ContractError("only text is fixed by a mapping", where=where, hint=f"it is {dtype}")
        return values.replace(list(fix), list(fix.values()))
    if isinstance(fix, Offset) and dtype in (pl.Date, pl.Datetime):
        step = timedelta(days=fix.by) if dtype == pl.Date else timedelta(seconds=fix.by)
        return values + step
    if not dtype.is_numeric():
        raise ContractError(f"{fix} fits numbers only", where=where, hint=f"it is {dtype}")
    if isinstance(fix, Scale):
        return values * fix.factor + fix.add
    if isinstance(fix, Offset):
        moved = values + fix.by
        return moved.cast(dtype) if dtype.is_integer() and float(fix.by).is_integer() else moved
    raise ContractError(f"no such fix: {fix!r}", where=where)


def _inverted(frame: pl.LazyFrame, column: str, where: str) -> pl.Expr:
    kinds = frame.select(pl.col(column).drop_nulls().unique().sort()).collect(engine="streaming")
    two = kinds[column].to_list()
    if len(two) != 2:
        raise ContractError(f"invert needs a column of two values, this one has {len(two)}", where=where)
    return pl.col(column).replace_strict(two, two[::-1], return_dtype=kinds.schema[column])
