"""Repairs that a human turned on after a finding proposed them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from dq.errors import ContractError
from dq.merge.survivorship import Fix, Offset, Scale


def apply_fixes(frame: pl.DataFrame, source: str, fixes: Mapping[tuple[str, str], Fix]) -> pl.DataFrame:
    """Give the frame of `source` with the fixes declared for it; other sources' fixes are not looked at.

    Nulls stay null.

    Raises:
        ContractError: where a fix names a column that is not there, or does not fit its values.

    """
    mine = {column: fix for (of, column), fix in fixes.items() if of == source}
    for column, fix in mine.items():
        if column not in frame.columns:
            raise ContractError(f"a fix names {source}.{column}, which is not there", where=source)
        frame = frame.with_columns(_fixed(frame[column], source, fix))
    return frame


def _fixed(values: pl.Series, source: str, fix: Fix) -> pl.Series:
    where = f"{source}.{values.name}"
    if fix == "invert":
        return _inverted(values, where)
    if isinstance(fix, Mapping):
        if values.dtype != pl.String:
            raise ContractError("only text is fixed by a mapping", where=where, hint=f"it is {values.dtype}")
        return values.replace(list(fix), list(fix.values()))
    if isinstance(fix, Offset) and values.dtype in (pl.Date, pl.Datetime):
        step = timedelta(days=fix.by) if values.dtype == pl.Date else timedelta(seconds=fix.by)
        return values + step
    if not values.dtype.is_numeric():
        raise ContractError(f"{fix} fits numbers only", where=where, hint=f"it is {values.dtype}")
    if isinstance(fix, Scale):
        return values * fix.factor + fix.add
    if isinstance(fix, Offset):
        moved = values + fix.by
        return moved.cast(values.dtype) if values.dtype.is_integer() and float(fix.by).is_integer() else moved
    raise ContractError(f"no such fix: {fix!r}", where=where)


def _inverted(values: pl.Series, where: str) -> pl.Series:
    two = values.drop_nulls().unique().sort().to_list()
    if len(two) != 2:
        raise ContractError(f"invert needs a column of two values, this one has {len(two)}", where=where)
    return values.replace_strict(two, two[::-1], return_dtype=values.dtype)
